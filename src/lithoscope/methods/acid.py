"""Acid generation by static tests: AMIRA 2002, Price 1997, MEND 2009, net neutralisation, EU inert waste.

Inputs are sulphide sulphur [%], neutralisation potential [kg CaCO3/t] or acid neutralising capacity
[kg H2SO4/t], and the pH after the net acid generation test. What is not known keeps every class open that
some value of it would give.
"""

from functools import cache

import numpy as np

from lithoscope.domain import reference
from lithoscope.domain.fields import SITES
from lithoscope.domain.index_scales import ACID, ACID_PRICE, INERT
from lithoscope.domain.inputs import Inputs, ranges
from lithoscope.domain.method import Draft, Floats, Method, unless_trivial

SULPHUR, NP, ANC, NAG = "sulphide_sulphur_pct", "neutralisation_potential_kg_t", "anc_kg_t", "nag_ph"


@cache
def _limit(rule: str) -> float:
    return float(reference.load("acid_generation").rows.set_index("rule")["limit"][rule])


def mpa(sulphur_pct: Floats) -> Floats:
    """Maximum potential acidity, kg H2SO4/t, from sulphide sulphur in %."""
    return sulphur_pct * _limit("acid_per_sulphur")


def acidity_potential(sulphur_pct: Floats) -> Floats:
    """Acidity potential, kg CaCO3/t, from sulphide sulphur in %."""
    return sulphur_pct * _limit("acidity_potential_per_sulphur")


def napp(sulphur_pct: Floats, anc_kg_t: Floats) -> Floats:
    """Net acid producing potential, kg H2SO4/t: MPA - ANC."""
    return mpa(sulphur_pct) - anc_kg_t


def nnp(np_kg_t: Floats, sulphur_pct: Floats) -> Floats:
    """Net neutralisation potential, kg CaCO3/t: NP - AP."""
    return np_kg_t - acidity_potential(sulphur_pct)


def npr(np_kg_t: Floats, sulphur_pct: Floats) -> Floats:
    """Neutralisation potential ratio NP / AP; infinite without sulphide sulphur."""
    acidity = acidity_potential(sulphur_pct)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np_kg_t / acidity
    return np.where((acidity == 0.0) & ~np.isnan(np_kg_t), np.inf, ratio)


def _sulphur_bounds(inputs: Inputs) -> tuple[Floats, Floats]:
    value = inputs.number(SULPHUR)
    return np.where(np.isnan(value), 0.0, value), np.where(np.isnan(value), ranges()[SULPHUR][1], value)


def _np_bounds(inputs: Inputs) -> tuple[Floats, Floats]:
    """Neutralisation potential, also from acid neutralising capacity; 0 to infinity where unknown."""
    value = inputs.number(NP)
    value = np.where(np.isnan(value), inputs.number(ANC) * _limit("np_per_anc"), value)
    return np.where(np.isnan(value), 0.0, value), np.where(np.isnan(value), np.inf, value)


def _amira_rule(inputs: Inputs) -> Draft:
    mild_sulphur, grave_sulphur = _sulphur_bounds(inputs)
    anc, ph = inputs.number(ANC), inputs.number(NAG)
    anc = np.where(np.isnan(anc), inputs.number(NP) / _limit("np_per_anc"), anc)
    least, most = np.where(np.isnan(anc), 0.0, anc), np.where(np.isnan(anc), np.inf, anc)
    low = (napp(mild_sulphur, most) > _limit("amira_napp")) + (ph < _limit("amira_nag_ph")).astype(float)
    high = (napp(grave_sulphur, least) > _limit("amira_napp")) + (~(ph >= _limit("amira_nag_ph"))).astype(
        float
    )
    low, high = unless_trivial(low, high, 2.0)
    return Draft(low, high, evidence="measured")


def _npr_bounds(inputs: Inputs) -> tuple[Floats, Floats]:
    mild_sulphur, grave_sulphur = _sulphur_bounds(inputs)
    least, most = _np_bounds(inputs)
    return npr(least, grave_sulphur), npr(most, mild_sulphur)


def price_rank(ratio: Floats) -> Floats:
    """Price 1997: < 1 likely (3), 1 to < 2 possible (2), 2 to 4 low (1), > 4 none (0)."""
    below_four = (ratio <= _limit("price_low_up_to")).astype(float)
    return below_four + (ratio < _limit("price_possible_below")) + (ratio < _limit("price_likely_below"))


def mend_rank(ratio: Floats) -> Floats:
    """MEND 2009: < 1 acid forming (2), 1 to 2 uncertain (1), > 2 not (0)."""
    return (ratio <= _limit("mend_naf_above")).astype(float) + (ratio < _limit("mend_paf_below"))


def nnp_rank(value: Floats) -> Floats:
    """NNP: < -20 acid forming (2), -20 to 20 uncertain (1), > 20 not (0)."""
    return (value <= _limit("nnp_naf_above")).astype(float) + (value < _limit("nnp_paf_below"))


def inert_rank(sulphur_pct: Floats, ratio: Floats) -> Floats:
    """EU: sulphide sulphur <= 0.1 %, or <= 1 % with NPR > 3, meets the criterion (0), else not (1)."""
    meets = (sulphur_pct <= _limit("inert_sulphur_up_to")) | (
        (sulphur_pct <= _limit("inert_sulphur_with_npr_up_to")) & (ratio > _limit("inert_npr_above"))
    )
    return (~meets).astype(float)


def _price_rule(inputs: Inputs) -> Draft:
    least, most = _npr_bounds(inputs)
    low, high = unless_trivial(price_rank(most), price_rank(least), 3.0)
    return Draft(low, high, evidence="measured")


def _mend_rule(inputs: Inputs) -> Draft:
    least, most = _npr_bounds(inputs)
    low, high = unless_trivial(mend_rank(most), mend_rank(least), 2.0)
    return Draft(low, high, evidence="measured")


def _nnp_rule(inputs: Inputs) -> Draft:
    mild_sulphur, grave_sulphur = _sulphur_bounds(inputs)
    least, most = _np_bounds(inputs)
    low, high = unless_trivial(nnp_rank(nnp(most, mild_sulphur)), nnp_rank(nnp(least, grave_sulphur)), 2.0)
    return Draft(low, high, evidence="measured")


def _inert_rule(inputs: Inputs) -> Draft:
    mild_sulphur, grave_sulphur = _sulphur_bounds(inputs)
    least, most = _npr_bounds(inputs)
    low, high = unless_trivial(inert_rank(mild_sulphur, most), inert_rank(grave_sulphur, least), 1.0)
    return Draft(low, high, evidence="measured")


_RATIO = {SULPHUR: 1, NP: -1}
_TABLES = ("acid_generation",)

METHODS: tuple[Method, ...] = (
    Method(
        id="acid_amira2002",
        title="Acid generation (AMIRA)",
        citation="AMIRA International 2002, ARD Test Handbook, project P387A",
        formula="NAPP = 30.6 x %S - ANC; NAPP > 0 and NAG pH < 4.5: acid forming; neither: not; else "
        "uncertain",
        layers=SITES,
        yields=ACID,
        rule=_amira_rule,
        optional=(SULPHUR, ANC, NAG),
        stand_ins=(NP,),
        direction={SULPHUR: 1, ANC: -1, NAG: -1},
        tables=_TABLES,
    ),
    Method(
        id="acid_price1997",
        title="Acid generation by NPR (Price)",
        citation="Price 1997, Draft guidelines for prediction of metal leaching and acid rock drainage",
        formula="NPR = NP / (31.25 x %S); < 1 likely, 1-2 possible, 2-4 low, > 4 none",
        layers=SITES,
        yields=ACID_PRICE,
        rule=_price_rule,
        optional=(SULPHUR, NP),
        stand_ins=(ANC,),
        direction=_RATIO,
        tables=_TABLES,
    ),
    Method(
        id="acid_mend2009",
        title="Acid generation by NPR (MEND)",
        citation="Price 2009, MEND report 1.20.1",
        formula="NPR = NP / (31.25 x %S); < 1 acid forming, 1-2 uncertain, > 2 not",
        layers=SITES,
        yields=ACID,
        rule=_mend_rule,
        optional=(SULPHUR, NP),
        stand_ins=(ANC,),
        direction=_RATIO,
        tables=_TABLES,
    ),
    Method(
        id="acid_nnp",
        title="Acid generation by NNP",
        citation="Price 2009, MEND report 1.20.1 (net neutralisation potential)",
        formula="NNP = NP - 31.25 x %S; < -20 acid forming, -20 to 20 uncertain, > 20 not",
        layers=SITES,
        yields=ACID,
        rule=_nnp_rule,
        optional=(SULPHUR, NP),
        stand_ins=(ANC,),
        direction=_RATIO,
        tables=_TABLES,
    ),
    Method(
        id="eu_inert_sulphur_2009",
        title="Inert waste, sulphur criterion (EU)",
        citation="Commission Decision 2009/359/EC; SFS 2013:319 section 6",
        formula="sulphide sulphur <= 0.1 %, or <= 1 % with NPR > 3",
        layers=SITES,
        yields=INERT,
        rule=_inert_rule,
        optional=(SULPHUR, NP),
        stand_ins=(ANC,),
        direction=_RATIO,
        tables=_TABLES,
        doubt="one of five criteria of inert waste, all of which are needed",
    ),
)
