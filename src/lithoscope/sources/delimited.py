"""Text tables (CSV and its kin) as a stream: encoding, separator and row of headings are found by content."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.domain.text import N_
from lithoscope.sources.limits import MIB, Limits

CHUNK_ROWS = 20_000
SEPARATORS = (",", ";", "\t", "|")
EXTRA = "cells beyond the headings"
"""Column that keeps the cells of a row that has more of them than there are headings."""
SOURCE_ROW = "source row"
GEOMETRY = ("geometry:lon", "geometry:lat", "geometry:area_m2", "geometry:wkt")
"""Columns that stand for the geometry of a row read from a vector format."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_END = "\x00end of the text\x00"
"""A line behind the last one: a quote that is never closed swallows it."""
_UNDECODED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


@dataclass
class Layout:
    """How a text table is written.

    is_mixed: some rows are UTF-8, others of the fallback encoding. newline: as `open` takes it; None where
    rows end in a carriage return alone.
    """

    encoding: str
    separator: str
    header_row: int
    columns: list[str]
    is_mixed: bool = False
    newline: str | None = ""
    findings: list[dict[str, Any]] = field(default_factory=list)


def layout_of(path: Path, *, header_row: int | None, known_encoding: str | None, limits: Limits) -> Layout:
    """Encoding, separator and headings of a text table; BadInput if it has no table."""
    encoding, is_mixed, findings = _encoding_of(path, known_encoding)
    csv.field_size_limit(limits.cell_chars)
    try:
        with _text(path, encoding) as stream:
            sample = _decoded(stream.read(262_144))
    except UnicodeDecodeError as error:
        raise BadInput(f"is no whole {encoding.upper()} text", "save it as UTF-8", file=path.name) from error
    newline = None if "\r" in sample and "\n" not in sample else ""
    sample = sample if newline is not None else sample.replace("\r", "\n")
    separator = _separator_of(sample)
    try:
        head = [
            row
            for _, row in zip(range(200), csv.reader(io.StringIO(sample), delimiter=separator), strict=False)
        ]
    except csv.Error as error:
        raise BadInput(str(error), "check the quotes of the first rows", file=path.name) from error
    row = header_row if header_row is not None else header_of(head)
    if row is None or row > len(head) or not any(cell.strip() for cell in head[row - 1]):
        raise BadInput(
            "there is no row of headings", "give a table with headings in its first row", file=path.name
        )
    names = column_names(head[row - 1], file=path.name, limits=limits)
    return Layout(encoding, separator, row, names, is_mixed, newline, findings)


def header_of(head: list[list[str]]) -> int | None:
    """Row (from 1) of the headings: the first that is filled nearly as wide as any and mostly with words."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in head[:30]]
    widest = max(filled, default=0)
    for number, (row, count) in enumerate(zip(head[:30], filled, strict=True), start=1):
        words = sum(bool(cell.strip()) and not _is_number(cell) for cell in row)
        if count and count >= 0.6 * widest and words >= 0.5 * count:
            return number
    return next((number for number, count in enumerate(filled, start=1) if count), None)


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[\s+-]*[\d.,]+([eE][+-]?\d+)?\s*", cell) is not None


def column_names(cells: list[str], *, file: str, limits: Limits) -> list[str]:
    """Headings made unique, also among our own; a blank one is named by its place.

    Raises UnsafeFile beyond the column limit.
    """
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > limits.columns:
        raise UnsafeFile(
            f"the table has {len(cells)} columns, the limit is {limits.columns}",
            "keep only the columns that matter, or raise the limit in the settings",
            file=file,
        )
    names: list[str] = []
    seen = {EXTRA, SOURCE_ROW, *GEOMETRY}
    for place, cell in enumerate(cells, start=1):
        wanted = " ".join(cell.split())[:200] or f"column {place}"
        name, copy = wanted, 2
        while name in seen:
            name, copy = f"{wanted} ({copy})", copy + 1
        seen.add(name)
        names.append(name)
    return names


def _encoding_of(path: Path, known: str | None) -> tuple[str, bool, list[dict[str, Any]]]:
    with path.open("rb") as stream:
        head = stream.read(4)
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return encoding, False, []
        stream.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        wrong = right = 0
        while block := stream.read(4 * MIB):
            text = decoder.decode(block)
            if not text.isascii():
                wrong += len(_UNDECODED.findall(text))
                right += len(_BEYOND_ASCII.findall(text))
        wrong += len(_UNDECODED.findall(decoder.decode(b"", final=True)))
    if not wrong:
        return "utf-8", False, []
    if right > wrong:
        return "utf-8", True, []
    if known is not None:
        return known, False, []
    guess = {
        "row": None,
        "field": None,
        "code": "encoding_guessed",
        "value": "cp1252",
        "reason": N_("the file is not UTF-8; it was read as Western European (Windows-1252)"),
        "remedy": N_("look at accented letters; save the file as UTF-8 to be sure"),
    }
    return "cp1252", False, [guess]


def _text(path: Path, encoding: str, newline: str | None = "") -> io.TextIOWrapper:
    errors = "surrogateescape" if encoding in ("utf-8", "cp1252", "utf-8-sig") else "strict"
    return path.open(encoding=encoding, errors=errors, newline=newline)


def _decoded(text: str) -> str:
    """The text with undecoded bytes read as Windows-1252 (Latin-1 where that has none)."""
    if text.isascii() or not _UNDECODED.search(text):
        return text

    def western(found: re.Match[str]) -> str:
        byte = bytes([ord(found[0]) - 0xDC00])
        try:
            return byte.decode("cp1252")
        except UnicodeDecodeError:
            return byte.decode("latin-1")

    return _UNDECODED.sub(western, text)


def _separator_of(sample: str) -> str:
    """The separator that gives the widest table whose rows agree in width."""
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        try:
            rows = [
                row
                for _, row in zip(
                    range(50), csv.reader(io.StringIO(sample), delimiter=separator), strict=False
                )
            ]
        except csv.Error:
            continue
        widths = pd.Series([len(row) for row in rows[:-1] or rows if row])
        if widths.empty:
            continue
        usual = int(widths.mode().iloc[-1])
        score = (usual - 1) * float((widths == usual).mean())
        if score > best_score:
            best, best_score = separator, score
    return best


def chunks(path: Path, layout: Layout, *, limits: Limits, progress: Any = None) -> Iterator[pd.DataFrame]:
    """Text columns in chunks, the index being the row as a spreadsheet shows it.

    Findings on rows (mixed encodings, too many cells) are added to the layout's. Raises BadInput for a
    quote that is broken or never closed and UnsafeFile beyond the row limit.
    """
    total = path.stat().st_size
    row_number = 0
    with _text(path, layout.encoding, layout.newline) as stream:
        reader = csv.reader(itertools.chain(stream, [_END]), delimiter=layout.separator)
        rows: list[list[str]] = []
        numbers: list[int] = []
        try:
            for row_number, row in enumerate(reader, start=1):
                if row == [_END]:
                    break
                if row_number <= layout.header_row or not any(row) or not any(map(str.strip, row)):
                    continue
                if row_number > limits.rows:
                    raise UnsafeFile(
                        f"has over {limits.rows} rows", "split it or raise the limit", file=path.name
                    )
                rows.append(row)
                numbers.append(row_number)
                if len(rows) == CHUNK_ROWS:
                    yield _frame(rows, numbers, layout)
                    rows, numbers = [], []
                    if progress is not None:
                        progress(stream.buffer.tell(), total)
            else:
                raise BadInput(
                    "a quote opens in this row and is never closed",
                    "close it; a quote inside a cell is written twice",
                    file=path.name,
                    row=row_number,
                )
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(
                f"the text breaks off: {error}",
                "check the quotes and the encoding there",
                file=path.name,
                row=row_number + 1,
            ) from error
        if rows:
            yield _frame(rows, numbers, layout)
        if progress is not None:
            progress(total, total)


def _frame(rows: list[list[str]], numbers: list[int], layout: Layout) -> pd.DataFrame:
    width = len(layout.columns)
    extra: list[str | None] | None = None
    short = [(number, len(row)) for number, row in zip(numbers, rows, strict=True) if len(row) < width]
    if 2 * len(short) < len(rows):  # else the publisher leaves out what is empty at the end of a row
        layout.findings += [_too_short(number, count, width) for number, count in short]
    for place, row in enumerate(rows):
        if len(row) < width:
            row.extend([""] * (width - len(row)))
        elif len(row) > width:
            if any(cell.strip() for cell in row[width:]):
                extra = extra or [None] * len(rows)
                extra[place] = layout.separator.join(row[width:])
                layout.findings.append(_too_long(numbers[place], extra[place]))
            del row[width:]
    if layout.is_mixed or layout.encoding in ("cp1252", "utf-8-sig"):
        _repair(rows, numbers, layout)
    columns = {
        name: pa.array([cell or None for cell in cells], pa.string())
        for name, cells in zip(layout.columns, zip(*rows, strict=True), strict=True)
    }
    if extra is not None:
        columns[EXTRA] = pa.array(extra, pa.string())
    frame = pa.table(columns).to_pandas()
    frame.index = pd.Index(numbers, name="source_row")
    return frame


def _repair(rows: list[list[str]], numbers: list[int], layout: Layout) -> None:
    """Cells whose bytes are not of the encoding, decoded as Windows-1252; each such row becomes a finding."""
    for place, row in enumerate(rows):
        joined = "".join(row)
        if joined.isascii() or not _UNDECODED.search(joined):
            continue
        rows[place] = [_decoded(cell) for cell in row]
        example = next(cell for cell, old in zip(rows[place], row, strict=True) if cell != old)
        layout.findings.append(
            {
                "row": numbers[place],
                "field": None,
                "code": "encoding_guessed",
                "value": example[:80],
                "reason": N_("the row is not in the encoding of the rest; it was read as Windows-1252"),
                "remedy": N_("save the whole file as UTF-8"),
            }
        )


def _too_long(row: int, value: str | None) -> dict[str, Any]:
    return {
        "row": row,
        "field": None,
        "code": "truncated",
        "value": (value or "")[:80],
        "reason": N_("the row has more cells than headings; the last ones are kept only as written"),
        "remedy": N_("check for a separator that is not quoted"),
    }


def _too_short(row: int, count: int, width: int) -> dict[str, Any]:
    return {
        "row": row,
        "field": None,
        "code": "truncated",
        "value": f"{count} / {width}",
        "reason": N_("the row has fewer cells than there are headings; the cells at its end are missing"),
        "remedy": N_("check for a row that was cut, or a line break inside a cell"),
    }
