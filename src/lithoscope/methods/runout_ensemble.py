"""Release, runout and area with their spread, from input to end, by seeded Monte-Carlo.

Each draw takes one release regression and one runout regression of the ensemble, errors of the reported
volume and height, and residuals as documented failures show them. The draws are the same for every site
(common random numbers), and every step grows with the stored volume: a larger facility never has a
smaller interval end.
"""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np

from lithoscope.domain import reference
from lithoscope.methods import release_volume, runout
from lithoscope.methods.release_volume import Floats

DRAWS = 4096
SEED = 20201104
CASES = ("low", "best", "high")
QUANTILES = (0.05, 0.50, 0.95)
"""low, best, high are the 5, 50 and 95 per cent quantiles: low to high is a 90 per cent interval."""

LADDER_HEIGHT_M = 30.0
RUNOUT_MODELS = ("larrauri2018", "rico2008")


@dataclass(frozen=True)
class Interval:
    """low <= best <= high of one quantity."""

    low: float
    best: float
    high: float

    def as_dict(self, scale: float = 1.0) -> dict[str, float]:
        """The three values times `scale`, by name."""
        return {"low": self.low * scale, "best": self.best * scale, "high": self.high * scale}

    def at(self, case: str) -> float:
        """The value of a case."""
        return float(getattr(self, case))


@dataclass(frozen=True)
class Reach:
    """What would be released and how far it would come.

    released_m3: volume [m3]; runout_km: solid deposit [km]; plume_km: water and fines carried by a
    river [km]; area_m2: planimetric area of the solid deposit [m2]. is_ended: a runout or plume of the
    regressions was farther than any can be, and ended there (`farthest_*_km` of the footprint rules).
    """

    released_m3: Interval
    runout_km: Interval
    plume_km: Interval
    area_m2: Interval
    is_ended: bool = False


@cache
def rule(name: str) -> float:
    """A value of data/reference/footprint_rules.csv."""
    rows = reference.load("footprint_rules").rows
    return float(rows.loc[rows["rule"] == name, "value"].iloc[0])


@cache
def _standard_draws() -> Floats:
    """7 x draws: two picks in (0, 1), then five standard normals; evenly spread (Sobol), always the same."""
    from scipy.special import ndtri  # here: both take a second to import
    from scipy.stats import qmc

    draws = np.asarray(qmc.Sobol(7, scramble=True, rng=SEED).random(DRAWS), dtype=np.float64).T
    draws[2:] = ndtri(draws[2:])
    return draws


@lru_cache(maxsize=4096)
def reach(stored_volume_m3: float, dam_height_m: float) -> Reach:
    """Interval of release, runout and area of one facility.

    stored_volume_m3, dam_height_m: as reported, above zero. [m3, m]
    Raises BadColumn if either is not. Sources: data/reference/release_*.csv, runout_*.csv,
    footprint_rules.csv
    """
    free = _unended(stored_volume_m3, dam_height_m)
    runout_km = _ended(free.runout_km, rule("farthest_deposit_km"))
    plume_km = _ended(free.plume_km, rule("farthest_plume_km"))
    is_ended = runout_km != free.runout_km or plume_km != free.plume_km
    return replace(free, runout_km=runout_km, plume_km=plume_km, is_ended=is_ended)


def _unended(stored_volume_m3: float, dam_height_m: float) -> Reach:
    """What the regressions alone say, however far."""
    draws = simulate(stored_volume_m3, dam_height_m)
    released, runout_km, plume_km, area = (
        _interval(draws[name]) for name in ("released_m3", "runout_km", "plume_km", "area_m2")
    )
    return Reach(released, runout_km, plume_km, area)


def _ended(interval: Interval, most: float) -> Interval:
    return Interval(*(min(interval.at(case), most) for case in CASES))


def simulate(stored_volume_m3: float, dam_height_m: float) -> dict[str, Floats]:
    """The draws behind `reach`, unended: released_m3, runout_km, plume_km, area_m2, one value a draw."""
    pick_release, pick_runout, z_volume, z_height, z_release, z_runout, z_area = _standard_draws()
    stored = stored_volume_m3 * 10 ** (rule("volume_error_sd") * z_volume)
    height = dam_height_m * 10 ** (rule("height_error_sd") * z_height)
    models = release_volume.ensemble()
    expected, released = np.empty_like(stored), np.empty_like(stored)
    chosen = np.minimum((pick_release * len(models)).astype(int), len(models) - 1)
    for number, model in enumerate(models):
        of = chosen == number
        expected[of] = release_volume.release_by(model, stored[of], height[of])
        error = 10 ** (release_volume.spread(model) * z_release[of])
        released[of] = np.minimum(expected[of] * error, stored_volume_m3)
    distance = {
        kind: _distance(kind, height, stored, expected, pick_runout, z_runout) for kind in ("solid", "plume")
    }
    area = runout.inundation_ghahramani2020(released) * 10 ** (runout.area_spread() * z_area)
    return {
        "released_m3": released,
        "runout_km": distance["solid"],
        "plume_km": np.maximum(distance["plume"], distance["solid"]),
        "area_m2": area,
    }


def _distance(
    kind: runout.Kind, height: Floats, stored: Floats, expected: Floats, pick: Floats, z: Floats
) -> Floats:
    """Runout of each draw [km]: the residual already holds the error of the expected release."""
    distance = np.empty_like(stored)
    chosen = np.minimum((pick * len(RUNOUT_MODELS)).astype(int), len(RUNOUT_MODELS) - 1)
    for number, model in enumerate(RUNOUT_MODELS):
        of = chosen == number
        middle = (
            runout.runout_larrauri2018(height[of], stored[of], expected[of])
            if model == "larrauri2018"
            else runout.runout_rico2008(height[of], expected[of])
        )
        bias, sd = runout.calibrated(model, kind)
        distance[of] = middle * 10 ** (bias + sd * z[of])
    return distance


def _interval(values: Floats) -> Interval:
    low, best, high = np.quantile(values, QUANTILES)
    return Interval(float(low), float(best), float(high))


@cache
def ladder() -> dict[str, tuple[Floats, Floats]]:
    """Case -> runout [km] and area [m2] as the stored volume grows in steps of a third of a decade.

    For a dam of LADDER_HEIGHT_M; both ascend. It orders the growth of a footprint, so that a larger
    release covers all that a smaller one does.
    """
    steps = [_unended(float(volume), LADDER_HEIGHT_M) for volume in np.logspace(2, 11, 28)]
    return {
        case: (
            np.maximum.accumulate([step.runout_km.at(case) for step in steps]),
            np.maximum.accumulate([step.area_m2.at(case) for step in steps]),
        )
        for case in CASES
    }
