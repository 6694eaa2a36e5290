"""A made-up valley for the demonstration: terrain, people and a dam. Nothing in it is real.

It lies in the sea south of West Africa, where longitude and latitude are zero, so that nobody takes it
for a place.
"""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from lithoscope.domain.text import N_
from lithoscope.pipelines.downstream import Dam
from lithoscope.pipelines.downstream_terrain import Terrain
from lithoscope.sources.rasters import PopulationUnit, Raster, open_population, open_terrain

NOTE = N_("Synthetic terrain and people, made up for the demonstration: no real place.")
CELL = 1 / 3600
ROWS, COLUMNS = 480, 960
LEFT, TOP = 0.0, 0.1
SEED = 4
DAM = Dam(LEFT + 60.5 * CELL, TOP - 221.5 * CELL, 18.0, 6e5, name="Synthetic dam")
"""A dam at the head of the valley; site_id is left empty, since it is of no register."""


def terrain_cells() -> np.ndarray:
    """Heights of a winding valley that widens into a basin, rows x columns. [m]"""
    row, column = np.mgrid[0:ROWS, 0:COLUMNS].astype(float)
    middle = 210 + 60 * np.sin((column - 60) / 110) + 15 * np.sin(column / 31)
    away = np.abs(row - middle)
    floor = np.clip(3 + 28 * np.exp(-(((column - 520) / 110) ** 2)), 3, None)
    sides = 4.5 * np.clip(away - floor, 0, None) ** 0.9 + 0.03 * away
    rough = np.random.default_rng(SEED).normal(0, 0.25, row.shape)
    return (720 - 0.45 * column + sides + rough).astype(np.float32)


def people_cells() -> np.ndarray:
    """People per cell: villages along the valley and a town in the basin, rows x columns."""
    row, column = np.mgrid[0:ROWS, 0:COLUMNS].astype(float)
    middle = 210 + 60 * np.sin((column - 60) / 110) + 15 * np.sin(column / 31)
    people = 0.01 * np.exp(-(((row - middle) / 30) ** 2))
    for at, size, spread in ((80, 1.5, 6), (260, 0.8, 8), (500, 3.0, 16), (760, 1.5, 9)):
        beside = middle + 6
        people += size * np.exp(-((column - at) ** 2 + (row - beside) ** 2) / (2 * spread**2))
    return people.astype(np.float32)


def write(folder: Path) -> tuple[Path, Path]:
    """Write the terrain and the people as GeoTIFF, each labelled as synthetic; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "synthetic_terrain.tif", folder / "synthetic_people.tif"
    for path, cells, unit in ((paths[0], terrain_cells(), "m"), (paths[1], people_cells(), "persons")):
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=ROWS,
            width=COLUMNS,
            count=1,
            dtype="float32",
            crs="EPSG:4326",
            transform=from_origin(LEFT, TOP, CELL, CELL),
            nodata=-9999.0,
            compress="deflate",
            tiled=True,
        ) as target:
            target.write(cells, 1)
            target.units = (unit,)
            target.update_tags(note=NOTE)
    return paths


def opened(folder: Path) -> tuple[Terrain, tuple[Raster, PopulationUnit]]:
    """The terrain and the people, written to a folder first if they are not there."""
    paths = folder / "synthetic_terrain.tif", folder / "synthetic_people.tif"
    if not all(path.is_file() for path in paths):
        paths = write(folder)
    return Terrain(open_terrain(paths[0])), open_population(paths[1])
