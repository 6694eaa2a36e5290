"""Do the intervals hold documented failures? Counts over the list that the repository carries."""

import numpy as np
import pytest

from lithoscope.domain import reference
from lithoscope.methods.runout_ensemble import reach

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
