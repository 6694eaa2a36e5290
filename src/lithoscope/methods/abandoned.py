"""Abandoned and closed sites: the EU pre-selection protocol (Stanley et al. 2011) and the US HRS score.

18 questions, each YES, NO or UNKNOWN. A site is examined further if an impact is known, or if source,
pathway and receptor each have a YES; UNKNOWN counts as YES, and the decision says whether it is certain
(it stands with every UNKNOWN read as NO) or only possible.
"""

from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import SITES, split_list
from lithoscope.domain.index_scales import EXAMINE
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Floats, Method, flag_where
from lithoscope.methods.commodities import TABLE, suggested

NO, YES, UNKNOWN = 0, 1, 2
Answers = npt.NDArray[np.int8]
KNOWN_IMPACT, CONTENTS, STABILITY, PATHWAY, RECEPTOR = (
    (1,),
    (2, 3, 4),
    (6, 7, 8, 9, 10),
    (11, 12, 13, 14),
    (15, 16, 17, 18),
)
LAGOONS, HEAPS = ("dam", "impoundment"), ("stack", "heap")
DANGEROUS = ("cyanide", "amalgam", "flotation", "leach")
MAXIMUM_HRS = 100.0


@cache
def _thresholds() -> dict[int, float]:
    rows = reference.load("preselection_questions").rows
    return dict(zip(rows["number"].astype(int), rows["threshold"].astype(float), strict=True))


def _threshold(number: int) -> float:
    return _thresholds()[number]


def within_km(name: str) -> float:
    """The distance up to which the protocol's question that reads this field says YES. [km]"""
    rows = reference.load("preselection_questions").rows
    return float(rows.loc[rows["field"] == name, "threshold"].iloc[0])


def _from_number(values: Floats) -> Answers:
    """1 is YES, 0 is NO, NaN is UNKNOWN."""
    return np.where(np.isnan(values), UNKNOWN, values).astype(np.int8)


def _above(values: Floats, limit: float) -> Answers:
    return np.where(np.isnan(values), UNKNOWN, values > limit).astype(np.int8)


def _within(values: Floats, limit: float) -> Answers:
    return np.where(np.isnan(values), UNKNOWN, values <= limit).astype(np.int8)


def _treatment(text: str) -> float:
    return float(any(item in DANGEROUS for item in split_list(text)))


def _dangerous_substances(inputs: Inputs) -> Answers:
    """YES where cyanide, mercury, acids or flotation are documented; NO where the process excludes them."""
    by_process = inputs.by_text("process", _treatment)
    has_cyanide = inputs.number("has_cyanide") == 1.0
    return np.where(has_cyanide, YES, _from_number(by_process)).astype(np.int8)


def _lagoon(inputs: Inputs) -> Answers:
    by_kind = inputs.by_text(
        "structure_kind", lambda kind: 1.0 if kind in LAGOONS else 0.0 if kind in HEAPS else np.nan
    )
    by_feature = inputs.by_text("features", lambda text: 1.0 if "tailings" in split_list(text) else np.nan)
    return _from_number(np.where(np.isnan(by_kind), by_feature, by_kind))


def answers(inputs: Inputs) -> Answers:
    """Answers to questions 1 to 18 in columns 0 to 17: NO 0, YES 1, UNKNOWN 2.

    Questions 6 to 10 speak of lagoons or of heaps. Of the other kind they are NO; where the kind is not
    known, a YES that holds for one kind only is UNKNOWN.
    """
    return cast(Answers, inputs.once("preselection", lambda: _answers(inputs)))


def _answers(inputs: Inputs) -> Answers:
    guess = suggested(inputs)
    incident = np.where(inputs.number("failure_count") > 0, 1.0, inputs.number("has_incident"))
    lagoon = _lagoon(inputs)
    height = np.fmax(inputs.number("dam_height_m"), inputs.number("waste_height_m"))
    area, slope = inputs.number("footprint_m2"), inputs.number("foundation_slope_deg")
    is_heap, is_lagoon, is_either = lagoon == NO, lagoon == YES, lagoon == UNKNOWN
    low_dam, high_heap = _above(height, _threshold(7)), _above(height, _threshold(9))
    steep = _above(slope, _threshold(10))
    columns = [
        _from_number(incident),
        _from_number(guess.sulphide),
        _from_number(guess.toxic_metal),
        _dangerous_substances(inputs),
        lagoon,
        np.where(is_heap, NO, _above(area, _threshold(6))),
        np.where(is_heap, NO, np.where(is_either & (low_dam == YES) & (high_heap != YES), UNKNOWN, low_dam)),
        np.where(is_lagoon, NO, _above(area, _threshold(8))),
        np.where(is_lagoon, NO, high_heap),
        np.where(is_lagoon, NO, np.where(is_either & (steep == YES), UNKNOWN, steep)),
        _within(inputs.number("river_distance_km"), _threshold(11)),
        _from_number(inputs.number("is_on_aquifer")),
        _from_number(inputs.number("is_wind_exposed")),
        _from_number(inputs.number("is_uncovered")),
        _within(inputs.number("settlement_distance_km"), _threshold(15)),
        _within(inputs.number("poor_water_distance_km"), _threshold(16)),
        _within(inputs.number("protected_area_distance_km"), _threshold(17)),
        _within(inputs.number("farmland_distance_km"), _threshold(18)),
    ]
    return np.column_stack(columns).astype(np.int8)


def is_examined(given: Answers, *, unknown_as: int) -> npt.NDArray[np.bool_]:
    """The protocol's decision with every UNKNOWN read as YES or as NO.

    given: (rows, 18). Contents need a pathway and a receptor; stability needs a receptor, since a flow
    makes its own way.
    """

    def has(questions: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        chosen = given[:, [number - 1 for number in questions]]
        return np.asarray(((chosen == YES) | ((chosen == UNKNOWN) & (unknown_as == YES))).any(axis=1), bool)

    receptor = has(RECEPTOR)
    return has(KNOWN_IMPACT) | (has(CONTENTS) & has(PATHWAY) & receptor) | (has(STABILITY) & receptor)


def _rule(inputs: Inputs) -> Draft:
    given = answers(inputs)
    low = is_examined(given, unknown_as=NO).astype(float)
    high = is_examined(given, unknown_as=YES).astype(float)
    nothing = (given == UNKNOWN).all(axis=1)
    low, high = np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
    guess = suggested(inputs)
    flag = flag_where(high > low, "precautionary") | flag_where(guess.has_unknown, "unknown_commodity")
    return Draft(low, high, flag=flag)


def hrs_score(ground_water: Floats, surface_water: Floats, soil: Floats, air: Floats) -> Floats:
    """US Hazard Ranking System site score, 0 to 100: root of the mean square of four pathway scores.

    Pathway scores are 0 to 100. Raises BadInput outside. Source: 40 CFR 300 Appendix A, 2.1.1.
    """
    pathways = np.stack(np.broadcast_arrays(ground_water, surface_water, soil, air)).astype(float)
    if ((pathways < 0) | (pathways > MAXIMUM_HRS)).any():
        raise BadInput("a pathway score lies outside 0 to 100", "score each pathway first", column="pathway")
    return np.asarray(np.sqrt((pathways**2).mean(axis=0)))


def questions() -> pd.DataFrame:
    """The 18 questions with group, threshold and the field that answers each."""
    return reference.load("preselection_questions").rows


METHODS: tuple[Method, ...] = (
    Method(
        id="eu_preselection_2011",
        title="EU pre-selection protocol",
        citation="Stanley, Jordan, Hamor and Sponar 2011, Guidance document for a risk-based "
        "pre-selection protocol, European Commission (Directive 2006/21/EC Art. 20)",
        formula="examine further if Q1, or (contents Q2-4 and pathway Q11-14 and receptor Q15-18), or "
        "(stability Q6-10 and receptor Q15-18); UNKNOWN counts as YES in the upper end and as NO in the "
        "lower",
        layers=SITES,
        yields=EXAMINE,
        rule=_rule,
        optional=(
            "has_incident",
            "commodities",
            "process",
            "structure_kind",
            "footprint_m2",
            "dam_height_m",
            "waste_height_m",
            "foundation_slope_deg",
            "river_distance_km",
            "is_on_aquifer",
            "is_wind_exposed",
            "is_uncovered",
            "settlement_distance_km",
            "poor_water_distance_km",
            "protected_area_distance_km",
            "farmland_distance_km",
        ),
        stand_ins=("failure_count", "has_cyanide", "features"),
        direction={
            "has_incident": 1,
            "footprint_m2": 1,
            "dam_height_m": 1,
            "waste_height_m": 1,
            "foundation_slope_deg": 1,
            "river_distance_km": -1,
            "is_on_aquifer": 1,
            "is_wind_exposed": 1,
            "is_uncovered": 1,
            "settlement_distance_km": -1,
            "poor_water_distance_km": -1,
            "protected_area_distance_km": -1,
            "farmland_distance_km": -1,
        },
        tables=("preselection_questions", TABLE),
    ),
)
