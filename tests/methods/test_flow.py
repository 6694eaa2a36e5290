"""Filling and directions: counted by hand, equal to pyflwdir's, the same whichever way the grid is turned."""

import numpy as np
import pytest

from lithoscope.methods import flow
from lithoscope.methods.flow_kernels import COLUMN_STEP, GAP, ROW_STEP, fill

STEP = {1 << k: (int(ROW_STEP[k]), int(COLUMN_STEP[k])) for k in range(8)}


def grid_of(seed):
    """Rough ground: every second one in steps, so that it has level parts; every third one with gaps."""
    rng = np.random.default_rng(seed)
    cells = rng.normal(0, 1, rng.integers(1, 40, 2))
    cells = np.round(cells * 1.5) if seed % 2 else cells
    cells[rng.random(cells.shape) < (0.05 if seed % 3 == 0 else 0)] = np.nan
    return cells.astype(np.float32)


def directed(cells):
    return flow.directions(cells, np.full(len(cells), 30.0), 30.0)


def test_pit_in_a_3x3_bowl_by_hand():
    bowl = np.array([[9, 9, 9], [9, 1, 7], [9, 9, 9]], np.float32)
    filled, codes = directed(bowl)
    assert filled.tolist() == [[9, 9, 9], [9, 7, 7], [9, 9, 9]]
    assert codes[1, 1] == 1 and codes[1, 2] == 0, "east, over the lip, and out"


def test_gap_drains_what_lies_beside_it():
    cells = np.array([[9, 9, 9, 9, 9], [9, 5, np.nan, 5, 9], [9, 9, 9, 9, 9]], np.float32)
    filled, codes = directed(cells)
    assert np.array_equal(filled, cells, equal_nan=True)
    assert codes[1, 2] == GAP and codes[1, 1] == codes[1, 3] == 0


@pytest.mark.parametrize("seed", range(30))
def test_filled_heights_are_those_of_pyflwdir(seed):
    dem = pytest.importorskip("pyflwdir.dem", reason="pyflwdir, the peer of this test, is not installed")
    cells = grid_of(seed)
    theirs, _ = dem.fill_depressions(cells.copy(), nodata=np.nan)
    np.testing.assert_allclose(fill(cells), theirs, rtol=0, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("seed", range(12))
def test_every_cell_reaches_an_outlet_and_never_climbs(seed):
    filled, codes = directed(grid_of(seed))
    for start in zip(*np.nonzero(codes != GAP), strict=True):
        (row, column), steps = start, 0
        while codes[row, column]:
            down = STEP[codes[row, column]]
            after = row + down[0], column + down[1]
            assert filled[after] <= filled[row, column]
            (row, column), steps = after, steps + 1
            assert steps < codes.size, "a ring"


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_lake_drains_in_as_many_steps(turn):
    """Level ground leads to its nearest outlet; the order of rows and columns has no say."""
    lake = np.full((31, 31), 5.0, np.float32)
    lake[0] = lake[:, 0] = lake[:, -1] = lake[-1] = 9.0
    lake[-1, 15] = 4.0

    def steps(cells):
        _, codes = directed(np.ascontiguousarray(cells))
        found = np.zeros(codes.shape, int)
        for row, column in np.ndindex(codes.shape):
            r, c = row, column
            while codes[r, c]:
                r, c = r + STEP[codes[r, c]][0], c + STEP[codes[r, c]][1]
                found[row, column] += 1
        return found

    here, there = steps(lake), steps(np.rot90(lake, turn))
    assert np.array_equal(np.rot90(here, turn)[1:-1, 1:-1], there[1:-1, 1:-1])
    assert here[1, 15] == 29


def test_lake_at_the_end_of_the_terrain_drains_by_its_river():
    cells = np.full((7, 20), 5.0, np.float32)
    cells[3, 19] = 4.0
    _, codes = directed(cells)
    row, column = 3, 2
    while codes[row, column]:
        row, column = row + STEP[codes[row, column]][0], column + STEP[codes[row, column]][1]
    assert (row, column) == (3, 19)
