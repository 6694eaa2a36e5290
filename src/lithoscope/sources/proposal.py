"""The mapping that Lithoscope would use for an unknown table, from its headings and its first rows."""

import re
from pathlib import Path

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import Layer
from lithoscope.sources import files, headings, values
from lithoscope.sources.headings import Match
from lithoscope.sources.limits import INGEST, Limits
from lithoscope.sources.mapping import Column, Mapping, Place

SAMPLE_ROWS = 2_000
_TAILINGS = re.compile(
    r"tailing|\btsf\b|\bdams?\b|relave|rejeito|barrage|r[ée]sidus|tranque|embalse|presa|impound|slimes"
)
_MINES = re.compile(
    r"\bmines?\b|\bminas?\b|abandon|shaft|adit|orphan|quarr|prospect|deposit|occurrence|puits|bergwerk"
)


def propose(path: Path, *, limits: Limits = INGEST) -> Mapping:
    """The proposed mapping of a file; BadInput if no heading says what a row is or where.

    A layer that neither headings nor the file's name make certain is marked `layer_guessed`.
    """
    table = files.open_table(path, limits=limits)
    sample = next(table.chunks(), pd.DataFrame(columns=table.columns)).head(SAMPLE_ROWS)
    if sample.empty:
        raise BadInput("the table has headings but no rows", "check the export", file=path.name)
    names = [name for name in table.columns if name not in files.GEOMETRY]
    personal = [name for name in names if headings.is_personal(name)]
    has_unit_beside = {
        name for name in names if any(headings.key(each) == "unit" + headings.key(name) for each in names)
    }
    matches = headings.assign([name for name in names if name not in has_unit_beside.union(personal)])
    place = _place(matches, sample, has_geometry="geometry:lon" in table.columns)
    layer, is_guessed = _layer(path, table, matches)
    inside = {each.name for each in fields.of_layer(layer)}
    chosen = {
        name: match
        for name, match in matches.items()
        if name in inside
        and name not in ("lon", "lat", "source_key")
        and match.column not in place.columns()
        and _is_believable(name, match, sample)
    }
    key = _key(matches, sample)
    if not (
        {"name", "mine_name", "owner"} & set(chosen) or place.columns() or "geometry:lon" in table.columns
    ):
        raise BadInput(
            f"no heading is recognised as a name or a place: {', '.join(names[:5])}",
            "write a mapping that names the columns, and give it as NAME=PATH:MAPPING",
            file=path.name,
            row=table.header_row,
        )
    if layer == "mines" and "mine_name" in matches and "name" not in chosen:
        chosen["name"] = Match(matches["mine_name"].column, "name", matches["mine_name"].score)
    used = {match.column for match in chosen.values()} | set(place.columns()) | {key}
    return Mapping(
        layer=layer,
        layer_guessed=is_guessed,
        sheet=table.sheet if len(table.sheets) > 1 else None,
        decimal=values.decimal_of([sample[name] for name in _numeric(chosen, matches)]),
        date_order=_date_order([sample[match.column] for name, match in chosen.items() if _is_date(name)]),
        key=key,
        place=place,
        fields={
            name: Column(column=match.column, unit=match.unit, unknown_unit=match.unknown_unit)
            for name, match in chosen.items()
        },
        without=personal,
        unused=[name for name in names if name not in used and name not in personal],
    )


def _is_believable(name: str, match: Match, sample: pd.DataFrame) -> bool:
    """A heading that only resembles that of a number needs cells with digits."""
    if match.score == 100 or fields.field(name).dtype not in ("number", "integer", "date"):
        return True
    cells = sample[match.column].dropna().astype("str")
    return bool(cells.empty or cells.str.contains(r"\d").mean() > 0.5)


def _key(matches: dict[str, Match], sample: pd.DataFrame) -> str | None:
    match = matches.get("source_key")
    if match is None or match.score < 100:
        return None
    cells = sample[match.column]
    return (
        match.column if cells.notna().mean() > 0.5 and cells.nunique() > 0.5 * cells.notna().sum() else None
    )


def _place(matches: dict[str, Match], sample: pd.DataFrame, *, has_geometry: bool) -> Place:
    """Where the place stands; geometry goes before columns, degrees before metres."""
    columns = {name: match.column for name, match in matches.items()}
    if has_geometry:
        return Place()
    if "lon" in columns and "lat" in columns:
        return Place(lon=columns["lon"], lat=columns["lat"])
    if "easting" in columns and "northing" in columns:
        x, _ = values.angles(sample[columns["easting"]])
        y, _ = values.angles(sample[columns["northing"]])
        if x.notna().any() and x.abs().max() <= 180 and y.abs().max() <= 90:
            return Place(lon=columns["easting"], lat=columns["northing"])
        zone = re.search(
            r"(?<!\d)(\d{1,2}\s?[NS])\b", f"{columns['easting']} {columns['northing']}", re.IGNORECASE
        )
        return Place(
            easting=columns["easting"],
            northing=columns["northing"],
            zone=zone[1].replace(" ", "").upper() if zone and "zone" not in columns else None,
            zone_column=columns.get("zone"),
        )
    if "pair" in columns:
        return Place(pair=columns["pair"])
    if "wkt" in columns:
        return Place(wkt=columns["wkt"])
    return Place()


def _layer(path: Path, table: files.Table, matches: dict[str, Match]) -> tuple[Layer, bool]:
    """The layer that headings, sheet and file name speak of, and whether that is a guess."""
    said = values.fold(" ".join([re.sub(r"[\W_]+", " ", path.stem), table.sheet or "", *table.columns]))
    only_facility = sum(
        fields.field(name).layers == ("facilities",)
        for name in matches
        if fields.is_field(name) and name != "mine_name"
    )
    only_mine = sum(fields.field(name).layers == ("mines",) for name in matches if fields.is_field(name))
    tailings = len(_TAILINGS.findall(said)) + 2 * only_facility
    mines = len(_MINES.findall(said)) + 2 * only_mine
    if tailings == mines:
        return ("facilities" if tailings else "mines"), True
    layer: Layer = "facilities" if tailings > mines else "mines"
    return layer, min(tailings, mines) * 2 > max(tailings, mines)


def _numeric(chosen: dict[str, Match], matches: dict[str, Match]) -> list[str]:
    found = {match.column for name, match in chosen.items() if fields.field(name).dtype == "number"}
    return sorted(
        found | {matches[name].column for name in ("lon", "lat", "easting", "northing") if name in matches}
    )


def _is_date(name: str) -> bool:
    return fields.field(name).dtype == "date"


def _date_order(columns: list[pd.Series]) -> str:
    """mdy if some date can only be read so and none only the other way."""
    month_first = day_first = 0
    for column in columns:
        parts = column.dropna().astype("str").str.extract(r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}")
        first, second = (pd.to_numeric(parts[place], errors="coerce") for place in (0, 1))
        day_first += int((first > 12).sum())
        month_first += int((second > 12).sum())
    return "mdy" if month_first and not day_first else "dmy"
