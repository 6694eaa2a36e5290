"""Every text that readers see has a French translation; the catalogues are those that the code asks for."""

import re
import string

import pytest
from babel.messages.pofile import read_po

from lithoscope.app import i18n
from lithoscope.domain import fields, reference
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.locale import DOMAIN, FOLDER, LANGUAGES, translate
from lithoscope.pipelines import translations

OTHERS = [language for language in LANGUAGES if language != "en"]


def texts(message):
    return list(message.string) if message.pluralizable else [message.string]


def test_template_is_what_the_code_asks_for():
    with (FOLDER / f"{DOMAIN}.pot").open("rb") as file:
        written = {message.id for message in read_po(file) if message.id}
    wanted = {message.id for message in translations.template() if message.id}
    missing, gone = wanted - written, written - wanted
    assert not missing | gone, f"run python -m lithoscope.pipelines.translations: new {missing}, gone {gone}"


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language):
    catalog = translations.merged(language, translations.template())
    assert translations.untranslated(catalog) == []
    assert not [message.id for message in translations.load(language) if message.fuzzy and message.id]


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_their_placeholders(language):
    for message in translations.load(language):
        if not message.id:
            continue
        asked = message.id[-1] if message.pluralizable else message.id
        wanted = {name for _, name, _, _ in string.Formatter().parse(asked) if name}
        for text in texts(message):
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} == wanted, asked


def test_labels_meanings_classes_and_findings_are_in_the_catalogue():
    known = {message.id for message in translations.template()}
    for each in fields.FIELDS:
        assert {each.label, each.meaning} <= known, each.name
    assert {level.label for level in CONSEQUENCE.levels} <= known
    codes = reference.load("finding_codes").rows
    assert set(codes["reason"]) | set(codes["remedy"]) | set(codes["label"]) <= known


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Tailings facilities", "Parcs à résidus"),
        ("Abandoned mines", "Mines abandonnées"),
        ("closed", "fermé"),
        ("Rehabilitation", "Réhabilitation"),
        ("Toxicity class", "Classe de toxicité"),
        ("Consequence class", "Classe de conséquences"),
        ("Regional group", "Groupe régional"),
        ("Member States", "États Membres"),
        ("unknown", "inconnu"),
        ("unrated", "non classé"),
        ("at least {low}", "au moins {low}"),
        ("between {low} and {high}", "entre {low} et {high}"),
        ("downstream", "aval"),
    ],
)
def test_words_are_those_of_the_un_papers(english, french):
    assert translate(english, "fr") == french


def test_french_sets_its_signs():
    """No plain apostrophe, and a hard space before the signs that French sets apart."""
    for message in translations.load("fr"):
        for text in texts(message) if message.id else []:
            assert "'" not in text, text
            assert not re.search(r"[^\s\u00a0\u202f:][;!?]|[\w)] [:;!?]", text), text


def test_numbers_and_dates_are_written_as_the_language_does():
    with i18n.speaking("fr"):
        assert i18n.number(1234567.5) == "1\u202f234\u202f568"
        assert i18n.date("2019-01-25") == "25 janvier 2019"
        assert i18n.date("2022-03") == "mars 2022"
        assert i18n.percent(0.345) in ("34\u202f%", "35\u202f%", "34\u00a0%", "35\u00a0%")
        assert i18n.ngettext("{n} site", "{n} sites", 0) == "0 site"
        assert i18n.colon("Lieu", "ici") == "Lieu\u00a0: ici"
        assert i18n.coordinates(-5.93391, -49.5) == "5,9339° S\u00a0; 49,5° O"
    with i18n.speaking("en"):
        assert i18n.number(1234567.5) == "1,234,568"
        assert [i18n.number(n) for n in (0.12345, 19.202, 2018)] == ["0.123", "19.2", "2,018"]
        assert i18n.date("2019-01-25") == "January 25, 2019"
        assert i18n.coordinates(42.0, 0.0) == "42° N, 0° E"
        assert i18n.date("2018") == "2018"
        assert i18n.date("before the war") == "before the war"
        assert i18n.ngettext("{n} site", "{n} sites", 0) == "0 sites"


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_is_unknown_and_a_share_is_never_rounded_to_nothing_or_all(language):
    with i18n.speaking(language):
        unknown = translate("unknown", language)
        assert {i18n.number(None), i18n.number(float("nan")), i18n.year(None), i18n.date(None)} == {unknown}
        assert i18n.percent(float("nan")) == unknown
        assert i18n.percent(0.0001) != i18n.percent(0.0)
        assert i18n.percent(0.9999) != i18n.percent(1.0)


def test_a_number_agrees_with_its_unit():
    shown = {}
    for language in ("en", "fr"):
        with i18n.speaking(language):
            values = (0.0, 1.0, 1.5, 2.0)
            shown[language] = [
                i18n.with_unit(value, f"{value:g}", "points").split("\xa0")[1] for value in values
            ]
            assert i18n.with_unit(3.0, "3", "degrees") == "3°"
            assert i18n.with_unit(3.0, "3", "m3") == "3\xa0m³"
    assert shown["en"] == ["points", "point", "points", "points"]
    assert shown["fr"] == ["point", "point", "point", "points"]
