"""Paths, footprints and people on terrains that can be followed by eye."""

import numpy as np
import pytest
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.methods.runout_ensemble import CASES
from lithoscope.pipelines.downstream import Dam, assess
from lithoscope.pipelines.downstream_output import document
from lithoscope.pipelines.downstream_output import write as write_answer
from lithoscope.pipelines.downstream_terrain import Terrain, path_from, transformer
from lithoscope.sources.rasters import open_population, open_terrain
from terrains import CELL, METRIC, NODATA, indices, place, plane, valley, write

MIDDLE, START = 60, 10


def terrain_of(tmp_path, cells, name="dem", **options):
    return Terrain(open_terrain(write(tmp_path / f"{name}.tif", cells, **options)))


def people_of(tmp_path, shape=(121, 400), density=100.0, **options):
    cells = np.full(shape, density, np.float32)
    return open_population(write(tmp_path / "people.tif", cells, **options), unit="persons_per_km2")


def dam(volume=3e5, height=12.0, row=MIDDLE, column=START):
    return Dam(*place(row, column), height, volume)


def cells_of(path, terrain):
    x, y = transformer("EPSG:4326", METRIC).transform(path.lon, path.lat)
    grid = terrain.raster.grid
    return np.floor((grid.top - np.array(y)) / CELL).astype(int), np.floor(
        (np.array(x) - grid.left) / CELL
    ).astype(int)


def test_plane_path_runs_straight_down_and_counts_every_cell(tmp_path):
    terrain = terrain_of(tmp_path, plane())
    rows, columns = cells_of(path := path_from(terrain, *place(MIDDLE, START), 3000.0), terrain)
    assert (rows == MIDDLE).all()
    assert columns.tolist() == list(range(START, START + len(columns)))
    assert path.ended == "length" and path.length_m == pytest.approx(3000, abs=2 * CELL)
    assert np.diff(path.chainage_m) == pytest.approx(CELL, rel=1e-3)


def test_valley_path_goes_to_the_bottom_and_follows_it(tmp_path):
    terrain = terrain_of(tmp_path, valley())
    rows, columns = cells_of(path_from(terrain, *place(MIDDLE - 20, START), 4000.0), terrain)
    assert rows[0] == MIDDLE - 20
    assert (rows[columns > START + 25] == MIDDLE).all()
    assert (np.diff(columns) >= 0).all()


def test_pit_is_filled_and_the_path_leaves_it_at_its_lowest_lip(tmp_path):
    cells = valley()
    cells[MIDDLE - 5 : MIDDLE + 6, 60:80] -= 40
    terrain = terrain_of(tmp_path, cells)
    path = path_from(terrain, *place(MIDDLE, START), 20_000.0)
    _, columns = cells_of(path, terrain)
    assert columns[-1] == 399 and path.ended == "terrain"
    assert (np.diff(path.level_m) <= 1e-3).all(), "the filled profile never rises"
    assert (path.height_m < path.level_m - 1).any(), "the pit itself is kept in the terrain"


def test_saddle_drains_to_its_own_side(tmp_path):
    r, c = indices()
    terrain = terrain_of(tmp_path, 900 - 0.5 * abs(c - 200) + 0.4 * abs(r - MIDDLE))
    _, west = cells_of(path_from(terrain, *place(MIDDLE, 190), 2000.0), terrain)
    _, east = cells_of(path_from(terrain, *place(MIDDLE, 210), 2000.0), terrain)
    assert west[-1] < 190 and east[-1] > 210


def test_flat_ground_still_has_a_path_and_is_no_lake_where_the_dam_stands_on_it(tmp_path):
    """All ways are as level: the path takes the shortest one off the terrain."""
    result = assess(dam(), terrain_of(tmp_path, np.full((121, 400), 100.0)))
    assert result.path.length_m == pytest.approx(START * CELL, rel=1e-3)
    assert "outside_dem" in result.flags
    assert "reached_lake" not in result.flags and "reached_sea" not in result.flags


def test_nodata_across_the_valley_stops_the_path(tmp_path):
    cells = valley()
    cells[:, 120:130] = NODATA
    result = assess(dam(2e6), terrain_of(tmp_path, cells))
    assert "outside_dem" in result.flags
    assert result.path.length_m <= (120 - START) * CELL


@pytest.mark.parametrize("sea", [0.0, NODATA])
def test_sea_stops_the_path_and_says_so(tmp_path, sea):
    cells = valley() - 880 + 50
    cells[:, 100:] = sea
    cells[:, :100] = np.maximum(cells[:, :100] - 25, 1.0)
    result = assess(dam(2e6), terrain_of(tmp_path, cells))
    assert "reached_sea" in result.flags and "outside_dem" not in result.flags
    assert result.footprints["high"].reach_km == pytest.approx((100 - START) * CELL / 1000, abs=0.07)


def test_lake_stops_the_deposit_and_the_river_goes_on(tmp_path):
    cells = valley()
    cells[:, 120:320] = cells[MIDDLE, 320]
    result = assess(dam(2e6), terrain_of(tmp_path, cells))
    assert "reached_lake" in result.flags
    assert result.footprints["high"].reach_km == pytest.approx((120 - START) * CELL / 1000, abs=0.1)
    assert result.path.length_m > (320 - START) * CELL


def test_footprints_meet_their_area_and_are_nested(tmp_path):
    for name, cells in (("plane", plane()), ("valley", valley())):
        result = assess(dam(), terrain_of(tmp_path, cells, name))
        for case in CASES:
            drawn = result.footprints[case]
            assert drawn.area_km2 == pytest.approx(
                result.reach.area_m2.at(case) / 1e6, abs=1.5 * CELL**2 / 1e6
            )
        metric = [result.footprints[case].shape for case in CASES]
        assert metric[1].buffer(0.01).covers(metric[0]) and metric[2].buffer(0.01).covers(metric[1])
        assert "area_not_met" not in result.flags


def test_footprint_is_wide_where_the_valley_is_wide(tmp_path):
    r, c = indices()
    side = np.where((c > 30) & (c < 50), 0.3, 6.0)
    terrain = terrain_of(tmp_path, 900 - 0.5 * c + side * abs(r - MIDDLE))
    result = assess(dam(2e6, 15.0), terrain)
    shape = shapely.transform(
        result.shapes["best"], transformer("EPSG:4326", METRIC).transform, interleaved=False
    )
    width = [
        shapely.intersection(shape, shapely.LineString([(x, 5.2e6), (x, 5.26e6)])).length
        for x in (500_000 + 40 * CELL, 500_000 + 22 * CELL)
    ]
    assert width[0] > 2 * width[1] > 0


def test_people_are_the_density_times_the_area(tmp_path):
    people = people_of(tmp_path)
    for volume in (3e4, 3e5):
        result = assess(dam(volume), terrain_of(tmp_path, valley()), people)
        for case in CASES:
            assert result.people[case].persons == pytest.approx(
                100 * result.footprints[case].area_km2, rel=1e-3
            )
        assert "population_partial" not in result.flags and "no_population" not in result.flags


def test_people_in_another_crs_agree(tmp_path):
    lon, lat = place(0, 0)
    degrees = people_of(tmp_path, (200, 300), crs="EPSG:4326", left=lon - 0.01, top=lat + 0.01, cell=0.001)
    result = assess(dam(), terrain_of(tmp_path, valley()), degrees)
    assert result.people["high"].persons == pytest.approx(100 * result.footprints["high"].area_km2, rel=1e-3)


def test_grid_that_ends_early_is_partial_and_one_elsewhere_is_unknown(tmp_path):
    terrain = terrain_of(tmp_path, valley())
    partial = assess(dam(), terrain, people_of(tmp_path, (121, 40)))
    assert "population_partial" in partial.flags and partial.people["high"].covered < 0.99
    elsewhere = assess(dam(), terrain, people_of(tmp_path, left=900_000.0))
    assert elsewhere.people["best"].persons is None and "no_population" in elsewhere.flags
    assert elsewhere.consequence_at_least == "unrated"


def test_more_volume_never_less(tmp_path):
    people = people_of(tmp_path)
    terrain = terrain_of(tmp_path, valley() + np.random.default_rng(3).normal(0, 0.4, (121, 400)))
    former = None
    for volume in np.logspace(3.5, 6.5, 13):
        result = assess(dam(float(volume)), terrain, people)
        now = [result.people[case].persons for case in CASES]
        assert now == sorted(now)
        if former is not None:
            assert all(b >= a * (1 - 1e-9) for a, b in zip(former, now, strict=True)), volume
        former = now


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("mirror", [False, True])
def test_turned_and_mirrored_terrain_turns_the_answer(tmp_path, turn, mirror):
    square = valley(201, 201)
    cells = np.rot90(square, turn)
    row, column = _turned(100, START, 201, turn)
    if mirror:
        cells, column = cells[:, ::-1], 200 - column
    base = assess(dam(5e4, row=100), terrain_of(tmp_path, square, "base"))
    turned = assess(
        dam(5e4, row=row, column=column), terrain_of(tmp_path, np.ascontiguousarray(cells), "turned")
    )
    for case in CASES:
        assert turned.footprints[case].area_km2 == pytest.approx(base.footprints[case].area_km2, rel=0.02)
    assert turned.path.length_m == pytest.approx(base.path.length_m, rel=0.02)


def _turned(row, column, size, turn):
    for _ in range(turn):
        row, column = size - 1 - column, row
    return row, column


def test_finer_grid_converges(tmp_path):
    """Area is met at every cell size; people on a gradient across the valley come closer as cells shrink."""
    found = []
    for factor in (1, 2, 4):
        cell = 60.0 / factor
        rows, columns = 60 * factor + 1, 200 * factor
        r, c = np.mgrid[0:rows, 0:columns]
        cells = 900 - 0.5 * c * cell / 30 + 3 * abs(r - rows // 2) * cell / 30
        terrain = terrain_of(tmp_path, cells, f"cell{factor}", cell=cell)
        lon, lat = place(30 * factor, 5 * factor, cell=cell)
        result = assess(Dam(lon, lat, 12.0, 1e6), terrain, people_of(tmp_path))
        found.append(result.people["best"].persons)
    assert abs(found[2] - found[1]) <= abs(found[1] - found[0]) + 0.5
    assert found[2] == pytest.approx(found[1], rel=0.05)


def test_windows_give_the_path_of_the_whole(tmp_path):
    r, c = indices(300, 900)
    cells = 900 - 0.5 * c + 2.0 * abs(r - 150 - 60 * np.sin(c / 90))
    path = write(tmp_path / "dem.tif", cells)
    whole = path_from(Terrain(open_terrain(path)), *place(150, START), 30_000.0)
    parts = path_from(
        Terrain(open_terrain(path), whole_cells=0, window_cells=128), *place(150, START), 30_000.0
    )
    assert len(parts.stretches) > 3
    n = min(len(whole.lon), len(parts.lon))
    assert abs(len(whole.lon) - len(parts.lon)) < 5
    assert np.abs(whole.lat[:n] - parts.lat[:n]).max() < 0.002


def test_answer_has_the_contract_s_keys_and_files(tmp_path):
    result = assess(dam(), terrain_of(tmp_path, valley()), people_of(tmp_path))
    answer = document(result, write_answer(result, tmp_path / "out"))
    for key in ("released_volume_m3", "runout_km", "inundation_km2", "population"):
        values = answer[key]
        assert values["low"] <= values["best"] <= values["high"]
    assert set(answer) >= {"site", "countries", "first_border_km", "consequence_at_least", "flags", "outputs"}
    for path in answer["outputs"].values():
        assert (tmp_path / "out" / path.rsplit("/", 1)[-1]).stat().st_size > 0


def test_place_errors_say_what_to_do(tmp_path):
    terrain = terrain_of(tmp_path, valley(), crs="EPSG:4326", left=9.0, top=47.4, cell=1 / 3600)
    with pytest.raises(BadInput, match="outside the terrain model"):
        assess(Dam(2.0, 2.0, 10, 1e5), terrain)
    with pytest.raises(BadInput, match="swapped"):
        assess(Dam(47.39, 9.05, 10, 1e5), terrain)
    with pytest.raises(BadInput, match="volume"):
        Dam(9.0, 47.0, 10, float("nan"))
    with pytest.raises(BadInput, match="latitude"):
        Dam(9.0, 97.0, 10, 1e5)
    cells = valley()
    cells[MIDDLE, START] = NODATA
    with pytest.raises(BadInput, match="no value under the dam"):
        assess(dam(), terrain_of(tmp_path, cells, "gap"))
