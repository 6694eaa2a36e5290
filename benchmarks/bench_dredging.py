"""Dredging episodes from AIS: beside a plain scan and sort, MovingPandas, and the three engines on growing
data.

    python benchmarks/bench_dredging.py [--rows 1000000 10000000] [--most 50000000]
        [--spark 10000000] [--peers PYTHON]

The data are one simulated fleet, copied under other MMSIs until there are enough rows, in random order. Each
measurement is a process of its own; wall and CPU seconds and peak memory are printed, and ratios of both. On
the sizes of --rows both are run --repeat times in turn, and the medians are given. Spark works in a Java
process of its own: its seconds and peak memory are added to ours.
`--peers` names a Python that has movingpandas, which is no dependency of Lithoscope; it does the same steps
(split at gaps, speeds, slow stretches) on as many rows as it finishes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import polars as pl

from lithoscope.pipelines import fleet

BLOCK_DAYS, SPACING_S = 10, 30
COUNTS = {"hopper": 8, "fishing": 10, "cargo": 12, "tug": 3, "research": 2}
COMPILED = tempfile.TemporaryDirectory()
MEASURE = """
import json, os, pathlib, resource, sys, time
def others():
    # CPU seconds and peak GB of processes that this one started and that still run, such as Java
    cpu = peak = 0.0
    for each in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (each / "stat").read_text().rsplit(")", 1)[1].split()
            status = (each / "status").read_text()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            cpu += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            peak += int(status.split("VmHWM:")[1].split()[0]) / 1e6 if "VmHWM:" in status else 0
    return cpu, peak
def measured(work):
    wall, used = time.time(), resource.getrusage(resource.RUSAGE_SELF)
    value = work()
    wall, now, (cpu, peak) = time.time() - wall, resource.getrusage(resource.RUSAGE_SELF), others()
    cpu += now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_gb": now.ru_maxrss / 1e6 + peak, "value": value}))
"""
SORT = (
    MEASURE
    + """
import polars as pl
measured(lambda: pl.scan_parquet(sys.argv[1]).sort("mmsi", "timestamp").collect().height)
"""
)
OURS = (
    MEASURE
    + """
from pathlib import Path
from lithoscope.pipelines import dredging
options = dredging.Options(sys.argv[2], sys.argv[3] or None)
measured(lambda: dredging.run([sys.argv[1]], Path(sys.argv[4]), options)["episodes"])
"""
)
MOVINGPANDAS = (
    MEASURE
    + """
import warnings; warnings.simplefilter("ignore")
from datetime import timedelta
import geopandas as gpd, pandas as pd, movingpandas as mpd
def work():
    table = pd.read_parquet(sys.argv[1]).drop_duplicates(["mmsi", "timestamp"])
    table = table[table.lat.between(-90, 90) & table.lon.between(-180, 180) & (table.mmsi.str.len() == 9)]
    points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table.lon, table.lat), crs=4326)
    ways = mpd.TrajectoryCollection(points, "mmsi", t="timestamp")
    ways = mpd.OutlierCleaner(ways).clean(v_max=50, units=("nm", "h"))
    ways = mpd.ObservationGapSplitter(ways).split(gap=timedelta(minutes=30))
    ways.add_speed(overwrite=True, units=("nm", "h"))
    slow = 0
    for way in ways:
        is_slow = way.df["speed"].between(0.8, 3)
        slow += int((is_slow.astype(int).diff() == 1).sum())
    return slow
measured(work)
"""
)


def block() -> pl.DataFrame:
    """The fleet that is copied."""
    start = pd.Timestamp("2024-03-01", tz="UTC")
    made = fleet.simulate(COUNTS, start=start, days=BLOCK_DAYS, spacing_s=SPACING_S, seed=1)
    return made.reports.select("mmsi", "timestamp", "lat", "lon", "sog", "cog", "name", "ship_type", "length")


def write(rows: int, base: pl.DataFrame, path: Path) -> None:
    """Copies of the block in random order within each copy."""
    parts = []
    for copy in range(-(-rows // base.height)):
        number = pl.col("mmsi").str.slice(0, 3) + pl.lit(f"{copy:03d}") + pl.col("mmsi").str.slice(6, 3)
        is_ship = pl.col("mmsi").str.len_chars() == 9
        parts.append(
            base.lazy().with_columns(pl.when(is_ship).then(number).otherwise(pl.col("mmsi")).alias("mmsi"))
        )
    pl.concat(parts).head(rows).sink_parquet(path)


def run(
    code: str, *arguments: object, python: str = sys.executable, timeout: float = 1800
) -> dict[str, float] | None:
    """What a process of its own measured; None if it did not finish.

    Modules stand compiled after the first run, as an installation has them.
    """
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": COMPILED.name}
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", **compiled}
    try:
        done = subprocess.run(
            [python, "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        print(done.stderr[-400:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def median(runs: list[dict[str, float] | None]) -> dict[str, float] | None:
    """The median of each figure; None if a run did not finish."""
    done = [each for each in runs if each is not None]
    if len(done) < len(runs):
        return None
    return {name: statistics.median(each[name] for each in done) for name in done[0]}


def show(what: str, rows: int, found: dict[str, float] | None) -> dict[str, float] | None:
    if found is None:
        print(f"{what:<34}{rows:>12,}   did not finish")
    else:
        print(
            f"{what:<34}{rows:>12,}{found['wall_s']:>9.1f} s{found['cpu_s']:>9.1f} s"
            f"{found['peak_gb']:>7.2f} GB   {found['value']}"
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the median is taken")
    parser.add_argument("--most", type=int, default=0, help="rows for DuckDB under 2 GB; 0 leaves it out")
    parser.add_argument("--spark", type=int, default=0, help="rows for local Spark; 0 leaves it out")
    parser.add_argument("--peers", default="", help="a Python with movingpandas")
    parser.add_argument("--peer-rows", type=int, default=100_000)
    chosen = parser.parse_args()
    print(f"{'':<34}{'rows':>12}{'wall':>11}{'CPU':>11}{'peak':>10}   episodes or rows")
    base = block()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        ours: dict[int, dict[str, float]] = {}
        for rows in chosen.rows:
            write(rows, base, work / "a.parquet")
            pairs = [
                (run(SORT, work / "a.parquet"), run(OURS, work / "a.parquet", "polars", "", work / "o"))
                for _ in range(chosen.repeat)
            ]
            plain = show("polars scan and sort", rows, median([each for each, _ in pairs]))
            found = show("lithoscope on polars", rows, median([each for _, each in pairs]))
            if plain and found:
                ours[rows] = found
                print(
                    f"{'':<34}ratio to scan and sort: wall {found['wall_s'] / plain['wall_s']:.1f}, "
                    f"CPU {found['cpu_s'] / plain['cpu_s']:.1f}"
                )
        for small, large in zip(chosen.rows, chosen.rows[1:], strict=False):
            if small in ours and large in ours:
                print(
                    f"{'':<34}growth {small:,} -> {large:,} rows (x{large / small:.0f}): "
                    f"CPU x{ours[large]['cpu_s'] / ours[small]['cpu_s']:.1f}"
                )
        if chosen.most:
            write(chosen.most, base, work / "a.parquet")
            show(
                "lithoscope on DuckDB, 2 GB",
                chosen.most,
                run(OURS, work / "a.parquet", "duckdb", "2GB", work / "o"),
            )
        if chosen.spark:
            write(chosen.spark, base, work / "a.parquet")
            show(
                "lithoscope on local Spark",
                chosen.spark,
                run(OURS, work / "a.parquet", "spark", "", work / "o"),
            )
        if chosen.peers:
            write(chosen.peer_rows, base.sort("timestamp"), work / "a.parquet")
            peer = show(
                "movingpandas", chosen.peer_rows, run(MOVINGPANDAS, work / "a.parquet", python=chosen.peers)
            )
            found = show(
                "lithoscope on polars",
                chosen.peer_rows,
                run(OURS, work / "a.parquet", "polars", "", work / "o"),
            )
            if peer and found:
                largest = max(ours, default=0)
                per_row = (ours[largest]["cpu_s"] / largest) if largest else found["cpu_s"] / chosen.peer_rows
                print(
                    f"{'':<34}per row, at {largest:,} rows: "
                    f"{peer['cpu_s'] / chosen.peer_rows / per_row:.0f} times as fast"
                )


if __name__ == "__main__":
    started = time.time()
    main()
    print(f"{time.time() - started:.0f} s in all")
