"""The starter register: what it must hold, and what must not be in it."""

import json
import shutil

import pandas as pd
import pytest

from lithoscope.domain import fields, registers
from lithoscope.domain.errors import BadInput
from lithoscope.domain.folders import DATA
from lithoscope.domain.provenance import EVIDENCE
from lithoscope.sources import starter


@pytest.fixture(scope="module")
def readings():
    return starter.read()


def records(readings, layer):
    parts = [
        reading.records[layer].assign(source_id=reading.source.source_id)
        for reading in readings
        if layer in reading.records
    ]
    return pd.concat(parts, ignore_index=True)


def test_every_source_says_where_it_comes_from(readings):
    for reading in readings:
        source = reading.source
        assert all((source.title, source.producer, source.citation, source.licence, source.url)), source
        assert source.evidence in EVIDENCE
        assert "github" not in " ".join(str(value) for value in source.as_dict().values()).lower()
        assert reading.rows_read == sum(len(table) for table in reading.records.values()) > 0


def test_it_is_large_and_wide_enough(readings):
    facilities, mines = records(readings, "facilities"), records(readings, "mines")
    assert len(facilities) >= 500
    assert facilities["country_stated_iso3"].nunique() >= 12
    ended = mines[mines["status_raw"].isin(["Abandoned", "Closed", "Past Producer"])]
    assert len(ended) >= 400
    assert ended["country_stated"].fillna(ended["country_stated_iso3"]).nunique() >= 12


def test_columns_are_fields_and_fit_their_dtypes(readings):
    for reading in readings:
        for layer, table in reading.records.items():
            conformed = registers.conform(table, layer)
            for each in fields.of_layer(layer):
                if each.allowed and each.dtype == "text" and each.name in table:
                    assert set(conformed[each.name].dropna()) <= set(each.allowed), each.name


def test_keys_lead_back_to_one_row(readings):
    for layer in ("facilities", "mines"):
        table = records(readings, layer)
        assert not table.duplicated(["source_id", "source_key"]).any()
        assert table["source_row"].notna().all()


def test_every_failure_stands_once_at_its_facility(readings):
    events = pd.concat([reading.events for reading in readings], ignore_index=True)
    assert len(events) >= 90
    assert not events.duplicated(["source_key", "year"]).any()
    assert set(events["kind"]) == {"failure"}
    assert set(events["source_id"]) == {"csp2_failures"}
    listed = {reading.source.source_id: reading for reading in readings}
    chile = listed["sernageomin"]
    assert {"0374-7C", "0674-5C"} <= set(chile.events["source_key"])
    assert set(chile.events["source_key"]) <= set(chile.records["facilities"]["source_key"])
    failures = listed["csp2_failures"]
    assert set(failures.records["facilities"]["source_key"]) == set(failures.events["source_key"])


def test_a_known_failure_has_its_printed_figures(readings):
    events = pd.concat([reading.events for reading in readings]).set_index("source_key")
    stava = events.loc["1985-stava-prestavel"]
    assert (stava["year"], stava["released_volume_m3"], stava["runout_km"], stava["deaths"]) == (
        1985, 180_000, 4.2, 269,
    )  # fmt: skip
    deaths = {
        "1970-mufulira": 89,
        "1961-jupille": 11,
        "1972-brunita": 1,
        "2011-kayakari": 2,
        "2002-thalanga": 0,
    }
    assert events.loc[list(deaths), "deaths"].to_dict() == deaths


def test_recalled_coordinates_are_inferred_and_have_a_precision(readings):
    table = next(r for r in readings if r.source.source_id == "csp2_failures").records["facilities"]
    placed = table[table["lon"].notna()]
    assert len(placed) > 70
    assert placed["coordinate_precision_km"].gt(0).all()
    assert all(
        json.loads(text) == {"lon": "inferred", "lat": "inferred"} for text in placed["evidence_by_field"]
    )


def test_no_personal_data_and_no_sentences(readings):
    for layer in ("facilities", "mines"):
        table = records(readings, layer)
        assert not {"remarks", "raw", "stability_note"} & set(table.columns)
        texts = table.select_dtypes("str")
        if "process_raw" in texts:  # a list of steps and reagents
            assert texts["process_raw"].dropna().str.split(";").explode().str.len().max() <= 60
            texts = texts.drop(columns="process_raw")
        longest = texts.apply(lambda column: column.str.len().max()).drop(
            "evidence_by_field", errors="ignore"
        )
        assert longest.max() <= 250, longest.sort_values().tail(3)
        assert not texts.apply(lambda column: column.str.contains(r"\d{3}\.\d{3}\.\d{3}-\d{2}").any()).any()
    brazil = next(r for r in readings if r.source.source_id == "anm_sigbm").records["facilities"]
    assert not brazil["owner"].str.contains("Airton Luiz Carus|EVANDRO DE SOUZA", na=False).any()


def test_it_is_compact():
    assert sum(path.stat().st_size for path in (DATA / "starter").glob("*.csv")) < 1_500_000


BROKEN = [
    ("facilities", "source_key", lambda text: text, "twice"),
    ("events", "source_key", lambda text: "nowhere", "not known"),
    ("mines", "source_id", lambda text: "nobody", "not known"),
    ("facilities", "lon", lambda text: "far west", "number"),
]


@pytest.fixture
def copy(tmp_path, readings):
    """A small starter register that a test may break."""
    for name in starter.FILES:
        table = pd.read_csv(DATA / "starter" / f"{name}.csv", dtype="str")
        if name == "events":
            table = table[table["facility_source_id"] == "csp2_failures"].head(3)
        if name == "facilities":
            table = table[table["source_id"] == "csp2_failures"]
        if name == "mines":
            table = table.head(3)
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_a_sound_copy_reads(copy):
    assert sum(reading.rows_read for reading in starter.read(copy)) == 93


@pytest.mark.parametrize(("name", "column", "change", "said"), BROKEN)
def test_a_broken_table_names_file_and_fault(copy, name, column, change, said):
    path = copy / f"{name}.csv"
    table = pd.read_csv(path, dtype="str")
    if said == "twice":
        table = pd.concat([table, table.head(1)])
    else:
        table.loc[1, column] = change(table.loc[1, column])
    table.to_csv(path, index=False)
    with pytest.raises(BadInput, match=f"{name}.csv") as error:
        starter.read(copy)
    assert said in str(error.value)


def test_a_missing_table_and_an_unknown_column_are_refused(copy):
    path = copy / "mines.csv"
    pd.read_csv(path, dtype="str").rename(columns={"name": "title"}).to_csv(path, index=False)
    with pytest.raises(BadInput, match="not a field"):
        starter.read(copy)
    shutil.move(path, copy / "elsewhere.csv")
    with pytest.raises(BadInput, match="does not exist"):
        starter.read(copy)
