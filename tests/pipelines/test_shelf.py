"""What a server holds in memory is the release as its files have it, ready to be taken away."""

import io

import geopandas as gpd
import pandas as pd
import pytest

from lithoscope.pipelines import export
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import Settings
from lithoscope.pipelines.shelf import Shelf


@pytest.fixture
def held(made_data):
    return Shelf(Settings(data=made_data(30))).holdings()


def test_columns_stand_in_the_order_of_the_register(held):
    names = [name for name in held.release.columns("facilities") if name not in ("raw", "bbox")]
    assert list(held.sites("facilities").columns) == names


def test_names_are_folded_for_the_first_search_and_kept_for_the_next(held):
    named = held.sites("facilities")["name"]
    accented = named[~named.map(str.isascii)].iloc[0]
    found = held.shown("facilities", Selection.from_params({"q": accented.upper()}))
    assert list(found["name"]) == [accented] and "search" not in found.columns
    assert held.searched("facilities") is held.searched("facilities")
    assert held.shown("facilities", Selection.from_params({"q": "no such name"})).empty


@pytest.mark.parametrize("file_format", export.FORMATS)
def test_what_a_page_hands_out_is_what_the_release_holds(held, file_format):
    shown = held.shown("facilities", Selection.from_params({"country": "BRA"}))
    assert 0 < len(shown) < 30
    content = export.to_bytes(held.release, "facilities", shown, file_format)
    stored = held.release.sites("facilities", held.sites("facilities").columns.tolist())
    stored = stored[stored["country_iso3"].eq("BRA")]
    assert content == export.to_bytes(held.release, "facilities", stored, file_format) or file_format in (
        "xlsx",
        "gpkg",
    )  # these two hold the time at which they were written
    if file_format == "parquet":
        assert len(gpd.read_parquet(io.BytesIO(content))) == len(shown)
    if file_format == "csv":
        header = pd.read_csv(io.BytesIO(content), nrows=0).columns
        assert header[0] == "site_id"
        assert "bbox" not in header
