"""The pages in a real browser: by keyboard alone, by address, back and forth, by assistive technology."""

import io
import json
import re
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from looking import grave_barriers, settle

pytestmark = pytest.mark.browser

SHOWN = (
    *("/", "/countries?country=BRA", "/sources", "/methods?method=thi_uba2020", "/mines"),
    *("/facilities?site=tsf:made:1", "/site?site=tsf:made:1", "/site?site=tsf:made:3&if=par_persons:500"),
    *("/priority", "/disclosure"),
)
GROUND = """
(app => app && getComputedStyle(app).backgroundColor)(document.querySelector("[data-testid=stApp]"))
"""
DARK = "rgb(18, 24, 27)"


def asked(visit):
    """The page's path and what its address asks for."""
    parts = urlsplit(visit.page.url)
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def count(visit):
    """The first figure of the page."""
    return int(re.sub(r"\D", "", visit.page.locator(".ls-figures dd.value").first.inner_text()))


@pytest.mark.parametrize("path", SHOWN)
def test_axe_finds_nothing_serious(visit, path):
    """In the light; then in the dark, which the page follows as it stands, what depends on colours."""
    seen = visit(maps=False)
    settle(seen, path)
    assert grave_barriers(seen.page) == ""
    seen.page.emulate_media(color_scheme="dark")
    seen.until(lambda: seen.page.evaluate(GROUND) == DARK, "the page is dark")
    assert grave_barriers(seen.page, "color-contrast") == ""


def test_a_page_names_its_style_from_the_start_and_asks_for_the_newest(server):
    """With a style that came later, all that stands by then would move."""
    for path in ("/", "/facilities?lang=fr"):
        heard = {"Accept": "text/html,*/*", "Accept-Encoding": "gzip", "If-None-Match": '"kept"'}
        asked = urllib.request.Request(server.address + path, headers=heard)
        with urllib.request.urlopen(asked) as answer:
            page = answer.read().decode()
            assert answer.headers["ETag"] is None and "no-cache" in answer.headers["Cache-Control"]
        assert "<title>Lithoscope</title>" in page and page.rstrip().endswith("</html>")
        (style,) = re.findall(r'<link rel="stylesheet" href="\./(assets/\w+/page\.css)">', page)
        with urllib.request.urlopen(f"{server.address}/{style}") as answer:
            assert answer.headers["Content-Type"].startswith("text/css")
            assert '[data-testid="stSkeleton"] { animation: none; }' in answer.read().decode()
    with urllib.request.urlopen(f"{server.address}/favicon.png") as answer:
        assert answer.headers["Content-Type"] == "image/svg+xml" and answer.read().startswith(b"<svg")
    opened = urllib.request.Request(
        f"{server.address}/api/sites?layer=mines", headers={"Accept": "text/html"}
    )
    with urllib.request.urlopen(opened) as answer:
        assert answer.headers["Content-Type"] == "application/json" and json.load(answer)["count"] > 0


def test_an_address_without_a_page_leads_to_the_overview_which_says_so(visit):
    seen = visit(maps=False)
    settle(seen, "/nonsense?lang=fr")
    assert asked(seen)[0] == "/"
    assert seen.page.get_by_text("Il n’y a pas de page «\u00a0nonsense\u00a0»").is_visible()
    assert not seen.page.get_by_role("dialog").count()
    settle(seen, "/overview?lang=fr")
    assert asked(seen) == ("/", {"lang": "fr"})
    assert not seen.page.get_by_text("Il n’y a pas de page").count()


ASIDE = """
window.aside = [];
const isMain = (node) => node?.querySelector?.("[data-testid=stMain], h1");
new PerformanceObserver((seen) => {
  const sources = seen.getEntries().flatMap((each) => each.sources);
  for (const { node, previousRect: was, currentRect: is } of sources)
    if (isMain(node) && was.width && is.width && Math.abs(was.x - is.x) > 2) window.aside.push([was.x, is.x]);
}).observe({ type: "layout-shift", buffered: true });
"""


def test_the_page_does_not_move_aside_when_the_navigation_comes(visit):
    seen = visit(maps=False)
    seen.page.add_init_script(ASIDE)
    settle(seen, "/sources")
    assert seen.page.locator("[data-testid=stSidebar]").is_visible()
    assert seen.page.evaluate("window.aside") == []


def test_a_link_reopens_the_same_view_and_says_its_language(visit):
    seen = visit(maps=False)
    settle(seen, "/facilities?country=BRA&sort=name&page=2&site=tsf:made:4&lang=fr")
    page = seen.page
    seen.until(lambda: page.evaluate("document.documentElement.lang") == "fr", "the page says it is French")
    assert page.get_by_role("heading", level=1).inner_text() == "Parcs à résidus"
    seen.until(lambda: page.title() == "Parcs à résidus · Lithoscope", "so does the tab")
    assert count(seen) == 50
    assert page.get_by_text("26 à 50 sur 50").is_visible()
    assert page.get_by_role("heading", name="Site 4").is_visible()
    assert page.get_by_role("columnheader", name="Nom").get_attribute("aria-sort") == "ascending"
    padding = "getComputedStyle(document.querySelector('[data-testid=stMainBlockContainer]')).paddingTop"
    assert page.evaluate(padding) == "33.75px", "our style stands above Streamlit's"


def test_back_undoes_a_filter_and_returns_from_another_page(visit):
    seen = visit(maps=False)
    settle(seen, "/facilities?lang=en")
    page = seen.page
    assert count(seen) == 200
    country = page.get_by_role("combobox", name="Country")
    country.click()
    country.fill("Brazil")
    country.press("Enter")
    seen.until(lambda: asked(seen)[1].get("country") == "BRA", "the filter stands in the address")
    seen.until(lambda: count(seen) == 50, "the filter counts")
    page.keyboard.press("Escape")
    page.locator("[data-testid=stSidebar]").get_by_role("link", name="Sources and licences").click()
    seen.until(lambda: asked(seen)[0] == "/sources", "the page changed")
    settle(seen)
    assert asked(seen)[1] == {"lang": "en"}
    page.go_back()
    seen.until(
        lambda: asked(seen) == ("/facilities", {"lang": "en", "country": "BRA"}), "back with the filter"
    )
    seen.until(lambda: count(seen) == 50, "the filter counts again")
    page.go_back()
    seen.until(lambda: asked(seen) == ("/facilities", {"lang": "en"}), "back before the filter")
    seen.until(lambda: count(seen) == 200, "all are shown again")


def test_keyboard_alone_sorts_turns_the_page_opens_and_closes_a_site(visit):
    seen = visit(maps=False)
    settle(seen, "/facilities?lang=en")
    page = seen.page
    page.get_by_role("button", name="Name").focus()
    page.keyboard.press("Enter")
    seen.until(lambda: asked(seen)[1].get("sort") == "-name", "sorted")
    seen.until(lambda: page.evaluate(FOCUSED) == "Name ▼", "focus stays on the heading")
    reached = tab_until(page, "Next", 80)
    assert "Site 99" in reached, "every row is reached by the Tab key"
    page.keyboard.press("Enter")
    seen.until(lambda: asked(seen)[1].get("page") == "2", "second page")
    page.get_by_text("26 to 50 of 200").wait_for()
    link = page.get_by_role("row").nth(1).get_by_role("link")
    name = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    seen.until(lambda: asked(seen)[1].get("site", "").startswith("tsf:made:"), "opened by its id")
    page.get_by_role("heading", name=name, exact=True).wait_for()
    on_heading = "['H2', 'H3'].includes(document.activeElement.tagName)"
    seen.until(
        lambda: page.evaluate(on_heading) and name in page.evaluate(FOCUSED), "the panel has the focus"
    )
    page.locator(".st-key-panel-close button").focus()
    page.keyboard.press("Enter")
    seen.until(lambda: "site" not in asked(seen)[1], "closed")


FOCUSED = """() => {
  let element = document.activeElement;
  while (element.shadowRoot && element.shadowRoot.activeElement) element = element.shadowRoot.activeElement;
  return element.textContent;
}"""


def tab_until(page, text, most):
    """Press Tab until the element with that text has the focus; what was reached on the way."""
    reached = []
    for _ in range(most):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
        if reached[-1] == text:
            return reached
    raise AssertionError(f"{text} is not reached by {most} tabs: {reached}")


def test_map_table_export_and_inventory_count_the_same(visit):
    seen = visit(maps=False)
    settle(seen, "/facilities?country=BRA,USA&status=closed&lang=en")
    page = seen.page
    shown = count(seen)
    assert 0 < shown < 100
    table = page.get_by_text(re.compile(r"1 to 25 of \d+")).inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = pd.read_csv(io.BytesIO(download.value.path().read_bytes()))
    query = "country=BRA,USA&status=closed"
    with urllib.request.urlopen(f"{seen.origin}/tiles/facilities/0/0/0.geojson?{query}") as answer:
        features = [each for each in json.load(answer)["features"] if each["geometry"]]
    on_map = sum(each["properties"]["n"] for each in features)
    missing = page.get_by_text(re.compile(r"^\d+ on the map, \d+ without coordinates")).inner_text()
    placed, unplaced = map(int, re.findall(r"\d+", missing))
    assert int(table.split()[-1]) == shown == len(rows) == placed + unplaced
    assert on_map == placed == rows["lon"].notna().sum()
    assert unplaced > 0, "sites without coordinates are counted too"
    settle(seen, "/countries?country=BRA&lang=en")
    assert count(seen) == 50


def test_language_and_colours_are_chosen_in_the_page(visit):
    seen = visit(maps=False)
    settle(seen, "/mines?lang=en")
    page = seen.page
    page.get_by_role("button", name="Français").click()
    seen.until(lambda: asked(seen)[1].get("lang") == "fr", "the language stands in the address")
    page.get_by_role("heading", name="Mines abandonnées", level=1).wait_for()
    page.get_by_role("button", name="Français", pressed=True).wait_for()
    assert page.evaluate(FOCUSED) == "Français", "who goes by keyboard stays where he was"
    page.get_by_role("button", name="Sombre").click(timeout=60_000)
    seen.until(lambda: page.evaluate(GROUND) == DARK, "dark")
    settle(seen)
    page.locator("[data-testid=stSidebar]").get_by_role("link", name="Pays").click()
    seen.until(lambda: asked(seen)[0] == "/countries", "another page")
    page.reload()
    settle(seen)
    assert page.evaluate(GROUND) == DARK, "the choice holds on every page"


def test_a_control_speaks_the_language_that_was_chosen(visit):
    seen = visit(maps=False)
    settle(seen, "/facilities?status=closed&lang=en")
    page = seen.page
    page.get_by_role("button", name="Français").click()
    page.get_by_role("heading", name="Parcs à résidus", level=1).wait_for()
    status = page.get_by_test_id("stMultiSelect").filter(has_text="Statut")
    seen.until(lambda: "fermé" in status.inner_text(), "the chosen status in French")
    colour = page.get_by_test_id("stSelectbox").get_by_role("combobox")
    seen.until(lambda: "conséquences" in colour.input_value(), "the chosen colouring in French")


def test_on_a_telephone_the_navigation_makes_way_for_the_page(visit):
    seen = visit(maps=False)
    seen.page.set_viewport_size({"width": 390, "height": 844})
    settle(seen, "/sources?lang=en")
    seen.page.get_by_test_id("stExpandSidebarButton").click()
    link = seen.page.get_by_test_id("stSidebar").get_by_role("link", name="Methods")
    link.click()
    seen.page.get_by_role("heading", name="Methods", level=1).wait_for()
    seen.until(lambda: link.bounding_box()["x"] < 0, "the navigation has gone")


def test_what_cannot_be_found_is_said(visit):
    seen = visit(maps=False)
    settle(seen, "/site?site=tsf:nowhere:1&lang=en")
    assert seen.page.get_by_text("This release holds no such site.").is_visible()
    settle(seen, "/facilities?status=melted&height_min=tall&lang=en")
    assert seen.page.get_by_text("Part of this address cannot be read").is_visible()
    assert count(seen) == 200
    settle(seen, "/facilities?q=%28no&lang=en")
    assert seen.page.get_by_text("No site meets these filters").is_visible()
