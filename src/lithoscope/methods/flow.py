"""The way that water would take on a terrain: depressions filled, D8 directions, level water found.

Filling and directions are those of pyflwdir (Wang and Liu 2006, doi 10.1080/13658810500433453): every
cell that has a value drains to the edge of the terrain or of a gap in it.
"""

import numpy as np
import numpy.typing as npt

Heights = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


def directions(heights: Heights) -> tuple[Heights, npt.NDArray[np.uint8]]:
    """Filled heights and D8 directions; NaN is a gap, which drains what is beside it.

    heights: rows x columns [m]. Directions: 1 east, then clockwise in powers of two; 0 an outlet, 247 a gap.
    """
    from pyflwdir import dem  # here: its compiled code takes seconds to load

    filled, codes = dem.fill_depressions(np.ascontiguousarray(heights, np.float32), nodata=np.nan)
    return filled, codes


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

    heights: rows x columns [m]; rows, columns: the path. least_km2: smallest level area above the sea
    that counts; at or below `sea_level_m` 25 cells do. Level ground that the path starts on does not count.
    """
    from lithoscope.methods.footprint_kernels import level_cells

    z = heights[rows, columns]
    same = np.flatnonzero(z[1:] == z[:-1])
    home = z[0] if len(z) else np.nan
    checked: set[float] = {float(home)} if _is_level(heights, int(rows[0]), int(columns[0])) else set()
    for k in same + 1:
        r, c, level = int(rows[k]), int(columns[k]), float(z[k])
        if level in checked or not _is_level(heights, r, c):
            continue
        checked.add(level)
        limit = 25 if level <= sea_level_m else max(25, int(np.ceil(least_km2 / cell_km2)))
        if level_cells(heights, r, c, limit) >= limit:
            return int(np.argmax(z == level))
    return None


def _is_level(heights: Heights, row: int, column: int) -> bool:
    around = heights[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    return bool((around == heights[row, column]).all())
