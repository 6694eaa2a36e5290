"""Which texts need a translation, and the catalogues that hold them.

Gathered from the pages' source code and from what else reaches readers: fields, scales, units, kinds of
evidence, commodities, findings. `python -m lithoscope.pipelines.translations` rewrites the template and
merges it into each language's catalogue; what is new stands there with an empty translation.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from lithoscope.domain import fields, index_scales, reference, scales
from lithoscope.domain.folders import DATA
from lithoscope.domain.method import EVIDENCE as EVIDENCE_OF_RESULTS
from lithoscope.domain.method import FLAGS, Quantity
from lithoscope.domain.provenance import EVIDENCE
from lithoscope.locale import DOMAIN, FOLDER, LANGUAGES
from lithoscope.methods import catalogue
from lithoscope.pipelines import corrections
from lithoscope.sources import starter

PACKAGE = Path(__file__).resolve().parents[1]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
WIDTH = 110
TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("reference/finding_codes.csv", ("label", "reason", "remedy")),
    ("harmonise/commodities.csv", ("standard",)),
    ("reference/extraction_stats.csv", ("kind", "notes")),
    ("reference/dredging_evidence.csv", ("meaning",)),
    ("reference/preselection_questions.csv", ("group", "question")),
    ("reference/priority_weights.csv", ("label",)),
)
"""Cited tables whose columns hold texts that readers see."""
LISTS = ("standard",)
"""Columns of them that hold several texts in a cell."""


def template() -> Catalog:
    """All texts that need a translation, each with where it stands."""
    catalog = Catalog(
        domain=DOMAIN, project="Lithoscope", charset="utf-8", fuzzy=False, copyright_holder="Lithoscope"
    )
    for path in sorted(PACKAGE.rglob("*.py")):
        place = f"src/lithoscope/{path.relative_to(PACKAGE).as_posix()}"
        for _line, message, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            catalog.add(message, locations=[(place, 0)])
    for place, message in data_messages():
        if message:
            catalog.add(message, locations=[(place, 0)])
    return catalog


def data_messages() -> Iterator[tuple[str, str]]:
    """Texts that stand in data rather than in code: (where, text)."""
    here = "src/lithoscope/domain"
    for each in fields.FIELDS:
        yield f"{here}/fields.py", each.label
        yield f"{here}/fields.py", each.meaning
        yield f"{here}/fields.py", each.unit
        if each.dtype != "class":
            yield from ((f"{here}/fields.py", value) for value in each.allowed)
    levels = [level for scale in scales.SCALES.values() for level in scale.levels]
    for level in (*levels, *scales.STATUS_COLOURS, *scales.LAYER_COLOURS):
        yield f"{here}/scales.py", level.label
    yield f"{here}/scales.py", scales.UNRATED
    yield from ((f"{here}/provenance.py", kind) for kind in EVIDENCE)
    yield from (("data/corrections", entry.reason) for entry in corrections.entries())
    yield from (("data/starter/sources.csv", each.source.licence) for each in starter.read())
    yield from class_messages()
    for name, columns in TABLES:
        path = DATA / name
        rows = reference.load_file(path).rows if path.is_file() else pd.DataFrame()
        for column in rows.columns.intersection(columns):
            texts = rows[column].dropna().astype(str)
            texts = texts.str.split("; ").explode() if column in LISTS else texts
            yield from ((f"data/{name}", text) for text in texts.unique())


def class_messages() -> Iterator[tuple[str, str]]:
    """Texts of the methods, their scales and their tables, which pages of classes show: (where, text)."""
    here = "src/lithoscope/domain"
    yield from ((f"{here}/method.py", text) for text in (*EVIDENCE_OF_RESULTS, *FLAGS.values()))
    for scale in index_scales.INDEX_SCALES.values():
        yield from ((f"{here}/index_scales.py", level.label) for level in scale.levels)
    yield "data/reference/conventions.csv", reference.load("conventions").note
    for method in catalogue.all_methods():
        unit = method.unit if isinstance(method.yields, Quantity) else ""
        for text in (method.title, method.citation, method.formula, method.doubt, unit):
            yield f"src/lithoscope/methods ({method.id})", text
        for name in method.tables:
            for text in reference.load(name).texts:
                yield f"data/reference/{name}.csv", text


def catalogue_file(language: str) -> Path:
    """Where a language's catalogue stands."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def load(language: str) -> Catalog:
    """A language's catalogue as its file has it."""
    with catalogue_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def merged(language: str, current: Catalog) -> Catalog:
    """A language's catalogue with exactly the texts of the template; new ones have no translation yet."""
    catalog = load(language)
    catalog.update(current, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def as_text(catalog: Catalog) -> str:
    """A catalogue as the text of its file, without dates, so that only a changed text changes it."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=WIDTH, sort_output=True, omit_header=True)
    return buffer.getvalue().decode()


def header(language: str) -> str:
    """The head of a catalogue's file."""
    plural = Catalog(locale=language or "en").plural_forms
    lines = ["Project-Id-Version: Lithoscope", f"Language: {language}", "MIME-Version: 1.0"]
    lines += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    lines += [f"Plural-Forms: {plural}"]
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"


def update() -> dict[str, int]:
    """Rewrite the template and all catalogues; language -> how many texts lack a translation."""
    current = template()
    (FOLDER / f"{DOMAIN}.pot").write_text(header("") + as_text(current), encoding="utf-8")
    missing = {}
    for language in list(LANGUAGES)[1:]:
        catalog = merged(language, current)
        catalogue_file(language).write_text(header(language) + as_text(catalog), encoding="utf-8")
        missing[language] = len(untranslated(catalog))
    return missing


def untranslated(catalog: Catalog) -> list[str]:
    """Texts without a complete translation, or with one that nobody has confirmed."""
    return [
        str(message.id)
        for message in catalog
        if message.id
        and (message.fuzzy or not (all(message.string) if message.pluralizable else message.string))
    ]


if __name__ == "__main__":
    update()
