"""Who answers what, what is wanted most, and the letters that ask for it."""

import re
import struct
import zlib

import pandas as pd
import pytest

from lithoscope.domain import registers
from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.pipelines import disclosure, letters, wanted

CHARGED = "* [click](http://x) | <b>Mine</b>"


@pytest.fixture
def facilities():
    frame = pd.DataFrame(
        {
            "site_id": ["tsf:a:1", "tsf:a:2", "tsf:a:3"],
            "name": ["One", CHARGED, None],
            "owner": ["Company A", "Company A", None],
            "country_iso3": ["BRA", "FRA", None],
            "lon": [1.0, 2.0, None],
            "lat": [1.0, None, None],
            "commodities": ["gold", "gold", "iron"],
            "has_closure_plan": [True, True, None],
            "has_long_term_monitoring": [False, None, None],
            "stored_volume_m3": [1e6, 2e6, 3e6],
        }
    )
    return registers.conform(frame, "facilities")


def test_a_question_with_several_fields(facilities):
    said = disclosure.answered(facilities)
    assert said[2].tolist() == [True, False, False]  # both coordinates
    assert said[3].tolist() == [True, True, False]  # any of owner, operator, ownership
    assert said[18].tolist() == [True, False, False]  # a "no" is an answer; both parts are needed
    assert said.loc[0].sum() == 5
    assert list(said.columns) == list(range(1, 21))


def test_gap_counts_and_is_empty_without_facilities(facilities):
    assert disclosure.gap(facilities)["complete"] == pytest.approx((5 + 3 + 1) / 60, abs=1e-4)
    assert disclosure.gap(facilities.head(0)) == {"complete": None, "most_wanted": []}


def test_most_wanted_is_led_by_what_narrows_most_and_has_one_metal(facilities):
    table = wanted.wanted(facilities, "facilities")
    assert table["gain"].is_monotonic_decreasing
    assert table["field"].iloc[0] == "par_persons"
    names = wanted.first_of(table, 20)
    assert sum(name.endswith("_mg_kg") for name in names) == 1
    known = wanted.wanted(facilities.assign(par_persons=5.0), "facilities")
    assert "par_persons" not in set(known["field"])


def test_a_sample_of_many_is_scaled_up(facilities):
    many = pd.concat([facilities] * 1000, ignore_index=True)
    few, more = wanted.wanted(facilities, "facilities"), wanted.wanted(many, "facilities")
    assert more.set_index("field")["gain"]["par_persons"] == pytest.approx(
        few.set_index("field")["gain"]["par_persons"] * 1000, rel=0.05
    )


def test_groups(facilities):
    owners = disclosure.by_group(facilities, "owner").set_index("group")
    assert owners.loc["Company A", "facilities"] == 2
    assert owners.loc["unknown", "complete"] == pytest.approx(1 / 20)
    assert owners.loc["Company A", "open_2"] == 1
    groups = disclosure.by_group(facilities, "un_group").set_index("group")
    assert set(groups.index) == {"GRULAC", "WEOG", "unknown"}
    assert groups["facilities"].sum() == len(facilities)
    with pytest.raises(UnknownName, match="is not a group"):
        disclosure.by_group(facilities, "colour")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Factor of safety"), ("fr", "Coefficient de sécurité")]
)
def test_a_letter_lists_open_questions_and_what_is_wanted(facilities, language, words):
    text = letters.letter(facilities, "Company A", language=language, date="2026-11-21", release="R1")
    assert "Company A" in text
    assert "2026-11-21" in text
    assert words in text
    assert "{" not in text
    assert CHARGED not in text
    assert "[click]" not in text
    assert "click" in text
    for number in (5, 12, 19):
        assert f" {number} " in text


def text_of(content: bytes) -> str:
    """What a reader copies out of the PDF: its glyphs by the fonts' own maps to letters."""
    streams = []
    for each in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            streams.append(zlib.decompress(each))
        except zlib.error:
            streams.append(each)
    pair = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
    maps = [
        {int(glyph, 16): bytes.fromhex(to.decode()).decode("utf-16-be") for glyph, to in pair.findall(each)}
        for each in streams
        if b"beginbfchar" in each
    ]
    pages = b"".join(each for each in streams if b" Tf ET" in each)
    escaped = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
    said, font = [], 1
    for name, shown in re.findall(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) ?Tj", pages, re.DOTALL):
        if name:
            font = int(name)
            continue
        raw = re.sub(rb"\\(.)", lambda found: escaped.get(found[1], found[1]), shown, flags=re.DOTALL)
        said.append("".join(maps[font - 1][glyph] for (glyph,) in struct.iter_unpack(">H", raw)))
    return " ".join(" ".join(said).split())


NAMES = "Łódź Kopalnia Żelaza, İstanbul Şirketi ığ, Рудник Бор Ђердап, Μεταλλεία, Őr, Įmonė, Société d’Évian"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pdf_holds_names_as_they_are_written(facilities, language):
    facilities.loc[0, "name"] = NAMES
    given = {"language": language, "date": "2026-11-21", "release": "R1"}
    content = letters.letter_pdf(facilities, "Zakłady Górnicze Śląsk", **given)
    assert content.startswith(b"%PDF-")
    assert len(content) < 200_000
    said = text_of(content)
    assert NAMES in said
    assert "Zakłady Górnicze Śląsk" in said
    assert "□" not in said
    plain = letters.letter(facilities, "Zakłady Górnicze Śląsk", **given)
    assert said == " ".join(re.sub(r"^#+ ", "", plain, flags=re.MULTILINE).split())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_letters_that_the_font_lacks_are_boxes_and_the_letter_says_so(facilities, language):
    said = text_of(
        letters.letter_pdf(facilities, "矿业 Société", language=language, date="2026-11-21", release="R1")
    )
    assert "□□ Société" in said
    assert letters._WORDS[language].other_letters in said


def test_letters_refuse_what_they_cannot_do(facilities):
    with pytest.raises(BadInput, match="no facility"):
        letters.letter(facilities.head(0), "Nobody", language="en", date="2026-11-21", release="R1")
    with pytest.raises(BadInput, match="not a language"):
        letters.letter(facilities, "A", language="de", date="2026-11-21", release="R1")


def test_every_input_that_a_letter_may_ask_for_has_a_french_name():
    from lithoscope.methods import catalogue

    for method_id in wanted.HEADLINE["facilities"]:
        for name in catalogue.method(method_id).asked:
            french = letters.label_of(name, "fr")
            assert french
            assert french != letters.label_of(name, "en") or name in ("process",), name
