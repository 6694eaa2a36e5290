"""Toxicity class of tailings or waste in five grades, from the best evidence there is.

Assays come first, then a declared waste class, then what commodity and process suggest; without any of
them the site is unrated. The interval covers what the evidence leaves open. The grades are ours; the
values that they rest on are published (see the reference tables).
"""

from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

from lithoscope.domain import reference
from lithoscope.domain.fields import SITES, split_list
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Flags, Floats, Method, evidence_code, flag_where
from lithoscope.domain.scales import TOXICITY
from lithoscope.domain.text import fold
from lithoscope.methods.commodities import TABLE, suggested

ELEMENTS = ("arsenic", "cadmium", "chromium", "copper", "mercury", "nickel", "lead", "antimony", "zinc")
ASSAYS = tuple(f"{element}_mg_kg" for element in ELEMENTS)
STEPS = ("threshold", "lower", "upper")
CHEMICALS = ("cyanide", "amalgam")
LEACHED = ("gold", "silver")
TOP = float(len(TOXICITY.levels) - 1)
_OWN_WORDS = (*TOXICITY.codes, "very high")
_MILDER_CONTENT = ("sediment", "water")
"""Sediment and water dams hold what rain washes in, not the residue of processing: one grade below what the
commodity suggests. Where no commodity is known the content alone says nothing: unrated, never minimal."""
Bools = npt.NDArray[np.bool_]


@cache
def _rank(rule: str) -> float:
    rows = reference.load("toxicity_rules").rows.set_index("rule")["class"]
    return float(TOXICITY.rank(str(rows[rule])))


@cache
def _values() -> dict[tuple[str, str], float]:
    rows = reference.load("soil_finland2007").rows.set_index("element")
    return {
        (element, step): float(rows[step].astype(float)[element]) for element in ELEMENTS for step in STEPS
    }


@cache
def _discharge_limit() -> float:
    rows = reference.load("cyanide_limits").rows.set_index("rule")
    return float(rows["value"].astype(float)["icmc_discharge_surface"])


@cache
def declared_ranks(label: str) -> tuple[float, float, float]:
    """Low, best and high rank of a declared waste class; NaN for a label that no pattern is found in."""
    text = fold(label)
    for row in reference.load("toxicity_declared").rows.itertuples():
        pattern = str(row.pattern)
        whole = pattern in _OWN_WORDS
        if text == pattern or (not whole and pattern in text):
            low, best, high = (float(TOXICITY.rank(str(code))) for code in (row.low, row.best, row.high))
            return low, best, high
    return np.nan, np.nan, np.nan


def _declared(inputs: Inputs, at: int) -> Floats:
    return inputs.by_text("toxicity_declared_raw", lambda label: declared_ranks(label)[at])


def assay_ranks(inputs: Inputs) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Rank that the measured metals reach (lowest, best) and how many of the nine were measured.

    NaN where none was measured. Source: data/reference/soil_finland2007.csv, toxicity_rules.csv.
    """
    size = len(inputs.index)
    low, best, count = np.full(size, np.nan), np.full(size, np.nan), np.zeros(size, np.int8)
    values = _values()
    for element, column in zip(ELEMENTS, ASSAYS, strict=True):
        measured = inputs.number(column)
        known = ~np.isnan(measured)
        if not known.any():
            continue
        count += known
        low[known] = np.fmax(low[known], _rank("all_below_low"))
        best[known] = np.fmax(best[known], _rank("all_below_best"))
        for step in STEPS:
            above = measured > values[element, step]
            low[above] = np.fmax(low[above], _rank(f"above_{step}"))
            best[above] = np.fmax(best[above], _rank(f"above_{step}"))
    return low, best, count


def has_listed(inputs: Inputs, name: str, wanted: tuple[str, ...]) -> Bools:
    """Where a list field names any of the wanted items."""
    found = inputs.by_text(name, lambda text: float(any(item in wanted for item in split_list(text))))
    return np.asarray(found == 1.0, bool)


def documented_chemicals(inputs: Inputs) -> Bools:
    """Where cyanide or amalgamation is documented, or cyanide was measured above the discharge limit."""
    measured = inputs.number("wad_cyanide_mg_l") > _discharge_limit()
    said = (inputs.number("has_cyanide") == 1.0) | has_listed(inputs, "process", CHEMICALS)
    return np.asarray(said | measured, bool)


def _is_cyanide_open(inputs: Inputs) -> Bools:
    """Where cyanide may have been used and nothing says whether it was."""
    said = inputs.known("has_cyanide") | inputs.known("process") | inputs.known("wad_cyanide_mg_l")
    may = has_listed(inputs, "commodities", LEACHED) | ~inputs.known("commodities")
    return ~said & may


def _base(inputs: Inputs) -> tuple[Floats, Floats, Floats, Bools]:
    """Low, best and high rank without assays: declared, else inferred; and where it was declared."""
    said = [_declared(inputs, at) for at in range(3)]
    is_declared = ~np.isnan(said[0])
    guess = suggested(inputs)
    inferred = [guess.toxicity_low, guess.toxicity_best, guess.toxicity_high]
    milder = inputs.by_text("content", lambda text: float(text in _MILDER_CONTENT)) == 1.0
    inferred = [np.where(milder, np.maximum(bound - 1.0, 0.0), bound) for bound in inferred]  # NaN stays
    low, best, high = (
        np.where(is_declared, stated, bound) for stated, bound in zip(said, inferred, strict=True)
    )
    return low, best, high, is_declared


def _with_chemicals(
    low: Floats, best: Floats, high: Floats, chemicals: Bools
) -> tuple[Floats, Floats, Floats]:
    """Documented cyanide or amalgam lifts all three; where nothing else is known it stands alone."""
    lifted = []
    for bound, rule in ((low, "chemical_low"), (best, "chemical_best"), (high, "chemical_high")):
        lifted.append(np.where(chemicals, np.fmax(bound, _rank(rule)), bound))
    return lifted[0], lifted[1], lifted[2]


def _rule(inputs: Inputs) -> Draft:
    return cast(Draft, inputs.once("toxicity_class", lambda: _draft(inputs)))


def _draft(inputs: Inputs) -> Draft:
    low, best, high, is_declared = _base(inputs)
    chemicals = documented_chemicals(inputs)
    conflict = is_declared & chemicals & (high < _rank("chemical_low"))
    low, best, high = _with_chemicals(low, best, high, chemicals)
    has_base = ~np.isnan(low)
    assay_low, assay_best, count = assay_ranks(inputs)
    measured = count > 0
    complete = (count == len(ELEMENTS)) & ~_is_cyanide_open(inputs)
    conflict |= is_declared & complete & (low > assay_best) & ~chemicals
    alone = _with_chemicals(assay_low, assay_best, assay_best, chemicals)
    partial = (
        np.fmax(assay_low, low),
        np.where(has_base, np.fmax(assay_best, best), np.where(assay_low == TOP, TOP, np.nan)),
        np.where(has_base, np.fmax(assay_best, high), TOP),
    )
    low, best, high = (
        np.where(complete, whole, np.where(measured, some, base))
        for whole, some, base in zip(alone, partial, (low, best, high), strict=True)
    )
    says_nothing = (low == 0.0) & (high == TOP) & np.isnan(best)
    low, high = np.where(says_nothing, np.nan, low), np.where(says_nothing, np.nan, high)
    evidence = np.full(len(low), evidence_code("inferred"))
    evidence[is_declared | chemicals] = evidence_code("reported")
    evidence[measured & (complete | (assay_best >= np.nan_to_num(best)))] = evidence_code("measured")
    guess = suggested(inputs)
    is_inferred = evidence == evidence_code("inferred")
    chance = np.where(is_inferred & ~np.isnan(low), guess.chance, np.nan)
    return Draft(low, high, best, evidence, _flags(inputs, conflict), chance)


def _flags(inputs: Inputs, conflict: Bools) -> Flags:
    guess = suggested(inputs)
    unread = np.isnan(_declared(inputs, 0))
    unnamed = inputs.known("commodities_raw") & ~inputs.known("commodities")
    return (
        flag_where(conflict, "conflict")
        | flag_where(guess.has_unknown | unnamed, "unknown_commodity")
        | flag_where(guess.is_radioactive, "radioactive_possible")
        | flag_where(guess.is_fibrous, "fibrous_possible")
        | flag_where(inputs.known("toxicity_declared_raw") & unread, "unknown_label")
        | flag_where(
            inputs.by_text("content", lambda text: float(text in (*_MILDER_CONTENT, "waste rock"))) == 1.0,
            "not_tailings",
        )
    )


METHODS: tuple[Method, ...] = (
    Method(
        id="toxicity_class",
        title="Toxicity class",
        citation="Grades: ours. Assays: Finland, Government Decree 214/2007. Inference: our own judgement "
        "from general geochemistry (data/reference/commodity_toxicity.csv)",
        formula="assays: any metal above the upper value very high, above the lower value high, above the "
        "threshold moderate, all nine below minimal to low; else the declared waste class; else commodity "
        "and process; documented cyanide or amalgam: very high; metals not measured stay open",
        layers=SITES,
        yields=TOXICITY,
        rule=_rule,
        optional=(*ASSAYS, "toxicity_declared_raw", "has_cyanide", "commodities", "process"),
        stand_ins=("wad_cyanide_mg_l", "content", "commodities_raw"),
        direction={**dict.fromkeys(ASSAYS, 1), "has_cyanide": 1, "wad_cyanide_mg_l": 1},
        tables=("toxicity_rules", "soil_finland2007", "toxicity_declared", TABLE),
        version="1.2",
        is_published=False,
    ),
)
