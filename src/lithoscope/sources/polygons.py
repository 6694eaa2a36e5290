"""Polygons of zones or protected areas from any vector file, read in the child process with its limits."""

from pathlib import Path

import geopandas as gpd
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.sources import files


def read_polygons(path: Path) -> gpd.GeoDataFrame:
    """Rows with polygons as GeoDataFrame in EPSG:4326, other columns as text; BadInput if there are none."""
    frame = files.open_table(path).frame()
    if "geometry:wkt" not in frame.columns:
        raise BadInput(
            "holds no shapes",
            "give polygons as GeoPackage, GeoJSON, FlatGeobuf, GeoParquet or zipped Shapefile",
            file=path.name,
        )
    shapes = shapely.from_wkt(frame["geometry:wkt"].to_numpy(dtype=object), on_invalid="ignore")
    plain = frame[[column for column in frame.columns if not column.startswith("geometry:")]]
    table = gpd.GeoDataFrame(plain, geometry=shapes, crs="EPSG:4326").reset_index(drop=True)
    table = table[table.geom_type.isin(["Polygon", "MultiPolygon"])].reset_index(drop=True)
    if table.empty:
        raise BadInput("holds no polygons", "give zones as polygons", file=path.name)
    return table
