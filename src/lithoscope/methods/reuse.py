"""What could be recovered: contained metal and its rough worth, beside hazard and never added to it.

Grades are measured, or the range typical of commodity and age; a figure from a register's volume and a
typical grade is at best E3 F3 G4 in the UNFC (not viable or undetermined, indirect evidence).
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from lithoscope.domain import reference
from lithoscope.domain.fields import Layer, split_list
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Flags, Floats, Method, Quantity, evidence_code, flag_where

FACILITIES: tuple[Layer, ...] = ("facilities",)
GRADES = {
    "gold": "gold_g_t",
    "copper": "copper_mg_kg",
    "zinc": "zinc_mg_kg",
    "lead": "lead_mg_kg",
    "iron": "iron_pct",
}
"""Metal -> field with its measured grade."""
PER_TONNE = {"g/t": 1e-6, "mg/kg": 1e-6, "%": 1e-2}
OLD_BEFORE = 1950
UNFC = "UNFC 2019: at best E3 F3 G4"
Triple = tuple[Floats, Floats, Floats]


@cache
def _assumption(rule: str) -> tuple[float, float, float]:
    rows = reference.load("reuse_assumptions").rows.set_index("rule")
    low, best, high = (float(rows[bound].astype(float)[rule]) for bound in ("low", "best", "high"))
    return low, best, high


@cache
def _typical(metal: str, era: str) -> tuple[float, float]:
    """Typical share of the metal in dry tailings, least and most."""
    rows = reference.load("typical_grades").rows
    rows = rows[(rows["metal"] == metal) & ((rows["era"] == era) | (era == "unknown"))]
    factor = PER_TONNE[str(rows["unit"].iloc[0])]
    return float(rows["low"].min()) * factor, float(rows["high"].max()) * factor


def contained_metal_t(volume_m3: Floats, dry_density_t_m3: Floats, share: Floats) -> Floats:
    """Metal in tailings, t: volume x dry density x share by mass."""
    return volume_m3 * dry_density_t_m3 * share


def density(inputs: Inputs) -> Triple:
    """Dry density low, best, high: measured, else the range of the table. [t/m3]"""
    measured = inputs.number("dry_density_t_m3")
    low, best, high = (np.where(np.isnan(measured), bound, measured) for bound in _assumption("dry_density"))
    return low, best, high


def share_of(inputs: Inputs, metal: str) -> Triple:
    """Share of the metal low, best, high: measured, else typical where the metal was mined; else NaN.

    best is NaN where only a typical range is known.
    """
    measured = inputs.number(GRADES[metal]) * PER_TONNE[_unit_of(metal)]
    was_mined = inputs.by_text("commodities", lambda text: float(metal in split_list(text))) == 1.0
    is_old = inputs.number("year_end") < OLD_BEFORE
    is_modern = inputs.number("year_start") >= OLD_BEFORE
    low, high = np.full(len(measured), np.nan), np.full(len(measured), np.nan)
    for era, rows in (
        ("unknown", was_mined & ~is_old & ~is_modern),
        ("old", was_mined & is_old),
        ("modern", was_mined & is_modern & ~is_old),
    ):
        low[rows], high[rows] = _typical(metal, era)
    known = ~np.isnan(measured)
    return np.where(known, measured, low), measured, np.where(known, measured, high)


def _unit_of(metal: str) -> str:
    return "g/t" if metal == "gold" else "%" if metal == "iron" else "mg/kg"


def _contained_rule(metal: str) -> Callable[[Inputs], Draft]:
    def rule(inputs: Inputs) -> Draft:
        volume, (thin, usual, dense) = inputs.number("stored_volume_m3"), density(inputs)
        low, best, high = share_of(inputs, metal)
        return Draft(
            contained_metal_t(volume, thin, low),
            contained_metal_t(volume, dense, high),
            np.where(np.isnan(volume * low), np.nan, contained_metal_t(volume, usual, best)),
            np.where(np.isnan(best), evidence_code("assumed"), evidence_code("measured")).astype(np.int8),
            _defaults(inputs),
        )

    return rule


def _defaults(inputs: Inputs) -> Flags:
    return flag_where(np.isnan(inputs.number("dry_density_t_m3")), "default_density")


def _worth_rule(inputs: Inputs) -> Draft:
    size = len(inputs.index)
    totals = [np.zeros(size) for _ in range(3)]
    found = np.zeros(size, bool)
    all_measured = np.ones(size, bool)
    recovered = _assumption("recovery")[1]
    for metal in GRADES:
        shares, price = share_of(inputs, metal), _assumption(f"price_{metal}")[1]
        per_tonne = 1e6 if metal == "gold" else 1.0  # gold is priced per gram
        known = ~np.isnan(shares[0])
        found |= known
        all_measured &= ~known | ~np.isnan(shares[1])
        for total, share in zip(totals, shares, strict=True):
            total += np.nan_to_num(share * price * per_tonne * recovered)
    low, best, high = (np.where(found, total, np.nan) for total in totals)
    best = np.where(all_measured, best, np.nan)
    evidence = np.where(all_measured, evidence_code("measured"), evidence_code("assumed")).astype(np.int8)
    return Draft(low, high, best, evidence, flag_where(found, "at_least"))


def critical_raw_materials(commodities: str | None) -> list[str]:
    """Which of the commodities are critical raw materials of the European Union."""
    listed = set(reference.load("critical_raw_materials").rows["commodity"].astype(str))
    return [item for item in split_list(commodities) if item in listed]


def _contained(metal: str) -> Method:
    return Method(
        id=f"contained_{metal}",
        title=f"Contained {metal}",
        citation=f"Mass balance; typical grades: ours. {UNFC}",
        formula="stored volume x dry density x grade",
        layers=FACILITIES,
        yields=Quantity("t", 1e-12, 1e9, is_logarithmic=True),
        rule=_contained_rule(metal),
        required=("stored_volume_m3",),
        optional=(GRADES[metal], "dry_density_t_m3", "commodities"),
        stand_ins=("year_start", "year_end"),
        direction={"stored_volume_m3": 1, GRADES[metal]: 1, "dry_density_t_m3": 1},
        tables=("typical_grades", "reuse_assumptions"),
        doubt="a rough figure for choosing where to look, not an estimate of a resource",
        is_published=False,
    )


METHODS: tuple[Method, ...] = (
    *(_contained(metal) for metal in GRADES),
    Method(
        id="reuse_worth",
        title="Worth of contained metals per tonne",
        citation=f"Suppes and Heuss-Assbichler 2021, Resources 10(3):26, for the idea of the screening. "
        f"{UNFC}",
        formula="sum over gold, copper, zinc, lead, iron of grade x recovery x price; costs are not "
        "subtracted",
        layers=FACILITIES,
        yields=Quantity("US$/t", 0.0, 1e8),
        rule=_worth_rule,
        optional=tuple(GRADES.values()),
        stand_ins=("commodities", "year_start", "year_end"),
        direction=dict.fromkeys(GRADES.values(), 1),
        tables=("typical_grades", "reuse_assumptions"),
        doubt="gross worth, before any cost; metals without grade count as nothing; one price per metal and "
        "one recovery for all, the range is that of the grades",
        is_published=False,
    ),
)
