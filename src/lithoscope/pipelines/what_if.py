"""What if an input were another: changes to one site as an address holds them, and the classes that follow.

A change is `field:value`, several are joined by `~`; an empty value takes what is known away. List fields
hold their items joined by `|`. Nothing is stored: the release stays as it is.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.domain.fields import Layer
from lithoscope.domain.inputs import COMPUTED_FIELDS, ranges
from lithoscope.methods import catalogue
from lithoscope.pipelines import explain

HEADLINE: Mapping[Layer, tuple[str, ...]] = {
    "facilities": (
        "toxicity_class",
        "gistm_consequence",
        "declared_consequence",
        "thi_uba2020",
        "tri_uba2020",
        "eu_preselection_2011",
        "screening_priority",
        "disclosure_20_questions",
    ),
    "mines": ("toxicity_class", "eu_preselection_2011", "screening_priority_mines"),
}
"""Methods whose classes a site's page shows first, in this order."""
YOURS = "what_if"
"""Source of a value that the reader has put in."""
OFFERED = 9
"""Inputs offered at once; the others stand behind."""
_MOST_CHANGES = 24
Changes = dict[str, Any]


def from_text(text: str, layer: Layer) -> Changes:
    """Changes as an address holds them: field -> value, None for one made unknown.

    Raises BadInput for a field that no method of the layer reads and for a value of the wrong kind.
    """
    parts = [part for part in text.split("~") if part]
    if len(parts) > _MOST_CHANGES:
        raise BadInput("holds too many changes", f"keep to {_MOST_CHANGES}", file="if")
    changes: Changes = {}
    for part in parts:
        name, _, value = part.partition(":")
        if name not in readable(layer):
            raise BadInput(
                "is not an input of a method", "choose one of the page's inputs", file="if", value=name
            )
        changes[name] = _value(name, value)
    return changes


def as_text(changes: Mapping[str, Any]) -> str:
    """The changes as an address holds them; what `from_text` reads."""
    return "~".join(f"{name}:{_written(value)}" for name, value in changes.items())


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("; ", "|")


def _value(name: str, text: str) -> Any:
    each = fields.field(name)
    if not text:
        return None
    if each.dtype == "boolean":
        if text not in ("yes", "no"):
            raise BadInput("is not yes or no", "write yes or no", column=name, value=text)
        return text == "yes"
    if each.dtype in ("number", "integer"):
        return _number(name, text, is_whole=each.dtype == "integer")
    items = text.split("|") if each.dtype == "list" else [text]
    for item in items:
        if each.allowed and item not in each.allowed:
            raise UnknownName("is not a value of the field", f"use {', '.join(each.allowed)}", value=item)
    return fields.join_list(items) if each.dtype == "list" else text


def _number(name: str, text: str, *, is_whole: bool) -> float | int:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    low, high = limits(name)
    if not np.isfinite(value) or not low <= value <= high:
        raise BadInput("cannot be", f"write a number from {low:g} to {high:g}", column=name, value=text)
    return round(value) if is_whole else value


def limits(name: str) -> tuple[float, float]:
    """The least and the most that a number can be; 1e15 where nothing is stated."""
    low, high, _unit = ranges().get(name, (0.0, np.inf, 0.0))
    return float(low), float(min(high, 1e15))


def readable(layer: Layer) -> tuple[str, ...]:
    """Fields that some method of the layer reads."""
    names = (name for method in catalogue.of_layer(layer) for name in method.reads)
    return tuple(name for name in dict.fromkeys(names) if layer in fields.field(name).layers)


def changed(site: pd.DataFrame, changes: Mapping[str, Any]) -> pd.DataFrame:
    """A table of one row with the changes in place; the given one stays as it is.

    A value that was computed and is changed is computed no more.
    """
    put = {
        name: pd.Series([value], index=site.index, dtype=fields.dtype_of(name))
        for name, value in changes.items()
    }
    if COMPUTED_FIELDS in site.columns:
        computed = fields.split_list(site[COMPUTED_FIELDS].iloc[0])
        left = fields.join_list(name for name in computed if name not in changes)
        put[COMPUTED_FIELDS] = pd.Series([left], index=site.index, dtype="str")
    return site.assign(**put)


def document(
    site: pd.DataFrame, layer: Layer, records: pd.DataFrame | None, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """The `explain` document of the site as it would be; changed values name their source YOURS.

    A class that rests on a changed value is assumed, whatever kind of evidence the rest of it is.
    """
    found = explain.explain_site(changed(site, changes), layer, records)
    for each in found["classes"]:
        for item in each["inputs"]:
            if item["field"] in changes:
                item["source_id"] = YOURS
                each["evidence"] = "missing" if each["low"] is None else "assumed"
    return found


def of_headline(found: Mapping[str, Any], layer: Layer) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The classes of a document that are shown first, in their order, and the others."""
    by_id = {each["method"]: each for each in found["classes"]}
    first = [by_id[name] for name in HEADLINE.get(layer, ()) if name in by_id]
    return first, [each for each in found["classes"] if each not in first]


def movable(found: Mapping[str, Any], layer: Layer) -> list[str]:
    """Fields that a reader may move: what would change the headline classes most (each class in turn), then
    what they rest on.

    Free text is left out, since no value of it can be offered; declared labels are.
    """
    first, rest = of_headline(found, layer)
    lists = [[gap["field"] for gap in each["would_change"]] for each in first]
    wanted = [names[rank] for rank in range(40) for names in lists if rank < len(names)]
    known = [item["field"] for each in (*first, *rest) for item in each["inputs"]]
    further = [gap["field"] for each in rest for gap in each["would_change"]]
    offered = dict.fromkeys([*_interleaved(wanted, known), *further])
    return [name for name in offered if is_movable(name) and layer in fields.field(name).layers]


def _interleaved(wanted: list[str], known: list[str]) -> list[str]:
    """Two of what is wanted for each of what is known, so that both are in sight."""
    wanted, known = list(dict.fromkeys(wanted)), list(dict.fromkeys(known))
    mixed: list[str] = []
    while wanted or known:
        mixed += [*wanted[:2], *known[:1]]
        wanted, known = wanted[2:], known[1:]
    return mixed


def is_movable(name: str) -> bool:
    """Whether values of the field can be offered: a number, yes or no, a class, one of a list."""
    each = fields.field(name)
    if name in ("lon", "lat") or each.dtype == "date" or each.name.startswith("year_"):
        return False
    return each.dtype in ("number", "integer", "boolean", "class", "list") or bool(each.allowed)
