"""Contamination of tailings and waste against background, and against soil values.

Factors are concentration over background. An index that takes the worst substance is a lower bound while
substances are not measured; what is not measured stays open.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from lithoscope.domain import reference
from lithoscope.domain.fields import SITES
from lithoscope.domain.index_scales import (
    CONTAMINATION,
    ECOLOGICAL_FACTOR,
    ECOLOGICAL_INDEX,
    IGEO,
    SCREENING,
    SOIL_STEPS,
)
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Floats, Method, Quantity, flag_where, graded
from lithoscope.domain.scales import Scale
from lithoscope.methods.toxicity import ELEMENTS

PCB_AND_METALS = 133.0
"""Sum of Hakanson's toxic-response factors over his eight substances, PCB among them (his table)."""
FEW = 5


@cache
def limits(index: str) -> tuple[float, ...]:
    """Ascending class limits of an index."""
    rows = reference.load("contamination_limits").rows
    return tuple(rows.loc[rows["index"] == index, "limit"].astype(float))


@cache
def crust() -> dict[str, float]:
    """Background of each element in the upper crust, mg/kg."""
    rows = reference.load("crust_rudnick2003").rows
    return dict(zip(rows["element"].astype(str), rows["background"].astype(float), strict=True))


@cache
def hakanson() -> dict[str, tuple[float, float]]:
    """Toxic-response factor and reference concentration (mg/kg) of each metal."""
    rows = reference.load("hakanson1980").rows
    return {
        str(element): (float(response), float(background))
        for element, response, background in zip(
            rows["element"], rows["toxic_response"], rows["reference"], strict=True
        )
    }


def contamination_factor(concentration: Floats, background: float) -> Floats:
    """Concentration over background, both mg/kg; NaN stays NaN."""
    return concentration / background


def geoaccumulation(concentration: Floats, background: float) -> Floats:
    """Igeo = log2(C / (1.5 B)); minus infinity for zero; NaN stays NaN."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log2(concentration / (1.5 * background)), float)


def ecological_factor(concentration: Floats, background: float, toxic_response: float) -> Floats:
    """Er = Tr x C / B (Hakanson 1980); NaN stays NaN."""
    return toxic_response * concentration / background


def pollution_load(factors: Floats) -> Floats:
    """Geometric mean of the contamination factors of each row, those not measured left out.

    factors: (rows, substances). NaN for a row without any; 0 where one factor is 0.
    """
    count = (~np.isnan(factors)).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.nansum(np.log(factors), axis=1) / count
    return np.where(count == 0, np.nan, np.exp(mean))


def degree_of_contamination(factors: Floats) -> Floats:
    """Sum of the contamination factors of each row (Hakanson 1980); NaN unless all are measured."""
    return np.asarray(factors.sum(axis=1), float)


def _matrix(inputs: Inputs, elements: tuple[str, ...]) -> Floats:
    return np.column_stack([inputs.number(f"{element}_mg_kg") for element in elements])


def _worst(inputs: Inputs, per_element: dict[str, Callable[[Floats], Floats]], top: float) -> Draft:
    """Worst rank over the elements; open to the top while one is not measured."""
    size = len(inputs.index)
    low, complete = np.full(size, np.nan), np.ones(size, bool)
    for element, rank in per_element.items():
        measured = inputs.number(f"{element}_mg_kg")
        complete &= ~np.isnan(measured)
        low = np.fmax(low, rank(measured))
    high = np.where(np.isnan(low), np.nan, np.where(complete, low, top))
    is_trivial = (low == 0.0) & (high == top)
    low, high = np.where(is_trivial, np.nan, low), np.where(is_trivial, np.nan, high)
    return Draft(low, high, evidence="measured", flag=flag_where(high > low, "at_least"))


def _factor_rule(inputs: Inputs) -> Draft:
    def rank(element: str) -> Callable[[Floats], Floats]:
        return lambda value: graded(
            contamination_factor(value, crust()[element]), limits("contamination_factor")
        )

    return _worst(inputs, {element: rank(element) for element in ELEMENTS}, 3.0)


def _igeo_rule(inputs: Inputs) -> Draft:
    def rank(element: str) -> Callable[[Floats], Floats]:
        return lambda value: graded(
            np.round(geoaccumulation(value, crust()[element]), 12),
            limits("geoaccumulation"),
            upper_inclusive=True,
        )

    return _worst(inputs, {element: rank(element) for element in ELEMENTS}, 6.0)


def _er(element: str, value: Floats) -> Floats:
    response, background = hakanson()[element]
    return ecological_factor(value, background, response)


def _er_rule(inputs: Inputs) -> Draft:
    def rank(element: str) -> Callable[[Floats], Floats]:
        return lambda value: graded(_er(element, value), limits("ecological_factor"))

    return _worst(inputs, {element: rank(element) for element in hakanson()}, 4.0)


def _pli_rule(inputs: Inputs) -> Draft:
    factors = _matrix(inputs, ELEMENTS) / np.array([crust()[element] for element in ELEMENTS])
    count = (~np.isnan(factors)).sum(axis=1)
    value = pollution_load(factors)
    return Draft(
        value, value, evidence="measured", flag=flag_where((count > 0) & (count < FEW), "few_substances")
    )


def ecological_rank(total: Floats, response_present: Floats) -> Floats:
    """Class of RI with limits scaled to the toxic-response factors of the substances present."""
    scale = response_present / PCB_AND_METALS
    ranks = np.zeros(len(total))
    for limit in limits("ecological_index"):
        ranks += total >= limit * scale
    return np.where(np.isnan(total), np.nan, ranks)


def _ri_rule(inputs: Inputs) -> Draft:
    size = len(inputs.index)
    total, present = np.zeros(size), np.zeros(size)
    for element, (response, _) in hakanson().items():
        risk = _er(element, inputs.number(f"{element}_mg_kg"))
        total += np.nan_to_num(risk)
        present += np.where(np.isnan(risk), 0.0, response)
    whole = sum(response for response, _ in hakanson().values())
    total = np.where(present == 0.0, np.nan, total)
    best = ecological_rank(total, present)
    complete = present == whole
    low = np.where(complete, best, ecological_rank(total, np.full(size, whole)))
    high = np.where(complete, best, np.where(np.isnan(best), np.nan, 3.0))
    best = np.where(complete | (best > 0.0), best, np.nan)
    is_trivial = (low == 0.0) & (high == 3.0) & np.isnan(best)
    low, high = np.where(is_trivial, np.nan, low), np.where(is_trivial, np.nan, high)
    return Draft(low, high, best, "measured", flag_where(~np.isnan(low) & ~complete, "few_substances"))


@cache
def _finland() -> dict[str, tuple[float, float, float]]:
    rows = reference.load("soil_finland2007").rows
    steps = (rows[step].astype(float) for step in ("threshold", "lower", "upper"))
    return dict(zip(rows["element"].astype(str), zip(*steps, strict=True), strict=True))


def _finland_rule(inputs: Inputs) -> Draft:
    def rank(element: str) -> Callable[[Floats], Floats]:
        return lambda value: graded(value, _finland()[element], upper_inclusive=True)

    return _worst(inputs, {element: rank(element) for element in ELEMENTS}, 3.0)


@cache
def _screening(scheme: str) -> dict[str, float]:
    rows = reference.load("soil_screening").rows
    rows = rows[rows["scheme"] == scheme]
    return dict(zip(rows["element"].astype(str), rows["value"].astype(float), strict=True))


def _screening_rule(scheme: str) -> Callable[[Inputs], Draft]:
    def rule(inputs: Inputs) -> Draft:
        def rank(limit: float) -> Callable[[Floats], Floats]:
            return lambda value: graded(value, [limit], upper_inclusive=True)

        ranks = {element: rank(value) for element, value in _screening(scheme).items()}
        return _worst(inputs, ranks, 1.0)

    return rule


def _method(
    id: str,  # noqa: A002  the word of the contract
    title: str,
    citation: str,
    formula: str,
    yields: Scale | Quantity,
    rule: Callable[[Inputs], Draft],
    tables: tuple[str, ...],
    elements: tuple[str, ...] = ELEMENTS,
    doubt: str = "",
) -> Method:
    columns = tuple(f"{element}_mg_kg" for element in elements)
    return Method(
        id=id,
        title=title,
        citation=citation,
        formula=formula,
        layers=SITES,
        yields=yields,
        rule=rule,
        optional=columns,
        direction=dict.fromkeys(columns, 1),
        tables=tables,
        doubt=doubt,
    )


_METALS = tuple(
    element
    for element in ELEMENTS
    if element in {"mercury", "cadmium", "arsenic", "lead", "copper", "chromium", "zinc"}
)
_HAKANSON = "Hakanson 1980, Water Research 14:975-1001"
_CRUST = "background: upper crust, Rudnick and Gao 2003"
_GB = tuple(element for element in ELEMENTS if element not in ("chromium", "zinc"))

METHODS: tuple[Method, ...] = (
    _method(
        "contamination_factor_hakanson1980",
        "Contamination factor, worst metal",
        f"{_HAKANSON}; {_CRUST}",
        "CF = C / B; < 1 low, 1-3 moderate, 3-6 considerable, 6 and more very high; the worst metal counts",
        CONTAMINATION,
        _factor_rule,
        ("contamination_limits", "crust_rudnick2003"),
    ),
    _method(
        "pollution_load_tomlinson1980",
        "Pollution load index",
        f"Tomlinson et al. 1980, Helgolaender Meeresuntersuchungen 33:566-575; {_CRUST}",
        "PLI = (product of CF)^(1/n) over the metals measured; above 1: polluted",
        Quantity("ratio", 1e-6, 1e6, is_logarithmic=True),
        _pli_rule,
        ("contamination_limits", "crust_rudnick2003"),
    ),
    _method(
        "geoaccumulation_mueller1969",
        "Geoaccumulation index, worst metal",
        f"Mueller 1969, GeoJournal 2:108-118; {_CRUST}",
        "Igeo = log2(C / (1.5 B)); up to 0 class 0, up to 1 class 1, ... above 5 class 6",
        IGEO,
        _igeo_rule,
        ("contamination_limits", "crust_rudnick2003"),
    ),
    _method(
        "ecological_factor_hakanson1980",
        "Ecological risk factor, worst metal",
        _HAKANSON,
        "Er = Tr x C / B; < 40 low, 40-80 moderate, 80-160 considerable, 160-320 high, 320 and more very "
        "high",
        ECOLOGICAL_FACTOR,
        _er_rule,
        ("contamination_limits", "hakanson1980"),
        _METALS,
    ),
    _method(
        "ecological_index_hakanson1980",
        "Ecological risk index",
        _HAKANSON,
        "RI = sum of Er; < 150 low, 150-300 moderate, 300-600 considerable, 600 and more very high, "
        "limits scaled by the sum of Tr of the metals present over 133",
        ECOLOGICAL_INDEX,
        _ri_rule,
        ("contamination_limits", "hakanson1980"),
        _METALS,
        "the scaling of limits to fewer substances is recalled; to be confirmed against the source",
    ),
    _method(
        "soil_finland2007",
        "Soil values in three steps (Finland)",
        "Finland, Government Decree 214/2007",
        "above the threshold, the lower or the upper guideline value of any metal",
        SOIL_STEPS,
        _finland_rule,
        ("soil_finland2007",),
    ),
    _method(
        "soil_dutch2013",
        "Soil intervention values (Netherlands)",
        "Circulaire bodemsanering 2013",
        "above the intervention value of any metal",
        SCREENING,
        _screening_rule("dutch2013"),
        ("soil_screening",),
        doubt="means over at least 25 m3 of soil with a soil-type correction, which is not applied here",
    ),
    _method(
        "soil_ccme_residential",
        "Soil quality guidelines, residential (Canada)",
        "CCME soil quality guidelines for the protection of environmental and human health",
        "above the residential guideline of any metal",
        SCREENING,
        _screening_rule("ccme_residential"),
        ("soil_screening",),
    ),
    _method(
        "soil_gb36600_2018",
        "Soil screening values, class 2 land (China)",
        "GB 36600-2018",
        "above the class 2 screening value of any metal",
        SCREENING,
        _screening_rule("gb36600_class2"),
        ("soil_screening",),
        _GB,
    ),
)
