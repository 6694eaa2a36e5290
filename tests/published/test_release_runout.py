"""Printed and recomputed figures of the release and runout regressions, typed here by hand."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain.errors import BadColumn
from lithoscope.methods import release_volume as release
from lithoscope.methods import runout

MM3 = 1e6

# FLO-2D documentation, Feijao tutorial: stored tailings 7.5 million m3; the dam's height (86 m) and the
# total volume (8.5 million m3) are not printed but inferred from the figures that are. Share released [%].
FEIJAO_STORED, FEIJAO_TOTAL, FEIJAO_HEIGHT = 7.5 * MM3, 8.5 * MM3, 86.0
PRINTED_FEIJAO = {"larrauri": 34, "rico": 41, "piciullo": 41, "low": 4.2, "best": 14.5, "high": 82}

# VT [million m3], H [m], VF Rico, VF Larrauri-Lall, VF Piciullo updated, Hf, Dmax L-L, Dmax Rico, A [km2]
VECTORS = [
    (1, 20, 0.3540, 0.3320, 0.1946, 2.2045, 4.677, 5.616, 0.3836),
    (10, 50, 3.6225, 2.9590, 1.9760, 43.777, 23.843, 43.561, 1.6489),
    (100, 100, 37.0684, 26.3717, 16.0694, 695.466, 107.625, 291.593, 7.0879),
]


def series(*values: float) -> pd.Series:
    return pd.Series(values, dtype=float)


def test_feijao_example_as_printed_to_half_a_point():
    total, height = series(FEIJAO_TOTAL), series(FEIJAO_HEIGHT)
    share = {
        "larrauri": release.release_larrauri2018(total),
        "rico": release.release_rico2008(total),
        "piciullo": release.release_piciullo2022(total, height),
    }
    share |= {
        case: release.release_bracket_flo2d(series(FEIJAO_STORED), height, case)
        for case in ("low", "best", "high")
    }
    for name, printed in PRINTED_FEIJAO.items():
        assert share[name].iloc[0] / FEIJAO_STORED * 100 == pytest.approx(printed, abs=0.5), name


@pytest.mark.parametrize("vector", VECTORS)
def test_vectors_to_the_digits_given(vector):
    vt, h, rico, larrauri, piciullo, hf, d_larrauri, d_rico, area = vector
    stored, height = series(vt * MM3), series(h)
    released = release.release_larrauri2018(stored)
    assert release.release_rico2008(stored).iloc[0] / MM3 == pytest.approx(rico, abs=5e-5)
    assert released.iloc[0] / MM3 == pytest.approx(larrauri, abs=5e-5)
    assert release.release_piciullo2022(stored, height).iloc[0] / MM3 == pytest.approx(piciullo, abs=5e-5)
    assert runout.energy_factor_larrauri2018(height, stored, released).iloc[0] == pytest.approx(hf, rel=2e-5)
    assert runout.runout_larrauri2018(height, stored, released).iloc[0] == pytest.approx(d_larrauri, abs=5e-4)
    assert runout.runout_rico2008(height, released).iloc[0] == pytest.approx(d_rico, abs=5e-4)
    assert runout.inundation_ghahramani2020(released).iloc[0] / 1e6 == pytest.approx(area, abs=5e-5)


def test_envelope_and_height_alone_by_hand():
    assert runout.runout_envelope_rico2008(series(1), series(1e6)).iloc[0] == pytest.approx(112.61)
    assert runout.runout_by_height_rico2008(series(100)).iloc[0] == pytest.approx(0.05 * 100**1.41)


def test_never_more_than_stored():
    small, tall = series(1e3, 1e4, 1e5), series(300, 300, 300)
    released = release.release_piciullo2022(small, tall)
    assert (released <= small).all() and (released == small).any()
    assert (release.release_piciullo2022_volume_only(small) <= small).all()


def test_unknown_stays_unknown_and_keeps_the_index():
    stored = pd.Series([1e6, np.nan], index=["a", "b"])
    released = release.release_larrauri2018(stored)
    assert list(released.index) == ["a", "b"] and released.isna().tolist() == [False, True]
    assert release.release_rico2008(series()).empty


def test_zero_and_negative_are_refused():
    with pytest.raises(BadColumn, match="stored_volume_m3"):
        release.release_rico2008(series(1e6, 0.0))
    with pytest.raises(BadColumn, match="dam_height_m"):
        release.release_piciullo2022(series(1e6), series(-3.0))


def test_every_regression_grows_with_its_inputs():
    stored = series(*np.logspace(3, 9, 40))
    height = pd.Series(30.0, index=stored.index)
    for released in (
        release.release_rico2008(stored),
        release.release_larrauri2018(stored),
        release.release_piciullo2022(stored, height),
    ):
        assert released.is_monotonic_increasing
        assert runout.runout_larrauri2018(height, stored, released).is_monotonic_increasing
        assert runout.runout_rico2008(height, released).is_monotonic_increasing


def test_extrapolation_is_said_at_the_limits():
    stored, height = series(2.9e4, 3e4, 7.5e7, 7.6e7, 1e6, 1e6, np.nan), series(20, 20, 20, 20, 4.9, 110, 20)
    assert runout.is_extrapolated(stored, height).tolist() == [True, False, False, True, True, False, False]
