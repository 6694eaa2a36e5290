"""The intervals: ordered, reproducible, monotone, capped, and holding the models they span."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain import reference
from lithoscope.methods import release_volume, runout_ensemble
from lithoscope.methods.runout_ensemble import CASES, reach, rule

QUANTITIES = ("released_m3", "runout_km", "plume_km", "area_m2")


def test_same_input_same_answer():
    before = reach(2e6, 25.0)
    runout_ensemble.reach.cache_clear()
    assert reach(2e6, 25.0) == before


@pytest.mark.parametrize("height", [3.0, 30.0, 120.0])
def test_low_best_high_and_never_smaller_with_volume(height):
    former = None
    for volume in np.logspace(2.5, 10, 46):
        now = reach(float(volume), height)
        for name in QUANTITIES:
            interval = getattr(now, name)
            assert interval.low <= interval.best <= interval.high
            if former is not None:
                assert all(interval.at(case) >= getattr(former, name).at(case) for case in CASES)
        assert now.released_m3.high <= volume
        former = now


def test_taller_dam_never_reaches_less():
    reaches = [reach(1e6, float(h)) for h in (5, 10, 20, 40, 80)]
    for case in CASES:
        values = [each.runout_km.at(case) for each in reaches]
        assert values == sorted(values)


def test_interval_covers_the_spread_between_models():
    stored, height = pd.Series([5e6]), pd.Series([40.0])
    span = reach(5e6, 40.0).released_m3
    for model in release_volume.ensemble():
        predicted = release_volume.release_by(model, stored, height).iloc[0]
        assert span.low < predicted < span.high


def test_plume_goes_farther_than_the_deposit():
    now = reach(1e6, 20.0)
    assert all(now.plume_km.at(case) > now.runout_km.at(case) for case in CASES)


@pytest.mark.parametrize("height", [3.0, 30.0, 110.0, 500.0])
def test_no_runout_goes_beyond_what_any_failure_did_nor_a_plume_beyond_any_river(height):
    former, was_ended = None, False
    for volume in np.logspace(4, 11, 29):
        now = reach(float(volume), height)
        for name, most in (("runout_km", 668.0), ("plume_km", 6650.0)):
            interval = getattr(now, name)
            assert interval.low <= interval.best <= interval.high <= most
            if former is not None:
                assert all(interval.at(case) >= getattr(former, name).at(case) for case in CASES)
        assert now.is_ended or not was_ended, "once ended, always ended as volume grows"
        assert now.is_ended == (now.runout_km.high == 668.0 or now.plume_km.high == 6650.0)
        former, was_ended = now, now.is_ended
    assert was_ended and now.released_m3.high > 1e10, "the release has its own bound"


def test_a_documented_failure_is_never_ended_short():
    """No runout of the list is longer than where its kind is ended."""
    rows = reference.load("failures").rows
    for kind, name in (("solid", "farthest_deposit_km"), ("plume", "farthest_plume_km")):
        assert rows.loc[rows["runout_kind"] == kind, "runout_km"].max() <= rule(name)
    assert rows["runout_km"].max() == rule("farthest_deposit_km")
    known = rows.dropna(subset=["dam_height_m", "stored_volume_m3", "runout_km"])
    ended = [row.name for row in known.itertuples() if reach(row.stored_volume_m3, row.dam_height_m).is_ended]
    assert ended == ["Fundao (Samarco, Germano)"], "the one that the bound is taken from"


def test_ladder_ascends():
    for distances, areas in runout_ensemble.ladder().values():
        assert (np.diff(distances) >= 0).all() and (np.diff(areas) > 0).all()
