"""Every page renders in each language, shows what its address asks for, and counts as the export does."""

import html
import re

import pytest
from streamlit.testing.v1 import AppTest

from lithoscope.app import i18n, main
from lithoscope.pipelines import export, shelf
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import Settings

PAGES = {entry.path: entry for entry in main.PAGES}
SCRIPT = "from lithoscope.app import main\nmain.run(first={page!r})"


@pytest.fixture
def show(made_data, monkeypatch):
    """show("facilities", lang="fr", country="BRA") -> the page, run once, on 60 made-up facilities."""
    shelves = shelf.Shelf(Settings(data=made_data(60)))
    monkeypatch.setattr(shelf, "shelf", lambda: shelves)

    def run(page: str, **params: str) -> AppTest:
        test = AppTest.from_string(SCRIPT.format(page=page), default_timeout=30)
        for name, value in params.items():
            test.query_params[name] = value
        return test.run()

    return run


def words(page: AppTest) -> str:
    """All that the page says in text, headings and figures; tables apart."""
    parts = [each.value for kind in ("title", "subheader", "markdown", "caption") for each in page.get(kind)]
    parts += [re.sub(r"<[^>]+>", " ", each.proto.body) for each in page.get("html")]
    return " ".join(html.unescape(" ".join(parts)).replace("\\", "").split())


def tables(page: AppTest) -> list[dict]:
    """What the page's tables hold."""
    import json

    found = [json.loads(each.proto.json) for each in page.get("bidi_component") if each.proto.json]
    return [each for each in found if "rows" in each]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", list(PAGES))
def test_page_renders(show, path, language):
    page = show(path, lang=language, site="tsf:made:1")
    assert not page.exception
    with i18n.speaking(language):
        expected = "Saint-Étienne" if path == "site" else None
        title = page.title[0].value.replace("\\", "")
        assert title == (expected or title) and title
        assert i18n._("The register") in words(page)
