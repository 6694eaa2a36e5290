"""From loads to cubic metres in situ and dry tonnes, with ranges by Monte-Carlo.

V = sum over loads of hopper volume x load factor / bulking; M = V x dry density. Distributions:
data/reference/dredging_volume.csv. What a ship and a ground have of their own (hopper, load factor; bulking,
density) is drawn once for each, so errors do not average out over its loads. The best estimate is the mean
of the draws: means of parts add up to that of the whole, modes and medians do not. Every draw has a seed of
its own, made of the run's seed and the ship's or zone's name: more data change no draw, and a sum over zones
or months is drawn jointly, which is narrower than the sum of the ends.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain import reference

DRAWS = 4_000
SEED = 20_230_905
LOW, HIGH = 5, 95
"""Percentiles of the range that is given: it is meant to hold the truth nine times in ten."""
SEEN, INFERRED, UNFINISHED = "seen", "inferred", "unfinished"
"""How certain a load is: its discharge was seen, can be inferred, or never came."""
Floats = npt.NDArray[np.float64]
Some = TypeVar("Some", float, Floats)


@cache
def triangle(name: str) -> tuple[float, float, float]:
    """Low, mode and high of one quantity of data/reference/dredging_volume.csv."""
    rows = reference.load("dredging_volume").rows
    low, mode, high = rows.loc[rows["name"] == name, ["low", "mode", "high"]].to_numpy(dtype=float)[0]
    return float(low), float(mode), float(high)


def in_situ_m3(hopper_m3: Some, *, loads: Some, load_factor: float, bulking: Some) -> Some:
    """Volume in situ of a number of loads; numbers, or draws of them. [m3]"""
    return hopper_m3 * loads * load_factor / bulking


def hopper_from_length(length_m: pd.Series) -> pd.DataFrame:
    """Hopper volume by the ship's length: low, mode, high. [m3]

    Fitted on the log of both over the known dredgers between 60 and 165 m; by class of size elsewhere, and
    the widest class where the length is unknown. Source: data/reference/known_dredgers.csv,
    hopper_by_length.csv
    """
    slope, level, spread = _fit()
    classes = reference.load("hopper_by_length").rows
    unknown = classes[classes["length_from_m"].isna()].iloc[0]
    found = np.tile(unknown[["low", "mode", "high"]].to_numpy(dtype=float), (len(length_m), 1))
    length = length_m.to_numpy(dtype=float)
    sized = classes.dropna(subset=["length_from_m"])
    for begin, end, *three in sized[["length_from_m", "length_below_m", "low", "mode", "high"]].to_numpy(
        dtype=float
    ):
        found[(length >= begin) & (length < end)] = three
    fitted = (length >= FIT_FROM_M) & (length <= FIT_TO_M)
    middle = np.exp(level + slope * np.log(length[fitted]))
    found[fitted] = np.column_stack([middle * np.exp(-2 * spread), middle, middle * np.exp(2 * spread)])
    return pd.DataFrame(found, columns=["low", "mode", "high"], index=length_m.index)


FIT_FROM_M, FIT_TO_M = 60.0, 165.0


@cache
def _fit() -> tuple[float, float, float]:
    known = reference.load("known_dredgers").rows
    usable = known[
        (known["kind"] == "TSHD") & known["length_m"].between(FIT_FROM_M, FIT_TO_M) & known["hopper_m3"].gt(0)
    ]
    x, y = np.log(usable["length_m"].to_numpy(dtype=float)), np.log(usable["hopper_m3"].to_numpy(dtype=float))
    slope, level = np.polyfit(x, y, 1)
    return float(slope), float(level), float(np.std(y - level - slope * x, ddof=2))


def detection(spacing_s: float) -> tuple[float, float, float]:
    """True loads per load found at a spacing of reports: low, mode, high. NaN counts as dense.

    Between the rows of the table in a straight line, so that means stay what was measured. Source:
    data/reference/dredging_detection.csv
    """
    at, ends = _detections()
    low, mode, high = (float(np.interp(spacing_s if spacing_s > 0 else 0.0, at, end)) for end in ends)
    return low, mode, high


@cache
def _detections() -> tuple[Floats, Floats]:
    rows = reference.load("dredging_detection").rows
    return rows["spacing_s"].to_numpy(dtype=float), rows[["low", "mode", "high"]].to_numpy(dtype=float).T


def volumes(loads: pd.DataFrame, hoppers: pd.DataFrame, *, groups: list[str], seed: int) -> pd.DataFrame:
    """Volume and mass of loads by group, as low, best and high.

    loads: columns vessel, zone, those of `groups`, weight (1 a seen load, NaN one that is inferred or
    unfinished). hoppers: index vessel; low, mode, high [m3], spacing_s [s]; NaN for a ship without a hopper,
    whose loads have no volume. Returns one row per group: volume_low_m3, volume_best_m3, volume_high_m3,
    mass_low_t, mass_best_t, mass_high_t. Without groups, one row.
    """
    usable = loads[loads["vessel"].map(hoppers["mode"]).notna()].assign(_all="")
    sizes = hoppers[["low", "mode", "high", "spacing_s"]]
    ships = {str(name): _Ship.drawn(str(name), *sizes.loc[name], seed) for name in usable["vessel"].unique()}
    grounds = {str(zone): _Ground.drawn(str(zone), seed) for zone in usable["zone"].unique()}
    keys = groups or ["_all"]
    rows = [[*key, *_summed(one, ships, grounds)] for key, one in _counted(usable, keys)]
    whats = (("volume", "m3"), ("mass", "t"))
    names = [f"{what}_{end}_{unit}" for what, unit in whats for end in ("low", "best", "high")]
    return pd.DataFrame(rows, columns=[*keys, *names])


_KEPT = 256
"""Ships and zones whose draws are kept: the same are asked for by month, by ship and for the whole."""


@dataclass(frozen=True)
class _Ship:
    """Draws of one ship: m3 in the hopper per load found, share of unsure loads."""

    per_load_m3: Floats
    unsure_share: Floats

    @classmethod
    @lru_cache(maxsize=_KEPT)
    def drawn(
        cls, name: str, low_m3: float, mode_m3: float, high_m3: float, spacing_s: float, seed: int
    ) -> "_Ship":
        generator = _generator("vessel " + name, seed)
        low, mode, high = (float(np.log(end)) for end in (low_m3, mode_m3, high_m3))
        size = np.exp(_triangular(generator, low, mode, high))  # hopper volumes are fitted on their logarithm
        factor = _triangular(generator, *triangle("load_factor"))
        unsure = _triangular(generator, *triangle("inferred_load"))
        found = detection(float(spacing_s))
        return cls(size * factor * _triangular(generator, *found), unsure)


@dataclass(frozen=True)
class _Ground:
    """Draws of one zone: bulking (hopper m3 per m3 in situ) and dry density (t per m3)."""

    bulking: Floats
    density: Floats

    @classmethod
    @lru_cache(maxsize=_KEPT)
    def drawn(cls, name: str, seed: int) -> "_Ground":
        generator = _generator("zone " + name, seed)
        return cls(
            _triangular(generator, *triangle("bulking")), _triangular(generator, *triangle("dry_density"))
        )


_Counts = list[tuple[str, str, float, int]]
"""Loads of a ship in a zone: vessel, zone, those seen, those unsure."""


def _counted(loads: pd.DataFrame, keys: list[str]) -> Iterator[tuple[tuple[object, ...], _Counts]]:
    """The loads of each group, counted by ship and zone; groups, ships and zones in order."""
    by = list(dict.fromkeys([*keys, "vessel", "zone"]))
    counts = loads.assign(is_unsure=loads["weight"].isna()).groupby(by, sort=True, as_index=False)
    table = counts.agg(weight=("weight", "sum"), unsure=("is_unsure", "sum"))
    rows = zip(*(table[name].tolist() for name in ("vessel", "zone", "weight", "unsure")), strict=True)
    groups = zip(*(table[name].tolist() for name in keys), strict=True)
    for key, some in groupby(zip(groups, rows, strict=True), key=itemgetter(0)):
        yield key, sorted(row for _, row in some)


def _summed(counts: _Counts, ships: dict[str, _Ship], grounds: dict[str, _Ground]) -> list[float]:
    volume, mass = np.zeros(DRAWS), np.zeros(DRAWS)
    for vessel, zone, seen, unsure in counts:
        ship, ground = ships[str(vessel)], grounds[str(zone)]
        count = seen + unsure * ship.unsure_share
        drawn = in_situ_m3(ship.per_load_m3, loads=count, load_factor=1, bulking=ground.bulking)
        volume += drawn
        mass += drawn * ground.density
    return [*_range(volume), *_range(mass)]


def _range(draws: Floats) -> tuple[float, float, float]:
    low, high = np.percentile(draws, [LOW, HIGH])
    return float(low), float(draws.mean()), float(high)


def _generator(name: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _triangular(generator: np.random.Generator, low: float, mode: float, high: float) -> Floats:
    return generator.triangular(low, mode, high, DRAWS) if high > low else np.full(DRAWS, mode)
