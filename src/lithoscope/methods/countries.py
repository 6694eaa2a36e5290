"""The country of a point: inside its borders, else of the nearest coast, else by a cited override.

Borders come as an `Atlas`, built once from polygons of countries and of disputed areas, so that this
module reads no file. A million points take seconds: polygons are tested part by part through a tree of
the points, coasts segment by segment.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lithoscope.domain.earth import GEOD

NO_COUNTRY = "-"
"""In the `within` list of a disputed area: points that lie in no country's polygon."""

_KM_PER_DEGREE = 111.32  # of latitude; only to choose candidates, with a margin


@dataclass(frozen=True)
class Atlas:
    """Polygons ready for look-up.

    parts, part_country: single polygons and their country (None: no State holds it alone).
    starts, ends, segment_country, segment_tree: the outlines as segments, degrees.
    areas: disputed areas: area, iso3, within, label, geometry.
    """

    parts: NDArray[np.object_]
    part_country: NDArray[np.object_]
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    segment_country: NDArray[np.object_]
    segment_tree: shapely.STRtree
    areas: gpd.GeoDataFrame


def atlas(countries: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> Atlas:
    """Prepare borders for `locate`.

    countries: country_iso3 (None allowed), geometry; areas: area, iso3 (text or missing: no country),
    within (codes separated by ';', empty: any), label, geometry. Both in EPSG:4326.
    """
    exploded = countries[["country_iso3", "geometry"]].explode(index_parts=False)
    parts = exploded.geometry.to_numpy()
    part_country = exploded["country_iso3"].to_numpy(dtype=object)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    same_ring = ring[1:] == ring[:-1]
    starts, ends = coordinates[:-1][same_ring], coordinates[1:][same_ring]
    segments = shapely.linestrings(np.stack([starts, ends], axis=1))
    return Atlas(
        parts=parts,
        part_country=part_country,
        starts=starts,
        ends=ends,
        segment_country=part_country[ring_part[ring[:-1][same_ring]]],
        segment_tree=shapely.STRtree(segments),
        areas=areas.reset_index(drop=True),
    )


def locate(lon: pd.Series, lat: pd.Series, borders: Atlas, *, coast_limit_km: float) -> pd.DataFrame:
    """Country of each point.

    lon, lat: degrees, WGS 84, on one index; NaN where not known. coast_limit_km: up to this distance
    from a coast a point takes the nearest country; farther out it is at sea.
    Returns, on the same index: country_iso3 (missing: not known, at sea, or held by no State alone),
    country_basis (inside, nearest coast, override; missing without a country), coast_distance_km (0 on
    land; distance to the nearest country within the limit, geodesic; NaN at sea or without a point),
    dispute (label of the disputed area, missing if there is none). A point without coordinates is missing
    in every column.
    """
    x, y = lon.to_numpy(dtype=float), lat.to_numpy(dtype=float)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    country = np.full(len(x), None, dtype=object)
    basis = np.full(len(x), None, dtype=object)
    distance = np.full(len(x), np.nan)
    dispute = np.full(len(x), None, dtype=object)

    points = shapely.points(x[known], y[known])
    part = _first_part(points, borders)
    on_land = part >= 0
    inside = known[on_land]
    country[inside] = borders.part_country[part[on_land]]
    distance[inside] = 0.0
    basis[known[on_land & pd.notna(country[known])]] = "inside"

    hits = _area_hits(points, borders.areas)
    gaps = _apply_areas(hits, known, borders.areas, country, basis, dispute, open_ground=True)
    distance[gaps] = 0.0

    offshore = known[~on_land & ~np.isin(known, gaps)]
    near, near_country, near_km = _nearest_coast(x[offshore], y[offshore], borders, coast_limit_km)
    at = offshore[near]
    country[at], distance[at] = near_country, near_km
    basis[at[pd.notna(country[at])]] = "nearest coast"
    _apply_areas(hits, known, borders.areas, country, basis, dispute, open_ground=False)
    texts = {"country_iso3": country, "country_basis": basis, "dispute": dispute}
    columns = {name: pd.Series(values, index=lon.index, dtype="str") for name, values in texts.items()}
    return pd.DataFrame({**columns, "coast_distance_km": pd.Series(distance, index=lon.index)})


def _first_part(points: NDArray[np.object_], borders: Atlas) -> NDArray[np.int64]:
    """Position of the polygon that holds each point, -1 if none; on a shared border the first in order."""
    found = np.full(len(points), -1, dtype=np.int64)
    if len(points):
        part, point = shapely.STRtree(points).query(borders.parts, predicate="intersects")
        found[point[::-1]] = part[::-1]
    return found


def _area_hits(points: NDArray[np.object_], areas: gpd.GeoDataFrame) -> list[NDArray[np.int64]]:
    """For each disputed area, the positions of the points in it."""
    if not len(points) or areas.empty:
        return [np.empty(0, dtype=np.int64)] * len(areas)
    area, point = shapely.STRtree(points).query(areas.geometry.to_numpy(), predicate="intersects")
    return [point[area == each] for each in range(len(areas))]


def _apply_areas(
    hits: list[NDArray[np.int64]],
    known: NDArray[np.int64],
    areas: gpd.GeoDataFrame,
    country: NDArray[np.object_],
    basis: NDArray[np.object_],
    dispute: NDArray[np.object_],
    *,
    open_ground: bool,
) -> NDArray[np.int64]:
    """Mark points of disputed areas and set their country; returns the points marked, in all columns.

    open_ground: only points without a country, in areas whose `within` names such points; else the others.
    """
    marked = [np.empty(0, dtype=np.int64)]
    for position, area in enumerate(areas.itertuples()):
        within = set(str(area.within).split(";")) if pd.notna(area.within) else set()
        rows = known[hits[position]]
        if open_ground:
            rows = rows[pd.isna(country[rows])] if NO_COUNTRY in within else rows[:0]
        elif within:
            codes = within - {NO_COUNTRY}
            rows = rows[pd.Series(country[rows], dtype=object).isin(codes).to_numpy()]
        use = area.iso3 if pd.notna(area.iso3) else None
        changed = rows[country[rows] != use]
        country[changed] = use
        basis[changed] = "override" if use else None
        fresh = rows[pd.isna(dispute[rows])]
        dispute[fresh] = area.label
        marked.append(rows)
    return np.unique(np.concatenate(marked))


def _nearest_coast(
    x: NDArray[np.float64], y: NDArray[np.float64], borders: Atlas, limit_km: float
) -> tuple[NDArray[np.int64], NDArray[np.object_], NDArray[np.float64]]:
    """Positions of the points within the limit of a coast, their country and geodesic distance, km."""
    reach_y = 1.01 * limit_km / _KM_PER_DEGREE
    cosine = np.maximum(np.cos(np.radians(np.minimum(np.abs(y) + reach_y, 90.0))), 0.01)
    reach_x = reach_y / cosine
    pairs: list[NDArray[np.int64]] = []
    shifts: list[NDArray[np.float64]] = []
    for shift in (-360.0, 0.0, 360.0):  # a coast may lie across the antimeridian
        seen = np.arange(len(x)) if shift == 0 else np.flatnonzero(np.abs(x + shift) < 180.0 + reach_x)
        boxes = shapely.box(
            x[seen] + shift - reach_x[seen],
            y[seen] - reach_y,
            x[seen] + shift + reach_x[seen],
            y[seen] + reach_y,
        )
        point, segment = borders.segment_tree.query(boxes)
        pairs.append(np.stack([seen[point], segment]))
        shifts.append(np.full(len(point), shift))
    point, segment = np.concatenate(pairs, axis=1)
    shift_of = np.concatenate(shifts)
    start, end = borders.starts[segment], borders.ends[segment]
    foot = _foot(x[point] + shift_of, y[point], start, end)
    kilometres = GEOD.inv(x[point] + shift_of, y[point], foot[:, 0], foot[:, 1])[2] / 1000.0
    order = np.lexsort((kilometres, point))
    first = order[np.unique(point[order], return_index=True)[1]]
    first = first[kilometres[first] <= limit_km]
    return point[first], borders.segment_country[segment[first]], kilometres[first]


def _foot(
    x: NDArray[np.float64], y: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Nearest point of each segment, in a plane that is true to scale at the point (shape: n x 2)."""
    scale = np.stack([np.cos(np.radians(y)), np.ones_like(y)], axis=1)
    along = (end - start) * scale
    towards = (np.stack([x, y], axis=1) - start) * scale
    length = (along**2).sum(axis=1)
    share = np.divide((towards * along).sum(axis=1), length, out=np.zeros_like(length), where=length > 0)
    foot: NDArray[np.float64] = start + np.clip(share, 0.0, 1.0)[:, None] * (end - start)
    return foot
