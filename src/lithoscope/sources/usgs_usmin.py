"""USA: mine features digitised from topographic maps (USGS USMIN): points, and polygons.

Polygons of tailings and of mine dumps are deposits of mine waste and become facilities with their measured
area; their shape stays in `raw`. All other features become mines. A feature is as old as its map, which is
the date of the facts; the status is unknown unless the map says "abandoned" or "inactive". Polygons have
no number of their own: their key comes from their shape. Points and polygons are one source.
"""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.sources import assemble, files, places, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.limits import INGEST
from lithoscope.sources.mapping import Place

RECORD = SourceRecord(
    source_id="usgs_usmin",
    title="USA: prospect- and mine-related features from topographic maps (USMIN)",
    producer="US Geological Survey",
    citation="Horton, J.D., and San Juan, C.A.: Prospect- and mine-related features from USGS "
    "7.5- and 15-minute topographic quadrangle maps of the United States, doi 10.5066/F78W3CHG",
    licence="US public domain",
    evidence="official",
    url="https://mrdata.usgs.gov/usmin/",
    note="Each feature is as old as its map, which its own date says; the date here is of the latest map.",
)
REQUIRED = ("ftr_type", "ftr_name", "topo_date")
WASTE = {"tailings": "tailings", "mine dump": "waste rock"}
"""Beginning of the feature type -> content of the facility that it is."""
_SAID = re.compile(r"labeled as (abandoned|inactive)", re.IGNORECASE)
_SHAPE = "geometry:wkt"


def read(path: Path, *, progress: files.Progress | None = None) -> Reading:
    """Points and polygons of one file or of a folder; each row a facility or a mine."""
    chosen = files.tables_in(path, suffixes=(".csv", ".geojson", ".json", ".zip", ".gpkg"))
    notes = {layer: Notes(RECORD.source_id, layer) for layer in ("facilities", "mines")}
    parts: dict[str, list[pd.DataFrame]] = {"facilities": [], "mines": []}
    rows_read = 0
    for number, each in enumerate(chosen):
        table = files.open_table(each, progress=progress)
        table.columns = [name if name in files.GEOMETRY else name.lower() for name in table.columns]
        assemble.require(table, REQUIRED)
        written = assemble.of_file(assemble.filled(table), number)
        frame = written.rename(columns=str.lower)
        rows_read += len(frame)
        content = values.by_distinct(frame["ftr_type"], _content).astype("str")
        is_waste = content.notna() & (_SHAPE in frame)
        for layer, where in (("facilities", is_waste), ("mines", ~is_waste)):
            if where.any():
                records = _records(frame[where], written[where], each.name, notes[layer])
                extra = {"content": content[where].to_numpy(), "structure_kind_raw": records["features_raw"]}
                records = (
                    records.drop(columns="features_raw").assign(**extra) if layer == "facilities" else records
                )
                parts[layer].append(records)
        notes["mines"].add_of_file(table.findings, number)
    records = {
        layer: _with_unique_keys(pd.concat(frames, ignore_index=True), notes[layer])
        for layer, frames in parts.items()
        if frames
    }
    maps = [date for each in records.values() for date in each["as_of"].dropna()]
    source = replace(RECORD, as_of=max(maps, default=""))
    return assemble.reading(source, chosen, records, rows_read=rows_read, notes=notes.values())


def _content(feature: str) -> str | None:
    folded = values.fold(feature)
    return next((content for start, content in WASTE.items() if folded.startswith(start)), None)


def _with_unique_keys(records: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    keys = pd.Series(records["source_key"].to_numpy(), index=records["source_row"].to_numpy())
    return records.assign(source_key=assemble.unique_keys(keys, notes).to_numpy())


def _records(frame: pd.DataFrame, written: pd.DataFrame, file: str, notes: Notes) -> pd.DataFrame:
    plain = written.drop(columns=[name for name in files.GEOMETRY if name in written])
    has_shape = _SHAPE in frame
    raw = assemble.raw_json(
        plain.assign(geometry=frame[_SHAPE]) if has_shape else plain, extra={"_file": file}
    )
    frame = assemble.with_columns(frame, ["gid", "state", "county", "remarks", "topo_date"])
    place = Place() if has_shape else Place(lon="longitude", lat="latitude")
    lon, lat, area, shape = places.read(frame, place, notes, limits=INGEST)
    key = values.by_distinct(shape, _key).astype("str") if shape is not None else assemble.text(frame, "gid")
    columns: dict[str, object] = {
        "source_key": key,
        "name": assemble.text(frame, "ftr_name"),
        "country_stated": "United States",
        "country_stated_iso3": "USA",
        "admin1": assemble.text(frame, "state"),
        "admin2": assemble.text(frame, "county"),
        "lon": lon,
        "lat": lat,
        "as_of": values.dates(frame["topo_date"], order="mdy")[0],
        "features_raw": assemble.label(frame, "ftr_type"),
        "status_raw": values.by_distinct(frame["remarks"], _status).astype("str"),
        "remarks": assemble.text(frame, "remarks"),
        "raw": raw,
    }
    if area is not None:
        columns["footprint_m2"] = area
    return assemble.records_frame(frame.index, columns)


def _key(shape: str) -> str:
    return "polygon-" + hashlib.sha256(shape.encode()).hexdigest()[:12]


def _status(remarks: str) -> str | None:
    found = _SAID.search(remarks)
    return found[1].lower() if found else None
