"""What a build says to people: what it read, what it found, where that is read, and what it replaced."""

from pathlib import Path
from typing import Any

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import BadRelease
from lithoscope.pipelines import quality, store

PAGE = "quality"
"""Path of the page that shows the findings."""
OUTCOMES = ("flagged", "refused", "out_of_scope")
"""What may become of a row on which something was found."""


def current(data: Path | None) -> dict[str, Any] | None:
    """The current release before a build, as `held` says it; None if there is none."""
    try:
        return held(store.open_release(data))
    except BadRelease:
        return None


def held(release: store.Release) -> dict[str, Any]:
    """What a release holds: its id, when it was built, sites by layer, ids of sources."""
    present = [layer for layer in fields.LAYERS if release.has(f"{layer}.parquet")]
    return {
        "release": release.release_id,
        "built_utc": release.manifest["built_utc"],
        "sites": {layer: release.count(layer) for layer in present},
        "sources": [source.source_id for source in release.sources],
    }


def listed(data: Path | None) -> dict[str, Any]:
    """The releases that are kept, the newest first, and which of them is current.

    One that cannot be read is named with `damaged`, what is wrong with it.
    """
    return {
        "current": store.open_release(data).release_id,
        "releases": [_held_or_damaged(each) for each in store.releases(data)],
    }


def _held_or_damaged(release: store.Release) -> dict[str, Any]:
    try:
        return held(release)
    except BadRelease as error:
        about = {"built_utc": None, "sites": {}, "sources": [], "damaged": str(error)}
        return {"release": release.release_id} | about


def listed_text(document: dict[str, Any]) -> str:
    """The document of `listed` for people, a release a line."""
    return "\n".join(
        f"{each['release']}{' (current)' if each['release'] == document['current'] else ''}: "
        + (f"damaged ({each['damaged']})" if "damaged" in each else _said_of(each))
        for each in document["releases"]
    )


def _said_of(release: dict[str, Any]) -> str:
    return f"{_sites(release)}, from {', '.join(release['sources'])}"


def plain_text(report: dict[str, Any], data: Path | None) -> str:
    """The report of `build.build` for people, with what was found counted by code.

    data: the folder that the build was told to write to; None for the default one.
    """
    lines = [f"release {report['release']}: {report['rows_read']:,} rows read"]
    for layer, counts in report["layers"].items():
        if any(counts.values()):
            told = (f"{number:,} {word.replace('_', ' ')}" for word, number in counts.items())
            lines.append(f"  {layer}: " + ", ".join(told))
    if found := report.get("downstream"):
        lines.append(
            f"  downstream: {found['results']} results, {found['assessed']} assessed, "
            f"{found['feeding_classes']} feed classes, {len(found['unknown_sites'])} of no facility here"
        )
    lines += _kinds(store.open_release(data, report["release"]))
    return "\n".join([*lines, *_replaced(report["replaced"], data)])


def document(report: dict[str, Any], data: Path | None) -> dict[str, Any]:
    """The report of `build.build` as the command prints it in JSON, with a list of findings by outcome."""
    found = store.open_release(data, report["release"]).table("findings")
    lists = {
        outcome: _as_dicts(found[found["outcome"].eq(outcome)].drop(columns="outcome"))
        for outcome in OUTCOMES
    }
    return report | lists


def _as_dicts(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Findings as plain values, missing as null; equal texts are one object, since there may be a million."""
    columns = []
    for name in found.columns:
        codes, values = pd.factorize(found[name])
        plain = [int(value) if name == "row" else str(value) for value in values]
        columns.append([plain[code] if code >= 0 else None for code in codes])
    return [dict(zip(found.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _kinds(release: store.Release) -> list[str]:
    found = release.table("findings", ["code"])["code"].value_counts()
    if found.empty:
        return []
    labels = quality.codes()["label"]
    counted = [f"  {labels[code]} ({code}): {number:,}" for code, number in found.items()]
    return [
        "findings, some on the same row:",
        *counted,
        f"read them with row, value, reason and remedy on the page /{PAGE} of the dashboard (make run), "
        f"in {release.path}/findings.parquet, or with --json",
    ]


def _replaced(former: dict[str, Any] | None, data: Path | None) -> list[str]:
    """Which release is now shown, which one was, and how to get that back."""
    if former is None:
        return ["it is the current release: pages and commands show it"]
    where = "" if data is None else f" --data {data}"
    return [
        "it is the current release: pages and commands show it",
        f"it replaced {former['release']} ({_sites(former)}); to get that back: "
        f"lithoscope releases --use {former['release']}{where}",
        "to keep both, build into a folder of its own with --data FOLDER",
    ]


def _sites(release: dict[str, Any]) -> str:
    return ", ".join(f"{n:,} {layer}" for layer, n in release["sites"].items() if n) or "no sites"
