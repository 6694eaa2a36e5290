"""Tiles of the sand observatory's map: effort in cells of the H3 grid, tracks when zoomed in, silences, and
where any ship was heard at all.

Effort is added up in coarser cells the farther away one looks, so that no cell is smaller than a few pixels.
A tile holds the cells whose middle lies in it; tracks are cut at its edge.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import h3
import numpy as np
import pandas as pd
import shapely

from lithoscope.pipelines.sand import Period, Sand
from lithoscope.pipelines.tiles import Address, to_degrees

KINDS = ("effort", "tracks", "gaps", "heard")
POLYGONS_FROM = 4
"""From this zoom on cells are drawn as they are; before, as circles."""
TRACKS_FROM = 8
"""From this zoom on all tracks are drawn; those of one vessel always."""
SINGLE_GAPS_FROM = 7
MOST_TRACKS = 3_000
"""Lines that one tile holds at most, those of dredging first."""
STEPS_H = (10.0, 50.0, 200.0, 1000.0)
"""Hours that divide the classes of effort: up to the first, ..., above the last."""
_LEVELS = (2, 2, 3, 3, 4, 5, 5)
FINEST = 6

Describe = Callable[[str, Mapping[str, Any]], tuple[str, str]]
"""Kind and row -> title and note of a feature, in the reader's words."""


def tile(sand: Sand, kind: str, address: Address, period: Period, vessel: str, describe: Describe) -> dict:
    """One tile as a GeoJSON object. vessel: only this one's tracks and silences, "" for all.

    Properties: c (class), name, note, and id, the vessel's, where there is one. The first feature is empty,
    see the map's code.
    """
    make = {"effort": _effort, "tracks": _tracks, "gaps": _gaps, "heard": _heard}[kind]
    features = make(sand, address, period, vessel, describe)
    nothing = {"type": "Feature", "geometry": None, "properties": {}}
    return {"type": "FeatureCollection", "features": [nothing, *features]}


def box(address: Address) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile. [degrees]"""
    n = 2**address.z
    x = np.array([address.column, address.column + 1]) / n
    y = np.array([address.y + 1, address.y]) / n
    lon = x * 360.0 - 180.0
    _, lat = to_degrees(np.zeros(2), y)
    return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])


def level_of(z: int) -> int:
    """Level of the H3 grid at a zoom."""
    return _LEVELS[z] if z < len(_LEVELS) else FINEST


@lru_cache(maxsize=64)
def cells(sand: Sand, period: Period, level: int) -> pd.DataFrame:
    """Hours per cell of a level in a period: h3, hours, lon and lat of its middle, c its class of STEPS_H."""
    rows = sand.effort[period.holds(sand.effort["month"])]
    parents = [_parent(cell, level) for cell in rows["h3"]]
    hours = rows["hours"].groupby(parents).sum()
    places = np.array([h3.cell_to_latlng(cell) for cell in hours.index]).reshape(-1, 2)
    return pd.DataFrame(
        {
            "h3": hours.index.to_numpy(),
            "hours": hours.to_numpy(float),
            "lat": places[:, 0],
            "lon": places[:, 1],
            "c": np.searchsorted(STEPS_H, hours.to_numpy(float), side="left"),
        }
    )


def _parent(cell: str, level: int) -> str:
    return h3.cell_to_parent(cell, level) if h3.get_resolution(cell) > level else cell


def _within(frame: pd.DataFrame, address: Address) -> pd.DataFrame:
    west, south, east, north = box(address)
    lon, lat = frame["lon"], frame["lat"]
    return frame[(lon >= west) & (lon < east) & (lat >= south) & (lat < north)]


def _effort(sand: Sand, address: Address, period: Period, vessel: str, describe: Describe) -> list[dict]:
    shown = _within(cells(sand, period, level_of(address.z)), address)
    features = []
    for row in shown.to_dict("records"):
        name, note = describe("effort", row)
        shape = _hexagon(row["h3"]) if address.z >= POLYGONS_FROM else _point(row["lon"], row["lat"])
        features.append(_feature(shape, c=int(row["c"]), name=name, note=note))
    return features


def _hexagon(cell: str) -> dict:
    ring = [[round(lon, 5), round(lat, 5)] for lat, lon in h3.cell_to_boundary(cell)]
    middle = ring[0][0]
    ring = [[lon + 360 * round((middle - lon) / 360), lat] for lon, lat in ring]  # whole across 180 degrees
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _point(lon: float, lat: float) -> dict:
    return {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]}


def _feature(geometry: dict, **properties: object) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@lru_cache(maxsize=2)
def _tree(sand: Sand) -> shapely.STRtree:
    return shapely.STRtree(sand.tracks.geometry.to_numpy())


def _tracks(sand: Sand, address: Address, period: Period, vessel: str, describe: Describe) -> list[dict]:
    if address.z < TRACKS_FROM and not vessel:
        return []
    around = box(address)
    rows = sand.tracks.iloc[np.sort(_tree(sand).query(shapely.box(*around)))]
    rows = rows[period.holds(rows["month"]) & rows["state"].isin(["dredging", "transit"])]
    rows = rows[rows["vessel_id"].eq(vessel)] if vessel else rows
    rows = rows.sort_values("state", kind="stable").head(MOST_TRACKS)
    cut = shapely.clip_by_rect(rows.geometry.to_numpy(), *around)
    names = sand.vessels.drop_duplicates("vessel_id").set_index("vessel_id")["name"]
    features = []
    for row, shape in zip(rows.drop(columns="geometry").to_dict("records"), cut, strict=True):
        if not shape.is_empty:
            name, note = describe("tracks", {**row, "name": names.get(row["vessel_id"])})
            code = int(row["state"] == "dredging")
            line = shapely.geometry.mapping(shapely.set_precision(shape, 1e-5))
            features.append(_feature(line, c=code, name=name, note=note, id=row["vessel_id"]))
    return features


def _gaps(sand: Sand, address: Address, period: Period, vessel: str, describe: Describe) -> list[dict]:
    rows = sand.gaps[period.holds(sand.gaps["month"])]
    rows = _within(rows[rows["vessel_id"].eq(vessel)] if vessel else rows, address)
    if address.z < SINGLE_GAPS_FROM:
        level = level_of(address.z)
        cell = [h3.latlng_to_cell(lat, lon, level) for lat, lon in zip(rows["lat"], rows["lon"], strict=True)]
        grouped = rows.assign(n=1).groupby(cell)
        rows = grouped.agg({"n": "sum", "hours": "sum", "lon": "mean", "lat": "mean"})
    features = []
    for row in rows.to_dict("records"):
        name, note = describe("gaps", row)
        one = {"id": row["vessel_id"]} if "vessel_id" in row else {}
        features.append(_feature(_point(row["lon"], row["lat"]), c=0, name=name, note=note, **one))
    return features


_HEARD_LEVELS = (1, 1, 2, 3, 3, 4)


@lru_cache(maxsize=64)
def _heard_cells(sand: Sand, period: Period, level: int) -> pd.DataFrame:
    """Cells of a level in which any ship was heard in a period: h3, reports, months, lon and lat."""
    rows = sand.reception[period.holds(sand.reception["month"])]
    grouped = rows.groupby([_parent(cell, level) for cell in rows["h3"]])
    found = pd.DataFrame({"reports": grouped["reports"].sum(), "months": grouped["month"].nunique()})
    places = np.array([h3.cell_to_latlng(cell) for cell in found.index]).reshape(-1, 2)
    return found.rename_axis("h3").reset_index().assign(lat=places[:, 0], lon=places[:, 1])


def _heard(sand: Sand, address: Address, period: Period, vessel: str, describe: Describe) -> list[dict]:
    level = _HEARD_LEVELS[min(address.z, len(_HEARD_LEVELS) - 1)]
    features = []
    for row in _within(_heard_cells(sand, period, level), address).to_dict("records"):
        name, note = describe("heard", row)
        features.append(_feature(_hexagon(row["h3"]), c=0, name=name, note=note))
    return features
