"""The map's first view and its description: small, constant, and without a value of any site in it."""

import json

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lithoscope.app import maps
from lithoscope.domain.scales import CONSEQUENCE, UNRATED_COLOUR
from lithoscope.pipelines.tiles import MAX_ZOOM

PAGE = """
import streamlit as st
from lithoscope.app import maps
from lithoscope.pipelines.query import Selection
selection = Selection.from_params(dict(st.query_params))
ringed = st.query_params.get("site")
maps.site_map(["mines", "facilities", "events"], selection, selected_id=ringed, alt="words")
"""


def _sites(*places):
    return pd.DataFrame(places, columns=["lon", "lat"])


def test_a_view_holds_all_sites():
    view = maps.view_of(_sites((-50, -10), (-40, -20), (None, None)))
    assert (view.lon, view.lat) == (-45.0, -15.0)
    assert 3 < view.zoom < 6


def test_sites_on_both_sides_of_the_date_line_are_seen_together():
    view = maps.view_of([_sites((178, -17)), _sites((-178, -18))])
    assert abs(view.lon) > 179
    assert view.zoom > 4


def test_one_site_is_seen_from_no_closer_than_asked():
    assert maps.view_of(_sites((10, 50)), closest=7.0) == maps.View(10.0, 50.0, 7.0)


@pytest.mark.parametrize("sites", [_sites(), _sites((None, None)), []])
def test_without_a_place_the_view_is_the_world(sites):
    assert maps.view_of(sites) == maps.WORLD


@pytest.fixture
def page(made_data, shelf_on):
    shelf_on(made_data(200))
    return AppTest.from_string(PAGE, default_timeout=30)


def _description(test):
    test.run()
    assert not test.exception, test.exception
    chart = test.get("deck_gl_json_chart")[0].proto
    return json.loads(chart.json), chart


def _facilities(deck):
    return next(each for each in deck["layers"] if each["id"] == "facilities")


def test_names_of_countries_lie_below_the_sites_in_the_readers_language(page):
    page.query_params["lang"] = "fr"
    names = _description(page)[0]["layers"][0]
    assert names["id"] == "names"
    assert names["data"][0].endswith("/basemap/names/{z}/{x}/{y}.geojson?lang=fr")
    assert not names["pickable"]


def test_a_map_is_small_and_carries_no_value_of_a_site(page):
    deck, chart = _description(page)
    assert len(chart.json) < 8_000
    assert "Site 1" not in chart.json
    assert chart.alt == "words"
    assert [each["id"] for each in deck["layers"]] == ["names", "mines", "facilities", "events"]
    assert json.loads(chart.tooltip)["html"] == "<b>{name}</b><br>{note}"


def test_a_filter_changes_the_tiles_and_not_the_view(page):
    before, _ = _description(page)
    page.query_params["country"] = "BRA"
    after, _ = _description(page)
    assert before["initialViewState"] == after["initialViewState"]
    assert _facilities(before)["data"] != _facilities(after)["data"]
    assert "country=BRA" in _facilities(after)["data"][0]


def test_a_link_that_selects_begins_where_its_sites_are(page):
    page.query_params["country"] = "AUS"
    deck, _ = _description(page)
    assert deck["initialViewState"]["longitude"] == pytest.approx(120, abs=5)


def test_a_filter_cannot_break_out_of_the_address_of_a_tile(page):
    page.query_params["q"] = "{z}&country=BRA#x"
    (address,) = _facilities(_description(page)[0])["data"]
    assert "%7Bz%7D%26country%3DBRA%23x" in address
    assert address.count("{z}") == 1


def test_the_chosen_site_is_ringed_where_it_lies(page):
    page.query_params["site"] = "tsf:made:4"
    rings = [each for each in _description(page)[0]["layers"] if each["id"].startswith("selected")]
    assert len(rings) == 2
    assert rings[0]["data"][0]["at"] == pytest.approx([-44 + 8 * (4 / 199 - 0.5), -20], abs=5)


@pytest.mark.parametrize("site", ["tsf:made:9", "tsf:none", "nonsense", "<script>"])
def test_a_site_without_a_place_or_existence_has_no_ring(page, site):
    page.query_params["site"] = site
    assert not [each for each in _description(page)[0]["layers"] if each["id"].startswith("selected")]


def test_classes_are_coloured_as_in_the_legend(page):
    colours = _facilities(_description(page)[0])["getFillColor"]
    for number, level in enumerate(CONSEQUENCE.levels):
        red, green, blue = (int(level.colour[i : i + 2], 16) for i in (1, 3, 5))
        assert f"properties.c == {number} ? [{red}, {green}, {blue}, 255]" in colours
    assert f"[{int(UNRATED_COLOUR[1:3], 16)}, " in colours


def test_tiles_are_asked_for_up_to_the_zoom_that_the_server_makes(page):
    assert {each["maxZoom"] for each in _description(page)[0]["layers"][1:4]} == {MAX_ZOOM}


def test_the_disclaimer_stands_under_the_map(page):
    page.run()
    assert maps.DISCLAIMER in page.caption[0].value
