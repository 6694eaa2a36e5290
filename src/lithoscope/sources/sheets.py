"""Workbooks: one sheet -> text columns. Runs in the child process of `reader_child.py`.

The sheet is the one named, else the visible one whose headings are recognised best, the first of equals.
The row of headings is found by content (a preamble above it is skipped); a heading that is merged across
several columns becomes the beginning of their names. Hidden columns are read like the others.
"""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.sources import delimited, headings
from lithoscope.sources.limits import Limits

_LOOKS_GROUPED = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_HEAD_ROWS = 40
_LONGEST_GROUP = 60
_CHUNK = 20_000


def read(
    copy: Path, result: Path, *, sheet: str | None, header_row: int | None, limits: Limits
) -> dict[str, Any]:
    """Write the rows of one sheet to `result`; the answer names its columns, sheet and row of headings."""
    try:
        book = CalamineWorkbook.from_path(str(copy))
    except (CalamineError, OSError, ValueError) as error:
        raise BadInput(
            f"is not a whole workbook ({error})", "open it in a spreadsheet and save it again"
        ) from error
    names = [
        each.name
        for each in book.sheets_metadata
        if each.typ == SheetTypeEnum.WorkSheet
        and (each.visible == SheetVisibleEnum.Visible or each.name == sheet)
    ]
    if sheet is not None and sheet not in names:
        raise BadInput("there is no sheet of that name", f"use one of: {', '.join(names)}", value=sheet)
    chosen = sheet if sheet is not None else _best(book, names)
    table = _sheet(book, chosen)
    head = _head(table)
    number = header_row if header_row is not None else delimited.header_of(head)
    if number is None or number > len(head):
        raise BadInput(
            "there is no row of headings", "give a sheet with headings above its rows", value=chosen
        )
    cells, data_from = _headings(table, head, number)
    columns = delimited.column_names(cells, file=copy.name, limits=limits)
    rows = _write(table, result, columns, data_from, limits)
    return {"columns": columns, "header_row": data_from - 1, "sheet": chosen, "sheets": names, "rows": rows}


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, ValueError) as error:
        raise BadInput(
            f"the sheet cannot be read ({error})", "save the workbook again", value=name
        ) from error


def _best(book: CalamineWorkbook, names: list[str]) -> str:
    if not names:
        raise BadInput("the workbook has no visible sheet", "unhide the sheet or name it in a mapping")

    def score(name: str) -> tuple[int, int]:
        head = _head(_sheet(book, name))
        number = delimited.header_of(head)
        return (headings.recognised(head[number - 1]), 1) if number is not None else (0, 0)

    return max(names, key=score) if len(names) > 1 else names[0]


def _head(table: CalamineSheet) -> list[list[str]]:
    """The first rows as text, in the rows and columns that a spreadsheet shows."""
    left = (table.start or (0, 0))[1]
    rows: list[list[str]] = []
    for row in _rows(table):
        rows.append([""] * left + [text(cell) or "" for cell in row])
        if len(rows) == _HEAD_ROWS:
            break
    return rows


def _rows(table: CalamineSheet) -> Any:
    """Rows from the first row of the sheet on; empty ones above the first cell are made up."""
    for _ in range((table.start or (0, 0))[0]):
        yield []
    yield from table.iter_rows()


def _headings(table: CalamineSheet, head: list[list[str]], number: int) -> tuple[list[str], int]:
    """Names of the columns and the first row of data (from 1); merged cells name all columns they span."""
    cells = [" ".join(cell.split()) for cell in head[number - 1]]
    above = list(head[number - 2]) if number > 1 else []
    is_group_row, has_group_above = False, False
    for (top, left), (bottom, right) in table.merged_cell_ranges or []:
        if right > left and top == bottom == number - 1 and right - left < len(cells) - 1:
            is_group_row = True
            for place in range(left, min(right, len(cells) - 1) + 1):
                cells[place] = cells[left]
        elif right > left and top == bottom == number - 2 and _is_group(above, left, right, len(cells)):
            has_group_above = True
            for place in range(left, min(right, len(above) - 1) + 1):
                above[place] = above[left]
    if is_group_row and number < len(head):
        below = head[number] + [""] * (len(cells) - len(head[number]))
        cells += [""] * (len(below) - len(cells))
        return [_two(upper, lower) for upper, lower in zip(cells, below, strict=True)], number + 2
    if has_group_above:
        above += [""] * (len(cells) - len(above))
        return [
            _two(upper, lower) for upper, lower in zip(above[: len(cells)], cells, strict=True)
        ], number + 1
    return cells, number + 1


def _is_group(above: list[str], left: int, right: int, width: int) -> bool:
    """Whether a merged cell above the headings names some of them, and is no sentence of a preamble."""
    return left < len(above) and len(above[left]) <= _LONGEST_GROUP and right - left < width - 1


def _two(upper: str, lower: str) -> str:
    return f"{upper}: {lower}" if upper.strip() and lower.strip() and upper != lower else lower or upper


def text(cell: object) -> str | None:
    """A cell as text: whole numbers without a point, dates in ISO form, missing if empty.

    A number like 123.456 gets a zero behind it, so that no reader takes its point for a thousands mark.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        written = repr(cell)
        return f"{written}0" if _LOOKS_GROUPED.fullmatch(written) else written
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return str(cell)


def _write(table: CalamineSheet, result: Path, columns: list[str], data_from: int, limits: Limits) -> int:
    names = [delimited.SOURCE_ROW, *columns]
    schema = pa.schema(
        [(name, pa.int64() if place == 0 else pa.string()) for place, name in enumerate(names)]
    )
    left = (table.start or (0, 0))[1]
    written = 0
    with pa.OSFile(str(result), "wb") as sink, pa.ipc.new_stream(sink, schema) as stream:
        batch: list[list[Any]] = []
        for number, row in enumerate(_rows(table), start=1):
            if number < data_from or not any(cell not in ("", None) for cell in row):
                continue
            if number > limits.rows:
                raise UnsafeFile(f"the sheet has over {limits.rows} rows", "split it, or give it as CSV")
            cells = [None] * left + [text(cell) for cell in row]
            cells = (cells + [None] * len(columns))[: len(columns)]
            batch.append([number, *cells])
            if len(batch) == _CHUNK:
                written += _flush(stream, batch, schema)
                batch = []
        written += _flush(stream, batch, schema) if batch else 0
    return written


def _flush(stream: Any, batch: list[list[Any]], schema: pa.Schema) -> int:
    arrays = [
        pa.array(column, kind.type) for column, kind in zip(zip(*batch, strict=True), schema, strict=True)
    ]
    stream.write_batch(pa.record_batch(arrays, schema=schema))
    return len(batch)
