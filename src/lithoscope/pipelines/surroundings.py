"""What lies around a site, from the rasters and layers that the user has: natural hazards, nearness.

Nothing is invented: without a raster or layer, or outside it, a value stays unknown. A layer that does not
show everything (small streams, hamlets) can say that something is near, never that nothing is.
"""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

from lithoscope.domain.errors import BadInput
from lithoscope.pipelines.project import Rasters, Zones
from lithoscope.sources import polygons, rasters

KM_PER_DEGREE = 111.32
BLOCK = 512
NEAR_KM = 10.0
"""How far a layer is searched: the farthest that a method's threshold or score looks."""
HAZARDS = {
    "seismic_pga_g": "pga_475_g",
    "flood_depth_m": "flood_depth_m",
    "extreme_rain_mm": "extreme_rain_mm",
    "extreme_rain_future_mm": "extreme_rain_future_mm",
}
"""Raster in `lithoscope.toml` -> field that it fills."""
Floats = npt.NDArray[np.float64]


def sampled(sites: gpd.GeoDataFrame, path: str | Path) -> pd.Series:
    """The raster's value at each site; NaN outside the raster, where it has none, and without a place.

    sites: points in EPSG:4326. Returns float64 on the same index, in the raster's own unit.
    """
    raster = rasters.open_values(path)
    to_raster = Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True)
    x, y = to_raster.transform(sites.geometry.x.to_numpy(float), sites.geometry.y.to_numpy(float))
    grid = raster.grid
    with np.errstate(invalid="ignore"):
        column, row = np.floor((x - grid.left) / grid.dx), np.floor((grid.top - y) / grid.dy)
        inside = (row >= 0) & (row < grid.rows) & (column >= 0) & (column < grid.columns)
    values = np.full(len(sites), np.nan)
    at = np.flatnonzero(inside)
    if not len(at):
        return pd.Series(values, index=sites.index)
    row, column = row[at].astype(np.int64), column[at].astype(np.int64)
    block = (row // BLOCK) * (grid.columns // BLOCK + 1) + column // BLOCK
    order = np.argsort(block, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
        first_row, first_column = int(row[some].min()), int(column[some].min())
        rows, columns = int(row[some].max()) - first_row + 1, int(column[some].max()) - first_column + 1
        cells, _ = raster.read(first_row, first_column, rows, columns)
        values[at[some]] = cells[row[some] - first_row, column[some] - first_column]
    return pd.Series(values, index=sites.index)


def with_hazards(sites: gpd.GeoDataFrame, paths: Mapping[str, Path | None]) -> gpd.GeoDataFrame:
    """The sites with natural hazards filled from the user's rasters where no record states them.

    paths: keys of HAZARDS. A flood raster also answers whether a site is in a flood zone: yes where the
    depth is above 0, no where it is 0, unknown where the raster has no value.
    """
    if unknown := sorted(set(paths) - set(HAZARDS)):
        raise BadInput("is not a hazard raster", f"use {', '.join(HAZARDS)}", value=unknown[0])
    filled: dict[str, pd.Series] = {}
    for key, path in paths.items():
        if path is not None:
            found = sampled(sites, path)
            filled[HAZARDS[key]] = _kept(sites, HAZARDS[key], found.mask(found < 0))
    if "flood_depth_m" in filled:
        depth = filled["flood_depth_m"]
        wet = (depth > 0).astype("boolean").mask(depth.isna())
        filled["is_in_flood_zone"] = _kept(sites, "is_in_flood_zone", wet)
    return sites.assign(**filled)


def around(sites: gpd.GeoDataFrame, hazards: Rasters, zones: Zones) -> gpd.GeoDataFrame:
    """The sites with what the user's rasters and polygons of `lithoscope.toml` say of their surroundings.

    Natural hazards at the site, and the distance to the nearest protected area within `NEAR_KM`; without
    such files the sites come back as they are.
    """
    paths = {key: getattr(hazards, key) for key in HAZARDS}
    sites = with_hazards(sites, {key: path for key, path in paths.items() if path is not None})
    if zones.protected_areas is None:
        return sites
    areas = polygons.read_polygons(zones.protected_areas)
    return with_distances(sites, {"protected_area_distance_km": areas}, within_km=NEAR_KM)


def _kept(sites: gpd.GeoDataFrame, name: str, found: pd.Series) -> pd.Series:
    """What a record states, else what was found."""
    if name not in sites.columns:
        return found
    return sites[name].where(sites[name].notna(), found.astype(sites[name].dtype))


def distance_km(sites: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, *, within_km: float) -> pd.Series:
    """Distance from each site to the nearest shape of a layer, where it is within `within_km`; else NaN.

    sites: points, layer: any shapes, both in EPSG:4326. Distances are taken on a plane that touches the
    globe at the site: right to about 1 % below 50 km and 80 degrees of latitude.
    """
    found = np.full(len(sites), np.inf)
    placed = np.flatnonzero((sites.geometry.notna() & ~sites.geometry.is_empty).to_numpy())
    lon, lat = sites.geometry.x.to_numpy(float)[placed], sites.geometry.y.to_numpy(float)[placed]
    pieces = _pieces(layer)
    if not len(pieces) or not len(placed):
        return pd.Series(np.nan, index=sites.index)
    tall = within_km / KM_PER_DEGREE
    wide = tall / np.maximum(np.cos(np.radians(lat)), 0.05)
    boxes = shapely.box(lon - wide, lat - tall, lon + wide, lat + tall)
    site, piece = shapely.STRtree(pieces).query(boxes, predicate="intersects")
    for start in range(0, len(site), BLOCK * 16):
        these, those = site[start : start + BLOCK * 16], piece[start : start + BLOCK * 16]
        squeeze = np.cos(np.radians(lat[these]))
        coordinates, of = shapely.get_coordinates(pieces[those], return_index=True)
        coordinates = np.column_stack(
            [
                (coordinates[:, 0] - lon[these][of]) * squeeze[of] * KM_PER_DEGREE,
                (coordinates[:, 1] - lat[these][of]) * KM_PER_DEGREE,
            ]
        )
        flat = shapely.set_coordinates(pieces[those].copy(), coordinates)
        np.minimum.at(found, placed[these], shapely.distance(flat, shapely.Point(0, 0)))
    found[found > within_km] = np.nan
    return pd.Series(found, index=sites.index)


def _pieces(layer: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """The layer's shapes, lines cut into their legs so that a long river is not read whole for each site."""
    shapes = shapely.get_parts(layer.geometry[layer.geometry.notna()].to_numpy())
    is_line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    coordinates, of = shapely.get_coordinates(shapes[is_line], return_index=True)
    same = of[1:] == of[:-1]
    legs = shapely.linestrings(np.stack([coordinates[:-1][same], coordinates[1:][same]], axis=1))
    return np.concatenate([shapes[~is_line], legs])


def with_distances(
    sites: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame], *, within_km: float
) -> gpd.GeoDataFrame:
    """The sites with distances filled from the user's layers where no record states them.

    layers: field (such as `river_distance_km`) -> shapes. A site whose place may be off by more than
    `within_km` is left out: what is near its coordinates need not be near the site.
    """
    vague = pd.Series(False, index=sites.index)
    if "coordinate_precision_km" in sites:
        vague = sites["coordinate_precision_km"] > within_km
    filled = {
        name: _kept(sites, name, distance_km(sites, layer, within_km=within_km).mask(vague))
        for name, layer in layers.items()
    }
    return sites.assign(**filled)
