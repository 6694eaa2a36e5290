"""The area that released tailings would cover: the path widened by the terrain until the area is met.

The rule is ours (data/reference/footprint_rules.csv). Beside the path, cells are covered in the order of
their height above it plus a small cost of distance, so that the deposit is wide where the valley is wide
and narrow where it is narrow. Where the mean width is less than a cell the terrain cannot show it: the
deposit is an even strip along the path. Low, best and high are nested, each meets its own area, and a
larger release covers all that a smaller one does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from lithoscope.domain.grid import Grid
from lithoscope.methods import exposure
from lithoscope.methods.runout_ensemble import CASES, LADDER_HEIGHT_M, Reach, ladder, rule

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
_SPARE = 1.3  # candidates beyond the area, since a smaller footprint may cover some of them already
HEIGHT_EXPONENT = 0.6
"""How runout grows with dam height in the regressions (0.545 and 0.66): scales the ladder of growth."""


Transform = Callable[[Floats, Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Plane:
    """A metric equal-area CRS around the path: from the terrain's coordinates and back."""

    to_metric: Transform
    to_terrain: Transform


@dataclass(frozen=True)
class Stretch:
    """A part of the path inside one window of terrain.

    heights: window [m], NaN where there is none; rows, columns: path cells in it; level_m: filled height
    of the path; chainage_m: distance along the path. width_m, height_m: a cell on the ground.
    """

    heights: npt.NDArray[np.float32]
    grid: Grid
    rows: Indices
    columns: Indices
    level_m: Floats
    chainage_m: Floats
    width_m: float
    height_m: float

    @property
    def cell_m2(self) -> float:
        """Area of a cell on the ground."""
        return self.width_m * self.height_m


@dataclass(frozen=True)
class Footprint:
    """One area and how it was drawn.

    shape: polygon on the plane; area_km2: its area; reach_km: how far along the path; wanted_km2: the
    area that was to be met; is_strip: an even strip, since it is narrower than a cell of the terrain.
    """

    shape: shapely.Geometry
    area_km2: float
    reach_km: float
    wanted_km2: float
    is_strip: bool


@dataclass(frozen=True)
class _Cells:
    """Candidate cells of one stretch, the cheapest first."""

    stretch: Stretch
    rows: Indices
    columns: Indices
    chainage_m: Floats
    cost: Floats


@dataclass(frozen=True)
class _Steps:
    """How a footprint grows: ascending reach [m] and area [m2], and the reach and area asked for."""

    reaches_m: Floats
    areas_m2: Floats
    far_m: float
    area_m2: float


def draw(
    line: Floats,
    chainage_m: Floats,
    stretches: list[Stretch],
    reach: Reach,
    *,
    dam_height_m: float,
    end_m: float,
    plane: Plane,
) -> dict[str, Footprint]:
    """Low, best and high footprints, nested; case -> footprint.

    line: path vertices on the plane, n x 2 [m]; chainage_m: distance of each along the ground.
    end_m: where the deposit must stop (sea, lake, end of terrain); areas shrink in proportion.
    """
    found: dict[str, Footprint] = {}
    before: shapely.Geometry = shapely.Polygon()
    for case in CASES:
        far, area = reach.runout_km.at(case) * 1000, reach.area_m2.at(case)
        length = min(far, end_m)
        wanted = area * (length / far)
        thread = _along(line, chainage_m, length)
        # Where the path is cut short, what lies before is joined whole: the area is no longer to be met.
        held = before if length == far else shapely.Polygon()
        steps = _steps(case, far, area, dam_height_m)
        start = _first_shown(steps, stretches[0].cell_m2)
        is_strip = start is None
        if start is None:
            shape = _even_strip(held, thread, wanted)
        else:
            reach_m, area_m2 = start
            first = _even_strip(shapely.Polygon(), _along(line, chainage_m, min(reach_m, length)), area_m2)
            cell = float(np.sqrt(stretches[0].cell_m2))
            shape = shapely.union_all([held, first, thread.buffer(cell / 2, quad_segs=4)])
            shape = _grow(shape, _candidates(stretches, steps), steps, wanted, length, plane)
        before = shape if held is before else _joined(before, shape)
        found[case] = Footprint(before, before.area / 1e6, length / 1000, wanted / 1e6, is_strip)
    return found


def _first_shown(steps: _Steps, cell_m2: float) -> tuple[float, float] | None:
    """Reach [m] and area [m2] of the first step that the cells can show; None if they cannot show this one.

    Below it the deposit is narrower than a cell, or smaller than a few of them.
    """
    width = steps.areas_m2 / steps.reaches_m
    least = np.sqrt(cell_m2) * rule("resolved_width")
    shown = (width >= least) & (steps.areas_m2 >= rule("resolved_cells") * cell_m2)
    if not shown.any():
        return None
    first = int(np.argmax(shown))
    if steps.areas_m2[first] > steps.area_m2 or steps.area_m2 / steps.far_m < least:
        return None
    return float(steps.reaches_m[first]), float(steps.areas_m2[first])


def _along(line: Floats, chainage_m: Floats, length: float) -> shapely.Geometry:
    """The path's first part of that length; a point if it is shorter than can be drawn."""
    last = int(np.searchsorted(chainage_m, length))
    if last == 0 or len(line) < 2:
        return shapely.Point(line[0])
    if last >= len(line):
        return shapely.LineString(line)
    share = (length - chainage_m[last - 1]) / (chainage_m[last] - chainage_m[last - 1])
    end = line[last - 1] + share * (line[last] - line[last - 1])
    return shapely.LineString(np.vstack([line[:last], end]))


def _joined(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    return other if one.is_empty else one | other


def _even_strip(before: shapely.Geometry, thread: shapely.Geometry, wanted: float) -> shapely.Geometry:
    """`before` and a strip of even width along the path, round at its ends, that together have the area."""
    low, high = 0.0, float(np.sqrt(wanted / np.pi)) * 1.01
    radius = float((-thread.length + np.sqrt(thread.length**2 + np.pi * wanted)) / np.pi)
    shape = before
    for _ in range(30):
        shape = _joined(before, thread.buffer(radius, quad_segs=8))
        excess = shape.area - wanted
        if abs(excess) < 1e-3 * wanted:
            break
        low, high = (low, radius) if excess > 0 else (radius, high)
        radius -= excess / (2 * thread.length + 2 * np.pi * radius)
        if not low < radius < high:
            radius = (low + high) / 2
    return shape


def _candidates(stretches: list[Stretch], steps: _Steps) -> list[_Cells]:
    """Cells that may be covered, stretch by stretch, the cheapest first."""
    from lithoscope.methods.footprint_kernels import fill_costs

    found = []
    place = int(np.searchsorted(steps.reaches_m, steps.far_m))
    reaches = np.insert(steps.reaches_m, place, steps.far_m)
    areas = np.insert(steps.areas_m2, place, _SPARE * steps.area_m2)
    for each in stretches:
        use = each.chainage_m <= steps.reaches_m[-1]
        if not use.any():
            break
        rows, columns, cost, chainage = fill_costs(
            each.heights,
            each.rows[use],
            each.columns[use],
            each.level_m[use],
            each.chainage_m[use],
            each.width_m,
            each.height_m,
            rule("lateral_slope"),
            reaches,
            areas,
        )
        found.append(_Cells(each, rows, columns, chainage, cost))
    return found


def _steps(case: str, far_m: float, area_m2: float, dam_height_m: float) -> _Steps:
    """Steps of growth up to the first one beyond what is asked.

    They do not depend on the volume, only on the height of the dam: so footprints are nested.
    """
    reach_km, area = ladder()[case]
    reaches = reach_km * 1000 * (dam_height_m / LADDER_HEIGHT_M) ** HEIGHT_EXPONENT
    enough = (reaches >= far_m) & (area >= area_m2)
    last = int(np.argmax(enough)) if enough.any() else len(reaches) - 1
    return _Steps(reaches[: last + 1], area[: last + 1], far_m, area_m2)


def _grow(
    shape: shapely.Geometry, cells: list[_Cells], steps: _Steps, wanted: float, length: float, plane: Plane
) -> shapely.Geometry:
    """The shape and as many cells, in their order, as the area asks for."""
    from lithoscope.methods.footprint_kernels import growth_order

    missing = wanted - shape.area
    if missing <= 0 or not cells:
        return shape
    cost = np.concatenate([each.cost for each in cells])
    chainage = np.concatenate([each.chainage_m for each in cells])
    area = np.concatenate([np.full(len(each.rows), each.stretch.cell_m2) for each in cells])
    free = np.concatenate([_free_share(shape, each, plane) for each in cells])
    by_cost = np.argsort(cost, kind="stable")
    rank = np.empty(len(cost), np.int64)
    rank[by_cost] = growth_order(chainage[by_cost], area[by_cost], steps.reaches_m, steps.areas_m2)
    order = np.lexsort((cost, rank))
    order = order[chainage[order] <= length]
    chosen = np.zeros(len(cost), bool)
    chosen[order[: int(np.searchsorted(np.cumsum((area * free)[order]), missing)) + 1]] = True
    first, parts = 0, [shape]
    for each in cells:
        part = chosen[first : first + len(each.rows)]
        first += len(each.rows)
        if part.any():
            parts += _outline(each, part, plane)
    return shapely.union_all(parts)


def _free_share(shape: shapely.Geometry, cells: _Cells, plane: Plane) -> Floats:
    """Share of each cell that the shape leaves free."""
    row, column = int(cells.rows.min()), int(cells.columns.min())
    grid = cells.stretch.grid.part(
        row, column, int(cells.rows.max()) - row + 1, int(cells.columns.max()) - column + 1
    )
    on_terrain = shapely.transform(shape, plane.to_terrain, interleaved=False)
    shares = exposure.cell_shares(on_terrain, grid)
    return 1.0 - shares[cells.rows - row, cells.columns - column]


def _outline(cells: _Cells, chosen: npt.NDArray[np.bool_], plane: Plane) -> list[shapely.Geometry]:
    """The chosen cells as polygons in the metric CRS; two of them touch in corners at most."""
    from lithoscope.methods.footprint_kernels import outlines

    rows, columns = cells.rows[chosen], cells.columns[chosen]
    row, column = int(rows.min()) - 1, int(columns.min()) - 1
    mask = np.zeros((int(rows.max()) - row + 2, int(columns.max()) - column + 2), bool)
    mask[rows - row, columns - column] = True
    corners, ring, group = outlines(mask)
    grid = cells.stretch.grid
    places = np.column_stack(
        [
            grid.left + (corners[:, 0] + column) * grid.dx,
            grid.top - (corners[:, 1] + row) * grid.dy,
        ]
    )
    rings = shapely.linearrings(places, indices=ring)
    by_group = np.argsort(group, kind="stable")
    found = shapely.polygons(rings[by_group], indices=group[by_group])
    dense = shapely.segmentize(found, 10 * grid.dx)  # a long edge bends on another plane
    return list(shapely.transform(dense, plane.to_metric, interleaved=False))
