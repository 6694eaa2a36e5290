"""What a build says to people: what it read, what it found, where that is read, and what it replaced."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from lithoscope.domain import fields
from lithoscope.domain.errors import BadRelease
from lithoscope.pipelines import quality, store
from lithoscope.pipelines.dredging_release import SIMULATED_ID
from lithoscope.sources import starter

PAGE = "quality"
"""Path of the page that shows the findings."""


def current(data: Path | None) -> dict[str, Any] | None:
    """The current release before a build: release, sites by layer, sources; None if there is none."""
    try:
        release = store.open_release(data)
        named = [source.source_id for source in release.sources]
    except BadRelease:
        return None
    present = [layer for layer in fields.LAYERS if release.has(f"{layer}.parquet")]
    sites = {layer: pq.read_metadata(release.path / f"{layer}.parquet").num_rows for layer in present}
    return {"release": release.release_id, "sites": sites, "sources": named}


def plain_text(report: dict[str, Any], data: Path | None) -> str:
    """The report of `build.build` for people.

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
    lines += _kinds(report)
    return "\n".join([*lines, *_replaced(report["replaced"], data)])


def _kinds(report: dict[str, Any]) -> list[str]:
    found = [each["code"] for outcome in ("flagged", "refused", "out_of_scope") for each in report[outcome]]
    if not found:
        return []
    labels = quality.codes()["label"]
    counted = [
        f"  {labels[code]} ({code}): {number:,}" for code, number in pd.Series(found).value_counts().items()
    ]
    return [
        "findings, some on the same row:",
        *counted,
        f"read them with row, value, reason and remedy on the page /{PAGE} of the dashboard (make run), "
        f"in {report['folder']}/findings.parquet, or with --json",
    ]


def _replaced(former: dict[str, Any] | None, data: Path | None) -> list[str]:
    """Which release is now shown, which one was, and how to get that back."""
    if former is None:
        return ["it is the current release: pages and commands show it"]
    held = ", ".join(f"{number:,} {layer}" for layer, number in former["sites"].items() if number)
    where = "" if data is None else f" --data {data}"
    if set(former["sources"]) - {SIMULATED_ID} == set(_of_starter()):
        back = f"lithoscope build --source starter{where}"
    else:
        back = f"build again from its sources: {', '.join(former['sources'])}"
    return [
        "it is the current release: pages and commands show it",
        f"it replaced {former['release']} ({held or 'no sites'}); to get that back: {back}",
        "to keep both, build into a folder of its own with --data FOLDER",
    ]


def _of_starter() -> list[str]:
    return [reading.source.source_id for reading in starter.read()]
