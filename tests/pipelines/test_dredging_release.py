"""Results of dredging in a release: counted, listed, exported, and what is simulated says so everywhere."""

import geopandas as gpd
import pandas as pd
import pytest

from lithoscope.domain import fields
from lithoscope.pipelines import dredging, dredging_release, fleet, store

SAID = "simulated, not observations"


def results(folder, *, is_simulated):
    """A result folder of three hoppers over two days."""
    start = pd.Timestamp("2022-03-30", tz="UTC")
    made = fleet.simulate({"hopper": 3}, start=start, days=2, spacing_s=600, seed=4)
    made.reports.write_parquet(folder / "ais.parquet")
    out = folder / "result"
    dredging.run([str(folder / "ais.parquet")], out, dredging.Options(is_simulated=is_simulated, seed=1))
    return out


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    return results(tmp_path_factory.mktemp("observed"), is_simulated=False)


@pytest.fixture
def built(observed, lithoscope, tmp_path):
    ran = lithoscope("build", "--source", f"dredging={observed}", "--data", tmp_path, "--json")
    assert ran.status == 0, ran.err
    return tmp_path, ran.document


def test_every_episode_is_counted_listed_and_in_the_inventory(built, observed, lithoscope):
    data, report = built
    episodes = gpd.read_parquet(observed / "episodes.parquet")
    assert len(episodes) > 5
    assert report["rows_read"] == report["layers"]["dredging"]["accepted"] == len(episodes)
    listed = lithoscope("sites", "--layer", "dredging", "--limit", "0", "--data", data, "--json").document
    assert listed["count"] == len(episodes)
    assert {each["site_id"].split(":")[0] for each in listed["sites"]} == {"dredging"}
    assert all(each["records"] == [{"source_id": "dredging", "row": None}] for each in listed["sites"])
    for iso3, n in episodes["country_iso3"].value_counts().items():
        counts = lithoscope("inventory", iso3, "--data", data, "--json").document["layers"]["dredging"]
        assert counts["count"] == n
        assert counts["by_evidence"] == {"inferred": n}


def test_a_build_of_named_sources_holds_nothing_simulated(built):
    data, _ = built
    release = store.open_release(data)
    assert [source.source_id for source in release.sources] == ["dredging"]
    assert set(release.sites("dredging")["evidence"]) == {"inferred"}
    for name in dredging_release.TABLES:
        assert not release.table(f"dredging_{name}")["note"].eq(SAID).any()


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "geojson", "csv", "xlsx"])
def test_the_layer_is_exported_whole(built, lithoscope, tmp_path, suffix):
    data, report = built
    out = tmp_path / f"episodes.{suffix}"
    ran = lithoscope("export", "--layer", "dredging", "--out", out, "--data", data, "--json")
    assert ran.status == 0, ran.err
    assert ran.document["rows"] == report["rows_read"]
    readers = {
        "csv": pd.read_csv,
        "xlsx": lambda path: pd.read_excel(path, engine="calamine"),
        "parquet": gpd.read_parquet,
    }
    table = (
        gpd.read_file(out, layer="dredging") if suffix == "gpkg" else readers.get(suffix, gpd.read_file)(out)
    )
    assert len(table) == report["rows_read"]
    assert table["hours"].sum() > 1
    if suffix not in ("csv", "xlsx"):
        assert set(table.geometry.geom_type) == {"LineString"}


def test_a_condition_on_a_field_of_episodes_is_understood(built, lithoscope):
    data, report = built
    asked = ("sites", "--layer", "dredging", "--data", data, "--json", "--where")
    long = lithoscope(*asked, "hours>=2").document["count"]
    short = lithoscope(*asked, "hours<2").document["count"]
    assert long and short
    assert long + short == report["rows_read"]


def test_simulated_results_say_so_in_every_table(tmp_path, lithoscope):
    folder = results(tmp_path, is_simulated=True)
    ran = lithoscope("build", "--source", f"dredging={folder}", "--data", tmp_path / "data", "--json")
    release = store.open_release(tmp_path / "data")
    layer = release.sites("dredging")
    assert ran.document["layers"]["dredging"]["accepted"] == len(layer)
    assert set(layer["evidence"]) == {"simulated"}
    assert set(layer["note"]) == {SAID}
    for name in dredging_release.TABLES:
        assert release.table(f"dredging_{name}")["note"].eq(SAID).all()
    assert "simulated, not observations" in release.sources[0].title


def test_the_embedded_fleet_spans_the_seasons_and_says_what_it_is():
    one = dredging_release.simulated()
    assert one.source.evidence == "simulated"
    assert set(one.episodes["evidence"]) == {"simulated"}
    assert one.episodes["month"].nunique() == dredging_release.MONTHS
    assert one.episodes["zone"].nunique() >= 8
    assert len(one.tables["vessels"].query("is_dredger")) == dredging_release.COUNTS["hopper"]
    assert one.tables["dark_gaps"]["hours"].max() <= dredging_release.LONGEST_GAP_H


def test_the_shipped_results_are_what_the_command_makes(tmp_path):
    dredging_release.make(tmp_path / "made")
    made, shipped = (
        dredging_release.read(folder) for folder in (tmp_path / "made", dredging_release.SHIPPED)
    )
    pd.testing.assert_frame_equal(pd.DataFrame(made.episodes), pd.DataFrame(shipped.episodes))
    for name, table in shipped.tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(made.tables[name]), pd.DataFrame(table), obj=name)


def test_a_folder_without_results_is_refused_in_one_line(tmp_path, lithoscope):
    ran = lithoscope("build", "--source", f"dredging={tmp_path}", "--data", tmp_path / "d", "--json")
    assert ran.status == 2
    assert "holds no results of dredging" in ran.err
    (tmp_path / "dredging.json").write_text("{")
    ran = lithoscope("build", "--source", f"dredging={tmp_path}", "--data", tmp_path / "d", "--json")
    assert ran.status == 2
    assert len(ran.err.strip().splitlines()) <= 3


def test_the_same_results_twice_are_refused(observed, tmp_path, lithoscope):
    twice = ("--source", f"dredging={observed}") * 2
    ran = lithoscope("build", *twice, "--data", tmp_path, "--json")
    assert ran.status == 2
    assert "same episode" in ran.err


def test_every_field_of_the_layer_has_a_meaning():
    known = fields.of_layer("dredging")
    assert {"site_id", "evidence", "hours", "zone", "note"} <= {each.name for each in known}
    assert all(each.meaning and each.label for each in known)


def test_no_method_rates_an_episode(built, lithoscope):
    data, _ = built
    listed = lithoscope("sites", "--layer", "dredging", "--limit", "1", "--data", data, "--json").document
    site_id = listed["sites"][0]["site_id"]
    ran = lithoscope("explain", site_id, "--data", data, "--json")
    assert ran.status == 0
    assert ran.document["classes"] == []
    assert lithoscope("explain", "dredging:none", "--data", data, "--json").status == 2
