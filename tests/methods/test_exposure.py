"""Cell shares counted by hand, and conservation of area and people."""

import numpy as np
import pytest
import shapely

from lithoscope.domain.grid import Grid
from lithoscope.methods import exposure

METRIC = "EPSG:32632"
GRID = Grid(0, 3, 1, 1, 3, 3, METRIC)


def test_shares_of_a_3x3_grid_counted_by_hand():
    square = shapely.box(0.5, 0.5, 2.5, 2.0)
    assert exposure.cell_shares(square, GRID).tolist() == [
        [0.0, 0.0, 0.0],
        [0.5, 1.0, 0.5],
        [0.25, 0.5, 0.25],
    ]


def test_triangle_and_hole_by_hand():
    triangle = shapely.Polygon([(0, 0), (1, 0), (0, 1)])
    assert exposure.cell_shares(triangle, GRID)[2, 0] == pytest.approx(0.5)
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    shares = exposure.cell_shares(ring, GRID)
    assert shares[1, 1] == pytest.approx(0.0) and shares.sum() == pytest.approx(8.0)


def test_what_lies_outside_is_left_out():
    around = shapely.box(-5, -5, 8, 8)
    assert exposure.cell_shares(around, GRID).tolist() == np.ones((3, 3)).tolist()
    assert exposure.cell_shares(shapely.box(10, 10, 11, 11), GRID).sum() == 0
    assert exposure.cell_shares(shapely.Polygon(), GRID).sum() == 0


@pytest.mark.parametrize("seed", range(25))
def test_shares_equal_those_of_cutting_each_cell(seed):
    rng = np.random.default_rng(seed)
    shape = shapely.MultiPoint(rng.uniform(-4, 15, (7, 2))).convex_hull
    shape = shape - shapely.Point(5, 5).buffer(2) if seed % 2 else shape | shapely.Point(9, 2).buffer(1.3)
    grid = Grid(0, 10, 1.0, 0.5, 20, 12, METRIC)
    cut = [
        [
            shapely.intersection(shapely.box(c, 10 - r / 2 - 0.5, c + 1, 10 - r / 2), shape).area * 2
            for c in range(12)
        ]
        for r in range(20)
    ]
    assert np.abs(exposure.cell_shares(shape, grid) - np.array(cut)).max() < 1e-9


def test_cell_areas_of_degrees_are_those_of_the_ellipsoid():
    from pyproj import Geod

    areas = exposure.cell_areas_km2(Grid(8.0, 48.0, 1 / 120, 1 / 120, 240, 3, "EPSG:4326"))
    expected = abs(
        Geod(ellps="WGS84").geometry_area_perimeter(shapely.box(8.0, 48 - 1 / 120, 8 + 1 / 120, 48))[0]
    )
    assert areas[0, 0] * 1e6 == pytest.approx(expected, rel=1e-4)
    assert (np.diff(areas[:, 0]) > 0).all()  # cells widen towards the equator


def test_density_and_count_give_the_same_people_and_gaps_count_as_not_covered():
    grid = Grid(500_000, 5_200_000, 100, 100, 10, 10, METRIC)
    areas = exposure.cell_areas_km2(grid)
    density = np.full((10, 10), 50, np.float32)
    counts = (density * areas).astype(np.float32)
    shape = shapely.Point(500_480, 5_199_510).buffer(333)
    (a,) = exposure.zonal_sums([shape], density, grid, is_density=True)
    (b,) = exposure.zonal_sums([shape], counts, grid, is_density=False)
    assert a.total == pytest.approx(b.total, rel=1e-6)
    assert a.total == pytest.approx(50 * a.covered_km2, rel=1e-6)
    density[:5] = np.nan
    (half,) = exposure.zonal_sums([shape], density, grid, is_density=True)
    assert half.total == pytest.approx(50 * half.covered_km2) and half.covered_km2 < a.covered_km2


@pytest.mark.parametrize("crs", ["EPSG:32632", "EPSG:3035", "EPSG:3413"])
def test_cell_areas_of_a_wide_metric_grid_are_those_of_each_cell(crs):
    """Areas are worked out at some places and evened between them: as good as cell by cell."""
    left, top = {"EPSG:32632": (2e5, 6e6), "EPSG:3035": (4e6, 3e6), "EPSG:3413": (1e6, -1e6)}[crs]
    grid = Grid(left, top, 1000, 1000, 500, 600, crs)
    areas = exposure.cell_areas_km2(grid)
    assert areas.shape == (500, 600)
    for row, column in ((0, 0), (250, 333), (499, 599), (7, 411)):
        one = exposure.cell_areas_km2(grid.part(row, column, 1, 1))
        assert areas[row, column] == pytest.approx(one[0, 0], rel=2e-5)


def test_the_least_negative_value_of_an_area_is_told_and_counts_as_a_gap():
    grid = Grid(0, 3, 1, 1, 3, 3, "EPSG:3857")
    cells = np.array([[1, 1, -5], [1, -2, 1], [1, 1, 1]], np.float32)
    middle, corner = shapely.box(0.5, 0.5, 2, 2), shapely.box(0, 0, 1, 1)
    found = exposure.zonal_sums([middle, corner, shapely.box(0, 0, 3, 3)], cells, grid, is_density=False)
    assert found[0].negative == -2 and found[2].negative == -5 and np.isnan(found[1].negative)
    assert found[0].total == pytest.approx(0.25 + 0.5 + 0.5) and found[2].total == pytest.approx(7)
