"""What if and priority in a real browser: an input moves and the classes answer, a link carries it, reset."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from looking import settle

pytestmark = pytest.mark.browser


def asked(visit, name):
    """One value of the page's address."""
    return parse_qs(urlsplit(visit.page.url).query).get(name, [""])[0]


def answer(visit, title):
    """What the picture of a class says."""
    card = visit.page.locator(".ls-class", has=visit.page.get_by_role("heading", name=title, exact=True))
    return card.locator(".ls-answer").inner_text()


def test_moving_an_input_moves_the_class_and_reset_takes_it_back(visit):
    seen = visit(maps=False)
    settle(seen, "/site?site=tsf:made:3&lang=en&if=par_persons:5")
    page = seen.page
    title = "Consequence class, at least"
    assert answer(seen, title).startswith("at least Significant")
    people = page.get_by_role("spinbutton", name="Population at risk, persons")
    people.fill("500")
    people.press("Enter")
    seen.until(lambda: answer(seen, title).startswith("at least Very high"), "the class answers")
    seen.until(lambda: asked(seen, "if") == "par_persons:500", "the address carries the change")
    settle(seen, f"/site?site=tsf:made:3&lang=fr&if={asked(seen, 'if')}")
    assert "au moins Très élevée" in answer(seen, "Classe de conséquences, au moins")
    page.get_by_role("button", name="Revenir à ce qui est enregistré").click()
    title = "Classe de conséquences, au moins"
    seen.until(lambda: answer(seen, title).startswith("non classé"), "the record stands again")
    seen.until(lambda: not asked(seen, "if"), "the address is plain again")


def test_a_weight_moves_the_formula_and_stands_in_the_address(visit):
    seen = visit(maps=False)
    settle(seen, "/priority?lang=en")
    page = seen.page
    formula = page.locator(".ls-note", has_text="Toxicity class / 4")
    assert formula.inner_text().startswith("(1 × Toxicity class / 4")
    page.get_by_role("slider", name="Weight: Toxicity class").press("ArrowRight")
    seen.until(lambda: asked(seen, "w").startswith("toxicity:1.5"), "the address carries the weight")
    seen.until(lambda: "1.5 × Toxicity class / 4" in formula.inner_text(), "the formula follows")
    assert page.get_by_text(re.compile(r"in the first 20 under \d+% of weightings")).first.is_visible()


def test_a_click_on_a_state_of_the_risk_map_opens_its_inventory(visit):
    seen = visit(viewport=(1280, 1100))
    settle(seen, "/countries?lang=en&risk=facilities:consequence_class")
    seen.until(lambda: seen.page.evaluate("window.drawn.elements > 0"), "the areas are drawn", 60)
    seen.page.wait_for_timeout(3000)
    box = seen.page.locator("[data-testid=stDeckGlJsonChart]").bounding_box()
    brazil = box["x"] + box["width"] * 0.32, box["y"] + box["height"] * 0.63
    seen.click(brazil, lambda: asked(seen, "country"))
    seen.until(lambda: asked(seen, "country") == "BRA", "the State opens")
    settle(seen)
    assert "Brazil" in seen.page.locator("h3").first.inner_text()
