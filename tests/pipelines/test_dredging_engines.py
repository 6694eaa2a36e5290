"""The order of reports that all later steps rely on."""

import numpy as np
import polars as pl
import pytest

from lithoscope.methods.dredging_states import ORDER
from lithoscope.pipelines.dredging_engines import in_order

SHIPS = [219_000_001, 219_000_002, 999_999_999]
NO_SHIPS = [-1, 5, 2**40, -(2**50)]
NO_TIMES = [-1, -5, 0, 2**45, 2**62]


@pytest.mark.parametrize("strange", [0.0, 0.3])
def test_reports_lie_by_ship_time_and_all_the_rest(strange):
    rng, n = np.random.default_rng(4), 5_000
    t_ms = np.where(
        rng.random(n) < strange, rng.choice(NO_TIMES, n), 1_700_000_000_000 + rng.integers(0, 3_000, n)
    )
    mmsi = np.where(rng.random(n) < strange, rng.choice(NO_SHIPS, n), rng.choice(SHIPS, n))
    few = {name: rng.integers(-1, 2, n).astype(float) for name in ORDER[1:]}
    reports = pl.DataFrame({"mmsi": mmsi, "t_ms": t_ms, **few})
    assert in_order(reports).equals(reports.sort("mmsi", *ORDER))


def test_a_single_report_and_none():
    columns = {"mmsi": [1], "t_ms": [2], "lon": [0.0], "lat": [0.0], "sog": [0.0], "cog": [0.0]}
    assert in_order(pl.DataFrame(columns)).height == 1
    assert in_order(pl.DataFrame(columns).clear()).is_empty()
