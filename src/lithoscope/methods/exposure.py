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

from lithoscope.domain.earth import EQUAL_AREA
from lithoscope.domain.grid import Grid

Floats = npt.NDArray[np.float64]
_AREA_NODES = 32
"""Where the scale of a projection is worked out, along each side of a window; between them it is even."""


def cell_shares(polygon: shapely.Geometry, grid: Grid) -> Floats:
    """Share (0 to 1) of each cell of the grid that the polygon covers; rows x columns.

    polygon: valid Polygon or MultiPolygon in the grid's CRS; what lies outside the grid is left out.
    """
    from lithoscope.methods.exposure_kernels import add_edges  # here: its compiled code takes time to load

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
    add_edges(shares, ends)
    clipped: Floats = np.clip(np.abs(shares[:, :-1]), 0.0, 1.0)
    return clipped


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
    at_row, at_column = _nodes(grid.rows), _nodes(grid.columns)
    columns, rows = np.meshgrid(at_column, at_row)
    around = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])[:, :, None, None]
    x, y = to_equal_area.transform(
        grid.left + (columns + around[:, 0]) * grid.dx, grid.top - (rows + around[:, 1]) * grid.dy
    )
    twice = (x[2] - x[0]) * (y[3] - y[1]) - (x[3] - x[1]) * (y[2] - y[0])
    across = [np.interp(np.arange(grid.columns) + 0.5, at_column, row) for row in np.abs(twice) / 2e6]
    up = np.interp(np.arange(grid.rows) + 0.5, at_row, np.arange(len(at_row)))
    low = np.minimum(up.astype(np.int64), len(at_row) - 2)
    share = (up - low)[:, None]
    table = np.array(across)
    return np.asarray(table[low] * (1 - share) + table[low + 1] * share)


def _nodes(count: int) -> Floats:
    """Places along an axis of cells between which areas are taken as even: their scale changes slowly."""
    return np.linspace(0.0, count, min(count, _AREA_NODES) + 1)


@dataclass(frozen=True)
class ZonalSum:
    """Sum over an area, and the share of the area that cells with a value cover.

    negative: the least value in the area, if that is below zero; NaN otherwise.
    """

    total: float
    covered_km2: float
    negative: float = float("nan")


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
    is_below = bool((cells < 0).any())
    below = np.where(cells < 0, cells, np.nan) if is_below else cells
    sums = []
    for polygon in polygons:
        shares = cell_shares(polygon, grid)
        least = np.fmin.reduce(below[shares > 0], initial=np.nan) if is_below else np.nan
        sums.append(ZonalSum(float((weighted * shares).sum()), float((covered * shares).sum()), float(least)))
    return sums
