"""Downstream exposure of 1,000 facilities on one terrain, beside pysheds and rasterstats.

    python benchmarks/bench_downstream.py [--side 5000] [--sites 1000] [--peers PYTHON]

Flow direction, paths, footprints, people and borders, warm (a small run has compiled the loops first).
`--peers` names a Python that has pysheds and rasterstats, which are no dependencies of Lithoscope; they
do the same steps on the same files: pysheds fills and finds D8 directions, rasterstats sums people in
the footprints that Lithoscope drew.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from lithoscope.methods.runout_ensemble import CASES
from lithoscope.pipelines import downstream_demo
from lithoscope.pipelines.downstream import Dam, assess, count_people
from lithoscope.pipelines.downstream_output import footprint_geojson
from lithoscope.pipelines.downstream_run import in_turn
from lithoscope.pipelines.downstream_terrain import Terrain
from lithoscope.sources.rasters import open_population, open_terrain

CRS, LEFT, TOP, CELL = "EPSG:32632", 400_000.0, 5_400_000.0, 30.0
PYSHEDS = """
import sys, time
import numpy as np
np.in1d = np.isin
np.bool = np.bool_
from pysheds.grid import Grid
grid = Grid.from_raster(sys.argv[1])
dem = grid.read_raster(sys.argv[1])
small = dem[:50, :50]
def run(raster):
    filled = grid.resolve_flats(grid.fill_depressions(grid.fill_pits(raster)))
    return grid.flowdir(filled)
run(dem)
start = time.perf_counter()
run(dem)
print(time.perf_counter() - start)
"""
RASTERSTATS = """
import json, sys, time
from rasterstats import zonal_stats
shapes = json.load(open(sys.argv[2]))
start = time.perf_counter()
zonal_stats(shapes, sys.argv[1], stats=["sum"], all_touched=False)
print(time.perf_counter() - start)
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


def peer(python: str, program: str, *arguments: Path) -> float | None:
    done = subprocess.run(
        [python, "-c", program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print("  peer failed:", done.stderr.strip().splitlines()[-1:])
        return None
    return float(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=5000)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--peers", default="")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lithoscope-"))
    warm, people = downstream_demo.opened(folder)
    assess(downstream_demo.DAM, warm, people)
    dem = write(folder / "dem.tif", terrain_cells(options.side), CELL)
    rng = np.random.default_rng(3)
    coarse = options.side * CELL / 100
    grid = write(folder / "people.tif", rng.gamma(0.3, 3.0, (int(coarse), int(coarse))), 100.0)
    sites = dams(options.side, options.sites)

    start, used = time.perf_counter(), time.process_time()
    terrain = Terrain(open_terrain(dem), whole_cells=36_000_000)
    population = open_population(grid, unit="persons")
    terrain.window(0, 0)
    flow = time.perf_counter() - start
    results = []
    marks = []
    for number, result in enumerate(in_turn(lambda dam: assess(dam, terrain, population), sites), 1):
        results.append(result)
        if number in (options.sites // 4, options.sites // 2, options.sites):
            marks.append((number, time.perf_counter() - start - flow))
    total, processor = time.perf_counter() - start, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{options.side} x {options.side} cells, {len(sites)} sites: {total:.1f} s, of which flow "
        f"{flow:.1f} s; {processor:.1f} s of processor time; {memory:.2f} GB"
    )
    print("  sites after flow: " + ", ".join(f"{n}: {seconds:.1f} s" for n, seconds in marks))

    start = time.perf_counter()
    for result in results:
        count_people(result.shapes, {c: result.footprints[c].area_km2 for c in CASES}, population)
    zonal = time.perf_counter() - start
    print(f"  people in {3 * len(results)} areas, exact shares: {zonal:.1f} s")
    if options.peers:
        shapes = folder / "shapes.json"
        to_grid = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
        features = [feature for result in results for feature in footprint_geojson(result)["features"]]
        for feature in features:
            feature["geometry"]["coordinates"] = _moved(feature["geometry"]["coordinates"], to_grid)
        shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        for name, seconds, ours in (
            ("pysheds, filling and directions", peer(options.peers, PYSHEDS, dem), flow),
            ("rasterstats, sums by cell centres", peer(options.peers, RASTERSTATS, grid, shapes), zonal),
        ):
            if seconds is not None:
                print(f"  {name}: {seconds:.1f} s, {seconds / ours:.1f} times ours")


def _moved(coordinates: list, change: Transformer) -> list:
    if isinstance(coordinates[0], int | float):
        return list(change.transform(*coordinates[:2]))
    return [_moved(each, change) for each in coordinates]


if __name__ == "__main__":
    main()
