"""Request letters: to an owner or a State, what is not answered and what would narrow the classes most.

Letters are filled from data/letters/request.LANGUAGE.md, as Markdown (for editing) or PDF (for sending).
"""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from lithoscope.domain import fields, reference
from lithoscope.domain.errors import BadInput
from lithoscope.domain.folders import DATA
from lithoscope.methods.toxicity import ASSAYS
from lithoscope.pipelines import disclosure, paper
from lithoscope.pipelines.paper import Language
from lithoscope.pipelines.wanted import once_per_assay, wanted

LANGUAGES: tuple[Language, ...] = ("en", "fr")
WANTED = 8
LISTED = 200
"""Facilities listed one by one; a State with more gets the list as a table of the export."""


@dataclass(frozen=True)
class _Words:
    facility: str
    facilities: str
    of_twenty: str
    lacking: str
    more: str
    nothing: str
    none_open: str
    decimal: str
    colon: str
    metals: str
    other_letters: str


_WORDS: dict[Language, _Words] = {
    "en": _Words(
        "facility",
        "facilities",
        "{share} of 20",
        "not known for {count}",
        "... and {count} more facilities, in the table that goes with this letter.",
        "Nothing that is asked for here would narrow a class.",
        "no open question",
        ".",
        ":",
        "Metals by assay (arsenic, cadmium, chromium, copper, mercury, nickel, lead, antimony, zinc)",
        "A box stands for a letter that this document cannot show; the text version has every name in full.",
    ),
    "fr": _Words(
        "installation",
        "installations",
        "{share} sur 20",
        "inconnu pour {count}",
        "... et {count} autres installations, dans le tableau joint à cette lettre.",
        "Aucun des renseignements demandés ici ne préciserait une classe.",
        "aucune question ouverte",
        ",",
        " :",
        "Métaux par analyse (arsenic, cadmium, chrome, cuivre, mercure, nickel, plomb, antimoine, zinc)",
        "Un carré remplace une lettre que ce document ne peut montrer ; la version texte a tous les noms.",
    ),
}


def letter(facilities: pd.DataFrame, addressee: str, *, language: Language, date: str, release: str) -> str:
    """A request letter as Markdown.

    facilities: those of the addressee, one row each. date: ISO 8601, given by the caller.
    Raises BadInput without facilities or for another language.
    """
    if language not in LANGUAGES:
        raise BadInput("is not a language of the letters", "use en or fr", column="language", value=language)
    if facilities.empty:
        raise BadInput("has no facility in this release", "choose another owner or State", value=addressee)
    words = _WORDS[language]
    template = (DATA / "letters" / f"request.{language}.md").read_text(encoding="utf-8")
    share = 20 * float(disclosure.gap_share(facilities))
    return template.format(
        addressee=_plain(addressee),
        date=date,
        release=release,
        count=_counted(len(facilities), words),
        share=words.of_twenty.format(share=f"{share:.1f}".replace(".", words.decimal)),
        wanted=_wanted_list(facilities, language),
        facilities=_facility_list(facilities, language),
    )


def letter_pdf(
    facilities: pd.DataFrame, addressee: str, *, language: Language, date: str, release: str
) -> bytes:
    """The same letter as PDF (A4), in Latin, Greek, Cyrillic, Armenian and Georgian letters.

    What the font has no letter for becomes a box, and a line at the end says so: the Markdown has it.
    """
    text = letter(facilities, addressee, language=language, date=date, release=release)
    return paper.as_pdf(text, language=language, missing_letters=_WORDS[language].other_letters)


@cache
def _french() -> dict[str, str]:
    rows = reference.load("request_labels").rows
    return dict(zip(rows["field"], rows["label_fr"], strict=True))


def _counted(count: int, words: _Words) -> str:
    return f"{count} {words.facility if count == 1 else words.facilities}"


def _wanted_list(facilities: pd.DataFrame, language: Language) -> str:
    words, lines = _WORDS[language], []
    for row in once_per_assay(wanted(facilities, "facilities")).head(WANTED).to_dict("records"):
        label = label_of(str(row["field"]), language)
        unit = f" [{row['unit']}]" if row["unit"] else ""
        lacking = words.lacking.format(count=_counted(int(row["lacking"]), words))
        lines.append(f"- {label}{unit}{words.colon} {lacking}")
    return "\n".join(lines) or words.nothing


def _facility_list(facilities: pd.DataFrame, language: Language) -> str:
    words = _WORDS[language]
    column = "question" if language == "en" else "question_fr"
    asked = disclosure.questions().set_index("number")[column]
    rows = disclosure.open_questions(facilities)
    lines = []
    for site_id, name, numbers in rows[:LISTED]:
        wanting = "; ".join(f"{number} {asked[number]}" for number in numbers) or words.none_open
        lines.append(f"- {_plain(name)} ({site_id}){words.colon} {wanting}")
    if len(rows) > LISTED:
        lines.append(words.more.format(count=len(rows) - LISTED))
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text of a source on one line, without what Markdown would read as a mark."""
    return " ".join("".join(" " if sign in "#*_`<>[]|\\" else sign for sign in text).split())


def label_of(name: str, language: Language) -> str:
    """Label of an input in the language of the letters; a metal stands for the assay of all."""
    if name in ASSAYS:
        return _WORDS[language].metals
    return fields.field(name).label if language == "en" else _french().get(name, fields.field(name).label)
