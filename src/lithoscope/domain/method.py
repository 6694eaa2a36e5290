"""Method and Assessment: the one contract of every index.

A method is one published (or plainly ours) rule. Calling it on a table checks the columns it needs, then
returns an Assessment on the same index: best, low, high, evidence, flag and what is missing. A value that
cannot be is treated as unknown and flagged; unknown widens the interval and is never the lowest class.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain import fields, reference
from lithoscope.domain.errors import BadMethod
from lithoscope.domain.fields import LAYERS, Layer
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.scales import Scale

EVIDENCE = fields.RESULT_EVIDENCE
"""How a result came about, from the strongest on: reported by owner or authority, measured on samples,
modelled (also: from values that Lithoscope computed), inferred from something else (commodity, process),
assumed (a default stands in), missing (nothing to go by)."""

EVIDENCE_DTYPE = pd.CategoricalDtype(list(EVIDENCE))

FLAGS: dict[str, str] = {
    "impossible_value": "a value that cannot be was treated as unknown",
    "unit_suspected": "a value looks like another unit and was treated as unknown",
    "extrapolated": "an input lies outside the range that the method was made for",
    "unknown_commodity": "a commodity is not in the table and was not used",
    "unknown_label": "a declared label is not in its scheme's table and was not used",
    "at_least": "a lower bound: what could not be looked at may raise it",
    "few_substances": "few substances were measured; the index speaks of those alone",
    "precautionary": "an unknown component takes its worst points in the upper end",
    "conflict": "two pieces of evidence disagree; the graver one was kept",
    "radioactive_possible": "ores of this kind can be radioactive",
    "fibrous_possible": "ores of this kind can hold asbestos-like fibres",
    "not_tailings": "the structure holds something else than tailings",
    "not_mapped": "the declared class measures something else and was not mapped",
    "default_density": "a default density or grade was used",
}
_FLAG_BIT = {code: np.uint16(1 << position) for position, code in enumerate(FLAGS)}

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Quantity:
    """A number that a method yields: its unit, and the range that bounds it when nothing is known.

    is_logarithmic: widths are counted in powers of ten, for numbers that span many of them.
    """

    unit: str
    low: float
    high: float
    is_logarithmic: bool = False

    def width(self, low: Floats, high: Floats) -> Floats:
        """Distance from low to high, in the unit or in powers of ten."""
        if not self.is_logarithmic:
            return high - low
        return np.log10(np.maximum(high, self.low)) - np.log10(np.maximum(low, self.low))


@dataclass
class Draft:
    """What a rule hands back: ranks of a scale or numbers of a quantity, NaN where it cannot say.

    best: None means "where low equals high". evidence: names, codes into EVIDENCE, or one name for all.
    chance: stated chance that an inferred class is within one grade, if the rule has one.
    """

    low: Floats
    high: Floats
    best: Floats | None = None
    evidence: str | npt.NDArray[np.int8] = "reported"
    flag: Flags | None = None
    chance: Floats | None = None


def flag_where(mask: npt.NDArray[np.bool_], code: str) -> Flags:
    """The flag's bit where the mask holds."""
    return np.where(mask, _FLAG_BIT[code], np.uint16(0)).astype(np.uint16)


def flag_names(bits: int) -> list[str]:
    """Codes of the flags that are set."""
    return [code for code, bit in _FLAG_BIT.items() if int(bits) & int(bit)]


def evidence_code(name: str) -> np.int8:
    """Position of a kind of evidence."""
    return np.int8(EVIDENCE.index(name))


@dataclass(frozen=True)
class Assessment:
    """A method's answer, one row per row asked, on the same index.

    low <= best <= high; best is missing where the evidence leaves more than one answer open; all three
    are missing where there is nothing to go by ("unrated"). flag and missing are bit fields: read them
    with `flags_at` and `missing_at`.
    """

    method: "Method"
    index: pd.Index
    best_values: Floats
    low_values: Floats
    high_values: Floats
    evidence_codes: npt.NDArray[np.int8]
    flag: Flags
    missing: npt.NDArray[np.uint32]
    chance: Floats | None = None

    def _series(self, values: Floats) -> pd.Series:
        if isinstance(self.method.yields, Quantity):
            return pd.Series(values, index=self.index)
        codes = np.where(np.isnan(values), -1, values).astype(np.int8)
        return pd.Series(pd.Categorical.from_codes(codes, dtype=self.method.yields.dtype), index=self.index)

    @property
    def best(self) -> pd.Series:
        """Best estimate: ordered classes or float64; missing where there is none."""
        return self._series(self.best_values)

    @property
    def low(self) -> pd.Series:
        """The mildest answer that the evidence leaves open."""
        return self._series(self.low_values)

    @property
    def high(self) -> pd.Series:
        """The gravest answer that the evidence leaves open."""
        return self._series(self.high_values)

    @property
    def evidence(self) -> pd.Series:
        """Kind of evidence, categorical over EVIDENCE."""
        return pd.Series(
            pd.Categorical.from_codes(self.evidence_codes, dtype=EVIDENCE_DTYPE), index=self.index
        )

    def flags_at(self, row: int) -> list[str]:
        """Flags of one row, by position."""
        return flag_names(int(self.flag[row]))

    def missing_at(self, row: int) -> list[str]:
        """Inputs that one row lacks, by position."""
        return self.method.missing_names(int(self.missing[row]))

    def width(self) -> Floats:
        """high - low in grades or in the quantity's unit; the full range where unrated."""
        yields = self.method.yields
        if isinstance(yields, Quantity):
            width = yields.width(self.low_values, self.high_values)
        else:
            width = self.high_values - self.low_values
        return cast(Floats, np.where(np.isnan(width), self.method.full_width, width))

    def frame(self) -> pd.DataFrame:
        """Compact columns `id.best`, `.low`, `.high`, `.evidence`, `.flag`, `.missing` for storage."""
        columns: dict[str, object] = {}
        for name, series in (("best", self.best), ("low", self.low), ("high", self.high)):
            columns[f"{self.method.id}.{name}"] = (
                series.astype("float32") if isinstance(self.method.yields, Quantity) else series
            )
        columns[f"{self.method.id}.evidence"] = self.evidence
        columns[f"{self.method.id}.flag"] = self.flag
        columns[f"{self.method.id}.missing"] = self.missing
        if self.chance is not None:
            columns[f"{self.method.id}.chance"] = self.chance.astype("float32")
        return pd.DataFrame(columns, index=self.index)


@dataclass(frozen=True)
class Method:
    """One rule with its citation, inputs and limits.

    required: fields without which a row is unrated. optional: fields that narrow the answer.
    stand_ins: fields read when a better one is absent, never asked for. direction: field -> +1 if a
    larger value never lowers the answer, -1 if it never raises it; absent where the rule has no order.
    valid: field -> range that the rule was made for; outside it the answer is flagged "extrapolated".
    tables: reference tables used; their notes and the method's own doubt are the note shown to users.
    """

    id: str
    title: str
    citation: str
    formula: str
    layers: tuple[Layer, ...]
    yields: Scale | Quantity
    rule: Callable[[Inputs], Draft]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    direction: Mapping[str, int] = field(default_factory=dict)
    valid: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    doubt: str = ""
    version: str = "1.0"
    is_published: bool = True

    def __post_init__(self) -> None:
        for name in self.reads:
            fields.field(name)
        if len(self.asked) > 32:
            raise BadMethod(f"{self.id}: more than 32 inputs do not fit the bit field of missing inputs")
        if not self.citation or not self.formula or not self.layers:
            raise BadMethod(f"{self.id}: a method needs a citation, a formula and a layer")
        if unknown := set(self.layers) - set(LAYERS):
            raise BadMethod(f"{self.id}: {unknown} is not a layer")

    @property
    def asked(self) -> tuple[str, ...]:
        """Fields that are reported as missing when they are."""
        return self.required + self.optional

    @property
    def reads(self) -> tuple[str, ...]:
        """Every field that the rule looks at."""
        return self.asked + self.stand_ins

    @property
    def note(self) -> str:
        """What is not certain about the method, shown beside every result."""
        notes = [self.doubt, *(reference.load(name).note for name in self.tables)]
        return "; ".join(dict.fromkeys(note for note in notes if note))

    @property
    def full_width(self) -> float:
        """Width of the interval when nothing is known."""
        if isinstance(self.yields, Quantity):
            return float(self.yields.width(np.array([self.yields.low]), np.array([self.yields.high]))[0])
        return float(len(self.yields.levels) - 1)

    @property
    def unit(self) -> str:
        """Unit of a quantity, or the name of the scale."""
        return self.yields.unit if isinstance(self.yields, Quantity) else self.yields.name

    def missing_names(self, bits: int) -> list[str]:
        """Fields whose bits are set."""
        return [name for position, name in enumerate(self.asked) if bits >> position & 1]

    def __call__(self, table: pd.DataFrame) -> Assessment:
        """Assess every row of a table with columns of `domain/fields.py`.

        Gap rule: an absent column is all missing; a missing value widens the interval.
        Raises BadColumn for a column whose values are of the wrong kind. The table is not changed.
        """
        return self.assess(Inputs(table))

    def assess(self, inputs: Inputs) -> Assessment:
        """The same on columns already taken apart, so that many methods share the work."""
        draft = self.rule(inputs)
        size = len(inputs.index)
        flag = np.zeros(size, np.uint16) if draft.flag is None else draft.flag.copy()
        missing = np.zeros(size, np.uint32)
        for position, name in enumerate(self.asked):
            missing |= np.where(inputs.known(name), np.uint32(0), np.uint32(1 << position))
        for name in self.reads:
            for mask, code in (
                (inputs.is_impossible(name), "impossible_value"),
                (inputs.is_unit_suspected(name), "unit_suspected"),
            ):
                if mask.any():
                    flag |= flag_where(mask, code)
        low, high = _without(draft.low, missing, self), _without(draft.high, missing, self)
        for name, (lowest, highest) in self.valid.items():
            value = inputs.number(name)
            flag |= flag_where(~np.isnan(low) & ((value < lowest) | (value > highest)), "extrapolated")
        best = (
            np.where(low == high, low, np.nan) if draft.best is None else _without(draft.best, missing, self)
        )
        evidence = (
            np.full(size, evidence_code(draft.evidence))
            if isinstance(draft.evidence, str)
            else draft.evidence.astype(np.int8)
        )
        computed = inputs.rests_on_computed(self.reads)
        if computed.any():  # a chain is as strong as its weakest link
            evidence = np.where(computed, np.maximum(evidence, evidence_code("modelled")), evidence)
        evidence = np.where(np.isnan(low), evidence_code("missing"), evidence).astype(np.int8)
        self._keep_contract(low, best, high)
        return Assessment(self, inputs.index, best, low, high, evidence, flag, missing, draft.chance)

    def _keep_contract(self, low: Floats, best: Floats, high: Floats) -> None:
        if (np.isnan(low) != np.isnan(high)).any() or (np.isnan(low) & ~np.isnan(best)).any():
            raise BadMethod(f"{self.id}: low, high and best are not missing together")
        with np.errstate(invalid="ignore"):
            if (low > high).any() or (best < low).any() or (best > high).any():
                raise BadMethod(f"{self.id}: low <= best <= high does not hold")


def _without(values: Floats, missing: npt.NDArray[np.uint32], method: Method) -> Floats:
    """The values, missing where a required input is."""
    if not method.required:
        return values.astype(np.float64)
    required = np.uint32((1 << len(method.required)) - 1)
    return np.where(missing & required != 0, np.nan, values)


def graded(values: Floats, limits: Sequence[float], *, upper_inclusive: bool = False) -> Floats:
    """Rank of each value among ascending limits: 0 below the first; NaN stays NaN.

    upper_inclusive: a value equal to a limit belongs to the class below it; otherwise to the one above.
    """
    ranks = np.searchsorted(np.asarray(limits, float), values, side="left" if upper_inclusive else "right")
    return np.where(np.isnan(values), np.nan, ranks).astype(np.float64)


def unless_trivial(low: Floats, high: Floats, top: float) -> tuple[Floats, Floats]:
    """The bounds, missing where they span everything from 0 to `top`: that is no knowledge at all."""
    says_nothing = (low <= 0.0) & (high >= top)
    return np.where(says_nothing, np.nan, low), np.where(says_nothing, np.nan, high)
