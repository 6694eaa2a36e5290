"""Loops over terrain cells, compiled: the order in which a footprint grows, and the outlines of its cells."""

import heapq

import numpy as np
import numpy.typing as npt
from numba import njit

from lithoscope.methods.flow_kernels import COLUMN_STEP, ROW_STEP

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Heights = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True)
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
            nr, nc = r + ROW_STEP[k], c + COLUMN_STEP[k]
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def outlines(mask: Mask) -> tuple[Integers, Integers, Integers]:
    """Rings around the cells of a mask that share edges.

    mask: rows x columns, with an empty margin of one cell. Returns corners (column, row; turns only, the
    first one again at the end), the ring of each corner, and the group of cells of each ring: the first
    ring of a group is its outside, the others are holes.
    """
    labels = _labels(mask)
    seen = np.zeros(mask.shape, np.bool_)
    corners = [(np.int64(0), np.int64(0)) for _ in range(0)]
    ring = [np.int64(0) for _ in range(0)]
    group = [np.int64(0) for _ in range(0)]
    ahead = ((0, 1), (1, 0), (0, -1), (-1, 0))  # along the upper, right, lower, left side of a cell
    ends = ((0, 1), (1, 1), (1, 0), (0, 0))
    for start in range(mask.size):
        r, c = start // mask.shape[1], start % mask.shape[1]
        if not mask[r, c] or mask[r - 1, c] or seen[r, c]:
            continue
        number, first, side = len(group), len(corners), 0
        while not (side == 0 and seen[r, c]):
            if side == 0:
                seen[r, c] = True
            nr, nc = r + ahead[side][0], c + ahead[side][1]
            outer = ahead[(side + 3) % 4]
            if not mask[nr, nc]:
                corners.append((np.int64(c + ends[side][1]), np.int64(r + ends[side][0])))
                side = (side + 1) % 4
            elif mask[nr + outer[0], nc + outer[1]]:
                corners.append((np.int64(c + ends[side][1]), np.int64(r + ends[side][0])))
                r, c, side = nr + outer[0], nc + outer[1], (side + 3) % 4
            else:
                r, c = nr, nc
        corners.append(corners[first])
        ring.extend([np.int64(number)] * (len(corners) - first))
        group.append(labels[start // mask.shape[1], start % mask.shape[1]])
    return np.array(corners), np.array(ring), np.array(group)


@njit(cache=True, nogil=True)
def _labels(mask: Mask) -> Integers:
    """Number of the group of each cell, from 0; cells that share an edge are of one group."""
    labels = np.full(mask.shape, -1, np.int64)
    count = 0
    stack = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for row in range(mask.shape[0]):
        for column in range(mask.shape[1]):
            if not mask[row, column] or labels[row, column] >= 0:
                continue
            labels[row, column] = count
            stack.append((np.int64(row), np.int64(column)))
            while len(stack) > 0:
                r, c = stack.pop()
                for k in range(0, 8, 2):
                    nr, nc = r + ROW_STEP[k], c + COLUMN_STEP[k]
                    if mask[nr, nc] and labels[nr, nc] < 0:
                        labels[nr, nc] = count
                        stack.append((nr, nc))
            count += 1
    return labels
