"""Text of a cell -> number, angle, date, year or yes/no. Nothing is judged, nothing is invented.

Every function takes a text column and returns the parsed column with a mask of the cells that hold
something but could not be parsed; blanks and the usual words for "not known" are simply missing.
Work is done once per distinct text.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from lithoscope.domain.text import fold as text_fold

Decimal = Literal[".", ","]
DateOrder = Literal["dmy", "mdy"]

BLANKS = frozenset(
    [
        *(
            "",
            "-",
            "--",
            "---",
            ".",
            "..",
            "...",
            "?",
            "*",
            "n/a",
            "n.a.",
            "na",
            "nan",
            "null",
            "none",
            "nil",
        ),
        *("nd", "n.d.", "n/d", "s/i", "s/n", "tbd", "tbc", "sin informacion", "sin dato", "no aplica"),
        *("unknown", "not known", "not available", "not applicable", "no data", "sans objet", "unbekannt"),
        *(
            "desconocido",
            "desconocida",
            "inconnu",
            "inconnue",
            "desconhecido",
            "desconhecida",
            "nao se aplica",
        ),
    ]
)
"""Folded words that say only that nothing is known; they are missing, never zero and never no."""
_ACCENTED_BLANKS = [*BLANKS, "sin información", "não se aplica"]

_SIGNS = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u2011": "-", "\u066b": ".", "\u066c": ","}
)
_GROUP_SPACE = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009'\u2019](?=\d{3}(?!\d))")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_HEMISPHERE = re.compile(r"^([NSEWO])\s*(.*)$|^(.*?)\s*([NSEWO])$", re.IGNORECASE | re.DOTALL)
_ANGLE = re.compile(
    r"""([+-]?)\s*(\d{1,3}(?:[.,]\d+)?)\s*(?:[°ºd:*˚\s]|deg|$)\s*
        (?:(\d{1,2}(?:[.,]\d+)?)\s*(?:['’′m:´`\s]|min|$)\s*
        (?:(\d{1,2}(?:[.,]\d+)?)\s*(?:''|"|”|″|''|´´|’’|′′|s|sec)?\s*)?)?""",
    re.VERBOSE,
)
_SECONDS = re.compile(r"\d\s*m(?:in)?\s*[\d.,]+\s*s(?:ec)?$")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_NUMERIC_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[T ].*)?")
_NAMED_DATE = re.compile(r"(\d{1,2})[- ]([a-z]{3})[a-z]*[- ,]+(\d{2,4})", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"([a-z]{3})[a-z]*\.?[ ,-]+((?:1[5-9]|20)\d\d)", re.IGNORECASE)
_MONTHS = dict(
    zip(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        range(1, 13),
        strict=True,
    )
)
_YES = frozenset(["yes", "y", "true", "t", "1", "sim", "s", "si", "sí", "oui", "o", "ja", "j", "да", "是"])
_NO = frozenset(["no", "n", "false", "f", "0", "nao", "não", "non", "nein", "нет", "否"])


def fold(text: object) -> str:
    """The text without case, accents and doubled or odd spaces; empty for a missing value."""
    return text_fold(text) if isinstance(text, str) else ""


def by_distinct(column: pd.Series, parse: Callable[[str], object]) -> pd.Series:
    """The parsed values, object dtype; missing stays None. `parse` runs once per distinct text."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    parsed = np.empty(len(distinct) + 1, dtype="object")  # the last one, at -1, stands for missing
    for place, text in enumerate(distinct.tolist()):
        parsed[place] = parse(text)
    return pd.Series(parsed[codes], index=column.index, dtype="object")


def is_blank(column: pd.Series) -> pd.Series:
    """Where the cell is empty or says only that the value is not known."""
    return column.isna() | _trimmed(column).str.lower().isin(_ACCENTED_BLANKS).fillna(value=True).astype(bool)


def without_blanks(column: pd.Series) -> pd.Series:
    """The texts, stripped; missing where the cell is blank."""
    return _trimmed(column).where(~is_blank(column)).astype("str")


def labels(column: pd.Series) -> pd.Series:
    """The texts as written, stripped; missing only where the cell is empty or a dash."""
    trimmed = _trimmed(column)
    return trimmed.where(~trimmed.isin(["", "-", "--"]))


def _trimmed(column: pd.Series) -> pd.Series:
    texts = pa.array(column.astype("str"), from_pandas=True).cast(pa.string())
    plain = compute.utf8_trim_whitespace(compute.replace_substring_regex(texts, r"[\s\x{a0}]+", " "))
    return pd.Series(plain.to_pandas().to_numpy(), index=column.index, dtype="str")


def _matches(column: pd.Series, pattern: str) -> pd.Series:
    """Where the pattern is found; False where the cell is missing. Vectorised, which pandas is not here."""
    texts = pa.array(column.astype("str"), from_pandas=True).cast(pa.string())
    found = compute.fill_null(compute.match_substring_regex(texts, pattern), False)
    return pd.Series(found.to_numpy(zero_copy_only=False), index=column.index, dtype=bool)


def parse_number(text: str, decimal: Decimal) -> float | None:
    """The number that the text writes, or None. A lone separator before three digits follows `decimal`."""
    if _PLAIN.fullmatch(text) and (decimal == "." or "." not in text):
        value = float(text)
        return value if math.isfinite(value) else None
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).strip()
    text = _GROUP_SPACE.sub("", text)
    commas, points = text.count(","), text.count(".")
    if commas and points:
        mark = "," if text.rfind(",") > text.rfind(".") else "."
    elif commas or points:
        seen = "," if commas else "."
        grouped = re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(\{seen}\d{{3}})+", text) is not None
        if commas + points > 1 and not grouped:
            return None
        mark = ("." if seen == "," else ",") if grouped and (commas + points > 1 or seen != decimal) else seen
    else:
        mark = "."
    other = "," if mark == "." else "."
    if other in text and not re.fullmatch(rf"[+-]?\d{{1,3}}(\{other}\d{{3}})+(\{mark}\d*)?", text):
        return None
    text = text.replace(other, "").replace(mark, ".")
    if not _PLAIN.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def numbers(column: pd.Series, *, decimal: Decimal) -> tuple[pd.Series, pd.Series]:
    """Numbers, float64, and where a cell holds something else."""
    fast = _plain_numbers(column, comma=decimal == ",")
    doubtful = ~fast.abs().lt(math.inf)
    if decimal == ",":
        doubtful |= column.str.contains(".", regex=False).fillna(value=False).astype(bool)
    doubtful &= column.notna()
    if not doubtful.any():
        return fast, doubtful
    slow = by_distinct(column[doubtful], lambda text: parse_number(text, decimal)).astype("float64")
    values = fast.where(~doubtful)
    values[doubtful] = slow
    bad = pd.Series(False, index=column.index)
    bad[doubtful] = slow.isna() & ~is_blank(column[doubtful])
    return values, bad


def decimal_of(columns: list[pd.Series]) -> Decimal:
    """The decimal mark that the cells use: a comma if more cells prove it than prove a point."""
    score = 0
    for column in columns:
        distinct = column.dropna().drop_duplicates().head(2_000).astype("str")
        comma = distinct.str.fullmatch(r"\s*-?(\d{1,3}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,})|0,\d+)\s*")
        point = distinct.str.fullmatch(r"\s*-?(\d{1,3}(,\d{3})+\.\d+|\d+\.(\d{1,2}|\d{4,})|0\.\d+)\s*")
        score += int(comma.sum()) - int(point.sum())
    return "," if score > 0 else "."


def parse_angle(text: str) -> float | None:
    """Decimal degrees of `-19.41`, `19,41 S`, `19°24'38.3''S`, `S 19 24 38`; None if it is no angle.

    Minutes or seconds from 60 to under 100 are carried over: `34'60.0''` is a rounded `35'00.0''`;
    `is_carried` tells where that was done.
    """
    text = unicodedata.normalize("NFC", text).translate(_SIGNS).strip()
    hemisphere = ""
    if not _SECONDS.search(text) and (found := _HEMISPHERE.match(text)) is not None:
        hemisphere = (found[1] or found[4]).upper()
        text = (found[2] if found[1] else found[3]).strip()
    if (match := _ANGLE.fullmatch(text)) is None:
        plain = parse_number(text, ".")
        return None if plain is None or hemisphere else plain
    sign, *parts = match.groups()
    degrees, minutes, seconds = (float((part or "0").replace(",", ".")) for part in parts)
    if minutes >= 100 or seconds >= 100 or (sign and hemisphere and sign == "-" and hemisphere in "NE"):
        return None
    size = degrees + minutes / 60 + seconds / 3600
    return -size if sign == "-" or hemisphere in ("S", "W", "O") else size


def is_carried(column: pd.Series) -> pd.Series:
    """Where an angle is written with minutes of 60 and more or seconds above 60."""

    def carried(text: str) -> bool:
        numbers_in = [float(part.replace(",", ".")) for part in re.findall(r"\d+(?:[.,]\d+)?", text)]
        return len(numbers_in) == 3 and (numbers_in[1] >= 60 or numbers_in[2] > 60)

    written = _matches(column, r"\d[^\d.,]+\d")
    found = pd.Series(False, index=column.index)
    if written.any():
        found[written] = by_distinct(column[written], carried).astype(bool)
    return found


def angles(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Decimal degrees, float64, and where a cell holds something else. A comma is a decimal mark."""
    fast = _plain_numbers(column, comma=True)
    doubtful = ~fast.abs().lt(math.inf) & column.notna()
    if not doubtful.any():
        return fast, doubtful
    slow = by_distinct(column[doubtful], parse_angle).astype("float64")
    values = fast.where(~doubtful)
    values[doubtful] = slow
    bad = pd.Series(False, index=column.index)
    bad[doubtful] = slow.isna() & ~is_blank(column[doubtful])
    return values, bad


def _plain_numbers(column: pd.Series, *, comma: bool) -> pd.Series:
    """Numbers of the cells that hold nothing else; with `comma` also of those with one comma and no point."""
    if comma:
        commas = _matches(column, r"^\s*[+-]?\d+,\d+\s*$")
        if commas.any():
            column = column.where(~commas, column.str.replace(",", ".", regex=False))
    return pd.to_numeric(column, errors="coerce").astype("float64")


def parse_year(text: str) -> int | None:
    """The one year that the text names (`1993`, `1940.0`, `12/05/1999`, `about 1900`), or None."""
    number = parse_number(text.strip(), ".")
    if number is not None:
        return int(number) if number == int(number) and 0 < number < 10_000 else None
    found = set(_YEAR.findall(text))
    return int(found.pop()) if len(found) == 1 else None


def years(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Years, Int64, and where a cell names none or several. A year is not judged: 0 < year < 10000."""
    values = by_distinct(column, parse_year)
    return values.astype("Int64"), values.isna() & ~is_blank(column)


def parse_date(text: str, order: DateOrder) -> str | None:
    """ISO 8601 date, partial if the text is; `order` decides 03/04/2020. Two-digit years from 69 are 19xx."""
    text = text.strip()
    if match := _NAMED_DATE.fullmatch(text):
        day, month, year = int(match[1]), _MONTHS.get(match[2].lower(), 0), match[3]
    elif (match := _MONTH_YEAR.fullmatch(text)) and match[1].lower() in _MONTHS:
        return f"{int(match[2]):04d}-{_MONTHS[match[1].lower()]:02d}"
    elif match := _NUMERIC_DATE.fullmatch(text):
        first, second, third = match.groups()
        if len(first) == 4:
            year, month, day = first, int(second), int(third)
        elif order == "dmy":
            day, month, year = int(first), int(second), third
        else:
            month, day, year = int(first), int(second), third
    elif re.fullmatch(r"(1[5-9]|20)\d\d(-(0[1-9]|1[0-2]))?", text):
        return text
    else:
        only = parse_year(text)
        return f"{only:04d}" if only is not None and 1500 <= only < 2100 else None
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 69 else 2000)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{full:04d}-{month:02d}-{day:02d}"


def dates(column: pd.Series, *, order: DateOrder) -> tuple[pd.Series, pd.Series]:
    """ISO 8601 dates as text, and where a cell holds something else."""
    values = by_distinct(column, lambda text: parse_date(text, order))
    return values.astype("str"), values.isna() & ~is_blank(column)


def parse_boolean(text: str) -> bool | None:
    """Yes or no in the languages of the sources, also `Yes, since 2019`; None otherwise."""
    whole = re.sub(r"^a\s*[).:]\s*", "", fold(text))
    first = re.split(r"[\s,;:.(-]", whole, maxsplit=1)[0]
    for word in (whole, first):
        if word in _YES:
            return True
        if word in _NO:
            return False
    return None


def booleans(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Yes and no, nullable boolean, and where a cell says something else."""
    values = by_distinct(column, parse_boolean)
    return values.astype("boolean"), values.isna() & ~is_blank(column)
