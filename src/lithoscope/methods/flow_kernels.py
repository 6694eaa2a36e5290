"""Loops over terrain cells, compiled: depressions filled, directions, the way down, level water.

Grids are 2D arrays of heights [m], NaN where there is none; directions are D8 codes
(1 east, 2 south-east, 4 south, 8 south-west, 16 west, 32 north-west, 64 north, 128 north-east, 0 outlet,
247 gap, 255 where given directions end). All release the interpreter's lock, so that several threads may
run them.
"""

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from lithoscope.methods.flow import GAP, OUTLET, SINK

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Heights = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Cells = list[tuple[np.int32, np.int32]]

ROW_STEP = np.array([0, 1, 1, 1, 0, -1, -1, -1])
COLUMN_STEP = np.array([1, 1, 0, -1, -1, -1, 0, 1])
_NEAREST_FIRST = np.array([0, 2, 4, 6, 1, 3, 5, 7])
LEFT_WINDOW = 1
MAX_STEPS = 2
"""Why `descend` stopped: at an outlet or gap, at the margin of the window, after as many steps as allowed."""
_OPEN = 255  # no direction yet


@njit(cache=True, nogil=True)
def fill(heights: Heights) -> Heights:
    """Heights with every depression filled to its lowest way out; gaps stay.

    The edge of the grid and the cells beside a gap are outlets. A priority flood in which only cells that
    may spill into lower ground wait in the queue; what lies upslope of a drained cell is drained at once
    (Barnes et al. 2014, doi 10.1016/j.cageo.2013.04.024; Zhou et al. 2016, doi 10.1016/j.cageo.2016.02.021).
    """
    rows, columns = heights.shape
    filled = heights.copy()
    done = np.zeros((rows, columns), np.bool_)
    waiting = [(np.float32(0), np.int32(0), np.int32(0)) for _ in range(0)]
    for r in range(rows):
        for c in range(columns):
            if np.isnan(heights[r, c]):
                done[r, c] = True
            elif is_outlet(heights, r, c):
                done[r, c] = True
                waiting.append((heights[r, c], np.int32(r), np.int32(c)))
    heapq.heapify(waiting)
    reached = np.empty((4096, 2), np.int32)
    while len(waiting) > 0:
        lowest, row, column = heapq.heappop(waiting)
        reached[0, 0], reached[0, 1] = row, column
        first, count = 0, 1
        while first < count:
            r, c = reached[first]
            first += 1
            level = filled[r, c]
            for k in range(8):
                nr, nc = r + ROW_STEP[k], c + COLUMN_STEP[k]
                if nr < 0 or nc < 0 or nr >= rows or nc >= columns or done[nr, nc]:
                    continue
                if heights[nr, nc] < level:
                    if level > lowest:
                        heapq.heappush(waiting, (level, np.int32(r), np.int32(c)))
                        break
                    filled[nr, nc] = level
                done[nr, nc] = True
                if count == len(reached):
                    reached = np.concatenate((reached, np.empty((count, 2), np.int32)))
                reached[count, 0], reached[count, 1] = nr, nc
                count += 1
    return filled


@njit(cache=True, nogil=True)
def is_outlet(heights: Heights, row: int, column: int) -> bool:
    """Whether a cell lies at the edge of the grid or beside a gap."""
    rows, columns = heights.shape
    if row == 0 or column == 0 or row == rows - 1 or column == columns - 1:
        return True
    for k in range(8):  # noqa: SIM110  a generator is not compiled
        if np.isnan(heights[row + ROW_STEP[k], column + COLUMN_STEP[k]]):
            return True
    return False


@njit(cache=True, nogil=True)
def steepest(filled: Heights, width_m: Floats, height_m: float) -> Codes:
    """Direction of the steepest way down of each cell; level cells take the fewest steps to their outlet.

    filled: without depressions. width_m: width of a cell in each row; height_m: height of a cell. [m]
    """
    rows, columns = filled.shape
    codes = np.empty((rows, columns), np.uint8)
    for r in range(rows):
        diagonal = np.sqrt(width_m[r] ** 2 + height_m**2)
        per_m = (1 / width_m[r], 1 / diagonal, 1 / height_m)
        for c in range(columns):
            here = filled[r, c]
            if np.isnan(here):
                codes[r, c] = GAP
                continue
            most, code = 0.0, _OPEN
            for k in range(8):
                nr, nc = r + ROW_STEP[k], c + COLUMN_STEP[k]
                if nr < 0 or nc < 0 or nr >= rows or nc >= columns:
                    continue
                slope = (here - filled[nr, nc]) * per_m[1 if k % 2 == 1 else (0 if k % 4 == 0 else 2)]
                if slope > most * (1.0 + 1e-9):
                    most, code = slope, 1 << k
            codes[r, c] = OUTLET if code == _OPEN and is_outlet(filled, r, c) else code
    _out_of_level_ground(filled, codes)
    return codes


@njit(cache=True, nogil=True)
def _out_of_level_ground(filled: Heights, codes: Codes) -> None:
    """Give level cells their direction, from the outlets inwards, ring by ring; nearest neighbours first.

    A way down comes before the end of the terrain: a lake at the grid's edge drains by its river.
    """
    rows, columns = filled.shape
    for is_end in (False, True):
        ring = [(np.int32(0), np.int32(0)) for _ in range(0)]
        for r in range(rows):
            for c in range(columns):
                code = codes[r, c]
                is_source = code != _OPEN and code != GAP and (code == OUTLET) == is_end
                if is_source and _leads_on(filled, codes, r, c):
                    ring.append((np.int32(r), np.int32(c)))
        while len(ring) > 0:
            ring = _next_ring(filled, codes, ring)


@njit(cache=True, nogil=True)
def _next_ring(filled: Heights, codes: Codes, ring: Cells) -> Cells:
    """Level cells beside a ring that have no direction yet, now led to it."""
    after = [(np.int32(0), np.int32(0)) for _ in range(0)]
    for first, last in ((0, 4), (4, 8)):
        for r, c in ring:
            for turn in range(first, last):
                k = _NEAREST_FIRST[turn]
                nr, nc = r + ROW_STEP[k], c + COLUMN_STEP[k]
                if nr < 0 or nc < 0 or nr >= filled.shape[0] or nc >= filled.shape[1]:
                    continue
                if codes[nr, nc] == _OPEN and filled[nr, nc] == filled[r, c]:
                    codes[nr, nc] = 1 << ((k + 4) % 8)
                    after.append((np.int32(nr), np.int32(nc)))
    return after


@njit(cache=True, nogil=True)
def _leads_on(filled: Heights, codes: Codes, row: int, column: int) -> bool:
    """Whether a cell has a neighbour of its own height that has no direction yet."""
    for k in range(8):
        r, c = row + ROW_STEP[k], column + COLUMN_STEP[k]
        if r < 0 or c < 0 or r >= filled.shape[0] or c >= filled.shape[1]:
            continue
        if codes[r, c] == _OPEN and filled[r, c] == filled[row, column]:
            return True
    return False


@njit(cache=True, nogil=True)
def kept_inside(given: Codes, heights: Heights) -> Codes:
    """Given directions, with an outlet where they would leave the grid or enter a gap of the heights.

    Where they end themselves (0 or 255) the code is SINK; GAP where they or the heights have no value.
    """
    rows, columns = given.shape
    codes = given.copy()
    for r in range(rows):
        for c in range(columns):
            code = given[r, c]
            if np.isnan(heights[r, c]) or code == GAP:
                codes[r, c] = GAP
                continue
            if code == OUTLET or code > GAP:
                codes[r, c] = SINK
                continue
            bit = 0
            while code > 1:
                code >>= 1
                bit += 1
            nr, nc = r + ROW_STEP[bit], c + COLUMN_STEP[bit]
            if nr < 0 or nc < 0 or nr >= rows or nc >= columns or np.isnan(heights[nr, nc]):
                codes[r, c] = OUTLET
    return codes


@njit(cache=True, nogil=True)
def descend(
    directions: Codes,
    row: Any,
    column: Any,
    margin_low_row: int,
    margin_high_row: int,
    margin_low_column: int,
    margin_high_column: int,
    steps: int,
) -> tuple[Integers, Integers, int]:
    """Rows and columns of the way down from a cell (the cell itself first), and why it stopped.

    The way stops before it would leave rows margin_low_row..margin_high_row - 1 and columns alike.
    """
    rows = np.empty(steps + 1, np.int64)
    columns = np.empty(steps + 1, np.int64)
    rows[0], columns[0] = row, column
    count = 1
    reason = MAX_STEPS
    while count <= steps:
        code = directions[row, column]
        if code == OUTLET or code >= GAP:
            reason = OUTLET
            break
        bit = 0
        while code > 1:
            code >>= 1
            bit += 1
        row += ROW_STEP[bit]
        column += COLUMN_STEP[bit]
        rows[count], columns[count] = row, column
        count += 1
        if (
            row < margin_low_row
            or row >= margin_high_row
            or column < margin_low_column
            or column >= margin_high_column
        ):
            reason = LEFT_WINDOW
            break
    return rows[:count], columns[:count], reason


@njit(cache=True, nogil=True)
def level_cells(heights: Heights, row: int, column: int, limit: int) -> int:
    """How many connected cells have exactly the height of a cell, counted up to a limit."""
    level = heights[row, column]
    seen = {(row, column)}
    stack = [(row, column)]
    while len(stack) > 0 and len(seen) < limit:
        r, c = stack.pop()
        for k in range(8):
            nr, nc = r + ROW_STEP[k], c + COLUMN_STEP[k]
            if nr < 0 or nc < 0 or nr >= heights.shape[0] or nc >= heights.shape[1]:
                continue
            if heights[nr, nc] == level and (nr, nc) not in seen:
                seen.add((nr, nc))
                stack.append((nr, nc))
    return len(seen)
