"""Every page renders in each language, shows what its address asks for, and counts as the export does."""

import html
import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lithoscope.app import address, assets, columns, dossier, i18n, widgets
from lithoscope.app.pages import PAGES as ENTRIES
from lithoscope.domain import fields
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.pipelines import export, shelf, store
from lithoscope.pipelines.query import Selection

PAGES = [entry.path for entry in ENTRIES]
N = 60


@pytest.fixture
def data(made_data):
    return made_data(N)


@pytest.fixture
def show(data, pages_on):
    """show("facilities", lang="fr", country="BRA") -> the page, run once, on 60 made-up facilities."""
    return pages_on(data)


def words(page: AppTest) -> str:
    """All that the page says in headings, notes, figures and legends; tables apart."""
    parts = [each.value for kind in ("title", "subheader", "caption") for each in page.get(kind)]
    bodies = [each.proto.body for each in page.get("html") if "<style" not in each.proto.body]
    parts += [re.sub(r"<[^>]+>", " ", body) for body in bodies]
    return " ".join(html.unescape(" ".join(parts)).replace("\\", "").split())


def tables(page: AppTest) -> list[dict]:
    """What the page's tables hold."""
    found = [json.loads(each.proto.json) for each in page.get("bidi_component") if each.proto.json]
    return [each for each in found if "rows" in each]


def table_of_sites(page: AppTest) -> dict:
    return next(each for each in tables(page) if any("id" in row for row in each["rows"]))


def first_figure(page: AppTest) -> int:
    body = next(each.proto.body for each in page.get("html") if "ls-figures" in each.proto.body)
    return int(re.sub(r"\D", "", re.search(r'class="value">([^<]*)<', body)[1]))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", PAGES)
def test_page_renders(show, path, language):
    page = show(path, lang=language, site="tsf:made:1")
    assert not page.exception
    with i18n.speaking(language):
        assert i18n._("The register") in words(page)
        assert page.title[0].value
        if path not in ("site", "overview", "countries"):
            title = next(entry.title for entry in ENTRIES if entry.path == path)
            assert page.title[0].value == widgets.plain(i18n._(title))


@pytest.mark.parametrize("path", [path for path in PAGES if path != "methods"])
def test_no_english_is_left_on_a_french_page(show, path):
    """Words of the English pages' own texts do not stand on the French ones.

    The page of methods quotes citations and tables of thresholds as their files have them; its own texts
    are held to French by the catalogue.
    """
    telling = (" the ", " of ", "unknown", " sites without", " and ", "Sites shown", "Evidence")
    page = show(path, lang="fr")
    text = words(page) + json.dumps([each["columns"] for each in tables(page)], ensure_ascii=False)
    names = "the tests|Made for tests|Investor Mining and Tailings Safety Initiative"
    assert [each for each in telling if each in re.sub(names, "", text)] == []


def test_filter_changes_the_address_and_the_count(show):
    page = show("facilities", lang="en")
    assert first_figure(page) == N
    page.multiselect(key="facilities:country").select("BRA").run()
    assert page.query_params["country"] == "BRA"
    assert first_figure(page) == N // 4
    page.text_input(key="facilities:q").input("saint-etienne").run()
    assert first_figure(page) == 0
    assert "That does not mean that there is none" in words(page)
    page.multiselect(key="facilities:country").unselect("BRA").run()
    assert "country" not in page.query_params
    assert first_figure(page) == 1


def test_a_filter_closes_the_site_and_returns_to_the_first_rows(show):
    page = show("facilities", page="2", site="tsf:made:3", sort="name")
    page.multiselect(key="facilities:status").select("closed").run()
    assert not {"page", "site"} & set(page.query_params)


def test_mines_begin_with_those_that_nobody_works_and_can_show_all(show):
    page = show("mines", lang="en")
    assert page.multiselect(key="mines:status").value == ["closed", "abandoned", "unknown"]
    page.multiselect(key="mines:status").set_value([]).run()
    assert page.query_params["status"] == address.ANY
    assert page.multiselect(key="mines:status").value == []
    page.multiselect(key="mines:status").set_value(["closed", "abandoned", "unknown"]).run()
    assert "status" not in page.query_params


@pytest.mark.parametrize(
    "params", [{}, {"country": "BRA,USA"}, {"status": "closed"}, {"q": "Société"}, {"place": "unknown"}]
)
def test_figure_table_legend_and_export_count_the_same(show, data, params):
    page = show("facilities", lang="en", **params)
    shown = first_figure(page)
    assert shown > 0
    release = store.open_release(data)
    register = shelf.shelf().holdings().shown("facilities", Selection.from_params(params))
    rows = pd.read_csv(io.BytesIO(export.to_bytes(release, "facilities", register, "csv")))
    legend = next(each.proto.body for each in page.get("html") if "Extreme" in each.proto.body)
    counts = [int(each) for each in re.findall(r'class="count">(\d+)<', legend)]
    table = table_of_sites(page)
    total = int(table["pages"]["text"].split()[-1]) if table.get("pages") else len(table["rows"])
    assert shown == len(rows) == sum(counts) == total


def test_table_sends_one_page_of_rows_in_the_order_of_the_address(show):
    table = table_of_sites(show("facilities", lang="en", sort="-dam_height_m", page="2"))
    assert len(table["rows"]) == 25
    heights = [float(row["cells"][4]) for row in table["rows"]]
    assert heights == sorted(heights, reverse=True)
    assert table["pages"]["text"] == "26 to 50 of 60"
    last = table_of_sites(show("facilities", page="99999999"))
    assert last["pages"]["next_page"] is None
    assert len(last["rows"]) == N - 50


@pytest.mark.parametrize(
    "params", [{"sort": "raw"}, {"page": "-1"}, {"page": "x" * 300}, {"site": "' or 1=1"}, {"lang": "xx"}]
)
def test_a_strange_address_still_gives_the_page(show, params):
    page = show("facilities", **params)
    assert not page.exception
    assert first_figure(page) == N


def test_filters_that_cannot_be_read_are_left_out_and_said(show):
    page = show("facilities", lang="en", status="melted", height_min="tall")
    assert not page.exception
    assert "cannot be read" in page.warning[0].value
    assert first_figure(page) == N


def test_text_from_data_is_never_markup(show):
    """Facility 0 is named like an attack: it shows as it is, in headings and in tables."""
    page = show("site", lang="en", site="tsf:made:0")
    name = "<img src=x onerror=alert(1)> @@=evil {name}"
    assert page.title[0].value == widgets.plain(name)
    assert not re.search(r"(?<!\\)<", page.title[0].value)
    assert not [each for each in page.get("html") if "<img" in each.proto.body]
    assert not [each for each in page.markdown if "<img" in each.value]
    panel = show("facilities", lang="en", site="tsf:made:0")
    assert panel.subheader[0].value == widgets.plain(name)


@pytest.mark.parametrize("text", ["![x](http://e.example/a.png)", "[a](b)", "*a* `b` $c$ :red[d] # <b>"])
def test_plain_leaves_nothing_that_markdown_reads(text):
    assert not re.search(r"[\\`*_{}\[\]()#!|<>~:$]", re.sub(r"\\.", "", widgets.plain(text)))
    assert re.sub(r"\\(.)", r"\1", widgets.plain(text)) == text


@pytest.mark.parametrize(
    ("best", "low", "high", "words"),
    [
        ("high", None, None, "High"),
        ("high", "high", "high", "High"),
        ("high", None, "extreme", "at least High"),
        (None, "low", "high", "at most High"),
        (None, "significant", "high", "between Significant and High"),
        (None, "low", "extreme", "unrated"),
        (None, None, None, "unrated"),
        (None, "extreme", "extreme", "Extreme"),
    ],
)
def test_a_class_is_said_as_an_interval(best, low, high, words):
    with i18n.speaking("en"):
        assert widgets.class_words(CONSEQUENCE, best, low, high) == words


def test_a_value_is_given_to_the_record_that_says_it():
    row = pd.Series({"source_id": "b", "dam_height_m": 19.2, "status": "active", "content": None})
    records = pd.DataFrame(
        {
            "source_id": ["a", "b", "c"],
            "dam_height_m": [6.0, 19.2, 19.2],
            "status": ["active", None, "active"],
            "content": ["tailings", None, None],
        }
    )
    assert dossier.known_by_record(fields.field("dam_height_m"), row, records)["source_id"] == "b"
    assert dossier.known_by_record(fields.field("status"), row, records)["source_id"] == "a"
    assert dossier.known_by_record(fields.field("content"), row, records) is None


def test_links_carry_the_language_and_keep_the_id():
    with i18n.speaking("fr"):
        parts = urlsplit(address.link("site", site="tsf:anm_sigbm:8818"))
    assert parts.path == "site"
    assert parse_qs(parts.query) == {"site": ["tsf:anm_sigbm:8818"], "lang": ["fr"]}


@pytest.mark.parametrize(
    ("reads", "draw"), [(columns.FACILITIES, columns.facilities), (columns.MINES, columns.mines)]
)
def test_tables_read_and_sort_by_fields_that_exist(reads, draw):
    with i18n.speaking("en"):
        sorted_by = {each.sort for each in draw() if each.sort}
    assert sorted_by <= set(reads)
    assert all(fields.is_field(name) for name in reads)


def test_scripts_have_an_address_that_changes_with_them():
    for file in assets.FILES:
        assert re.fullmatch(rf"assets/[0-9a-f]{{12}}/{file}", assets.address(file))
        assert ("STYLE" in assets.content(file)) == file.endswith(".js")
