"""The map in a real browser: drawn, local, and a click opens the site that was clicked."""

import io
import json
import math
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from lithoscope.app import maps
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.pipelines import basemap, store

pytestmark = pytest.mark.browser

BRAZIL = "/facilities?country=BRA"


def _on_square(lon, lat):
    sine = math.sin(math.radians(lat))
    return (lon + 180) / 360, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def _pixel(view, box, lon, lat):
    """Where a place stands on the page while the map shows the view."""
    size = 512 * 2**view.zoom
    (x, y), (middle_x, middle_y) = _on_square(lon, lat), _on_square(view.lon, view.lat)
    return (
        box["x"] + box["width"] / 2 + (x - middle_x) * size,
        box["y"] + box["height"] / 2 + (y - middle_y) * size,
    )


def _features(url):
    """What a tile shows, each with its number in the tile."""
    with urllib.request.urlopen(url) as answer:
        features = json.load(answer)["features"]
    return [
        {**each["properties"], "at": each["geometry"]["coordinates"], "number": number, "tile": url}
        for number, each in enumerate(features)
        if each["geometry"]
    ]


def _lone(visit, view, apart=14):
    """Features in sight with no other near them, each with its pixel on the page."""
    box = visit.map().bounding_box()
    urls = [url for url in dict.fromkeys(visit.tiles) if f"/{round(view.zoom)}/" in urlsplit(url).path]
    placed = [{**each, "xy": _pixel(view, box, *each["at"])} for url in urls for each in _features(url)]
    right, foot = box["x"] + box["width"] - 70, min(box["y"] + box["height"], 900) - 15
    return [
        each
        for each in placed
        if box["x"] + 15 < each["xy"][0] < right
        and box["y"] + 15 < each["xy"][1] < foot
        and all(math.dist(each["xy"], other["xy"]) > apart for other in placed if other is not each)
    ]


def _site(visit):
    return parse_qs(urlsplit(visit.page.url).query).get("site", [""])[0]


def _click(visit, feature):
    """Click a site until one opens; it must be that one."""
    former = _site(visit)
    visit.click(feature["xy"], lambda: _site(visit) != former)
    assert _site(visit) == feature["id"]


def _picture(visit):
    visit.page.mouse.move(5, 5)
    return Image.open(io.BytesIO(visit.map().screenshot())).convert("RGB")


def _pixels(picture):
    flat = picture.tobytes()
    return [flat[i : i + 3] for i in range(0, len(flat), 3)]


def _rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _share(picture, colour, tolerance=16):
    """Which part of the picture has about this colour."""
    found = sum(
        count
        for count, pixel in picture.getcolors(maxcolors=1 << 24)
        if all(abs(a - b) <= tolerance for a, b in zip(pixel, _rgb(colour), strict=True))
    )
    return found / (picture.width * picture.height)


@pytest.fixture
def brazil(made_data):
    """The view that the link to Brazil begins with."""
    frame = store.open_release(made_data(200)).sites("facilities")
    return maps.view_of(frame[frame["country_iso3"] == "BRA"], closest=8.0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_world_is_drawn_with_land_water_and_sites(visit, theme):
    found = visit(color_scheme=theme)
    found.open("/")
    found.settle()
    assert found.page.evaluate("window.drawn.elements") > 0
    picture = _picture(found)
    palette = basemap.PALETTES[theme]
    assert _share(picture, palette.water, 4) > 0.3
    assert _share(picture, palette.land, 4) > 0.15
    assert 0.0005 < _share(picture, maps.LAYER_COLOURS[0].colour) < 0.1
    assert {urlsplit(url).path.split("/")[2] for url in found.tiles} == {"facilities", "mines", "events"}


@pytest.mark.parametrize("path", ["/mines", "/site?site=tsf:made:1", "/countries?country=BRA", "/priority"])
def test_the_maps_of_other_pages_are_drawn_too(visit, path):
    found = visit()
    found.open(path)


def test_where_no_map_can_be_drawn_words_say_so(visit):
    found = visit(maps=False)
    found.page.goto(f"{found.origin}/facilities?lang=fr")
    chart = found.page.locator("[data-testid=stDeckGlJsonChart]")
    chart.wait_for(state="attached", timeout=60_000)
    found.until(
        lambda: "WebGL" in chart.evaluate("map => getComputedStyle(map, '::before').content"), "the words"
    )


def test_every_class_of_the_page_is_drawn_in_its_colour(visit):
    found = visit()
    found.open(BRAZIL)
    found.settle()
    picture = _picture(found)
    shares = {level.code: _share(picture, level.colour, 10) for level in CONSEQUENCE.levels}
    assert min(shares.values()) > 0.0002, shares


def test_a_click_opens_the_site_and_draws_no_tile_anew(visit, brazil):
    found = visit()
    found.open(BRAZIL)
    found.settle()
    lone = _lone(found, brazil)
    asked = len(found.tiles)
    _click(found, lone[0])
    name = lone[0]["name"]
    found.until(lambda: name in found.page.inner_text("body"), "the record shows the name")
    assert len(found.tiles) == asked


def test_the_same_number_on_another_tile_is_another_site(visit, brazil):
    """Streamlit tells objects apart by their number alone; a tile's numbers begin anew in each tile."""
    found = visit(viewport=(2000, 900))
    found.open(BRAZIL)
    found.settle()
    lone = _lone(found, brazil)
    first, second = next(
        (a, b) for a in lone for b in lone if a["number"] == b["number"] and a["tile"] != b["tile"]
    )
    # Opening a record makes the map narrower, so only sites of the middle are looked for again.
    _click(found, first)
    found.settle()
    again = {each["id"]: each for each in _lone(found, brazil)}
    assert second["id"] in again
    _click(found, again[second["id"]])
    _click(found, again[first["id"]])


def test_after_a_filter_a_click_opens_the_site_under_it_and_the_view_stays(visit, brazil):
    found = visit()
    found.open(BRAZIL)
    found.settle()
    before = _picture(found)
    everything = _lone(found, brazil)
    found.tiles.clear()
    search = found.page.get_by_label("Search names and owners")
    search.fill("site 1")
    search.press("Enter")
    found.until(lambda: any("q=site+1" in url for url in found.tiles), "the filter reaches the tiles")
    found.settle()
    after = _picture(found)
    assert before.size == after.size
    same = sum(a == b for a, b in zip(_pixels(before), _pixels(after), strict=True))
    assert same > 0.95 * before.width * before.height
    found.tiles[:] = [url for url in found.tiles if "q=site+1" in url]
    lone = _lone(found, brazil)
    assert 3 < len(lone) < len(everything)
    _click(found, lone[-1])


def test_a_hostile_name_in_a_tooltip_is_text(visit, brazil):
    found = visit()
    found.page.on("dialog", lambda dialog: found.wrong.append(f"a script ran: {dialog.message}"))
    found.open(BRAZIL + "&q=onerror")
    found.settle()
    box = found.map().bounding_box()
    (hostile,) = _features(found.tiles[-1]) or _features(found.tiles[0])
    view = maps.View(*hostile["at"], 8.0)
    found.page.mouse.move(*_pixel(view, box, *hostile["at"]), steps=5)
    found.until(lambda: found.page.locator(".deck-tooltip").count() > 0, "the tooltip stands")
    tooltip = found.page.locator(".deck-tooltip").last
    found.until(lambda: "onerror" in tooltip.inner_text(), "the tooltip shows the name")
    assert "<img src=x onerror=alert(1)>" in tooltip.inner_text()
    assert tooltip.locator("img").count() == 0


def test_a_click_on_a_crowd_moves_the_map_closer(visit, running, made_data, tmp_path):
    with running(made_data(10_000), tmp_path) as served:
        found = visit(origin=served.address)
        found.open("/facilities")
        found.settle()
        crowd = max((each for url in found.tiles for each in _features(url)), key=lambda each: each["n"])
        assert crowd["n"] > 100
        box = found.map().bounding_box()
        found.tiles.clear()
        found.click(_pixel(maps.WORLD, box, *crowd["at"]), lambda: len(found.tiles) > 0)
        closer = {int(urlsplit(url).path.split("/")[3]) for url in found.tiles}
        assert max(closer) > 2
        assert _site(found) == ""
