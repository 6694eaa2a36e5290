"""Downstream exposure of 1,000 facilities on one terrain, beside pysheds and rasterstats.

    python benchmarks/bench_downstream.py [--side 5000] [--sites 1000] [--peers PYTHON]

Flow direction, paths, footprints, people and borders, warm (a small run has compiled the loops first), then
the same for terrains of a half and a quarter of the side, so that growth with cells and sites is seen. Wall
time and processor time stand beside each other: on a busy machine only the second one means anything.

The peers do the same steps on the same files, warm too: pysheds fills and finds D8 directions, rasterstats
sums people in the footprints that Lithoscope drew. They are no dependencies of Lithoscope: where this Python
lacks them, `--peers` names one that has them; without either the run says that no ratio was measured.
"""

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from lithoscope.methods.runout_ensemble import CASES
from lithoscope.pipelines import downstream_demo
from lithoscope.pipelines.downstream import Dam, Downstream, assess, count_people
from lithoscope.pipelines.downstream_output import footprint_geojson
from lithoscope.pipelines.downstream_run import in_turn
from lithoscope.pipelines.downstream_terrain import Terrain
from lithoscope.sources.rasters import open_population, open_terrain

CRS, LEFT, TOP, CELL = "EPSG:32632", 400_000.0, 5_400_000.0, 30.0
TIMED = """
import sys, time
def timed(run):
    start, used = time.perf_counter(), time.process_time()
    run()
    print(time.perf_counter() - start, time.process_time() - used)
"""
PYSHEDS = """
import numpy as np
np.in1d, np.bool = np.isin, np.bool_  # pysheds 0.5 asks for names that numpy 2 no longer has
from pysheds.grid import Grid
def run(path):
    grid = Grid.from_raster(path)
    filled = grid.fill_depressions(grid.fill_pits(grid.read_raster(path)))
    return grid.flowdir(grid.resolve_flats(filled))
run(sys.argv[2])
timed(lambda: run(sys.argv[1]))
"""
RASTERSTATS = """
import json
from rasterstats import zonal_stats
shapes = json.load(open(sys.argv[2]))
zonal_stats({**shapes, "features": shapes["features"][:3]}, sys.argv[1], stats=["sum"])
timed(lambda: zonal_stats(shapes, sys.argv[1], stats=["sum"], all_touched=False))
"""


def terrain_cells(side: int) -> np.ndarray:
    """Rough hills in valleys that all fall to the east."""
    rng = np.random.default_rng(1)
    row, column = np.mgrid[0:side, 0:side].astype(np.float32)
    cells = 1500 - 0.15 * column + 60 * np.abs(np.sin(row / 90 + np.sin(column / 400)))
    for scale, height in ((250, 60), (60, 12), (12, 2)):
        coarse = rng.normal(0, 1, (side // scale + 3, side // scale + 3))
        at_row, at_column = np.divmod(row / scale, 1), np.divmod(column / scale, 1)
        r, c = at_row[0].astype(int), at_column[0].astype(int)
        u, v = at_row[1], at_column[1]
        cells += height * (
            coarse[r, c] * (1 - u) * (1 - v)
            + coarse[r + 1, c] * u * (1 - v)
            + coarse[r, c + 1] * (1 - u) * v
            + coarse[r + 1, c + 1] * u * v
        )
    return cells.astype(np.float32)


def write(path: Path, cells: np.ndarray, cell: float) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=cells.shape[0],
        width=cells.shape[1],
        count=1,
        dtype="float32",
        crs=CRS,
        transform=from_origin(LEFT, TOP, cell, cell),
        nodata=-9999.0,
        tiled=True,
    ) as target:
        target.write(cells.astype(np.float32), 1)
    return path


def dams(side: int, count: int) -> list[Dam]:
    rng = np.random.default_rng(2)
    x = LEFT + CELL * rng.uniform(0.02, 0.7, count) * side
    y = TOP - CELL * rng.uniform(0.05, 0.95, count) * side
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    volume, height = 10 ** rng.uniform(4.5, 7.3, count), 10 ** rng.uniform(0.8, 1.9, count)
    return [Dam(*map(float, each)) for each in zip(lon, lat, height, volume, strict=True)]


@dataclass(frozen=True)
class Run:
    """What one run took: seconds of the clock and of the processor; and its files and results."""

    flow: tuple[float, float]
    sites: tuple[float, float]
    zonal: tuple[float, float]
    marks: list[tuple[int, float]]
    results: list[Downstream]
    dem: Path
    people: Path
    memory_gb: float


def forget_peak() -> None:
    """Let the peak of memory begin anew, on Linux: making the terrain needs more than the work on it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_gb() -> float:
    """The most memory held since then, on Linux; since the start elsewhere. [GB]"""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


class Timer:
    def __init__(self) -> None:
        self.start, self.used = time.perf_counter(), time.process_time()

    def both(self) -> tuple[float, float]:
        return time.perf_counter() - self.start, time.process_time() - self.used


def run(folder: Path, side: int, count: int) -> Run:
    dem = write(folder / f"dem{side}.tif", terrain_cells(side), CELL)
    coarse = side * CELL / 100
    cells = np.random.default_rng(3).gamma(0.3, 3.0, (int(coarse), int(coarse)))
    people = write(folder / f"people{side}.tif", cells, 100.0)
    forget_peak()
    timer = Timer()
    terrain = Terrain(open_terrain(dem), whole_cells=36_000_000)
    population = open_population(people, unit="persons")
    terrain.window(0, 0)
    flow = timer.both()
    timer, results, marks = Timer(), [], []
    for number, result in enumerate(
        in_turn(lambda dam: assess(dam, terrain, population), dams(side, count)), 1
    ):
        results.append(result)
        if number in (count // 4, count // 2, count):
            marks.append((number, timer.both()[1]))
    sites, timer = timer.both(), Timer()
    for result in results:
        count_people(result.shapes, {c: result.footprints[c].area_km2 for c in CASES}, population)
    return Run(flow, sites, timer.both(), marks, results, dem, people, peak_gb())


def say(name: str, took: tuple[float, float]) -> None:
    print(f"  {name}: {took[0]:.1f} s, {took[1]:.1f} s of processor time")


def peer(python: str, program: str, *arguments: Path) -> tuple[float, float] | None:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", TIMED + program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print("  not measured:", *done.stderr.strip().splitlines()[-1:])
        return None
    wall, used = done.stdout.split()[-2:]
    return float(wall), float(used)


def peers(python: str, full: Run, small: Run, folder: Path) -> None:
    shapes = folder / "shapes.json"
    to_grid = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    features = [feature for result in full.results for feature in footprint_geojson(result)["features"]]
    for feature in features:
        feature["geometry"]["coordinates"] = _moved(feature["geometry"]["coordinates"], to_grid)
    shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    for name, program, files, ours in (
        ("pysheds, filling and D8 directions", PYSHEDS, (full.dem, small.dem), full.flow),
        ("rasterstats, sums by cell centres", RASTERSTATS, (full.people, shapes), full.zonal),
    ):
        took = peer(python, program, *files)
        if took is not None:
            say(name, took)
            wall, used = took[0] / ours[0], took[1] / ours[1]
            print(f"    {used:.1f} times our processor time, {wall:.1f} times ours by the clock")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=5000)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--parts", type=int, nargs="+", default=[4, 2, 1], help="divisors of the side")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lithoscope-") as name:
        folder = Path(name)
        warm, people = downstream_demo.opened(folder)
        assess(downstream_demo.DAM, warm, people)
        runs = {}
        for part in options.parts:
            side = options.side // part
            found = runs[part] = run(folder, side, options.sites)
            total = tuple(map(sum, zip(found.flow, found.sites, strict=True)))
            print(f"{side} x {side} cells, {options.sites} sites; at most {found.memory_gb:.2f} GB")
            say("in all", total)
            say("flow: reading, filling, directions", found.flow)
            say("sites: path, footprints, people, borders", found.sites)
            print("    of processor time: " + ", ".join(f"{n} sites {s:.1f} s" for n, s in found.marks))
            say(f"people in {3 * options.sites} areas alone, exact shares, one thread", found.zonal)
        peers(options.peers, runs[min(runs)], runs[max(runs)], folder)


def _moved(coordinates: list, change: Transformer) -> list:
    if isinstance(coordinates[0], int | float):
        return list(change.transform(*coordinates[:2]))
    return [_moved(each, change) for each in coordinates]


if __name__ == "__main__":
    main()
