"""USA: dams whose purposes include tailings, from the National Inventory of Dams (NID).

Quirks: heights in feet, storage in acre-feet, and zero where a size or year is not known. The maximum
storage is the volume below the maximum attainable water level, so it is the capacity and never what is
held now; the normal storage, below the normal retention level, has no field of its own and stays in
`raw`. A position needs both coordinates: a row with one of them is without coordinates.
Every row is a dam that holds tailings, also among other purposes; codes of purpose and of construction
are kept as written. "Hazard potential" speaks of the consequence of a failure, never of the dam's
condition; N and U are no class. The file has no owner's name; `owner_type` is a code.
"""

from pathlib import Path

import pandas as pd

from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.sources import assemble, files, units, values
from lithoscope.sources.assemble import Notes

RECORD = SourceRecord(
    source_id="us_nid",
    title="USA: tailings dams in the National Inventory of Dams",
    producer="US Army Corps of Engineers",
    citation="US Army Corps of Engineers (2018): National Inventory of Dams; rows with purpose tailings",
    licence="US public domain",
    evidence="official",
    as_of="2018",
    url="https://nid.sec.usace.army.mil",
)
SYSTEM = "US NID hazard potential"
REQUIRED = ("nidid", "dam_name", "longitude", "latitude", "nid_height", "max_storage", "hazard")
OPTIONAL = (
    "county",
    "state",
    "owner_type",
    "dam_type",
    "purposes",
    "year_completed",
    "eap",
    "numseparatestructures",
)
OWNER_TYPES = {
    "F": "federal government",
    "S": "state government",
    "L": "local government",
    "U": "public utility",
    "P": "private",
}
"""Letters of the inventory's owner types; X and blank say nothing."""


def read(path: Path, *, progress: files.Progress | None = None) -> Reading:
    """Every row, one facility each."""
    chosen = files.tables_in(path, suffixes=(".csv",))[0]
    table = files.open_table(chosen, progress=progress)
    assemble.require(table, REQUIRED)
    frame = assemble.filled(table)
    notes = Notes(RECORD.source_id, "facilities")
    records = _records(frame, notes)
    notes.add_of_file(table.findings)
    return assemble.reading(RECORD, [chosen], {"facilities": records}, rows_read=len(frame), notes=[notes])


def _records(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    raw = assemble.raw_json(frame)
    frame = assemble.with_columns(frame, OPTIONAL)
    lon, lat = assemble.place(frame, "longitude", "latitude", notes=notes)

    def size(column: str, field: str, unit: str) -> pd.Series:
        factor = units.factor(unit)
        return assemble.number(frame, column, field=field, notes=notes, factor=factor, is_zero_missing=True)

    columns: dict[str, object] = {
        "source_key": assemble.unique_keys(assemble.text(frame, "nidid"), notes),
        "name": assemble.text(frame, "dam_name"),
        "ownership": values.by_distinct(frame["owner_type"], _ownership).astype("str"),
        "country_stated": "United States",
        "country_stated_iso3": "USA",
        "admin1": assemble.text(frame, "state"),
        "admin2": assemble.text(frame, "county"),
        "lon": lon,
        "lat": lat,
        "content": "tailings",
        "content_raw": assemble.label(frame, "purposes"),
        "structure_kind": "dam",
        "structure_kind_raw": assemble.label(frame, "dam_type"),
        "dam_height_m": size("nid_height", "dam_height_m", "ft"),
        "capacity_m3": size("max_storage", "capacity_m3", "acre-ft"),
        "year_start": assemble.year(frame, "year_completed", field="year_start", notes=notes),
        "consequence_class_raw": assemble.label(frame, "hazard"),
        "classification_system": SYSTEM,
        "has_emergency_plan": values.by_distinct(frame["eap"], {"Y": True, "N": False}.get).astype("boolean"),
        "raw": raw,
    }
    return assemble.records_frame(frame.index, columns)


def _ownership(letters: str) -> str | None:
    return "; ".join(OWNER_TYPES[letter] for letter in letters if letter in OWNER_TYPES) or None
