"""Which zone a place at sea belongs to: the user's polygons, or the nearest coast within 200 nautical miles.

The computed zone is no legal boundary and says so. Polygons keep what their publisher says: joint regimes and
overlapping claims stay such, with every State that is named.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lithoscope.domain.earth import EARTH_M
from lithoscope.domain.errors import BadInput
from lithoscope.methods.dredging_states import threshold
from lithoscope.sources import natural_earth

COMPUTED = "computed, not a legal boundary"
HIGH_SEAS = "high seas"
ZONE_COLUMNS = (
    "zone",
    "zone_name",
    "zone_basis",
    "zone_kind",
    "zone_states",
    "eez_mrgid",
    "territory_iso3",
    "sovereign_iso3",
    "country_iso3",
    "coast_km",
)
_STEP_DEGREES = 0.05
_NEAR_DEGREES = 4
"""Degrees of latitude: more than 200 nautical miles."""
_KM_PER_DEGREE = 111.0
Floats = npt.NDArray[np.float64]


def on_sphere(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Points on the unit sphere, a row each."""
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def nearest(points: Floats, among: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The nearest of other points on the unit sphere: distance in km, and its row.

    Few places are compared outright, after those are left out that are near none of them; many are asked of
    a tree, whose library takes longer to load than few places take.
    """
    places = np.unique(np.round(points * _PLACES_A_RADIUS), axis=0) / _PLACES_A_RADIUS
    if len(places) * len(among) > _FEW or len(points) > _FEW_POINTS:
        from scipy.spatial import cKDTree

        chord, at = cKDTree(among).query(points)
        return _arc_km(chord), np.asarray(at, dtype=np.int64)
    kept = np.zeros(len(among), dtype=bool)
    for place in places:
        near = among @ (place / np.linalg.norm(place))
        chord = np.sqrt(max(2 - 2 * near.max(), 0)) + 3 / _PLACES_A_RADIUS
        kept |= near >= 1 - chord**2 / 2
    rows = np.flatnonzero(kept)
    at = rows[(points @ among[rows].T).argmax(axis=1)]
    return _arc_km(np.sqrt(((points - among[at]) ** 2).sum(axis=1))), at


_PLACES_A_RADIUS, _FEW, _FEW_POINTS = 400, 10_000_000, 5_000


def _arc_km(chord: Floats) -> Floats:
    return 2 * np.arcsin(np.clip(chord / 2, 0, 1)) * EARTH_M / 1000


@dataclass(frozen=True)
class _Coast:
    """Points along coasts and borders on the unit sphere, and the row of the country of each."""

    points: Floats
    owner: npt.NDArray[np.int64]


@cache
def _countries() -> gpd.GeoDataFrame:
    countries = natural_earth.countries()
    return countries[countries["country_iso3"].notna()].reset_index(drop=True)


def prepare() -> None:
    """Read the coast, so that it is at hand when zones are asked for."""
    _edges()


@dataclass(frozen=True)
class _Edges:
    """Every edge of the countries' outlines as lon, lat, lon, lat, and the row of its country.

    squares: of `_square`, for both ends. is_long: longer than a square.
    """

    xy: Floats
    country: npt.NDArray[np.int64]
    squares: npt.NDArray[np.int32]
    is_long: npt.NDArray[np.bool_]


@cache
def _edges() -> _Edges:
    rings, country = shapely.get_parts(shapely.boundary(_countries().geometry.to_numpy()), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    square = _square(xy[:, 0], xy[:, 1])
    return _Edges(
        np.hstack([xy[:-1], xy[1:]])[joined],
        country[ring[1:][joined]],
        np.column_stack([square[:-1], square[1:]])[joined],
        (np.abs(np.diff(xy, axis=0)).max(axis=1) > 1)[joined],
    )


def _square(lon: Floats, lat: Floats) -> npt.NDArray[np.int32]:
    """The square of a degree that a point lies in: rows from the south pole, columns from Greenwich."""
    column = np.floor(lon).astype(np.int32) % 360
    return np.clip(np.floor(lat).astype(np.int32) + 90, 0, 179) * 360 + column


def _coast_along(edges: Floats, country: npt.NDArray[np.int64]) -> _Coast:
    """The edges with points on them, none farther than _STEP_DEGREES from the next."""
    length = np.hypot(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])
    count = np.ceil(length / _STEP_DEGREES).astype(np.int64) + 1
    edge = np.repeat(np.arange(len(edges)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = (step / np.maximum(count[edge] - 1, 1))[:, None]
    xy = edges[edge, :2] * (1 - share) + edges[edge, 2:] * share
    return _Coast(on_sphere(xy[:, 0], xy[:, 1]), country[edge])


@cache
def _whole_coast() -> _Coast:
    edges = _edges()
    return _coast_along(edges.xy, edges.country)


def _coast_near(lon: Floats, lat: Floats) -> _Coast:
    """The coast within _NEAR_DEGREES of any of the points, and some beyond."""
    squares = np.unique(np.floor(np.column_stack([lon, lat])).astype(int), axis=0)
    return _coast_about(tuple(map(tuple, squares.tolist())))


@lru_cache(maxsize=4)
def _coast_about(squares: tuple[tuple[int, ...], ...]) -> _Coast:
    """Edges are chosen by squares of a degree (west, south); those longer than a square are all kept."""
    wanted = np.zeros((180, 360), dtype=bool)
    for x, y in squares:
        far = np.ceil(_NEAR_DEGREES / max(np.cos(np.radians(min(abs(y) + 1 + _NEAR_DEGREES, 89))), 0.02))
        columns = np.arange(x - min(far, 180), x + min(far, 180) + 1).astype(int) % 360
        rows = slice(max(y - _NEAR_DEGREES, -90) + 90, min(y + _NEAR_DEGREES, 89) + 91)
        wanted[rows, columns] = True
    edges = _edges()
    is_near = wanted.ravel()[edges.squares]
    kept = is_near[:, 0] | is_near[:, 1] | edges.is_long
    return _coast_along(edges.xy[kept], edges.country[kept])


def coast_km(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Distance to the nearest coast (1:10 million) in km, also for points on land; NaN for missing points."""
    return _nearest(lon, lat)[0]


def _nearest(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Distance to the nearest coast and the row of its country; -1 for missing points.

    Only the coast about the points is laid out; a point that finds none near enough asks the whole coast.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    km, country = np.full(len(x), np.nan), np.full(len(x), -1)
    if len(known):
        km[known], country[known] = _asked(_coast_near(x[known], y[known]), x[known], y[known])
        far = known[km[known] > _NEAR_DEGREES * _KM_PER_DEGREE]
        if len(far):
            km[far], country[far] = _asked(_whole_coast(), x[far], y[far])
    return km, country


def _asked(coast: _Coast, lon: Floats, lat: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    if not len(coast.owner):
        return np.full(len(lon), np.inf), np.full(len(lon), -1)
    km, at = nearest(on_sphere(lon, lat), coast.points)
    return km, coast.owner[at]


def computed(lon: pd.Series, lat: pd.Series) -> pd.DataFrame:
    """Zone of each point as ZONE_COLUMNS on the same index: the country it lies in, or of the nearest coast.

    Farther than zone_nm from any coast is the high seas.
    """
    countries = _countries()
    km, country = _nearest(lon, lat)
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), index=lon.index, crs=countries.crs)
    inside = gpd.sjoin(points.to_frame("geometry"), countries[["geometry"]], predicate="within")[
        "index_right"
    ]
    inside = inside[~inside.index.duplicated()].reindex(lon.index)
    on_land = inside.notna().to_numpy()
    country = np.where(on_land, inside.fillna(-1).to_numpy(dtype=int), country)
    far = ~on_land & (km > threshold("zone_nm") * 1.852)
    iso3 = countries["country_iso3"].to_numpy()[country]
    size = pd.Series(shapely.area(countries.geometry.to_numpy())).sort_values(ascending=False)
    names = countries.loc[size.index].drop_duplicates("country_iso3").set_index("country_iso3")["name"]
    found = pd.DataFrame(index=lon.index)
    found["zone"] = np.where(far, HIGH_SEAS, iso3)
    found["zone_name"] = found["zone"].map(names).fillna(found["zone"])
    found["zone_basis"] = np.where(on_land, f"{COMPUTED}; inside the coastline", COMPUTED)
    found["zone_kind"] = np.where(far, HIGH_SEAS, "nearest coast")
    found["zone_states"] = None
    found["eez_mrgid"] = None
    found["territory_iso3"] = np.where(far, None, iso3)
    found["sovereign_iso3"] = None
    found["country_iso3"] = found["territory_iso3"]
    found["coast_km"] = np.round(km, 3)
    return found[list(ZONE_COLUMNS)]


def _first(frame: pd.DataFrame, *names: str) -> pd.Series:
    lowered = {str(column).lower(): column for column in frame.columns}
    for name in names:
        if name in lowered:
            return frame[lowered[name]]
    return pd.Series(None, index=frame.index, dtype="object")


def _text(value: object) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)) or not str(value).strip():
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def polygons(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A file of zones in our columns; Marine Regions' names are known, others need a column name or zone.

    Of Marine Regions: geoname, pol_type (200NM, Overlapping claim, Joint regime), mrgid, iso_ter1-3,
    iso_sov1-3.
    """
    if frame.crs is None:
        frame = frame.set_crs("EPSG:4326")
    frame = frame.to_crs("EPSG:4326").reset_index(drop=True)
    name = _first(frame, "geoname", "zone", "name", "territory1", "zone_name").map(_text)
    if name.isna().all():
        raise BadInput(
            "no column names the zones", "give a file of Marine Regions, or a column 'name'", column="name"
        )
    zones = gpd.GeoDataFrame({"zone": name.fillna("unnamed")}, geometry=frame.geometry, crs=frame.crs)
    zones["zone_name"] = zones["zone"]
    zones["zone_kind"] = _first(frame, "pol_type", "zone_kind", "type").map(_text).fillna("zone")
    zones["eez_mrgid"] = _first(frame, "mrgid", "mrgid_eez").map(_text)
    for ours, theirs in (("territory_iso3", "iso_ter"), ("sovereign_iso3", "iso_sov")):
        states = [[_text(each) for each in _first(frame, f"{theirs}{number}")] for number in (1, 2, 3)]
        zones[ours] = [
            "; ".join(dict.fromkeys(each for each in row if each)) or None
            for row in zip(*states, strict=True)
        ]
    named = [[_text(each) for each in _first(frame, f"sovereign{number}")] for number in (1, 2, 3)]
    zones["zone_states"] = [
        "; ".join(dict.fromkeys(each for each in row if each)) or None for row in zip(*named, strict=True)
    ]
    alone = zones["zone_kind"].eq("200NM") | zones["zone_kind"].eq("zone")
    single = zones["territory_iso3"].fillna(zones["sovereign_iso3"])
    zones["country_iso3"] = single.where(alone & ~single.fillna("").str.contains(";"), None)
    zones.geometry = zones.geometry.make_valid(method="structure")
    return zones


def within(lon: pd.Series, lat: pd.Series, zones: gpd.GeoDataFrame, *, file: str) -> pd.DataFrame:
    """Zone of each point as ZONE_COLUMNS on the same index, from polygons; outside them computed, and said
    so.

    Where polygons overlap, a claim that overlaps or a joint regime wins over a plain zone, then the smaller
    one.
    """
    found = computed(lon, lat)
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), index=lon.index, crs=zones.crs)
    hits = gpd.sjoin(points.to_frame("geometry"), zones, predicate="intersects")
    if hits.empty:
        return found
    hits["is_plain"] = hits["zone_kind"].eq("200NM")
    hits["size"] = shapely.area(zones.geometry.to_numpy())[
        hits["index_right"]
    ]  # square degrees: only to rank
    hits = hits.rename_axis("at").reset_index().sort_values(["at", "is_plain", "size"], kind="stable")
    best = hits.drop_duplicates("at").set_index("at")
    for column in ZONE_COLUMNS:
        if column in best.columns:
            found[column] = found[column].astype("object")
            found.loc[best.index, column] = best[column]
    found.loc[best.index, "zone_basis"] = file
    return found


def read_zones(path: Path) -> gpd.GeoDataFrame:
    """The user's zones from GeoJSON, GeoPackage, zipped Shapefile, FlatGeobuf or GeoParquet."""
    from lithoscope.sources.polygons import read_polygons

    try:
        return polygons(read_polygons(path))
    except BadInput as error:
        if error.file:
            raise
        raise BadInput(error.what, error.remedy, file=path.name, column=error.column) from error
