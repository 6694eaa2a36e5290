"""Countries along a path, in the order in which they are reached, and what binds them to notify.

The order is that of the first point of the path inside each country; a country that only the footprint
touches, beside the path, stands where the path passes it. Borders are Natural Earth's, generalised for
1:10 million, with the register's table of disputed areas laid over: where a river is the border, a coarse
path crosses it early or late.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import shapely

from lithoscope.domain import reference
from lithoscope.domain.earth import EQUAL_AREA
from lithoscope.pipelines import countries, territories
from lithoscope.pipelines.downstream_terrain import unwrapped
from lithoscope.sources import natural_earth

INSTRUMENTS = {
    "industrial_accidents": "UNECE Convention on the Transboundary Effects of Industrial Accidents",
    "espoo": "UNECE Convention on Environmental Impact Assessment in a Transboundary Context (Espoo)",
    "water": "UNECE Convention on the Protection and Use of Transboundary Watercourses",
}
_NEAR_DEGREES = 0.1
"""A site on no country's land takes the nearest country within about 10 km, as elsewhere."""
_P = ParamSpec("_P")
_R = TypeVar("_R")
_TURN = threading.Lock()


def one_at_a_time(ask: Callable[_P, _R]) -> Callable[_P, _R]:
    """A prepared shape completes itself when first asked, which two threads must not do at once."""

    @wraps(ask)
    def asked(*given: _P.args, **named: _P.kwargs) -> _R:
        with _TURN:
            return ask(*given, **named)

    return asked


@dataclass(frozen=True)
class Reached:
    """One country: where the path first reaches it, and whether it is the footprint alone that does."""

    country_iso3: str
    name: str
    at_km: float
    beside_path: bool = False


@dataclass(frozen=True)
class Disputed:
    """One disputed area: its label (parties and citation in it), the country it is counted under, if any."""

    label: str
    country_iso3: str | None
    at_km: float


@one_at_a_time
def countries_along(
    lon: np.ndarray,
    lat: np.ndarray,
    chainage_m: np.ndarray,
    footprint: shapely.Geometry | None = None,
    site: tuple[float, float] | None = None,
) -> list[Reached]:
    """Countries that a path or its footprint reaches, the site's own first.

    lon, lat, chainage_m: the path's vertices; footprint: in EPSG:4326; site: lon, lat of the site itself,
    whose cell's middle, where the path begins, may lie beyond a border (None: it is where the path begins).
    """
    ground = territories.held()
    found: dict[str, Reached] = {}
    for part, at_km, beside in _pieces_reached(lon, lat, chainage_m, footprint):
        code = ground.codes[part]
        if code is None:
            continue
        former = found.get(code)
        if former is None or (beside, at_km) < (former.beside_path, former.at_km):
            found[code] = Reached(code, countries.country_name(code), at_km, beside)
    ordered = sorted(found.values(), key=lambda each: (each.at_km, each.beside_path))
    return _own_first(ordered, *(site or (lon[0], lat[0])))


@one_at_a_time
def disputed_along(
    lon: np.ndarray, lat: np.ndarray, chainage_m: np.ndarray, footprint: shapely.Geometry | None = None
) -> list[Disputed]:
    """Disputed areas that a path or its footprint reaches, in that order; see `countries_along`."""
    ground = territories.held()
    found: dict[str, Disputed] = {}
    for part, at_km, _ in _pieces_reached(lon, lat, chainage_m, footprint, only_disputed=True):
        label, code = ground.disputes[part], ground.codes[part]
        if label not in found or at_km < found[label].at_km:
            found[label] = Disputed(label, code, at_km)
    return sorted(found.values(), key=lambda each: each.at_km)


def _pieces_reached(
    lon: np.ndarray,
    lat: np.ndarray,
    chainage_m: np.ndarray,
    footprint: shapely.Geometry | None,
    *,
    only_disputed: bool = False,
) -> Iterator[tuple[int, float, bool]]:
    """Pieces of ground that a path or its footprint reaches: position, after how many km, only beside it."""
    edges = (0, 0, 0, 0) if footprint is None else footprint.bounds
    for shift in shifts((min(edges[0], lon.min()), edges[1], max(edges[2], lon.max()), edges[3])):
        moved = None if footprint is None else eastward(footprint, shift)
        yield from _pieces_here(lon + shift, lat, chainage_m, moved, only_disputed=only_disputed)


def shifts(bounds: Sequence[float]) -> tuple[int, ...]:
    """By how many degrees of longitude a shape is moved to meet all that it may lie on: beyond 180 or not."""
    return (0, *([-360] if bounds[2] > 180 else []), *([360] if bounds[0] < -180 else []))


def within_180(shape: shapely.Geometry) -> shapely.Geometry:
    """A shape in degrees with what lies beyond 180 moved to where other layers have it."""
    moved = [eastward(shape, degrees) for degrees in shifts(shape.bounds)]
    return shape if len(moved) == 1 else shapely.union_all(shapely.clip_by_rect(moved, -180, -90, 180, 90))


def eastward(shape: shapely.Geometry, degrees: int) -> shapely.Geometry:
    """A shape in degrees, moved."""
    return shapely.transform(shape, lambda at: at + np.array([degrees, 0.0])) if degrees else shape


def _pieces_here(
    lon: np.ndarray,
    lat: np.ndarray,
    chainage_m: np.ndarray,
    footprint: shapely.Geometry | None,
    *,
    only_disputed: bool,
) -> Iterator[tuple[int, float, bool]]:
    """The same for places between -180 and 180 degrees."""
    ground = territories.held()
    points = np.column_stack([lon, lat])
    line = shapely.LineString(points) if len(points) > 1 else shapely.Point(points[0])
    west, south, east, north = shapely.total_bounds([line] if footprint is None else [line, footprint])
    for part in sorted(ground.tree.query(shapely.box(west, south, east, north))):
        if only_disputed and not ground.disputes[part]:
            continue
        clipped = shapely.clip_by_rect(
            ground.shapes[part], west - 0.01, south - 0.01, east + 0.01, north + 0.01
        )
        reached = _reached(line, points, chainage_m, clipped, footprint)
        if reached is not None:
            yield int(part), *reached


def _own_first(ordered: list[Reached], lon: float, lat: float) -> list[Reached]:
    """The country of the site itself (or the nearest within reach, off the coast) leads the list."""
    ground = territories.held()
    near = ground.tree.query_nearest(
        shapely.Point(lon, lat), max_distance=_NEAR_DEGREES, return_distance=False, all_matches=False
    )
    if not len(near) or ground.codes[near[0]] is None:
        return ordered
    own = Reached(ground.codes[near[0]], countries.country_name(ground.codes[near[0]]), 0.0)
    return [own, *(each for each in ordered if each.country_iso3 != own.country_iso3)]


def _reached(
    line: shapely.Geometry,
    points: np.ndarray,
    chainage_m: np.ndarray,
    country: shapely.Geometry,
    footprint: shapely.Geometry | None,
) -> tuple[float, bool] | None:
    """Where the path first lies in a country [km], or where it passes when only the footprint does."""
    shapely.prepare(country)
    inside = shapely.contains_xy(country, points)
    crossing = shapely.intersection(line, country) if len(points) > 1 else None
    if inside.any() or (crossing is not None and not crossing.is_empty):
        if inside[0] or crossing is None or crossing.is_empty:
            return float(chainage_m[int(np.argmax(inside))]) / 1000, False
        return float(_chainage_at(points, chainage_m, shapely.get_coordinates(crossing)).min()) / 1000, False
    if footprint is None:
        return None
    touched = shapely.intersection(footprint, country)
    if touched.is_empty or touched.area == 0:
        return None
    if len(points) == 1:
        return 0.0, True
    return float(_chainage_at(points, chainage_m, shapely.get_coordinates(touched)).min()) / 1000, True


def _chainage_at(points: np.ndarray, chainage_m: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Distance along the ground of the path's points nearest to some places. [m]"""
    from scipy.spatial import cKDTree

    _, vertex = cKDTree(points).query(places)
    found = chainage_m[vertex].astype(float)
    closest = np.hypot(*(places - points[vertex]).T)
    for first in (np.maximum(vertex - 1, 0), np.minimum(vertex, len(points) - 2)):
        leg = points[first + 1] - points[first]
        share = np.clip(((places - points[first]) * leg).sum(axis=1) / (leg**2).sum(axis=1), 0, 1)
        away = np.hypot(*(places - points[first] - share[:, None] * leg).T)
        along = chainage_m[first] + share * (chainage_m[first + 1] - chainage_m[first])
        found = np.where(away <= closest, along, found)
        closest = np.minimum(closest, away)
    return found


def named(country_iso3: str, at_km: float) -> Reached:
    """A country by its code, with its name."""
    return Reached(country_iso3, countries.country_name(country_iso3), at_km)


def first_border_km(countries: list[Reached]) -> float | None:
    """Distance along the path to the first other country, or None."""
    others = [each.at_km for each in countries[1:]]
    return min(others) if others else None


@one_at_a_time
def on_land(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Whether each point lies in some country."""
    lon = unwrapped(lon, 0.0)
    ground = territories.held()
    found = np.zeros(len(lon), bool)
    for part in ground.tree.query(shapely.box(lon.min(), lat.min(), lon.max(), lat.max())):
        found[~found] = shapely.contains_xy(ground.shapes[part], lon[~found], lat[~found])
    return found


@cache
def _large_lakes(least_km2: float) -> tuple[shapely.STRtree, np.ndarray]:
    frame = natural_earth.lakes("10m")
    large = frame[frame.geometry.to_crs(EQUAL_AREA).area >= least_km2 * 1e6]
    shapes = large.geometry.to_numpy()
    shapely.prepare(shapes)
    return shapely.STRtree(shapes), large["name"].to_numpy(object)


@one_at_a_time
def first_lake(lon: np.ndarray, lat: np.ndarray, least_km2: float) -> tuple[int, str] | None:
    """Position along a path where it enters a large lake, and its name; not the lake that it starts in."""
    lon = unwrapped(lon, 0.0)
    tree, names = _large_lakes(least_km2)
    hits = []
    for lake in tree.query(shapely.box(lon.min(), lat.min(), lon.max(), lat.max())):
        inside = shapely.contains_xy(tree.geometries[lake], lon, lat)
        if inside.any() and not inside[0]:
            hits.append((int(np.argmax(inside)), str(names[lake])))
    return min(hits, default=None)


@cache
def _memberships() -> dict[tuple[str, str], tuple[str, str, str]]:
    rows = reference.load("conventions").rows
    return {
        (row.country_iso3, row.instrument): (
            str(row.status),
            "" if np.isnan(row.since) else str(int(row.since)),
            str(row.source),
        )
        for row in rows.itertuples()
    }


def memberships(country_iso3: str) -> dict[str, dict[str, str]]:
    """Instrument -> status, since and source for the three UNECE conventions; "unknown" if not listed.

    Source: data/reference/conventions.csv, whose note says what is not complete.
    """
    found = {}
    for instrument in INSTRUMENTS:
        status, since, source = _memberships().get((country_iso3, instrument), ("unknown", "", ""))
        found[instrument] = {"status": status, "since": since, "source": source}
    return found


def to_notify(countries: list[Reached]) -> list[dict[str, Any]]:
    """States other than the site's own that the path reaches, with what binds both sides."""
    if not countries:
        return []
    own = memberships(countries[0].country_iso3)
    notices: list[dict[str, Any]] = []
    for each in countries[1:]:
        theirs = memberships(each.country_iso3)
        both = [
            name
            for name in INSTRUMENTS
            if own[name]["status"] == "party" and theirs[name]["status"] == "party"
        ]
        notices.append(
            {
                "country_iso3": each.country_iso3,
                "name": each.name,
                "at_km": each.at_km,
                "beside_path": each.beside_path,
                "conventions": theirs,
                "both_parties": both,
            }
        )
    return notices
