"""Columns as read -> a Reading: findings, raw JSON, unique keys, and the same checks for every source."""

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import SITES, Layer
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import FINDING_COLUMNS, Reading
from lithoscope.domain.text import N_
from lithoscope.sources import files, values
from lithoscope.sources.values import DateOrder, Decimal

_escaped = json.encoder.encode_basestring
NOT_A_NUMBER = (
    N_("is not a number; the value is missing, the text is kept as written"),
    N_("give a plain number"),
)
NO_PLACE = (
    N_("the coordinates do not parse; the place is missing, the text is kept as written"),
    N_("give decimal degrees, or degrees, minutes and seconds"),
)


FILE_STEP = 10**9
"""Rows of a source's second file are numbered from here on while reading, of its third from twice that."""


def of_file(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """The rows of a source's file `number` (from 0), so numbered that no row of another has the number."""
    return frame.set_axis(frame.index + number * FILE_STEP)


class Notes:
    """Findings on one source's rows, collected while reading."""

    def __init__(self, source_id: str, layer: Layer) -> None:
        self.source_id, self.layer = source_id, layer
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        rows: pd.Index | pd.Series | list[int | None],
        *,
        field: str | None,
        code: str,
        value: object,
        reason: object,
        remedy: str,
    ) -> None:
        """One finding per row; value and reason are one text for all rows or one per row."""
        if len(rows):
            columns = {
                "source": self.source_id,
                "row": pd.array(list(rows), dtype="Int64"),
                "layer": self.layer,
            }
            texts = {"field": field, "code": code, "value": value, "reason": reason, "remedy": remedy}
            self._parts.append(pd.DataFrame(columns | {name: _plain(text) for name, text in texts.items()}))

    def add_of_file(self, findings: Iterable[dict], number: int = 0) -> None:
        """The findings of a `files.Table`, the source's file `number` (see `of_file`)."""
        for each in findings:
            row = None if each["row"] is None else each["row"] + number * FILE_STEP
            self.add([row], **{key: item for key, item in each.items() if key != "row"})

    def frame(self) -> pd.DataFrame:
        """All findings, in the order of the rows."""
        return findings_frame(self._parts)


def _plain(text: object) -> object:
    return text.astype("object").to_numpy() if isinstance(text, pd.Series) else text


def findings_frame(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """FINDING_COLUMNS, by row; empty without parts."""
    if not parts:
        return pd.DataFrame(
            {name: pd.Series(dtype="Int64" if name == "row" else "str") for name in FINDING_COLUMNS}
        )
    whole = pd.concat([part.astype({"row": "Int64"}) for part in parts], ignore_index=True)
    texts = {name: "str" for name in FINDING_COLUMNS if name != "row"}
    return whole[list(FINDING_COLUMNS)].astype(texts).sort_values("row", kind="stable", ignore_index=True)


def require(table: files.Table, columns: Iterable[str]) -> None:
    """Raise BadInput for the first column that the table lacks."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise BadInput(
            f"the column is missing; the file has {', '.join(table.columns[:6])}...",
            "check that this is the publisher's file, or read it with the source 'table'",
            file=table.file,
            row=table.header_row,
            column=missing[0],
        )


def with_columns(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The frame with columns that an edition may lack, empty."""
    return frame.reindex(columns=[*dict.fromkeys([*frame.columns, *names])]).astype("str")


def filled(table: files.Table) -> pd.DataFrame:
    """All rows of the table; BadInput if it has none."""
    frame = table.frame()
    if frame.empty:
        raise BadInput("the table has headings but no rows", "check the download", file=table.file)
    return frame


def text(frame: pd.DataFrame, column: str) -> pd.Series:
    """A text column, stripped, missing where the source says only that it is not known."""
    return values.without_blanks(frame[column])


def label(frame: pd.DataFrame, column: str) -> pd.Series:
    """A label as the source writes it, stripped; missing where the cell is empty or a dash."""
    return values.labels(frame[column])


def joined(columns: list[pd.Series], separator: str = "; ") -> pd.Series:
    """The texts of several columns in one; missing where all are."""
    cells = zip(*(column.astype("object").where(column.notna(), None) for column in columns), strict=True)
    texts = [separator.join(cell for cell in row if cell) or None for row in cells]
    return pd.Series(texts, index=columns[0].index, dtype="str")


def number(
    frame: pd.DataFrame,
    column: str,
    *,
    field: str,
    notes: Notes,
    decimal: Decimal = ".",
    factor: float = 1.0,
    is_zero_missing: bool = False,
) -> pd.Series:
    """Numbers times `factor`, float64. Text in a cell: missing, finding not_a_number."""
    found, bad = values.numbers(frame[column], decimal=decimal)
    _bad_value(frame[column], bad, field, notes)
    if is_zero_missing:
        found = found.where(found != 0)
    return found * factor


def year(frame: pd.DataFrame, column: str, *, field: str, notes: Notes) -> pd.Series:
    """Years, Int64; zero is missing. A cell that names none or several: missing, finding not_a_number."""
    found, bad = values.years(frame[column])
    zero = values.by_distinct(frame[column], lambda cell: values.parse_number(cell, ".") == 0).fillna(
        value=False
    )
    _bad_value(frame[column], bad & ~zero.astype(bool), field, notes)
    return found


def date(frame: pd.DataFrame, column: str, *, field: str, notes: Notes, order: DateOrder) -> pd.Series:
    """ISO 8601 dates. A cell that is no date: missing, finding unknown_value."""
    found, bad = values.dates(frame[column], order=order)
    cells = frame[column]
    notes.add(
        cells.index[bad],
        field=field,
        code="unknown_value",
        value=cells[bad],
        reason=N_("is not a date; the value is missing, the text is kept as written"),
        remedy=N_("give year-month-day"),
    )
    return found


def yes_no(frame: pd.DataFrame, column: str, *, field: str, notes: Notes) -> pd.Series:
    """Yes and no, nullable. A cell that says neither: missing, finding unknown_value."""
    found, bad = values.booleans(frame[column])
    cells = frame[column]
    notes.add(
        cells.index[bad],
        field=field,
        code="unknown_value",
        value=cells[bad],
        reason=N_("says neither yes nor no; the value is missing, the text is kept as written"),
        remedy=N_("give yes or no"),
    )
    return found


def place(frame: pd.DataFrame, lon: str, lat: str, *, notes: Notes) -> tuple[pd.Series, pd.Series]:
    """Longitude and latitude, both missing unless both parse; finding bad_coordinates where one does not."""
    x, bad_x = values.angles(frame[lon])
    y, bad_y = values.angles(frame[lat])
    for found, bad, name, field in ((x, bad_x, lon, "lon"), (y, bad_y, lat, "lat")):
        cells = frame[name]
        notes.add(
            cells.index[bad],
            field=field,
            code="bad_coordinates",
            value=cells[bad],
            reason=NO_PLACE[0],
            remedy=NO_PLACE[1],
        )
        carried = found.notna() & values.is_carried(cells)
        notes.add(
            cells.index[carried],
            field=field,
            code="bad_coordinates",
            value=cells[carried],
            reason=N_("minutes or seconds of 60 and more were carried over; the place may be off by some"),
            remedy=N_("check the coordinates with the publisher"),
        )
    both = x.notna() & y.notna()
    return x.where(both), y.where(both)


def _bad_value(cells: pd.Series, bad: pd.Series, field: str, notes: Notes) -> None:
    notes.add(
        cells.index[bad],
        field=field,
        code="not_a_number",
        value=cells[bad],
        reason=NOT_A_NUMBER[0],
        remedy=NOT_A_NUMBER[1],
    )


def raw_json(
    frame: pd.DataFrame, *, without: Collection[str] = (), extra: dict[str, str] | None = None
) -> pd.Series:
    """Every column of each row as JSON, `without` those with personal data; a blank cell is null."""
    names = [name for name in frame.columns if name not in without]
    fixed = {key: _escaped(text) for key, text in (extra or {}).items()}
    pairs = [_escaped(name).replace("%", "%%") + ":%s" for name in names]
    pairs += [f"{_escaped(key)}:{text}".replace("%", "%%") for key, text in fixed.items()]
    template = "{" + ",".join(pairs) + "}"
    columns = [
        [
            "null" if cell is None else _escaped(cell)
            for cell in frame[name].astype("object").where(frame[name].notna(), None)
        ]
        for name in names
    ]
    rows = zip(*columns, strict=True) if columns else (() for _ in range(len(frame)))
    return pd.Series([template % row for row in rows], index=frame.index, dtype="str")


def unique_keys(keys: pd.Series, notes: Notes) -> pd.Series:
    """Keys made unique: a missing one becomes `row-N`, a repeated one gets `#2`, `#3` and a finding."""
    blank = keys.isna()
    rows = pd.Series((keys.index % FILE_STEP).astype(str), index=keys.index)
    keys = keys.where(~blank, "row-" + rows).astype("str")
    repeat = keys.groupby(keys.to_numpy(), sort=False).cumcount().to_numpy()
    again = repeat > 0
    notes.add(
        keys.index[again],
        field="source_key",
        code="duplicate_id",
        value=keys[again],
        reason=N_("another row has the same key; both are kept, this one with a number behind its key"),
        remedy=N_("give each record a key of its own"),
    )
    if not again.any():
        return keys
    numbered = keys.where(~again, keys + "#" + pd.Series((repeat + 1).astype(str), index=keys.index))
    if numbered.is_unique:
        return numbered
    return keys.where(~again, keys + "#row-" + rows)


def records_frame(index: pd.Index, columns: dict[str, object]) -> pd.DataFrame:
    """Records with `source_row` from the index; a scalar stands for every row. The index becomes 0..n-1."""
    rows = pd.Series(np.asarray(index), index=index)
    return (
        pd.DataFrame({"source_row": rows} | columns, index=index)
        .astype({"source_row": "Int64"})
        .reset_index(drop=True)
    )


def reading(
    record: SourceRecord,
    paths: list[Path],
    records: dict[Layer, pd.DataFrame],
    *,
    rows_read: int,
    notes: Iterable[Notes],
    refused: Iterable[Notes] = (),
    out_of_scope: Iterable[Notes] = (),
    events: pd.DataFrame | None = None,
) -> Reading:
    """The Reading of these files, after checking that every row is accounted for.

    Rows numbered by `of_file` get back the numbers of their files. Two files share row numbers: findings of
    several files have the key of their record, where there is one, in a further column `source_key`.
    """
    lists = [
        findings_frame([part for each in group for part in each._parts])
        for group in (notes, refused, out_of_scope)
    ]
    accepted = sum(len(frame) for frame in records.values())
    accounted = accepted + len(lists[1]) + len(lists[2])
    if accounted != rows_read:
        raise AssertionError(f"{record.source_id}: {rows_read} rows read, {accounted} accounted for")
    source = replace(record, file="; ".join(sorted(path.name for path in paths)), sha256=files.sha256(paths))
    whole = {layer: records[layer] for layer in SITES if layer in records}
    findings = _with_keys(lists[0], whole) if len(paths) > 1 else lists[0]
    findings, *outside = (each.assign(row=each["row"] % FILE_STEP) for each in (findings, *lists[1:]))
    return Reading(
        source=source,
        records={
            layer: each.assign(source_row=each["source_row"] % FILE_STEP) for layer, each in whole.items()
        },
        rows_read=rows_read,
        events=pd.DataFrame() if events is None else events,
        findings=findings,
        refused=outside[0],
        out_of_scope=outside[1],
    )


def _with_keys(findings: pd.DataFrame, records: dict[Layer, pd.DataFrame]) -> pd.DataFrame:
    """Findings with the `source_key` of the record that their row became; missing where it became none."""
    keys = {
        layer: pd.Series(each["source_key"].to_numpy(), index=each["source_row"].to_numpy())
        for layer, each in records.items()
    }
    found = pd.Series(None, index=findings.index, dtype="str")
    for layer, key in keys.items():
        here = findings["layer"].eq(layer)
        alone = key[~key.index.duplicated(keep=False)]
        found[here] = findings.loc[here, "row"].map(alone).astype("str")
    return findings.assign(source_key=found)
