"""Zones, protected areas, rivers, places from any vector file, read in the child process with its limits."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.sources import files

REMEDY = "give shapes as GeoPackage, GeoJSON, FlatGeobuf, GeoParquet or zipped Shapefile"


def read_polygons(path: Path) -> gpd.GeoDataFrame:
    """Rows with polygons as GeoDataFrame in EPSG:4326, other columns as text; BadInput if there are none."""
    table = read_shapes(path)
    table = table[table.geom_type.isin(["Polygon", "MultiPolygon"])].reset_index(drop=True)
    if table.empty:
        raise BadInput("holds no polygons", "give zones as polygons", file=path.name)
    return table


def read_shapes(path: Path) -> gpd.GeoDataFrame:
    """Rows with points, lines or polygons as GeoDataFrame in EPSG:4326, other columns as text.

    A table of text with longitude and latitude in columns is not read: BadInput, as for no shapes at all.
    """
    frame = files.open_table(path).frame()
    if "geometry:wkt" not in frame.columns:
        raise BadInput("holds no shapes", REMEDY, file=path.name)
    texts = frame["geometry:wkt"].to_numpy(dtype=object, na_value=None)
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    lon, lat = (
        pd.to_numeric(frame[name], errors="coerce").to_numpy(float)
        for name in ("geometry:lon", "geometry:lat")
    )
    is_point = shapely.is_missing(shapes) & np.isfinite(lon) & np.isfinite(lat)
    shapes[is_point] = shapely.points(lon[is_point], lat[is_point])
    plain = frame[[column for column in frame.columns if not column.startswith("geometry:")]]
    table = gpd.GeoDataFrame(plain, geometry=shapes, crs="EPSG:4326")
    table = table[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)].reset_index(drop=True)
    if table.empty:
        raise BadInput("holds no shapes", REMEDY, file=path.name)
    return table
