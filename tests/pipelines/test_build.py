"""From files to a release and back to counts, as a user runs it."""

import json

import pandas as pd
import pytest

from lithoscope.domain.fields import LAYERS
from lithoscope.pipelines import build as pipeline
from lithoscope.pipelines import inventory, store

KEYS = {"accepted", "flagged", "refused", "out_of_scope"}


def table(tmp_path, *rows, name="dams.csv"):
    path = tmp_path / name
    header = "Dam Id,Name,Country,Latitude,Longitude,Height (m),Volume (m3),Status"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


ROWS = (
    "1,Alpha,Brazil,-20.1,-43.9,30,1000000,Active",
    "2,Beta,Brazil,,,12,50000,Closed",
    "3,Gamma,Chile,95,-70,20,70000,Active",
    "4,Delta,Chile,-33.4,-70.5,twenty,80000,Active",
)


def test_rows_are_accounted_for_and_flagged(lithoscope, tmp_path):
    ran = lithoscope("build", "--source", f"table={table(tmp_path, *ROWS)}", "--data", tmp_path, "--json")
    assert ran.status == 0, ran.err
    report = ran.document
    assert report["rows_read"] == 4
    assert set(report["layers"]) == set(LAYERS)
    assert all(set(counts) == KEYS for counts in report["layers"].values())
    counted = sum(counts[key] for counts in report["layers"].values() for key in KEYS - {"flagged"})
    assert counted == report["rows_read"]
    codes = {(finding["row"], finding["code"]) for finding in report["flagged"]}
    assert {(3, "no_coordinates"), (4, "bad_coordinates"), (5, "not_a_number")} <= codes
    assert all(finding["reason"] and finding["remedy"] for finding in report["flagged"])


def test_counts_agree_between_build_inventory_sites_and_export(lithoscope, tmp_path):
    lithoscope("build", "--source", f"table={table(tmp_path, *ROWS)}", "--data", tmp_path)
    inventory = lithoscope("inventory", "BRA", "--data", tmp_path, "--json").document
    assert inventory["layers"]["facilities"]["count"] == 2
    assert inventory["without_coordinates"] == 1
    listed = lithoscope("sites", "--country", "BRA", "--data", tmp_path, "--json").document
    assert (listed["count"], listed["truncated"]) == (2, False)
    assert {row["row"] for site in listed["sites"] for row in site["records"]} == {2, 3}
    out = tmp_path / "bra.csv"
    exported = lithoscope("export", "--out", out, "--country", "BRA", "--data", tmp_path, "--json").document
    assert exported == {"out": str(out), "rows": 2, "format": "csv"}
    assert lithoscope("check", "--data", tmp_path, "--json").document["ok"]


def test_what_the_source_wrote_is_kept(lithoscope, tmp_path):
    lithoscope("build", "--source", f"table={table(tmp_path, *ROWS)}", "--data", tmp_path)
    records = store.open_release(tmp_path).records("facilities")
    delta = records[records["name"] == "Delta"].iloc[0]
    assert json.loads(delta["raw"])["Height (m)"] == "twenty"
    assert delta["dam_height_m"] != delta["dam_height_m"]


def test_a_release_differs_from_the_next_in_what_changed(lithoscope, tmp_path):
    ids = []
    for rows in (ROWS[:2], ROWS[1:]):
        lithoscope("build", "--source", f"table={table(tmp_path, *rows)}", "--data", tmp_path)
        ids.append(store.open_release(tmp_path).release_id)
    document = lithoscope("diff", *ids, "--data", tmp_path, "--json").document
    assert (len(document["added"]), len(document["removed"])) == (2, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("Name,Latitude\n", ""), ("\x00\x01\x02", "")],
)
def test_an_unusable_file_leaves_the_former_release(lithoscope, tmp_path, text, words):
    lithoscope("build", "--source", f"table={table(tmp_path, *ROWS)}", "--data", tmp_path)
    former = store.open_release(tmp_path).release_id
    bad = tmp_path / "bad.csv"
    bad.write_text(text)
    ran = lithoscope("build", "--source", f"table={bad}", "--data", tmp_path, "--json")
    assert ran.status == 2
    assert ran.out == ""
    assert 1 <= len(ran.err.strip().splitlines()) <= 3
    assert "bad.csv" in ran.err
    assert words in ran.err
    assert store.open_release(tmp_path).release_id == former


def test_nothing_but_the_error_is_said_of_a_build_that_fails(lithoscope, tmp_path):
    good, empty = table(tmp_path, *ROWS), tmp_path / "empty.csv"
    empty.write_text("")
    ran = lithoscope("build", "--source", f"table={good}", "--source", f"table={empty}", "--data", tmp_path)
    assert ran.status == 2
    assert ran.err.splitlines() == ["empty.csv: the file is empty; check the download, then try again"]


def test_files_of_one_name_keep_a_mapping_each(lithoscope, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    paths = [table(tmp_path / name, *ROWS) for name in ("a", "b")]
    lithoscope("build", *(f"--source=table={path}" for path in paths), "--data", tmp_path)
    files = store.open_release(tmp_path).manifest["files"]
    assert {"mappings/dams.yaml", "mappings/dams~2.yaml"} <= set(files)


def test_a_damaged_release_hinders_no_build(lithoscope, tmp_path):
    path = table(tmp_path, *ROWS)
    lithoscope("build", "--source", f"table={path}", "--data", tmp_path)
    release = store.open_release(tmp_path)
    (release.path / "facilities.parquet").write_bytes(b"")
    for command in (("sites",), ("explain", "tsf:table:1"), ("export", "--out", tmp_path / "a.csv")):
        ran = lithoscope(*command, "--data", tmp_path)
        assert (ran.status, ran.out) == (2, "")
        assert "facilities.parquet: missing or altered" in ran.err
    assert lithoscope("build", "--source", f"table={path}", "--data", tmp_path).status == 0
    assert lithoscope("sites", "--data", tmp_path, "--json").document["count"] == 4


def test_a_layer_that_no_source_has_is_not_exported(lithoscope, tmp_path):
    lithoscope("build", "--source", f"table={table(tmp_path, *ROWS)}", "--data", tmp_path)
    ran = lithoscope("export", "--layer", "dredging", "--out", tmp_path / "a.csv", "--data", tmp_path)
    assert ran.status == 2
    assert "holds no dredging; build again with a source that has it" in ran.err


@pytest.mark.parametrize(
    "command", [("sites", "--where", "name~\udcff"), ("build", "--source", "table=caf\udce9.csv")]
)
def test_an_argument_that_is_not_utf_8_is_told(lithoscope, tmp_path, command):
    ran = lithoscope(*command, "--data", tmp_path, "--json")
    assert (ran.status, ran.out) == (2, "")
    assert "is not UTF-8" in ran.err


def test_ctrl_c_leaves_the_former_release(lithoscope, tmp_path, monkeypatch):
    path = table(tmp_path, *ROWS)
    lithoscope("build", "--source", f"table={path}", "--data", tmp_path)
    former = store.open_release(tmp_path).release_id

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "standardise", interrupted)
    ran = lithoscope("build", "--source", f"table={path}", "--data", tmp_path)
    assert ran.status == 130
    assert store.open_release(tmp_path).release_id == former
    assert {child.name for child in (tmp_path / "releases").iterdir()} == {former, "current"}


def test_a_kept_inventory_is_the_one_that_its_sites_count(lithoscope, tmp_path):
    lithoscope(
        "build", "--source", "starter", "--source", f"table={table(tmp_path, *ROWS)}", "--data", tmp_path
    )
    release = store.open_release(tmp_path)
    facilities = release.sites("facilities", ["country_iso3"])["country_iso3"]
    assert facilities.nunique() > 20
    for iso3 in [*sorted(facilities.dropna().unique())[::3], "TUV"]:
        kept = inventory.inventory(release, iso3)
        assert {key: kept[key] for key in ("layers", "without_coordinates", "disclosure_gap")} == (
            inventory.counted(release, iso3)
        ), iso3


def test_blocks_do_not_show_in_what_is_written(lithoscope, tmp_path, monkeypatch):
    rows = [row.replace(row[0], str(n), 1) for n in range(8) for row in ROWS]
    path = table(tmp_path, *rows)
    frames = []
    for folder in ("whole", "blocks"):
        data = tmp_path / folder
        lithoscope("build", "--source", f"table={path}", "--data", data)
        release = store.open_release(data)
        names = ("facilities", "facilities_records", "facilities_classes", "inventories")
        tables = {name: release.table(name) for name in names}
        keys = ["source", "row", "code", "field"]
        tables["findings"] = release.table("findings").sort_values(keys, ignore_index=True)
        frames.append(tables)
        monkeypatch.setattr(pipeline, "BLOCK", 7)
        monkeypatch.setattr(store, "ROWS_PER_GROUP", 11)
    for name, whole in frames[0].items():
        pd.testing.assert_frame_equal(whole, frames[1][name], obj=name)


def test_an_interruption_in_the_middle_of_writing_leaves_the_former_release(
    lithoscope, tmp_path, monkeypatch
):
    path = table(tmp_path, *ROWS)
    lithoscope("build", "--source", f"table={path}", "--data", tmp_path)
    former = store.open_release(tmp_path).release_id
    append = store.Draft.append

    def interrupted(self, name, *rest):
        append(self, name, *rest)
        if name == "facilities":
            assert any(child.name.startswith(".draft-") for child in (tmp_path / "releases").iterdir())
            raise KeyboardInterrupt

    monkeypatch.setattr(store.Draft, "append", interrupted)
    assert lithoscope("build", "--source", f"table={path}", "--data", tmp_path).status == 130
    assert {child.name for child in (tmp_path / "releases").iterdir()} == {former, "current"}


def test_the_project_file_repeats_a_build(lithoscope, tmp_path):
    path = table(tmp_path, *ROWS)
    (tmp_path / "lithoscope.toml").write_text(f'[[source]]\nname = "table"\npath = "{path.name}"\n')
    assert lithoscope("build", "--data", tmp_path, "--json").document["rows_read"] == 4
    (tmp_path / "lithoscope.toml").write_text("[[sauce]]\n")
    ran = lithoscope("build", "--data", tmp_path)
    assert ran.status == 2
    assert "sauce" in ran.err


def test_what_does_not_exist_is_one_line_and_exit_2(lithoscope, tmp_path):
    lithoscope("build", "--source", f"table={table(tmp_path, *ROWS)}", "--data", tmp_path)
    for arguments in (
        ("build", "--source", "nowhere=x.csv"),
        ("build", "--source", "x"),
        ("inventory", "XXX"),
        ("sites", "--where", "a=1"),
    ):
        ran = lithoscope(*arguments, "--data", tmp_path, "--json")
        assert (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1), arguments


def test_brazil_as_the_regulator_published_it(lithoscope, tmp_path, shared_data):
    path = shared_data / "br-sigbm" / "barragens_anm_sigbm_2022.csv"
    report = lithoscope("build", "--source", f"anm_sigbm={path}", "--data", tmp_path, "--json").document
    assert report["rows_read"] == report["layers"]["facilities"]["accepted"] == 909
    facilities = lithoscope("inventory", "BRA", "--data", tmp_path, "--json").document["layers"]["facilities"]
    assert facilities["count"] == 909
    assert facilities["by_consequence"] == {"unrated": 414, "low": 73, "significant": 155, "high": 267}


def test_usa_keeps_rows_without_coordinates(lithoscope, tmp_path, shared_data):
    path = shared_data / "us-nid-tailings" / "nid_2018_tailings.csv"
    report = lithoscope("build", "--source", f"us_nid={path}", "--data", tmp_path, "--json").document
    assert report["layers"]["facilities"]["accepted"] == 1362
    inventory = lithoscope("inventory", "USA", "--data", tmp_path, "--json").document
    assert inventory["layers"]["facilities"]["count"] == 1362
    assert inventory["without_coordinates"] == 48
