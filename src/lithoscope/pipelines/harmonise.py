"""Labels as written -> standard names, by the reviewed tables of data/harmonise; the raw label always stays.

A label is compared without case, accents, spaces and signs. A row of a table that names the source goes
before one that holds for any source. A label that no table knows is left without a standard form and
becomes a finding: nothing is guessed.
"""

import re
from dataclasses import dataclass
from functools import cache

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.fields import Layer
from lithoscope.domain.folders import DATA
from lithoscope.domain.reference import load_file
from lithoscope.domain.registers import FINDING_COLUMNS
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.domain.text import N_
from lithoscope.sources import headings
from lithoscope.sources.values import BLANKS, fold

TABLES = {
    "status_raw": "status",
    "raising_method_raw": "raising_method",
    "structure_kind_raw": "structure_kind",
    "content_raw": "content",
    "deposition_raw": "deposition",
    "process_raw": "process",
    "commodities_raw": "commodities",
    "features_raw": "features",
}
"""Raw field -> its table. Declared classes have a table of their own; toxicity labels have none."""
CLASS_RAW, SYSTEM = "consequence_class_raw", "classification_system"
CLASS_LOW, CLASS_HIGH = "consequence_class", "consequence_class_high"
_ENCLOSED = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_SEPARATORS = re.compile(r"\s*[;,/|+&\n\\·]\s*")
_WORD_SEPARATORS = re.compile(r"\s+(?:and|y|e|et|und|with|con|avec)\s+|\s*-\s*", re.IGNORECASE)
_FILLER = frozenset(
    [
        *("guideline", "guidelines", "dam", "dams", "safety", "consequence", "hazard", "classification"),
        *("category", "categories", "rating", "system", "of", "the", "for", "and", "standard"),
    ]
)
_REMEDY = N_("add the label to its table if its meaning is certain")
_NO_SYSTEM = N_("the classes of this system are not comparable or not known to us")
_NO_CLASS = N_("this system has no such class in our table, or its classes must not be compared")
_CLASS_REMEDY = N_("add the class with its source")
_SYSTEM_REMEDY = N_("state the system in the mapping, for instance")
_KNOWN_REMEDY = N_("name one of the systems that we know, if it is one of them")


@dataclass(frozen=True)
class Label:
    """What a raw label stands for: items in standard form, and the parts that no table knows."""

    items: tuple[str, ...]
    unknown: tuple[str, ...]


def key(label: object) -> str:
    """Letters and digits of the folded label."""
    return "".join(letter for letter in fold(label) if letter.isalnum())


@cache
def _table(name: str, source_id: str) -> dict[str, tuple[str, ...]]:
    """Key -> standard items, the source's own rows over the general ones."""
    rows = load_file(DATA / "harmonise" / f"{name}.csv").rows.astype("object").fillna("")
    chosen: dict[str, tuple[str, ...]] = {}
    for wanted in ("", source_id.split("~")[0]):
        for row in rows[rows["source_id"] == wanted].itertuples():
            chosen[key(row.raw)] = tuple(fields.split_list(row.standard))
    return chosen


def read_label(text: str, *, table: str, source_id: str, is_list: bool) -> Label:
    """The standard form of one raw label: as a whole, else (for lists) part by part.

    A bracket behind a label is a remark and left aside; one around all of it (`["AU", "AG"]`, a list as
    GeoJSON carries it) is opened.
    """
    known = _table(table, source_id)
    is_sign_for_unknown = fold(text) in BLANKS and fold(text) != key(text)  # "S/I" is no silicon
    if not key(text) or is_sign_for_unknown:
        return Label((), ())
    if key(text) in known:
        return Label(known[key(text)], ())
    enclosed = _ENCLOSED.fullmatch(text)
    text = enclosed[1] if enclosed else text
    bare = re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", text)
    if key(bare) and key(bare) in known:
        return Label(known[key(bare)], ())
    if not is_list:
        return Label((), (text,))
    items: list[str] = []
    unknown: list[str] = []
    for part in _SEPARATORS.split(bare):
        found = _part(part, known)
        if found is None:
            unknown.append(part.strip())
        else:
            items.extend(found)
    return Label(tuple(dict.fromkeys(items)), tuple(unknown))


def _part(part: str, known: dict[str, tuple[str, ...]]) -> list[str] | None:
    """Standard items of one part, or None: as a whole, else split at words if every piece is known."""
    if not key(part):
        return []
    if key(part) in known:
        return list(known[key(part)])
    pieces = _WORD_SEPARATORS.split(part)
    if len(pieces) > 1 and all(key(piece) in known for piece in pieces if key(piece)):
        return [item for piece in pieces if key(piece) for item in known[key(piece)]]
    return _phrases(part.split(), known)


def _phrases(words: list[str], known: dict[str, tuple[str, ...]]) -> list[str] | None:
    """Standard items of words that stand in a row without a separator, the longest known phrase first."""
    items: list[str] = []
    start = 0
    while start < len(words):
        for end in range(len(words), start, -1):
            phrase = key(" ".join(words[start:end]))
            if phrase in known:
                items.extend(known[phrase])
                start = end
                break
        else:
            return None
    return items


def standardise(records: pd.DataFrame, layer: Layer, source_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records with standard fields filled from their `*_raw` ones, and the findings on labels without one.

    A standard field that the source filled itself is left as it is. Findings: FINDING_COLUMNS with the
    codes unknown_value and unknown_class. The index is kept. A `~2` behind the source's name (its second
    file) does not count in the tables.
    """
    records = records.copy()
    parts: list[pd.DataFrame] = []
    known_fields = {each.name: each for each in fields.of_layer(layer)}
    for raw, table in TABLES.items():
        if raw in records and raw in known_fields:
            parts.append(_fill(records, known_fields[raw], table, layer, source_id))
    if CLASS_RAW in records and CLASS_LOW in known_fields:
        parts.append(_fill_class(records, layer, source_id))
    parts = [part for part in parts if len(part)]
    findings = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(FINDING_COLUMNS))
    return records, findings


def _fill(records: pd.DataFrame, raw: fields.Field, table: str, layer: Layer, source_id: str) -> pd.DataFrame:
    standard = fields.field(str(raw.raw_of))
    is_list = standard.dtype == "list"
    codes, distinct = pd.factorize(records[raw.name], use_na_sentinel=True)
    labels = [read_label(str(text), table=table, source_id=source_id, is_list=is_list) for text in distinct]
    texts = pd.Series(
        [fields.join_list(labels[code].items) if code >= 0 else None for code in codes],
        index=records.index,
        dtype="str",
    )
    given = (
        records[standard.name]
        if standard.name in records
        else pd.Series(None, index=records.index, dtype="str")
    )
    records[standard.name] = given.where(given.notna(), texts)
    unknown = pd.Series(
        ["; ".join(labels[code].unknown) if code >= 0 else "" for code in codes],
        index=records.index,
        dtype="str",
    )
    bad = (unknown != "") & given.isna()
    return _findings(
        records[bad],
        layer,
        source_id,
        field=standard.name,
        code="unknown_value",
        value=unknown[bad],
        reason=N_("the label has no standard form in our table; it is kept as written"),
        remedy=f"{_REMEDY}: data/harmonise/{table}.csv",
    )


@cache
def _systems() -> dict[str, str]:
    rows = load_file(DATA / "harmonise" / "classification_systems.csv").rows
    return {_system_key(row.written): row.system for row in rows.itertuples()}


@cache
def _classes() -> dict[tuple[str, str], tuple[str | None, str | None]]:
    rows = load_file(DATA / "harmonise" / "consequence_class.csv").rows.astype("str").fillna("")
    return {(row.system, key(row.label)): (row.low or None, row.high or None) for row in rows.itertuples()}


def _system_key(text: object) -> str:
    words = re.findall(r"\w+", fold(text))
    return "".join(word for word in words if word not in _FILLER and not re.fullmatch(r"(19|20)\d\d", word))


def system_of(text: object) -> str | None:
    """The classification system that the text names, by its name in consequence_class.csv; None if unsure."""
    return _systems().get(_system_key(text))


def read_class(label: object, system: object) -> tuple[str | None, str | None, str]:
    """Lowest and gravest class that the declared label may stand for, and why not, if it is not mapped."""
    if not isinstance(label, str) or not key(label):
        return None, None, ""
    name = system_of(system)
    if name is not None and (name, key(label)) in _classes():
        return *_classes()[(name, key(label))], ""
    if not isinstance(system, str) or not key(system):
        return (
            None,
            None,
            N_("no classification system is stated, and the same words differ in meaning between systems"),
        )
    if name is None:
        return None, None, f"{_NO_SYSTEM}: {system[:60]}"
    return None, None, f"{_NO_CLASS}: {name}"


def _fill_class(records: pd.DataFrame, layer: Layer, source_id: str) -> pd.DataFrame:
    system = records[SYSTEM] if SYSTEM in records else pd.Series(None, index=records.index, dtype="str")
    system = system.astype("object").where(system.notna(), None)
    pairs = pd.MultiIndex.from_arrays([records[CLASS_RAW].fillna(""), system.fillna("")])
    codes, distinct = pd.factorize(pairs)
    read = [read_class(label, name) for label, name in distinct]
    for column, place in ((CLASS_LOW, 0), (CLASS_HIGH, 1)):
        mapped = pd.Series([read[code][place] for code in codes], index=records.index, dtype="object")
        if column in records:
            given = records[column].astype("object")
            mapped = given.where(given.notna(), mapped)
        records[column] = CONSEQUENCE.classes(mapped)
    reasons = pd.Series([read[code][2] for code in codes], index=records.index, dtype="str")
    bad = (reasons != "") & records[CLASS_LOW].isna()
    return _findings(
        records[bad],
        layer,
        source_id,
        field=CLASS_LOW,
        code="unknown_class",
        value=records.loc[bad, CLASS_RAW],
        reason=reasons[bad],
        remedy=system[bad].map(_class_remedy),
    )


def _class_remedy(system: object) -> str:
    """What would rate a class that is declared under this system, or under none."""
    if not isinstance(system, str) or not key(system):
        return f"{_SYSTEM_REMEDY}: constants: {{{SYSTEM}: GISTM}}"
    if system_of(system) is None:
        return f"{_KNOWN_REMEDY}: {', '.join(headings.systems())}"
    return f"{_CLASS_REMEDY}: data/harmonise/consequence_class.csv"


def _findings(
    records: pd.DataFrame,
    layer: Layer,
    source_id: str,
    *,
    field: str,
    code: str,
    value: pd.Series,
    reason: object,
    remedy: object,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": source_id,
            "row": records["source_row"],
            "layer": layer,
            "field": field,
            "code": code,
            "value": value,
            "reason": reason,
            "remedy": remedy,
        },
        columns=list(FINDING_COLUMNS),
    )
