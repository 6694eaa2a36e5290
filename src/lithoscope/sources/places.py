"""Place of each row of an unknown table: degrees, degrees-minutes-seconds, pairs, UTM, WKT or geometry."""

import json
import re
import tempfile
from pathlib import Path

import pandas as pd

from lithoscope.domain.text import N_
from lithoscope.sources import assemble, delimited, files, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.limits import Limits
from lithoscope.sources.mapping import Place

Found = tuple[pd.Series, pd.Series, pd.Series | None, pd.Series | None]
"""Longitude, latitude, area in m2 and shape as WKT; the last two only of shapes."""
_ZONE = re.compile(r"\s*(\d{1,2})\s*([C-HJ-NP-Xc-hj-np-x])?\s*")
_PAIR = re.compile(r"\s*\(?\s*(?P<first>[^,;/]+?)\s*(?:[;/]|,\s)\s*(?P<second>[^;/]+?)\s*\)?\s*")
_TIGHT_PAIR = re.compile(
    r"\s*\(?\s*(?P<first>[+-]?\d+(?:\.\d+)?)\s*[, ]\s*(?P<second>[+-]?\d+(?:\.\d+)?)\s*\)?\s*"
)
_POINT = re.compile(r"\s*POINT\s*\(\s*([+-]?[\d.eE+-]+)\s+([+-]?[\d.eE+-]+)\s*\)\s*", re.IGNORECASE)


def read(frame: pd.DataFrame, place: Place, notes: Notes, *, limits: Limits) -> Found:
    """Place of each row, missing where it is not given or does not parse (finding bad_coordinates)."""
    nothing = pd.Series(float("nan"), index=frame.index)
    if "geometry:lon" in frame and not place.columns():
        return _of_geometry(frame)
    if place.lon is not None and place.lat is not None:
        return *assemble.place(frame, place.lon, place.lat, notes=notes), None, None
    if place.pair is not None:
        return *_of_pair(frame, place.pair, notes), None, None
    if place.easting is not None and place.northing is not None:
        return *_of_utm(frame, place, notes), None, None
    if place.wkt is not None:
        return _of_wkt(frame, place.wkt, notes, limits)
    return nothing, nothing.copy(), None, None


def _of_geometry(frame: pd.DataFrame) -> Found:
    lon, lat, area = (
        pd.to_numeric(frame[name], errors="coerce").astype("float64") for name in files.GEOMETRY[:3]
    )
    return lon, lat, area if area.notna().any() else None, frame["geometry:wkt"]


def _bad(cells: pd.Series, where: pd.Series, field: str, notes: Notes, reason: str, remedy: str) -> None:
    notes.add(
        cells.index[where],
        field=field,
        code="bad_coordinates",
        value=cells[where],
        reason=reason,
        remedy=remedy,
    )


def _of_pair(frame: pd.DataFrame, column: str, notes: Notes) -> tuple[pd.Series, pd.Series]:
    """Latitude, then longitude, in one cell; letters N, S, E, W decide if the order is the other one."""

    def parse(text: str) -> tuple[float, float] | None:
        match = _TIGHT_PAIR.fullmatch(text) or _PAIR.fullmatch(text)
        if match is None:
            return None
        parts = [match["first"], match["second"]]
        if re.search(r"[EWO]\s*$|^\s*[EWO]", parts[0]) and re.search(r"[NS]\s*$|^\s*[NS]", parts[1]):
            parts.reverse()
        lat, lon = (values.parse_angle(part) for part in parts)
        return None if lat is None or lon is None else (lon, lat)

    cells = frame[column]
    found = values.by_distinct(cells, parse)
    _bad(cells, found.isna() & ~values.is_blank(cells), "lat", notes, *assemble.NO_PLACE)
    return (
        found.map(lambda each: each[0] if each else float("nan")).astype("float64"),
        found.map(lambda each: each[1] if each else float("nan")).astype("float64"),
    )


def epsg_of_zone(text: str) -> int | None:
    """EPSG code of a UTM zone on WGS 84. N and S mean the hemispheres; other letters are latitude bands."""
    match = _ZONE.fullmatch(text)
    if match is None or not match[2] or not 1 <= int(match[1]) <= 60:
        return None
    letter = match[2].upper()
    is_north = letter == "N" or (letter != "S" and letter > "M")
    return (32600 if is_north else 32700) + int(match[1])


def _of_utm(frame: pd.DataFrame, place: Place, notes: Notes) -> tuple[pd.Series, pd.Series]:
    import pyproj

    cells = frame[place.easting]
    x, bad_x = values.numbers(cells, decimal=values.decimal_of([cells, frame[place.northing]]))
    y, bad_y = values.numbers(
        frame[place.northing], decimal=values.decimal_of([cells, frame[place.northing]])
    )
    if place.zone_column is not None:
        zones = values.by_distinct(frame[place.zone_column], epsg_of_zone)
    else:
        zones = pd.Series(epsg_of_zone(place.zone or ""), index=frame.index, dtype="object")
    lon = pd.Series(float("nan"), index=frame.index)
    lat = lon.copy()
    given = x.notna() & y.notna()
    for code in zones[given].dropna().unique():
        rows = given & (zones == code)
        to_degrees = pyproj.Transformer.from_crs(int(code), 4326, always_xy=True)
        lon[rows], lat[rows] = to_degrees.transform(x[rows].to_numpy(), y[rows].to_numpy())
    placed = lon.abs().le(180) & lat.abs().le(90)
    lost = (given & ~placed & zones.notna()) | bad_x | bad_y
    _bad(
        cells,
        lost,
        "lon",
        notes,
        N_("easting and northing give no place in their zone"),
        N_("check the numbers and the zone"),
    )
    _bad(
        cells, given & zones.isna(), "lon", notes,
        N_("easting and northing without a UTM zone and hemisphere give no place"),
        N_("state the zone in the mapping, for instance: place: {zone: 19S}"),
    )  # fmt: skip
    return lon.where(placed), lat.where(placed)


def _of_wkt(frame: pd.DataFrame, column: str, notes: Notes, limits: Limits) -> Found:
    """Points are read here; other shapes by the child process, since a crafted text can end a process."""
    cells = frame[column]

    def point(text: str) -> tuple[float, float] | None:
        match = _POINT.fullmatch(text)
        numbers = [values.parse_number(part, ".") for part in match.groups()] if match else [None]
        return None if None in numbers else (numbers[0], numbers[1])

    found = values.by_distinct(cells, point)
    lon = found.map(lambda each: each[0] if each else float("nan")).astype("float64")
    lat = found.map(lambda each: each[1] if each else float("nan")).astype("float64")
    other = cells.notna() & found.isna() & ~values.is_blank(cells)
    area = shape = None
    if other.any():
        shapes = _in_child(cells[other], limits)
        lon[shapes.index], lat[shapes.index] = shapes["geometry:lon"], shapes["geometry:lat"]
        area = pd.Series(float("nan"), index=frame.index)
        shape = pd.Series(None, index=frame.index, dtype="str")
        area[shapes.index], shape[shapes.index] = shapes["geometry:area_m2"], shapes["geometry:wkt"]
    _bad(
        cells,
        other & lon.isna(),
        "lon",
        notes,
        N_("the shape does not parse, or is too large"),
        N_("give valid WKT"),
    )
    return lon, lat, area, shape


def _in_child(cells: pd.Series, limits: Limits) -> pd.DataFrame:
    import pyarrow as pa

    with tempfile.TemporaryDirectory(prefix="lithoscope-") as name:
        request, result = Path(name) / "input.wkt", Path(name) / "rows.arrow"
        pairs = [[int(row), text] for row, text in cells.items()]
        request.write_text(json.dumps(pairs, ensure_ascii=False), encoding="utf-8")
        files.run_child("wkt", request, result, {}, limits=limits, file="shapes")
        with pa.OSFile(str(result)) as source, pa.ipc.open_stream(source) as stream:
            frame = stream.read_all().to_pandas()
    frame.index = pd.Index(frame.pop(delimited.SOURCE_ROW), name=cells.index.name)
    for column in files.GEOMETRY[:3]:
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    return frame
