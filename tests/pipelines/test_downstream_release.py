"""Results of `lithoscope downstream` in a release: what is kept, what feeds classes, what is left out."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.pipelines import downstream_release, downstream_results, store
from terrains import place, valley, write

ROW, COLUMN = 60, 10


@pytest.fixture
def made(tmp_path_factory, tmp_path, lithoscope):
    """Three dams in one valley: 0 and 1 can be assessed, 1 with people stated; 2 lacks height and volume."""
    first = tmp_path_factory.getbasetemp() / "three-dams"
    if not first.is_dir():
        first.mkdir()
        _make(first, lithoscope)
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    return tmp_path, *_arguments(tmp_path)


def _arguments(folder):
    given = ["--dem", folder / "dem.tif", "--population", folder / "people.tif"]
    given += ["--population-unit", "persons_per_km2", "--data", folder, "--out", folder / "out", "--json"]
    return f"table={folder / 'dams.csv'}:{folder / 'dams.yaml'}", given


def _make(folder, lithoscope):
    rows = []
    for k in range(3):
        lon, lat = place(ROW, COLUMN + 40 * k)
        size = (12, 3e5) if k < 2 else ("", "")
        rows.append([f"Dam {k}", lat, lon, *size, 7 if k == 1 else ""])
    names = ["Name", "Latitude", "Longitude", "Dam height (m)", "Stored volume (m3)", "Population at risk"]
    pd.DataFrame(rows, columns=names).to_csv(folder / "dams.csv", index=False)
    mapping = """layer: facilities
place: {lon: Longitude, lat: Latitude}
fields:
  name: Name
  dam_height_m: {column: Dam height (m), unit: m}
  stored_volume_m3: {column: Stored volume (m3), unit: m3}
  par_persons: Population at risk
"""
    (folder / "dams.yaml").write_text(mapping)
    write(folder / "dem.tif", valley())
    write(folder / "people.tif", np.full((121, 400), 900.0))
    table, given = _arguments(folder)
    ran = build(lithoscope, folder, table)
    assert ran.status == 0, ran.err
    assert ran.document["layers"]["facilities"]["accepted"] == 3
    country = set(store.open_release(folder).sites("facilities")["country_iso3"].dropna())
    ran = lithoscope("downstream", "--country", country.pop(), *given)
    assert ran.status == 0, ran.err


def build(lithoscope, folder, table, *more):
    return lithoscope("build", "--source", table, *more, "--data", folder, "--json")


def facilities(folder):
    return store.open_release(folder).sites("facilities").set_index("name").sort_index()


def test_results_stand_in_the_release_and_are_not_counted_as_rows(made, lithoscope):
    folder, table, _ = made
    ran = build(lithoscope, folder, table, "--source", f"downstream={folder / 'out'}")
    document = ran.document
    layers = document["layers"].values()
    counted = sum(each[key] for each in layers for key in ("accepted", "refused", "out_of_scope"))
    assert document["rows_read"] == counted == 3
    wanted = {"results": 3, "assessed": 2, "feeding_classes": 2, "unknown_sites": []}
    assert document["downstream"] == wanted
    release = store.open_release(folder)
    assert store.problems(release) == []
    assert "downstream" in {source.source_id for source in release.sources}
    found = release.table("downstream").set_index("site_id")
    assert len(found) == 3 and found["is_assessed"].sum() == 2
    answer = json.loads(found["document"].iloc[0])
    assert answer["runout_km"]["best"] == found["runout_km_best"].iloc[0]
    unassessed = json.loads(found.loc[~found["is_assessed"], "document"].iloc[0])
    assert "not recorded" in unassessed["notes"][0]
    shapes = release.geotable("downstream_shapes")
    assert sorted(shapes.loc[shapes["kind"] == "footprint", "case"].unique()) == ["best", "high", "low"]
    assert set(shapes["site_id"]) == set(found.index[found["is_assessed"]])
    profile = json.loads(found.loc[found["is_assessed"], "profile"].iloc[0])
    assert len(profile["terrain_m"]) == len(profile["chainage_km"]) <= downstream_results.PROFILE_POINTS


def test_results_feed_classes_only_where_no_source_says(made, lithoscope):
    folder, table, _ = made
    before = facilities(folder)
    build(lithoscope, folder, table, "--source", f"downstream={folder / 'out'}")
    after, found = facilities(folder), store.open_release(folder).table("downstream")
    assert before["consequence_at_least"].isna()[["Dam 0", "Dam 2"]].all()
    assert after["inundation_km2"].notna().tolist() == [True, True, False]
    row = found.set_index("site_id").loc[after.loc["Dam 0", "site_id"]]
    assert after.loc["Dam 0", "par_low_persons"] == np.floor(row["population_low"]) > 0
    assert row["filled"] == "inundation_km2; par_low_persons; par_high_persons"
    assert pd.notna(after.loc["Dam 0", "consequence_at_least"])
    assert after.loc["Dam 1", "par_persons"] == 7 and pd.isna(after.loc["Dam 1", "par_low_persons"])
    assert pd.isna(after.loc["Dam 2", "consequence_at_least"])  # not assessed is unrated, never low
    width = after["priority_high"] - after["priority_low"]
    assert width["Dam 0"] < (before["priority_high"] - before["priority_low"])["Dam 0"]
    explained = lithoscope("explain", after.loc["Dam 0", "site_id"], "--data", folder, "--json").document
    evidence = {each["method"]: each["evidence"] for each in explained["classes"]}
    of_ours = ("gistm_area_class", "gistm_par_class", "gistm_consequence", "gistm_loading", "tei_uba2020")
    assert {evidence[name] for name in of_ours} == {"modelled"}
    assert after.loc["Dam 0", "computed_fields"] == row["filled"]
    assert pd.isna(after.loc["Dam 2", "computed_fields"])
    stated = lithoscope("explain", after.loc["Dam 1", "site_id"], "--data", folder, "--json").document
    evidence = {each["method"]: each["evidence"] for each in stated["classes"]}
    assert (evidence["gistm_par_class"], evidence["gistm_area_class"]) == ("reported", "modelled")


def test_a_what_if_is_shown_but_feeds_nothing_and_the_later_answer_holds(made, lithoscope):
    folder, table, given = made
    site_id = facilities(folder).loc["Dam 0", "site_id"]
    ran = lithoscope("downstream", site_id, "--height-m", "40", "--volume-m3", "9e6", *given)
    assert ran.status == 0, ran.err
    build(lithoscope, folder, table, "--source", f"downstream={folder / 'out'}")
    found = store.open_release(folder).table("downstream").set_index("site_id").loc[site_id]
    assert found["height_m"] == 40 and not found["is_of_register"] and found["filled"] == ""
    assert pd.isna(facilities(folder).loc["Dam 0", "inundation_km2"])


def test_results_of_other_registers_are_named_and_left_out(made, lithoscope):
    folder, _, _ = made
    other = folder / "other.csv"
    other.write_text("Name,Latitude,Longitude,Dam height (m)\nElsewhere,47.0,8.0,9\nNowhere,46.9,8.1,8\n")
    ran = build(lithoscope, folder, f"table={other}", "--source", f"downstream={folder / 'out'}")
    assert ran.status == 0
    told = ran.document["downstream"]
    assert told["results"] == len(told["unknown_sites"]) == 3  # the ids are the same, the places are not
    assert store.open_release(folder).table("downstream").empty
    assert store.open_release(folder).geotable("downstream_shapes").empty
    assert "no facility of this build" in ran.err


@pytest.mark.parametrize("harm", ["empty", "typed", "cut", "shape", "missing"])
def test_bad_folders_are_refused_in_one_line_and_the_release_stays(made, lithoscope, harm):
    folder, table, _ = made
    out = folder / "out"
    before = store.open_release(folder).release_id
    if harm == "empty":
        out = folder / "none"
        out.mkdir()
    elif harm == "typed":
        out = folder / "typed"
        out.mkdir()
        (out / "result.json").write_text(json.dumps({"site": {"lon": 1, "lat": 2}}))
    elif harm == "cut":
        next(out.glob("*.result.json")).write_text('{"site": {')
    elif harm == "shape":
        path = next(out.glob("*.footprint.geojson"))
        path.write_text(path.read_text().replace("coordinates", "points"))
    else:
        next(out.glob("*.path.geojson")).unlink()
    ran = build(lithoscope, folder, table, "--source", f"downstream={out}")
    assert ran.status == 2
    assert "Traceback" not in ran.err and len(ran.err.strip().splitlines()) <= 3
    assert store.open_release(folder).release_id == before


def test_a_cut_off_journal_line_and_a_path_outside_the_folder_do_no_harm(made):
    folder, _, _ = made
    out = folder / "out"
    journal = out / "downstream.jsonl"
    lines = journal.read_text().splitlines()
    question, key, answer = json.loads(next(line for line in lines if "footprint.geojson" in line))
    answer["outputs"] = {name: f"/etc/{path.rsplit('/', 1)[1]}" for name, path in answer["outputs"].items()}
    journal.write_text("\n".join([*lines, json.dumps([question, key, answer]), '["x", "y", {"si']))
    assert len(downstream_results.read(out)["downstream"]) == 3  # the files beside the journal are read


def test_folder_that_is_none_and_source_without_folder():
    with pytest.raises(BadInput, match="not a folder"):
        downstream_results.read(downstream_release.Path("nowhere"))
    assert downstream_release.read([]) is None
