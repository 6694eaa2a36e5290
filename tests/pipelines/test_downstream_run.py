"""The command's ways in: typed place, site, country with resume; tiles; layers; other ways down."""

import errno
import json
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from lithoscope import cli
from lithoscope.domain import registers
from lithoscope.domain.errors import BadInput, Interrupted, UnsafeFile
from lithoscope.pipelines import downstream_demo, downstream_results, downstream_run, store
from lithoscope.pipelines.downstream import Dam, assess
from lithoscope.pipelines.downstream_layers import exposed, read_layers
from lithoscope.pipelines.downstream_output import document
from lithoscope.pipelines.downstream_page import page, words
from lithoscope.pipelines.downstream_run import Asked, run
from lithoscope.pipelines.downstream_terrain import Terrain, path_from
from lithoscope.pipelines.downstream_unassessed import unsuited
from lithoscope.sources.rasters import open_population, open_terrain
from terrains import NODATA, indices, place, valley, write

ROW, COLUMN = 60, 10


@pytest.fixture
def dem(tmp_path):
    return write(tmp_path / "dem.tif", valley())


def asked(terrain, tmp_path, **changes):
    lon, lat = place(ROW, COLUMN)
    given = {
        "lon": lon,
        "lat": lat,
        "height_m": 12.0,
        "volume_m3": 3e5,
        "dem": str(terrain),
        "out": tmp_path / "out",
    }
    return Asked(**(given | {"data": tmp_path} | changes))


def release(tmp_path, rows):
    frame = pd.DataFrame(rows)
    for name, value in {"evidence": "official", "source_id": "test", "country_iso3": "CHE"}.items():
        frame[name] = frame.get(name, value)
    sites = registers.with_geometry(registers.conform(frame, "facilities"))
    empty = {layer: registers.empty(layer) for layer in ("mines",)}
    store.write_release({"facilities": sites, **empty}, [], {}, tmp_path)


def sites_of(tmp_path, count=4):
    rows = []
    for k in range(count):
        lon, lat = place(ROW, COLUMN + 20 * k)
        rows.append(
            {"site_id": f"tsf:t:{k}", "name": f"Dam {k}", "lon": lon, "lat": lat}
            | {"dam_height_m": 10.0 + k, "stored_volume_m3": 1e5}
        )
    rows[-1]["dam_height_m"] = np.nan
    release(tmp_path, rows)


def command(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["lithoscope", "downstream", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    printed = capsys.readouterr()
    return stop.value.code or 0, printed.out, printed.err


def test_typed_place_answers_with_files(dem, tmp_path):
    answer = run(asked(dem, tmp_path))
    shapes = gpd.read_file(answer["outputs"]["footprint"])
    assert set(shapes["case"]) == {"low", "best", "high"} and shapes.geometry.is_valid.all()
    path = gpd.read_file(answer["outputs"]["path"])
    assert path["part"].tolist() == ["deposit", "farther"]
    profile = pd.read_csv(answer["outputs"]["profile"])
    assert profile["chainage_km"].is_monotonic_increasing
    saved = json.loads(Path(answer["outputs"]["result"]).read_text(encoding="utf-8"))
    assert saved["runout_km"] == answer["runout_km"]


def test_command_prints_one_document(dem, tmp_path, capsys, monkeypatch):
    lon, lat = place(ROW, COLUMN)
    status, out, err = command(
        capsys, monkeypatch, "--lon", lon, "--lat", lat, "--height-m", 12, "--volume-m3", 3e5,
        "--dem", dem, "--out", tmp_path / "o", "--data", tmp_path, "--json",
    )  # fmt: skip
    assert status == 0 and err == ""
    assert json.loads(out)["countries"] == ["CHE"]


BAD = {
    "no CRS": ({"crs": None}, "coordinate system"),
    "feet by unit": ({"unit": "ft"}, "feet"),
    "feet by tag": ({"vertical_unit": "US survey feet"}, "feet"),
}


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", BAD)
def test_bad_terrain_ends_in_one_plain_line(name, tmp_path, capsys, monkeypatch):
    options, words = BAD[name]
    dem = write(tmp_path / "bad.tif", valley(), **options)
    lon, lat = place(ROW, COLUMN)
    status, out, err = command(
        capsys, monkeypatch, "--lon", lon, "--lat", lat, "--height-m", 12, "--volume-m3", 3e5,
        "--dem", dem, "--out", tmp_path / "o", "--data", tmp_path, "--json",
    )  # fmt: skip
    assert status == 2 and out == ""
    assert len(err.strip().splitlines()) == 1 and words in err and ";" in err and "Traceback" not in err


def test_feet_are_converted_when_said(tmp_path):
    metres = assess(
        Dam(*place(ROW, COLUMN), 12, 3e5), Terrain(open_terrain(write(tmp_path / "m.tif", valley())))
    )
    feet = open_terrain(write(tmp_path / "ft.tif", valley() / 0.3048, unit="ft"), unit="ft")
    same = assess(Dam(*place(ROW, COLUMN), 12, 3e5), Terrain(feet))
    assert same.path.height_m == pytest.approx(metres.path.height_m, abs=0.01)


def test_heights_above_every_mountain_are_asked_about(tmp_path):
    with pytest.raises(BadInput, match="feet"):
        open_terrain(write(tmp_path / "high.tif", valley() * 20))


def test_vrt_in_disguise_and_addresses_are_refused(tmp_path, dem):
    disguised = tmp_path / "innocent.tif"
    disguised.write_text(
        f'<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Float32" band="1">'
        f"<SimpleSource><SourceFilename>{dem}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    for text in (
        disguised,
        "http://127.0.0.1:9/dem.tif",
        "/vsicurl/http://127.0.0.1:9/dem.tif",
        f"GTIFF_DIR:1:{dem}",
        f"/vsizip/{dem}",
    ):
        with pytest.raises(UnsafeFile):
            open_terrain(text)
        with pytest.raises(UnsafeFile):
            open_population(text, unit="persons")


@pytest.mark.parametrize("value", [-9999.0, -3.4e38])
def test_negative_people_are_no_value_and_the_answer_says_so(dem, tmp_path, value):
    """All of the grid negative, its upper half, and none of it near the area."""
    dam, terrain = Dam(*place(ROW, COLUMN), 12, 3e5), Terrain(open_terrain(dem))
    people = np.full((121, 400), 2.0)
    all_negative, half, far = people * 0 + value, people.copy(), people.copy()
    half[:ROW], far[:, 380:] = value, value
    found = []
    for number, cells in enumerate((all_negative, half, far)):
        path = write(tmp_path / f"p{number}.tif", cells, nodata=None)
        found.append(assess(dam, terrain, open_population(path, unit="persons")))
    nothing, part, whole = found
    assert nothing.population("best") is None and {"no_population", "population_negative"} <= set(
        nothing.flags
    )
    assert f"a cell of p0.tif holds {np.float32(value):g} people" in document(nothing)["notes"]
    text, _ = words(document(nothing))[2]
    assert text.endswith("the population grid holds negative values there.")
    assert {"population_partial", "population_negative"} <= set(part.flags)
    assert 0 < part.population("best") < whole.population("best")
    assert "population_negative" not in whole.flags
    marked = write(tmp_path / "marked.tif", half, nodata=np.float32(value))
    said = assess(dam, terrain, open_population(marked, unit="persons"))
    assert (
        "population_negative" not in said.flags and said.people["best"].persons == part.people["best"].persons
    )


def test_population_without_a_unit_is_refused_and_tags_are_read(tmp_path):
    cells = np.ones((9, 9))
    with pytest.raises(BadInput, match="population-unit"):
        open_population(write(tmp_path / "p.tif", cells))
    assert open_population(write(tmp_path / "a.tif", cells, unit="persons/km2"))[1] == "persons_per_km2"
    assert open_population(write(tmp_path / "b.tif", cells, unit="people per grid cell"))[1] == "persons"
    assert (
        open_population(write(tmp_path / "c.tif", cells, description="Population density"))[1]
        == "persons_per_km2"
    )


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_path_across_180_degrees_reaches_no_country_on_the_way_round(tmp_path):
    """A valley in Fiji's sea, falling east across 180 degrees, with people on both sides of it."""
    r, c = np.mgrid[0:120, 0:300]
    across = {"crs": "EPSG:4326", "transform": from_origin(179.95, -17.0, 0.001, 0.001), "nodata": -9999}
    shape = {"driver": "GTiff", "width": 300, "height": 120, "count": 1, "dtype": "float32"}
    for name, cells in (("dem", 500 - 0.8 * c + 2.0 * abs(r - 60)), ("west", np.full(c.shape, 2.0))):
        with rasterio.open(tmp_path / f"{name}.tif", "w", **shape, **across) as file:
            file.write(cells.astype("float32"), 1)
    around = across | {"transform": from_origin(-180, -16.9, 0.36, 0.36)}
    with rasterio.open(
        tmp_path / "world.tif", "w", **(shape | {"width": 1000, "height": 2}), **around
    ) as file:
        file.write(np.full((2, 1000), 1e5, "float32"), 1)
    terrain = Terrain(open_terrain(tmp_path / "dem.tif"))
    for grid in ("west", "world"):
        people = open_population(tmp_path / f"{grid}.tif", unit="persons")
        found = assess(Dam(179.96, -17.06, 20, 1e6), terrain, people)
        assert {each.country_iso3 for each in found.countries} <= {"FJI"}
        west, _, east, _ = found.shapes["high"].bounds
        assert 179 < west < 180 < east < 181
        assert found.people["high"].covered == pytest.approx(1.0, abs=0.01)


def across_180(path, cells, *, left, cell=0.001):
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1, dtype="float32",
        crs="EPSG:4326", transform=from_origin(left, -17.0, cell, cell), nodata=-9999,
    ) as file:  # fmt: skip
        file.write(cells.astype("float32"), 1)
    return path


@pytest.mark.parametrize("fall", [1, -1])
@pytest.mark.parametrize("dam", [-179.96, -179.999, 179.999, 179.96])
def test_terrain_that_goes_on_beyond_180_degrees_answers_as_one_that_goes_on_before_it(tmp_path, dam, fall):
    """The same valley in Fiji's sea, its columns counted from 179.94 or from -180.06, people alike."""
    r, c = np.mgrid[0:120, 0:300]
    heights, people = 500 - 0.8 * fall * c + 1.0 * abs(r - 60), 1.0 + c + r
    found = []
    for name, left in (("east", 179.94), ("west", -180.06)):
        raster = open_terrain(across_180(tmp_path / f"{name}.tif", heights, left=left, cell=0.0004))
        for grid, start in (("east", 179.94), ("west", -180.06)):
            path = across_180(tmp_path / f"people_{grid}.tif", people, left=start, cell=0.0004)
            counted = open_population(path, unit="persons")
            found.append(assess(Dam(dam, -17.0242, 8, 1e6), Terrain(raster), counted))
    first = found[0]
    assert first.people["high"].covered == pytest.approx(1.0, abs=0.01)
    assert not first.footprints["best"].is_strip and len(first.path.lon) > 40
    for each in found:
        assert abs(each.path.lon - dam).max() < 0.13 and each.path.lat == pytest.approx(first.path.lat)
        assert each.path.lon == pytest.approx(first.path.lon, abs=1e-6)
        for case in ("low", "best", "high"):
            assert each.footprints[case].area_km2 == pytest.approx(first.footprints[case].area_km2, rel=1e-6)
            assert each.people[case].persons == pytest.approx(first.people[case].persons, rel=1e-4)
            assert each.footprints[case].area_km2 > 0.97 * each.footprints[case].wanted_km2
    inland = open_terrain(across_180(tmp_path / "inland.tif", heights, left=169.94, cell=0.0004))
    elsewhere = assess(Dam(dam % 360 - 10, -17.0242, 8, 1e6), Terrain(inland))
    for case in ("low", "best", "high"):
        there = elsewhere.footprints[case].area_km2
        assert first.footprints[case].area_km2 == pytest.approx(there, rel=1e-6)


def test_what_lies_in_an_area_is_found_on_both_sides_of_180_degrees(tmp_path):
    r, c = np.mgrid[0:120, 0:300]
    path = across_180(tmp_path / "dem.tif", 500 - 0.8 * c + 2.0 * abs(r - 60), left=179.85)
    towns = gpd.GeoDataFrame(
        {"name": ["before", "beyond"]},
        geometry=gpd.points_from_xy([179.995, -179.995], [-17.0605, -17.0605]),
        crs="EPSG:4326",
    )
    result = assess(Dam(179.98, -17.0605, 20, 1e6), Terrain(open_terrain(path)), None, {"places": towns})
    high = next(each for each in result.exposed if (each["kind"], each["case"]) == ("places", "high"))
    assert sorted(high["names"]) == ["before", "beyond"]


def test_several_bands_are_refused(tmp_path):
    cells = np.ones((3, 20, 20), "float32")
    where = {"crs": "EPSG:4326", "transform": from_origin(8, 47, 0.001, 0.001), "dtype": "float32"}
    with rasterio.open(
        tmp_path / "rgb.tif", "w", driver="GTiff", width=20, height=20, count=3, **where
    ) as file:
        file.write(cells)
    with pytest.raises(BadInput, match=r"rgb\.tif: the raster holds 3 bands where one is expected; export"):
        open_terrain(tmp_path / "rgb.tif")


@pytest.mark.parametrize("precision", [-1.0, float("nan")])
def test_a_precision_that_cannot_be_is_refused(precision):
    with pytest.raises(BadInput, match="precision of the place"):
        Dam(8.0, 47.0, 20, 1e6, precision_km=precision)


def test_cut_off_and_missing_files_say_so(tmp_path, dem):
    cut = tmp_path / "cut.tif"
    cut.write_bytes(dem.read_bytes()[:60])
    with pytest.raises(BadInput, match="cannot be read"):
        open_terrain(cut)
    with pytest.raises(BadInput, match="no such file"):
        open_terrain(tmp_path / "none.tif")


def test_ways_in_exclude_each_other(dem, tmp_path):
    with pytest.raises(BadInput, match="name one of"):
        run(asked(dem, tmp_path, site_id="tsf:t:0"))
    with pytest.raises(BadInput, match="missing"):
        run(asked(dem, tmp_path, height_m=None))
    with pytest.raises(BadInput, match="--dem"):
        run(asked(None, tmp_path, dem=None))


def test_site_and_what_if(dem, tmp_path):
    sites_of(tmp_path)
    given = {"lon": None, "lat": None, "height_m": None, "volume_m3": None}
    plain = run(asked(dem, tmp_path, **given, site_id="tsf:t:1"))
    assert plain["site"]["site_id"] == "tsf:t:1" and plain["site"]["height_m"] == 11
    more = run(asked(dem, tmp_path, **(given | {"volume_m3": 1e6}), site_id="tsf:t:1"))
    assert more["runout_km"]["best"] > plain["runout_km"]["best"]
    with pytest.raises(BadInput, match="dam_height_m not recorded"):
        run(asked(dem, tmp_path, **given, site_id="tsf:t:3"))
    with pytest.raises(BadInput, match="no such facility"):
        run(asked(dem, tmp_path, **given, site_id="tsf:t:9"))


def test_cascade_counts_other_facilities_and_not_the_site_itself(dem, tmp_path):
    sites_of(tmp_path)
    answer = run(asked(dem, tmp_path, lon=None, lat=None, height_m=None, volume_m3=1e6, site_id="tsf:t:0"))
    high = next(row for row in answer["exposed"] if row["kind"] == "facilities" and row["case"] == "high")
    assert high["count"] == 3 and "Dam 0" not in high["names"]


def test_country_goes_on_where_it_was_interrupted(dem, tmp_path, monkeypatch):
    sites_of(tmp_path, 13)
    given = {"lon": None, "lat": None, "height_m": None, "volume_m3": None, "country": "CHE"}
    assessed = []

    def watched(dam, *rest):
        assessed.append(dam.site_id)
        return assess(dam, *rest)

    def interrupt(_what, done, _all):
        if done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(downstream_run, "assess", watched)
    with pytest.raises(Interrupted, match=r"2 of 13 facilities are done and kept in .*goes on from there"):
        run(asked(dem, tmp_path, **given), interrupt)
    begun = len(assessed)
    assert begun < 12, "what had not begun is left"
    written = (tmp_path / "out" / downstream_run.DONE).read_text(encoding="utf-8").splitlines()
    kept = [json.loads(line)[2]["site"]["site_id"] for line in written]
    assert len(kept) == 2
    answer = run(asked(dem, tmp_path, **given))
    assert len(answer["sites"]) == 13 and not set(kept) & set(assessed[begun:]), "not done again"
    missing = next(each for each in answer["sites"] if each["site"]["site_id"] == "tsf:t:12")
    assert missing["flags"] == ["not_assessed"] and missing["notes"] == ["dam_height_m not recorded"]
    assert missing["consequence_at_least"] == "unrated"
    asked_of = len(assessed)
    again = run(asked(dem, tmp_path, **given))
    assert again == answer and len(assessed) == asked_of
    alone = run(asked(dem, tmp_path, **(given | {"country": None}), site_id="tsf:t:5"))
    several = next(each for each in answer["sites"] if each["site"]["site_id"] == "tsf:t:5")
    assert {**alone, "outputs": {}} == {**several, "outputs": {}}, "threads change nothing"


def test_a_line_that_a_kill_cut_off_costs_that_answer_alone(dem, tmp_path, monkeypatch):
    sites_of(tmp_path, 5)
    given = {"lon": None, "lat": None, "height_m": None, "volume_m3": None, "country": "CHE"}
    answer = run(asked(dem, tmp_path, **given))
    journal = tmp_path / "out" / downstream_run.DONE
    journal.write_bytes(journal.read_bytes()[:-40])
    assert run(asked(dem, tmp_path, **given)) == answer
    lines = journal.read_text(encoding="utf-8").splitlines()
    whole = [json.loads(line)[1] for line in lines if line.endswith("}]")]
    assert len(lines) == 6 and len(whole) == 5
    monkeypatch.setattr(downstream_run, "assess", None)
    assert run(asked(dem, tmp_path, **given)) == answer, "nothing is left to be done"


def test_other_people_or_another_unit_are_asked_anew(dem, tmp_path):
    sites_of(tmp_path, 3)
    people = write(tmp_path / "people.tif", np.full(valley().shape, 5.0))
    given = {"lon": None, "lat": None, "height_m": None, "volume_m3": None, "country": "CHE"}
    given |= {"population": str(people), "population_unit": "persons"}

    def counted(**changes):
        answer = run(asked(dem, tmp_path, **(given | changes)))
        return next(each for each in answer["sites"] if each["countries"])["population"]["best"]

    first = counted()
    assert counted() == first > 0
    assert counted(population_unit="persons_per_km2") != pytest.approx(first, rel=0.01)
    write(people, np.full(valley().shape, 10.0))
    assert counted() == pytest.approx(2 * first, rel=1e-5)


def test_a_full_disk_ends_in_one_line_and_loses_nothing(dem, tmp_path, monkeypatch):
    sites_of(tmp_path, 6)
    given = {"lon": None, "lat": None, "height_m": None, "volume_m3": None, "country": "CHE"}
    written = []

    def full(result, *rest):
        if len(written) >= 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(result.dam.site_id)
        return write_answer(result, *rest)

    write_answer = downstream_run.write
    monkeypatch.setattr(downstream_run, "write", full)
    with pytest.raises(BadInput, match=r"--out .*: cannot be written \(no space left on device\); free"):
        run(asked(dem, tmp_path, **given))
    monkeypatch.setattr(downstream_run, "write", write_answer)
    assert len(run(asked(dem, tmp_path, **given))["sites"]) == 6


def test_a_file_in_the_way_of_the_folder_is_named(dem, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(BadInput, match=r"--out .*out: cannot be written \(file exists\)"):
        run(asked(dem, tmp_path))


UNSUITED = {
    "dry stack": {"deposition": "filtered"},
    "in pit": {"deposition": "in-pit"},
    "pit": {"structure_kind": "pit"},
    "closed and drained": {"status": "reclaimed"},
}


@pytest.mark.parametrize("name", UNSUITED)
def test_no_release_is_stated_where_the_formulas_do_not_hold_and_the_reason_is(name, dem, tmp_path):
    lon, lat = place(ROW, COLUMN)
    known = {"name": name, "lon": lon, "lat": lat, "dam_height_m": 20.0, "stored_volume_m3": 1e5}
    release(
        tmp_path,
        [
            {"site_id": "tsf:t:0", **known, **UNSUITED[name]},
            {"site_id": "tsf:t:1", **known, "lon": lon + 0.001},
        ],
    )
    given = {"lon": None, "lat": None, "height_m": None, "volume_m3": None}
    alone = run(asked(dem, tmp_path, **given, site_id="tsf:t:0"))
    what_if = run(asked(dem, tmp_path, **(given | {"volume_m3": 1e6}), site_id="tsf:t:0"))
    both = run(asked(dem, tmp_path, **given, country="CHE", out=tmp_path / "both"))["sites"]
    field, value = next(iter(UNSUITED[name].items()))
    for answer in (alone, what_if, both[0]):
        assert answer["flags"] == ["not_a_confined_dam", "not_assessed"]
        for key in ("released_volume_m3", "runout_km", "inundation_km2", "population"):
            assert set(answer[key].values()) == {None}
        assert answer["consequence_at_least"] == "unrated" and answer["countries"] == []
        assert any(value in note and field.split("_")[0] in note for note in answer["notes"])
        assert value in downstream_run.plain_text(answer)
    assert json.loads(Path(alone["outputs"]["result"]).read_text())["flags"] == alone["flags"]
    assert both[1]["runout_km"]["best"] > 0
    back = downstream_results.read(tmp_path / "both")["downstream"].set_index("site_id")
    assert back["is_assessed"].to_dict() == {"tsf:t:0": False, "tsf:t:1": True}


def test_a_slurry_dam_and_an_unknown_kind_are_suited():
    assert unsuited(pd.Series({"structure_kind": "dam", "deposition": "slurry"})) == ""
    assert unsuited(pd.Series({"structure_kind": pd.NA})) == ""


def test_more_than_the_valley_holds_is_said(tmp_path):
    """A gorge whose sides end at a gap: the area has no ground left beside the path."""
    cells = valley()
    cells[: ROW - 2], cells[ROW + 3 :] = NODATA, NODATA
    narrow = Terrain(open_terrain(write(tmp_path / "gorge.tif", cells)))
    found = assess(Dam(*place(ROW, COLUMN), 8, 5e6), narrow)
    assert "area_not_met" in found.flags
    assert min(each.area_km2 / each.wanted_km2 for each in found.footprints.values()) < 0.9


def test_imprecise_place_on_a_divide_says_that_it_may_drain_elsewhere(tmp_path):
    r, c = indices()
    ridge = Terrain(open_terrain(write(tmp_path / "ridge.tif", 900 - 0.5 * abs(c - 200) + 0.4 * abs(r - 60))))
    lon, lat = place(60, 205)
    sure = assess(Dam(lon, lat, 12, 1e5), ridge)
    unsure = assess(Dam(lon, lat, 12, 1e5, precision_km=1.0), ridge)
    assert "toe_uncertain" not in sure.flags and "toe_uncertain" in unsure.flags
    assert 0 < sum(way.share for way, _ in unsure.others) < 1
    in_valley = Terrain(open_terrain(write(tmp_path / "valley.tif", valley())))
    lon, lat = place(60, 100)
    assert "toe_uncertain" not in assess(Dam(lon, lat, 12, 1e5, precision_km=0.5), in_valley).flags


def test_layers_are_counted_measured_or_said_to_be_absent(tmp_path):
    area = {
        case: shapely.box(8.0, 47.0, 8.0 + k / 10, 47.1) for k, case in enumerate(("low", "best", "high"), 1)
    }
    line = gpd.GeoDataFrame(
        {"name": ["A1"]}, geometry=[shapely.LineString([(8.05, 46.9), (8.05, 47.2)])], crs="EPSG:4326"
    )
    line.to_file(tmp_path / "roads.gpkg")
    points = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=gpd.points_from_xy([8.05, 8.25], [47.05, 47.05]), crs="EPSG:4326"
    )
    points.to_file(tmp_path / "hospitals.geojson")
    layers = read_layers([f"roads={tmp_path / 'roads.gpkg'}", f"hospitals={tmp_path / 'hospitals.geojson'}"])
    rows = {(row["kind"], row["case"]): row for row in exposed(area, layers)}
    assert rows["roads", "low"]["length_km"] == pytest.approx(11.12, abs=0.01)
    assert rows["roads", "low"]["names"] == ["A1"]
    assert [rows["hospitals", case]["count"] for case in area] == [1, 1, 2]
    assert rows["places", "high"] == {
        "kind": "places", "case": "high", "looked_at": False,
        "count": None, "length_km": None, "area_km2": None, "names": [],
    }  # fmt: skip
    with pytest.raises(BadInput, match="KIND=FILE"):
        read_layers(["trees=x.gpkg"])


def tiles(folder, cells, size, names):
    """The cells as tiles of `size` columns, named in turn."""
    folder.mkdir()
    for k, name in enumerate(names):
        part = cells[:, k * size : (k + 1) * size]
        write(folder / name, part, crs="EPSG:4326", left=9 + k * size / 400, top=48.0, cell=1 / 400)
    return folder


def test_folder_of_copernicus_tiles_is_one_terrain(tmp_path):
    r, c = np.mgrid[0:400, 0:800]
    cells = 900 - 0.5 * c + 3.0 * abs(r - 200)
    names = [f"Copernicus_DSM_COG_10_N47_00_E{9 + k:03d}_00_DEM.tif" for k in range(2)]
    folder = tiles(tmp_path / "glo30", cells, 400, names)
    (folder / "Copernicus_DSM_COG_10_N47_00_E009_00_WBM.tif").write_bytes(b"not a terrain model")
    whole = write(tmp_path / "whole.tif", cells, crs="EPSG:4326", left=9.0, top=48.0, cell=1 / 400)
    lon, lat = 9.5012, 48 - 200.5 / 400
    a = path_from(Terrain(open_terrain(folder)), lon, lat, 60_000)
    b = path_from(Terrain(open_terrain(whole)), lon, lat, 60_000)
    assert a.lon[-1] > 10.1 and a.lon == pytest.approx(b.lon) and a.height_m == pytest.approx(b.height_m)
    with pytest.raises(BadInput, match="outside"):
        path_from(Terrain(open_terrain(folder)), 12.0, 47.5, 1000)


def test_population_tiles_add_up_and_doubled_ones_are_refused(tmp_path, dem):
    folder = tmp_path / "pop"
    folder.mkdir()
    cells = np.full((121, 400), 100.0)
    left, right = cells.copy(), cells.copy()
    left[:, 60:], right[:, :60] = NODATA, NODATA
    write(folder / "che_pop_2020.tif", left)
    write(folder / "deu_pop_2020.tif", right)
    terrain, dam = Terrain(open_terrain(dem)), Dam(*place(ROW, COLUMN), 12, 3e5)
    result = assess(dam, terrain, open_population(folder, unit="persons_per_km2"))
    assert result.people["high"].persons == pytest.approx(100 * result.footprints["high"].area_km2, rel=1e-3)
    write(folder / "fra_pop_2020.tif", cells)
    with pytest.raises(BadInput, match="same place"):
        assess(dam, terrain, open_population(folder, unit="persons_per_km2"))


def test_page_product_speaks_in_rounded_words_and_is_plain_json(dem, tmp_path):
    people = open_population(write(tmp_path / "p.tif", np.full((121, 400), 900.0)), unit="persons_per_km2")
    result = assess(Dam(*place(ROW, COLUMN), 12, 3e5), Terrain(open_terrain(dem)), people)
    shown = json.loads(json.dumps(page(result)))
    assert len(shown["profile"]["chainage_km"]) == len(shown["profile"]["terrain_m"]) <= 1500
    sentences = [msgid % values for msgid, values in shown["words"]]
    best = result.population("best")
    assert any(f"About {float(f'{best:.2g}'):g} people" in sentence for sentence in sentences)
    assert [each["properties"]["case"] for each in shown["footprints"]["features"]] == ["high", "best", "low"]
    assert any("one country" in sentence for sentence in sentences)
    nobody = assess(Dam(*place(ROW, COLUMN), 12, 3e5), Terrain(open_terrain(dem)))
    assert any("not known" in msgid % values for msgid, values in page(nobody)["words"])


def test_results_are_read_back_for_a_release(dem, tmp_path):
    sites_of(tmp_path)
    given = {"lon": None, "lat": None, "height_m": None, "volume_m3": None, "country": "CHE"}
    run(asked(dem, tmp_path, **given))
    found = downstream_results.read(tmp_path / "out")
    assessed = found["downstream"][found["downstream"]["is_assessed"]]
    assert sorted(assessed["site_id"]) == ["tsf:t:0", "tsf:t:1", "tsf:t:2"]
    assert len(found["downstream"]) == 4  # one that could not be assessed keeps its row
    areas = found["downstream_shapes"][found["downstream_shapes"]["kind"].eq("footprint")]
    assert len(areas) == 9 and areas.geometry.is_valid.all()
    columns = downstream_results.for_methods(assessed)
    assert columns["inundation_km2"].gt(0).all() and columns["par_low_persons"].isna().all()
    assert downstream_results.pairs(found["downstream"]).empty
    with pytest.raises(BadInput, match="holds no results"):
        downstream_results.read(tmp_path)


def test_demonstration_is_labelled_and_lies_on_no_land(tmp_path):
    terrain, people = downstream_demo.opened(tmp_path)
    result = assess(downstream_demo.DAM, terrain, people)
    assert result.countries == [] and result.people["high"].persons > result.people["low"].persons > 0
    assert "Synthetic" in terrain.raster.tile(0).units and "sub_cell" not in result.flags
