"""Regenerating the starter register: same files, same bytes; what is typed by hand stays."""

import pandas as pd
import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.pipelines import starter

SOURCE = SourceRecord("gem_coal", "t", "p", "c", "CC BY 4.0", "inferred")


@pytest.fixture
def reader(monkeypatch):
    """Puts a Reading in the place of the publisher's file."""

    def put(table, layer="mines", source=SOURCE):
        reading = Reading(source=source, records={layer: table}, rows_read=len(table))
        monkeypatch.setattr(starter, "_read", lambda name, path: reading)

    return put


def mines(**columns):
    count = len(next(iter(columns.values())))
    base = {"source_row": range(2, count + 2), "source_key": [f"M{n}" for n in range(count)]}
    return pd.DataFrame(base | columns)


def test_closed_named_mines_enter_with_rounded_places_and_without_raw(tmp_path, reader):
    reader(
        mines(
            name=["A", None, "C"],
            status_raw=["Abandoned", "Closed", "Operating"],
            lon=[1.23456789, 2, 3],
            lat=[50.0, 2, 3],
            raw=["{}", "{}", "{}"],
        )
    )
    assert starter.regenerate({"gem_coal": tmp_path}, tmp_path) == {"gem_coal": 1}
    table = pd.read_csv(tmp_path / "mines.csv", dtype="str")
    assert list(table.columns) == [
        "source_id",
        "source_row",
        "source_key",
        "name",
        "lon",
        "lat",
        "status_raw",
    ]
    assert table.iloc[0].tolist() == ["gem_coal", "2", "M0", "A", "1.23457", "50", "Abandoned"]


def test_rows_of_other_sources_stay_and_a_second_run_changes_no_byte(tmp_path, reader):
    (tmp_path / "mines.csv").write_text("source_id,source_row,source_key,name\ntyped,1,x,By hand\n")
    reader(mines(name=["B", "A"], status_raw=["Closed", "Closed"]))
    starter.regenerate({"gem_coal": tmp_path}, tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    starter.regenerate({"gem_coal": tmp_path}, tmp_path)
    assert first == {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert pd.read_csv(tmp_path / "mines.csv")["name"].tolist() == ["B", "A", "By hand"]
    assert pd.read_csv(tmp_path / "sources.csv")["source_id"].tolist() == ["gem_coal"]


OWNERS = [
    ("VALE S.A.", True),
    ("CIA. MINERA CERRO NEGRO S.A.", True),
    ("SCM SIERRA GORDA", True),
    ("EXTRATIVA MINERAL S/A", True),
    ("Mineração Ipê Ltda", True),
    ("LEONEL ANGEL BRUNE", False),
    ("Marcelo Exemplo EPP", False),
    ("HANS BEISPIEL (EX MINERA UNO)", False),
]


def test_owners_who_may_be_natural_persons_are_left_out(tmp_path, reader):
    table = mines(name=[f"n{n}" for n in range(len(OWNERS))], owner=[owner for owner, _ in OWNERS])
    source = SourceRecord("sernageomin", "t", "p", "c", "l", "official")
    reader(table, "facilities", source)
    starter.regenerate({"sernageomin": tmp_path}, tmp_path)
    kept = pd.read_csv(tmp_path / "facilities.csv").set_index("source_key")["owner"].notna()
    assert kept.to_list() == [is_company for _, is_company in OWNERS]


def test_unknown_source_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no place in the starter register"):
        starter.regenerate({"secret": tmp_path}, tmp_path)


def test_the_shipped_tables_come_from_the_publishers_files(tmp_path, shared_data):
    from lithoscope.domain.folders import DATA

    paths = {
        "usgs_mrds": shared_data / "us-mrds-california" / "usgs_mrds_gold_lode_ncal.geojson",
        "epa_npl": shared_data / "us-superfund-npl" / "superfund_npl.csv",
    }
    starter.regenerate(paths, tmp_path)
    made = pd.read_csv(tmp_path / "mines.csv", dtype="str").set_index(["source_id", "source_key"])
    shipped = pd.read_csv(DATA / "starter" / "mines.csv", dtype="str").set_index(["source_id", "source_key"])
    shipped = shipped.loc[list(paths)]
    pd.testing.assert_frame_equal(made.sort_index(), shipped[made.columns].sort_index())
