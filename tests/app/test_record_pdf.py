"""A site's record on paper says what the page says, in both languages."""

import re

import pytest

from lithoscope.app import dossier, i18n, record_pdf
from lithoscope.methods import catalogue


@pytest.fixture
def site(made_data, shelf_on):
    shelf_on(made_data(30))
    return "tsf:made:4", *dossier.find("tsf:made:4")


def test_each_rated_class_carries_its_method_version_and_citation(site):
    lines = list(record_pdf.text(*site))
    rated = [line for line in lines if line.startswith("### ")]
    assert any("Declared consequence class: Extreme" in line for line in rated)
    methods = [
        method
        for method in catalogue.all_methods()
        if any(line.startswith(f"{method.id}. ") for line in lines)
    ]
    assert len(methods) == len(rated)
    for method in methods:
        line = next(line for line in lines if line.startswith(f"{method.id}. "))
        assert method.citation in line
        assert method.version in line


def test_facts_source_and_limits_stand_in_it(site):
    text = "\n".join(record_pdf.text(*site))
    assert "# Site 4" in text
    assert "- Dam height: 14\u00a0m" in text
    assert "none (CC0-1.0)" in text
    assert "Unknown is not low" in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_becomes_a_document_in_the_readers_language(site, language):
    content = record_pdf._pdf(*site, language)
    assert content.startswith(b"%PDF")
    assert re.search(rb"/Lang\s*\(%s\)" % language.encode(), content)
    with i18n.speaking("fr"):
        assert any("Ce qui" in line or "classes" in line for line in record_pdf.text(*site))
