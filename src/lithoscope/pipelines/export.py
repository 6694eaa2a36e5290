"""Data to take away, with their sources inside: GeoPackage, GeoParquet, GeoJSON, CSV, XLSX.

Each row names its source's title, licence and citation. Formats that hold several tables also get the
records behind the sites (with each row as its source wrote it), failures, the sources of all these rows and
a dictionary of fields in English and French. Text cells that a spreadsheet would take for a formula are made
harmless.
"""

import csv
import dataclasses
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput, BadRelease
from lithoscope.domain.fields import Layer
from lithoscope.domain.provenance import SourceRecord
from lithoscope.pipelines import classes, coarsen, store
from lithoscope.pipelines.settings import settings
from lithoscope.pipelines.store import Release

FORMATS = ("gpkg", "parquet", "geojson", "csv", "xlsx")
PROVENANCE = {
    "title": "source_title",
    "licence": "source_licence",
    "citation": "source_citation",
    "url": "source_url",
}
_SOURCE_COLUMNS = [each.name for each in dataclasses.fields(SourceRecord)]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_XLSX_ROWS = 1_048_575
_CITED_ROWS = 100_000
"""A longer CSV names versions of methods in each row, but not their citations."""


def export(release: Release, sites: gpd.GeoDataFrame, layer: Layer, out: Path) -> int:
    """Write the sites to `out`, whose suffix names the format; returns how many rows."""
    if not release.has(f"{layer}.parquet"):
        raise BadRelease(f"{release.release_id}: holds no {layer}; build again with a source that has it")
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
    sites = _with_provenance(release, coarsen.coarsened(sites, settings()))
    is_alone = file_format == "csv" and len(sites) <= _CITED_ROWS  # other formats have a table of methods
    sites = _with_methods(release, layer, sites, cited=is_alone)
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
    joined = sites.join(known, on="source_id")
    return joined.assign(release=f"Lithoscope {release.release_id}").reset_index(drop=True)


def _with_methods(
    release: Release, layer: Layer, sites: gpd.GeoDataFrame, *, cited: bool
) -> gpd.GeoDataFrame:
    """The sites with the methods of their class columns: versions, and citations where `cited`."""
    methods = methods_of(release, layer)
    methods = methods[methods["method"].isin(classes.HEADLINE)]
    said = [
        f"{row.method} {row.version}" + (f": {row.citation}" if cited else "") for row in methods.itertuples()
    ]
    return sites.assign(class_methods="; ".join(said) or None)


def methods_of(release: Release, layer: Layer) -> pd.DataFrame:
    """The methods that a layer's classes were found with: version, citation, formula, inputs, doubts."""
    if not release.has("methods.parquet"):
        return pd.DataFrame(columns=["method", "version", "citation", "layers"])
    methods = release.table("methods")
    return methods[[layer in layers.split("; ") for layers in methods["layers"]]]


def _cited(release: Release, layer: Layer) -> list[dict[str, str]]:
    return methods_of(release, layer)[["method", "version", "citation"]].to_dict("records")


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
    found["sources"] = pd.DataFrame(sources_of(release, layer, sites), columns=_SOURCE_COLUMNS)
    found["methods"] = methods_of(release, layer)
    found["dictionary"] = dictionary(layer)
    return {name: table.reset_index(drop=True) for name, table in found.items()}


def sources_of(release: Release, layer: Layer, sites: pd.DataFrame) -> list[dict[str, str | None]]:
    """The sources that some sites draw on, in the release's order, as plain values.

    Of each site its own source, those of its records and failures, and that of a result downstream.
    """
    wanted = set(sites["site_id"])
    used = set(sites["source_id"].dropna()) if "source_id" in sites else set()
    beside = ("events", "downstream") if layer == "facilities" else ()
    for name in (f"{layer}_records", *beside):
        if release.has(f"{name}.parquet"):
            rows = release.table(name, ["site_id", "source_id"])
            used |= set(rows.loc[rows["site_id"].isin(wanted), "source_id"].dropna())
    return [source.as_dict() for source in release.sources if source.source_id in used]


def _coarse_records(records: gpd.GeoDataFrame, layer: Layer, sites: pd.DataFrame) -> pd.DataFrame:
    """The records as they may be published: those of sensitive sites coarse, and not as they were written."""
    hidden = records["site_id"].isin(sites.loc[coarsen.is_sensitive(sites, settings()), "site_id"])
    records = coarsen.coarsened(records, settings(), hidden)
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
    sites.attrs = {"sources": sources_of(release, layer, sites), "release": release.release_id}
    sites.attrs["methods"] = _cited(release, layer)
    sites.to_parquet(
        buffer, index=False, write_covering_bbox=True, schema_version="1.1.0", compression="zstd"
    )
    return buffer.getvalue()


def _geojson(release: Release, layer: Layer, sites: gpd.GeoDataFrame) -> bytes:
    frame = gpd.GeoDataFrame(_plain(sites), geometry=sites.geometry, crs=sites.crs)
    document = json.loads(frame.to_json(drop_id=True, na="null"))
    document["release"] = release.release_id
    document["sources"] = sources_of(release, layer, sites)
    document["methods"] = _cited(release, layer)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _geopackage(release: Release, layer: Layer, sites: gpd.GeoDataFrame) -> bytes:
    import pyogrio

    with tempfile.TemporaryDirectory(prefix="lithoscope-") as folder:
        path = Path(folder) / f"{layer}.gpkg"
        shape = "Unknown" if layer == "dredging" else "Point"  # tracks may be split at 180 degrees
        frame = gpd.GeoDataFrame(_plain(sites), geometry=sites.geometry, crs=sites.crs)
        frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", geometry_type=shape)
        for name, table in tables(release, layer, sites).items():
            pyogrio.write_dataframe(_plain(table), path, layer=name, driver="GPKG", append=True)
        return path.read_bytes()
