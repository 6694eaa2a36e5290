"""Which zone a place at sea belongs to: the user's polygons, or the nearest coast within 200 nautical miles.

The computed zone is no legal boundary and says so. Polygons keep what their publisher says: joint regimes and
overlapping claims stay such, with every State that is named.
"""

from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from lithoscope.domain.errors import BadInput
from lithoscope.methods.dredging_states import EARTH_M, threshold
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
Floats = npt.NDArray[np.float64]


def _on_sphere(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


@cache
def _coast() -> tuple[cKDTree, npt.NDArray[np.int64], gpd.GeoDataFrame]:
    """Points along all coasts and borders, the country of each, and the countries."""
    countries = natural_earth.countries()
    countries = countries[countries["country_iso3"].notna()].reset_index(drop=True)
    shapes = countries.geometry.to_numpy()
    coordinates, owner = shapely.get_coordinates(shapely.segmentize(shapes, _STEP_DEGREES), return_index=True)
    return cKDTree(_on_sphere(coordinates[:, 0], coordinates[:, 1])), owner, countries


def coast_km(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Distance to the nearest coast (1:10 million) in km, also for points on land; NaN for missing points."""
    return _nearest(lon, lat)[0]


def _nearest(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64]]:
    tree, owner, _ = _coast()
    points = _on_sphere(lon, lat)
    known = np.isfinite(points).all(axis=1)
    km, country = np.full(len(points), np.nan), np.full(len(points), -1)
    if known.any():
        chord, at = tree.query(points[known])
        km[known] = 2 * np.arcsin(np.clip(chord / 2, 0, 1)) * EARTH_M / 1000
        country[known] = owner[at]
    return km, country


def computed(lon: pd.Series, lat: pd.Series) -> pd.DataFrame:
    """Zone of each point as ZONE_COLUMNS on the same index: the country it lies in, or of the nearest coast.

    Farther than zone_nm from any coast is the high seas.
    """
    _, _, countries = _coast()
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


def agreement(zones: gpd.GeoDataFrame, *, points: int, seed: int) -> dict[str, float]:
    """How often the computed zone names the State whose plain zone a random point lies in.

    zones: of `polygons`. points: drawn evenly over the area of the zones' box and kept if they lie in one.
    Joint regimes and overlapping claims are left out of `agree` (several States are right) and counted in
    `several`.
    """
    rng = np.random.default_rng(seed)
    west, south, east, north = zones.total_bounds
    lon = pd.Series(rng.uniform(west, east, points))
    lat = pd.Series(
        np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(south)), np.sin(np.radians(north)), points)))
    )
    stated = within(lon, lat, zones, file="given")
    stated = stated[stated["zone_basis"] == "given"]
    guess = computed(lon[stated.index], lat[stated.index])
    sovereign = stated["sovereign_iso3"].fillna(stated["territory_iso3"])
    is_plain = stated["country_iso3"].notna()
    is_right = (guess["zone"] == stated["country_iso3"]) | (guess["zone"] == sovereign)
    near = guess["coast_km"] <= 100
    return {
        "points": int(is_plain.sum()),
        "agree": float(is_right[is_plain].mean()),
        "agree_within_100_km": float(is_right[is_plain & near].mean()),
        "high_seas": float((guess["zone"][is_plain] == HIGH_SEAS).mean()),
        "several": float((~is_plain).mean()),
    }
