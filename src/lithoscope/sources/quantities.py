"""Numbers with units as people type them (`12 m`, `3.5 Mm3`) -> numbers in the field's unit."""

import re
from functools import cache

import pandas as pd

from lithoscope.domain.text import N_
from lithoscope.sources import assemble, headings, units, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.values import Decimal

_WITH_UNIT = re.compile(r"\s*([+-]?[\d.,'\u00a0\u202f ]*\d)\s*([^\d\s.,].*?)\s*\.?\s*")
_MILLION = frozenset(
    ["million", "millions", "mill", "mio", "millon", "millones", "milhoes", "milhao", "mm", "m"]
)
_THOUSAND = frozenset(["thousand", "thousands", "mil", "miles", "milliers", "k"])
UNKNOWN_UNIT = N_("the heading's unit is not known")
SMALL_VOLUME = 1_000.0
"""Below this many m3 a volume whose unit is not stated is likelier in thousands or millions of m3."""
QUALITY_HEIGHT = 10.0
"""The quality control flags small stored volumes behind dams from this height by itself."""

_EXACT = 2.0**53


def read(
    cells: pd.Series,
    field: str,
    *,
    notes: Notes,
    decimal: Decimal,
    unit: str | None,
    unknown_unit: str | None = None,
) -> pd.Series:
    """Numbers in the field's unit, float64. `unit`: the unit of plain numbers, None for the field's own.

    A unit typed in a cell goes before that of the heading. A cell whose unit is not known or does not fit:
    missing, finding unit_suspected. Other text: missing, finding not_a_number. With `unknown_unit` (the
    heading names a unit that we do not know) every number is missing and flagged.
    """
    dimension = headings.dimension_of(field)
    factor = units.factor(unit) / _own(field) if unit is not None else 1.0
    numbers, bad = values.numbers(cells, decimal=decimal)
    found = numbers * factor
    if unknown_unit is not None and dimension is not None:
        _flag(cells, found.notna(), field, notes, f"{UNKNOWN_UNIT}: {unknown_unit}")
        found = pd.Series(float("nan"), index=cells.index)
    if not bad.any():
        return found
    typed = values.by_distinct(cells[bad], lambda text: _typed(text, decimal, dimension))
    is_number = typed.map(lambda each: each is not None and each[1] is not None).astype(bool)
    is_other_unit = typed.map(lambda each: each is not None and each[1] is None).astype(bool)
    good = typed[is_number]
    found[good.index] = [number * by / _own(field) for number, by in good]
    everywhere = pd.Series(False, index=cells.index)
    odd, text = everywhere.copy(), everywhere.copy()
    odd[is_other_unit[is_other_unit].index] = True
    text[typed[typed.isna()].index] = True
    _flag(cells, odd, field, notes, N_("the unit is not known or does not fit the field"))
    notes.add(
        cells.index[text], field=field, code="not_a_number", value=cells[text],
        reason=assemble.NOT_A_NUMBER[0], remedy=assemble.NOT_A_NUMBER[1],
    )  # fmt: skip
    return found


def counts(found: pd.Series, cells: pd.Series, field: str, notes: Notes) -> pd.Series:
    """Numbers as counts, Int64, rounded. One beyond 2**53, which no float holds exactly: not_a_number."""
    beyond = found.abs().gt(_EXACT)
    notes.add(
        cells.index[beyond], field=field, code="not_a_number", value=cells[beyond],
        reason=assemble.NOT_A_NUMBER[0], remedy=assemble.NOT_A_NUMBER[1],
    )  # fmt: skip
    return found.mask(beyond).round().astype("Int64")


def suspect_small(
    found: pd.Series,
    cells: pd.Series,
    field: str,
    *,
    notes: Notes,
    unit: str | None,
    height_m: pd.Series | None,
) -> None:
    """Finding unit_suspected for small volumes whose unit is nowhere stated; the value stays as read."""
    if headings.dimension_of(field) != "volume" or unit is not None:
        return
    plain = values.numbers(cells, decimal=".")[0].notna() | values.numbers(cells, decimal=",")[0].notna()
    small = found.gt(0) & found.lt(SMALL_VOLUME) & plain
    if field == "stored_volume_m3" and height_m is not None:
        small &= ~height_m.ge(QUALITY_HEIGHT)
    _flag(
        cells,
        small,
        field,
        notes,
        N_("no unit is stated and the volume is small for m3: thousand or million m3?"),
    )


def _flag(cells: pd.Series, where: pd.Series, field: str, notes: Notes, reason: str) -> None:
    notes.add(
        cells.index[where], field=field, code="unit_suspected", value=cells[where],
        reason=reason, remedy=N_("state the unit in the heading or in the mapping"),
    )  # fmt: skip


@cache
def _own(field: str) -> float:
    """What the field's own unit is in the units of the table."""
    from lithoscope.domain import fields

    return units.factor(fields.field(field).unit) if headings.dimension_of(field) is not None else 1.0


def _typed(text: str, decimal: Decimal, dimension: str | None) -> tuple[float, float | None] | None:
    """Number and factor of a cell with a unit; factor None if the unit does not fit; None for other text."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None or dimension is None:
        return None
    number = values.parse_number(match[1].strip(), decimal)
    if number is None:
        return None
    unit = match[2].strip(" ()[]")
    word = values.fold(unit).rstrip(".")
    if dimension == "volume" and word in _MILLION - {"m"} | _THOUSAND:
        return number, 1e6 if word in _MILLION else 1e3
    if units.known(unit):
        return number, units.factor(unit) if units.dimension(unit) == dimension else None
    return (number, None) if len(word) <= 20 and not re.search(r"\d", word) else None
