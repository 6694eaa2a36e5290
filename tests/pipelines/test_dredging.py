"""The command from AIS files to results: formats, noise, engines, zones, vessel tables, bad input."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import polars as pl
import pytest
import shapely

from lithoscope.pipelines import dredging, fleet, fleet_scores

START = pd.Timestamp("2024-03-01", tz="UTC")
COUNTS = {"hopper": 4, "cutter": 1, "fishing": 2, "cargo": 2, "tug": 1, "research": 2}
KEYS = {
    "positions",
    "dropped",
    "vessels",
    "dredgers",
    "episodes",
    "dredging_hours",
    "cycles",
    "volume_m3",
    "mass_t",
    "outputs",
}
SAME = ["mmsi", "start_utc", "end_utc", "hours", "distance_km", "mean_sog_kn", "zone", "p_dredger"]


@pytest.fixture(scope="session")
def ships():
    return fleet.simulate(COUNTS, start=START, days=4, spacing_s=120, seed=11)


@pytest.fixture(scope="session")
def ais(ships, tmp_path_factory):
    path = tmp_path_factory.mktemp("ais") / "fleet.parquet"
    ships.reports.write_parquet(path)
    return path


@pytest.fixture(scope="session")
def result(ais, tmp_path_factory):
    out = tmp_path_factory.mktemp("result") / "out"
    return out, dredging.run([str(ais)], out, dredging.Options())


def episodes(folder):
    return gpd.read_parquet(folder / "episodes.parquet")


def test_the_truth_is_found(ships, result):
    out, _ = result
    found = fleet_scores.scores(ships, out, seed=5)
    assert found["recall"] >= 0.95
    assert found["precision"] >= 0.95
    assert found["false_share"] < 0.01
    assert abs(found["hours_error"]) < 0.05
    assert abs(found["loads_error"]) < 0.06
    assert found["dredgers_found"] == found["dredgers_true"] == 4
    assert found["others_judged_dredgers"] == 0


def test_every_dropped_report_is_counted_under_its_reason(ships, result):
    _, document = result
    assert document["positions"] == ships.reports.height
    assert document["vessels"] == len(ships.vessels)
    for reason in ("bad_mmsi", "bad_time", "no_position", "spike", "duplicate"):
        assert document["dropped"][reason] == ships.injected[reason], reason


def test_keys_and_columns_of_the_contract(result):
    out, document = result
    assert set(document) >= KEYS
    for amount in (document["volume_m3"], document["mass_t"]):
        assert 0 < amount["low"] <= amount["best"] <= amount["high"]
    table = episodes(out)
    assert set(SAME) | {"geometry"} <= set(table.columns)
    assert table["mmsi"].str.fullmatch(r"\d{9}").all()
    assert str(table["start_utc"].dt.tz) == "UTC"
    assert (table["p_dredger"] >= 0.5).all()
    assert set(table.geom_type) <= {"LineString", "MultiLineString"}
    assert table.crs.to_epsg() == 4326
    assert len(table) == document["episodes"]
    assert table["hours"].sum() == pytest.approx(document["dredging_hours"], abs=0.01)
    for name in ("tracks", "vessels", "zone_months"):
        assert (out / f"{name}.parquet").exists()
        assert document["outputs"][name] == str(out / f"{name}.parquet")


def test_zone_months_effort_and_episodes_tell_the_same(result):
    out, document = result
    months = pd.read_parquet(out / "zone_months.parquet")
    effort = gpd.read_parquet(out / "effort.parquet")
    table = episodes(out)
    assert months["hours"].sum() == pytest.approx(table["hours"].sum(), abs=0.01)
    assert effort["hours"].sum() == pytest.approx(table["hours"].sum(), abs=0.1)
    assert months["episodes"].sum() == len(table)
    assert months["volume_best_m3"].sum() == pytest.approx(document["volume_m3"]["best"], rel=1e-6)
    assert (months["zone_basis"].str.startswith("computed, not a legal boundary")).all()
    assert (months["volume_low_m3"] <= months["volume_best_m3"]).all()


def test_simulated_results_say_so(ais, tmp_path):
    dredging.run([str(ais)], tmp_path / "o", dredging.Options(is_simulated=True))
    assert pd.read_parquet(tmp_path / "o" / "zone_months.parquet")["is_simulated"].all()
    assert json.loads((tmp_path / "o" / "dredging.json").read_text())["is_simulated"]


def same_episodes(a, b):
    first, second = (
        episodes(folder).sort_values(["mmsi", "start_utc"], ignore_index=True) for folder in (a, b)
    )
    pd.testing.assert_frame_equal(pd.DataFrame(first[SAME]), pd.DataFrame(second[SAME]))
    assert first.geometry.geom_equals_exact(second.geometry, 1e-9).all()


def test_duckdb_gives_the_same(ais, result, tmp_path):
    document = dredging.run([str(ais)], tmp_path / "o", dredging.Options("duckdb", "1GB"))
    same_episodes(result[0], tmp_path / "o")
    assert {**document, "outputs": 0} == {**result[1], "outputs": 0}


@pytest.mark.spark
@pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs Java 17: apt-get install openjdk-17-jre-headless"
)
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_same(ais, result, tmp_path, monkeypatch):
    for_little_data = {  # compiling its plans takes Spark longer than running them on so few reports
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }
    lines = "".join(f"{name} {value}\n" for name, value in for_little_data.items())
    (tmp_path / "spark-defaults.conf").write_text(lines)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    document = dredging.run([str(ais)], tmp_path / "o", dredging.Options("spark"))
    same_episodes(result[0], tmp_path / "o")
    assert {**document, "outputs": 0} == {**result[1], "outputs": 0}


DANISH = {
    "timestamp": "# Timestamp",
    "mmsi": "MMSI",
    "lat": "Latitude",
    "lon": "Longitude",
    "sog": "SOG",
    "cog": "COG",
    "heading": "Heading",
    "name": "Name",
    "imo": "IMO",
    "ship_type": "Ship type",
    "length": "Length",
    "width": "Width",
}


def test_the_danish_table_in_two_days_gives_the_same(ships, result, tmp_path):
    labels = pl.col("ship_type").replace_strict({33: "Dredging", 30: "Fishing", 70: "Cargo", 52: "Tug"})
    table = ships.reports.with_columns(labels, pl.col("timestamp").dt.strftime("%d/%m/%Y %H:%M:%S"))
    table = table.drop("status").rename(DANISH)
    half = table.height // 2
    table[:half].write_csv(tmp_path / "aisdk-1.csv")
    table[half:].write_csv(tmp_path / "aisdk-2.csv")
    document = dredging.run([str(tmp_path / "aisdk-*.csv")], tmp_path / "o", dredging.Options())
    same_episodes(result[0], tmp_path / "o")
    assert document["dropped"] == result[1]["dropped"]


def test_two_ships_on_one_mmsi_are_both_kept(tmp_path):
    noise = fleet.Noise(shared_mmsi=1, gaps_per_day=0)
    two = fleet.simulate({"hopper": 2}, start=START, days=3, spacing_s=60, seed=2, noise=noise)
    assert two.reports["mmsi"].drop_nulls().n_unique() == 2  # the shared one, and the bad one
    two.reports.write_parquet(tmp_path / "a.parquet")
    document = dredging.run([str(tmp_path / "a.parquet")], tmp_path / "o", dredging.Options())
    assert document["vessels"] == 2
    assert document["episodes"] == pytest.approx(len(two.loads), abs=3)
    assert document["dropped"]["spike"] == pytest.approx(two.injected["spike"], abs=2)
    assert episodes(tmp_path / "o")["mmsi"].nunique() == 1


def test_a_vessel_table_makes_a_cargo_type_a_dredger_and_back(ships, tmp_path):
    hoppers = ships.vessels.index[ships.vessels["kind"] == "hopper"]
    changed = ships.reports.with_columns(pl.lit(70).alias("ship_type"))
    changed.write_parquet(tmp_path / "a.parquet")
    alone = dredging.run([str(tmp_path / "a.parquet")], tmp_path / "o1", dredging.Options())
    assert alone["dredgers"] == 0
    table = pd.DataFrame({"mmsi": hoppers, "type": "TSHD", "hopper_m3": 5000})
    table.to_csv(tmp_path / "v.csv", index=False)
    known = dredging.run(
        [str(tmp_path / "a.parquet")], tmp_path / "o2", dredging.Options(vessels=tmp_path / "v.csv")
    )
    assert known["dredgers"] == len(hoppers)
    vessels = pd.read_parquet(tmp_path / "o2" / "vessels.parquet").query("is_dredger")
    assert (vessels["hopper_best_m3"] == 5000).all()
    assert (vessels["hopper_origin"] == "vessel table").all()


def test_zones_of_the_user_keep_joint_regimes_and_claims(result, ais, tmp_path):
    table = episodes(result[0])
    x, y = table["lon"].iloc[0], table["lat"].iloc[0]
    square = shapely.box(x - 0.4, y - 0.4, x + 0.4, y + 0.4)
    world = shapely.box(-179, -80, 179, 80)
    zones = gpd.GeoDataFrame(
        {
            "geoname": ["All the rest", "Joint regime area: A / B"],
            "pol_type": ["200NM", "Joint regime"],
            "mrgid": [1, 2],
            "iso_ter1": ["NLD", "BEL"],
            "sovereign1": ["Netherlands", "Belgium"],
            "sovereign2": [None, "Netherlands"],
        },
        geometry=[world, square],
        crs="EPSG:4326",
    )
    zones.to_file(tmp_path / "eez.geojson", driver="GeoJSON")
    dredging.run([str(ais)], tmp_path / "o", dredging.Options(zones=tmp_path / "eez.geojson"))
    found = episodes(tmp_path / "o")
    assert set(found["zone"]) == {"All the rest", "Joint regime area: A / B"}
    joint = found[found["zone_kind"] == "Joint regime"]
    assert joint["country_iso3"].isna().all()
    assert (joint["zone_states"] == "Belgium; Netherlands").all()
    assert (joint["eez_mrgid"] == "2").all()
    assert (found["zone_basis"] == "eez.geojson").all()


def test_share_in_protected_areas_only_when_given(result, ais, tmp_path):
    assert episodes(result[0])["protected_share"].isna().all()
    lines = episodes(result[0]).geometry
    gpd.GeoDataFrame({"name": ["reserve"]}, geometry=[lines.iloc[0].buffer(0.2)], crs="EPSG:4326").to_file(
        tmp_path / "p.gpkg", driver="GPKG"
    )
    dredging.run([str(ais)], tmp_path / "o", dredging.Options(protected=tmp_path / "p.gpkg"))
    share = episodes(tmp_path / "o")["protected_share"]
    assert share.iloc[0] == pytest.approx(1)
    assert share.between(0, 1).all()
    assert share.min() == 0


def test_a_second_run_replaces_the_first_and_a_failed_one_does_not(ais, tmp_path):
    out = tmp_path / "o"
    dredging.run([str(ais)], out, dredging.Options())
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    with pytest.raises(Exception, match="memory"):
        dredging.run([str(ais)], out, dredging.Options("duckdb", "much"))
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    dredging.run([str(ais)], out, dredging.Options())
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert [each.name for each in tmp_path.iterdir()] == ["o"]


def test_other_files_of_the_user_stay(ais, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    dredging.run([str(ais)], tmp_path, dredging.Options())
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "episodes.parquet").exists()


def test_a_day_without_reports(tmp_path, lithoscope):
    (tmp_path / "a.csv").write_text("MMSI,BaseDateTime,LAT,LON,SOG,COG\n")
    ran = lithoscope("dredging", tmp_path / "a.csv", "--out", tmp_path / "o", "--json")
    assert ran.status == 0
    assert ran.document["positions"] == ran.document["episodes"] == 0
    assert list(episodes(tmp_path / "o")["mmsi"]) == []


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("", [], "the file is empty"),
        ("a,b\n1,2\n", [], "no column holds the MMSI"),
        ("PAR1broken", [], "broken or cut Parquet"),
        ("MMSI,TIME,LAT,LON\n", ["--engine", "abacus"], "is not an engine"),
        ("MMSI,TIME,LAT,LON\n", ["--zones", "missing.gpkg"], "no such file"),
        ("MMSI,TIME,LAT,LON\n", ["--mapping", "missing.yaml"], "mapping cannot be read"),
    ],
)
def test_bad_input_is_one_plain_line_and_status_two(tmp_path, lithoscope, content, options, said):
    (tmp_path / "a.csv").write_text(content)
    ran = lithoscope("dredging", tmp_path / "a.csv", "--out", tmp_path / "o", "--json", *options)
    assert ran.status == 2
    assert ran.out == ""
    lines = ran.err.strip().splitlines()
    assert len(lines) <= 3
    assert said in lines[-1]
    assert "; " in lines[-1]
    assert not (tmp_path / "o").exists()


def test_a_full_disk_is_said(ais, tmp_path, monkeypatch, lithoscope):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lithoscope.pipelines.dredging_outputs.write_table", full)
    ran = lithoscope("dredging", ais, "--out", tmp_path / "o")
    assert ran.status == 2
    assert "disk is full" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_the_former_results_and_nothing_else(ais, tmp_path, monkeypatch, lithoscope):
    out = tmp_path / "o"
    dredging.run([str(ais)], out, dredging.Options())
    before = {file.name: file.read_bytes() for file in out.iterdir()}

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("lithoscope.pipelines.dredging_outputs.write_table", interrupted)
    ran = lithoscope("dredging", ais, "--out", out)
    assert ran.status == 130
    assert ran.err.strip().splitlines()[-1].startswith("interrupted")
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert [each.name for each in tmp_path.iterdir()] == ["o"]


def test_an_interrupt_between_the_two_folders_puts_the_former_one_back(tmp_path, monkeypatch):
    out, made = tmp_path / "o", tmp_path / "work" / "result"
    for folder in (out, made):
        folder.mkdir(parents=True)
        (folder / "dredging.json").write_text(folder.name)
    rename = type(out).rename

    def interrupted(self, target):
        if self == made:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(type(out), "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dredging.put_in_place(made, out)
    assert (out / "dredging.json").read_text() == "o"


def test_text_for_people(ais, tmp_path, lithoscope):
    ran = lithoscope("dredging", ais, "--out", tmp_path / "o")
    assert ran.status == 0
    assert "4 dredgers" in ran.out


def test_text_for_people_counts_one_as_one_and_says_that_nothing_seen_is_unknown(tmp_path, lithoscope):
    (tmp_path / "a.csv").write_text("MMSI,TIME,LAT,LON\n219000001,2024-03-01 00:00:00Z,55,10\n")
    ran = lithoscope("dredging", tmp_path / "a.csv", "--out", tmp_path / "o")
    assert "1 position of 1 vessel;" in ran.out
    assert "volume in situ: no dredging was seen; that is unknown, not zero" in ran.out


def test_a_folder_is_read_without_the_documents_beside_its_data(tmp_path, lithoscope):
    day = tmp_path / "day"
    day.mkdir()
    (day / "a.csv").write_text("MMSI,TIME,LAT,LON\n219000001,2024-03-01 00:00:00Z,55,10\n")
    (day / "README.md").write_text("# What this is\n")
    ran = lithoscope("dredging", day, "--out", tmp_path / "o", "--json")
    assert ran.status == 0
    assert ran.document["files"] == ["a.csv"]


@pytest.mark.parametrize(
    ("file", "positions", "silent"),
    [
        ("ais-dma-2013/ais-sample.nmea.txt.gz", 24_688, 0),
        ("ais-marinecadastre-2023/test_data_noaa_20230101.csv", 1000, 0),
    ],
)
def test_real_feeds(shared_data, tmp_path, lithoscope, file, positions, silent):
    ran = lithoscope("dredging", shared_data / file, "--out", tmp_path / "o", "--json")
    assert ran.status == 0
    assert ran.document["positions"] == positions
    assert ran.document["episodes"] == silent
    vessels = pd.read_parquet(tmp_path / "o" / "vessels.parquet").set_index("name")
    if "R/V SKAGERAK" in vessels.index:
        assert not vessels.loc["R/V SKAGERAK", "is_dredger"]
        assert vessels.loc["SCELVERINGHE", "p_dredger"] > vessels.loc["R/V SKAGERAK", "p_dredger"]


def test_the_rotterdam_snapshot_is_refused_and_its_speed_noticed(shared_data, tmp_path, lithoscope):
    ran = lithoscope("dredging", shared_data / "ais-rotterdam-snapshot" / "ais.csv", "--out", tmp_path / "o")
    assert ran.status == 2
    assert "tenths of a knot" in ran.err


def test_tracks_across_the_antimeridian_are_split(tmp_path):
    site = fleet.Site("A", (179.6, -16.8), (179.99, -16.9))
    made = fleet.simulate({"hopper": 1}, start=START, days=2, spacing_s=120, seed=3, where=[site])
    east = pl.col("lon")
    made.reports.with_columns(
        pl.when((east > 180) & (east < 181)).then(east - 360).otherwise(east)
    ).write_parquet(tmp_path / "a.parquet")
    document = dredging.run([str(tmp_path / "a.parquet")], tmp_path / "o", dredging.Options())
    assert document["episodes"] == pytest.approx(len(made.loads), abs=2)
    for name in ("episodes", "tracks", "effort"):
        shapes = gpd.read_parquet(tmp_path / "o" / f"{name}.parquet").geometry.explode()
        width = shapes.bounds["maxx"] - shapes.bounds["minx"]
        assert width.max() < 1
    assert set(episodes(tmp_path / "o")["zone"]) == {"FJI"}


def test_research_ships_of_type_33_without_a_telling_name(tmp_path):
    made = fleet.simulate({"research": 6}, start=START, days=6, spacing_s=120, seed=9)
    made.reports.with_columns(pl.lit("ANNA").alias("name")).write_parquet(tmp_path / "a.parquet")
    document = dredging.run([str(tmp_path / "a.parquet")], tmp_path / "o", dredging.Options())
    assert document["dredgers"] == 0
    assert document["volume_m3"] == {"low": 0.0, "best": 0.0, "high": 0.0}


def test_depth_from_a_raster_when_given(result, ais, tmp_path):
    import numpy as np
    import rasterio

    with rasterio.open(
        tmp_path / "d.tif",
        "w",
        driver="GTiff",
        width=360,
        height=180,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.transform.from_origin(-180, 90, 1, 1),
    ) as raster:
        raster.write(np.full((1, 180, 360), -23.0, dtype="float32"))
    dredging.run([str(ais)], tmp_path / "o", dredging.Options(bathymetry=tmp_path / "d.tif"))
    assert (episodes(tmp_path / "o")["depth_m"] == 23).all()
    assert episodes(result[0])["depth_m"].isna().all()
