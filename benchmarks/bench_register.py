"""A register of a million sites: build, one country's inventory, tiles of the whole, and how each grows.

The peer is the same work in plain geopandas as a careful analyst would write it: read the CSV, drop nothing,
join countries, write GeoParquet; read it back and count; clip the points of a tile and write GeoJSON.

    python benchmarks/bench_register.py                        # 10 thousand to 1 million sites, with peers
    python benchmarks/bench_register.py --sizes 10000,100000   # smaller
    python benchmarks/bench_register.py --no-sizes --csv-mb 200          # a large CSV alone
    python benchmarks/bench_register.py --no-sizes --files FOLDER        # publishers' files alone

Each measurement is a process of its own; printed are seconds, CPU seconds of a build, peak memory, the ratio
to the peer and to the size before. Steps of less than a second are medians of five runs.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (10_000, 100_000, 1_000_000)


def synthetic(path: Path, sites: int) -> None:
    """A table of sites on land and near it, with the gaps and labels that registers have."""
    from lithoscope.sources import natural_earth

    rng = np.random.default_rng(20261121)
    world = natural_earth.countries()
    points = world.geometry.representative_point()
    pick = rng.integers(0, len(world), sites)
    frame = pd.DataFrame(
        {
            "Dam Id": np.arange(sites),
            "Name": np.char.add("Facility ", np.arange(sites).astype(str)),
            "Owner": np.char.add("Owner ", rng.integers(0, 5000, sites).astype(str)),
            "Country": world["name"].to_numpy()[pick],
            "Longitude": np.clip(points.x.to_numpy()[pick] + rng.normal(0, 1.5, sites), -179.9, 179.9).round(
                5
            ),
            "Latitude": np.clip(points.y.to_numpy()[pick] + rng.normal(0, 1.5, sites), -89, 89).round(5),
            "Height (m)": rng.gamma(2, 15, sites).round(1),
            "Volume (m3)": rng.lognormal(13, 2, sites).round(0),
            "Status": rng.choice(["Active", "Closed", "Abandoned", ""], sites),
            "Commodity": rng.choice(["Gold", "Copper", "Iron", "Coal", ""], sites),
        }
    )
    frame.loc[rng.random(sites) < 0.02, ["Longitude", "Latitude"]] = np.nan
    frame.to_csv(path, index=False)


def ours(path: Path, folder: Path) -> dict[str, float]:
    """Build, inventory of a country, the tile of the whole world and one of a city's size."""
    from lithoscope.pipelines import store
    from lithoscope.pipelines.build import build
    from lithoscope.pipelines.inventory import inventory
    from lithoscope.pipelines.project import SourceEntry

    found = {}
    start, began = time.perf_counter(), time.process_time()
    build([SourceEntry(name="table", path=path)], folder)
    found["build"] = time.perf_counter() - start
    found["build, cpu"] = time.process_time() - began
    inventory(store.open_release(folder), "CHL")
    found["inventory"] = median(lambda: inventory(store.open_release(folder), "BRA"))
    return found | tile_seconds(folder)


def tile_seconds(folder: Path) -> dict[str, float]:
    """Opening the register for maps; then tiles as a server makes them when none is remembered."""
    from lithoscope.app import map_tiles
    from lithoscope.pipelines.query import Selection
    from lithoscope.pipelines.settings import Settings
    from lithoscope.pipelines.shelf import Shelf
    from lithoscope.pipelines.tiles import Address

    found = {}
    start = time.perf_counter()
    holdings = Shelf(Settings(data=folder)).holdings()
    holdings.sites("facilities")
    found["open"] = time.perf_counter() - start

    def draw(address: Address) -> None:
        map_tiles.tile(holdings, "facilities", Selection(), address, "status", "en")

    start = time.perf_counter()
    draw(Address(z=0, x=0, y=0))
    found["first tile"] = time.perf_counter() - start
    found["world tile"] = median(lambda: draw(Address(z=0, x=0, y=0)))
    x, y = near_column_and_row(holdings.sites("facilities"))
    found["near tile"] = median(lambda: draw(Address(z=NEAR, x=x, y=y)))
    return found


NEAR = 6
"""Zoom of the near tile, about 600 km wide."""


def near_column_and_row(sites: pd.DataFrame) -> tuple[int, int]:
    """The tile of the zoom NEAR that holds most sites, in Brazil."""
    from lithoscope.pipelines.tiles import to_square

    here = sites.loc[sites["country_iso3"] == "BRA", ["lon", "lat"]].dropna()
    x, y = to_square(here["lon"].to_numpy(), here["lat"].to_numpy())
    cells = pd.Series(zip((x * 2**NEAR).astype(int), (y * 2**NEAR).astype(int), strict=True))
    return cells.value_counts().index[0]


def edges(x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile of the zoom NEAR [degrees]."""
    from lithoscope.pipelines.tiles import to_degrees

    lon, lat = to_degrees(np.array([x, x + 1]) / 2**NEAR, np.array([y, y + 1]) / 2**NEAR)
    return lon[0], lat[1], lon[1], lat[0]


def peer(path: Path, folder: Path) -> dict[str, float]:
    """The same steps in plain geopandas."""
    import geopandas as gpd

    from lithoscope.sources import natural_earth

    found = {}
    start, began = time.perf_counter(), time.process_time()
    frame = pd.read_csv(path)
    points = gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy(frame["Longitude"], frame["Latitude"]), crs=4326
    )
    world = natural_earth.countries()[["country_iso3", "geometry"]]
    joined = gpd.sjoin(points, world, how="left", predicate="within").drop(columns="index_right")
    joined = joined[~joined.index.duplicated()]
    joined.to_parquet(folder / "peer.parquet", write_covering_bbox=True, schema_version="1.1.0")
    found["build"] = time.perf_counter() - start
    found["build, cpu"] = time.process_time() - began

    def count() -> None:
        sites = gpd.read_parquet(folder / "peer.parquet")
        sites[sites["country_iso3"] == "BRA"]["Status"].value_counts()

    found["inventory"] = median(count)
    start = time.perf_counter()
    sites = gpd.read_parquet(folder / "peer.parquet", columns=["Name", "Status", "country_iso3", "geometry"])
    found["open"] = time.perf_counter() - start
    found["world tile"] = found["first tile"] = median(lambda: sites.to_json(), runs=1)
    west, south, east, north = edges(
        *near_column_and_row(sites.assign(lon=sites.geometry.x, lat=sites.geometry.y))
    )
    found["near tile"] = median(lambda: sites.cx[west:east, south:north].to_json())
    return found


def table(path: Path, folder: Path) -> dict[str, float]:
    """The whole build of one CSV."""
    from lithoscope.pipelines.build import build
    from lithoscope.pipelines.project import SourceEntry

    start, began = time.perf_counter(), time.process_time()
    report = build([SourceEntry(name="table", path=path)], folder)
    return {
        "build": time.perf_counter() - start,
        "build, cpu": time.process_time() - began,
        "rows": report["rows_read"],
    }


EVERY = {
    "anm_sigbm": "br-sigbm/barragens_anm_sigbm_2022.csv",
    "us_nid": "us-nid-tailings/nid_2018_tailings.csv",
    "sernageomin": "cl-sernageomin/RELAVES_CHILE_OCT2025.xlsx",
    "usgs_mrds": "us-mrds-california",
    "usgs_usmin": "us-usmin-klamath",
    "epa_npl": "us-superfund-npl/superfund_npl.csv",
    "gem_coal": "gem-coal-mines",
    "quebec_mines": "ca-quebec-abandoned/mines_quebec.geojson",
}
"""Source -> its file in a folder of publishers' files."""


def every(files: Path, folder: Path) -> dict[str, float]:
    """The starter register and every publisher's file at hand, in one build."""
    from lithoscope.pipelines.build import build
    from lithoscope.pipelines.project import SourceEntry

    entries = [SourceEntry(name=name, path=files / file) for name, file in EVERY.items()]
    start, began = time.perf_counter(), time.process_time()
    report = build([SourceEntry(name="starter"), *entries], folder)
    return {
        "build": time.perf_counter() - start,
        "build, cpu": time.process_time() - began,
        "rows": report["rows_read"],
    }


def median(work: object, runs: int = 5) -> float:
    """Median seconds of several runs."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def measure(which: str, path: Path) -> dict[str, float]:
    """One measurement in a process of its own, with its peak memory."""
    ran = subprocess.run(
        [sys.executable, __file__, which, str(path)], capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout.splitlines()[-1])


def compare(sizes: list[int], folder: Path) -> None:
    """Print every step at every size beside its peer."""
    print(f"{'sites':>9} {'step':<10} {'ours s':>8} {'growth':>6} {'peer s':>8} {'ratio':>7}")
    before: dict[str, float] = {}
    for sites in sizes:
        path = folder / f"sites_{sites}.csv"
        synthetic(path, sites)
        one, two = measure("ours", path), measure("peer", path)
        path.unlink()
        for step in [name for name in one if name != "gb"]:
            growth = f"{one[step] / before[step]:.1f}x" if step in before else ""
            print(
                f"{sites:>9} {step:<10} {one[step]:>8.3f} {growth:>6} {two[step]:>8.3f} "
                f"{one[step] / two[step]:>7.2f}",
                flush=True,
            )
        print(f"{sites:>9} {'peak GB':<10} {one['gb']:>8.2f} {'':>6} {two['gb']:>8.2f}", flush=True)
        before = one


def main() -> None:
    """Measure and print what the flags ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="sites, ascending")
    parser.add_argument("--no-sizes", action="store_true", help="leave the synthetic registers out")
    parser.add_argument(
        "--csv-mb", type=int, default=0, help="build of one generated CSV of about so many MB"
    )
    parser.add_argument("--files", type=Path, help="folder of publishers' files, to build all of them")
    asked = parser.parse_args()
    print(f"synthetic sites, seed 20261121; {os.cpu_count()} cores, {platform.machine()}, "
          f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        if not asked.no_sizes:
            compare([int(size) for size in asked.sizes.split(",")], Path(folder))
        if asked.csv_mb:
            path = Path(folder) / "large.csv"
            synthetic(path, asked.csv_mb * 11_400)  # 88 bytes a row
            told(f"build of a CSV of {path.stat().st_size / 1e6:.0f} MB", measure("table", path))
    if asked.files:
        told("build of all publishers' files", measure("every", asked.files))


def told(what: str, found: dict[str, float]) -> None:
    """Print one build."""
    print(
        f"{what}: {found['build']:.1f} s ({found['build, cpu']:.1f} s CPU), {found['rows']:.0f} rows, "
        f"{found['gb']:.2f} GB"
    )


PARTS = {"ours": ours, "peer": peer, "every": every, "table": table}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in PARTS:
        with tempfile.TemporaryDirectory() as own:
            result = PARTS[sys.argv[1]](Path(sys.argv[2]), Path(own))
        result["gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(json.dumps(result))
    else:
        main()
