"""What lies around a site, from the rasters and layers that the user has: natural hazards, nearness.

Nothing is invented: without a raster or layer, or outside it, a value stays unknown. A layer that does not
show everything (small streams, hamlets) can say that something is near, never that nothing is; only one that
the user calls complete can. Every value that is filled here is named in `computed_fields`.
"""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import join_list, split_list
from lithoscope.methods import abandoned
from lithoscope.pipelines.project import Rasters, Surroundings, Zones
from lithoscope.sources import polygons, rasters

KM_PER_DEGREE = 111.32
BLOCK = 512
NEAR_KM = 10.0
"""How far a layer that leaves nothing out is searched: the farthest that a method's score looks."""
FAR_KM = 50.0
"""How far it is searched where nothing was found so near."""
SETTLEMENT_PERSONS = 100.0
"""A settlement of the pre-selection protocol has more people."""
WIDEST_CELL_KM = 1.2
"""Cells of a population grid that are wider cannot tell what lies within a kilometre."""
DISTANCES = {
    "rivers": "river_distance_km",
    "places": "settlement_distance_km",
    "poor_waters": "poor_water_distance_km",
    "protected_areas": "protected_area_distance_km",
    "farmland": "farmland_distance_km",
}
"""Layer in `lithoscope.toml` -> distance that it fills."""
_PERSONS = ("population", "persons", "inhabitants", "pop", "pop_max", "pop_est")
"""Columns, case folded, in which a layer of places may say how many people live there."""
HAZARDS = {
    "seismic_pga_g": "pga_475_g",
    "flood_depth_m": "flood_depth_m",
    "extreme_rain_mm": "extreme_rain_mm",
    "extreme_rain_future_mm": "extreme_rain_future_mm",
}
"""Raster in `lithoscope.toml` -> field that it fills."""


def sampled(sites: gpd.GeoDataFrame, path: str | Path) -> pd.Series:
    """The raster's value at each site; NaN outside the raster, where it has none, and without a place.

    sites: points in EPSG:4326. Returns float64 on the same index, in the raster's own unit.
    """
    x, y = sites.geometry.x.to_numpy(float), sites.geometry.y.to_numpy(float)
    return pd.Series(rasters.open_values(path).at(x, y), index=sites.index)


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
    return _noted(sites, filled)


def around(
    sites: gpd.GeoDataFrame,
    hazards: Rasters,
    zones: Zones,
    surroundings: Surroundings = Surroundings(),  # noqa: B008  frozen
) -> gpd.GeoDataFrame:
    """The sites with what the user's rasters and layers of `lithoscope.toml` say of their surroundings.

    Without such files the sites come back as they are. A distance from a layer that may leave something out
    is filled only up to the threshold of the question that asks for it; a complete one answers up to FAR_KM.
    """
    paths = {key: getattr(hazards, key) for key in HAZARDS}
    sites = with_hazards(sites, {key: path for key, path in paths.items() if path is not None})
    for name, path in given(zones, surroundings).items():
        layer = polygons.read_shapes(path)
        is_complete = name in surroundings.complete
        if name == "aquifers":
            sites = with_ground(sites, layer, is_complete=is_complete)
            continue
        field = DISTANCES[name]
        layers = {field: _settlements(layer) if name == "places" else layer}
        for within_km in (NEAR_KM, FAR_KM) if is_complete else (abandoned.within_km(field),):
            sites = with_distances(sites, layers, within_km=within_km, precise_km=abandoned.within_km(field))
    if hazards.population is not None:
        sites = with_people(sites, *rasters.open_population(hazards.population, unit=_unit(hazards)))
    return sites


def given(zones: Zones, surroundings: Surroundings) -> dict[str, Path]:
    """The layers that the user has, by their names in `lithoscope.toml`."""
    paths = {name: getattr(surroundings, name, None) for name in (*DISTANCES, "aquifers")}
    paths["protected_areas"] = zones.protected_areas
    return {name: path for name, path in paths.items() if path is not None}


def supplied(hazards: Rasters, zones: Zones, surroundings: Surroundings) -> list[str]:
    """Names of the user's rasters and layers that a build looked at, for the release's report."""
    named = [key for key in (*HAZARDS, "population") if getattr(hazards, key) is not None]
    return [*named, *given(zones, surroundings)]


def _unit(hazards: Rasters) -> rasters.PopulationUnit | None:
    unit = hazards.population_unit
    if unit not in (None, "persons", "persons_per_km2"):
        raise BadInput("is not a unit of people", "use persons or persons_per_km2", column="population_unit")
    return unit  # type: ignore[return-value]  # one of the three


def _settlements(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The places without those that are known to have no more people than the protocol asks of."""
    named = [column for column in layer.columns if column.casefold() in _PERSONS]
    if not named:
        return layer
    persons = pd.to_numeric(layer[named[0]], errors="coerce")
    return layer[~(persons <= SETTLEMENT_PERSONS)]


def with_ground(
    sites: gpd.GeoDataFrame, aquifers: gpd.GeoDataFrame, *, is_complete: bool
) -> gpd.GeoDataFrame:
    """The sites with whether they stand on permeable ground: yes inside an area, no outside if complete."""
    near = distance_km(sites, aquifers, within_km=1.0)
    placed = sites.geometry.notna() & ~sites.geometry.is_empty
    found = pd.Series(pd.NA, index=sites.index, dtype="boolean")
    if is_complete:
        found = found.mask(placed, False)
    found = found.mask(near.eq(0), True)
    return _noted(sites, {"is_on_aquifer": _kept(sites, "is_on_aquifer", found)})


def with_people(
    sites: gpd.GeoDataFrame, grid: rasters.Raster, unit: rasters.PopulationUnit
) -> gpd.GeoDataFrame:
    """The sites with the distance within which more than SETTLEMENT_PERSONS people live, up to NEAR_KM.

    Read as the nearest settlement. A grid counts all people, so a distance beyond the question's threshold
    is an answer too; where fewer live within NEAR_KM, or the grid has a gap nearer by, it stays unknown.
    Grids with cells wider than WIDEST_CELL_KM are left out: they do not know what lies within a kilometre.
    """
    if not grid.is_geographic or grid.grid.dy * KM_PER_DEGREE > WIDEST_CELL_KM:
        return sites
    vague = sites.get("coordinate_precision_km", pd.Series(np.nan, index=sites.index)) > 1.0
    wanted = ~vague & sites.geometry.notna() & ~sites.geometry.is_empty
    if "settlement_distance_km" in sites.columns:
        wanted &= sites["settlement_distance_km"].isna()
    found = pd.Series(np.nan, index=sites.index)
    for position in np.flatnonzero(wanted.to_numpy()):
        point = sites.geometry.iloc[position]
        found.iloc[position] = _crowd_km(grid, unit, point.x, point.y)
    return _noted(sites, {"settlement_distance_km": _kept(sites, "settlement_distance_km", found)})


def _crowd_km(grid: rasters.Raster, unit: rasters.PopulationUnit, lon: float, lat: float) -> float:
    """Radius around a place that holds more than SETTLEMENT_PERSONS people; NaN beyond NEAR_KM or a gap."""
    lattice = grid.grid
    at = lattice.cell(lon, lat)
    if at is None or not any(w <= lon <= e and s <= lat <= n for w, s, e, n in grid.boxes):
        return float("nan")
    squeeze = max(float(np.cos(np.radians(lat))), 0.05)
    tall = int(np.ceil(NEAR_KM / (lattice.dy * KM_PER_DEGREE)))
    wide = int(np.ceil(NEAR_KM / (lattice.dx * KM_PER_DEGREE * squeeze)))
    cells, part = grid.read(at[0] - tall, at[1] - wide, 2 * tall + 1, 2 * wide + 1)
    rows, columns = np.indices(cells.shape)
    x, y = part.centres(rows.ravel(), columns.ravel())
    away = np.hypot((x - lon) * squeeze, y - lat) * KM_PER_DEGREE
    persons = cells.ravel().astype(float)
    persons[persons < 0] = np.nan  # no fewer than none live there
    if unit == "persons_per_km2":
        persons = persons * lattice.dx * lattice.dy * KM_PER_DEGREE**2 * np.cos(np.radians(y))
    order = np.argsort(away, kind="stable")
    away, persons = away[order], persons[order]
    gap_km = away[np.isnan(persons)].min(initial=np.inf)
    reached = np.cumsum(np.nan_to_num(persons)) > SETTLEMENT_PERSONS
    first = float(away[reached.argmax()]) if reached.any() else np.inf
    return first if first <= min(NEAR_KM, gap_km) else float("nan")


def _noted(sites: gpd.GeoDataFrame, filled: Mapping[str, pd.Series]) -> gpd.GeoDataFrame:
    """The sites with the columns, and with those that gained a value here named in `computed_fields`."""
    before = named_in(sites)
    for name, column in filled.items():
        was = sites[name].notna() if name in sites.columns else pd.Series(False, index=sites.index)
        before = named(before, name, column.notna() & ~was)
    return sites.assign(**filled, computed_fields=before)


def named_in(sites: pd.DataFrame) -> pd.Series:
    """The column `computed_fields`, all missing where the sites have none."""
    return sites.get("computed_fields", pd.Series(None, index=sites.index, dtype="str"))


def named(column: pd.Series, name: str, where: pd.Series) -> pd.Series:
    """The column `computed_fields` with a field added to its rows where that field was computed."""
    said = column[where]
    added = {text: join_list([*split_list(text), name]) for text in said.unique()}
    return column.where(~where, column.map(added, na_action=None)).astype("str")


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
    sites: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    within_km: float,
    precise_km: float | None = None,
) -> gpd.GeoDataFrame:
    """The sites with distances filled from the user's layers where no record states them.

    layers: field (such as `river_distance_km`) -> shapes. A site whose place may be off by more than
    `precise_km` (`within_km` unless given) is left out: what is near its coordinates need not be near it.
    """
    vague = pd.Series(False, index=sites.index)
    if "coordinate_precision_km" in sites:
        vague = sites["coordinate_precision_km"] > (precise_km or within_km)
    filled = {
        name: _kept(sites, name, distance_km(sites, layer, within_km=within_km).mask(vague))
        for name, layer in layers.items()
    }
    return _noted(sites, filled)
