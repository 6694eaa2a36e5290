"""Canada: abandoned mine openings of Quebec, several of them at one mine; each opening is a record.

The file has no key and does not name its source, so that its evidence is "unverified": its words are those
of the Quebec government's list of abandoned mines. The key is the mine's name with a running number.
`last_year` is text such as `1940.0`; commodities are in English, all else in French.
"""

import re
from pathlib import Path

import pandas as pd

from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.domain.text import N_
from lithoscope.sources import assemble, files, places, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.limits import INGEST
from lithoscope.sources.mapping import Place

RECORD = SourceRecord(
    source_id="quebec_mines",
    title="Canada: abandoned mine openings in Quebec",
    producer="not stated; by its words the Quebec ministry of natural resources",
    citation="Abandoned mines of Quebec, file mines.geojson as copied by a student project",
    licence=N_("not stated"),
    evidence="unverified",
)
REQUIRED = ("name", "category", "status", "commodity", "last_year")


def read(path: Path, *, progress: files.Progress | None = None) -> Reading:
    """Every opening, one mine record each."""
    chosen = files.tables_in(path, suffixes=(".geojson", ".json", ".csv", ".gpkg"))[0]
    table = files.open_table(chosen, progress=progress)
    assemble.require(table, REQUIRED)
    frame = assemble.filled(table)
    notes = Notes(RECORD.source_id, "mines")
    name = assemble.text(frame, "name")
    place = Place() if "geometry:lon" in frame else Place(lon="longitude", lat="latitude")
    lon, lat, *_ = places.read(frame, place, notes, limits=INGEST)
    columns: dict[str, object] = {
        "source_key": _keys(name),
        "name": name,
        "country_stated": "Canada",
        "country_stated_iso3": "CAN",
        "admin1": "Québec",
        "lon": lon,
        "lat": lat,
        "status_raw": assemble.label(frame, "status"),
        "year_end": assemble.year(frame, "last_year", field="year_end", notes=notes),
        "commodities_raw": assemble.label(frame, "commodity"),
        "features_raw": assemble.label(frame, "category"),
        "features_count": pd.Series(1, index=frame.index, dtype="Int64"),
        "raw": assemble.raw_json(frame.drop(columns=[each for each in files.GEOMETRY if each in frame])),
    }
    records = assemble.records_frame(frame.index, columns)
    notes.add_of_file(table.findings)
    return assemble.reading(RECORD, [chosen], {"mines": records}, rows_read=len(frame), notes=[notes])


def _keys(names: pd.Series) -> pd.Series:
    """The mine's name in plain letters and the number of the opening among those of that name."""
    plain = values.by_distinct(
        names.fillna("mine"), lambda text: re.sub(r"[^a-z0-9]+", "-", values.fold(text)).strip("-")
    )
    number = plain.groupby(plain.to_numpy(), sort=False).cumcount() + 1
    return plain.astype("str") + "-" + number.astype("str")
