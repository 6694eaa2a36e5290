"""What a map tile says of its sites, in the reader's words; and sites as plain values for JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lithoscope.app.i18n import N_, _, ngettext, speaking, year
from lithoscope.domain import fields
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.scales import (
    CONSEQUENCE,
    LAYER_COLOURS,
    STATUS_COLOURS,
    TOXICITY,
    UNRATED,
    Level,
)
from lithoscope.pipelines import countries, tiles
from lithoscope.pipelines.bands import BANDS
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.shelf import EVENTS, Holdings, MapLayer
from lithoscope.pipelines.tiles import Address, Crowd

COLOURS: Mapping[str, tuple[Level, ...]] = {
    "consequence_class": CONSEQUENCE.levels,
    "toxicity_class": TOXICITY.levels,
    "status": STATUS_COLOURS,
    "layer": LAYER_COLOURS,
    **{name: each.levels for name, each in BANDS.items()},
}
"""What a map can be coloured by -> its classes, in the order of the tiles' class numbers."""
NO_NAME = N_("Name not known")
LONGEST_NAME = 90
NOT_IN_JSON = ("geometry", "evidence_by_field", "raw")


def tile(
    held: Holdings, layer: MapLayer, selection: Selection, address: Address, colour_by: str, language: str
) -> bytes:
    """One tile as bytes of GeoJSON; see tiles.tile for its features."""
    with speaking(language):
        collection = tiles.tile(
            held.index(layer, selection),
            held.classes(layer, colour_by),
            address,
            describe=lambda rows: _describe(held, layer, rows, colour_by, language),
            describe_crowd=lambda crowd: _describe_crowd(crowd, layer, colour_by),
        )
    return tiles.as_bytes(collection)


def _describe(
    held: Holdings, layer: MapLayer, rows: np.ndarray, colour_by: str, language: str
) -> Sequence[Mapping[str, Any]]:
    """Properties of single sites: id, name and a note of class, status and country."""
    wanted = ["site_id", "name", "country_iso3", "status", "consequence_class", "toxicity_class"]
    frame = held.frame(layer)
    columns = [name for name in [*wanted, "year"] if name in frame.columns]
    found = pd.DataFrame(frame)[columns].iloc[rows].astype("object")
    found = found.where(found.notna(), None)
    return [
        {
            "id": row["site_id"],
            "name": (row["name"] or _(NO_NAME))[:LONGEST_NAME],
            "note": _note(row, layer, colour_by, language),
        }
        for row in found.to_dict("records")
    ]


def _note(row: Mapping[str, Any], layer: MapLayer, colour_by: str, language: str) -> str:
    """The second line of a tooltip."""
    parts = []
    if layer == EVENTS:
        parts.append(_("failure in {year}").format(year=year(row.get("year"))))
    if layer == "facilities" and colour_by.endswith("_class"):
        scale = CONSEQUENCE if colour_by == "consequence_class" else TOXICITY
        parts.append(_(scale.label(row.get(colour_by))))
    if layer != EVENTS:
        parts.append(_(row.get("status") or "unknown"))
    try:
        parts.append(countries.country_name(row.get("country_iso3") or "", language))
    except UnknownName:
        parts.append(_("country unknown"))
    return " · ".join(parts)


def _describe_crowd(crowd: Crowd, layer: MapLayer, colour_by: str) -> Mapping[str, Any]:
    """Properties of a crowd: how many sites, and how many of each class, the gravest first."""
    if layer == EVENTS:
        name = ngettext("{n} failure", "{n} failures", crowd.size)
    else:
        name = ngettext("{n} site", "{n} sites", crowd.size)
    labels = [*(level.label for level in COLOURS[colour_by]), UNRATED]
    counted = list(zip(crowd.counts, labels, strict=True))
    counted = [*counted[:-1][::-1], counted[-1]]
    shares = [f"{_(label)} {count}" for count, label in counted if count]
    return {"name": name, "note": "" if colour_by == "layer" else " · ".join(shares)}


def as_records(sites: pd.DataFrame) -> list[dict[str, Any]]:
    """Sites as plain values: missing is null, lists are lists, classes are their codes."""
    shown = [name for name in sites.columns if name not in NOT_IN_JSON]
    plain = pd.DataFrame(sites)[shown].astype("object")
    plain = plain.where(plain.notna(), None)
    lists = [name for name in shown if fields.is_field(name) and fields.field(name).dtype == "list"]
    for name in lists:
        plain[name] = pd.Series(
            [fields.split_list(text) for text in plain[name]], index=plain.index, dtype="object"
        )
    return [{str(key): _plain(value) for key, value in row.items()} for row in plain.to_dict("records")]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
