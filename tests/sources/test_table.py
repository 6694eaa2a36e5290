"""Any table: headings recognised in several languages, units, places, and a mapping that can be edited."""

# ruff: noqa: E501  tables of cases read better in one line each

import json
import re
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import xlsxwriter

from lithoscope.domain.errors import BadInput
from lithoscope.domain.registers import conform
from lithoscope.sources import headings, mapping, table
from lithoscope.sources.mapping import Mapping


def csv(folder: Path, text: str, name: str = "dams.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def only(path: Path, plan: Mapping | None = None) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    reading = table.read(path, plan)
    ((layer, records),) = reading.records.items()
    conform(records, layer)
    assert reading.rows_read == len(records)
    return layer, records, reading.findings


HEADINGS = [
    ("Height (ft)", "dam_height_m", "ft"), ("dam_height_ft", "dam_height_m", "ft"), ("Capacity (m3)", "capacity_m3", "m3"),
    ("Volume Mm3", "stored_volume_m3", "Mm3"), ("Capacity (million m3)", "capacity_m3", "million m3"),
    ("Storage, acre-feet", "capacity_m3", "acre-feet"), ("Footprint (ha)", "footprint_m2", "ha"), ("Area km2", "footprint_m2", "km2"),
    ("longditude", "lon", None), ("current_maximum", "dam_height_m", None), ("current_tailings", "stored_volume_m3", None),
    ("Current Max Dam Height (m)", "dam_height_m", "m"), ("Current Storage Volume (m3)", "stored_volume_m3", "m3"),
    ("TSF Name", "name", None), ("Primary Ore Commodity", "commodities_raw", None), ("Year of Commencement", "year_start", None),
    ("Dam Raise Method", "raising_method_raw", None), ("Consequence Classification", "consequence_class_raw", None),
    ("Classification System", "classification_system", None), ("Hauteur de la digue (m)", "dam_height_m", "m"),
    ("Método constructivo", "raising_method_raw", None), ("Situação Operacional", "status_raw", None), ("Hazrd classification", "consequence_class_raw", None),
    ("8) Current Maximum Height", "dam_height_m", None), ("Location: Latitude", "lat", None), ("Ubicacion: Longitud", "lon", None),
    ("dam_height_m", "dam_height_m", "m"), ("7. Raising method", "raising_method_raw", None),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "field", "unit"), HEADINGS)
def test_headings_as_people_type_them(heading: str, field: str, unit: str | None) -> None:
    match = headings.match_of(heading)
    assert match is not None and (match.field, match.unit) == (field, unit)


@pytest.mark.parametrize(
    "heading", ["Colour", "xyz", "", "Wind speed", "Favourite dish", "Page", "county_code"]
)
def test_other_headings_mean_nothing(heading: str) -> None:
    assert headings.match_of(heading) is None


def test_every_heading_of_the_table_means_a_field_or_a_way_of_writing_a_place() -> None:
    from lithoscope.domain.folders import DATA
    from lithoscope.domain.reference import load_file

    rows = load_file(DATA / "harmonise" / "headings.csv").rows
    assert set(rows["field"]) <= headings.mappable() | {*headings.PLACES, headings.NO_FIELD}
    keys = rows.assign(key=rows["heading"].map(lambda text: headings.key(str(text))))
    assert (keys.groupby("key")["field"].nunique() == 1).all()


def test_spanish_csv_with_decimal_comma_and_own_units(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "ID;Nombre del depósito;Empresa;País;Latitud;Longitud;Altura (ft);Volumen (Mm3);Estado actual;Teléfono\n"
        "A1;Tranque Ñandú;ACME;Chile;-33,5;-70,25;100;1,5;Activo;555\n"
        "A2;Tranque 2;ACME;Chile;33°30'00\" S;70°15'00\" W;alto;2.500,5;Cerrado;556\n",
        encoding="latin-1",
    )
    layer, dams, found = only(path)
    assert layer == "facilities"
    assert dams["name"].tolist() == ["Tranque Ñandú", "Tranque 2"] and dams["source_key"].tolist() == [
        "A1",
        "A2",
    ]
    assert dams["lat"].tolist() == [-33.5, -33.5] and dams["lon"].tolist() == [-70.25, -70.25]
    assert dams["dam_height_m"].tolist() == pytest.approx([30.48, float("nan")], nan_ok=True)
    assert dams["stored_volume_m3"].tolist() == pytest.approx([1.5e6, 2500.5e6])
    assert set(zip(found["row"].astype("object").where(found["row"].notna(), None), found["code"], strict=True)) == {
        (None, "encoding_guessed"), (3, "not_a_number"),
    }  # fmt: skip
    assert "555" not in dams["raw"][0] and json.loads(dams["raw"][1])["Altura (ft)"] == "alto"


def test_units_typed_in_cells_are_recognised_or_flagged(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "TSF Name,Latitude,Longitude,Current Volume,Height\n"
        "a,1,1,3.5 Mm3,12 m\nb,1,1,1.2 million,40 ft\nc,1,1,500000 tonnes,9\nd,1,1,12,9\ne,1,1,250000,9\nf,1,1,about 5,tall\n",
    )
    _, dams, found = only(path)
    assert dams["stored_volume_m3"].tolist() == pytest.approx(
        [3.5e6, 1.2e6, float("nan"), 12, 250000, float("nan")], nan_ok=True
    )
    assert dams["dam_height_m"].tolist()[:2] == pytest.approx([12, 12.192])
    told = set(zip(found["row"], found["field"], found["code"], strict=True))
    assert told == {
        (4, "stored_volume_m3", "unit_suspected"), (5, "stored_volume_m3", "unit_suspected"),
        (7, "stored_volume_m3", "not_a_number"), (7, "dam_height_m", "not_a_number"),
    }  # fmt: skip


def test_a_heading_with_an_unknown_unit_gives_no_number(tmp_path: Path) -> None:
    _, dams, found = only(csv(tmp_path, "TSF Name,Lat,Lon,Height (cubits)\na,1,1,30\n"))
    assert dams["dam_height_m"].isna().all() and found["code"].tolist() == ["unit_suspected"]


def test_utm_with_its_zone_in_a_column_or_in_the_heading(tmp_path: Path) -> None:
    # 7684083.9 N 541170.1 E 19S is -20.94323, -68.60401 in the Chilean cadastre
    zoned = csv(
        tmp_path, "Depósito;UTM Norte;UTM Este;Huso\na;7684083,9024;541170,1216;19S\nb;x;541170;19S\nc;1;2;\n"
    )
    _, dams, found = only(zoned)
    assert (dams["lat"][0], dams["lon"][0]) == pytest.approx((-20.94323430, -68.60401418), abs=1e-7)
    assert dams["lat"].isna().tolist() == [False, True, True]
    assert sorted(found[found["code"] == "bad_coordinates"]["row"]) == [3, 4]
    headed = csv(tmp_path, "Depósito,UTM Norte 19S,UTM Este 19S\na,7684083.9024,541170.1216\n", "b.csv")
    plan = Mapping(layer="facilities", place={"easting": "UTM Este 19S", "northing": "UTM Norte 19S", "zone": "19S"},
                   fields={"name": "Depósito"})  # fmt: skip
    assert only(headed, plan)[1]["lat"][0] == pytest.approx(-20.94323430, abs=1e-7)


def test_x_and_y_in_degrees_are_degrees(tmp_path: Path) -> None:
    _, dams, _ = only(csv(tmp_path, "Dam,X,Y\na,-70.5,-33.25\n"))
    assert (dams["lon"][0], dams["lat"][0]) == (-70.5, -33.25)


@pytest.mark.parametrize(
    "text", ["-33.25, -70.5", "-33.25 -70.5", "(-33.25, -70.5)", "33°15'S; 70°30'W", "70.5 W, 33.25 S"]
)
def test_latitude_and_longitude_in_one_cell(tmp_path: Path, text: str) -> None:
    _, dams, found = only(csv(tmp_path, f'Dam;Coordinates\na;"{text}"\n'))
    assert (dams["lat"][0], dams["lon"][0]) == pytest.approx(
        (-33.25, -70.5)
    ) and "bad_coordinates" not in set(found["code"])


def test_shapes_written_as_text(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        'Dam,WKT\na,POINT (-70.5 -33.25)\nb,"POLYGON ((0 0, 0 0.01, 0.01 0.01, 0.01 0, 0 0))"\nc,"POLYGON ((0 0"\nd,\n',
    )
    _, dams, found = only(path)
    assert dams["lon"].round(3).tolist() == pytest.approx(
        [-70.5, 0.005, float("nan"), float("nan")], nan_ok=True
    )
    assert dams["footprint_m2"][1] == pytest.approx(1113.2 * 1105.7, rel=0.01)  # 0.01 degrees at the equator
    assert found[found["code"] == "bad_coordinates"]["row"].tolist() == [4]


def test_the_layer_is_found_or_marked_as_guessed(tmp_path: Path) -> None:
    assert table.propose(csv(tmp_path, "Name,Lat,Lon,Height (m)\na,1,1,2\n")).layer == "facilities"
    mines = table.propose(csv(tmp_path, "Mine,Lat,Lon,Commodity,Features\na,1,1,Gold,Shaft\n", "x.csv"))
    assert (mines.layer, mines.layer_guessed) == ("mines", False)
    unsure = csv(tmp_path, "Name,Lat,Lon\na,1,1\n", "sites.csv")
    assert table.propose(unsure).layer_guessed
    assert only(unsure)[2]["code"].tolist() == ["layer_guessed"]


def test_the_proposed_mapping_survives_writing_and_reading(tmp_path: Path) -> None:
    path = csv(tmp_path, "ID;TSF;Latitud;Longitud;Altura (ft);Phone\n1;a;-33,5;-70,2;10;5\n")
    plan = table.propose(path)
    kept = tmp_path / "map.yaml"
    kept.write_text(plan.to_yaml(), encoding="utf-8")
    assert table.load(kept) == plan
    pd.testing.assert_frame_equal(only(path, plan)[1], only(path)[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layer: dredging\n", "map: column layer"), ("layer: facilities\nfields: {colour: Farbe}\n", "no field that a column can fill"),
        ("layer: facilities\nfields: {dam_height_m: {column: H, unit: cubits}}\n", "no unit"), ("- a\n", "named parts"),
        ("layer: [\n", "is no YAML"), ("a: &x [1]\nb: *x\n", "aliases"), ("layer: facilities\nsurprise: 1\n", "column surprise"),
        ("!!python/object/apply:os.system ['echo']\n", "is no YAML"), ("[" * 100_000, "is no YAML"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        mapping.parse(text, file="map")


def test_a_mapping_that_names_a_missing_column_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path, "TSF,Lat,Lon\na,1,1\n")
    with pytest.raises(BadInput, match=r"dams\.csv: row 1, column Höhe: .*missing"):
        table.read(path, Mapping(layer="facilities", fields={"dam_height_m": "Höhe"}))


def workbook(path: Path) -> Path:
    """A preamble, merged two-line headings, a hidden sheet with more headings, a hidden column, typed cells."""
    with xlsxwriter.Workbook(path) as book:
        hidden = book.add_worksheet("old")
        hidden.write_row(0, 0, ["TSF Name", "Latitude", "Longitude", "Height (m)"])
        hidden.hide()
        notes = book.add_worksheet("Read me")
        notes.write(0, 0, "Register of tailings dams")
        sheet = book.add_worksheet("Dams")
        sheet.merge_range(0, 0, 0, 5, "MINISTRY OF MINES")
        sheet.write(1, 0, "As of October")
        for column, text in ((0, "ID"), (1, "TSF Name"), (6, "Year of Commencement")):
            sheet.merge_range(3, column, 4, column, text)
        sheet.merge_range(3, 2, 3, 3, "Coordinates of the dam")
        sheet.write_row(4, 2, ["Latitude", "Longitude"])
        sheet.merge_range(3, 4, 3, 5, "Size")
        sheet.write_row(4, 4, ["Height (m)", "Volume (m3)"])
        sheet.write_row(5, 0, [1, "=cmd", -33.5, -70.25, 12.345, 1_500_000, 1999])
        sheet.write_row(7, 0, [2, "B", "-33,5", "-70,25", "tall", 1234.5, 2001])
        sheet.set_column(4, 4, None, None, {"hidden": True})
        sheet.activate()
    return path


def test_a_workbook_with_preamble_merged_headings_hidden_sheet_and_column(tmp_path: Path) -> None:
    plan = table.propose(workbook(tmp_path / "dams.xlsx"))
    assert plan.sheet == "Dams" and plan.place.lat == "Coordinates of the dam: Latitude"
    _, dams, found = only(tmp_path / "dams.xlsx")
    assert dams["source_row"].tolist() == [6, 8] and dams["source_key"].tolist() == ["1", "2"]
    assert dams["dam_height_m"].tolist() == pytest.approx([12.345, float("nan")], nan_ok=True)
    assert dams["stored_volume_m3"].tolist() == [1_500_000, 1234.5] and dams["year_start"].tolist() == [
        1999,
        2001,
    ]
    assert dams["lat"].tolist() == [-33.5, -33.5]
    assert found["code"].tolist() == ["not_a_number"]


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "TSF Name": ["Ñ1", "b", "c"],
            "Height (m)": [10.5, None, 30.0],
            "built": pd.to_datetime(["2001-02-03", None, None]),
        },
        geometry=[shapely.Point(-70, -33), shapely.box(-70, -33, -69.99, -32.99), None],
        crs="EPSG:4326",
    )


def write(path: Path) -> Path:
    if path.suffix == ".parquet":
        frame().to_parquet(path)
    elif path.suffix == ".zip":
        shapes = frame().drop(columns="built").iloc[[1]].to_crs("EPSG:32719")
        shapes.to_file(path.with_suffix(".shp"))
        with zipfile.ZipFile(path, "w") as archive:
            for part in path.parent.glob(path.stem + ".*"):
                if part.suffix != ".zip":
                    archive.write(part, f"data/{part.name}")
    else:
        frame().to_file(path)
    return path


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.parquet"])
def test_geodata_of_each_format(tmp_path: Path, name: str) -> None:
    layer, dams, _ = only(write(tmp_path / name))
    assert layer == "facilities" and dams["name"].tolist() == ["Ñ1", "b", "c"]
    assert dams["lon"].round(4).tolist() == pytest.approx([-70, -69.995, float("nan")], nan_ok=True)
    assert dams["dam_height_m"].tolist() == pytest.approx([10.5, float("nan"), 30], nan_ok=True)
    assert dams["footprint_m2"].isna().tolist() == [True, False, True]
    assert dams["footprint_m2"][1] == pytest.approx(934.6 * 1108.9, rel=0.01)  # 0.01 by 0.01 degrees at 33 S
    assert json.loads(dams["raw"][1])["geometry"].startswith("POLYGON")


def test_a_zipped_shapefile_in_metres(tmp_path: Path) -> None:
    plan = Mapping(layer="facilities", fields={"name": "TSF Name"})
    _, dams, _ = only(write(tmp_path / "a.zip"), plan)
    assert (dams["lon"][0], dams["lat"][0]) == pytest.approx((-69.995, -32.995), abs=1e-4)


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg").rename(tmp_path / "a.csv")
    assert len(only(path)[1]) == 3


def test_mixed_encodings_are_repaired_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "dams.csv"
    path.write_bytes("Dam,Lat,Lon\nÑandú,1,1\nÑuñoa,2,2\n".encode() + "Peña,3,3\n".encode("cp1252"))
    _, dams, found = only(path)
    assert dams["name"].tolist() == ["Ñandú", "Ñuñoa", "Peña"]
    assert found[["row", "code"]].to_numpy().tolist() == [[4, "encoding_guessed"]]


def test_rows_too_long_too_short_blank_and_of_several_lines(tmp_path: Path) -> None:
    path = csv(tmp_path, 'Dam,Lat,Lon,Remarks\n\na,1,1,"two\nlines"\nb,2\n,,,\nc,3,3,x,y\n')
    _, dams, found = only(path)
    assert dams["source_row"].tolist() == [3, 4, 6] and dams["remarks"][0] == "two lines"
    assert found[["row", "code"]].to_numpy().tolist() == [[4, "truncated"], [6, "truncated"]]
    assert found["value"].tolist() == ["2 / 4", "y"] and "fewer cells" in found["reason"][0]
    assert json.loads(dams["raw"][2])["cells beyond the headings"] == "y"


def test_rows_that_leave_out_what_is_empty_at_their_end_are_nothing_odd(tmp_path: Path) -> None:
    path = csv(tmp_path, "Dam,Lat,Lon,Remarks\na,1,1,x\nb,2,2\nc,3,3\nd,4,4\n")
    assert only(path)[2].empty


def test_a_missing_name_and_a_name_twice_near_by_are_told(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "Id,Dam,Lat,Lon\n1,São Bento,-20,-44\n2,,-21,-44\n3,SAO BENTO,-20.004,-44.004\n4,São Bento,-20.1,-44\n"
        "5,Norte,1,1\n5,Norte,1,1\n6,Sul,,\n7,Sul,,\n",
    )
    found = only(path)[2]
    assert found[["row", "field", "code"]].to_numpy().tolist() == [
        [3, "name", "empty"],
        [4, "name", "duplicate_id"],
        [7, "source_key", "duplicate_id"],
    ]
    assert found["reason"][1].endswith(": 2"), "the other row, behind the words that are translated"


def test_a_table_mostly_without_names_is_not_told_so_row_by_row(tmp_path: Path) -> None:
    path = csv(tmp_path, "Id,Dam,Lat,Lon\n1,A,-20,-44\n2,,-21,-44\n3,,-22,-44\n")
    assert only(path)[2].empty


def test_the_reading_follows_the_file_and_tells_progress(tmp_path: Path) -> None:
    rows = "".join(f"d{number},1,2\n" for number in range(50_000))
    path = csv(tmp_path, "Dam,Lat,Lon\n" + rows)
    told: list[tuple[int, int | None]] = []
    reading = table.read(path, progress=lambda done, total: told.append((done, total)))
    assert reading.rows_read == 50_000 and len(told) >= 3
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_an_interrupt_ends_the_reading(tmp_path: Path) -> None:
    path = csv(tmp_path, "Dam,Lat,Lon\n" + "d,1,2\n" * 50_000)

    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table.read(path, progress=interrupt)


@pytest.mark.parametrize(
    ("source", "layer", "rows"),
    [("cl-sernageomin/RELAVES_CHILE_OCT2025.xlsx", "facilities", 836), ("us-usmin-klamath/usmin_klamath_points.csv", "mines", 4404),
     ("ca-quebec-abandoned/mines_quebec.geojson", "mines", 407), ("us-nid-tailings/nid_2018_tailings.csv", "facilities", 1362)],
)  # fmt: skip
def test_real_files_without_a_mapping(shared_data: Path, source: str, layer: str, rows: int) -> None:
    found, records, _ = only(shared_data / source)
    assert (found, len(records)) == (layer, rows) and records["lon"].notna().mean() > 0.9


def test_a_flatgeobuf_and_a_named_layer_of_a_geopackage(tmp_path: Path) -> None:
    frame().iloc[:2].to_file(tmp_path / "a.fgb")
    assert sorted(only(tmp_path / "a.fgb")[1]["name"]) == ["b", "Ñ1"]
    package = tmp_path / "a.gpkg"
    pd.DataFrame({"note": ["x"]}).pipe(gpd.GeoDataFrame).to_file(package, layer="notes")
    frame().iloc[:1].to_file(package, layer="dams")
    frame().iloc[:2].to_file(package, layer="more")
    assert table.propose(package).sheet == "dams" and len(only(package)[1]) == 1
    plan = Mapping(layer="facilities", sheet="more", fields={"name": "TSF Name"})
    assert len(only(package, plan)[1]) == 2
    with pytest.raises(BadInput, match="no layer of that name; use one of"):
        table.read(package, plan.model_copy(update={"sheet": "none"}))


def test_a_table_that_lithoscope_exported_is_read_again(tmp_path: Path) -> None:
    """Fields under their own names: standard values, units and places come back as they were."""
    path = csv(
        tmp_path,
        "site_id,name,lon,lat,status,dam_height_m,stored_volume_m3,raising_method,commodities,consequence_class_raw,classification_system\n"
        'tsf:x:1,A,-70.5,-33.25,active,12.5,1500000.0,upstream,"copper; gold",High,CDA\n',
    )
    layer, dams, found = only(path)
    first = dams.iloc[0]
    assert layer == "facilities" and found.empty and first["source_key"] == "tsf:x:1"
    assert (first["lon"], first["lat"], first["dam_height_m"], first["stored_volume_m3"]) == (
        -70.5,
        -33.25,
        12.5,
        1.5e6,
    )
    assert (first["status_raw"], first["raising_method_raw"], first["commodities_raw"]) == (
        "active",
        "upstream",
        "copper; gold",
    )


def test_a_class_without_its_system_is_a_commented_line_to_uncomment(tmp_path: Path) -> None:
    path = csv(tmp_path, "Nome,Lat,Lon,Dano Potencial\na,-20,-44,Alto\n")
    plan = table.propose(path)
    assert plan.fields["consequence_class_raw"].column == "Dano Potencial" and not plan.constants
    text = plan.to_yaml()
    assert mapping.parse(text) == plan, "a suggestion is not an assumption"
    assert "GISTM; CDA; ANCOLD" in text
    stated = mapping.parse(text.replace("# constants:", "constants:"))
    assert stated.constants == {"classification_system": "ANM DPA (Brazil)"}
    assert "# constants" not in stated.to_yaml()


@pytest.mark.parametrize(
    ("heading", "system"),
    [
        ("Dano Potencial Associado", "ANM DPA (Brazil)"),
        ("Classificação por Dano Potencial", "ANM DPA (Brazil)"),
        ("GISTM consequence class", "GISTM"),
        ("Hazard class", None),
    ],
)
def test_a_heading_may_name_its_system(heading: str, system: str | None) -> None:
    assert headings.system_of_heading(heading) == system


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "layer: mines\nclassification_system: CDA\n",
            "classification_system: is no key here.*constants: {c",
        ),
        ("layer: mines\nplace: {x: A}\n", "place.x: is no key here; known are lon, lat"),
        ("fields: {name: A}\n", "layer: is missing"),
        ("layer: mines\nfields: {dam_hight_m: A}\n", "did you mean dam_height_m"),
        ("layer: mines\nfields: {lat: A, lon: B}\n", "lon and lat stand under place"),
        ("layer: mines\nplace: {lat: A}\n", "place: lon and lat stand together"),
        ("layer: mines\nplace: {easting: A, zone: 19S}\n", "easting and northing stand together"),
    ],
)
def test_a_wrong_key_of_a_mapping_is_told_in_plain_words(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as raised:
        mapping.parse(text)
    assert "extra" not in str(raised.value).lower() and "required" not in str(raised.value)


def test_a_text_given_as_a_column_is_sent_to_constants(tmp_path: Path) -> None:
    path = csv(tmp_path, "Dam,Lat,Lon\na,1,1\n")
    plan = mapping.parse("layer: facilities\nfields: {name: Dam, classification_system: GISTM}\n")
    with pytest.raises(
        BadInput, match=r"column GISTM: the column is missing.*classification_system.*constants"
    ):
        table.read(path, plan)


def test_the_mapping_of_the_readme_is_one(tmp_path: Path) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    plan = mapping.parse(text)
    path = csv(tmp_path, "Nome,Latitude,Longitude,Altura,Dano Potencial\na,-20,-44,12,Alto\n")
    dams = table.read(path, plan).records["facilities"]
    assert dams["classification_system"].tolist() == ["ANM DPA (Brazil)"] and dams["dam_height_m"][0] == 12


def test_a_proposed_mapping_names_quantities_whose_heading_says_no_unit(tmp_path: Path) -> None:
    path = csv(tmp_path, "Dam Id,Name,Latitude,Longitude,Height,Volume (m3)\n1,A,1,2,30,5000\n")
    text = table.propose(path).to_yaml()
    assert "# No heading says the unit of 'Height' (m):" in text and "unit: ft" in text
    assert "'Volume (m3)' (" not in text
    stated = mapping.parse(text.replace("dam_height_m: Height", "dam_height_m: {column: Height, unit: ft}"))
    assert "# No heading" not in stated.to_yaml()
    volumes = table.propose(
        csv(tmp_path, "Dam Id,Name,Latitude,Longitude,Stored volume\n1,A,1,2,30\n")
    ).to_yaml()
    assert "unit: acre-feet" in volumes, "the example fits the quantity"
