"""Depth of the sea from a GeoTIFF that the user gives (GEBCO, EMODnet and others write elevations below
zero).
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import Transformer

from lithoscope.domain.errors import BadInput


def sample(path: Path, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Elevation at points, negative below the sea; NaN outside the raster or without a value. [m]

    Only GeoTIFF is opened. BadInput if the file is none or has no reference system.
    """
    try:
        raster = rasterio.open(path, driver="GTiff")
    except rasterio.errors.RasterioError as error:
        raise BadInput("is not a GeoTIFF", "give depths as GeoTIFF", file=path.name) from error
    with raster:
        if raster.crs is None:
            raise BadInput(
                "has no reference system", "write it into the file, e.g. EPSG:4326", file=path.name
            )
        x, y = Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True).transform(lon, lat)
        values = np.array(
            [row[0] for row in raster.sample(zip(x, y, strict=True), masked=True)], dtype=object
        )
        inside = (x >= raster.bounds.left) & (x <= raster.bounds.right)
        inside &= (y >= raster.bounds.bottom) & (y <= raster.bounds.top)
    found = np.array([np.nan if value is np.ma.masked else float(value) for value in values], dtype=float)
    return np.where(inside, found, np.nan)
