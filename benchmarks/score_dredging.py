"""How right the dredging pipeline is on simulated fleets: the table of docs/sand.md.

    python benchmarks/score_dredging.py [--spacing 10 30 180 ...] [--days 10] [--fleets 1]

Fleets of 12 hopper dredgers and 19 other ships with noise (pipelines/fleet.py), other seeds than those that
the detection table was measured on. Prints one line per spacing, summed over the fleets.
"""

import argparse
import tempfile
from pathlib import Path

import pandas as pd

from lithoscope.pipelines import dredging, fleet, fleet_scores

COUNTS = {"hopper": 12, "cutter": 1, "fishing": 6, "cargo": 5, "tug": 3, "research": 4}
START = pd.Timestamp("2024-03-01", tz="UTC")
SUMMED = (
    "zone_months",
    "zone_months_inside",
    "zone_months_mass_inside",
    "total_inside",
    "total_mass_inside",
    "dredgers_found",
    "dredgers_true",
    "others_judged_dredgers",
)


def scored(spacing_s: float, days: float, seed: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        made = fleet.simulate(COUNTS, start=START, days=days, spacing_s=spacing_s, seed=seed)
        made.reports.write_parquet(Path(folder) / "a.parquet")
        dredging.run([f"{folder}/a.parquet"], Path(folder) / "o", dredging.Options())
        return fleet_scores.scores(made, Path(folder) / "o", seed=seed + 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spacing", type=float, nargs="+", default=[30, 180, 600, 1800, 2700, 3600])
    parser.add_argument("--days", type=float, default=10)
    parser.add_argument("--fleets", type=int, default=1)
    chosen = parser.parse_args()
    for spacing in chosen.spacing:
        table = pd.DataFrame([scored(spacing, chosen.days, 500 + number) for number in range(chosen.fleets)])
        means = table.drop(columns=list(SUMMED)).mean().round(3)
        print(f"{spacing:g} s:", means.to_dict() | table[list(SUMMED)].sum().to_dict(), flush=True)


if __name__ == "__main__":
    main()
