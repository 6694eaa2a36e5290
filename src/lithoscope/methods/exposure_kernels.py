"""The area beside edges, cell by cell, compiled."""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True)
def add_edges(shares: Floats, ends: Floats) -> None:
    """Add to each cell the signed area that lies to the right of some edges; closed rings give its share.

    shares: rows x columns + 1, the last column a spare; ends: x0, y0, x1, y1 of each edge, in cells. What
    lies left of the grid is taken to its left side; what lies above or below it is left out.
    """
    rows, columns = shares.shape[0], shares.shape[1] - 1
    rest = np.zeros_like(shares)  # what a cell hands on to all cells to its right
    for e in range(len(ends)):
        x0, y0, x1, y1 = ends[e]
        if y0 == y1:
            continue
        lean = (x1 - x0) / (y1 - y0)
        first, last = int(np.floor(min(y0, y1))), int(np.floor(max(y0, y1)))
        for row in range(max(first, 0), min(last, rows - 1) + 1):
            start, end = min(max(y0, row), row + 1), min(max(y1, row), row + 1)
            if start == end:
                continue
            xs = x0 + (start - y0) * lean if start != y0 else x0
            xe = x0 + (end - y0) * lean if end != y1 else x1
            _add_in_row(shares, rest, row, columns, xs, xe, end - start)
    for row in range(rows):
        total = 0.0
        for column in range(columns + 1):
            total += rest[row, column]
            shares[row, column] += total


@njit(cache=True, nogil=True)
def _add_in_row(
    shares: Floats, rest: Floats, row: int, columns: int, xs: float, xe: float, drop: float
) -> None:
    """One edge inside one row, from xs to xe, that goes down by `drop`."""
    low, high = min(xs, xe), max(xs, xe)
    if high == low:  # upright: in one cell
        if low < columns:
            column = max(int(np.floor(low)), 0)
            shares[row, column] += drop * (column + 1 - max(low, 0.0))
            rest[row, column + 1] += drop
        return
    per_x = drop / (high - low)
    if low < 0.0:  # beside the grid, on its left
        shares[row, 0] += (min(high, 0.0) - low) * per_x
        rest[row, 1] += (min(high, 0.0) - low) * per_x
    x, high = max(low, 0.0), min(high, float(columns))
    while x < high:
        column = min(int(np.floor(x)), columns - 1)
        stop = min(high, column + 1.0)
        shares[row, column] += (stop - x) * per_x * (column + 1 - (x + stop) / 2)
        rest[row, column + 1] += (stop - x) * per_x
        x = stop
