"""Data to take away, with their sources inside: GeoPackage, GeoParquet, GeoJSON, CSV, XLSX.

Each row names its source's title, licence and citation. Formats that hold several tables also get the
records behind the sites (with each row as its source wrote it), failures, sources and a dictionary of
fields in English and French. Text cells that a spreadsheet would take for a formula are made harmless.
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import Layer
from lithoscope.pipelines import coarsen, store
from lithoscope.pipelines.settings import settings
from lithoscope.pipelines.store import Release

FORMATS = ("gpkg", "parquet", "geojson", "csv", "xlsx")
PROVENANCE = {
    "title": "source_title",
    "licence": "source_licence",
    "citation": "source_citation",
    "url": "source_url",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_XLSX_ROWS = 1_048_575


def export(release: Release, sites: gpd.GeoDataFrame, layer: Layer, out: Path) -> int:
    """Write the sites to `out`, whose suffix names the format; returns how many rows."""
    store.replace_file(out, to_bytes(release, layer, sites, format_of(out)))
    return len(sites)


def format_of(out: Path) -> str:
    """The format that a file's suffix names; BadInput for another."""
    name = out.suffix.lower().lstrip(".")
    if name not in FORMATS:
        raise BadInput("is not a format of exports", f"end the name in .{', .'.join(FORMATS)}", file=str(out))
    if not out.parent.is_dir():
        raise BadInput("its folder does not exist", "make the folder or name another", file=str(out))
    return name


def to_bytes(release: Release, layer: Layer, sites: gpd.GeoDataFrame, file_format: str) -> bytes:
    """The sites as the bytes of a file of that format.

    sites: rows of the release's layer, EPSG:4326, geometry null where unknown. Index is ignored.
    Sensitive sites are at the centre of a cell, and so are their records, without the copy of the row.
    """
    sites = _with_provenance(release, coarsen.coarsened(sites, layer, settings()))
    write: dict[str, Callable[[Release, Layer, gpd.GeoDataFrame], bytes]] = {
        "gpkg": _geopackage,
        "parquet": _parquet,
        "geojson": _geojson,
        "csv": _csv,
        "xlsx": _xlsx,
    }
    return write[file_format](release, layer, sites)


def _with_provenance(release: Release, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    known = pd.DataFrame([source.as_dict() for source in release.sources], columns=["source_id", *PROVENANCE])
    known = known.set_index("source_id").rename(columns=PROVENANCE)
    joined = sites.drop(columns=["search"], errors="ignore").join(known, on="source_id")
    return joined.assign(release=f"Lithoscope {release.release_id}").reset_index(drop=True)


def tables(release: Release, layer: Layer, sites: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables that go beside the sites: records, failures, sources, dictionary."""
    wanted = set(sites["site_id"])
    found: dict[str, pd.DataFrame] = {}
    if release.has(f"{layer}_records.parquet"):
        records = release.records(layer)
        records = _coarse_records(records[records["site_id"].isin(wanted)], layer, sites)
        filled = [name for name in records.columns if name == "site_id" or records[name].notna().any()]
        found["records"] = records[filled]
    if layer == "facilities" and release.has("events.parquet"):
        events = release.table("events")
        found["events"] = events[events["site_id"].isin(wanted)]
    found["sources"] = pd.DataFrame([source.as_dict() for source in release.sources])
    found["dictionary"] = dictionary(layer)
    return {name: table.reset_index(drop=True) for name, table in found.items()}


def _coarse_records(records: gpd.GeoDataFrame, layer: Layer, sites: pd.DataFrame) -> pd.DataFrame:
    """The records as they may be published: those of sensitive sites coarse, and not as they were written."""
    hidden = records["site_id"].isin(sites.loc[coarsen.is_sensitive(sites, settings()), "site_id"])
    records = coarsen.coarsened(records, layer, settings(), hidden)
    return pd.DataFrame(records.drop(columns="geometry")).assign(raw=records["raw"].mask(hidden))


def dictionary(layer: Layer) -> pd.DataFrame:
    """Every field of the layer: name, label, dtype, unit, meaning, allowed values."""
    return pd.DataFrame(
        [
            {
                "field": each.name,
                "label": each.label,
                "type": each.dtype,
                "unit": each.unit,
                "meaning": each.meaning,
                "allowed": "; ".join(each.allowed),
            }
            for each in fields.of_layer(layer)
        ]
    )


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns that every format can hold: classes as text, booleans nullable, no geometry."""
    frame = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    classes = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(classes, "str"))


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Text that a spreadsheet would run gets a leading apostrophe; numbers are left alone."""
    frame = frame.copy()
    for name in frame.select_dtypes("str").columns:
        risky = frame[name].str.startswith(_FORMULA).fillna(False).astype(bool)
        if risky.any():
            frame[name] = frame[name].where(~risky, "'" + frame[name])
    return frame


def _csv(release: Release, layer: Layer, sites: gpd.GeoDataFrame) -> bytes:
    text = harmless(_plain(sites)).to_csv(index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    return text.encode("utf-8-sig")


def _xlsx(release: Release, layer: Layer, sites: gpd.GeoDataFrame) -> bytes:
    if len(sites) > _XLSX_ROWS:
        raise BadInput(f"{len(sites)} rows are more than a sheet holds", "filter, or take .parquet or .csv")
    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        for name, table in {layer: sites, **tables(release, layer, sites)}.items():
            plain = _plain(table)
            long = [column for column in plain.select_dtypes("str") if plain[column].str.len().max() > 32_000]
            for column in long:
                plain[column] = plain[column].str.slice(0, 32_000)
            plain.to_excel(writer, sheet_name=name, index=False, freeze_panes=(1, 0))
    return buffer.getvalue()


def _parquet(release: Release, layer: Layer, sites: gpd.GeoDataFrame) -> bytes:
    buffer = io.BytesIO()
    sites = store.along_curve(sites)
    sites.attrs = {"sources": [source.as_dict() for source in release.sources], "release": release.release_id}
    sites.to_parquet(
        buffer, index=False, write_covering_bbox=True, schema_version="1.1.0", compression="zstd"
    )
    return buffer.getvalue()


def _geojson(release: Release, layer: Layer, sites: gpd.GeoDataFrame) -> bytes:
    frame = gpd.GeoDataFrame(_plain(sites), geometry=sites.geometry, crs=sites.crs)
    document = json.loads(frame.to_json(drop_id=True, na="null"))
    document["release"] = release.release_id
    document["sources"] = [source.as_dict() for source in release.sources]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _geopackage(release: Release, layer: Layer, sites: gpd.GeoDataFrame) -> bytes:
    with tempfile.TemporaryDirectory(prefix="lithoscope-") as folder:
        path = Path(folder) / f"{layer}.gpkg"
        shape = "Unknown" if layer == "dredging" else "Point"  # tracks may be split at 180 degrees
        frame = gpd.GeoDataFrame(_plain(sites), geometry=sites.geometry, crs=sites.crs)
        frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", geometry_type=shape)
        for name, table in tables(release, layer, sites).items():
            pyogrio.write_dataframe(_plain(table), path, layer=name, driver="GPKG", append=True)
        return path.read_bytes()
