"""The way that water would take on a terrain: depressions filled, D8 directions, level water found.

Every cell that has a value drains to the edge of the terrain or of a gap in it. Filled heights are those
of pyflwdir's filling (Wang and Liu 2006, doi 10.1080/13658810500433453), which the tests compare; ours takes
half of its time, and leads level ground to its nearest outlet whichever way the grid is turned.
"""

import numpy as np
import numpy.typing as npt

Heights = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
OUTLET, GAP, SINK = 0, 247, 255
"""Codes of directions that lead nowhere: out of the terrain, no value, the end of given ones."""


def directions(
    heights: Heights, width_m: npt.NDArray[np.float64], height_m: float
) -> tuple[Heights, npt.NDArray[np.uint8]]:
    """Filled heights and D8 directions; NaN is a gap, which drains what is beside it.

    heights: rows x columns [m]; width_m: width of a cell in each row, height_m: its height. [m]
    Water takes the steepest of eight ways down; on level or filled ground, the way to its outlet.
    Directions: 1 east, then clockwise in powers of two; 0 an outlet, 247 a gap.
    """
    from lithoscope.methods import flow_kernels  # here: its compiled code takes seconds to load

    filled = flow_kernels.fill(np.ascontiguousarray(heights, np.float32))
    codes = flow_kernels.steepest(filled, width_m, height_m)
    return filled, codes


def given_directions(heights: Heights, given: npt.NDArray[np.uint8]) -> tuple[Heights, npt.NDArray[np.uint8]]:
    """Filled heights, and directions that were published for the same cells.

    heights: rows x columns [m], NaN a gap; given: D8 codes on the same cells, 247 where there is none.
    Directions: as `directions` has them, 0 where they lead out of the terrain; 255 where they end.
    """
    from lithoscope.methods import flow_kernels

    heights = np.ascontiguousarray(heights, np.float32)
    return flow_kernels.fill(heights), flow_kernels.kept_inside(given, heights)


def level_water(
    heights: Heights,
    rows: Indices,
    columns: Indices,
    *,
    cell_km2: float,
    least_km2: float,
    sea_level_m: float,
) -> int | None:
    """Position along a path where it enters water that the terrain shows as level, or None.

    heights: rows x columns [m]; rows, columns: the path. least_km2: smallest level area that counts, of
    100 cells or more; at or below `sea_level_m` 25 cells do. Where the path starts on level ground, that
    ground is not water.
    """
    from lithoscope.methods.flow_kernels import level_cells

    z = heights[rows, columns]
    starts = np.flatnonzero(z[1:] != z[:-1]) + 1
    lengths = np.diff(starts, append=len(z))
    for k, length in zip(starts, lengths, strict=True):
        is_low = z[k] <= sea_level_m
        if length < 2 and not is_low:
            continue
        limit = 25 if is_low else max(100, int(np.ceil(least_km2 / cell_km2)))
        if level_cells(heights, int(rows[k]), int(columns[k]), limit) >= limit:
            return int(k)
    return None
