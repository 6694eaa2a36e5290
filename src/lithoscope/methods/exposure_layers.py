"""What of a map layer lies inside an area: points counted, lines measured, polygons measured."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from lithoscope.domain.earth import EQUAL_AREA, GEOD

NAME_COLUMNS = ("name", "NAME", "Name", "name_en", "NAME_EN", "river", "HYRIV_ID")
MOST_NAMES = 20


@dataclass(frozen=True)
class Inside:
    """count: features that touch the area; length_km, area_km2: how much of them lies in it; names: some."""

    count: int
    length_km: float
    area_km2: float
    names: tuple[str, ...]


def inside(shape: shapely.Geometry, layer: gpd.GeoDataFrame) -> Inside:
    """What of the layer lies inside an area; both in EPSG:4326. Features without a shape are left out."""
    geometry = layer.geometry.to_numpy()
    near = layer.sindex.query(shape, predicate="intersects")
    near = near[~(shapely.is_missing(geometry[near]) | shapely.is_empty(geometry[near]))]
    cut = shapely.intersection(geometry[near], shape)
    dimension = shapely.get_dimensions(cut)
    length = sum(GEOD.geometry_length(line) for line in cut[dimension == 1]) / 1000
    polygons = gpd.GeoSeries(cut[dimension == 2], crs="EPSG:4326")
    area = float(polygons.to_crs(EQUAL_AREA).area.sum()) / 1e6 if len(polygons) else 0.0
    return Inside(len(near), float(length), area, _names(layer, near))


def _names(layer: gpd.GeoDataFrame, rows: np.ndarray) -> tuple[str, ...]:
    column = next((name for name in NAME_COLUMNS if name in layer.columns), None)
    if column is None:
        return ()
    found = [str(name) for name in layer[column].iloc[rows] if isinstance(name, str) and name]
    return tuple(dict.fromkeys(found))[:MOST_NAMES]
