"""How sure the distance to the first border is: what a cell of the terrain leaves open.

A path of cells lies beside the valley that it stands for by a cell or so, starts within a cell of the
dam's toe, and cuts the bends of the river. So the first border lies between the place where some such path
first comes that near to another State, and the place where each has gone as far beyond its own, the bends
made up for. The rule is ours (data/reference/footprint_rules.csv).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import shapely

from lithoscope.methods.runout_ensemble import rule
from lithoscope.pipelines import territories
from lithoscope.pipelines.downstream_borders import Reached, eastward, one_at_a_time, shifts

_DEGREE_M = 111_200.0
_STEP = 0.25
"""Distance between the points of a path that are looked at, in cells' diagonals."""
_AT_ONCE = 2000


@dataclass(frozen=True)
class BorderSpan:
    """The interval of the distance to the first border, along the path. [km]

    low_km: None if the deposit comes near no other country; high_km: None if it may cross no border at
    all. near: other countries that it comes near to, and after how many km.
    """

    low_km: float | None = None
    high_km: float | None = None
    near: dict[str, float] = field(default_factory=dict)

    def around(self, first_km: float | None) -> "BorderSpan":
        """The interval, holding the distance that was found; an area may touch a border beside the path."""
        if first_km is None:
            return self
        low = first_km if self.low_km is None else min(self.low_km, first_km)
        high = None if self.high_km is None else max(self.high_km, first_km)
        return BorderSpan(low, high, self.near)


@one_at_a_time
def span_along(
    lon: np.ndarray, lat: np.ndarray, chainage_m: np.ndarray, *, cell_m: float, end_m: float, own: str | None
) -> BorderSpan:
    """The interval of one path.

    lon, lat, chainage_m: its vertices; cell_m: a cell's diagonal; end_m: how far a deposit may come;
    own: the country that it leaves.
    """
    if own is None:
        return BorderSpan()
    reach = rule("border_diagonals") * cell_m / _DEGREE_M
    shrink = float(np.cos(np.radians(np.mean(lat))))
    ours, others = _around(lon, lat, own, reach / shrink)
    if not others:
        return BorderSpan()
    along = np.arange(0.0, chainage_m[-1] + _STEP * cell_m, _STEP * cell_m).clip(max=chainage_m[-1])
    points = shapely.points(np.interp(along, chainage_m, lon) * shrink, np.interp(along, chainage_m, lat))
    near: dict[str, float] = {}
    high = np.inf
    own_ground = [_flattened(shape, shrink) for shape in ours]
    for code, shape in others:
        ground = _flattened(shape, shrink)
        first = _first(points, along, partial(_is_near, ground=ground, reach=reach))
        if first is None or first > end_m:
            continue
        near[code] = min(near.get(code, np.inf), first / 1000)
        beyond = _first(points, along, partial(_is_beyond, ground=ground, own=own_ground, reach=reach))
        high = min(high, np.inf if beyond is None else beyond)
    if not near:
        return BorderSpan()
    stretched = high / 1000 / rule("least_path_share")
    return BorderSpan(min(near.values()), float(stretched) if np.isfinite(high) else None, near)


def _flattened(shape: shapely.Geometry, shrink: float) -> shapely.Geometry:
    """A shape whose degrees of longitude are as long as those of latitude, prepared."""
    flat = shapely.transform(shape, lambda at: at * [shrink, 1.0])
    shapely.prepare(flat)
    return flat


def joined(spans: Sequence[BorderSpan]) -> BorderSpan:
    """The interval that holds those of several ways down."""
    lows = [each.low_km for each in spans if each.low_km is not None]
    highs = [each.high_km for each in spans if each.high_km is not None]
    near: dict[str, float] = {}
    for each in spans:
        for code, km in each.near.items():
            near[code] = min(near.get(code, np.inf), km)
    is_sure = len(highs) == len(spans)
    return BorderSpan(min(lows, default=None), max(highs) if is_sure and highs else None, near)


def not_entered(span: BorderSpan, countries: Sequence[Reached]) -> list[tuple[str, float]]:
    """Countries that a path comes near to and does not reach: code and km, the nearest first."""
    named = {each.country_iso3 for each in countries}
    return sorted(
        ((code, km) for code, km in span.near.items() if code not in named), key=lambda each: each[1]
    )


@one_at_a_time
def is_other_within(lon: float, lat: float, km: float, own: str | None) -> bool:
    """Whether ground of another country than `own` lies within some km of a place, roughly."""
    ground = territories.held()
    high = km * 1000 / _DEGREE_M
    wide = high / max(float(np.cos(np.radians(lat))), 0.05)
    box = (lon - wide, lat - high, lon + wide, lat + high)
    around = [shapely.box(box[0] + turn, box[1], box[2] + turn, box[3]) for turn in shifts(box)]
    found = ground.tree.query(around, predicate="intersects")[1]
    return any(ground.codes[part] not in (None, own) for part in found)


def _around(
    lon: np.ndarray, lat: np.ndarray, own: str | None, margin: float
) -> tuple[list[shapely.Geometry], list[tuple[str, shapely.Geometry]]]:
    """Ground near a path, cut to its surroundings: its own country's, and others' with their codes."""
    ground = territories.held()
    box = (
        *(lon.min() - 2 * margin, lat.min() - 2 * margin),
        *(lon.max() + 2 * margin, lat.max() + 2 * margin),
    )
    held = []
    for turn in shifts(box):
        there = (box[0] + turn, box[1], box[2] + turn, box[3])
        for k in sorted(ground.tree.query(shapely.box(*there))):
            shape = shapely.clip_by_rect(ground.shapes[k], *there)
            if ground.codes[k] is not None and not shape.is_empty:
                held.append((ground.codes[k], eastward(shape, -turn)))
    if all(code == own for code, _ in held):
        return [], []
    return [shape for code, shape in held if code == own], [each for each in held if each[0] != own]


def _first(points: np.ndarray, along: np.ndarray, holds: Callable[[np.ndarray], np.ndarray]) -> float | None:
    """Distance along the path of the first point that something holds of, looked at in parts."""
    for start in range(0, len(points), _AT_ONCE):
        found = holds(points[start : start + _AT_ONCE])
        if found.any():
            return float(along[start + int(np.argmax(found))])
    return None


def _is_near(points: np.ndarray, ground: shapely.Geometry, reach: float) -> np.ndarray:
    """Which points lie within `reach` of a country."""
    return np.asarray(shapely.dwithin(points, ground, reach))


def _is_beyond(
    points: np.ndarray, ground: shapely.Geometry, own: list[shapely.Geometry], reach: float
) -> np.ndarray:
    """Which points lie in a country and more than `reach` from their own."""
    inside = shapely.contains(ground, points)
    for each in own:
        inside[inside] = ~shapely.dwithin(points[inside], each, reach)
    return np.asarray(inside)
