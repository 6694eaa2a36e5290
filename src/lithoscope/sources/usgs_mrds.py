"""USA: mines and deposits of the USGS Mineral Resources Data System (MRDS), in three editions.

The publisher's own table (`dep_id`, `site_name`, `dev_stat`, `commod1`...), a GeoJSON extract (`id`,
`development_status`, `commodity_desc`) and a compilation by Western Mining History (`Mine`, `MRDS`). Each
file is a reading of its own: where two of them hold the same site, they are two records of it, which the
number of the deposit proves. MRDS has not been updated since 2011 and its records have no date, so
that a "Producer" is one of its time and no mine known to work. Names that say only that there is none
("Unnamed Prospect") are not taken as names.
"""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.sources import assemble, files, places, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.limits import INGEST
from lithoscope.sources.mapping import Place

RECORD = SourceRecord(
    source_id="usgs_mrds",
    title="USA: Mineral Resources Data System",
    producer="US Geological Survey",
    citation="US Geological Survey (2005, updated to 2011): Mineral Resources Data System, Reston, Virginia",
    licence="US public domain",
    evidence="official",
    as_of="2011",
    url="https://mrdata.usgs.gov/mrds/",
)
COMPILED = replace(
    RECORD,
    title="USA: Mineral Resources Data System, California gold mines as compiled by Western Mining History",
    producer="US Geological Survey; compiled by westernmininghistory.com",
    licence="MRDS: US public domain; terms of the compilation are not stated",
)
EDITIONS: dict[str, dict[str, str]] = {
    "development_status": {
        "source_key": "id",
        "name": "name",
        "status_raw": "development_status",
        "commodities_raw": "commodity_desc",
        "admin1": "state",
    },
    "dev_stat": {
        "source_key": "dep_id",
        "name": "site_name",
        "status_raw": "dev_stat",
        "mine_kind_raw": "oper_type",
        "admin1": "state",
        "admin2": "county",
        "country_stated": "country",
        "lon": "longitude",
        "lat": "latitude",
    },
    "MRDS": {
        "source_key": "MRDS",
        "name": "Mine",
        "commodities_raw": "Commodity",
        "admin2": "County",
        "lon": "Longitude",
        "lat": "Latitude",
    },
}
"""The column that tells an edition -> its columns for fields."""
_COMMODITIES = ("commod1", "commod2", "commod3")
_NO_NAME = re.compile(r"(unnamed|unknown|unidentified|no name)\b")


def read(path: Path, *, progress: files.Progress | None = None) -> list[Reading]:
    """One reading for each file, mines only."""
    return [_read(each, progress) for each in files.tables_in(path, suffixes=(".csv", ".geojson", ".json"))]


def _read(path: Path, progress: files.Progress | None) -> Reading:
    table = files.open_table(path, progress=progress)
    mark = next((each for each in EDITIONS if each in table.columns), None)
    if mark is None:
        raise BadInput(
            "is no edition of MRDS that we know",
            "give mrds.csv of the USGS, or use the source 'table'",
            file=path.name,
        )
    columns = EDITIONS[mark]
    assemble.require(table, [columns["source_key"], columns["name"]])
    frame = assemble.filled(table)
    notes = Notes(RECORD.source_id, "mines")
    records = _records(frame, columns, notes)
    if mark == "MRDS":
        records = records.assign(admin1="California")
    notes.add_of_file(table.findings)
    record = COMPILED if mark == "MRDS" else RECORD
    return assemble.reading(record, [path], {"mines": records}, rows_read=len(frame), notes=[notes])


def _records(frame: pd.DataFrame, named: dict[str, str], notes: Notes) -> pd.DataFrame:
    raw = assemble.raw_json(frame.drop(columns=[name for name in files.GEOMETRY if name in frame]))
    frame = assemble.with_columns(frame, [*named.values(), *_COMMODITIES])
    place = Place(lon=named["lon"], lat=named["lat"]) if "lon" in named else Place()
    lon, lat, *_ = places.read(frame, place, notes, limits=INGEST)
    columns: dict[str, object] = {
        field: assemble.label(frame, column) if field.endswith("_raw") else assemble.text(frame, column)
        for field, column in named.items()
        if field not in ("lon", "lat", "source_key", "name")
    }
    columns.setdefault("country_stated", "United States")
    columns.setdefault(
        "commodities_raw", assemble.joined([assemble.text(frame, name) for name in _COMMODITIES])
    )
    columns |= {
        "source_key": assemble.unique_keys(assemble.text(frame, named["source_key"]), notes),
        "name": values.by_distinct(assemble.text(frame, named["name"]), _name).astype("str"),
        "lon": lon,
        "lat": lat,
        "raw": raw,
    }
    return assemble.records_frame(frame.index, columns)


def _name(text: str) -> str | None:
    return None if _NO_NAME.match(values.fold(text)) else text
