"""How well a result agrees with the truth of a simulated fleet: episodes, hours, loads, volumes."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from lithoscope.methods.dredging_volume import triangle
from lithoscope.pipelines import dredging_zones as zones
from lithoscope.pipelines.fleet import Fleet, true_episodes

HALF = 0.5
"""An episode and a loading match when more than this share of the shorter lies within the other."""


def true_zone_months(fleet: Fleet, *, seed: int) -> pd.DataFrame:
    """Volume and dry mass in situ that the simulated ships took, per computed zone and month (m3, t).

    Bulking and density of each zone are drawn anew: the estimate does not know them.
    """
    loads = fleet.loads.reset_index(drop=True)
    loads = loads.join(zones.computed(loads["lon"], loads["lat"])["zone"])
    loads["month"] = loads["start_utc"].dt.strftime("%Y-%m")
    rng = np.random.default_rng(seed)
    drawn = {
        zone: (rng.triangular(*triangle("bulking")), rng.triangular(*triangle("dry_density")))
        for zone in sorted(loads["zone"].unique())
    }
    loads["volume_m3"] = loads["in_hopper_m3"] / loads["zone"].map(
        {zone: each[0] for zone, each in drawn.items()}
    )
    loads["mass_t"] = loads["volume_m3"] * loads["zone"].map({zone: each[1] for zone, each in drawn.items()})
    return loads.groupby(["zone", "month"])[["volume_m3", "mass_t"]].sum().reset_index()


def scores(fleet: Fleet, folder: Path, *, seed: int) -> dict[str, float]:
    """Precision and recall of episodes, errors of hours and loads, coverage of the ranges.

    folder: a result of `lithoscope dredging` on the fleet's reports. false_share: share of episodes (of ships
    judged dredgers) that belong to other ships. Shares of 1; relative errors are (found - true) / true.
    """
    found = gpd.read_parquet(folder / "episodes.parquet")
    vessels = pd.read_parquet(folder / "vessels.parquet")
    truth = true_episodes(fleet)
    is_right, is_found = matched(found, truth)
    hoppers = fleet.vessels.index[fleet.vessels["kind"] == "hopper"]
    strangers = ~found["mmsi"].isin(hoppers)
    judged = set(vessels.loc[vessels["is_dredger"], "mmsi"])
    months = pd.read_parquet(folder / "zone_months.parquet").merge(
        true_zone_months(fleet, seed=seed), on=["zone", "month"], how="outer"
    )
    inside = months["volume_m3"].between(months["volume_low_m3"], months["volume_high_m3"])
    inside_mass = months["mass_t"].between(months["mass_low_t"], months["mass_high_t"])
    total = json.loads((folder / "dredging.json").read_text(encoding="utf-8"))
    is_inside = {
        what: total[what]["low"] <= months[what].sum() <= total[what]["high"]
        for what in ("volume_m3", "mass_t")
    }
    true_hours = truth["hours"].sum()
    cycles = int(vessels.loc[vessels["is_dredger"], "cycles"].sum())
    return {
        "episodes_true": len(truth),
        "episodes_found": len(found),
        "precision": float(is_right.mean()) if len(found) else np.nan,
        "recall": float(is_found.mean()),
        "false_share": float(strangers.mean()) if len(found) else 0.0,
        "hours_error": float(found["hours"].sum() / true_hours - 1),
        "loads_error": cycles / len(fleet.loads) - 1,
        "volume_error": float(months["volume_best_m3"].sum() / months["volume_m3"].sum() - 1),
        "dredgers_found": len(judged & set(hoppers)),
        "dredgers_true": len(hoppers),
        "others_judged_dredgers": len(judged - set(hoppers)),
        "zone_months": len(months),
        "zone_months_inside": int(inside.sum()),
        "zone_months_mass_inside": int(inside_mass.sum()),
        "total_inside": int(is_inside["volume_m3"]),
        "total_mass_inside": int(is_inside["mass_t"]),
    }


def matched(found: pd.DataFrame, truth: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Which found episodes are right, and which true loadings were found."""
    is_right = pd.Series(False, index=found.index)
    is_found = pd.Series(False, index=truth.index)
    by_vessel = dict(iter(truth.groupby("vessel")))
    for mmsi, one in found.groupby("mmsi"):
        true = by_vessel.get(mmsi)
        if true is None:
            continue
        start = np.maximum.outer(_us(one["start_utc"]), _us(true["start_utc"]))
        end = np.minimum.outer(_us(one["end_utc"]), _us(true["end_utc"]))
        common = np.clip(end - start, 0, None).astype(float)
        found_length = (_us(one["end_utc"]) - _us(one["start_utc"])).astype(float)
        true_length = (_us(true["end_utc"]) - _us(true["start_utc"])).astype(float)
        is_right.loc[one.index] = common.sum(axis=1) > HALF * found_length
        is_found.loc[true.index] = common.sum(axis=0) > HALF * true_length
    return is_right, is_found


def _us(moments: pd.Series) -> np.ndarray:
    return moments.astype("datetime64[us, UTC]").astype("int64").to_numpy()
