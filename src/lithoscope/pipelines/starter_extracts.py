"""Short readings of publishers' files for the starter register, where no source module reads them yet.

Each gives records with the labels as written under the id and the keys of the publisher. A source
module of the same name replaces its function here: see `starter.regenerate`.
"""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from lithoscope.domain.fields import Layer
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.sources import values

EQUAL_AREA = "ESRI:54034"
"""World cylindrical equal area."""
NOT_KNOWN = r"(?:sin\s+(?:nombre|informacion)|desconocid[oa]|s/[in]|s\.?n\.?)"
MINING_SITE = (
    r"\b(?:mine|mines|mining|tailings|uranium)\b|silver bow|california gulch|tar creek|captain jack mill"
    r"|nelson tunnel|libby asbestos|eureka mills|central city"
)


def _one(folder: Path, suffix: str, word: str) -> Path:
    """The file itself, or the one of a folder whose name holds a word."""
    if folder.is_file():
        return folder
    return next(path for path in sorted(folder.glob(f"*{suffix}")) if word in path.name)


def _reading(record: SourceRecord, layer: Layer, columns: dict[str, object], rows: pd.Series) -> Reading:
    records = pd.DataFrame({"source_row": rows.to_numpy()} | columns, index=rows.index)
    return Reading(source=record, records={layer: records}, rows_read=len(records))


def sernageomin(path: Path) -> Reading:
    """Chile: every deposit of the cadastre."""
    record = SourceRecord(
        source_id="sernageomin",
        title="Chile: cadastre of tailings deposits, October 2025",
        producer="Servicio Nacional de Geología y Minería (SERNAGEOMIN)",
        citation="SERNAGEOMIN (2025): Catastro de depósitos de relaves en Chile, October 2025",
        licence="Chilean public-sector data; no licence text in the file",
        evidence="official",
        as_of="2025-10",
        url="https://www.sernageomin.cl/datos-publicos-deposito-de-relaves",
    )
    file = _one(path, ".xlsx", "RELAVES")
    frame = pd.read_excel(file, header=6, engine="calamine")
    said = {name: frame[name].astype("str").str.strip() for name in frame.columns}
    known = {
        name: column.where(~column.str.fullmatch(NOT_KNOWN, case=False).fillna(value=False))
        for name, column in said.items()
    }
    columns = {
        "source_key": said["ID"],
        "name": known["NOMBRE_INSTALACION"],
        "mine_name": known["NOMBRE_FAENA"],
        "owner": known["NOMBRE_EMPRESA_O_PRODUCTOR_MINERO"],
        "country_stated_iso3": "CHL",
        "admin1": said["REGION"],
        "admin2": said["COMUNA"],
        "lon": frame["LONGITUD"],
        "lat": frame["LATITUD"],
        "commodities_raw": known["RECURSO"],
        "structure_kind_raw": said["TIPO_DEPOSITO"],
        "deposition_raw": said["TIPO_DEPOSITO"],
        "content": "tailings",
        "raising_method_raw": said["METODO_CONSTRUCTIVO_MURO"],
        "stored_volume_m3": frame["VOL_ACTUAL"],
        "capacity_m3": frame["VOL_AUTORIZADO"],
        "footprint_m2": frame["Shape_Area"].round(),
        "embankments_count": frame["CANTIDAD_MUROS__CONTENCION_"],
    }
    return _reading(record, "facilities", columns, frame.index.to_series() + 8)


def usgs_usmin(path: Path) -> Reading:
    """USA: tailings drawn on topographic maps, as points on the surface with their footprint."""
    record = SourceRecord(
        source_id="usgs_usmin",
        title="USA: tailings on topographic maps of north-western California (USMIN)",
        producer="U.S. Geological Survey",
        citation="U.S. Geological Survey: USMIN, prospect- and mine-related features from topographic maps",
        licence="US public domain",
        evidence="official",
        url="https://mrdata.usgs.gov/usmin/",
        note="The maps are decades old; a footprint may have been reclaimed or built over since.",
    )
    frame = gpd.read_file(_one(path, ".geojson", "polygons"))
    frame["row"] = range(1, len(frame) + 1)
    frame = frame[frame["FTR_TYPE"].str.startswith("Tailings")]
    points = frame.geometry.representative_point()
    named = frame["FTR_NAME"].where(frame["FTR_NAME"].fillna("") != "")
    columns = {
        "source_key": "polygon-" + frame["row"].astype(str),
        "name": named.fillna(frame["FTR_TYPE"] + ", " + frame["TOPO_NAME"] + " quadrangle"),
        "country_stated_iso3": "USA",
        "admin1": frame["STATE"],
        "admin2": frame["COUNTY"],
        "lon": points.x,
        "lat": points.y,
        "structure_kind_raw": frame["FTR_TYPE"],
        "content_raw": frame["FTR_TYPE"],
        "footprint_m2": frame.to_crs(EQUAL_AREA).area.round(),
        "as_of": frame["TOPO_DATE"].astype(str),
    }
    return _reading(record, "facilities", columns, frame["row"])


def usgs_mrds(path: Path) -> Reading:
    """USA: mines of northern California in the Mineral Resources Data System."""
    record = SourceRecord(
        source_id="usgs_mrds",
        title="USA: lode gold mines of northern California (MRDS)",
        producer="U.S. Geological Survey",
        citation="U.S. Geological Survey: Mineral Resources Data System (MRDS)",
        licence="US public domain",
        evidence="official",
        url="https://mrdata.usgs.gov/mrds/",
    )
    frame = gpd.read_file(_one(path, ".geojson", "usgs_mrds"))
    columns = {
        "source_key": frame["id"].astype(str),
        "name": frame["name"],
        "country_stated_iso3": "USA",
        "admin1": frame["state"],
        "lon": frame["longitude"],
        "lat": frame["latitude"],
        "status_raw": frame["development_status"],
        "commodities_raw": frame["commodity_desc"].str.replace(" ", "; "),
    }
    return _reading(record, "mines", columns, frame.index.to_series() + 1)


def epa_npl(path: Path) -> Reading:
    """USA: mining sites of the National Priorities List; other sites are left out."""
    record = SourceRecord(
        source_id="epa_npl",
        title="USA: mining sites on the Superfund National Priorities List",
        producer="U.S. Environmental Protection Agency",
        citation="U.S. Environmental Protection Agency (2024): Superfund National Priorities List sites",
        licence="US public domain",
        evidence="official",
        as_of="2024",
        url="https://www.epa.gov/superfund/superfund-national-priorities-list-npl",
    )
    frame = pd.read_csv(_one(path, ".csv", "superfund"), dtype="str", skiprows=[1])
    frame = frame[frame["Site Name"].str.contains(MINING_SITE, case=False, regex=True, na=False)]
    listed = values.dates(frame["NPL Status"], order="mdy")[0]
    columns = {
        "source_key": frame["EPA ID"],
        "name": frame["Site Name"],
        "country_stated_iso3": "USA",
        "admin1": frame["State"],
        "admin2": frame["County"].str.title(),
        "lon": pd.to_numeric(frame["Longitude"]),
        "lat": pd.to_numeric(frame["Latitude"]),
        "contamination_listing": "National Priorities List since " + listed,
    }
    return _reading(record, "mines", columns, frame.index.to_series() + 3)


def gem_coal(path: Path) -> Reading:
    """World: the sheet of closed coal mines."""
    record = SourceRecord(
        source_id="gem_coal",
        title="World: closed coal mines (Global Coal Mine Tracker)",
        producer="Global Energy Monitor",
        citation="Global Energy Monitor: Global Coal Mine Tracker, sheet of closed mines",
        licence="CC BY 4.0",
        evidence="inferred",
        url="https://globalenergymonitor.org/projects/global-coal-mine-tracker/",
        note="Compiled by the publisher from company, government and press reports.",
    )
    frame = pd.read_csv(_one(path, ".csv", "closed_mines"), dtype="str")
    place = {name: values.angles(frame[name])[0] for name in ("Longitude", "Latitude")}
    site = frame["Mine Site Status"].where(frame["Mine Site Status"] != "Unknown")
    columns = {
        "source_key": frame["GEM Mine ID"],
        "name": frame["Mine Name"],
        "owner": frame["Owners"],
        "country_stated": frame["MSHA ID.1"],
        "admin1": frame["State, Province"],
        "lon": place["Longitude"],
        "lat": place["Latitude"],
        "coordinate_precision_km": frame["Location Accuracy"].map({"Approximate": 10.0}),
        "status_raw": site.fillna("Closed"),
        "year_start": values.years(frame["Opening Year"])[0],
        "year_end": values.years(frame["Closing Year"])[0],
        "commodities_raw": "Coal",
        "mine_kind_raw": frame["Mine Type"],
        "features_raw": frame["Mine Type"],
    }
    return _reading(record, "mines", columns, frame.index.to_series() + 2)


READERS: dict[str, Callable[[Path], Reading]] = {
    "sernageomin": sernageomin,
    "usgs_usmin": usgs_usmin,
    "usgs_mrds": usgs_mrds,
    "epa_npl": epa_npl,
    "gem_coal": gem_coal,
}
