"""Small terrains that a reader can follow by eye, written as GeoTIFF."""

from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

METRIC = "EPSG:32632"
LEFT, TOP, CELL = 500_000.0, 5_250_000.0, 30.0
NODATA = -9999.0


def write(
    path: Path, cells, *, crs=METRIC, left=LEFT, top=TOP, cell=CELL, unit="", nodata=NODATA, **tags
) -> Path:
    """One band of float32; unit and tags as a publisher may add them."""
    cells = np.asarray(cells, np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=cells.shape[0],
        width=cells.shape[1],
        count=1,
        dtype="float32",
        crs=crs,
        transform=from_origin(left, top, cell, cell),
        nodata=nodata,
    ) as target:
        target.write(cells, 1)
        if unit:
            target.units = (unit,)
        if tags:
            target.update_tags(1, **tags)
    return path


def place(row: int, column: int, *, left=LEFT, top=TOP, cell=CELL, crs=METRIC) -> tuple[float, float]:
    """Longitude and latitude of a cell's centre."""
    x, y = left + (column + 0.5) * cell, top - (row + 0.5) * cell
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)


def indices(rows=121, columns=400):
    return np.mgrid[0:rows, 0:columns]


def plane(rows=121, columns=400):
    """Falls evenly to the east."""
    _, c = indices(rows, columns)
    return 900 - 0.5 * c


def valley(rows=121, columns=400, side=3.0):
    """A V along the middle row, falling to the east; side: rise per cell away from the middle."""
    r, c = indices(rows, columns)
    return 900 - 0.5 * c + side * abs(r - rows // 2)
