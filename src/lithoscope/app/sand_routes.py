"""Tiles of the sand observatory's map: effort, tracks and dark gaps, in the reader's words."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from lithoscope.app import i18n, sand_words
from lithoscope.app.i18n import _, ngettext
from lithoscope.pipelines import sand, sand_tiles, tiles
from lithoscope.pipelines.sand import Period
from lithoscope.pipelines.shelf import Holdings
from lithoscope.pipelines.tiles import Address

Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class SandQuery(BaseModel):
    """What a tile's address says: months from first to last, one vessel or all; v is the release shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Month
    last: Month
    vessel: Annotated[str, Field(pattern=r"^[\w#~-]{0,24}$")] = ""
    lang: Literal["en", "fr"] = "en"
    v: Annotated[str, Field(max_length=60)] = ""


def tile(held: Holdings, kind: str, address: Address, asked: SandQuery) -> bytes:
    """One tile as bytes of GeoJSON."""
    shown = sand.of(held.release)
    if shown.is_empty:
        return tiles.as_bytes({"type": "FeatureCollection", "features": []})
    with i18n.speaking(asked.lang):
        found = sand_tiles.tile(
            shown,
            kind,
            address,
            Period(asked.first, asked.last),
            asked.vessel,
            lambda *row: _said(shown, *row),
        )
    return tiles.as_bytes(found)


def _said(shown: sand.Sand, kind: str, row: Mapping[str, Any]) -> tuple[str, str]:
    status = sand_words.status(shown)
    if kind == "effort":
        return _("{hours} of dredging").format(hours=sand_words.hours(max(row["hours"], 1))), status
    if kind == "heard":
        reports = i18n.number(row["reports"])
        return _("Ships were heard here"), f"{_('{n} reports of any ship').format(n=reports)} · {status}"
    if kind == "tracks":
        name = row["name"] if pd.notna(row["name"]) else row["vessel_id"]
        day = i18n.date(row["start_utc"].strftime("%Y-%m-%d"))
        return str(name), f"{_(sand_words.STATES[row['state']])} · {day} · {status}"
    hours = sand_words.hours(row["hours"])
    if "n" in row:
        return ngettext("{n} dark gap", "{n} dark gaps", int(row["n"])), f"{hours} · {status}"
    day = i18n.date(pd.Timestamp(row["start_utc"]).strftime("%Y-%m-%d"))
    return _("Silent for {hours}").format(hours=hours), f"{day} · {status}"
