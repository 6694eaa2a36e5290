"""Runout distance and inundated area of released tailings; one function per published regression.

All assume a breach of the confining dam; none applies to dry stacks, and none says anything of direction.
The distances of older lists mix the solid deposit with plumes carried by rivers: `calibrated` tells the
two apart.
"""

from functools import cache
from typing import Literal

import pandas as pd

from lithoscope.domain import reference
from lithoscope.methods.release_volume import Column

TABLE = "runout_coefficients"
CALIBRATION = "runout_calibration"
VALIDITY = "runout_validity"
Kind = Literal["solid", "plume"]
_MILLION = 1e6  # the regressions' unit of volume is the million m3


def energy_factor_larrauri2018(
    dam_height_m: Column, stored_volume_m3: Column, released_volume_m3: Column
) -> Column:
    """Hf = H (VF / VT) VF of Concha Larrauri and Lall (2018). [m million m3]

    All on one index; NaN in any gives NaN. [m, m3, m3]
    """
    share = released_volume_m3 / stored_volume_m3
    return dam_height_m * share * released_volume_m3 / _MILLION


def runout_larrauri2018(dam_height_m: Column, stored_volume_m3: Column, released_volume_m3: Column) -> Column:
    """Runout after Concha Larrauri and Lall (2018): 3.04 Hf^0.545. [km]

    All on one index; NaN in any gives NaN. [m, m3, m3] Mixes solid deposits and plumes.
    Source: data/reference/runout_coefficients.csv
    """
    factor, exponent = _power("larrauri2018")
    hf = energy_factor_larrauri2018(dam_height_m, stored_volume_m3, released_volume_m3)
    return factor * hf**exponent


def runout_rico2008(dam_height_m: Column, released_volume_m3: Column) -> Column:
    """Runout after Rico, Benito and Diez-Herrero (2008): 1.61 (H VF)^0.66, VF in million m3. [km]

    Both on one index; NaN in either gives NaN. [m, m3] Mixes solid deposits and plumes.
    Source: data/reference/runout_coefficients.csv
    """
    factor, exponent = _power("rico2008")
    return factor * (dam_height_m * released_volume_m3 / _MILLION) ** exponent


def runout_envelope_rico2008(dam_height_m: Column, released_volume_m3: Column) -> Column:
    """Upper envelope of Rico et al. (2008): 112.61 (H VF)^0.81, VF in million m3. [km]

    Gaps and source as in `runout_rico2008`.
    """
    factor, exponent = _power("rico2008_envelope")
    return factor * (dam_height_m * released_volume_m3 / _MILLION) ** exponent


def runout_by_height_rico2008(dam_height_m: Column) -> Column:
    """Runout from height alone after Rico et al. (2008): 0.05 H^1.41 (r2 0.16, for comparison). [km]"""
    factor, exponent = _power("rico2008_height_only")
    return factor * dam_height_m**exponent


def inundation_ghahramani2020(released_volume_m3: Column) -> Column:
    """Area of the main solid deposit (Zone 1) after Ghahramani et al. (2020): 80 VF^(2/3). [m2]

    released_volume_m3: NaN stays NaN. [m3] Source: data/reference/runout_coefficients.csv
    """
    factor, exponent = _power("ghahramani2020")
    return factor * released_volume_m3**exponent


@cache
def area_spread() -> float:
    """Spread of the area's coefficient, in log10."""
    return float(_row("ghahramani2020")["sd_log10"])


@cache
def calibrated(model: str, kind: Kind) -> tuple[float, float]:
    """Bias and spread (log10) of a runout regression on documented failures of one kind.

    Source: data/reference/runout_calibration.csv
    """
    rows = reference.load(CALIBRATION).rows
    row = rows[(rows["model"] == model) & (rows["kind"] == kind)].iloc[0]
    return float(row["bias_log10"]), float(row["sd_log10"])


def is_extrapolated(stored_volume_m3: pd.Series, dam_height_m: pd.Series) -> pd.Series:
    """Whether volume or height lies outside what the formulas rest on; a missing value is not outside.

    Source: data/reference/runout_validity.csv
    """
    outside = pd.Series(False, index=stored_volume_m3.index)
    for name, values in (("stored_volume_m3", stored_volume_m3), ("dam_height_m", dam_height_m)):
        low, high = validity(name)
        outside |= (values < low) | (values > high)
    return outside


@cache
def validity(name: str) -> tuple[float, float]:
    """Least and most of a field, `stored_volume_m3` [m3] or `dam_height_m` [m], that the formulas rest on."""
    rows = reference.load(VALIDITY).rows
    row = rows[rows["field"] == name].iloc[0]
    return float(row["from"]), float(row["to"])


@cache
def _power(model: str) -> tuple[float, float]:
    row = _row(model)
    return float(row["factor"]), float(row["exponent"])


def _row(model: str) -> pd.Series:
    rows = reference.load(TABLE).rows
    return rows[rows["model"] == model].iloc[0]
