"""Consequence of a failure by the Global Industry Standard on Tailings Management (GISTM, 2020).

A consequence class says what a failure would do, not how likely it is. Each criterion that data can answer
gives a class; the gravest met is reported as *at least*, since loss of life, heritage and health are not
in the data. Declared classes of other schemes are taken over by the crosswalk and kept as an interval.
"""

import re
from functools import cache
from typing import cast

import numpy as np
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import BadColumn
from lithoscope.domain.fields import Layer
from lithoscope.domain.index_scales import SIZE_GRADE
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Flags, Floats, Method, Quantity, flag_where, graded
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.domain.text import fold

GISTM = "Global Industry Standard on Tailings Management, ICMM, UNEP and PRI, August 2020, Annex 2"
FACILITIES: tuple[Layer, ...] = ("facilities",)
EXTREME = float(len(CONSEQUENCE.levels) - 1)
_BAND = re.compile(r"^\D{0,4}([\d.,]+)\s*(?:-|–|to|a|ate|à)\s*([\d.,]+)")
_COUNT = re.compile(r"^[\d.,]+$")
_ABOVE = re.compile(r"^(?:>=?|acima de|more than|over|plus de|mas de|mais de)\s*([\d.,]+)")


def class_from_par(par_persons: pd.Series) -> pd.Series:
    """GISTM consequence class implied by the population at risk.

    par_persons: people in the area that a failure would reach; NaN if not counted. [persons]
    Returns ordered classes on the same index; NaN stays NaN.
    Raises BadColumn for a negative count.
    Source: data/reference/gistm_population_at_risk.csv
    """
    negative = par_persons < 0
    if negative.any():
        raise BadColumn(
            f"{int(negative.sum())} of {len(par_persons)} counts are negative",
            "leave a count that is not known empty",
            column="par_persons",
            value=par_persons[negative].iloc[0],
        )
    ranks = _rank_of_par(par_persons.to_numpy(dtype=np.float64, na_value=np.nan))
    codes = np.where(np.isnan(ranks), -1, ranks).astype(np.int8)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=CONSEQUENCE.dtype), index=par_persons.index)


def _rank_of_par(persons: Floats) -> Floats:
    return graded(persons, _par_limits())


@cache
def _par_limits() -> tuple[float, ...]:
    return tuple(reference.load("gistm_population_at_risk").rows["from"].astype(float))[1:]


def _rank_interval(table: str, values: Floats) -> tuple[Floats, Floats]:
    """Lowest and gravest class that a criterion leaves open for each value; NaN where unknown."""
    limits, low_ranks, high_ranks = _criterion(table)
    step = graded(values, limits)
    unknown = np.isnan(step)
    position = np.where(unknown, 0, step).astype(np.int8)
    return np.where(unknown, np.nan, low_ranks[position]), np.where(unknown, np.nan, high_ranks[position])


@cache
def _criterion(table: str) -> tuple[tuple[float, ...], Floats, Floats]:
    """Ascending limits of a criterion, and the lowest and gravest rank of each step."""
    rows = reference.load(table).rows
    low, high = (np.array([CONSEQUENCE.rank(code) for code in rows[name]], float) for name in ("low", "high"))
    return tuple(rows["from"].astype(float))[1:], low, high


@cache
def persons_from_label(label: str) -> tuple[float, float]:
    """Fewest and most people that a stated band leaves open; NaN for a label that says nothing.

    label: '1-100', 'more than 5001', or worded as in data/reference/population_bands.csv.
    """
    text = fold(label)
    if found := _BAND.match(text):
        return _count(found[1]), _count(found[2])
    if _COUNT.match(text):
        return _count(text), _count(text)
    if found := _ABOVE.match(text):
        return _count(found[1]), np.inf
    for row in reference.load("population_bands").rows.itertuples():
        if text.startswith(str(row.pattern)):
            upper = float(cast(float, row.to))
            return float(cast(float, row._2)), np.inf if np.isnan(upper) else upper
    return np.nan, np.nan


def _count(text: str) -> float:
    return float(re.sub(r"[.,](?=\d{3}\b)", "", text).replace(",", "."))


def population_at_risk(inputs: Inputs) -> tuple[Floats, Floats]:
    """Fewest and most people at risk: the count, else the stated bounds, else the stated band.

    Returns persons; NaN in both where nothing is known; infinity where a band has no upper end.
    """

    def work() -> tuple[Floats, Floats]:
        low = inputs.by_text("par_raw", lambda label: persons_from_label(label)[0])
        high = inputs.by_text("par_raw", lambda label: persons_from_label(label)[1])
        stated_low, stated_high = inputs.number("par_low_persons"), inputs.number("par_high_persons")
        has_bounds = ~np.isnan(stated_low) | ~np.isnan(stated_high)
        low = np.where(has_bounds, np.fmax(stated_low, 0.0), low)
        high = np.where(has_bounds, np.where(np.isnan(stated_high), np.inf, stated_high), high)
        low = np.where(has_bounds & np.isnan(stated_low), 0.0, low)
        count = inputs.number("par_persons")
        low, high = np.where(np.isnan(count), low, count), np.where(np.isnan(count), high, count)
        return np.minimum(low, high), np.maximum(low, high)

    return cast("tuple[Floats, Floats]", inputs.once("population_at_risk", work))


def _unread_band(inputs: Inputs) -> Flags:
    said = inputs.known("par_raw") & ~inputs.known("par_persons")
    unread = np.isnan(inputs.by_text("par_raw", lambda label: persons_from_label(label)[0]))
    return flag_where(said & unread, "unknown_label")


def _par_rule(inputs: Inputs) -> Draft:
    low, high = population_at_risk(inputs)
    return Draft(_rank_of_par(low), _rank_of_par(high), flag=_unread_band(inputs))


def _area_rule(inputs: Inputs) -> Draft:
    low, high = _rank_interval("gistm_affected_area", inputs.number("inundation_km2"))
    return Draft(low, high, evidence="modelled")


def _at_least(inputs: Inputs) -> Floats:
    """Rank of the gravest class met by any criterion; NaN where none can be answered."""
    return cast(Floats, inputs.once("gistm_at_least", lambda: _gravest_met(inputs)))


def _gravest_met(inputs: Inputs) -> Floats:
    criteria = [_rank_of_par(population_at_risk(inputs)[0])]
    for table, name in (
        ("gistm_affected_area", "inundation_km2"),
        ("gistm_loss_of_life", "pll_persons"),
        ("gistm_economic_loss", "economic_loss_usd"),
    ):
        criteria.append(_rank_interval(table, inputs.number(name))[0])
    return cast(Floats, np.fmax.reduce(criteria))


def _consequence_rule(inputs: Inputs) -> Draft:
    low = _at_least(inputs)
    high = np.where(np.isnan(low), np.nan, EXTREME)
    return Draft(low, high, flag=flag_where(low < EXTREME, "at_least") | _unread_band(inputs))


def _declared_rule(inputs: Inputs) -> Draft:
    low, high = inputs.number("consequence_class"), inputs.number("consequence_class_high")
    high = np.where(np.isnan(high), low, high)
    low = np.where(np.isnan(low) & (high < EXTREME), 0.0, low)
    high = np.where(np.isnan(low), np.nan, high)
    unmapped = inputs.known("consequence_class_raw") & np.isnan(low)
    return Draft(np.minimum(low, high), np.maximum(low, high), flag=flag_where(unmapped, "not_mapped"))


def _loading_rule(inputs: Inputs) -> Draft:
    declared_low, declared_high = inputs.number("consequence_class"), inputs.number("consequence_class_high")
    declared_high = np.where(np.isnan(declared_high), declared_low, declared_high)
    low = np.fmax(declared_low, _at_least(inputs))
    high = np.where(np.isnan(declared_high), EXTREME, np.fmax(declared_high, low))
    years = _years()

    def in_years(rank: Floats) -> Floats:
        return np.where(np.isnan(rank), np.nan, years[np.nan_to_num(rank).astype(int)])

    high = np.where(np.isnan(low), np.nan, high)
    return Draft(in_years(low), in_years(high), flag=flag_where(~np.isnan(low), "at_least"))


@cache
def _years() -> Floats:
    return reference.load("gistm_loading").rows["operation_years"].to_numpy(float)


@cache
def _size_limits(column: str) -> tuple[float, ...]:
    return tuple(sorted(reference.load("size_gb50863").rows[column].astype(float)))[1:]


def _grade_by(values: Floats, column: str) -> Floats:
    return graded(values, _size_limits(column))


def _size_rule(inputs: Inputs) -> Draft:
    volume = np.fmax(inputs.number("stored_volume_m3"), inputs.number("capacity_m3"))
    by_volume = _grade_by(volume, "volume_from_m3")
    by_height = _grade_by(inputs.number("dam_height_m"), "height_from_m")
    bounds = []
    for filler in (0.0, EXTREME):
        one = np.where(np.isnan(by_volume), filler, by_volume)
        other = np.where(np.isnan(by_height), filler, by_height)
        higher, lower = np.maximum(one, other), np.minimum(one, other)
        bounds.append(np.where(higher - lower > 1, higher - 1, higher))
    nothing = np.isnan(by_volume) & np.isnan(by_height)
    low, high = (np.where(nothing, np.nan, bound) for bound in bounds)
    return Draft(np.minimum(low, high), high)


METHODS: tuple[Method, ...] = (
    Method(
        id="gistm_par_class",
        title="Consequence class by population at risk",
        citation=f"{GISTM}, Table 1, potential population at risk",
        formula="0: low; 1-9: significant; 10-99: high; 100-999: very high; 1000 and more: extreme",
        version="1.1",
        layers=FACILITIES,
        yields=CONSEQUENCE,
        rule=_par_rule,
        optional=("par_persons",),
        stand_ins=("par_low_persons", "par_high_persons", "par_raw"),
        direction={"par_persons": 1, "par_low_persons": 1, "par_high_persons": 1},
        tables=("gistm_population_at_risk", "population_bands"),
    ),
    Method(
        id="gistm_area_class",
        title="Consequence class by area affected",
        citation=f"{GISTM}, Table 1, potential environment",
        formula="up to 10 km2: below high; 10-20 km2: high; more than 20 km2: very high or extreme",
        layers=FACILITIES,
        yields=CONSEQUENCE,
        rule=_area_rule,
        required=("inundation_km2",),
        direction={"inundation_km2": 1},
        tables=("gistm_affected_area",),
    ),
    Method(
        id="gistm_consequence",
        title="Consequence class, at least",
        citation=f"{GISTM}, Table 1",
        formula="gravest class met by population at risk, area affected, loss of life or economic loss; "
        "the other criteria may raise it",
        version="1.1",
        layers=FACILITIES,
        yields=CONSEQUENCE,
        rule=_consequence_rule,
        optional=("par_persons", "inundation_km2", "pll_persons", "economic_loss_usd"),
        stand_ins=("par_low_persons", "par_high_persons", "par_raw"),
        direction={
            "par_persons": 1,
            "inundation_km2": 1,
            "pll_persons": 1,
            "economic_loss_usd": 1,
            "par_low_persons": 1,
            "par_high_persons": 1,
        },
        tables=(
            "gistm_population_at_risk",
            "gistm_affected_area",
            "gistm_loss_of_life",
            "gistm_economic_loss",
        ),
        doubt="a lower bound: health, heritage and environment are judged by people, not by these data",
    ),
    Method(
        id="declared_consequence",
        title="Declared consequence class",
        citation="The owner's or authority's own class, with its system; crosswalk to GISTM: "
        "data/harmonise/consequence_class.csv (ours, by population thresholds)",
        formula="declared label and system -> the GISTM classes that it may stand for",
        layers=FACILITIES,
        yields=CONSEQUENCE,
        rule=_declared_rule,
        optional=("consequence_class",),
        stand_ins=("consequence_class_high", "consequence_class_raw", "classification_system"),
        direction={"consequence_class": 1, "consequence_class_high": 1},
        doubt="no published crosswalk between consequence systems was found; this one is ours, by the "
        "population thresholds of each scheme; to be confirmed against the sources",
        is_published=False,
    ),
    Method(
        id="gistm_loading",
        title="External loading: return period to design for",
        citation=f"{GISTM}, Tables 2 and 3 (flood and seismic, operation and active-care closure)",
        formula="low 200, significant 1000, high 2475, very high 5000, extreme 10000 years; "
        "passive-care closure always 10000 years",
        version="1.1",
        layers=FACILITIES,
        yields=Quantity("years", 200.0, 10000.0),
        rule=_loading_rule,
        optional=("par_persons", "consequence_class"),
        stand_ins=(
            "consequence_class_high",
            "par_low_persons",
            "par_high_persons",
            "par_raw",
            "inundation_km2",
            "pll_persons",
            "economic_loss_usd",
        ),
        direction={"par_persons": 1, "consequence_class": 1},
        tables=("gistm_loading",),
    ),
    Method(
        id="size_gb50863_2013",
        title="Size grade (China, GB 50863)",
        citation="GB 50863-2013, Code for design of tailings facilities, 3.3.1",
        formula="grades by volume and by height; the higher if one apart, else the higher lowered by one",
        layers=FACILITIES,
        yields=SIZE_GRADE,
        rule=_size_rule,
        optional=("capacity_m3", "dam_height_m"),
        stand_ins=("stored_volume_m3",),
        direction={"capacity_m3": 1, "stored_volume_m3": 1, "dam_height_m": 1},
        tables=("size_gb50863",),
        doubt="a measure of size, not of consequence: it is never mapped to a GISTM class",
    ),
)
