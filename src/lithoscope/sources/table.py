"""Any table or layer of points or shapes: columns become fields by a mapping, given or proposed.

Nothing is certain of such a file but what it says itself: its evidence is "unverified" unless the mapping
states another. Rows are read in chunks, so that a file of hundreds of megabytes needs little memory.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lithoscope.domain import fields, reference
from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.domain.text import N_, folded
from lithoscope.sources import assemble, files, places, quantities, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.limits import INGEST, Limits
from lithoscope.sources.mapping import Mapping, load
from lithoscope.sources.proposal import propose

__all__ = ["RECORD", "load", "propose", "read", "rows_to_records"]

RECORD = SourceRecord(
    source_id="table",
    title="A table given by its user",
    producer="not stated",
    citation="not stated",
    licence=N_("not stated"),
    evidence="unverified",
)
LAYER_GUESSED = N_("the table does not say whether it lists tailings facilities or mines; taken as")
NO_NAME = N_("the row has no name; the site is listed by its id")
SAME_NAME = N_("another row near by has the same name, likely the same site twice; both are kept; its row")
LABELS = frozenset(each.name for each in fields.FIELDS if each.raw_of or each.name.endswith("_raw"))
_YEARS = frozenset(["year_start", "year_end"])


def read(
    path: Path,
    mapping: Mapping | None = None,
    *,
    progress: files.Progress | None = None,
    limits: Limits = INGEST,
) -> Reading:
    """Every row of the table as a record of the mapping's layer; the proposed mapping if none is given.

    Raises BadInput for a file without rows and for a column of the mapping that the file lacks.
    """
    chosen = _only(path)
    plan = mapping if mapping is not None else propose(chosen, limits=limits)
    table = files.open_table(
        chosen, sheet=plan.sheet, header_row=plan.header_row, limits=limits, progress=progress
    )
    _require(table, plan)
    notes = Notes(RECORD.source_id, plan.layer)
    parts = [rows_to_records(chunk, plan, notes, limits=limits) for chunk in table.chunks()]
    if not parts:
        raise BadInput("the table has headings but no rows", "check the export", file=chosen.name)
    records = pd.concat(parts)
    _names(records, plan, notes)
    records["source_key"] = assemble.unique_keys(records["source_key"], notes)
    records = assemble.records_frame(records.index, {name: records[name] for name in records.columns})
    notes.add_of_file(table.findings)
    if plan.layer_guessed:
        notes.add(
            [None], field=None, code="layer_guessed", value=plan.layer,
            reason=f"{LAYER_GUESSED}: {plan.layer}",
            remedy=N_("state the layer in a mapping"),
        )  # fmt: skip
    record = replace(RECORD, **{key: text for key, text in plan.source.model_dump().items() if text})
    if not plan.source.title:
        record = replace(record, title=chosen.name)
    return assemble.reading(record, [chosen], {plan.layer: records}, rows_read=len(records), notes=[notes])


def _require(table: files.Table, plan: Mapping) -> None:
    """Raise BadInput for the first column of the mapping that the table lacks."""
    wanted = {"key": plan.key} | {f"place: {name}": name for name in plan.place.columns()}
    wanted |= {name: column.column for name, column in plan.fields.items()}
    for name, column in wanted.items():
        if column is not None and column not in table.columns:
            raise BadInput(
                f"the column is missing, which the mapping names for {name}; "
                f"the file has {', '.join(table.columns[:8])}",
                "correct the mapping; a text that holds for all rows stands under constants: {FIELD: TEXT}",
                file=table.file,
                row=table.header_row,
                column=column,
            )


def _names(records: pd.DataFrame, plan: Mapping, notes: Notes) -> None:
    """Note rows without a name, where the table has names, and rows that likely repeat another."""
    if "name" not in plan.fields:
        return
    unnamed = records.index[records["name"].isna()]
    if 2 * len(unnamed) <= len(records):  # else having no name is nothing odd
        notes.add(
            unnamed, field="name", code="empty", value=None, reason=NO_NAME, remedy=N_("give the site a name")
        )
    again = _repeated(records)
    notes.add(
        again.index,
        field="name",
        code="duplicate_id",
        value=records.loc[again.index, "name"],
        reason=f"{SAME_NAME}: " + again.astype("str"),
        remedy=N_("remove one of the rows if they are one site; else give each a name of its own"),
    )


def _repeated(records: pd.DataFrame) -> pd.Series:
    """Row -> an earlier row with the same name near by and another key, among rows with a place."""
    limit = reference.load("plausibility").rows.set_index("rule").loc["same_name", "high"]
    named = records[records["name"].notna() & records["lon"].notna() & records["lat"].notna()]
    named = named.assign(name=folded(named["name"]))
    named = named[named["name"].duplicated(keep=False)]
    found: dict[int, int] = {}
    for axis in ("lat", "lon"):  # near ones are neighbours in one of the two orders
        ordered = named.sort_values(["name", axis], kind="stable")
        one, two = ordered.iloc[:-1], ordered.iloc[1:]
        is_same = one["name"].to_numpy() == two["name"].to_numpy()
        is_same &= one["source_key"].isna().to_numpy() | (
            one["source_key"].to_numpy() != two["source_key"].to_numpy()
        )
        north_km = 111.2 * (two["lat"].to_numpy() - one["lat"].to_numpy())
        east_km = 111.2 * (two["lon"].to_numpy() - one["lon"].to_numpy())
        near = is_same & (np.hypot(north_km, east_km * np.cos(np.radians(one["lat"].to_numpy()))) <= limit)
        pairs = np.sort(np.stack([one.index[near], two.index[near]]), axis=0)
        for first, second in pairs.T.tolist():
            found[second] = min(first, found.get(second, first))
    return pd.Series(found, dtype="int64").sort_index()


def _only(path: Path) -> Path:
    """The file itself, or the only readable table of a folder."""
    if not path.is_dir():
        return files.checked(path)
    found = files.tables_in(
        path, suffixes=(".csv", ".tsv", ".xlsx", ".gpkg", ".geojson", ".json", ".parquet", ".fgb", ".zip")
    )
    if len(found) > 1:
        raise BadInput(f"the folder holds {len(found)} tables", "name one of them", file=path.name)
    return found[0]


def rows_to_records(
    frame: pd.DataFrame, plan: Mapping, notes: Notes, *, limits: Limits = INGEST
) -> pd.DataFrame:
    """Records of one chunk, indexed by row; source_key may still be missing or repeated."""
    known = {each.name for each in fields.of_layer(plan.layer)}
    columns: dict[str, object] = {name: text for name, text in plan.constants.items() if name in known}
    lon, lat, area, shape = places.read(frame, plan.place, notes, limits=limits)
    if area is not None and "footprint_m2" not in plan.fields:
        columns["footprint_m2"] = area
    columns |= {"lon": lon, "lat": lat}
    for name, column in plan.fields.items():
        if name in known and name not in ("lon", "lat", "source_key"):
            columns |= _values(frame, name, column.column, plan, notes)
    for name, column in plan.fields.items():
        if name in columns and name in known:
            height = columns.get("dam_height_m")
            quantities.suspect_small(
                columns[name], frame[column.column], name, notes=notes,
                unit=column.unit or column.unknown_unit,
                height_m=height if isinstance(height, pd.Series) else None,
            )  # fmt: skip
    key = plan.key or (plan.fields["source_key"].column if "source_key" in plan.fields else None)
    columns["source_key"] = (
        values.without_blanks(frame[key])
        if key is not None
        else pd.Series(None, index=frame.index, dtype="str")
    )
    columns["raw"] = assemble.raw_json(_written(frame, shape), without=set(plan.without))
    return pd.DataFrame(columns, index=frame.index)


def _written(frame: pd.DataFrame, shape: pd.Series | None) -> pd.DataFrame:
    """The columns as written; a shape that is no point stands as text in `geometry`."""
    plain = frame.drop(columns=[name for name in files.GEOMETRY if name in frame])
    if shape is not None and shape.notna().any():
        plain = plain.assign(**{"geometry" if "geometry" not in plain else "geometry (WKT)": shape})
    return plain


def _values(frame: pd.DataFrame, name: str, column: str, plan: Mapping, notes: Notes) -> dict[str, object]:
    """The field's values, and those of a second field where one column fills two."""
    field = fields.field(name)
    cells = frame[column]
    if name in _YEARS:
        return {name: assemble.year(frame, column, field=name, notes=notes)}
    if name == "par_persons":
        return {name: assemble.number(frame, column, field=name, notes=notes, decimal=plan.decimal),
                "par_raw": assemble.label(frame, column)}  # fmt: skip
    if name == "oversight":
        return {name: values.by_distinct(cells, _oversight).astype("str")}
    if field.dtype == "boolean":
        return {name: assemble.yes_no(frame, column, field=name, notes=notes)}
    if field.dtype == "date":
        return {name: assemble.date(frame, column, field=name, notes=notes, order=plan.date_order)}
    if field.dtype in ("number", "integer"):
        given = plan.fields[name]
        found = quantities.read(
            cells, name, notes=notes, decimal=plan.decimal, unit=given.unit, unknown_unit=given.unknown_unit
        )
        return {name: quantities.counts(found, cells, name, notes) if field.dtype == "integer" else found}
    return {name: assemble.label(frame, column) if name in LABELS else assemble.text(frame, column)}


def _oversight(text: str) -> str | None:
    """internal, external or both, from the answers that companies give."""
    folded = values.fold(text)
    inside = any(word in folded for word in ("intern", "in house", "in-house", "inhouse"))
    outside = any(word in folded for word in ("extern", "consult", "third party"))
    if "both" in folded or (inside and outside):
        return "both"
    return "internal" if inside else "external" if outside else None
