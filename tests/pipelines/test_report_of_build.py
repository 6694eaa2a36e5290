"""What a build says to people, and that the command line and the page count the same."""

import json

from lithoscope.pipelines import findings, store

HEAD = "Dam Id,Name,Latitude,Longitude,Height (m)"
ROWS = "1,Alpha,-20.1,-43.9,30\n2,Beta,-20.2,-43.8,-12\n3,,-20.3,-43.7,999\n"


def table(folder, text=f"{HEAD}\n{ROWS}"):
    path = folder / "dams.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_names_kinds_of_findings_where_to_read_them_and_what_is_current(tmp_path, lithoscope):
    path = table(tmp_path)
    first = lithoscope("build", "--source", f"table={path}", "--data", tmp_path)
    assert "Height implausible (height_implausible): 2" in first.out and "/quality" in first.out
    assert "it replaced" not in first.out and "current release" in first.out
    former = store.open_release(tmp_path)
    assert (former.path / "findings.parquet").is_file() and f"{former.path}/findings.parquet" in first.out
    second = lithoscope("build", "--source", f"table={path}", "--data", tmp_path)
    assert f"it replaced {former.release_id} (3 facilities)" in second.out
    assert f"lithoscope releases --use {former.release_id} --data {tmp_path}" in second.out
    assert "--data FOLDER" in second.out


def test_a_former_release_is_shown_again_and_survives_the_next_builds(tmp_path, lithoscope):
    first = lithoscope("build", "--source", f"table={table(tmp_path)}", "--data", tmp_path, "--json").document
    smaller = table(tmp_path, f"{HEAD}\n1,Alpha,-20.1,-43.9,30\n")
    second = lithoscope("build", "--source", f"table={smaller}", "--data", tmp_path, "--json").document
    listed = lithoscope("releases", "--data", tmp_path, "--json").document
    assert listed["current"] == second["release"]
    assert [each["release"] for each in listed["releases"]] == [second["release"], first["release"]]
    assert [each["sites"]["facilities"] for each in listed["releases"]] == [1, 3]
    said = lithoscope("releases", "--use", first["release"], "--data", tmp_path)
    assert f"{first['release']} (current): 3 facilities, from table" in said.out
    assert lithoscope("sites", "--data", tmp_path, "--json").document["count"] == 3
    for _ in range(store.KEPT):
        store.write_release({"note.txt": b"a later one"}, [], {}, tmp_path)
        store.make_current(store.open_release(tmp_path, first["release"]))
    kept = [each.release_id for each in store.releases(tmp_path)]
    assert first["release"] in kept and len(kept) == store.KEPT
    assert lithoscope("releases", "--use", "gone", "--data", tmp_path).status == 2


def test_a_damaged_release_is_named_among_the_others_and_never_made_current(tmp_path, lithoscope):
    first, second = (
        lithoscope("build", "--source", f"table={table(tmp_path)}", "--data", tmp_path, "--json").document
        for _ in range(2)
    )
    path = store.open_release(tmp_path, first["release"]).path
    facilities = path / "facilities.parquet"
    whole = facilities.read_bytes()
    for damage, told in (
        (lambda: facilities.write_bytes(whole[:-100]), "missing or altered"),
        (lambda: (path / "manifest.json").write_text("{"), "manifest cannot be read"),
    ):
        damage()
        assert told in lithoscope("releases", "--data", tmp_path).out
        listed = lithoscope("releases", "--data", tmp_path, "--json").document
        assert [each.get("damaged") is None for each in listed["releases"]] == [True, False]
        refused = lithoscope("releases", "--use", first["release"], "--data", tmp_path)
        assert refused.status == 2 and "Traceback" not in refused.err
        assert store.open_release(tmp_path).release_id == second["release"]


def test_the_variable_that_the_server_heeds_names_the_folder_for_commands_too(
    tmp_path, lithoscope, monkeypatch
):
    monkeypatch.setenv("LITHOSCOPE_DATA", str(tmp_path / "there"))
    built = lithoscope("build", "--source", f"table={table(tmp_path)}", "--json").document
    assert store.open_release(tmp_path / "there").release_id == built["release"]
    assert lithoscope("sites", "--json").document["count"] == 3


def test_json_says_what_was_replaced_and_keeps_its_keys(tmp_path, lithoscope):
    path = table(tmp_path)
    first = lithoscope("build", "--source", f"table={path}", "--data", tmp_path, "--json").document
    assert first["replaced"] is None
    second = lithoscope("build", "--source", f"table={path}", "--data", tmp_path, "--json").document
    assert second["replaced"]["release"] == first["release"]
    assert second["replaced"]["sites"] == {"facilities": 3, "mines": 0}
    assert {"release", "rows_read", "layers", "flagged", "refused", "out_of_scope"} <= set(second)


def test_flagged_rows_are_counted_alike_on_the_command_line_and_the_page(tmp_path, lithoscope):
    path = tmp_path / "sites.csv"  # its layer and its encoding are guessed: remarks on the file, not on a row
    path.write_bytes("Id,Nom,Lat,Lon\n1,Mine à ciel,46,\n2,,46.2,6\n3,Île,46.1,6\n".encode("cp1252"))
    report = lithoscope("build", "--source", f"table={path}", "--data", tmp_path, "--json").document
    assert any(each["row"] is None for each in report["flagged"])
    shown = findings.table(store.open_release(tmp_path))
    flagged = shown[shown["outcome"].eq("flagged")]
    assert sum(counts["flagged"] for counts in report["layers"].values()) == findings.rows_of(flagged) == 2


def test_the_starter_brings_its_simulated_dredging_beside_a_table(tmp_path, lithoscope):
    sources = ("--source", "starter", "--source", f"table={table(tmp_path)}")
    report = lithoscope("build", *sources, "--data", tmp_path, "--json").document
    assert report["layers"]["dredging"]["accepted"] > 0
    assert set(store.open_release(tmp_path).sites("dredging")["evidence"]) == {"simulated"}


def test_countries_are_taken_by_name_and_unknown_ones_refused(tmp_path, lithoscope):
    lithoscope("build", "--source", f"table={table(tmp_path)}", "--data", tmp_path)
    for name in ("BRA", "bra", "Brazil", "Brésil", "br"):
        out = tmp_path / "out.csv"
        exported = lithoscope("export", "--out", out, "--country", name, "--data", tmp_path, "--json")
        assert exported.document["rows"] == 3
        assert lithoscope("sites", "--country", name, "--data", tmp_path, "--json").document["count"] == 3
        where = lithoscope("sites", "--where", f"country={name}", "--data", tmp_path, "--json")
        assert where.document["count"] == 3
        assert lithoscope("inventory", name, "--data", tmp_path, "--json").document["country"] == "BRA"


def test_an_unknown_country_is_an_error_with_its_remedy(tmp_path, lithoscope, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lithoscope("build", "--source", f"table={table(tmp_path)}", "--data", tmp_path)
    for arguments in (
        ("export", "--out", "none.csv", "--country", "XXX"),
        ("sites", "--country", "Atlantis"),
        ("sites", "--where", "country=XXX"),
        ("inventory", "XXX"),
        ("downstream", "--country", "XXX", "--dem", "x.tif", "--out", "below"),
    ):
        ran = lithoscope(*arguments, "--data", tmp_path)
        assert ran.status == 2 and "is no country that we know; give its ISO 3166 code" in ran.err
    assert not (tmp_path / "none.csv").exists()


def test_wrong_sources_and_paths_are_told_exactly(tmp_path, lithoscope, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = lithoscope("build", "--source", "tabel=x.csv", "--data", tmp_path)
    assert ran.status == 2 and "starter, dredging, downstream" in ran.err
    ran = lithoscope("build", "--source", "table=nope.csv:dams.yaml", "--data", tmp_path)
    assert ran.status == 2 and ran.err.startswith("nope.csv: does not exist")


def test_an_export_lists_the_sources_of_its_rows(tmp_path, lithoscope):
    sources = ("--source", "starter", "--source", f"table={table(tmp_path)}")
    lithoscope("build", *sources, "--data", tmp_path)
    out = tmp_path / "out.geojson"
    lithoscope("export", "--out", out, "--country", "ZWE", "--data", tmp_path)
    document = json.loads(out.read_text(encoding="utf-8"))
    listed = {each["source_id"] for each in document["sources"]}
    assert {each["properties"]["source_id"] for each in document["features"]} <= listed
    assert listed == {"csp2_failures", "implats_tsf"}
