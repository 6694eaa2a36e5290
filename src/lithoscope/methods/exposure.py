"""What lies inside an area: exact shares of grid cells, and the sums that follow from them.

The share of each cell that a polygon covers is found by the signed areas under its edges, cell by cell,
so that it is exact and costs as much as the outline is long, not as much as the polygon holds cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from lithoscope.domain.grid import Grid

Floats = npt.NDArray[np.float64]
EQUAL_AREA = "EPSG:6933"


def cell_shares(polygon: shapely.Geometry, grid: Grid) -> Floats:
    """Share (0 to 1) of each cell of the grid that the polygon covers; rows x columns.

    polygon: valid Polygon or MultiPolygon in the grid's CRS; what lies outside the grid is left out.
    """
    shares = np.zeros((grid.rows, grid.columns + 1))
    oriented = shapely.orient_polygons(polygon)
    rings = shapely.get_rings(shapely.get_parts(oriented))
    if not len(rings):
        return shares[:, :-1]
    points, ring = shapely.get_coordinates(rings, return_index=True)
    x = (points[:, 0] - grid.left) / grid.dx
    y = (grid.top - points[:, 1]) / grid.dy
    same = ring[1:] == ring[:-1]
    ends = np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=1)[same]
    _add_edges(shares, ends)
    clipped: Floats = np.clip(np.abs(shares[:, :-1]), 0.0, 1.0)
    return clipped


def _add_edges(shares: Floats, ends: Floats) -> None:
    """Turn edges (x0, y0, x1, y1 in cells) into the area to their right, cell by cell."""
    rows, columns = shares.shape[0], shares.shape[1] - 1
    x0, y0, x1, y1 = _cut(ends, 1).T
    row = np.floor((y0 + y1) / 2).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (y0 != y1)
    clipped = np.stack([x0, y0, x1, y1], axis=1)[inside]
    x0, y0, x1, y1 = _cut(clipped, 0).T
    row = np.clip(np.floor((y0 + y1) / 2), 0, rows - 1).astype(np.int64)
    middle = np.clip((x0 + x1) / 2, 0, columns)
    column = np.minimum(np.floor(middle), columns - 1).astype(np.int64)
    drop = y1 - y0
    here = np.zeros_like(shares)
    after = np.zeros_like(shares)
    np.add.at(here, (row, column), drop * (column + 1 - middle))
    np.add.at(after, (row, column + 1), drop)
    shares += here + np.cumsum(after, axis=1)


def _cut(ends: Floats, axis: int) -> Floats:
    """The edges, cut wherever they cross a whole number of x (axis 0) or y (axis 1)."""
    a, b = ends[:, axis], ends[:, axis + 2]
    low, high = np.minimum(a, b), np.maximum(a, b)
    crossings = np.maximum(np.ceil(high) - np.floor(low) - 1, 0).astype(np.int64)
    edge = np.repeat(np.arange(len(ends)), crossings + 2)
    first = np.cumsum(crossings + 2) - (crossings + 2)
    position = np.arange(len(edge)) - first[edge]
    line = np.floor(low)[edge] + position
    span = np.where(high > low, high - low, 1.0)[edge]
    share = np.clip((line - low[edge]) / span, 0.0, 1.0)
    share[position == 0] = 0.0
    share[position == crossings[edge] + 1] = 1.0
    share = np.where((a > b)[edge], 1.0 - share, share)
    x = ends[edge, 0] + share * (ends[edge, 2] - ends[edge, 0])
    y = ends[edge, 1] + share * (ends[edge, 3] - ends[edge, 1])
    joined = edge[1:] == edge[:-1]
    pieces = np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=1)[joined]
    backwards = (a > b)[edge[:-1]][joined]
    pieces[backwards] = pieces[backwards][:, [2, 3, 0, 1]]
    return np.asarray(pieces, dtype=np.float64)


@lru_cache(maxsize=16)
def _to_equal_area(crs: str) -> tuple[Transformer, bool]:
    """From a CRS to an equal-area one, and whether it counts in degrees."""
    change = Transformer.from_crs(crs, EQUAL_AREA, always_xy=True)
    return change, bool(change.source_crs is not None and change.source_crs.is_geographic)


def cell_areas_km2(grid: Grid) -> Floats:
    """Area of the cells on the ground, rows x 1 for degrees, rows x columns otherwise. [km2]"""
    to_equal_area, is_geographic = _to_equal_area(grid.crs)
    if is_geographic:
        edges = grid.top - np.arange(grid.rows + 1) * grid.dy
        x, y = to_equal_area.transform(
            np.stack([np.zeros_like(edges), np.full_like(edges, grid.dx)]), np.stack([edges, edges])
        )
        return np.asarray(((x[1] - x[0])[:-1] * (y[0][:-1] - y[0][1:]))[:, None] / 1e6)
    columns, rows = np.meshgrid(np.arange(grid.columns + 1), np.arange(grid.rows + 1))
    x, y = to_equal_area.transform(grid.left + columns * grid.dx, grid.top - rows * grid.dy)
    diagonal_1 = np.stack([x[1:, 1:] - x[:-1, :-1], y[1:, 1:] - y[:-1, :-1]])
    diagonal_2 = np.stack([x[:-1, 1:] - x[1:, :-1], y[:-1, 1:] - y[1:, :-1]])
    return np.asarray(np.abs(diagonal_1[0] * diagonal_2[1] - diagonal_1[1] * diagonal_2[0]) / 2 / 1e6)


@dataclass(frozen=True)
class ZonalSum:
    """Sum over an area, and the share of the area that cells with a value cover."""

    total: float
    covered_km2: float


def zonal_sums(
    polygons: Sequence[shapely.Geometry], cells: npt.NDArray[np.float32], grid: Grid, *, is_density: bool
) -> list[ZonalSum]:
    """Sums of cell values over polygons by exact cell shares; one for each polygon.

    cells: rows x columns, counts per cell, or per km2 if `is_density`; NaN where there is no value:
    such cells add nothing and are not covered. Negative values count as no value.
    """
    areas = cell_areas_km2(grid)
    known = np.isfinite(cells) & (cells >= 0)
    values = np.where(known, cells, 0.0).astype(np.float64)
    weighted = values * areas if is_density else values
    covered = areas * known
    sums = []
    for polygon in polygons:
        shares = cell_shares(polygon, grid)
        sums.append(ZonalSum(float((weighted * shares).sum()), float((covered * shares).sum())))
    return sums


def zonal_sum(
    polygon: shapely.Geometry, cells: npt.NDArray[np.float32], grid: Grid, *, is_density: bool
) -> ZonalSum:
    """Sum of cell values over one polygon; see `zonal_sums`."""
    return zonal_sums([polygon], cells, grid, is_density=is_density)[0]
