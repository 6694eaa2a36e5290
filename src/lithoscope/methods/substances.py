"""Mercury waste thresholds, cyanide limits, and EU category A: single rules about dangerous substances."""

from functools import cache

import numpy as np

from lithoscope.domain import reference
from lithoscope.domain.fields import SITES, Layer
from lithoscope.domain.index_scales import CATEGORY_A, LIMIT, MERCURY_WASTE
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Floats, Method, evidence_code, flag_where, unless_trivial
from lithoscope.methods.consequence import population_at_risk

FACILITIES: tuple[Layer, ...] = ("facilities",)
MERCURY, LEACHATE, CYANIDE = "mercury_mg_kg", "mercury_leachate_mg_l", "wad_cyanide_mg_l"
SHARE, DEPTH, VELOCITY, WATER = (
    "hazardous_share_pct",
    "flow_depth_m",
    "flow_velocity_m_s",
    "is_water_phase_dangerous",
)


@cache
def _value(table: str, rule: str) -> float:
    return float(reference.load(table).rows.set_index("rule")["value"][rule])


def _contaminated_rule(inputs: Inputs) -> Draft:
    total = inputs.number(MERCURY)
    rank = np.where(np.isnan(total), np.nan, total > _value("mercury_minamata", "contaminated_above"))
    return Draft(rank, rank, evidence="measured")


def _mercury_tailings_rule(inputs: Inputs) -> Draft:
    total, leached = inputs.number(MERCURY), inputs.number(LEACHATE)
    total_from = _value("mercury_minamata", "tailings_total_from")
    leached_from = _value("mercury_minamata", "tailings_leachate_from")
    low = ((total >= total_from) & (leached >= leached_from)).astype(float)
    high = (~(total < total_from) & ~(leached < leached_from)).astype(float)
    low, high = unless_trivial(low, high, 1.0)
    return Draft(low, high, evidence="measured")


def _cyanide_draft(inputs: Inputs, limit: float) -> Draft:
    measured = inputs.number(CYANIDE)
    is_said = np.isnan(measured) & (inputs.number("has_cyanide") == 0.0)
    measured = np.where(is_said, 0.0, measured)
    rank = np.where(np.isnan(measured), np.nan, measured > limit)
    evidence = np.where(is_said, evidence_code("reported"), evidence_code("measured")).astype(np.int8)
    return Draft(rank, rank, evidence=evidence)


def _icmc_rule(inputs: Inputs) -> Draft:
    return _cyanide_draft(inputs, _value("cyanide_limits", "icmc_open_water"))


def _eu_cyanide_rule(inputs: Inputs) -> Draft:
    return _cyanide_draft(inputs, _value("cyanide_limits", "eu_pond_2018"))


def pore_water(dry_mass_t: Floats) -> Floats:
    """Yearly water stored in the pores, m3: (dry mass / dry bulk density) x pore share.

    dry_mass_t: tailings of one year. [t] Source: Decision 2009/337/EC, defaults 1.4 t/m3 and 0.5.
    """
    return dry_mass_t / _value("category_a", "dry_bulk_density") * _value("category_a", "pore_share")


def highest_concentration(substance_t: Floats, dry_mass_t: Floats) -> Floats:
    """Highest yearly concentration of a substance in the water phase, mg/L, over the years of both arrays."""
    grams_per_m3 = substance_t * 1e6 / pore_water(dry_mass_t)  # 1 g/m3 is 1 mg/L
    return np.asarray(np.nanmax(grams_per_m3, axis=-1))


def _share_ground(inputs: Inputs) -> tuple[Floats, Floats, Floats]:
    share = inputs.number(SHARE)
    low = (share > _value("category_a", "hazardous_share_a_above")).astype(float)
    high = (~(share < _value("category_a", "hazardous_share_open_from"))).astype(float)
    presumed = (share >= _value("category_a", "hazardous_share_open_from")).astype(float)
    return low, high, presumed


def _flow_ground(inputs: Inputs) -> tuple[Floats, Floats]:
    depth, velocity = inputs.number(DEPTH), inputs.number(VELOCITY)
    depth_limit, speed_limit = (
        _value("category_a", "flow_depth_from"),
        _value("category_a", "flow_velocity_above"),
    )
    people_low, people_high = population_at_risk(inputs)
    deadly = (depth >= depth_limit) | (velocity > speed_limit)
    harmless = (depth < depth_limit) & (velocity <= speed_limit)
    low = (deadly & (people_low > 0)).astype(float)
    return low, (~harmless & ~(people_high == 0)).astype(float)


def _category_a_rule(inputs: Inputs) -> Draft:
    share_low, share_high, presumed = _share_ground(inputs)
    flow_low, flow_high = _flow_ground(inputs)
    water = inputs.number(WATER)
    low = np.maximum.reduce([share_low, flow_low, (water == 1.0).astype(float)])
    high = np.maximum.reduce([share_high, flow_high, (~(water == 0.0)).astype(float)])
    best = np.where(low == high, low, np.where(presumed == 1.0, 1.0, np.nan))
    is_trivial = (low == 0.0) & (high == 1.0) & np.isnan(best)
    low, high = np.where(is_trivial, np.nan, low), np.where(is_trivial, np.nan, high)
    return Draft(low, high, best, flag=flag_where(high > low, "precautionary"))


METHODS: tuple[Method, ...] = (
    Method(
        id="minamata_contaminated_2023",
        title="Mercury-contaminated waste (Minamata)",
        citation="Minamata Convention on Mercury, COP-5 (2023), Art. 11(2)(c)",
        formula="total mercury above 15 mg/kg",
        layers=SITES,
        yields=MERCURY_WASTE,
        rule=_contaminated_rule,
        required=(MERCURY,),
        direction={MERCURY: 1},
        tables=("mercury_minamata",),
        doubt="overburden, waste rock and tailings have their own thresholds",
    ),
    Method(
        id="minamata_tailings_2023",
        title="Mercury in tailings of non-ferrous mining (Minamata)",
        citation="Minamata Convention on Mercury, COP-5 (2023), tailings other than of primary mercury "
        "mining",
        formula="total mercury >= 25 mg/kg and mercury in leachate >= 0.15 mg/L",
        layers=SITES,
        yields=MERCURY_WASTE,
        rule=_mercury_tailings_rule,
        optional=(MERCURY, LEACHATE),
        direction={MERCURY: 1, LEACHATE: 1},
        tables=("mercury_minamata",),
        doubt="tailings of primary mercury mining are not excluded from mercury waste and need no "
        "threshold here",
    ),
    Method(
        id="cyanide_icmc",
        title="Cyanide in open water (ICMC)",
        citation="International Cyanide Management Code, standard of practice 4",
        formula="weak-acid-dissociable cyanide up to 50 mg/L",
        layers=FACILITIES,
        yields=LIMIT,
        rule=_icmc_rule,
        optional=(CYANIDE, "has_cyanide"),
        direction={CYANIDE: 1, "has_cyanide": 1},
        version="1.1",
        tables=("cyanide_limits",),
    ),
    Method(
        id="cyanide_eu2006",
        title="Cyanide at discharge into the pond (EU)",
        citation="Directive 2006/21/EC Art. 13(6)",
        formula="weak-acid-dissociable cyanide up to 10 mg/L (limit since 2018)",
        layers=FACILITIES,
        yields=LIMIT,
        rule=_eu_cyanide_rule,
        optional=(CYANIDE, "has_cyanide"),
        direction={CYANIDE: 1, "has_cyanide": 1},
        version="1.1",
        tables=("cyanide_limits",),
        doubt="the limit speaks of the discharge from the plant; a value from the pond itself may be lower",
    ),
    Method(
        id="eu_category_a",
        title="Category A (EU)",
        citation="Directive 2006/21/EC Annex III; Decision 2009/337/EC; SFS 2013:319 sections 44-54",
        formula="A if people are where the flow is >= 0.7 m deep or faster than 0.5 m/s; or the hazardous "
        "share is > 50 % (5-50 %: A unless justified); or the water phase counts as dangerous",
        version="1.1",
        layers=FACILITIES,
        yields=CATEGORY_A,
        rule=_category_a_rule,
        optional=("par_persons", DEPTH, VELOCITY, SHARE, WATER),
        stand_ins=("par_low_persons", "par_high_persons", "par_raw"),
        direction={"par_persons": 1, DEPTH: 1, VELOCITY: 1, SHARE: 1, WATER: 1},
        tables=("category_a",),
        doubt="danger to the environment is judged by people and not looked at here",
    ),
)
