"""Volume released when a tailings dam fails; one function per published regression.

All assume a breach of the confining dam of a wet impoundment. None applies to dry stacks, in-pit or
closed and drained facilities, whose release is far smaller.
"""

from dataclasses import dataclass
from functools import cache
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import BadColumn

Floats = npt.NDArray[np.float64]
Column = TypeVar("Column", pd.Series, Floats)

TABLE = "release_coefficients"
BRACKET = "release_bracket"


@dataclass(frozen=True)
class Regression:
    """One row of the table: VF = factor VT^volume_exponent H^height_exponent, volumes in volume_unit_m3."""

    volume_unit_m3: float
    factor: float
    volume_exponent: float
    height_exponent: float
    sd_log10: float


@cache
def ensemble() -> tuple[str, ...]:
    """Names of the regressions that the default interval spans."""
    rows = reference.load(TABLE).rows
    return tuple(rows.loc[rows["in_ensemble"] == "yes", "model"])


def spread(model: str) -> float:
    """Spread of observed over predicted release of a regression, in log10."""
    return _regression(model).sd_log10


def release_rico2008(stored_volume_m3: Column) -> Column:
    """Released volume after Rico, Benito and Diez-Herrero (2008): 0.354 VT^1.01 in million m3. [m3]

    stored_volume_m3: volume held; NaN stays NaN. [m3]
    Never more than what is stored. Raises BadColumn for a volume that is not positive.
    Source: data/reference/release_coefficients.csv
    """
    return _release("rico2008", stored_volume_m3, None)


def release_larrauri2018(stored_volume_m3: Column) -> Column:
    """Released volume after Concha Larrauri and Lall (2018): 0.332 VT^0.95 in million m3. [m3]

    stored_volume_m3: volume held; NaN stays NaN. [m3]
    Never more than what is stored. Raises BadColumn for a volume that is not positive.
    Source: data/reference/release_coefficients.csv
    """
    return _release("larrauri2018", stored_volume_m3, None)


def release_piciullo2022(stored_volume_m3: Column, dam_height_m: Column) -> Column:
    """Released volume after Piciullo et al. (2022), with height: 10^0.33 VT^0.611 H^0.994 in m3. [m3]

    stored_volume_m3, dam_height_m: on one index; NaN in either gives NaN. [m3, m]
    Never more than what is stored. Raises BadColumn for a value that is not positive.
    Source: data/reference/release_coefficients.csv
    """
    return _release("piciullo2022", stored_volume_m3, dam_height_m)


def release_piciullo2022_volume_only(stored_volume_m3: Column) -> Column:
    """Released volume after Piciullo et al. (2022), volume alone: 0.214 VT^0.35 in million m3. [m3]

    For comparison: it does worst on documented failures and is not part of the ensemble.
    Gaps, cap, errors and source as in `release_rico2008`.
    """
    return _release("piciullo2022_volume_only", stored_volume_m3, None)


def release_bracket_flo2d(stored_volume_m3: Column, dam_height_m: Column, case: str) -> Column:
    """Bracket of the FLO-2D plugin from height alone, case low, best or high; at most 0.95 of storage. [m3]

    For comparison: the origin of its figures is not stated. Source: data/reference/release_bracket.csv
    """
    rows = reference.load(BRACKET).rows
    row = rows[rows["case"] == case].iloc[0]
    _check(stored_volume_m3, "stored_volume_m3")
    _check(dam_height_m, "dam_height_m")
    free = float(row["factor"]) * dam_height_m ** float(row["height_exponent"])
    return cast(Column, np.minimum(free, float(row["cap_share"]) * stored_volume_m3))


def release_by(model: str, stored_volume_m3: Column, dam_height_m: Column) -> Column:
    """Released volume after a regression of the ensemble, by its name in the table; see its function. [m3]"""
    return _release(model, stored_volume_m3, dam_height_m)


def _release(model: str, stored_volume_m3: Column, dam_height_m: Column | None) -> Column:
    rule = _regression(model)
    _check(stored_volume_m3, "stored_volume_m3")
    volume = stored_volume_m3 / rule.volume_unit_m3
    released = rule.factor * volume**rule.volume_exponent * rule.volume_unit_m3
    if rule.height_exponent and dam_height_m is not None:
        _check(dam_height_m, "dam_height_m")
        released = released * dam_height_m**rule.height_exponent
    return cast(Column, np.minimum(released, stored_volume_m3))


def _check(values: "pd.Series | Floats", name: str) -> None:
    """BadColumn for a value that is not positive; NaN passes."""
    wrong = np.asarray(values, dtype=float) <= 0
    if wrong.any():
        example = np.asarray(values, dtype=float)[wrong][0]
        raise BadColumn(
            f"{int(wrong.sum())} values are not above zero",
            "leave the value empty if it is not known",
            column=name,
            value=example,
        )


@cache
def _regression(model: str) -> Regression:
    rows = reference.load(TABLE).rows
    row = rows[rows["model"] == model].iloc[0]
    return Regression(**{name: float(row[name]) for name in Regression.__annotations__})
