"""AIS in tables: columns recognised or mapped, times of all kinds, codes for not available, cut files."""

import gzip
import zipfile

import polars as pl
import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.sources import ais_columns, ais_input
from lithoscope.sources.ais_columns import Mapping

DANISH = """# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,\
Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,\
Data source type,A,B,C,D
31/12/2023 23:59:50,Class A,219000001,55.5,10.5,Engaged in fishing,0,2.1,100,99,9285366,\
OXYZ,SAND ONE,Dredging,,20,117,GPS,6.3,ESBJERG,,AIS,90,27,10,10
"""
AMERICAN = """MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,\
Length,Width,Draft,Cargo,TransceiverClass
367752440,2023-01-11T00:00:00,43.07917,-70.75733,0.0,360.0,95.0,SAN JOSE,IMO9307839,WDI9818,33,0.0,\
208.0,,,52.0,A
"""


def read(tmp_path, text, *, mapping=None, name="ais.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    result = ais_input.read([str(path)], work=tmp_path / "work", mapping=mapping or Mapping())
    return pl.concat([part.collect() for part in result.parts], how="diagonal_relaxed"), result


def table(*rows, head="mmsi,time,lat,lon,sog,cog"):
    return "\n".join([head, *rows]) + "\n"


def test_danish_table(tmp_path):
    found, result = read(tmp_path, DANISH)
    row = found.row(0, named=True)
    assert row["t_ms"] == 1704067190000
    assert (row["mmsi"], row["ship_type"], row["imo"]) == (219000001, 33, 9285366)
    assert (row["length_m"], row["draught_m"], row["status"]) == (117.0, 6.3, 7)
    assert any("read as UTC" in notice for notice in result.notices)


def test_american_table(tmp_path):
    found, _ = read(tmp_path, AMERICAN)
    row = found.row(0, named=True)
    assert row["t_ms"] == 1673395200000
    assert (row["name"], row["imo"], row["cog"]) == ("SAN JOSE", 9307839, -1.0)


@pytest.mark.parametrize(
    "written",
    [
        "2023-01-11T10:00:00",
        "2023-01-11 10:00:00Z",
        "2023-01-11T12:00:00+02:00",
        "2023-01-11 05:00:00-0500",
        "11/01/2023 10:00:00",
        "2023/01/11 10:00:00",
        "2023-01-11 10:00:00 UTC",
        "1673431200",
        "1673431200000",
        "20230111 10:00:00",
        "2023-01-11T10:00:00.000Z",
        "11.01.2023 10:00:00",
    ],
)
def test_times_of_all_kinds(tmp_path, written):
    found, _ = read(tmp_path, table(f"219000001,{written},55,10,1,1"))
    assert found["t_ms"][0] == 1673431200000


def test_zones_mixed_in_one_column(tmp_path):
    rows = [
        f"219000001,{each},55,10,1,1"
        for each in ("2023-01-11T10:00:00", "2023-01-11T12:00:00+02:00", "11/01/2023 10:00:00", "soon")
    ]
    found, _ = read(tmp_path, table(*rows))
    assert found["t_ms"].to_list() == [1673431200000] * 3 + [-1]


@pytest.mark.parametrize("written", ["219000001", "219000001.0", "2.19000001e8", " 219000001 "])
def test_mmsi_as_text_float_or_padded(tmp_path, written):
    found, _ = read(tmp_path, table(f"{written},2023-01-11T10:00:00,55,10,1,1"))
    assert found["mmsi"][0] == 219000001


def test_mmsi_as_float_in_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame(
        {"MMSI": [219000001.0, None], "ts": [1673431200, 1673431201], "LAT": [55.0, 55], "LON": [10, 10]}
    )
    frame.write_parquet(path)
    result = ais_input.read([str(path)], work=tmp_path, mapping=Mapping())
    found = result.parts[0].collect()
    assert found["mmsi"].to_list() == [219000001, -1]
    assert found["t_ms"][0] == 1673431200000
    assert found["sog"][0] == -1


@pytest.mark.parametrize(
    "label", ["33", "33.0", "Dredging", "DREDGER", "Dredging or underwater ops", "Hopper Dredger"]
)
def test_ship_type_is_a_number_or_a_label(tmp_path, label):
    found, _ = read(
        tmp_path, table(f"219000001,2023-01-11T10:00:00,55,10,{label}", head="mmsi,time,lat,lon,ship_type")
    )
    assert found["ship_type"][0] == 33


def test_a_mapping_names_columns_unit_and_zone(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "columns:\n  mmsi: id\n  time: wann\n  lat: b\n  lon: l\n  sog: {column: v, factor: 0.1}\n"
        "timezone: Europe/Copenhagen\ntime_format: '%d.%m.%Y %H:%M'\n"
    )
    mapping = ais_columns.read_mapping(tmp_path / "m.yaml")
    found, _ = read(tmp_path, "id;wann;b;l;v\n219000001;11.01.2023 11:00;55,5;10,25;23\n", mapping=mapping)
    row = found.row(0, named=True)
    assert row["t_ms"] == 1673431200000
    assert (row["lat"], row["lon"], row["sog"]) == (55.5, 10.25, pytest.approx(2.3))


def test_a_mapping_may_stand_the_other_way_round(tmp_path):
    (tmp_path / "m.yaml").write_text("ID: mmsi\nWHEN: timestamp\nYY: lat\nXX: lon\n")
    mapping = ais_columns.read_mapping(tmp_path / "m.yaml")
    assert mapping.columns == {"mmsi": "ID", "time": "WHEN", "lat": "YY", "lon": "XX"}


def test_speed_in_tenths_of_a_knot_is_caught_and_said(tmp_path):
    rows = [
        f"219000001,2023-01-11T10:00:{second:02d},55,10,{speed},1"
        for second, speed in zip(range(40), [116, 92, 0, 141] * 10, strict=True)
    ]
    found, result = read(tmp_path, table(*rows))
    assert found["sog"][0] == pytest.approx(11.6)
    assert any("tenths of a knot" in notice for notice in result.notices)


def test_a_missing_column_is_named_with_the_remedy(tmp_path):
    with pytest.raises(BadInput, match=r"ais.csv: row 1, column time: .*--mapping"):
        read(tmp_path, "MMSI,LAT,LON\n1,2,3\n")


def test_a_file_cut_in_the_middle_of_a_row(tmp_path):
    found, _ = read(
        tmp_path, table("219000001,2023-01-11T10:00:00,55,10,1,1")[:-1] + "\n219000001,2023-01-11T10:0"
    )
    assert found.height == 2
    assert found["lat"][1] == 999.0


def test_a_cut_gzip_is_read_as_far_as_it_goes(tmp_path):
    rows = [f"219{n:06d},2023-01-11T10:00:00,55.{n},10,1,1" for n in range(5000)]
    packed = gzip.compress(table(*rows).encode())
    (tmp_path / "a.csv.gz").write_bytes(packed[: len(packed) // 2])
    result = ais_input.read([str(tmp_path / "a.csv.gz")], work=tmp_path / "w", mapping=Mapping())
    assert 1000 < result.parts[0].collect().height < 5000
    assert any("breaks off" in notice for notice in result.notices)


def test_zip_members_and_hostile_zips(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("AIS_2023.csv", AMERICAN)
    result = ais_input.read([str(tmp_path / "a.zip")], work=tmp_path / "w", mapping=Mapping())
    assert result.parts[0].collect().height == 1
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("../x.csv", AMERICAN)
    with pytest.raises(BadInput, match="leads out"):
        ais_input.read([str(tmp_path / "b.zip")], work=tmp_path / "w", mapping=Mapping())


def test_patterns_folders_and_an_empty_file_among_others(tmp_path):
    folder = tmp_path / "days"
    folder.mkdir()
    for day in (1, 2):
        (folder / f"d{day}.csv").write_text(table(f"219000001,2023-01-{day:02d}T10:00:00,55,10,1,1"))
    (folder / "d3.csv").write_text("")
    for given in (folder, folder / "*.csv"):
        result = ais_input.read([str(given)], work=tmp_path / "w", mapping=Mapping())
        assert len(result.parts) == 2
        assert any("d3.csv is empty" in notice for notice in result.notices)


def test_headings_are_one_column_each():
    known = ais_columns.known_headings()
    taken = [heading for usual in known.values() for heading, _ in usual]
    assert len(taken) == len(set(taken))
