"""The sand observatory in a real browser: the map draws, months play, zones and vessels open by a click."""

from urllib.parse import parse_qs, urlsplit

import pytest

import seas
from looking import grave_barriers, settle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sea(running, tmp_path_factory):
    """A server on three simulated hoppers over four days of two months."""
    folder = tmp_path_factory.mktemp("sea")
    with running(seas.of_hoppers(3, folder), folder) as served:
        yield served.address


def asked(visit):
    return {name: values[0] for name, values in parse_qs(urlsplit(visit.page.url).query).items()}


def test_months_play_and_the_map_follows(visit, sea):
    seen = visit(sea)
    seen.open("/sand?lang=en")
    assert seen.page.get_by_role("alert").filter(has_text="Simulated, not observations").count()
    seen.page.get_by_role("button", name="Play").click()
    seen.until(lambda: asked(seen).get("month") == "2021-11", "the months have played", 60)
    seen.page.get_by_role("button", name="Play").wait_for(timeout=60_000)
    seen.until(
        lambda: any("first=2021-11&last=2021-11" in url for url in seen.tiles), "tiles of it were asked"
    )
    assert {urlsplit(url).path.split("/")[2] for url in seen.tiles} == {"sand"}


def test_a_zone_and_a_vessel_open_by_a_click_and_close_again(visit, sea):
    seen = visit(sea)
    seen.open("/sand?lang=fr")
    settle(seen)
    netherlands = seen.page.get_by_role("link", name="Pays-Bas").first
    seen.click(netherlands, lambda: asked(seen).get("zone") == "NLD")
    seen.page.get_by_role("heading", name="Mois par mois").wait_for(timeout=60_000)
    assert set(asked(seen)) == {"lang", "zone"}, "nothing else was chosen"
    settle(seen)
    ship = seen.page.get_by_role("link", name="SIMULATED HOPPER 1").first
    seen.click(ship, lambda: "vessel" in asked(seen))
    seen.page.get_by_role("heading", name="Cycles de chargement").wait_for(timeout=60_000)
    seen.until(
        lambda: any("/sand/tracks/" in url and "vessel=" in url for url in seen.tiles), "its tracks", 60
    )
    seen.page.get_by_role("button", name="Pays-Bas").click()
    seen.page.get_by_role("heading", name="Mois par mois").wait_for(timeout=60_000)
    assert "vessel" not in asked(seen)


def test_embedded_it_is_the_map_alone_and_still_says_what_it_is(visit, sea):
    seen = visit(sea)
    seen.open("/sand?embed=true&lang=en")
    seen.page.get_by_text("simulated, not observations").first.wait_for(timeout=30_000)
    assert not seen.page.get_by_role("heading", level=1).count()
    assert not seen.page.locator("[data-testid=stSidebar]").is_visible()


def test_axe_finds_nothing_serious(visit, sea):
    seen = visit(sea, maps=False)
    settle(seen, "/sand?lang=en&zone=NLD")
    assert grave_barriers(seen.page) == ""
