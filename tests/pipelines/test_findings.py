"""Findings of a release: each tied to its record, narrowed, counted, and sent away harmless."""

import io

import pandas as pd
import pytest

from lithoscope.pipelines import comparison, corrections, findings, store
from lithoscope.pipelines.build import build
from lithoscope.pipelines.project import SourceEntry

HEADER = "Dam Id,Name,Country,Latitude,Longitude,Height (m)"
ROWS = (
    "1,Alpha,Brazil,-20.1,-43.9,30",
    "2,=1+1,Brazil,-43.9,-20.1,12",
    "3,Gamma,Chile,,,9",
    "4,Delta,Chile,-33.4,-70.5,twenty",
)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("findings")
    path = folder / "dams.csv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n")
    build([SourceEntry(name="table", path=path)], folder)
    return store.open_release(folder)


def test_each_finding_names_the_record_of_its_row(release):
    found = findings.table(release).set_index("code")
    assert found.loc["swapped", "name"] == "=1+1"
    assert found.loc["no_coordinates", ["site_id", "country_iso3"]].tolist() == ["tsf:table:3", "CHL"]
    assert found.loc["not_a_number", "record_id"] == "table:4"


def test_a_filter_keeps_what_it_says_and_counts_add_up(release):
    found = findings.table(release)
    assert findings.narrowed(found, {})["code"].tolist() == found["code"].tolist()
    chile = findings.narrowed(found, {"country": ["CHL"]})
    assert set(chile["row"]) == {4, 5}
    assert findings.narrowed(found, {"country": ["CHL"], "code": ["swapped"]}).empty
    assert findings.narrowed(found, {}, "delta")["row"].unique().tolist() == [5]
    for name in findings.FILTERS:
        assert sum(findings.counts(found, name).values()) == len(found)


def test_a_proposed_repair_stands_in_the_remedy(release):
    proposed = findings.with_repair(findings.table(release))
    assert proposed["code"].tolist() == ["swapped"]
    assert proposed["remedy"].iloc[0].endswith("lon=-43.9, lat=-20.1")


def test_files_hold_every_row_and_no_formula(release):
    found = findings.table(release)
    text = pd.read_csv(io.BytesIO(findings.to_bytes(release, found, "csv")))
    book = pd.read_excel(
        io.BytesIO(findings.to_bytes(release, found, "xlsx")), sheet_name=None, engine="calamine"
    )
    assert len(text) == len(book["findings"]) == len(found)
    assert "'=1+1" in set(text["name"])
    assert book["sources"]["source_id"].tolist() == ["table"]


def test_every_entry_of_corrections_is_listed_with_its_state(release):
    listed = findings.repairs(release)
    assert len(listed) == len(corrections.entries())
    assert set(listed["state"]) == {"absent"}


def test_entries_repair_the_record_that_they_name(shared_data, tmp_path):
    build([SourceEntry(name="gem_coal", path=shared_data / "gem-coal-mines")], tmp_path)
    listed = findings.repairs(store.open_release(tmp_path))
    mine = listed[listed["source"] == "gem_coal"]
    assert set(mine["state"]) == {"holds"}
    for row in mine.itertuples():
        assert abs(float(row.published) - float(row.expect.split()[1])) < 1e-3
    assert mine["site_id"].str.endswith(mine["record"].iloc[0]).any()


def test_records_agree_differ_or_stand_alone():
    records = pd.DataFrame(
        {
            "name": ["São João Mine", "SAO JOAO"],
            "dam_height_m": [30.0, 30.2],
            "stored_volume_m3": [1e6, 2e6],
            "commodities": ["gold; copper", "copper; gold"],
            "owner": [None, "Somebody"],
            "lon": [-43.9, -43.95],
        }
    )
    states = comparison.compare(records, "facilities")
    assert states == {
        "lon": "differ",
        "stored_volume_m3": "differ",
        "name": "agree",
        "commodities": "agree",
        "dam_height_m": "agree",
        "owner": "one",
    }
    assert list(states)[:2] == ["lon", "stored_volume_m3"]
