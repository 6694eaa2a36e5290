"""Why a site is classed as it is: every method's answer with inputs, sources, gaps and what would change it.

The document is the contract of the command `explain` and of the Site page.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.fields import Layer
from lithoscope.domain.inputs import Inputs, answers
from lithoscope.domain.method import EVIDENCE, Assessment, Method, Quantity
from lithoscope.domain.registers import layer_of
from lithoscope.methods import abandoned, catalogue, reuse
from lithoscope.pipelines.store import Release

ANSWERS = ("no", "yes", "unknown")
COMPUTED = "computed"
"""Source of a value that no record states: from the user's rasters and layers, or from other values."""
Asked = tuple[Inputs, dict[str, slice]]
"""The site with each gap answered in turn, and which rows answer which field."""


def explain(release: Release, site_id: str) -> dict[str, Any]:
    """The `explain` document of one site of a release; UnknownName if there is no such site."""
    layer = layer_of(site_id)
    if layer is None or not release.has(f"{layer}.parquet"):
        raise UnknownName(
            "is not a site of this release", "see `lithoscope sites` for the ids", value=site_id
        )
    site = release.geotable(layer, filters=[("site_id", "==", site_id)])
    if site.empty:
        raise UnknownName(
            "is not a site of this release", "see `lithoscope sites` for the ids", value=site_id
        )
    if layer not in fields.SITES:  # no method rates an episode of dredging
        return {"site_id": site_id, "critical_raw_materials": [], "classes": []}
    return explain_site(site, layer, release.records(layer, site_id=site_id))


def explain_site(site: pd.DataFrame, layer: Layer, records: pd.DataFrame | None = None) -> dict[str, Any]:
    """The document for a table of one row.

    records: the site's source records, to name the source of each value; without them the site's own
    `source_id` stands for all.
    """
    row = site.iloc[0]
    values = {str(name): plain(value) for name, value in row.items() if name != "geometry"}
    methods = catalogue.of_layer(layer)
    inputs = Inputs.of_row(values)
    asked = Inputs.asking(inputs, _gaps(inputs, methods))
    sources = _sources(values, records)
    return {
        "site_id": values.get("site_id"),
        "critical_raw_materials": reuse.critical_raw_materials(values.get("commodities")),
        "classes": [_class(method, layer, inputs, asked, values, sources) for method in methods],
    }


def _gaps(inputs: Inputs, methods: Iterable[Method]) -> dict[str, list[object]]:
    """Fields that the site lacks and some method asks for, each with its plausible answers."""
    wanted = dict.fromkeys(name for method in methods for name in method.asked)
    return {name: plausible_answers(name) for name in wanted if not inputs.known(name)[0]}


def plausible_answers(name: str) -> list[object]:
    """Answers that a field may plausibly take, mild and grave ones: what its gap could turn out to be."""
    each = fields.field(name)
    if name in answers():
        texts: Iterable[str] = answers()[name]
        if each.dtype == "number":
            return [float(text) for text in texts]
        return [int(text) for text in texts] if each.dtype == "integer" else list(texts)
    if each.dtype == "boolean":
        return [False, True]
    return [value for value in each.allowed if value != "unknown"]


def _class(
    method: Method,
    layer: Layer,
    inputs: Inputs,
    asked: Asked,
    values: dict[str, Any],
    sources: dict[str, str],
) -> dict[str, Any]:
    found = method.assess(inputs)
    document: dict[str, Any] = {
        "method": method.id,
        "title": method.title,
        "version": method.version,
        "citation": method.citation,
        "formula": method.formula,
        "unit": method.unit,
        "published": method.is_published,
        **{bound: _value(found, bound) for bound in ("best", "low", "high")},
        "evidence": EVIDENCE[found.evidence_codes[0]],
        "inputs": _inputs(method, inputs, values, sources),
        "missing": (missing := [name for name in found.missing_at(0) if layer in fields.field(name).layers]),
        "would_change": _would_change(method, found, missing, asked),
        "flag": found.flags_at(0),
        "note": method.note,
    }
    if found.chance is not None and not math.isnan(found.chance[0]):
        document["chance"] = round(float(found.chance[0]), 2)
    if method.id == "eu_preselection_2011":
        document["answers"] = _answers(inputs, sources)
    if method.id.startswith(("contained_", "reuse_")):
        document["unfc"] = reuse.UNFC
    return document


def _answers(inputs: Inputs, sources: dict[str, str]) -> list[dict[str, Any]]:
    """The 18 questions, each YES, NO or UNKNOWN, and what it rests on: attributes, geodata, or nothing."""
    given = abandoned.answers(inputs)[0]
    rows = []
    for row in abandoned.questions().to_dict("records"):
        answer = ANSWERS[given[row["number"] - 1]]
        source = sources.get(str(row["field"]), "")
        basis = "geodata" if source == COMPUTED else "attributes"
        rows.append(
            {
                "number": row["number"],
                "group": row["group"],
                "question": row["question"],
                "answer": answer,
                "basis": "unknown" if answer == "unknown" else basis,
                "source_id": source if answer != "unknown" else "",
            }
        )
    return rows


def _value(found: Assessment, bound: str) -> str | float | None:
    value = {"best": found.best_values, "low": found.low_values, "high": found.high_values}[bound][0]
    if math.isnan(value):
        return None
    if isinstance(found.method.yields, Quantity):
        return float(f"{value:.6g}")
    return found.method.yields.codes[int(value)]


def _inputs(
    method: Method, inputs: Inputs, values: dict[str, Any], sources: dict[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "field": name,
            "label": fields.field(name).label,
            "value": values[name],
            "unit": fields.field(name).unit,
            "source_id": sources.get(name, ""),
        }
        for name in method.reads
        if values.get(name) is not None and inputs.known(name)[0]
    ]


def _sources(values: dict[str, Any], records: pd.DataFrame | None) -> dict[str, str]:
    """Field -> source of its value: the first record that says the same, else COMPUTED.

    Without records the site's own source stands for all.
    """
    said = [name for name, value in values.items() if value is not None]
    if records is None or "source_id" not in records:
        return dict.fromkeys(said, str(values.get("source_id") or ""))
    found = dict.fromkeys(said, COMPUTED)
    for record in reversed(pd.DataFrame(records).to_dict("records")):
        for name in said:
            if plain(record.get(name)) == values[name]:
                found[name] = str(record["source_id"])
    return found


def plain(value: object) -> Any:
    """A value as JSON holds it: None, bool, int, float or text."""
    if value is None or value is pd.NA or (isinstance(value, float | np.floating) and math.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, bool | int | float) else str(value)


def _would_change(
    method: Method, found: Assessment, missing: list[str], asked: Asked
) -> list[dict[str, Any]]:
    """Missing fields by how much knowing each could narrow the interval: widest possible gain first.

    The gain is found by trying plausible answers (data/reference/input_ranges.csv), not stated by hand.
    """
    answered, rows_of = asked
    names = [name for name in missing if name in rows_of]
    width = float(found.width()[0])
    if not names or width == 0.0:
        return []
    after = method.assess(answered).width()
    gains = []
    for name in names:
        gain = width - after[rows_of[name]]
        if len(gain) and gain.max() > 1e-9:
            gains.append((float(gain.max()), float(gain.mean()), name))
    gains.sort(key=lambda each: (-each[0], -each[1], each[2]))
    is_number = isinstance(method.yields, Quantity)
    return [
        {"field": name, "narrows": round(gain, 3) if is_number else round(gain)} for gain, _, name in gains
    ]


def as_text(document: dict[str, Any]) -> str:
    """The document for people: one paragraph per method."""
    lines = [str(document["site_id"])]
    for each in document["classes"]:
        answer = _in_words(each)
        lines.append(f"{each['title']} ({each['method']} {each['version']}): {answer} [{each['evidence']}]")
        if each["flag"]:
            lines.append("  flags: " + ", ".join(each["flag"]))
        if each["would_change"]:
            wanted = ", ".join(f"{gap['field']} (by {gap['narrows']})" for gap in each["would_change"][:3])
            lines.append("  would narrow it: " + wanted)
    return "\n".join(lines)


def _in_words(each: dict[str, Any]) -> str:
    if each["low"] is None:
        return "unrated"
    if each["low"] == each["high"]:
        return str(each["low"])
    best = f"{each['best']}, " if each["best"] is not None else ""
    return f"{best}between {each['low']} and {each['high']}"
