"""Each further source on a hand-made file that shows its quirks, and on the publisher's own file."""

# ruff: noqa: E501  rows of publishers' tables are long

import json
from pathlib import Path

import pytest
import xlsxwriter

from lithoscope import sources
from lithoscope.domain.errors import BadInput
from lithoscope.domain.registers import FINDING_COLUMNS, Reading, conform
from lithoscope.sources import epa_npl, gem_coal, quebec_mines, sernageomin, usgs_mrds, usgs_usmin


def checked(reading: Reading) -> Reading:
    """Every row is accounted for, keys are unique, columns are fields, findings are complete."""
    accepted = sum(len(records) for records in reading.records.values())
    assert accepted + len(reading.refused) + len(reading.out_of_scope) == reading.rows_read
    for layer, records in reading.records.items():
        conform(records, layer)
        assert records["source_key"].is_unique and records["source_row"].notna().all()
        assert all(isinstance(json.loads(text), dict) for text in records["raw"].head(20))
    for found in (reading.refused, reading.out_of_scope):
        assert list(found.columns) == list(FINDING_COLUMNS)
    assert [name for name in reading.findings.columns if name != "source_key"] == list(FINDING_COLUMNS)
    return reading


def test_sernageomin_preamble_utm_and_unknown_names(tmp_path: Path) -> None:
    path = tmp_path / "relaves.xlsx"
    head = ["ID", "RUT_EMPRESA_O_PRODUCTOR_MINERO", "NOMBRE_EMPRESA_O_PRODUCTOR_MINERO", "NOMBRE_FAENA", "NOMBRE_INSTALACION", "TIPO_DEPOSITO",
            "RECURSO", "REGION", "COMUNA", "UTM_NORTE", "UTM_ESTE", "HUSO", "LATITUD", "LONGITUD", "METODO_CONSTRUCTIVO_MURO", "VOL_AUTORIZADO", "VOL_ACTUAL",
            "RES_PDC_APRUEBA", "Shape_Area"]  # fmt: skip
    rows = [
        ["0001", "12.345.678-9", "DESCONOCIDO", "F", "S/N", "TRANQUE DE RELAVE", "COBRE-ORO", "R", "C", 7684083.9024, 541170.1216, "19S",
         -20.94323430414052, -68.60401418309908, "AGUAS ARRIBA", 1000, 0, 1530, 193.5],
        ["0002", "x", "ACME", "F", "T2", "FILTRADO", "S/I", "R", "C", 7684083.9024, 541170.1216, "19S", -21.2, -68.6, "NO APLICA", "", "", "", 10],
    ]  # fmt: skip
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("CDR_CHILE")
        sheet.write(0, 2, "SERVICIO NACIONAL DE GEOLOGÍA Y MINERÍA (SERNAGEOMIN)")
        sheet.merge_range(1, 2, 1, 8, "PRESENTACIÓN. Este archivo contiene el catastro")
        for number, row in enumerate([head, *rows], start=6):
            sheet.write_row(number, 0, row)
    reading = checked(sernageomin.read(path))
    dams = reading.records["facilities"]
    assert dams["source_row"].tolist() == [8, 9] and dams["country_stated_iso3"].tolist() == ["CHL", "CHL"]
    assert dams["name"].isna().tolist() == [True, False] and dams["owner"].isna().tolist() == [True, False]
    assert dams["stored_volume_m3"].tolist()[0] == 0 and dams["stored_volume_m3"].isna()[1]
    assert dams["has_closure_plan"].fillna(value=False).tolist() == [True, False] and dams[
        "footprint_m2"
    ].tolist() == [193.5, 10]
    assert "12.345.678-9" not in dams["raw"][0]
    assert reading.findings[["row", "code"]].to_numpy().tolist() == [[9, "bad_coordinates"]]


def test_epa_npl_second_headings_and_scope(tmp_path: Path) -> None:
    path = tmp_path / "npl.csv"
    path.write_text(
        "Region,State,Site Name,Site ID,,EPA ID,Address,City,Zip,County,Latitude,Longitude,NPL Status\n,,,,,,,,,,,,Date\n"
        "8,CO,SUMMITVILLE MINE,1,,COD1,MAIN ST,X,1,RIO GRANDE,37.4,-106.6,05/31/94\n"
        "1,CT,OLD LANDFILL,2,,CTD2,A ST,X,2,Y,41,-72,10/04/89\n"
        "3,PA,JACKS CREEK/SITKIN SMELTING & REFINING,3,,PAD3,B ST,X,3,Z,40,-77,10/04/89\n"
        "9,CA,MINERAL PAINTS,4,,CAD4,C ST,X,4,Z,,,\n"
    )
    reading = checked(epa_npl.read(path))
    mines = reading.records["mines"]
    assert (
        reading.rows_read == 4
        and mines["source_row"].tolist() == [3]
        and mines["source_key"].tolist() == ["COD1"]
    )
    assert mines["contamination_listing"].tolist() == ["National Priorities List since 1994-05-31"]
    assert reading.out_of_scope["row"].tolist() == [4, 5, 6]
    assert "MAIN ST" not in mines["raw"][0]


@pytest.mark.parametrize(
    ("name", "is_mining"),
    [("ACM SMELTER AND REFINERY", True), ("PRICE BATTERY LEAD SMELTER", False),
     ("NL INDUSTRIES/TARACORP LEAD SMELTER", False), ("SMOKEY MOUNTAIN SMELTERS", False)],
)  # fmt: skip
def test_a_smelter_of_scrap_is_no_mining_site(name: str, is_mining: bool) -> None:
    assert epa_npl.is_mining_site(name) is is_mining


MRDS = {
    "own.csv": "dep_id,url,site_name,latitude,longitude,country,state,county,commod1,commod2,oper_type,dev_stat\n"
    '1,u,Unnamed Prospect,39.1,-121.2,United States,California,Butte,"Gold, Silver",Copper,Underground,Past Producer\n',
    "wmh.csv": "Mine,County,Elevation,Commodity,Latitude,Longitude,MRDS\nZaca,Alpine,na,Gold Silver,38.66,-119.7,1\nZaca,Alpine,na,Gold,38.66,-119.7,1\n",
    "lode.geojson": json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [-121.2, 39.5]}, "properties": {"development_status": "Producer", "commodities": ["AU", "AG"], "commodity_desc": "AU AG", "state": "California", "name": "Gold Bank", "id": 10109121}}]}),
}  # fmt: skip


def test_usgs_mrds_three_editions_are_three_readings(tmp_path: Path) -> None:
    for name, text in MRDS.items():
        (tmp_path / name).write_text(text)
    lode, own, compiled = map(checked, usgs_mrds.read(tmp_path))
    assert lode.records["mines"][["source_key", "name", "lon", "lat"]].to_numpy().tolist() == [
        ["10109121", "Gold Bank", -121.2, 39.5]
    ]
    mine = own.records["mines"].iloc[0]
    assert mine["source_key"] == "1" and own.records["mines"]["name"].isna().all()
    assert mine["commodities_raw"] == "Gold, Silver; Copper" and mine["status_raw"] == "Past Producer"
    assert compiled.records["mines"]["source_key"].tolist() == ["1", "1#2"]
    assert (
        compiled.findings["code"].tolist() == ["duplicate_id"]
        and "westernmininghistory" in compiled.source.producer
    )


def test_usgs_usmin_tailings_polygons_are_facilities(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(
        "gid,state,county,ftr_type,ftr_name,topo_date,remarks,longitude,latitude\n"
        "365865,OR,Klamath,Borrow Pit,,1985,,-121.9,42.6\n5,CA,Trinity,Mine Shaft,Old,1955,Labeled as abandoned.,-122,41\n"
    )
    square = [[[-122, 41], [-122, 41.001], [-121.999, 41.001], [-121.999, 41], [-122, 41]]]
    features = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": square}, "properties": {"STATE": "CA", "COUNTY": "Shasta", "FTR_TYPE": kind, "FTR_NAME": "", "TOPO_DATE": 1957, "REMARKS": ""}}
        for kind in ("Tailings - Dredge", "Mine Dump", "Open Pit Mine")
    ]  # fmt: skip
    (tmp_path / "polygons.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features})
    )
    reading = checked(usgs_usmin.read(tmp_path))
    waste, mines = reading.records["facilities"], reading.records["mines"]
    assert (
        waste["content"].tolist() == ["tailings", "waste rock"] and len(mines) == 3 and reading.rows_read == 5
    )
    assert waste["footprint_m2"].tolist() == pytest.approx(
        [84.2 * 111.06] * 2, rel=0.01
    )  # 0.001 by 0.001 degrees at 41 N
    assert waste["source_key"][0].startswith("polygon-") and reading.findings["code"].tolist() == [
        "duplicate_id"
    ]
    assert mines["status_raw"].fillna("").tolist() == ["", "abandoned", ""] and mines["as_of"].tolist() == [
        "1985",
        "1955",
        "1957",
    ]
    assert (
        json.loads(waste["raw"][0])["geometry"].startswith("POLYGON")
        and json.loads(waste["raw"][0])["FTR_TYPE"] == "Tailings - Dredge"
    )


CLOSED = ",".join(f'"{name}"' for name in [*("MSHA ID" if name == gem_coal.CLOSED_COUNTRY else name for name in gem_coal.CLOSED_COLUMNS), "Reference Type"])  # fmt: skip


def closed_row(**cells: str) -> list[str]:
    return [cells.get(name, "") for name in gem_coal.CLOSED_COLUMNS]


def quoted(row: list[str]) -> str:
    return ",".join(f'"{cell}"' for cell in row)


def test_gem_coal_reads_the_shifted_sheet_once(tmp_path: Path) -> None:
    rows = [
        closed_row(**{"GEM Mine ID": "M1", gem_coal.CLOSED_COUNTRY: "Australia", "Mine Name": "Anglesea", "Year of Production": "2014", "Mine Site Status": "Rehabilitation",
                      "Latitude": "144,17", "Longitude": "-38,39", "Opening Year": "1969", "Closing Year": "2015", "Location Accuracy": "Exact"}),
        closed_row(**{"GEM Mine ID": "M2", gem_coal.CLOSED_COUNTRY: "Poland", "Mine Name": "B", "Mine Site Status": "", "Closing Year": "2015/2016",
                      "Latitude": "50,1", "Longitude": "19", "Location Accuracy": "Approximate"}),
    ]  # fmt: skip
    closed = "\n".join([CLOSED, *(quoted([*row, ""]) for row in rows)])
    working_head = [*(f"c{number}" for number in range(40)), "ISO Code"]
    for place, name in {0: "GEM Mine ID", 2: gem_coal.OPEN_COUNTRY, 3: "Mine Name", 9: "Status", 36: "Latitude", 37: "Longitude", 38: "Location Accuracy", 39: "Opening Year"}.items():  # fmt: skip
        working_head[place] = name
    working = [""] * 41
    for place, cell in {
        0: "M9",
        2: "India",
        3: "Benga",
        9: "Cancelled",
        36: "-16,1",
        37: "33,6",
        38: "Exact",
        40: "356",
    }.items():
        working[place] = cell
    shifted = [[*row, *[""] * (41 - len(row))] for row in rows]
    (tmp_path / "non_closed_mines.csv").write_text(
        "\n".join([quoted(working_head), quoted(working), quoted(working), *map(quoted, shifted)])
    )
    alone = checked(gem_coal.read(tmp_path / "non_closed_mines.csv"))
    (tmp_path / "closed_mines.csv").write_text(closed)
    both = checked(gem_coal.read(tmp_path))
    for reading in (alone, both):
        mines = reading.records["mines"].set_index("source_key")
        assert reading.rows_read == 4 and list(mines.index) == ["M9", "M9#2", "M1", "M2"]
        assert mines["country_stated"].tolist() == ["India", "India", "Australia", "Poland"]
        assert (mines.loc["M1", "lat"], mines.loc["M1", "lon"]) == (144.17, -38.39), (
            "swapped coordinates are told later"
        )
        assert (
            mines["status"].fillna("").tolist() == ["", "", "", "closed"]
            and mines.loc["M9", "status_raw"] == "Cancelled"
        )
        assert mines.loc["M2", "status_raw"] == "not stated (in the publisher's list of closed mines)"
        assert json.loads(mines.loc["M2", "evidence_by_field"]) == dict.fromkeys(
            ("lat", "lon", "status"), "inferred"
        )
        assert mines["year_end"].isna().tolist() == [True, True, False, True]
        assert reading.source.as_of == "2014", "the latest year that a production is reported of"
        assert sorted(reading.findings["code"]) == ["duplicate_id", "not_a_number"]
    told = both.findings[["code", "source_key"]].to_numpy().tolist()
    assert sorted(told) == [["duplicate_id", "M9#2"], ["not_a_number", "M2"]]


def test_two_files_of_a_source_share_row_numbers_and_their_findings_find_their_rows(tmp_path: Path) -> None:
    head = "gid,ftr_type,ftr_name,topo_date,longitude,latitude\n"
    (tmp_path / "a.csv").write_text(head + "1,Adit,A,1985,-121.9,42.6\n2,Adit,B,1985,-122,41\n")
    (tmp_path / "b.csv").write_text(head + "3,Adit,C,1985,-121.9,42.6\n4,Adit,D,1985,here,41\n")
    reading = checked(usgs_usmin.read(tmp_path))
    assert reading.records["mines"]["source_row"].tolist() == [2, 3, 2, 3]
    told = reading.findings[["row", "code", "source_key"]].to_numpy().tolist()
    assert told == [[3, "bad_coordinates", "4"]]


def test_gem_coal_refuses_another_sheet(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "GEM Mine ID,Mine Name,Latitude,Longitude,Location Accuracy\nM1,a,1,1,Exact\n"
    )
    with pytest.raises(BadInput, match="neither"):
        gem_coal.read(tmp_path / "x.csv")


def test_quebec_openings_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "mines.geojson"
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-79, 48]}, "properties": {"name": "Éva", "category": kind, "status": "Abandonné", "commodity": "GOLD", "last_year": year}}
        for kind, year in (("Puits", "1940.0"), ("Galerie d'accès", None))
    ]  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    mines = checked(quebec_mines.read(path)).records["mines"]
    assert mines["source_key"].tolist() == ["eva-1", "eva-2"] and mines["name"].tolist() == ["Éva", "Éva"]
    assert mines["year_end"].tolist()[0] == 1940 and mines["year_end"].isna()[1]


REAL = [  # source, file or folder, rows read, accepted by layer: PROVENANCE of each folder
    ("sernageomin", "cl-sernageomin", [(836, {"facilities": 836})]),
    ("epa_npl", "us-superfund-npl", [(1341, {"mines": 65})]),
    ("gem_coal", "gem-coal-mines", [(7136, {"mines": 7136})]),
    ("quebec_mines", "ca-quebec-abandoned", [(407, {"mines": 407})]),
    ("usgs_mrds", "us-mrds-california", [(2114, {"mines": 2114}), (22192, {"mines": 22192})]),
    ("usgs_usmin", "us-usmin-klamath", [(5131, {"facilities": 654, "mines": 4477})]),
]


@pytest.mark.parametrize(("name", "folder", "expected"), REAL)
def test_real_files(shared_data: Path, name: str, folder: str, expected: list) -> None:
    readings = sources.module(name).read(shared_data / folder)
    readings = readings if isinstance(readings, list) else [readings]
    assert [
        (each.rows_read, {layer: len(rows) for layer, rows in each.records.items()})
        for each in map(checked, readings)
    ] == expected
    for reading in readings:
        placed = sum(records["lon"].notna().sum() for records in reading.records.values())
        accepted = sum(map(len, reading.records.values()))
        assert placed >= 0.99 * accepted


def test_real_shapes_have_the_areas_of_their_publication(shared_data: Path) -> None:
    waste = usgs_usmin.read(shared_data / "us-usmin-klamath").records["facilities"]
    kind = waste.groupby("structure_kind_raw")["footprint_m2"].agg(["count", "sum", "median"])
    assert kind["count"].to_dict() == {
        "Mine Dump": 21,
        "Tailings - Dredge": 264,
        "Tailings - Undifferentiated": 369,
    }
    assert kind.loc["Tailings - Undifferentiated", "sum"] == pytest.approx(36.9e6, rel=0.01)
    assert kind.loc["Tailings - Dredge", "sum"] == pytest.approx(9.7e6, rel=0.01)
    assert kind.loc["Tailings - Undifferentiated", "median"] == pytest.approx(32_000, rel=0.02)


def test_every_source_can_be_asked_for_and_has_its_record() -> None:
    for name in sources.NAMES:
        record = sources.module(name).RECORD
        assert record.source_id == name and record.citation and record.licence and record.producer
    with pytest.raises(BadInput, match="is not a source"):
        sources.module("nothing")
