"""THI-style, TEI-style and TRI-style indices after UNECE and UBA (2020), and the water hazard class.

Additive points: one unit of capacity is a tenfold volume. An unknown component takes its mildest points in
the lower end and its worst in the upper end; the precautionary headline is the upper end. All points are
recalled, not read in the spreadsheet: compare facilities with each other, do not read absolute classes.
"""

from functools import cache
from typing import cast

import numpy as np
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import Layer
from lithoscope.domain.index_scales import WATER_HAZARD
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Floats, Method, Quantity, evidence_code, flag_where
from lithoscope.methods.commodities import TABLE, suggested
from lithoscope.methods.consequence import population_at_risk

FACILITIES: tuple[Layer, ...] = ("facilities",)
UBA = "Kovacs et al. 2020, UBA Texte 185/2020; UNECE Methodology for improving TMF safety"
KEPT = ("active", "inactive", "reclaimed", "reprocessing", "planned")
NOT_KEPT = ("abandoned",)
THI_INPUTS = (
    "stored_volume_m3",
    "water_hazard_class",
    "status",
    "pga_475_g",
    "is_in_flood_zone",
    "factor_of_safety",
)
THI_STAND_INS = ("capacity_m3", "commodities", "process")
TEI_INPUTS = ("par_persons", "receiving_water")
TEI_STAND_INS = ("par_low_persons", "par_high_persons", "par_raw")
Interval = tuple[Floats, Floats]


@cache
def _points() -> dict[tuple[str, str], float]:
    rows = reference.load("thi_points").rows.fillna({"level": ""})
    return {
        (str(component), str(level)): float(points)
        for component, level, points in zip(rows["component"], rows["level"], rows["points"], strict=True)
    }


def thi_capacity(stored_volume_m3: Floats) -> Floats:
    """Points of capacity: log10 of the stored volume in m3, 0 up to one cubic metre; NaN stays NaN."""
    return np.asarray(np.log10(np.maximum(stored_volume_m3, 1.0)), float)


def tei_population(persons: Floats) -> Floats:
    """Points of the population at risk: log10 of persons, 0 up to one, at most the worst of the table."""
    return np.asarray(
        np.minimum(np.log10(np.maximum(persons, 1.0)), _points()["population_worst", ""]), float
    )


def _either(is_grave: Floats, component: str, mild: str, grave: str) -> Interval:
    """Points of a two-step component; is_grave: 1, 0 or NaN for unknown."""
    mild_points, grave_points = _points()[component, mild], _points()[component, grave]
    low = np.where(is_grave == 1.0, grave_points, mild_points)
    high = np.where(is_grave == 0.0, mild_points, grave_points)
    return low, high


def _above(values: Floats, limit: float) -> Floats:
    return np.where(np.isnan(values), np.nan, (values > limit).astype(float))


def capacity_points(inputs: Inputs) -> Interval:
    """Points of the stored volume; of an unknown volume, up to those of the capacity; NaN without both."""
    stored = thi_capacity(inputs.number("stored_volume_m3"))
    most = thi_capacity(inputs.number("capacity_m3"))
    low = np.where(np.isnan(stored), np.where(np.isnan(most), np.nan, 0.0), stored)
    return low, np.where(np.isnan(stored), most, stored)


def water_hazard_interval(inputs: Inputs) -> Interval:
    """Water hazard class: as reported, else the range of commodity and process, else 0 to 3."""
    stated, guess = inputs.number("water_hazard_class"), suggested(inputs)
    low = np.where(np.isnan(guess.whc_low), 0.0, guess.whc_low)
    high = np.where(np.isnan(guess.whc_high), 3.0, guess.whc_high)
    return np.where(np.isnan(stated), low, stated), np.where(np.isnan(stated), high, stated)


def thi_components(inputs: Inputs) -> dict[str, Interval]:
    """Points of each component of the hazard index, at least and at most."""
    return cast("dict[str, Interval]", inputs.once("thi_components", lambda: _thi_components(inputs)))


def _thi_components(inputs: Inputs) -> dict[str, Interval]:
    whc = np.array([_points()["tox", f"whc_{step}"] for step in range(4)])
    whc_low, whc_high = water_hazard_interval(inputs)
    neglected = inputs.by_text(
        "status", lambda text: 1.0 if text in NOT_KEPT else 0.0 if text in KEPT else np.nan
    )
    unsafe = inputs.number("factor_of_safety")
    unsafe = np.where(
        np.isnan(unsafe), np.nan, (unsafe < _points()["dam_factor_of_safety", ""]).astype(float)
    )
    shaken = _above(inputs.number("pga_475_g"), _points()["seismic_limit_g", ""])
    return {
        "capacity": capacity_points(inputs),
        "toxicity": (whc[whc_low.astype(int)], whc[whc_high.astype(int)]),
        "management": _either(neglected, "management", "kept", "not_kept"),
        "seismic": _either(shaken, "seismic", "up_to_limit", "above_limit"),
        "flood": _either(inputs.number("is_in_flood_zone"), "flood", "outside", "inside"),
        "dam": _either(unsafe, "dam", "safe", "not_safe"),
    }


def tei_components(inputs: Inputs) -> dict[str, Interval]:
    """Points of each component of the exposure index, at least and at most."""
    par_low, par_high = population_at_risk(inputs)
    worst = _points()["population_worst", ""]
    low, high = tei_population(par_low), tei_population(par_high)
    levels = {level: points for (component, level), points in _points().items() if component == "water"}
    water = inputs.by_text("receiving_water", lambda text: levels.get(text, np.nan))
    return {
        "population": (np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), worst, high)),
        "environment": (
            np.where(np.isnan(water), 0.0, water),
            np.where(np.isnan(water), max(levels.values()), water),
        ),
    }


def _sum(components: dict[str, Interval]) -> Interval:
    low = np.sum([bounds[0] for bounds in components.values()], axis=0)
    return low, np.sum([bounds[1] for bounds in components.values()], axis=0)


def _draft(low: Floats, high: Floats, inputs: Inputs) -> Draft:
    inferred = np.isnan(inputs.number("water_hazard_class"))
    evidence = np.where(inferred, evidence_code("inferred"), evidence_code("reported")).astype(np.int8)
    low, high = np.round(low, 9), np.round(high, 9)
    return Draft(low, high, evidence=evidence, flag=flag_where(high > low, "precautionary"))


def _thi_rule(inputs: Inputs) -> Draft:
    return _draft(*_sum(thi_components(inputs)), inputs)


def _tei_rule(inputs: Inputs) -> Draft:
    low, high = _sum(tei_components(inputs))
    nothing = np.isnan(population_at_risk(inputs)[0]) & ~inputs.known("receiving_water")
    low, high = np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
    return Draft(low, high, flag=flag_where(high > low, "precautionary"))


def _tri_rule(inputs: Inputs) -> Draft:
    thi, tei = _sum(thi_components(inputs)), _sum(tei_components(inputs))
    return _draft(thi[0] + tei[0], thi[1] + tei[1], inputs)


def _whc_rule(inputs: Inputs) -> Draft:
    stated, guess = inputs.number("water_hazard_class"), suggested(inputs)
    is_stated = ~np.isnan(stated)
    low, best, high = (
        np.where(is_stated, stated, bound) for bound in (guess.whc_low, guess.whc_best, guess.whc_high)
    )
    evidence = np.where(is_stated, evidence_code("reported"), evidence_code("inferred")).astype(np.int8)
    flag = flag_where(~is_stated & guess.has_unknown, "unknown_commodity")
    chance = np.where(is_stated, np.nan, guess.chance)
    return Draft(low, high, best, evidence, flag, chance)


def class_from_points(points: pd.Series) -> pd.Series:
    """Water hazard class 1 to 3 of a substance by the points of its hazard statements (AwSV Annex 1, 5.2).

    points: 0 or more; NaN stays NaN. Returns float64. Raises BadInput for negative points.
    """
    if (points < 0).any():
        raise BadInput("negative points", "points are 0 or more", column="points")
    limits = reference.load("water_hazard_points").rows.set_index("rule")["points"]
    grades = 1.0 + (points >= float(limits["class_2_from"])) + (points >= float(limits["class_3_from"]))
    return grades.where(points.notna())


def class_of_mixture(
    share_whc3_pct: Floats, share_whc2_pct: Floats, carcinogen_whc3_pct: Floats, carcinogen_whc2_pct: Floats
) -> Floats:
    """Water hazard class of a mixture by the shares of its parts (AwSV Annex 1, 5.2).

    Shares in percent by mass, M-factors already applied; unidentified parts count as class 3.
    Returns 1, 2 or 3.
    """
    limits = reference.load("water_hazard_points").rows.set_index("rule")["points"].astype(float)
    trace = limits["carcinogen_share"]
    is_three = (share_whc3_pct >= limits["mixture_class_3_share"]) | (carcinogen_whc3_pct >= trace)
    is_two = (
        (share_whc2_pct >= limits["mixture_class_2_share"])
        | (share_whc3_pct >= limits["mixture_class_3_trace"])
        | (carcinogen_whc2_pct >= trace)
    )
    return np.where(is_three, 3.0, np.where(is_two, 2.0, 1.0))


METHODS: tuple[Method, ...] = (
    Method(
        id="water_hazard_awsv2017",
        title="Water hazard class of the tailings",
        citation="AwSV (Germany, 2017) Annex 1; where not stated: our own judgement by commodity and process",
        formula="stated class 0 to 3; else the range that commodity and process suggest",
        layers=("facilities", "mines"),
        yields=WATER_HAZARD,
        rule=_whc_rule,
        optional=("water_hazard_class", "commodities", "process"),
        direction={"water_hazard_class": 1},
        tables=("water_hazard_points", TABLE),
    ),
    Method(
        id="thi_uba2020",
        title="THI-style index (UBA 2020 structure)",
        citation=UBA,
        formula="log10(stored volume in m3) + water hazard class (0-3) + management (0-1) + PGA > 0.1 g "
        "(0-1) + flood zone (0-1) + factor of safety < 1.5 (0-1)",
        layers=FACILITIES,
        yields=Quantity("points", 0.0, 17.0),
        rule=_thi_rule,
        optional=THI_INPUTS,
        stand_ins=THI_STAND_INS,
        direction={
            "stored_volume_m3": 1,
            "water_hazard_class": 1,
            "pga_475_g": 1,
            "is_in_flood_zone": 1,
            "factor_of_safety": -1,
        },
        tables=("thi_points", TABLE),
        doubt="the published use is ranking, not absolute classes",
    ),
    Method(
        id="tei_uba2020",
        title="TEI-style index (UBA 2020 structure)",
        citation=UBA,
        formula="log10(population at risk within 10 km downstream, 0 up to one) + receiving water (0-3)",
        version="1.1",
        layers=FACILITIES,
        yields=Quantity("points", 0.0, 10.0),
        rule=_tei_rule,
        optional=TEI_INPUTS,
        stand_ins=TEI_STAND_INS,
        direction={"par_persons": 1},
        tables=("thi_points",),
        doubt="the steps of the receiving water are ours",
    ),
    Method(
        id="tri_uba2020",
        title="TRI-style index (UBA 2020 structure)",
        citation=UBA,
        formula="THI-style index + TEI-style index",
        version="1.1",
        layers=FACILITIES,
        yields=Quantity("points", 0.0, 27.0),
        rule=_tri_rule,
        optional=(*THI_INPUTS, *TEI_INPUTS),
        stand_ins=(*THI_STAND_INS, *TEI_STAND_INS),
        direction={
            "stored_volume_m3": 1,
            "water_hazard_class": 1,
            "pga_475_g": 1,
            "is_in_flood_zone": 1,
            "factor_of_safety": -1,
            "par_persons": 1,
        },
        tables=("thi_points", TABLE),
        doubt="the published use is ranking, not absolute classes",
    ),
)
