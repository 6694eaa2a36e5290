"""Pages of classes, in both languages: pictures with reasons, what if, priority, disclosure, methods."""

import html
import json
import re
import time

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lithoscope.app import class_cards, i18n, maps
from lithoscope.app.pages import PAGES as ENTRIES
from lithoscope.domain.errors import BadInput, LithoscopeError
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY
from lithoscope.methods import catalogue
from lithoscope.pipelines import country_classes, priority, shelf, what_if
from lithoscope.pipelines.bands import BANDS
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import Settings

PAGES = [
    entry.path
    for entry in ENTRIES
    if entry.path in ("site", "priority", "disclosure", "methods", "countries")
]


@pytest.fixture
def show(made_data, pages_on):
    """show("site", lang="fr", site="tsf:made:1") -> the page, run once, on 60 made-up facilities."""
    return pages_on(made_data(60))


def words(page: AppTest) -> str:
    """All that the page says."""
    parts = [each.value for kind in ("title", "subheader", "markdown", "caption") for each in page.get(kind)]
    parts += [re.sub(r"<[^>]+>", " ", each.proto.body) for each in page.get("html")]
    return " ".join(html.unescape(" ".join(parts)).replace("\\", "").split())


def plain(text: str) -> str:
    """The text in the language spoken, its spaces as `words` has them."""
    return " ".join(i18n._(text).split())


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", PAGES)
def test_page_renders(show, path, language):
    page = show(path, lang=language, site="tsf:made:3")
    assert not page.exception
    assert page.title[0].value


@pytest.mark.parametrize("language", ["en", "fr"])
def test_site_says_why_it_is_classed_and_what_is_missing(show, language):
    page = show("site", lang=language, site="tsf:made:3")
    said = words(page)
    with i18n.speaking(language):
        for text in ("Classes and why", "Toxicity class", "Not known", "Citation", "Re-use beside hazard"):
            assert plain(text) in said, text
        assert plain(class_cards.BASIS["missing"]) in said  # no commodity, no assay: unrated, not low
        assert plain("recalled from the literature; to be confirmed against the source") in said


def test_what_if_answers_at_once_and_its_link_carries_it(show):
    page = show("site", lang="en", site="tsf:made:3", **{"if": "par_persons:500~commodities:gold|copper"})
    said = words(page)
    assert "at least Very high" in said  # consequence by 500 people at risk
    assert "As recorded: unrated" in said
    assert "your what-if" in said
    assert "at least Very high assumed in this what-if" in said
    assert "Rests on what you assumed: Population at risk: 500 persons." in said
    assert any("if=par_persons:500" in each.value for each in page.code)
    page.number_input(key="if:par_persons").set_value(5).run()
    assert page.query_params["if"] == "commodities:gold|copper~par_persons:5"
    assert "at least Significant" in words(page)
    page.button(key="if:reset").click().run()
    assert "if" not in page.query_params
    assert "As recorded" not in words(page)


@pytest.mark.parametrize(
    "text", ["par_persons:-5", "par_persons:x", "nonsense:1", "status:dead", "has_cyanide:2"]
)
def test_what_if_that_cannot_be_is_refused_and_the_page_says_so(show, text):
    with pytest.raises(LithoscopeError):
        what_if.from_text(text, "facilities")
    page = show("site", lang="en", site="tsf:made:3", **{"if": text})
    assert not page.exception
    assert "cannot be read" in page.warning[0].value
    assert "As recorded" not in words(page)


def test_changes_written_are_changes_read():
    changes = {"par_persons": 500.0, "has_cyanide": False, "commodities": "gold; copper", "status": None}
    assert what_if.from_text(what_if.as_text(changes), "facilities") == changes
    with pytest.raises(BadInput):
        what_if.from_text("~".join(f"par_persons:{n}" for n in range(30)), "facilities")


def test_what_if_answers_within_300_ms(made_data):
    held = shelf.Shelf(Settings(data=made_data(60))).holdings()
    frame = held.sites("facilities")
    site = frame[frame["site_id"].eq("tsf:made:3")].drop(columns="geometry")
    changes = what_if.from_text("par_persons:500~has_cyanide:yes", "facilities")
    records = held.release.records("facilities", site_id="tsf:made:3")
    what_if.document(site, "facilities", records, changes)
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        what_if.document(site, "facilities", records, changes)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.3


def _indexed() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": list("abcd"),
            "thi_low": [2.0, 8.0, None, 11.0],
            "thi_high": [12.0, 9.0, None, 12.5],
            "preselection": ["possible", "certain", None, "not needed"],
        }
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"thi_min": "8"}, "bd"),
        ({"thi_min": "8", "could": "1"}, "abd"),
        ({"thi_max": "10"}, "b"),
        ({"thi_max": "10", "could": "1"}, "ab"),
        ({"preselection": "certain"}, "b"),
        ({"preselection": "certain", "could": "1"}, "ab"),
    ],
)
def test_could_widens_a_filter_of_indices_and_unrated_stays_outside(asked, expected):
    frame = _indexed()
    kept = Selection.from_params(asked).mask(frame)
    assert "".join(frame.loc[kept, "site_id"]) == expected
    assert Selection.from_params(Selection.from_params(asked).params()) == Selection.from_params(asked)


def test_bands_count_every_site_once_and_unrated_apart():
    counts = BANDS["thi_high"].count(_indexed())
    assert counts == {"band_2": 1, "band_4": 2, "unrated": 1}
    assert BANDS["preselection"].count(_indexed()) == {
        "not needed": 1,
        "possible": 1,
        "certain": 1,
        "unrated": 1,
    }


def test_priority_prints_its_formula_and_how_stable_each_rank_is(show):
    page = show("priority", lang="en", w="toxicity:2,consequence:1")
    said = words(page)
    assert "2 × Toxicity class / 4 + 1 × Consequence class / 4" in said
    assert "seed 20190125" in said
    rows = _rows(page, "priority:table")
    assert len(rows) == 60
    assert all("in the first 20 under" in row["cells"][5] for row in rows)
    assert _rows(show("priority", lang="en", w="toxicity:2,consequence:1"), "priority:table") == rows
    page.slider(key="weight:facilities:toxicity").set_value(0.0).run()
    assert page.query_params["w"] == "consequence:1"


@pytest.mark.parametrize(
    "text", ["toxicity:0", "toxicity:-1", "beauty:2", "toxicity:x", "toxicity:nan", "toxicity:99"]
)
def test_weights_that_cannot_be_are_told_and_equal_ones_stand_in(show, text):
    with pytest.raises(BadInput):
        priority.weights_of(text, "facilities")
    page = show("priority", lang="en", w=text)
    assert not page.exception
    assert "equal weights stand in" in page.warning[0].value


def test_disclosure_of_an_owner_offers_letters_in_both_languages(show):
    page = show("disclosure", lang="en", of="owner:Northern Metals")
    assert "Northern Metals" in words(page)
    assert {each.key for each in page.get("download_button")} >= {
        f"letter:{language}:{suffix}" for language in ("en", "fr") for suffix in ("pdf", "md")
    }
    assert len(_rows(page, "d:open")) == 30


def test_methods_page_holds_every_method_with_version_and_doubt(show):
    said = words(show("methods", lang="en"))
    for method in catalogue.all_methods():
        assert " ".join(method.formula.split()) in said, method.id
        assert method.id in said
        assert " ".join(method.citation.split()) in said
    assert "to be confirmed against the source" in said


def _rows(page: AppTest, key: str) -> list[dict]:
    found = [each for each in page.get("bidi_component") if each.proto.json and key in each.proto.id]
    return [row for each in found for row in json.loads(each.proto.json)["rows"]]


def test_counts_of_classes_are_ranges_and_unrated_could_be_of_any():
    levels = TOXICITY.classes(["high", None, None, "low"])
    lows = TOXICITY.classes(["high", "low", None, "minimal"])
    highs = TOXICITY.classes(["high", "very_high", None, "moderate"])
    sites = pd.DataFrame({"toxicity_class": levels, "toxicity_class_low": lows, "toxicity_class_high": highs})
    found = country_classes.at_or_above(sites, "toxicity_class").set_index("code")
    assert found.loc["high"].tolist() == [1, 3]
    assert found.loc["very_high"].tolist() == [0, 2]
    assert found.loc["minimal"].tolist() == [3, 4]
    assert (found["at_least"] <= found["at_most"]).all()
    assert found["at_least"].is_monotonic_increasing
    assert country_classes.unrated(sites, "toxicity_class") == 1


def test_a_state_that_no_list_names_is_unknown_and_not_a_non_party():
    assert set(country_classes.conventions("XKX")["status"]) == {"unknown"}
    brazil = country_classes.conventions("BRA").set_index("instrument")["status"]
    assert brazil["basel"] == "party"
    assert brazil["espoo"] == "unknown"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_country_shows_ranges_and_conventions(show, language):
    page = show("countries", lang=language, country="BRA", colour="consequence_class")
    assert not page.exception
    with i18n.speaking(language):
        said = words(page)
        for text in ("Classes, at least and at most", "Conventions", "Declared consequence class"):
            assert plain(text) in said
        rows = _rows(page, "cc:facilities:consequence_class")
        assert [row["cells"][0]["t"] for row in rows[:-1]] == [
            plain("Extreme"),
            *(plain("{low} or graver").format(low=plain(each.label)) for each in CONSEQUENCE.levels[3:0:-1]),
        ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_risk_map_of_states_and_its_table_tell_the_same(show, language):
    page = show(
        "countries",
        lang=language,
        risk="facilities:consequence_class",
        bound="most",
        **{"class": "extreme"},
    )
    assert not page.exception
    deck = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    layer, hatching = deck["layers"]
    assert not hatching["pickable"]
    assert layer["@@type"] == "TileLayer"
    assert "name=consequence_class&code=extreme&bound=most&count=number" in layer["data"][0]
    assert len(page.get("deck_gl_json_chart")[0].proto.json) < 3000
    held = shelf.shelf().holdings()
    table = country_classes.by_state(held.sites("facilities"), "consequence_class", "extreme")
    rows = [row["cells"] for row in _rows(page, "states:table")]
    with i18n.speaking(language):
        for cells, row in zip(rows, table.itertuples(), strict=True):
            assert cells[1:4] == [i18n.number(each) for each in (row.sites, row.at_least, row.at_most)]
        said = words(page)
        assert plain("no source speaks of it: unknown, not nought") in said
        assert plain(maps.DISCLAIMER) in said
    page.selectbox(key="states:class").set_value("very_high").run()
    assert page.query_params["class"] == "very_high"


@pytest.mark.parametrize(
    "strange", [{"risk": "facilities:beauty"}, {"class": "NaN"}, {"bound": "1e999"}, {"count": "<b>"}]
)
def test_a_strange_address_of_the_risk_map_shows_the_usual_one(show, strange):
    page = show("countries", lang="en", **strange)
    assert not page.exception
    assert "code=high&bound=least&count=number" in page.get("deck_gl_json_chart")[0].proto.json


def test_a_silent_state_still_shows_its_conventions(show):
    said = words(show("countries", lang="en", country="FRA"))
    assert "silence is not zero" in said
    assert "Conventions" in said
    assert not show("countries", lang="en", country="XXX").exception


def test_a_site_says_which_maps_of_its_surroundings_the_release_lacks(show):
    said = words(show("site", lang="en", site="mine:made:1"))
    assert "No map was supplied of: seismic hazard" in said
    assert "rivers, places" in said
