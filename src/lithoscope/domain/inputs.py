"""The columns of a table as arrays, cleaned once and shared by all methods.

A number that cannot be (negative concentration, infinity, more than the whole) and one that looks like
another unit become unknown, and the methods flag the row. Limits: data/reference/input_ranges.csv.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain import fields, reference
from lithoscope.domain.errors import BadColumn

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
TEXTUAL = ("text", "list", "date")
NEVER_NEGATIVE = ("number", "integer")
COMPUTED_FIELDS = "computed_fields"
"""The column that names which of a row's values were computed."""


@cache
def ranges() -> dict[str, tuple[float, float, float]]:
    """Field -> lowest and highest possible value, and the value below which another unit is suspected."""
    rows = reference.load("input_ranges").rows
    low, high = rows["possible_from"].astype(float), rows["possible_to"].astype(float).fillna(np.inf)
    unit_below = rows["unit_below"].astype(float).fillna(0.0)
    return dict(zip(rows["field"], zip(low, high, unit_below, strict=True), strict=True))


@cache
def answers() -> dict[str, tuple[str, ...]]:
    """Field -> plausible answers, mild and grave ones, for asking what could change."""
    rows = reference.load("input_ranges").rows.dropna(subset=["answers"])
    return {
        str(name): tuple(str(said).split("; "))
        for name, said in zip(rows["field"], rows["answers"], strict=True)
    }


class Inputs:
    """A table's columns, taken apart on demand; absent columns are all missing. Nothing is changed."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.index = table.index
        self._table: Mapping[str, pd.Series] = table  # type: ignore[assignment]  # a frame maps names to columns
        self._numbers: dict[str, tuple[Numbers, Bools | None, Bools | None]] = {}
        self._texts: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]] = {}
        self._worked_out: dict[str, object] = {}
        self._none = np.zeros(len(self.index), bool)
        self._nan = np.full(len(self.index), np.nan)
        self._nan.flags.writeable = False
        self._none.flags.writeable = False

    @classmethod
    def asking(
        cls, known: "Inputs", plausible: Mapping[str, list[object]]
    ) -> tuple["Inputs", dict[str, slice]]:
        """The first row of `known` again and again, each time with one plausible answer in place of a gap.

        plausible: field -> answers. Returns the rows and, per field, which of them answer it.
        """
        rows_of: dict[str, slice] = {}
        count = 0
        for name, given in plausible.items():
            rows_of[name] = slice(count, count + len(given))
            count += len(given)
        return _Asked(known, plausible, rows_of, count), rows_of

    @classmethod
    def of_row(cls, values: Mapping[str, object]) -> "Inputs":
        """One row from plain values (None, bool, number, text), without a table: pages wait for it."""
        return _Row(values)

    def filled(self, name: str, answer: object) -> "Inputs":
        """The same columns with one answer in the gaps of one of them; the rest is shared, not copied."""
        return _Filled(self, name, answer)

    def number(self, name: str) -> Numbers:
        """A number, integer, boolean (0, 1) or class (its rank) as float64; NaN where unknown."""
        return self._cleaned(name)[0]

    def is_impossible(self, name: str) -> Bools:
        """Where the column held a value that cannot be."""
        if fields.field(name).dtype in TEXTUAL:
            return self._none
        bad = self._cleaned(name)[1]
        return self._none if bad is None else bad

    def is_unit_suspected(self, name: str) -> Bools:
        """Where the column held a value that looks like another unit."""
        if fields.field(name).dtype in TEXTUAL:
            return self._none
        suspected = self._cleaned(name)[2]
        return self._none if suspected is None else suspected

    def text(self, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
        """Codes (-1 unknown) and the distinct texts that they point to."""
        if name not in self._texts:
            if name not in self._table:
                self._texts[name] = (np.full(len(self.index), -1, np.int64), np.empty(0, object))
            else:
                codes, labels = pd.factorize(self._table[name])
                self._texts[name] = (codes.astype(np.int64), np.asarray(labels, dtype=object))
        return self._texts[name]

    def known(self, name: str) -> Bools:
        """Where the column has a usable value."""
        if fields.field(name).dtype in TEXTUAL:
            codes, labels = self.text(name)
            if len(labels) == 0:
                return self._none
            is_said = np.array([bool(str(label).strip()) for label in labels] + [False])
            if fields.field(name).allowed == fields.STATUS:
                is_said[: len(labels)] &= labels != "unknown"
            return np.asarray(is_said[codes], bool)
        return ~np.isnan(self.number(name))

    def rests_on_computed(self, names: Iterable[str]) -> Bools:
        """Where one of these fields holds a value that was computed and is stated by no source."""
        sought = set(names)
        codes, labels = self.text(COMPUTED_FIELDS)
        if len(labels) == 0:
            return self._none
        holds = [not sought.isdisjoint(fields.split_list(label)) for label in labels]
        return np.array([*holds, False])[codes]

    def by_text(self, name: str, worth: Callable[[str], float]) -> Numbers:
        """`worth` of each distinct text, spread to the rows; NaN where the text is unknown."""
        codes, labels = self.text(name)
        values = np.array([worth(str(label)) for label in labels] + [np.nan], float)
        return np.asarray(values[codes])

    def once(self, key: str, work: Callable[[], object]) -> object:
        """The result of `work`, computed once for all methods that share these columns."""
        if key not in self._worked_out:
            self._worked_out[key] = work()
        return self._worked_out[key]

    def _cleaned(self, name: str) -> tuple[Numbers, Bools | None, Bools | None]:
        if name not in self._numbers:
            self._numbers[name] = (
                self._clean(name, self._table[name]) if name in self._table else (self._nan, None, None)
            )
        return self._numbers[name]

    def _clean(self, name: str, column: pd.Series) -> tuple[Numbers, Bools | None, Bools | None]:
        values = _as_numbers(name, column)
        values.flags.writeable = True
        return _checked(name, values)


def _checked(name: str, values: Numbers) -> tuple[Numbers, Bools | None, Bools | None]:
    """The numbers with those that cannot be, or look like another unit, made unknown; and where they were."""
    each = fields.field(name)
    if each.dtype not in NEVER_NEGATIVE or name in ("lon", "lat"):
        return values, None, None
    lowest, highest, unit_below = ranges().get(name, (0.0, np.inf, 0.0))
    with np.errstate(invalid="ignore"):
        bad = np.isinf(values) | (values < lowest) | (values > highest)
        suspected = (values > 0) & (values < unit_below)
    values[bad | suspected] = np.nan
    return values, bad if bad.any() else None, suspected if suspected.any() else None


@cache
def _codes_of(name: str) -> list[str]:
    """Codes of a class field's scale, from mild to grave."""
    dtype = cast(pd.CategoricalDtype, fields.dtype_of(name))
    return [str(code) for code in dtype.categories]


def _as_numbers(name: str, column: pd.Series) -> Numbers:
    """A copy as float64; BadColumn for text, naming count and example."""
    if fields.field(name).dtype == "class":
        if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.categories.equals(
            pd.Index(_codes_of(name))
        ):
            codes = column.cat.codes.to_numpy()
        else:
            known = _codes_of(name)
            strange = column.dropna()[~column.dropna().isin(known)]
            if len(strange):
                raise BadColumn(
                    f"{len(strange)} of {len(column)} values are not classes of its scale",
                    f"use one of {', '.join(known)}",
                    column=name,
                    value=strange.iloc[0],
                )
            codes = pd.Categorical(column, categories=known).codes
        return np.where(codes < 0, np.nan, codes).astype(np.float64)
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    except (ValueError, TypeError):
        as_number = pd.to_numeric(column, errors="coerce")
        strange = column[column.notna() & as_number.isna()]
        if len(strange) == 0:
            return as_number.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        raise BadColumn(
            f"{len(strange)} of {len(column)} values are not numbers, e.g. in row {strange.index[0]!r}",
            f"give numbers in {fields.field(name).unit or 'the unit of the field'}",
            column=name,
            value=strange.iloc[0],
        ) from None


class _Asked(Inputs):
    """One row's columns repeated, some with answers filled in; without tables, since pages wait for it."""

    def __init__(
        self, known: Inputs, plausible: Mapping[str, list[object]], rows_of: Mapping[str, slice], count: int
    ) -> None:
        super().__init__(pd.DataFrame(index=pd.RangeIndex(count)))
        self._known, self._plausible, self._rows_of = known, plausible, rows_of

    def _cleaned(self, name: str) -> tuple[Numbers, Bools | None, Bools | None]:
        if name not in self._numbers:
            values = np.full(len(self.index), self._known.number(name)[0])
            if name in self._rows_of:
                each = fields.field(name)
                given = self._plausible[name]
                ranks = [each.allowed.index(str(said)) for said in given] if each.dtype == "class" else given
                values[self._rows_of[name]] = np.asarray(ranks, float)
            self._numbers[name] = (values, None, None)
        return self._numbers[name]

    def text(self, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
        if name not in self._texts:
            codes, labels = self._known.text(name)
            said = [labels[codes[0]]] if codes[0] >= 0 else []
            filled = np.full(len(self.index), len(said) - 1, np.int64)
            if name in self._rows_of:
                given = self._plausible[name]
                filled[self._rows_of[name]] = len(said) + np.arange(len(given))
                said += given
            self._texts[name] = (filled, np.array(said, dtype=object))
        return self._texts[name]


class _Filled(Inputs):
    """Columns with one answer in the gaps of one of them."""

    def __init__(self, known: Inputs, name: str, answer: object) -> None:
        super().__init__(pd.DataFrame(index=known.index))
        self._known = known
        if fields.field(name).dtype in TEXTUAL:
            codes, labels = known.text(name)
            said = known.known(name)
            said_or_answer = np.array([*labels, answer], dtype=object)
            self._texts[name] = (np.where(said, codes, len(labels)), said_or_answer)
        else:
            each = fields.field(name)
            number = each.allowed.index(str(answer)) if each.dtype == "class" else answer
            values = known.number(name)
            filled = np.where(np.isnan(values), np.float64(number), values)  # type: ignore[arg-type]
            self._numbers[name] = (filled, None, None)

    def _cleaned(self, name: str) -> tuple[Numbers, Bools | None, Bools | None]:
        return self._numbers.get(name) or self._known._cleaned(name)

    def text(self, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
        return self._texts.get(name) or self._known.text(name)


class _Row(Inputs):
    """One row of plain values."""

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__(pd.DataFrame(index=pd.RangeIndex(1)))
        self._values = values

    def _cleaned(self, name: str) -> tuple[Numbers, Bools | None, Bools | None]:
        if name not in self._numbers:
            value = self._values.get(name)
            if value is None:
                self._numbers[name] = (self._nan, None, None)
            elif fields.field(name).dtype == "class":
                self._numbers[name] = (np.array([float(_codes_of(name).index(str(value)))]), None, None)
            else:
                self._numbers[name] = _checked(name, np.array([value], dtype=np.float64))
        return self._numbers[name]

    def text(self, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
        if name not in self._texts:
            value = self._values.get(name)
            said = [] if value is None else [value]
            self._texts[name] = (np.array([len(said) - 1], np.int64), np.array(said, dtype=object))
        return self._texts[name]
