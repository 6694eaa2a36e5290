"""Loops over terrain cells, compiled: the way down, level water, and the order in which a footprint grows.

Grids are 2D arrays of heights [m], NaN where there is none; directions are D8 codes
(1 east, 2 south-east, 4 south, 8 south-west, 16 west, 32 north-west, 64 north, 128 north-east, 0 outlet).
"""

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Heights = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]

_ROW_STEP = np.array([0, 1, 1, 1, 0, -1, -1, -1])
_COLUMN_STEP = np.array([1, 1, 0, -1, -1, -1, 0, 1])
OUTLET = 0
LEFT_WINDOW = 1
MAX_STEPS = 2
"""Why `descend` stopped: at an outlet or gap, at the margin of the window, after as many steps as allowed."""


@njit(cache=True)
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
        if code == 0 or code == 247:
            reason = OUTLET
            break
        bit = 0
        while code > 1:
            code >>= 1
            bit += 1
        row += _ROW_STEP[bit]
        column += _COLUMN_STEP[bit]
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


@njit(cache=True)
def steepest(filled: Heights, directions: Codes, width_m: Floats, height_m: float) -> None:
    """Turn each direction to the steepest way down; cells without one keep theirs, which leads out of flats.

    width_m: width of a cell in each row; height_m: height of a cell. Changes `directions` in place.
    """
    for r in range(filled.shape[0]):
        diagonal = np.sqrt(width_m[r] ** 2 + height_m**2)
        for c in range(filled.shape[1]):
            if directions[r, c] == 247:
                continue
            most = 0.0
            for k in range(8):
                nr, nc = r + _ROW_STEP[k], c + _COLUMN_STEP[k]
                if nr < 0 or nc < 0 or nr >= filled.shape[0] or nc >= filled.shape[1]:
                    continue
                drop = filled[r, c] - filled[nr, nc]
                if not drop > 0.0:
                    continue
                away = diagonal if k % 2 == 1 else (width_m[r] if k % 4 == 0 else height_m)
                if drop / away > most * (1.0 + 1e-9):
                    most = drop / away
                    directions[r, c] = 1 << k


@njit(cache=True)
def level_cells(heights: Heights, row: int, column: int, limit: int) -> int:
    """How many connected cells have exactly the height of a cell, counted up to a limit."""
    level = heights[row, column]
    seen = {(row, column)}
    stack = [(row, column)]
    while len(stack) > 0 and len(seen) < limit:
        r, c = stack.pop()
        for k in range(8):
            nr, nc = r + _ROW_STEP[k], c + _COLUMN_STEP[k]
            if nr < 0 or nc < 0 or nr >= heights.shape[0] or nc >= heights.shape[1]:
                continue
            if heights[nr, nc] == level and (nr, nc) not in seen:
                seen.add((nr, nc))
                stack.append((nr, nc))
    return len(seen)


@njit(cache=True)
def fill_costs(
    heights: Heights,
    rows: Integers,
    columns: Integers,
    levels: Floats,
    chainage: Floats,
    width_m: float,
    height_m: float,
    slope: float,
    reaches: Floats,
    areas: Floats,
) -> tuple[Integers, Integers, Floats, Floats]:
    """Cells beside a path in the order in which rising material would cover them.

    heights: the window. rows, columns: path cells; levels: height of the path there [m]; chainage: [m].
    width_m, height_m: size of a cell on the ground. slope: cost of distance [m/m].
    reaches, areas: ascending steps of reach [m] and area [m2]; filling goes on until, for every step, the
    cells that belong to the path up to its reach cover its area.
    Returns row, column, cost [m above the path, lateral slope included] and chainage [m] of each cell.
    """
    cell = width_m * height_m
    across = np.int64(heights.shape[1])
    best = {np.int64(-1): 0.0}  # cell -> least cost so far; negative once the cell is covered
    queue = [(0.0, 0.0, np.int64(0), np.int64(0)) for _ in range(0)]
    for k in range(len(rows)):
        key = np.int64(rows[k]) * across + np.int64(columns[k])
        if key not in best:
            best[key] = 0.0
            heapq.heappush(queue, (0.0, 0.0, key, np.int64(k)))
    out_row = [np.int64(0) for _ in range(0)]
    out_column = [np.int64(0) for _ in range(0)]
    out_cost = [0.0 for _ in range(0)]
    out_chainage = [0.0 for _ in range(0)]
    covered = np.zeros(len(reaches))
    while len(queue) > 0:
        cost, _, key, seed = heapq.heappop(queue)
        if best[key] < 0.0:
            continue
        best[key] = -1.0
        r, c = key // across, key % across
        out_row.append(r)
        out_column.append(c)
        out_cost.append(cost)
        out_chainage.append(chainage[seed])
        step = np.searchsorted(reaches, chainage[seed])
        if step < len(reaches):
            covered[step] += cell
        if len(out_row) % 64 == 0 and np.all(np.cumsum(covered) >= areas):
            break
        for k in range(8):
            nr, nc = r + _ROW_STEP[k], c + _COLUMN_STEP[k]
            if nr < 0 or nc < 0 or nr >= heights.shape[0] or nc >= heights.shape[1]:
                continue
            z = heights[nr, nc]
            if np.isnan(z):
                continue
            away = np.sqrt(((nr - rows[seed]) * height_m) ** 2 + ((nc - columns[seed]) * width_m) ** 2)
            new = max(cost, max(z - levels[seed], 0.0) + slope * away)
            after = nr * across + nc
            if after not in best or new < best[after]:
                best[after] = new
                heapq.heappush(queue, (new, away, after, seed))
    return np.array(out_row), np.array(out_column), np.array(out_cost), np.array(out_chainage)


@njit(cache=True)
def growth_order(chainage: Floats, cell_area: Floats, reaches: Floats, areas: Floats) -> Integers:
    """Position of each cell in the order of growth; cells that no step needs come after all others.

    Cells come the cheapest first; at each step those within its reach join until its area is covered.
    """
    rank = np.full(len(chainage), len(chainage), np.int64)
    taken, covered = 0, 0.0
    for step in range(len(reaches)):
        for k in range(len(chainage)):
            if covered >= areas[step]:
                break
            if rank[k] == len(chainage) and chainage[k] <= reaches[step]:
                rank[k] = taken
                taken += 1
                covered += cell_area[k]
    return rank
