"""A register of a million sites: build, one country's inventory, tiles of the whole, and how each grows.

The peer is the same work in plain geopandas as a careful analyst would write it: read the CSV, drop nothing,
join countries, write GeoParquet; read it back and count; clip the points of a tile and write GeoJSON. Run:
`python benchmarks/bench_register.py [SITES] [FOLDER]`; FOLDER holds publishers' files, whose build is
measured as well. Each size is measured in a process of its own; printed are seconds, peak memory and the
ratio to the peer. Steps of less than a second are medians of five runs.
"""

import json
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
    release = store.open_release(folder)
    inventory(release, "CHL")
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
    found["near tile"] = median(lambda: draw(Address(z=6, x=24, y=36)))
    return found


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
    sites = gpd.read_parquet(folder / "peer.parquet", columns=["Name", "Status", "geometry"])
    found["world tile"] = median(lambda: sites.to_json(), runs=1)
    found["near tile"] = median(lambda: sites.cx[-45:-39.375, -27.06:-21.94].to_json())
    return found


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
    start = time.perf_counter()
    report = build([SourceEntry(name="starter"), *entries], folder)
    return {"build": time.perf_counter() - start, "rows": report["rows_read"]}


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


def main() -> None:
    """Measure and print every size up to the one asked for."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    print(f"{'sites':>9} {'step':<10} {'ours s':>8} {'peer s':>8} {'ratio':>6} {'ours GB':>8} {'peer GB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for sites in (size for size in SIZES if size <= largest):
            path = Path(folder) / f"sites_{sites}.csv"
            synthetic(path, sites)
            one, two = measure("ours", path), measure("peer", path)
            for step in [name for name in one if name != "gb"]:
                theirs = two.get(step, float("nan"))
                print(
                    f"{sites:>9} {step:<10} {one[step]:>8.3f} {theirs:>8.3f} {one[step] / theirs:>6.2f} "
                    f"{one['gb']:>8.2f} {two['gb']:>8.2f}",
                    flush=True,
                )
    if len(sys.argv) > 2:
        every = measure("every", Path(sys.argv[2]))
        print(
            f"build of all publishers' files: {every['build']:.1f} s, {every['rows']:.0f} rows, "
            f"{every['gb']:.2f} GB"
        )


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("ours", "peer", "every"):
        with tempfile.TemporaryDirectory() as own:
            result = {"ours": ours, "peer": peer, "every": every}[sys.argv[1]](Path(sys.argv[2]), Path(own))
        result["gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(json.dumps(result))
    else:
        main()
