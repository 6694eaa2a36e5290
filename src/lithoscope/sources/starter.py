"""The starter register: facts of open publications, in our own columns, shipped in data/starter.

Four tables: `sources.csv` (one row per publisher's edition), `facilities.csv`, `mines.csv` and
`events.csv`. Each publisher is a Reading of its own, under the id that its full source has, so that a
record keeps its key, its labels and its corrections when the publisher's own file is loaded instead.
How the tables are made: data/starter/README.md.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import SITES, Layer
from lithoscope.domain.folders import DATA
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import EVENT_COLUMNS, Reading

RECORD = SourceRecord(
    source_id="starter",
    title="Starter register",
    producer="Lithoscope",
    citation="Lithoscope starter register: facts of open publications, each record naming its own source",
    licence="facts only; the licence of each source stands in its own record",
    evidence="official",
    note="Each record names its publisher as its source.",
)
FILES = ("sources", "facilities", "mines", "events")
NUMBERS = ("year", "released_volume_m3", "runout_km", "deaths")
"""Columns of events that are numbers."""
FACILITY_SOURCE = "facility_source_id"
"""In events.csv: the source whose record the event happened to; `source_id` is the source of the event."""


def read(
    path: Path | None = None, *, progress: Callable[[int, int | None], None] | None = None
) -> list[Reading]:
    """One Reading per publisher, in the order of sources.csv.

    path: folder with the four tables; None for the one shipped with Lithoscope.
    Raises BadInput for a table that is missing or holds a column or value that is not a field's, and
    for a record or event of an unknown source or facility.
    """
    folder = path or DATA / "starter"
    tables = {name: _table(folder / f"{name}.csv") for name in FILES}
    records = {layer: _typed(tables[layer], layer, folder / f"{layer}.csv") for layer in SITES}
    sources = _sources(tables["sources"], folder / "sources.csv")
    _check(records, tables["events"], set(sources), folder)
    readings = [_reading(source, records, tables["events"]) for source in sources.values()]
    if progress is not None:
        total = sum(reading.rows_read for reading in readings)
        progress(total, total)
    return readings


def _table(path: Path) -> pd.DataFrame:
    """A table as text; blanks are missing."""
    if not path.is_file():
        raise BadInput("does not exist", "give a folder with " + ", ".join(FILES), file=str(path))
    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadInput(str(error), "save the table as UTF-8 CSV", file=path.name) from error


def _typed(table: pd.DataFrame, layer: Layer, path: Path) -> pd.DataFrame:
    """The table with each column in the dtype of its field."""
    known = {each.name for each in fields.of_layer(layer)}
    if unknown := [name for name in table.columns if name not in known]:
        raise BadInput("is not a field", "see the data dictionary", file=path.name, column=unknown[0])
    for name in table.columns:
        kind = fields.field(name).dtype
        try:
            if kind in ("number", "integer"):
                table[name] = pd.to_numeric(table[name]).astype(fields.PANDAS[kind])
            elif kind == "boolean":
                table[name] = table[name].map({"true": True, "false": False}).astype("boolean")
        except (ValueError, TypeError) as error:
            raise BadInput(str(error), f"give {kind} values", file=path.name, column=name) from error
    return table


def _sources(table: pd.DataFrame, path: Path) -> dict[str, SourceRecord]:
    records = {}
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        try:
            record = SourceRecord(**{key: value for key, value in row.items() if value is not None})
        except TypeError as error:  # a column too many, or a required one without a value
            raise BadInput(str(error), "give the columns of a source record", file=path.name) from error
        records[record.source_id] = record
    return records


def _check(records: dict[Layer, pd.DataFrame], events: pd.DataFrame, sources: set[str], folder: Path) -> None:
    """Every record and event names a source of the list, every event a facility; keys are unique."""
    for layer, table in records.items():
        _known(table["source_id"], sources, folder / f"{layer}.csv", "source_id")
        again = table.duplicated(["source_id", "source_key"])
        if again.any():
            row = int(again.to_numpy().argmax())
            raise BadInput(
                "the key occurs twice", "give each record a key", file=f"{layer}.csv", row=row + 2,
                value=table["source_key"].iloc[row],
            )  # fmt: skip
    _known(events["source_id"], sources, folder / "events.csv", "source_id")
    facilities = records["facilities"]
    keys = set(facilities["source_id"] + ":" + facilities["source_key"])
    _known(events[FACILITY_SOURCE] + ":" + events["source_key"], keys, folder / "events.csv", "source_key")


def _known(values: pd.Series, allowed: set[str], path: Path, column: str) -> None:
    bad = ~values.isin(allowed)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise BadInput(
            "is not known", "name one that the tables hold", file=path.name, row=row + 2, column=column,
            value=values.iloc[row],
        )  # fmt: skip


def _reading(source: SourceRecord, records: dict[Layer, pd.DataFrame], events: pd.DataFrame) -> Reading:
    mine: dict[Layer, pd.DataFrame] = {}
    for layer, table in records.items():
        rows = table[table["source_id"] == source.source_id].drop(columns="source_id")
        if len(rows):
            mine[layer] = rows.dropna(axis="columns", how="all").reset_index(drop=True)
    happened = events[events[FACILITY_SOURCE] == source.source_id].reset_index(drop=True)
    happened = happened.reindex(columns=[*EVENT_COLUMNS, "source_key"])
    for name in NUMBERS:
        happened[name] = pd.to_numeric(happened[name])
    return Reading(
        source=source,
        records=mine,
        rows_read=sum(len(table) for table in mine.values()),
        events=happened,
    )
