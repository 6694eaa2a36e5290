"""Corrections: applied while the publisher's value is as expected, reported once it is not."""

import json

import pandas as pd
import pytest

from lithoscope.domain.errors import BadReference
from lithoscope.pipelines import corrections

ENTRY = """
- row: {source: portal, record: XX-0042}
  field: stored_volume_m3
  expect: {gt: 1.0e+9}
  set: %s
  code: volume_implausible
  reason: Volume would fill the whole site 200 m deep; likely litres.
"""


def entries(tmp_path, text):
    (tmp_path / "portal.yaml").write_text(text, encoding="utf-8")
    return corrections.load(tmp_path)


def records(volume):
    return pd.DataFrame(
        {"source_row": [2, 3], "source_key": ["XX-0041", "XX-0042"], "stored_volume_m3": [5e9, volume]}
    )


def test_expected_value_is_set_missing_and_said_so(tmp_path):
    fixed, found = corrections.apply(records(2e9), entries(tmp_path, ENTRY % "null"), "facilities", "portal")
    assert fixed["stored_volume_m3"].isna().tolist() == [False, True]
    assert fixed.loc[0, "stored_volume_m3"] == 5e9
    (finding,) = found.to_dict("records")
    assert (finding["row"], finding["code"], finding["field"]) == (
        3,
        "volume_implausible",
        "stored_volume_m3",
    )
    assert "litres" in finding["reason"]
    assert "data/corrections" in finding["remedy"]


def test_a_value_of_ours_is_marked_as_inferred(tmp_path):
    fixed, _ = corrections.apply(records(2e9), entries(tmp_path, ENTRY % "2.0e+6"), "facilities", "portal")
    assert fixed.loc[1, "stored_volume_m3"] == 2e6
    assert json.loads(fixed.loc[1, "evidence_by_field"]) == {"stored_volume_m3": "inferred"}
    assert pd.isna(fixed.loc[0, "evidence_by_field"])


@pytest.mark.parametrize("repaired", [2e6, None])
def test_entry_fails_once_the_source_is_repaired(tmp_path, repaired):
    before = records(repaired)
    fixed, found = corrections.apply(before, entries(tmp_path, ENTRY % "null"), "facilities", "portal")
    pd.testing.assert_frame_equal(fixed, before)
    (finding,) = found.to_dict("records")
    assert "XX-0042" in finding["reason"]
    assert "remove the entry" in finding["remedy"]


def test_record_that_is_not_in_the_file_is_passed_over(tmp_path):
    _, found = corrections.apply(
        records(2e9).head(1), entries(tmp_path, ENTRY % "null"), "facilities", "portal"
    )
    assert found.empty


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("field: stored_volume_m3", "field: volume", "not a field"),
        ("code: volume_implausible", "code: odd", "not a code"),
        ("expect: {gt: 1.0e+9}", "expect: {}", "expect is empty"),
        ("expect: {gt: 1.0e+9}", "expect: {over: 3}", "entry 1"),
        ("  reason: Volume would fill the whole site 200 m deep; likely litres.\n", "", "reason"),
        ("- row: {source", "- row: [{source", "not YAML"),
    ],
)
def test_bad_entry_names_file_and_entry(tmp_path, old, new, said):
    text = (ENTRY % "null").replace(old, new)
    assert text != ENTRY % "null"
    with pytest.raises(BadReference, match=r"portal\.yaml") as error:
        entries(tmp_path, text)
    assert said in str(error.value)


def test_our_own_entries_load_and_give_reasons():
    assert corrections.entries()
    assert all(entry.reason.endswith(".") for entry in corrections.entries())


def test_our_entries_still_hold_on_the_publishers_files(shared_data):
    from lithoscope.sources import values

    folder = shared_data / "gem-coal-mines"
    closed = pd.read_csv(folder / "closed_mines.csv", dtype="str")
    other = pd.read_csv(folder / "non_closed_mines.csv", dtype="str")
    both = pd.concat([closed, other[other["ISO Code"].notna()]], ignore_index=True)
    records = pd.DataFrame(
        {
            "source_row": both.index,
            "source_key": both["GEM Mine ID"],
            "lon": values.angles(both["Longitude"])[0],
            "lat": values.angles(both["Latitude"])[0],
        }
    )
    mine = [entry for entry in corrections.entries() if entry.row.source == "gem_coal"]
    _, found = corrections.apply(records, mine, "mines", "gem_coal")
    assert len(found) == len(mine)
    assert set(found["code"]) == {entry.code for entry in mine}


def test_a_water_reservoir_listed_for_tailings_says_so_and_is_marked() -> None:
    table = pd.DataFrame({"source_key": ["TX04358", "AK00201"], "content": "tailings", "source_row": [2, 3]})
    records, found = corrections.correct(table, "facilities", "us_nid")
    assert records["content"].tolist() == ["water", "tailings"]
    assert "inferred" in records["evidence_by_field"][0]
    assert found[["row", "field", "value"]].to_numpy().tolist() == [[2, "content", "tailings"]]
