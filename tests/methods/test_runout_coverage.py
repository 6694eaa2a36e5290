"""Do the intervals hold documented failures? Counts over the list that the repository carries."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from lithoscope.domain import reference
from lithoscope.methods.runout_ensemble import reach

DOCS = Path(__file__).parents[2] / "docs" / "downstream.md"
LIST = "tsf-failures-csp2-2023/tailings_dam_failures_1915_2022.csv"
CASES = {
    "released_m3": ("released_volume_m3", None, 52),
    "runout_km": ("runout_km", "solid", 36),
    "plume_km": ("runout_km", "plume", 13),
}


def held(quantity):
    """How many cases lie inside their interval, how many there are, and log10 of observed over best."""
    column, kind, _ = CASES[quantity]
    rows = reference.load("failures").rows.dropna(subset=["stored_volume_m3", "dam_height_m", column])
    rows = rows if kind is None else rows[rows["runout_kind"] == kind]
    inside, errors = 0, []
    for row in rows.itertuples():
        interval = getattr(reach(row.stored_volume_m3, row.dam_height_m), quantity)
        observed = getattr(row, column)
        inside += interval.low <= observed <= interval.high
        errors.append(np.log10(observed / interval.best))
    return inside, len(rows), np.array(errors)


@pytest.mark.parametrize("quantity", CASES)
def test_number_of_cases_is_the_one_that_is_stated(quantity):
    assert held(quantity)[1] == CASES[quantity][2]


def test_ninety_per_cent_interval_holds_85_to_95_per_cent_of_solid_deposits():
    inside, cases, errors = held("runout_km")
    assert 0.85 <= inside / cases <= 0.95
    assert abs(errors.mean()) < 0.1, "no lasting bias"


def test_release_interval_holds_its_share_without_bias():
    inside, cases, errors = held("released_m3")
    assert 0.85 <= inside / cases <= 0.97
    assert abs(errors.mean()) < 0.1


def stated(inside, cases):
    """A count as the docs write it, with its binomial interval (Wilson)."""
    bounds = binomtest(int(inside), int(cases)).proportion_ci(method="wilson")
    share, low, high = (f"{100 * each:.0f}" for each in (inside / cases, bounds.low, bounds.high))
    return f"{inside} of {cases}", f"{share} %", f"{low} to {high} %"


@pytest.mark.parametrize("quantity", CASES)
def test_docs_state_how_many_documented_failures_the_interval_holds(quantity):
    text = DOCS.read_text(encoding="utf-8")
    assert all(each in text for each in stated(*held(quantity)[:2]))


@pytest.mark.parametrize(("column", "quantity"), [("RELEASE", "released_m3"), ("RUNOUT", "runout_km")])
def test_docs_state_what_the_interval_holds_of_the_whole_list(shared_data, column, quantity):
    """All rows of the published list that have the numbers, none chosen: deposits and plumes mixed."""
    table = pd.read_csv(shared_data / LIST, encoding="utf-8-sig", dtype=str)
    names = {
        "height": "DAM HEIGHT (meters)",
        "stored": "STORAGE VOLUME\n(cu. meters)",
        "RELEASE": "RELEASE\n(cu. meters)",
        "RUNOUT": "RUNOUT (km)",
    }
    numbers = pd.DataFrame(
        {
            name: pd.to_numeric(table[title].str.replace(",", "").str.strip(), errors="coerce")
            for name, title in names.items()
        }
    )
    rows = numbers[["height", "stored", column]].dropna()
    rows = rows[(rows > 0).all(axis=1)]
    inside = 0
    for height, stored_m3, observed in rows.itertuples(index=False):
        interval = getattr(reach(stored_m3, height), quantity)
        inside += interval.low <= observed <= interval.high
    assert all(each in DOCS.read_text(encoding="utf-8") for each in stated(inside, len(rows)))
