"""What is taken away: the same rows in every format, sources inside, nothing that a spreadsheet would run."""

import io
import json

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from python_calamine import CalamineWorkbook

from lithoscope.domain import registers
from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.methods import catalogue
from lithoscope.pipelines import classes, export, store
from lithoscope.pipelines.settings import Settings

HOSTILE = '=HYPERLINK("http://x","y")'


@pytest.fixture
def release(tmp_path):
    frame = pd.DataFrame(
        {
            "site_id": ["tsf:x:1", "tsf:x:2", "tsf:x:3"],
            "record_id": ["x:1", "x:2", "x:3"],
            "source_id": "x",
            "evidence": "official",
            "name": [HOSTILE, "Saint-Étienne", "-12"],
            "lon": [-43.5, 2.25, None],
            "lat": [-20.25, -5.5, None],
            "dam_height_m": [12.5, -0.5, None],
            "year_start": [1990, None, 2001],
            "has_closure_plan": [True, None, False],
            "consequence_class": CONSEQUENCE.classes(["high", None, "low"]),
        }
    )
    sites = registers.conform(frame, "facilities")
    records = sites.assign(raw=json.dumps({"Nome": "São"}), source_key=["1", "2", "3"])
    products = {
        "facilities": registers.with_geometry(sites.drop(columns=list(registers.RECORD_ONLY))),
        "facilities_records": registers.with_geometry(records),
    }
    source = SourceRecord("x", "Title of X", "Agency", "Agency (2020)", "CC BY 4.0", "official")
    return store.write_release(products, [source], {}, tmp_path)


def rows(release, file_format):
    sites = release.sites("facilities")
    return export.to_bytes(release, "facilities", sites, file_format), sites


def read_back(content, file_format, tmp_path):
    path = tmp_path / f"out.{file_format}"
    path.write_bytes(content)
    if file_format == "csv":
        return pd.read_csv(path)
    if file_format == "xlsx":
        header, *body = CalamineWorkbook.from_path(path).get_sheet_by_name("facilities").to_python()
        return pd.DataFrame(body, columns=header).replace("", None)
    return (
        gpd.read_parquet(path)
        if file_format == "parquet"
        else gpd.read_file(path, **{"layer": "facilities"} if file_format == "gpkg" else {})
    )


@pytest.mark.parametrize("file_format", export.FORMATS)
def test_every_format_gives_the_same_rows_with_their_source(release, file_format, tmp_path):
    content, sites = rows(release, file_format)
    again = read_back(content, file_format, tmp_path).sort_values("site_id", ignore_index=True)
    sites = sites.sort_values("site_id", ignore_index=True)
    assert again["site_id"].tolist() == sites["site_id"].tolist()
    for name in ("lon", "lat", "dam_height_m", "year_start"):
        pd.testing.assert_series_equal(
            pd.to_numeric(again[name]).astype(float), sites[name].astype(float), check_names=False
        )
    assert again["consequence_class"].astype(object).where(
        again["consequence_class"].notna(), None
    ).tolist() == [
        "high",
        None,
        "low",
    ]
    assert set(again["source_licence"]) == {"CC BY 4.0"}
    assert set(again["source_citation"]) == {"Agency (2020)"}
    assert set(again["release"]) == {f"Lithoscope {release.release_id}"}


def test_spreadsheets_get_no_live_formula(release):
    text = rows(release, "csv")[0].decode("utf-8-sig")
    assert f"'{HOSTILE}".replace('"', '""') in text
    assert ",-43.5," in text, "numbers are not touched"
    assert ",'-12," in text, "a text that looks like a sum is"
    book = CalamineWorkbook.from_filelike(io.BytesIO(rows(release, "xlsx")[0]))
    assert HOSTILE in {cell for row in book.get_sheet_by_name("facilities").to_python() for cell in row}


def test_geopackage_holds_records_sources_and_dictionary(release, tmp_path):
    path = tmp_path / "out.gpkg"
    path.write_bytes(rows(release, "gpkg")[0])
    assert {name for name, _ in pyogrio.list_layers(path)} == {
        "facilities",
        "records",
        "sources",
        "dictionary",
        "methods",
    }
    records = pyogrio.read_dataframe(path, layer="records")
    assert json.loads(records["raw"].iloc[0]) == {"Nome": "São"}
    dictionary = pyogrio.read_dataframe(path, layer="dictionary").set_index("field")
    assert dictionary.loc["dam_height_m", "unit"] == "m"


def test_geojson_and_parquet_carry_the_sources(release):
    document = json.loads(rows(release, "geojson")[0])
    assert document["sources"][0]["title"] == "Title of X"
    assert sum(feature["geometry"] is None for feature in document["features"]) == 1


def test_no_rows_is_a_file_too(release, tmp_path):
    sites = release.sites("facilities").iloc[:0]
    for file_format in export.FORMATS:
        content = export.to_bytes(release, "facilities", sites, file_format)
        assert len(read_back(content, file_format, tmp_path)) == 0


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"\.gpkg"):
        export.format_of(tmp_path / "x.doc")
    with pytest.raises(BadInput, match="folder"):
        export.format_of(tmp_path / "none" / "x.csv")


def test_sensitive_places_are_coarse_in_every_table(release, monkeypatch, tmp_path):
    chosen = Settings(coarsen_resolution=3, coarsen_where="name ~ etienne")
    monkeypatch.setattr(export, "settings", lambda: chosen)
    for file_format in export.FORMATS:
        again = read_back(rows(release, file_format)[0], file_format, tmp_path)
        place = again.set_index("site_id")[["lon", "lat"]].astype(float)
        assert place.loc["tsf:x:1"].tolist() == [-43.5, -20.25]
        assert 0.01 < abs(place.loc["tsf:x:2", "lon"] - 2.25) + abs(place.loc["tsf:x:2", "lat"] + 5.5) < 2
    records = export.tables(release, "facilities", release.sites("facilities"))["records"].set_index(
        "site_id"
    )
    assert records.loc["tsf:x:2", "lon"] != 2.25
    assert records["raw"].isna().tolist() == [site_id == "tsf:x:2" for site_id in records.index]


@pytest.mark.parametrize("file_format", ["csv", "geojson", "gpkg", "parquet", "xlsx"])
def test_versions_and_citations_of_methods_travel_with_the_classes(release, file_format, tmp_path):
    products = {"methods": classes.methods_table(), "facilities": release.sites("facilities")}
    built = store.write_release(products, release.sources, {}, tmp_path / "with-methods")
    out = tmp_path / f"out.{file_format}"
    export.export(built, built.sites("facilities"), "facilities", out)
    read = {
        "csv": lambda **_: pd.read_csv(out),
        "xlsx": lambda table="facilities": pd.read_excel(out, sheet_name=table, engine="calamine"),
        "parquet": lambda **_: gpd.read_parquet(out),
        "gpkg": lambda table="facilities": gpd.read_file(out, layer=table),
        "geojson": lambda **_: gpd.read_file(out),
    }[file_format]
    said = read()["class_methods"].iloc[0]
    of_layer = [each for each in catalogue.of_layer("facilities") if each.id in classes.HEADLINE]
    for method in of_layer:
        assert f"{method.id} {method.version}" in said
        assert (f"{method.version}: {method.citation}" in said) == (file_format == "csv")
    if file_format in ("gpkg", "xlsx"):
        table = read(table="methods")
        assert set(table["method"]) == {each.id for each in catalogue.of_layer("facilities")}
        assert table["citation"].notna().all()
    if file_format == "geojson":
        cited = {each["method"]: each["citation"] for each in json.loads(out.read_text())["methods"]}
        assert all(cited[method.id] == method.citation for method in of_layer)


def test_every_headline_column_names_its_method():
    empty = pd.DataFrame({"stored_volume_m3": [1e6]})
    named = {
        method.id
        for layer in ("facilities", "mines")
        for method in catalogue.of_layer(layer)
        if classes._headline(method(empty))
    }
    assert named == set(classes.HEADLINE)
