"""The sand observatory in each language: world, a zone, a vessel; counts, ranges, and what is simulated."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from tests.app.test_pages import tables, words

import seas
from lithoscope.app import i18n, sand_words
from lithoscope.pipelines import dredging, dredging_release, sand, sand_tiles, store
from lithoscope.pipelines.sand import Period
from lithoscope.pipelines.tiles import Address

SAID = {"en": "simulated, not observations", "fr": "simulé, pas des observations"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A release of five simulated hoppers over four days on both sides of a month's end."""
    return seas.of_hoppers(5, tmp_path_factory.mktemp("sand"))


@pytest.fixture
def show(data, pages_on):
    run = pages_on(data, seconds=120)
    return lambda **params: run("sand", **params)


@pytest.fixture
def held(data):
    return sand.of(store.open_release(data))


def views(held):
    return {
        "world": {},
        "zone": {"zone": held.zones().index[0]},
        "vessel": {"vessel": held.vessels["vessel_id"][0]},
    }


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("view", ["world", "zone", "vessel"])
def test_each_view_renders_and_every_table_and_map_says_that_it_is_simulated(show, held, view, language):
    page = show(lang=language, **views(held)[view])
    assert not page.exception
    with i18n.speaking(language):
        assert page.title[0].value == i18n._(sand_words.TITLE)
        assert i18n._(sand_words.BANNER).split(".")[0] in page.warning[0].value.replace("\\", "")
    found = [each for each in tables(page) if each["caption"]]
    assert found
    assert all(SAID[language] in each["caption"] for each in found)
    assert page.caption[0].value.replace("\\", "").startswith(SAID[language].capitalize())
    assert SAID[language] in words(page)


@pytest.mark.parametrize("view", ["world", "zone", "vessel"])
def test_no_english_is_left_on_a_french_view(show, held, view):
    page = show(lang="fr", **views(held)[view])
    text = words(page) + json.dumps(
        [[each["caption"], each["columns"], each["rows"]] for each in tables(page)], ensure_ascii=False
    )
    text = re.sub(r'lithoscope dredging|source dredging|dredgingtoday|"href": "[^"]*"', "", text)
    telling = (" the ", " of ", "unknown", " and ", " seen", " hours", "dredg")
    assert [each for each in telling if each in text] == []


def test_zones_hours_are_those_of_the_episodes(show, held):
    page = show(lang="en")
    zones = next(each for each in tables(page) if each["caption"].startswith("Zones by hours"))
    hours = held.episodes.groupby("zone")["hours"].sum()
    assert len(zones["rows"]) == len(hours)
    assert [float(row["cells"][1].replace(",", "")) for row in zones["rows"]] == [
        round(value) for value in hours.sort_values(ascending=False)
    ]
    assert {row["id"] for row in zones["rows"]} == set(hours.index)


def test_a_month_of_the_address_narrows_figures_and_map(show, held):
    month = held.months[0]
    page = show(lang="en", month=month)
    deck = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    assert all(f"first={month}&last={month}" in layer["data"][0] for layer in deck["layers"][1:])
    zones = next(each for each in tables(page) if each["caption"].startswith("Zones by hours"))
    hours = held.episodes[held.episodes["month"].eq(month)].groupby("zone")["hours"].sum()
    assert {row["id"] for row in zones["rows"]} == set(hours.index)


def test_layers_and_periods_stand_in_the_address(show, held):
    page = show(lang="en", show="gaps", a=f"{held.months[0]},{held.months[0]}")
    deck = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    assert [layer["id"] for layer in deck["layers"]] == ["names", "sand-gaps"]
    assert page.select_slider(key="sand:period:a").value == (held.months[0], held.months[0])
    page.select_slider(key="sand:month").set_value(held.months[-1]).run()
    assert page.query_params["month"] == held.months[-1]


def test_playing_steps_through_the_months_and_stops(show, held, monkeypatch):
    monkeypatch.setattr("lithoscope.app.sand_maps.STEP_S", 0.0)
    page = show(lang="en", month=held.months[0])
    page.button(key="sand:play").click().run()
    assert not page.exception
    for _ in held.months:
        page.run()
    assert page.query_params["month"] == held.months[-1]
    assert not page.session_state["sand:playing"]


@pytest.mark.parametrize(
    "params",
    [
        {"zone": "nowhere"},
        {"vessel": "' or 1=1"},
        {"month": "1999-01"},
        {"show": "x"},
        {"a": "b"},
        {"b": ",,,"},
    ],
)
def test_a_strange_address_still_gives_the_page(show, params):
    assert not show(**params).exception


def test_a_release_without_dredging_says_how_to_get_some(made_data, pages_on):
    page = pages_on(made_data(60))("sand")
    assert not page.exception
    assert "holds no dredging" in words(page)


def test_a_month_without_a_row_is_missing_never_zero(held):
    zone = held.zones().index[0]
    rows = held.zone_months[
        ~(held.zone_months["zone"].eq(zone) & held.zone_months["month"].eq(held.months[0]))
    ]
    gapped = sand.Sand(held.release)
    gapped.__dict__["zone_months"] = rows
    trend = gapped.trend(zone)
    assert np.isnan(trend.loc[held.months[0], "hours"])
    assert not trend.loc[held.months[1:], "hours"].isna().any()


def test_months_add_up_to_the_whole_and_the_range_of_a_sum_is_drawn_jointly(held):
    total, months, zones = held.total(held.whole), held.trend(), held.ranked(held.whole)
    for best in ("volume_best_m3", "mass_best_t"):
        assert total[best] == pytest.approx(months[best].sum()) == pytest.approx(zones[best].sum())
    assert total["volume_low_m3"] > zones["volume_low_m3"].sum()
    assert total["volume_high_m3"] < zones["volume_high_m3"].sum()
    years = pd.concat([held.years(iso3) for iso3 in held.zones()["country_iso3"].dropna().unique()])
    assert years["volume_best_m3"].sum() == pytest.approx(total["volume_best_m3"])


def test_a_tile_shows_where_ships_were_heard(held):
    def counted(kind, row):
        return kind, str(row["reports"])

    tile = sand_tiles.tile(held, "heard", Address(z=0, x=0, y=0), held.whole, "", counted)
    reports = sum(int(each["properties"]["note"]) for each in tile["features"][1:])
    assert reports == held.reception["reports"].sum() > 1000
    nothing = sand_tiles.tile(held, "heard", Address(z=0, x=0, y=0), Period("1999-01", "1999-01"), "", said)
    assert len(nothing["features"]) == 1


def test_a_change_is_stated_only_where_ranges_lie_apart(held):
    months = pd.DataFrame(
        {
            "zone": ["A", "A", "B", "B", "C"],
            "month": ["2020-01", "2020-02", "2020-01", "2020-02", "2020-01"],
            "hours": 1.0,
            "episodes": 1,
            "zone_name": "x",
            "zone_basis": "given",
            "zone_kind": "200NM",
            "zone_states": None,
            "country_iso3": "NLD",
        }
    )
    loads = months.loc[months.index.repeat([1, 9, 5, 6, 2])].reset_index(drop=True)
    loads = loads.assign(vessel_id=held.fleet(held.whole).index[0], certainty="seen")
    made = sand.Sand(held.release)
    made.__dict__.update(zone_months=months, loads=loads)
    change = made.compared(Period("2020-01", "2020-01"), Period("2020-02", "2020-02"))["change"]
    assert change.to_dict() == {"A": "more", "B": "open", "C": "unknown"}


def said(kind, row):
    return kind, ""


def test_tiles_hold_all_hours_at_every_zoom(held):
    total = held.effort["hours"].sum()
    for zoom in (0, 2, 5):
        cells = sand_tiles.cells(held, held.whole, sand_tiles.level_of(zoom))
        assert cells["hours"].sum() == pytest.approx(total)
    found = [
        feature
        for x in range(4)
        for y in range(4)
        for feature in sand_tiles.tile(held, "effort", Address(z=2, x=x, y=y), held.whole, "", said)[
            "features"
        ][1:]
    ]
    assert len(found) == len(sand_tiles.cells(held, held.whole, sand_tiles.level_of(2)))


def test_tracks_of_one_vessel_are_drawn_from_afar_those_of_all_from_near(held):
    vessel = held.vessels["vessel_id"][0]
    every = Address(z=0, x=0, y=0)
    assert len(sand_tiles.tile(held, "tracks", every, held.whole, "", said)["features"]) == 1
    one = sand_tiles.tile(held, "tracks", every, held.whole, vessel, said)["features"][1:]
    assert {feature["properties"]["id"] for feature in one} == {vessel}
    wanted = held.tracks[
        held.tracks["vessel_id"].eq(vessel) & held.tracks["state"].isin(["dredging", "transit"])
    ]
    assert len(one) == len(wanted)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("first=2021-10&last=2021-11", 200),
        ("first=2021-10&last=2021-11&vessel=%27+or+1", 422),
        ("first=2021", 422),
        ("first=2021-10&last=2021-11&colour=x", 422),
    ],
)
def test_tiles_are_served_and_strange_requests_refused(serve, data, query, status):
    server = serve(data)
    assert server.get(f"/tiles/sand/effort/0/0/0.geojson?{query}").status == status
    assert server.get(f"/tiles/sand/nothing/0/0/0.geojson?{query}").status == 404


def test_a_tile_says_that_it_is_simulated(serve, data):
    answer = serve(data).get("/tiles/sand/effort/0/0/0.geojson?first=2021-10&last=2021-11&lang=fr").json
    notes = {feature["properties"]["note"] for feature in answer["features"][1:]}
    assert notes == {SAID["fr"]}


def test_files_say_that_they_are_simulated(held):
    for table in (held.zone_months, held.episodes, held.vessels, held.loads, held.gaps):
        assert SAID["en"] in sand.as_file(table, "csv").decode("utf-8-sig") or table.empty
    assert "simulated" in sand_words.file_name(held, "months", "csv")


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1.23e6, 4.56e6, "1.23 to 4.56 million m³"),
        (1234, 5678, "1,200 to 5,700 m³"),
        (float("nan"), 1.0, "unknown"),
    ],
)
def test_ranges_are_said_in_words(low, high, text):
    with i18n.speaking("en"):
        assert sand_words.amount(low, high).replace("\u00a0", " ") == text


def test_a_simulated_folder_of_the_user_is_not_taken_for_the_one_that_is_embedded(show, held):
    said = show(lang="en").warning[0].value
    assert not held.is_embedded
    assert "Nothing here happened" in said
    assert "No vessel tracks have been loaded" not in said


@pytest.mark.parametrize(("language", "said"), [("en", "1 ship was heard"), ("fr", "1 navire a été entendu")])
def test_tracks_without_dredging_are_said_to_have_been_loaded(tmp_path, pages_on, language, said):
    (tmp_path / "a.csv").write_text("MMSI,TIME,LAT,LON\n219000001,2024-03-01 00:00:00Z,55,10\n")
    dredging.run([str(tmp_path / "a.csv")], tmp_path / "out", dredging.Options())
    results = dredging_release.read(tmp_path / "out")
    store.write_release(dredging_release.products([results]), [results.source], {}, tmp_path)
    text = words(pages_on(tmp_path)("sand", lang=language))
    assert said in text
    assert "lithoscope dredging" not in text


def test_an_unknown_vessel_leads_back(show):
    assert show(lang="en", vessel="nobody").button(key="sand:back").label == "All zones"
