"""Paths along flow directions that a user gives, on grids that a reader can follow by eye."""

import json
import sys

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from lithoscope import cli
from lithoscope.domain.errors import BadInput
from lithoscope.pipelines import downstream_run
from lithoscope.pipelines.downstream import Dam, assess
from lithoscope.pipelines.downstream_run import Asked, run
from lithoscope.pipelines.downstream_terrain import Terrain, path_from
from lithoscope.sources.flow_directions import open_directions
from lithoscope.sources.rasters import open_terrain
from terrains import CELL, LEFT, METRIC, TOP, place, plane, valley, write

EAST, SOUTH, WEST, NORTH = 1, 4, 16, 64


def codes(path, cells, *, left=LEFT, top=TOP):
    cells = np.asarray(cells, np.uint8)
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1, dtype="uint8",
        crs=METRIC, transform=from_origin(left, top, CELL, CELL),
    ) as target:  # fmt: skip
        target.write(cells, 1)
    return path


def terrain(tmp_path, cells, given, **options):
    raster = open_terrain(write(tmp_path / "dem.tif", cells))
    return Terrain(raster, given=open_directions(codes(tmp_path / "d8.tif", given), raster), **options)


def south(rows=121, columns=400):
    """All water south, whatever the heights say; then east along row 100."""
    cells = np.full((rows, columns), SOUTH)
    cells[100] = EAST
    return cells


def test_the_path_follows_the_directions_and_not_the_heights(tmp_path):
    path = path_from(terrain(tmp_path, plane(), south()), *place(20, 30), 1e6)
    x, y = place(100, 30)
    assert path.lon[80] == pytest.approx(x) and path.lat[80] == pytest.approx(y)
    assert len(path.lon) == 80 + 370 and path.ended == "terrain"
    assert (np.diff(path.level_m) <= 0).all()


def test_windows_give_the_same_path_along_given_directions(tmp_path):
    whole = path_from(terrain(tmp_path, plane(), south()), *place(20, 30), 1e6)
    parts = path_from(
        terrain(tmp_path, plane(), south(), whole_cells=0, window_cells=64), *place(20, 30), 1e6
    )
    assert parts.lon == pytest.approx(whole.lon) and parts.level_m == pytest.approx(whole.level_m, abs=1.0)


def test_where_the_terrain_rises_along_them_the_path_is_level_there(tmp_path):
    """West, up the plane: the area beside still grows, and is met."""
    result = assess(Dam(*place(60, 350), 12, 3e5), terrain(tmp_path, plane(), np.full((121, 400), WEST)))
    assert np.ptp(result.path.level_m) == 0 and np.ptp(result.path.height_m) > 100
    best = result.footprints["best"]
    assert best.area_km2 == pytest.approx(best.wanted_km2, rel=0.05)


@pytest.mark.parametrize("end", [0, 255, 247])
def test_directions_that_end_say_so(tmp_path, end):
    given = np.full((121, 400), EAST)
    given[:, 40] = end
    result = assess(Dam(*place(60, 20), 20, 3e6), terrain(tmp_path, valley(), given))
    assert len(result.path.lon) == 21 and "directions_end" in result.flags
    assert "outside_dem" not in result.flags and "reached_sea" not in result.flags


def test_directions_into_a_gap_of_the_terrain_or_over_its_edge_end_there(tmp_path):
    heights = valley()
    heights[:, 40] = -9999
    found = terrain(tmp_path, heights, np.full((121, 400), EAST))
    path = path_from(found, *place(60, 20), 1e6)
    assert len(path.lon) == 20 and path.ended == "terrain" and np.isfinite(path.height_m).all()
    north = terrain(tmp_path, valley(), np.full((121, 400), NORTH))
    assert len(path_from(north, *place(60, 20), 1e6).lon) == 61


def test_a_circle_is_refused_and_does_not_hang(tmp_path):
    given = np.full((121, 400), EAST)
    given[60, 100], given[60, 101] = EAST, WEST
    for options in ({}, {"whole_cells": 0, "window_cells": 64}):
        found = terrain(tmp_path, valley(), given, **options)
        with pytest.raises(BadInput, match=r"d8\.tif: lon .*run in a circle there; give directions"):
            path_from(found, *place(60, 20), 1e6)
        assert len(path_from(found, *place(61, 20), 1e6).lon) == 380, "other ways are followed"


def test_a_circle_larger_than_a_window_is_refused(tmp_path):
    given = np.full((121, 400), EAST)
    given[20, 380], given[21:100, 380], given[100, 20:381], given[21:101, 20] = SOUTH, SOUTH, WEST, NORTH
    found = terrain(tmp_path, plane(), given, whole_cells=0, window_cells=64)
    with pytest.raises(BadInput, match="circle"):
        path_from(found, *place(20, 30), 1e6)


def test_a_dam_that_the_directions_do_not_hold_is_refused(tmp_path):
    raster = open_terrain(write(tmp_path / "dem.tif", valley()))
    given = open_directions(codes(tmp_path / "d8.tif", np.full((50, 50), EAST)), raster)
    with pytest.raises(BadInput, match=r"d8\.tif: lon .*have no value under the dam; give a file"):
        path_from(Terrain(raster, given=given), *place(60, 100), 1e4)


def asked(tmp_path, **changes):
    lon, lat = place(20, 30)
    given = {"lon": lon, "lat": lat, "height_m": 12.0, "volume_m3": 3e5, "data": tmp_path}
    return Asked(**(given | {"out": tmp_path / "out"} | changes))


def test_the_option_and_the_file_of_settings_name_them(tmp_path, capsys, monkeypatch):
    dem, d8 = write(tmp_path / "dem.tif", plane()), codes(tmp_path / "d8.tif", south())
    (tmp_path / "lithoscope.toml").write_text('[rasters]\ndem = "dem.tif"\nflow_direction = "d8.tif"\n')
    listed = run(asked(tmp_path))
    assert listed["inputs"]["flow_direction"] == "d8.tif"
    other = run(asked(tmp_path, dem=str(dem)))
    assert other["inputs"]["flow_direction"] is None, "they go with the terrain that is listed with them"
    lon, lat = place(20, 30)
    options = ["--lon", lon, "--lat", lat, "--height-m", 12, "--volume-m3", 3e5, "--dem", dem]
    options += ["--flow-direction", d8, "--out", tmp_path / "o", "--data", tmp_path, "--json"]
    monkeypatch.setattr(sys, "argv", ["lithoscope", "downstream", *map(str, options)])
    with pytest.raises(SystemExit):
        cli.main()
    given = json.loads(capsys.readouterr().out)
    assert given["inputs"]["flow_direction"] == "d8.tif" and given["runout_km"] == listed["runout_km"]


def test_a_run_over_a_country_asks_anew_where_they_change(tmp_path):
    d8 = codes(tmp_path / "d8.tif", south())
    dem = write(tmp_path / "dem.tif", plane())
    questions = set()
    for given in (None, d8, codes(tmp_path / "other.tif", south())):
        terrain, people = downstream_run.rasters(
            asked(tmp_path, dem=str(dem), flow_direction=given and str(given))
        )
        questions.add(downstream_run._question(terrain, people, {}))
    assert len(questions) == 3
