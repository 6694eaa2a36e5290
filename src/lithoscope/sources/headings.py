"""Headings as people type them -> fields, with the unit that stands in the heading.

The table of headings is data/harmonise/headings.csv. A heading that is not in it may still be recognised
if it nearly equals one of them (short or misspelled, "longditude"); nearness is judged by rapidfuzz.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from lithoscope.domain import fields, reference
from lithoscope.domain.folders import DATA
from lithoscope.sources import units
from lithoscope.sources.values import fold

PLACES = ("pair", "easting", "northing", "zone", "wkt")
"""Ways of writing a place that are no fields."""
NO_FIELD = "none"
"""Stands in the table for a heading that nearly equals another one and means no field of ours."""
NEAR = 90.0
"""Least similarity (0 to 100) of a heading that is not in the table to one that is."""
OF_DANO_POTENCIAL = "ANM DPA (Brazil)"
"""The system whose classes stand under "Dano Potencial" where the heading is cut short."""
SHORTEST_NEAR = 6
"""Letters and digits that a heading needs before nearness says anything."""
_DIMENSION = {
    "m": "length",
    "km": "length",
    "m2": "area",
    "m3": "volume",
    "mg/kg": "concentration",
    "g/t": "concentration",
}
_OURS = frozenset(
    [
        *("site_id", "record_id", "source_id", "source_row", "evidence", "evidence_by_field", "raw"),
        *(
            "country_iso3",
            "country_basis",
            "dispute",
            "computed_fields",
            "failure_count",
            "failure_year",
            "consequence_class_high",
        ),
    ]
)
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_EXPLANATIONS = frozenset(
    [
        *(
            "current",
            "max",
            "maximum",
            "actual",
            "atual",
            "actuel",
            "optional",
            "y/n",
            "yes/no",
            "text",
            "year",
        ),
        *("date", "decimal", "dd", "wgs84", "wgs 84", "degrees", "dms", "min", "minimum", "total", "final"),
    ]
)
_NUMBERED = re.compile(r"^\s*(?:q(?:uestion)?\s*)?\d{1,2}\s*[a-b]?\s*[.):\-–]\s*(?=\D)", re.IGNORECASE)
_PERSONAL = re.compile(
    r"\b((?:tele)?phone|telefono|telefone|tel|fax|mobile|celular|e ?mail|courriel|correo"
    r"|contact|contacto|contato"
    r"|address|adresse|direccion|endereco|domicilio|street|calle|zip|postcode|postal"
    r"|cpf|cnpj|rut|rfc|nit|tax|tin|siren|siret|ruc"
    r"|engineer of record|eor|responsible (?:engineer|person)|ingeniero responsable|responsavel tecnico|rt"
    r"|representante|representative|completed by|signed by|signature|surveyor|author name)\b"
)


@dataclass(frozen=True)
class Match:
    """A column's field, how sure the match is (100: in the table), and the unit in its heading."""

    column: str
    field: str
    score: float
    unit: str | None = None
    unknown_unit: str | None = None


def key(heading: str) -> str:
    """Letters and digits of the folded heading."""
    return "".join(letter for letter in fold(heading) if letter.isalnum())


@cache
def _table() -> dict[str, str]:
    rows = reference.load_file(DATA / "harmonise" / "headings.csv").rows
    known: dict[str, str] = {}
    for row in rows.itertuples():
        known.setdefault(key(str(row.heading)), str(row.field))
    for each in fields.FIELDS:
        if each.name in mappable():
            known.setdefault(key(each.name), each.name)
            known.setdefault(key(each.label), each.name)
    return known


@cache
def mappable() -> frozenset[str]:
    """Fields that a column of a stranger's table may fill; the others are made by Lithoscope."""
    standard = {each.raw_of for each in fields.FIELDS if each.raw_of}
    return frozenset(
        each.name
        for each in fields.FIELDS
        if set(each.layers) & set(fields.SITES) and each.name not in standard | _OURS
    )


@cache
def _near() -> list[str]:
    return [
        heading for heading, field in _table().items() if len(heading) >= SHORTEST_NEAR and field != NO_FIELD
    ]


def is_personal(heading: str) -> bool:
    """Whether the column holds addresses, numbers or names of natural persons, to judge by its heading."""
    return _PERSONAL.search(re.sub(r"[\W_]+", " ", fold(heading))) is not None


def recognised(names: Sequence[str]) -> int:
    """How many headings are in the table."""
    return sum(match is not None and match.score == 100 for match in map(match_of, names))


def match_of(heading: str) -> Match | None:
    """The field that one heading means, or None."""
    plain = _NUMBERED.sub("", heading)
    for text in dict.fromkeys([heading, plain, plain.rsplit(":", 1)[-1]]):
        for base, unit, unknown in readings(text):
            field = _table().get(key(base))
            if field == NO_FIELD:
                return None
            if field is not None and _fits(field, unit):
                return Match(heading, field, 100.0, unit, unknown)
    base, unit, unknown = readings(plain)[0]
    wanted = key(base)
    if len(wanted) < SHORTEST_NEAR:
        return None
    found = process.extractOne(wanted, _near(), scorer=fuzz.ratio, score_cutoff=NEAR)
    if found is None or not _fits(_table()[found[0]], unit):
        return None
    return Match(heading, _table()[found[0]], float(found[1]), unit, unknown)


def dimension_of(field: str) -> str | None:
    """Kind of quantity of a numeric field: length, area, volume, concentration; None if there is none."""
    return _DIMENSION.get(fields.field(field).unit) if fields.is_field(field) else None


def _fits(field: str, unit: str | None) -> bool:
    return unit is None or dimension_of(field) == units.dimension(unit) or field in ("easting", "northing")


def readings(heading: str) -> list[tuple[str, str | None, str | None]]:
    """Readings as (words, unit, unknown unit): without brackets or a unit at the end, then whole."""
    found: list[tuple[str, str | None, str | None]] = []
    brackets = [text.strip() for text in _BRACKETS.findall(heading)]
    bare = _BRACKETS.sub(" ", heading).strip()
    if bare and brackets:
        unit = next((text for text in brackets if units.known(_unit_text(text))), None)
        unknown = None if unit or not _unit_like(brackets[-1]) else brackets[-1]
        found.append((bare, _unit_text(unit) if unit else None, unknown))
    words = [word for word in re.split(r"[\s_,;/]+", bare) if word]
    for count in (3, 2, 1):
        tail = _unit_text(" ".join(words[-count:]))
        if len(words) > count and units.known(tail):
            base = words[:-count]
            base = base[:-1] if base[-1].casefold() in ("in", "en", "em") and len(base) > 1 else base
            found.append((" ".join(base), tail, None))
            break
    return [*found, (heading, None, None)]


def _unit_text(text: str) -> str:
    return re.sub(r"^(?:in|en|em)\s+", "", text.strip(), flags=re.IGNORECASE)


def _unit_like(text: str) -> bool:
    """Whether the bracket may be a unit that we do not know, rather than an explanation."""
    plain = text.casefold()
    return (
        len(text) <= 12 and re.fullmatch(r"[\w³²^.\-/% ]+", text) is not None and plain not in _EXPLANATIONS
    )


def assign(names: Sequence[str]) -> dict[str, Match]:
    """Field -> the column that means it best; each column has one field at most, ties go to the first."""
    matches = [match for match in map(match_of, names) if match is not None]
    chosen: dict[str, Match] = {}
    for match in sorted(matches, key=lambda each: (-each.score, key(each.column) != key(each.field))):
        chosen.setdefault(match.field, match)
    return chosen


def near(name: str) -> str | None:
    """The field whose name is likely meant by a name that is none; None if none resembles it."""
    found = process.extractOne(name, sorted(mappable()), scorer=fuzz.ratio, score_cutoff=70)
    return None if found is None else str(found[0])


@cache
def systems() -> tuple[str, ...]:
    """Names of the classification systems whose classes can be compared."""
    rows = reference.load_file(DATA / "harmonise" / "consequence_class.csv").rows
    return tuple(dict.fromkeys(rows["system"]))


def system_of_heading(heading: str) -> str | None:
    """The system that the heading of a column of classes names ("Dano Potencial Associado"), or None."""
    rows = reference.load_file(DATA / "harmonise" / "classification_systems.csv").rows
    here = key(heading)
    named = {
        row.system for row in rows.itertuples() if len(key(row.written)) > 2 and key(row.written) in here
    }
    if "danopotencial" in here:
        named.add(OF_DANO_POTENCIAL)
    return named.pop() if len(named) == 1 else None
