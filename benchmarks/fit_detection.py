"""True loads per load found, by the spacing of reports: the rows of data/reference/dredging_detection.csv.

    python benchmarks/fit_detection.py [--spacing 60 600 ...] [--days 20] [--fleets 12]

Fleets of 24 hopper dredgers with noise (pipelines/fleet.py), other seeds than those the accuracy is stated
on. A load that is inferred or unfinished counts as half a load, as it does on average in the estimate.

The mean of each row is all true loads over all loads found, of the ships judged dredgers: the estimate is
linear in it, so volumes add up without bias. The ends hold the middle 90 % of the ships' own ratios, and lie
5 % or more from the mean: real fleets differ. The mode follows from mean and ends; where it would lie outside
of them, the nearer end gives way, so that ships of which half the loads go unseen stay within.
spacing_s is what the pipeline finds, silences included.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from lithoscope.pipelines import dredging, fleet

START = pd.Timestamp("2024-03-01", tz="UTC")
SHIPS = 24
LEAST = (0.95, 1.05)


def counted(spacing_s: float, days: float, seed: int) -> pd.DataFrame:
    """Loads of each ship judged a dredger: true, found; and its spacing_s."""
    with tempfile.TemporaryDirectory() as folder:
        made = fleet.simulate({"hopper": SHIPS}, start=START, days=days, spacing_s=spacing_s, seed=seed)
        made.reports.write_parquet(Path(folder) / "a.parquet")
        dredging.run([f"{folder}/a.parquet"], Path(folder) / "o", dredging.Options())
        loads = pd.read_parquet(Path(folder) / "o" / "loads.parquet")
        ships = pd.read_parquet(Path(folder) / "o" / "vessels.parquet").set_index("vessel_id")
    is_seen = loads["certainty"].eq("seen")
    found = is_seen.where(is_seen, 0.5).astype(float).groupby(loads["vessel_id"]).sum()
    true = made.loads.groupby("vessel").size().reindex(found.index)
    return pd.DataFrame({"true": true, "found": found, "spacing_s": ships["spacing_s"]}).dropna()


def triangle(mean: float, low: float, high: float) -> tuple[float, float, float]:
    """Low, mode and high of a triangular distribution with this mean and, if it can be, these ends."""
    mode = 3 * mean - low - high
    if mode < low:
        return (3 * mean - high) / 2, (3 * mean - high) / 2, high
    if mode > high:
        return low, (3 * mean - low) / 2, (3 * mean - low) / 2
    return low, mode, high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--spacing", type=float, nargs="+", default=[60, 600, 1200, 1800, 2400, 3000, 3600, 5400]
    )
    parser.add_argument("--days", type=float, default=20)
    parser.add_argument("--fleets", type=int, default=12)
    chosen = parser.parse_args()
    print("spacing_s,low,mode,high")
    for spacing in chosen.spacing:
        ships = pd.concat([counted(spacing, chosen.days, 900 + number) for number in range(chosen.fleets)])
        mean = ships["true"].sum() / ships["found"].sum()
        low, high = np.percentile(ships["true"] / ships["found"], [5, 95])
        ends = triangle(mean, min(low, LEAST[0] * mean), max(high, LEAST[1] * mean))
        found = round(ships["spacing_s"].mean(), -1)
        print(f"{found:.0f}," + ",".join(f"{each:.2f}" for each in ends), flush=True)


if __name__ == "__main__":
    main()
