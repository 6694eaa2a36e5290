"""The ground of each State as shapes: Natural Earth's borders with our table of disputed areas laid over.

A path is cut by the same borders, and the same cited overrides, that the register looks a point up in.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import shapely

from lithoscope.methods.countries import NO_COUNTRY
from lithoscope.pipelines import countries
from lithoscope.sources import natural_earth

_OPEN_GROUND = -1
_SEAM = 0.02
"""Degrees within which ground that no State's polygon holds is closed in by others': land, not sea."""


@dataclass(frozen=True)
class Territories:
    """Single polygons: shapes, the country of each (None: held by no State alone), its dispute ("" if none).

    tree: over the shapes, which are prepared.
    """

    shapes: np.ndarray
    codes: np.ndarray
    disputes: np.ndarray
    tree: shapely.STRtree


@cache
def held() -> Territories:
    """All ground in EPSG:4326; disputed areas are pieces of their own, under the table's code. Cached."""
    frame = natural_earth.countries()[["country_iso3", "geometry"]].explode(index_parts=False)
    pieces = [(shape, code, "") for code, shape in zip(frame["country_iso3"], frame.geometry, strict=True)]
    tree = shapely.STRtree(frame.geometry.to_numpy())
    cut: dict[int, list[tuple[shapely.Geometry, str | None, str]]] = {}
    for area in countries.disputed_areas().itertuples():
        within = set(str(area.within).split(";")) if pd.notna(area.within) else set()
        use = area.iso3 if pd.notna(area.iso3) else None
        near = tree.query(area.geometry, predicate="intersects")
        if NO_COUNTRY in within:
            before = [shape for shape, _, _ in cut.setdefault(_OPEN_GROUND, [])]
            ground = _closed_in(area.geometry, [*frame.geometry.to_numpy()[near], *before])
            cut[_OPEN_GROUND].extend((each, use, area.label) for each in ground)
        for part in near:
            code = frame["country_iso3"].iloc[part]
            if not within or (code if pd.notna(code) else NO_COUNTRY) in within:
                now = cut.get(part, [pieces[part]])
                cut[part] = [each for piece in now for each in _parted(piece, area.geometry, use, area.label)]
    whole = [piece for number, piece in enumerate(pieces) if number not in cut]
    found = whole + [piece for parts in cut.values() for piece in parts]
    shapes, codes, disputes = (np.array([each[k] for each in found], dtype=object) for k in range(3))
    codes[pd.isna(codes)] = None
    shapely.prepare(shapes)
    return Territories(shapes, codes, disputes, shapely.STRtree(shapes))


def _parted(
    piece: tuple[shapely.Geometry, str | None, str], area: shapely.Geometry, use: str | None, label: str
) -> list[tuple[shapely.Geometry, str | None, str]]:
    """A piece of undisputed ground in two: outside the area as it was, inside it under the table's code."""
    shape, code, dispute = piece
    if dispute or not shapely.intersects(shape, area):
        return [piece]
    outside = [(each, code, "") for each in _polygons(shapely.difference(shape, area))]
    return outside + [(each, use, label) for each in _polygons(shapely.intersection(shape, area))]


def _closed_in(area: shapely.Geometry, parts: list[shapely.Geometry]) -> list[shapely.Geometry]:
    """What of an area lies in none of the parts, where these close it in on all sides."""
    around = shapely.union_all(parts)
    seam = shapely.buffer(around, _SEAM)
    return [each for each in _polygons(area - around) if shapely.covers(seam, shapely.boundary(each))]


def _polygons(shape: shapely.Geometry) -> list[shapely.Geometry]:
    parts = shapely.get_parts(shape)
    return [each for each in parts[shapely.get_dimensions(parts) == 2] if each.area > 0]
