"""Downstream on the page of a site, and the page of transboundary facilities, in both languages."""

import html
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from streamlit.testing.v1 import AppTest

from lithoscope.app import address, crossing, downstream_view, i18n
from lithoscope.domain.registers import conform, empty, with_geometry
from lithoscope.pipelines import downstream_ask, downstream_demo, downstream_results, store
from lithoscope.pipelines.downstream import FLAGS
from lithoscope.pipelines.downstream_terrain import path_from

SCREENING = "Screening, not a breach analysis; no arrival times."
SPAN = {"low": 900.0, "best": 4000.0, "high": 12000.0}


def answer(site_id, reached, **changes):
    """A document as the command writes it, for a dam at 8 E, 47 N."""
    states = [{"country_iso3": code, "at_km": km, "beside_path": False} for code, km in reached]
    party = {name: {"status": "party", "since": "2000", "source": "x"} for name in ("espoo", "water")}
    unknown = {"industrial_accidents": {"status": "unknown", "since": "", "source": ""}}
    return {
        "site": {"lon": 8.0, "lat": 47.0, "height_m": 30.0, "volume_m3": 1e6, "site_id": site_id},
        "released_volume_m3": {"low": 1e5, "best": 3e5, "high": 1e6},
        "runout_km": {"low": 1.0, "best": 5.0, "high": 20.0},
        "inundation_km2": {"low": 0.1, "best": 0.5, "high": 2.0},
        "plume_km": {"low": 10.0, "best": 50.0, "high": 90.0},
        "population": SPAN,
        "countries": [code for code, _ in reached],
        "first_border_km": reached[1][1] if len(reached) > 1 else None,
        "consequence_at_least": "extreme",
        "flags": ["sub_cell"],
        "outputs": {},
        "reached": states,
        "farther": [],
        "to_notify": [
            {**each, "name": "", "conventions": party | unknown, "both_parties": ["espoo"]}
            for each in states[1:]
        ],
        "exposed": [
            {"kind": "lakes", "case": case, "looked_at": True, "count": 1, "names": ["<b>Lake</b>"]}
            for case in SPAN
        ],
        "notes": [
            "Screening from regressions, terrain and people; not a breach analysis. It gives no depth, "
            "velocity or arrival time, and does not replace the owner's own study.",
            "the deposit is narrower than a cell of the terrain model: drawn as an even strip",
        ],
        **changes,
    }


def products(answers):
    nothing = {"low": None, "best": None, "high": None}
    rows, shapes = [], []
    for each in answers:
        site_id = each["site"]["site_id"]
        is_assessed = each["runout_km"] != nothing
        profile = {"chainage_km": [0, 10, 30], "terrain_m": [500, 450, 400], "filled_m": [500, 450, 400]}
        rows.append(
            {
                "site_id": site_id,
                "document": json.dumps(each),
                "profile": json.dumps(profile) if is_assessed else "",
                "is_assessed": is_assessed,
                "is_of_register": True,
                "filled": "inundation_km2" if is_assessed else "",
            }
        )
        if is_assessed:
            line = shapely.LineString([(8, 47), (8.2, 47.1)])
            shapes += [("footprint", case, line.buffer(0.001)) for case in ("low", "high", "best")]
            shapes += [
                ("path", "deposit", line),
                ("path", "farther", shapely.LineString([(8.2, 47.1), (9, 48)])),
            ]
            shapes = [(*shape[:3], shape[3] if len(shape) > 3 else site_id) for shape in shapes]
    frame = pd.DataFrame(
        [(k, c, s, 20.0 if c == "farther" else 0.0, 40.0, 0.5, 100.0) for k, c, _, s in shapes]
    )
    frame.columns = ["kind", "case", "site_id", "from_km", "to_km", "area_km2", "population"]
    import geopandas as gpd

    return {
        "downstream": pd.DataFrame(rows),
        "downstream_shapes": gpd.GeoDataFrame(frame, geometry=[s for _, _, s, _ in shapes], crs="EPSG:4326"),
    }


@pytest.fixture
def data(tmp_path):
    """Four facilities: one reaches two States, one none, one was not assessed, one has no result."""
    names = ["=Evil {name} <b>", "Home", "Unsaid", "Nothing"]
    frame = pd.DataFrame({"site_id": [f"tsf:t:{k}" for k in range(4)], "name": names})
    frame = frame.assign(record_id=frame["site_id"].str[4:], source_id="t", evidence="official")
    frame = frame.assign(country_iso3="CHE", lon=8.0, lat=47.0, dam_height_m=30.0, stored_volume_m3=1e6)
    frame.loc[2, "dam_height_m"] = None
    sites = with_geometry(conform(frame, "facilities"))
    nothing = dict.fromkeys(SPAN)
    unsaid = answer("tsf:t:2", [], runout_km=nothing, notes=["dam_height_m not recorded"])
    held = [
        answer("tsf:t:0", [("CHE", 0.0), ("DEU", 11.0), ("FRA", 18.0)]),
        answer("tsf:t:1", [("CHE", 0.0)]),
        unsaid,
    ]
    registers = {"facilities": sites, "facilities_records": sites}
    registers |= {"mines": empty("mines"), "mines_records": empty("mines")}
    store.write_release({**registers, **products(held)}, [], {}, tmp_path)
    return tmp_path


@pytest.fixture
def show(data, pages_on):
    """show("site", lang="fr", site="tsf:t:0") -> the page, run once."""
    return pages_on(data, seconds=120)


def words(page: AppTest) -> str:
    """All that the page says, tables included."""
    kinds = ("title", "subheader", "markdown", "caption", "warning", "info")
    parts = [each.value for kind in kinds for each in page.get(kind)]
    parts += [re.sub(r"<[^>]+>", " ", each.proto.body) for each in page.get("html")]
    parts += [
        json.dumps(json.loads(each.proto.json), ensure_ascii=False)
        for each in page.get("bidi_component")
        if each.proto.json
    ]
    text = " ".join(parts).replace("\\u202f", " ").replace("\\u00a0", " ")
    return " ".join(html.unescape(text).replace("\\", "").split())


def links(page: AppTest) -> list[str]:
    return [each.proto.page for each in page.get("page_link")]


def plain(text: str) -> str:
    return " ".join(i18n._(text).split())


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("site", ["tsf:t:0", "tsf:t:1", "tsf:t:2", "tsf:t:3"])
def test_site_renders_and_always_says_that_it_is_screening(show, language, site):
    page = show("site", lang=language, site=site)
    assert not page.exception
    with i18n.speaking(language):
        assert plain("Downstream") in words(page)
        assert plain(SCREENING) in words(page)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "About 4,000 people, between 900 and 12,000, live in that area."),
        ("fr", "Environ 4 000 personnes, entre 900 et 12 000, vivent dans cette zone."),
    ],
)
def test_site_speaks_in_plain_words(show, language, sentence):
    said = words(show("site", lang=language, site="tsf:t:0"))
    assert sentence in said
    with i18n.speaking(language):
        assert (
            plain("the deposit is narrower than a cell of the terrain model: drawn as an even strip")[1:]
            in said
        )
        assert plain("its own State") in said
        assert plain("Not looked at, since no such layer was given") in said


def test_site_without_result_shows_rings_and_how_to_get_one(show):
    page = show("site", lang="en", site="tsf:t:3")
    said = words(page)
    assert "Rings cannot know" in said
    assert "About 4,000 people" not in said
    assert any("lithoscope downstream tsf:t:3" in each.value for each in page.code)
    unsaid = words(show("site", lang="en", site="tsf:t:2"))
    assert "This facility was not assessed: not recorded: Dam height." in unsaid


def test_transboundary_lists_pairs_and_one_pair_by_its_address(show):
    page = show("transboundary", lang="en")
    assert not page.exception
    said = words(page)
    assert "Switzerland → Germany" in said and "Switzerland → France" in said
    assert "11 km" in said and "Espoo" in said and "Industrial Accidents" in said
    assert "Home" not in said  # its path stays in its own State
    one = words(show("transboundary", lang="en", pair="CHE-FRA"))
    assert "From Switzerland to France" in one
    odd = show("transboundary", lang="fr", pair="XXX-YYY")
    assert not odd.exception and "Toutes les paires" in words(odd)


def test_transboundary_is_listed_only_where_a_path_crosses(show, data, shelf_on):
    assert any("transboundary" in each for each in links(show("overview", lang="en")))
    sites = store.open_release(data).sites("facilities")
    registers = {"facilities": sites, "facilities_records": sites, "mines": empty("mines")}
    store.write_release({**registers, "mines_records": empty("mines")}, [], {}, data)
    shelf_on(data)
    assert not any("transboundary" in each for each in links(show("overview", lang="en")))
    page = show("transboundary", lang="en")
    assert not page.exception and "does not mean that there is none" in words(page)


def test_downloads_hold_what_is_shown_and_no_formula(show, data):
    show("transboundary", lang="en")
    with i18n.speaking("en"):
        found = crossing.table(store.open_release(data).release_id)
        lines = crossing.as_csv(found).decode().splitlines()
    assert len(lines) == 1 + len(found) == 3
    assert "'=Evil" in lines[1] and "espoo" in lines[1] and "not a breach analysis" in lines[1]
    figures = downstream_view.figures_csv(answer("x", [("CHE", 0.0)])).decode()
    assert "population,900.0,4000.0,12000.0" in figures and 'note,"Screening' in figures
    span = {"first_border_interval_km": {"low": 20.0, "high": None}}
    figures = downstream_view.figures_csv(answer("x", [("CHE", 0.0), ("DEU", 25.0)], **span)).decode()
    assert "first_border_km,20.0,25.0,\n" in figures


@pytest.mark.parametrize(
    ("high", "said", "french"),
    [
        (40.0, "between 20 and 40 km", "entre 20 et 40 km"),
        (None, "from 20 km on, or not at all", "dès 20 km, ou pas du tout"),
    ],
)
def test_interval_of_the_first_border_stands_beside_it(high, said, french):
    shown = answer("x", [("CHE", 0.0), ("DEU", 25.0)], first_border_interval_km={"low": 20.0, "high": high})
    for language, words_of in (("en", said), ("fr", french)):
        with i18n.speaking(language):
            assert downstream_view.first_border(shown) == words_of
            assert "%" not in downstream_view.in_words(shown)
    assert downstream_view.first_border(answer("x", [("CHE", 0.0), ("DEU", 25.0)])) == "", "an older result"


def test_a_path_so_near_a_border_that_it_may_cross_says_so():
    near = [{"country_iso3": "DEU", "at_km": 6.7, "conventions": {}, "both_parties": []}]
    shown = answer("x", [("CHE", 0.0)], may_reach=near)
    with i18n.speaking("en"):
        assert "so near to another, Germany, that it may cross there" in downstream_view.in_words(shown)
    with i18n.speaking("fr"):
        assert "si près d’un autre (Allemagne) qu’il peut y entrer" in downstream_view.in_words(shown)


def test_negative_people_are_named_with_their_file_in_both_languages(data, show):
    sites = store.open_release(data).sites("facilities")
    notes = ["screening", "a cell of people.tif holds -9999 people"]
    nobody = dict.fromkeys(SPAN)
    flags = ["no_population", "population_negative"]
    held = [answer("tsf:t:1", [("CHE", 0.0)], notes=notes, population=nobody, flags=flags)]
    registers = {"facilities": sites, "facilities_records": sites, "mines": empty("mines")}
    store.write_release({**registers, "mines_records": empty("mines"), **products(held)}, [], {}, data)
    english, french = (words(show("site", lang=language, site="tsf:t:1")) for language in ("en", "fr"))
    assert "A cell of people.tif holds -9999 people" in english
    assert "the population grid holds negative values there." in english
    assert "Une cellule de people.tif contient -9999 personnes" in french


@pytest.mark.parametrize(
    ("field", "value", "english", "french"),
    [
        ("deposition", "filtered", "Deposition: filtered", "filtrés"),
        ("deposition", "in-pit", "Deposition: in-pit", "en fosse"),
        ("status", "reclaimed", "Status: reclaimed", "réhabilité"),
    ],
)
def test_no_release_is_shown_where_the_formulas_do_not_hold(
    with_terrain, data, show, field, value, english, french
):
    """Neither what the release holds of it, nor a what-if, nor rings of a runout: the reason alone."""
    release = store.open_release(data)
    sites = release.sites("facilities").drop(columns="geometry").assign(**{field: value})
    sites = with_geometry(sites)
    registers = {"facilities": sites, "facilities_records": sites, "mines": empty("mines")}
    held = [answer("tsf:t:1", [("CHE", 0.0)])]
    store.write_release({**registers, "mines_records": empty("mines"), **products(held)}, [], {}, data)
    for language, reason in (("en", english), ("fr", french)):
        what_if = {"dam_height": "18", "dam_volume": "600000"}
        for options in ({}, what_if) if language == "en" else ({},):
            page = show("site", lang=language, site="tsf:t:1", **options)
            assert not page.exception
            said = words(page)
            with i18n.speaking(language):
                text = plain(FLAGS["not_a_confined_dam"])
                assert text in said and reason in said
                assert plain("This facility was not assessed: %(reason)s.").split(" %(")[0] in said
                assert plain("Volume released") not in said
                assert plain("Runout, best estimate, as a straight line") not in said


def test_other_facilities_in_the_path_are_named_on_the_page(with_terrain, data, show):
    """A cascade: the second dam stands in the first one's way, the site itself does not count."""
    sites = store.open_release(data).sites("facilities").drop(columns="geometry")
    path = path_from(downstream_demo.opened(data / "rasters")[0], *sites.loc[3, ["lon", "lat"]], 500)
    sites.loc[sites["site_id"] == "tsf:t:1", ["lon", "lat"]] = path.lon[5], path.lat[5]
    sites.loc[sites["site_id"].isin(["tsf:t:0", "tsf:t:2"]), ["lon", "lat"]] = (40.0, 40.0)
    sites = with_geometry(sites)
    registers = {"facilities": sites, "facilities_records": sites, "mines": empty("mines")}
    store.write_release({**registers, "mines_records": empty("mines")}, [], {}, data)
    page = show("site", lang="en", site="tsf:t:3", dam_height="18", dam_volume="2000000")
    assert not page.exception
    found = re.search(r'"Other facilities", "sub": "([^"]*)"', words(page))
    assert found and found[1] == "Home"


def test_kept_result_has_the_largest_area_first_and_whole_shapes(data):
    shown = downstream_ask.kept(store.open_release(data), "tsf:t:0")
    cases = [each["properties"]["case"] for each in shown["footprints"]["features"]]
    assert cases == ["high", "best", "low"]
    assert [each["properties"]["part"] for each in shown["path"]["features"]] == ["deposit", "farther"]
    assert downstream_ask.kept(store.open_release(data), "tsf:t:3") is None


def test_rings_are_as_far_as_they_say():
    from pyproj import Geod

    for lon, lat in ((8.0, 47.0), (179.99, -20.0)):
        for case, radius, shape in downstream_ask.rings(lon, lat, 30, 1e6):
            assert case in SPAN
            east, north = shape["coordinates"][0][37]
            assert Geod(ellps="WGS84").inv(lon, lat, east, north)[2] / 1000 == pytest.approx(radius, rel=5e-3)
    assert [radius for _, radius, _ in downstream_ask.rings(8, 47, None, 1e6)] == [50, 20, 5]


@pytest.fixture
def with_terrain(data):
    """The same release at the place of the demonstration's dam, whose terrain lithoscope.toml names."""
    downstream_demo.write(data / "rasters")
    (data / "lithoscope.toml").write_text(
        '[rasters]\ndem = "rasters/synthetic_terrain.tif"\npopulation = "rasters/synthetic_people.tif"\n'
    )
    release = store.open_release(data)
    sites = release.sites("facilities").drop(columns="geometry")
    sites = with_geometry(sites.assign(lon=downstream_demo.DAM.lon, lat=downstream_demo.DAM.lat))
    mines = empty("mines")
    registers = {"facilities": sites, "facilities_records": sites, "mines": mines, "mines_records": mines}
    store.write_release(registers, [], {}, data)


def test_what_if_is_asked_on_demand_and_stands_in_the_address(with_terrain, show):
    page = show("site", lang="en", site="tsf:t:3", dam_height="18", dam_volume="600000")
    assert not page.exception
    said = words(page)
    assert "What if: height 18 m, stored volume 600,000 m³. Not what is recorded." in said
    assert "live in that area" in said
    page.number_input(key="downstream:dam_height").set_value(25.0).run()
    assert page.query_params["dam_height"] == "25"
    page.button(key="downstream:reset").click().run()
    assert "dam_height" not in page.query_params and "dam_volume" not in page.query_params
    nonsense = show("site", lang="fr", site="tsf:t:3", dam_height="-4", dam_volume="nan")
    assert not nonsense.exception and "Hypothèse" not in words(nonsense)


def test_what_if_follows_listed_flow_directions_and_says_so(with_terrain, data, show):
    with rasterio.open(data / "rasters" / "synthetic_terrain.tif", driver="GTiff") as terrain:
        about = terrain.profile | {"dtype": "uint8", "nodata": None}
        shape = terrain.shape
    with rasterio.open(data / "rasters" / "d8.tif", "w", **about) as target:
        target.write(np.ones(shape, "uint8"), 1)
    settings = data / "lithoscope.toml"
    settings.write_text(settings.read_text() + 'flow_direction = "rasters/d8.tif"\n')
    page = show("site", lang="en", site="tsf:t:3", dam_height="18", dam_volume="600001")
    assert not page.exception
    assert "The path follows the flow directions of a file that was given: d8.tif" in words(page)
    page = show("site", lang="fr", site="tsf:t:3", dam_height="18", dam_volume="600001")
    assert "suit les directions d’écoulement d’un fichier fourni" in words(page)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_demonstration_says_that_it_is_invented(show, language):
    page = show("transboundary", lang=language, demonstration="yes")
    assert not page.exception
    with i18n.speaking(language):
        told = plain(
            "A demonstration on invented terrain: valley, people and dam are made up, in the sea where "
            "longitude and latitude are zero. Nothing of it is real, and it crosses no border."
        )
        made_up = plain(downstream_demo.NOTE)
    assert words(page).count(told) == 2 and made_up in words(page)


def test_translations_keep_the_places_of_numbers():
    from lithoscope.pipelines import translations

    for message in translations.load("fr"):
        if isinstance(message.id, str) and message.id:
            wanted = set(re.findall(r"%\(\w+\)s", message.id))
            assert set(re.findall(r"%\(\w+\)s", str(message.string))) == wanted, message.id


def test_links_carry_the_language():
    with i18n.speaking("fr"):
        assert address.link("transboundary", pair="CHE-DEU") == "transboundary?pair=CHE-DEU&lang=fr"


@pytest.fixture
def near(data):
    """The same four: one reaches two States and may reach a third, one may reach one and reaches none."""
    bound = {
        "conventions": {"espoo": {"status": "party", "since": "2000", "source": "x"}},
        "both_parties": ["espoo"],
        "beside_path": False,
    }
    held = [
        answer(
            "tsf:t:0",
            [("CHE", 0.0), ("DEU", 11.0), ("FRA", 18.0)],
            may_reach=[{"country_iso3": "AUT", "name": "", "at_km": 15.0, **bound}],
        ),
        answer(
            "tsf:t:1",
            [("CHE", 0.0)],
            may_reach=[{"country_iso3": "DEU", "name": "", "at_km": 4.2, **bound}],
        ),
    ]
    sites = store.open_release(data).sites("facilities")
    registers = {"facilities": sites, "facilities_records": sites}
    registers |= {"mines": empty("mines"), "mines_records": empty("mines")}
    store.write_release({**registers, **products(held)}, [], {}, data)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_may_be_reached_stands_beside_what_is_and_is_told_apart(near, show, language):
    page = show("transboundary", lang=language)
    assert not page.exception
    said = words(page)
    with i18n.speaking(language):
        for text in (
            "so near that the path may cross",
            "Others that may",
            "Facility and path that only come so near to another State that they may cross",
            "other facility may reach one",
        ):
            assert plain(text) in said
        assert f'"{plain("may reach")}"' in said
    assert "Home" in said and "4.2" in said.replace(",", ".")
    alone = show("transboundary", lang=language, pair="CHE-AUT")
    assert not alone.exception and "15 km" in words(alone)


def test_downloads_tell_apart_what_may_be_reached(near, show, data):
    show("transboundary", lang="en")
    with i18n.speaking("en"):
        found = crossing.table(store.open_release(data).release_id)
        rows = pd.read_csv(io.BytesIO(crossing.as_csv(found)))
    assert list(zip(rows["reached_iso3"], rows["certainty"], strict=True)) == [
        ("DEU", "reaches"), ("FRA", "reaches"), ("DEU", "may reach"), ("AUT", "may reach"),
    ]  # fmt: skip
    assert rows["conventions_both"].eq("espoo").all()
    path = {"type": "Feature", "geometry": None, "properties": {"site_id": "tsf:t:0", "part": "deposit"}}
    said = crossing.as_geojson(found, [path])["features"][0]["properties"]
    assert said["reaches"] == ["DEU", "FRA"] and said["may_reach"] == ["AUT"]
    pairs = downstream_results.pairs(store.open_release(data).table("downstream"))
    assert pairs["facilities"].tolist() == [1, 1], "pairs count what is reached"


def test_a_release_where_nothing_is_certain_still_has_its_page(data, show, shelf_on):
    sites = store.open_release(data).sites("facilities")
    held = [answer("tsf:t:1", [("CHE", 0.0)], may_reach=[{"country_iso3": "DEU", "at_km": 4.2}])]
    registers = {"facilities": sites, "facilities_records": sites, "mines": empty("mines")}
    store.write_release({**registers, "mines_records": empty("mines"), **products(held)}, [], {}, data)
    shelf_on(data)
    page = show("transboundary", lang="en")
    assert not page.exception and "other facility may reach one" in words(page)
