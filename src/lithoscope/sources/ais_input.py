"""AIS files of any kind -> reports in our columns, as polars queries; what a file is, its content decides.

Text tables and raw AIS are staged once as Parquet in a work folder, in a bounded amount of memory; Parquet is
read where it lies. A file that breaks off is read as far as it goes, and that is noted.
"""

import contextlib
import csv
import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.sources import ais_nmea, ais_table
from lithoscope.sources.ais_columns import Mapping, Plan, known_headings, plan_of, reduced
from lithoscope.sources.ais_table import REPORT_COLUMNS, Times
from lithoscope.sources.limits import INGEST

GIB = 1024**3
UNPACKED_MOST = 20 * GIB
SAMPLE_ROWS = 20_000
DOCUMENTS = (".md", ".html", ".xml", ".pdf")
"""What explains the data beside it; passed over in folders and archives, read where it is named."""
ACCEPTED = "raw AIS (NMEA), CSV, a zip of CSV, or Parquet"
_POLARS_ERRORS = (pl.exceptions.PolarsError, pa.ArrowException)
STATIC_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "mmsi": pl.Int64,
    "t_ms": pl.Int64,
    "name": pl.String,
    "imo": pl.Int64,
    "callsign": pl.String,
    "ship_type": pl.Int64,
    "length_m": pl.Float64,
    "width_m": pl.Float64,
    "draught_m": pl.Float64,
}


@dataclass
class AisInput:
    """Everything that the files said.

    parts: queries over reports (REPORT_COLUMNS and any of STATIC_COLUMNS). said: queries of
    `ais_table.said`. statics: messages that came by themselves. thinned: what `draughts` gave of files read
    before. malformed: sentences that could not be decoded. notices: sentences for the user.
    """

    parts: list[pl.LazyFrame] = field(default_factory=list)
    said: list[pl.LazyFrame] = field(default_factory=list)
    statics: list[pl.DataFrame] = field(default_factory=list)
    thinned: list[pl.LazyFrame] = field(default_factory=list)
    malformed: int = 0
    notices: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    say: Callable[[str], None] = lambda _: None

    def note(self, text: str) -> None:
        """Remember a notice, and say it, once."""
        if text not in self.notices:
            self.notices.append(text)
            self.say(text)

    def draughts(self) -> list[pl.LazyFrame]:
        """Queries of the draughts that were said: mmsi, t_ms, draught_m, at most one per half hour. [m]"""
        found = list(self.thinned)
        for part in (*self.parts, *[each.lazy() for each in self.statics]):
            if "draught_m" in part.collect_schema().names():
                halves = part.filter(pl.col("draught_m") > 0).group_by(
                    "mmsi", (pl.col("t_ms") // 1_800_000).alias("half")
                )
                thin = halves.agg(pl.col("t_ms").min(), pl.col("draught_m").median())
                found.append(thin.select("mmsi", "t_ms", "draught_m"))
        return found


def expand(patterns: Sequence[str]) -> list[Path]:
    """The files that paths, patterns and folders name, each once, in the order given; BadInput if one names
    none.
    """
    files: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.is_file() and _may_hold_ais(each))
        elif path.exists():
            found = [path]
        else:
            found = _matching(pattern)
        if not found:
            raise BadInput(
                "no such file", "give the path of AIS files on this machine", file=path.name or pattern
            )
        files.update(dict.fromkeys(found))
    return list(files)


def _may_hold_ais(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in DOCUMENTS


def _matching(pattern: str) -> list[Path]:
    """Files that a pattern names; the part before its first sign is a folder."""
    parts = Path(pattern).parts
    fixed = next((number for number, part in enumerate(parts) if any(sign in part for sign in "*?[")), None)
    if fixed is None:
        return []
    root = Path(*parts[:fixed]) if fixed else Path()
    return sorted(each for each in root.glob(str(Path(*parts[fixed:]))) if each.is_file())


def read(
    patterns: Sequence[str], *, work: Path, mapping: Mapping, say: Callable[[str], None] = lambda _: None
) -> AisInput:
    """Read the files; BadInput if one of them cannot be AIS.

    work: a folder for staged Parquet. say: called with each notice as soon as it is known.
    """
    result = AisInput(say=say)
    files = expand(patterns)
    for path in files:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnsafeFile("is not a regular file", "give a plain file", file=path.name)
        if path.stat().st_size == 0:
            if len(files) == 1:
                raise BadInput("the file is empty", "check the download, then try again", file=path.name)
            result.note(f"{path.name} is empty and was passed over")
            continue
        result.files.append(path.name)
        _read_one(path, path.name, work, mapping, result)
    return result


def _read_one(
    path: Path, name: str, work: Path, mapping: Mapping, result: AisInput, *, nested: bool = False
) -> None:
    with _opened(path, name) as stream:
        head = stream.read(65_536)
    if head.startswith(b"PK\x03\x04") and not nested:
        _read_zip(path, name, work, mapping, result)
    elif head.startswith(b"\x1f\x8b"):
        _read_gzip(path, name, work, mapping, result)
    elif head.startswith(b"PAR1"):
        _read_parquet(path, name, mapping, result)
    elif ais_nmea.is_nmea(head):
        with _opened(path, name) as stream:
            _read_nmea(stream, name, work, result)
    elif b"\x00" in head or head.lstrip().startswith((b"<", b"{", b"%PDF")):
        raise UnsafeFile("is no AIS file that we know", f"give {ACCEPTED}", file=name)
    else:
        _read_csv(path, name, work, mapping, result)


def _opened(path: Path, name: str) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadInput("the file cannot be read", "check its permissions", file=name) from error


def _target(work: Path, kind: str) -> Path:
    work.mkdir(parents=True, exist_ok=True)
    return work / f"{kind}-{len(list(work.glob(kind + '-*'))):05d}"


def _inflated(stream: IO[bytes]) -> Iterator[bytes]:
    """Blocks of a gzip stream of one or more members; EOFError after the last whole block if it is cut."""
    inflater, is_open = zlib.decompressobj(31), False
    while packed := stream.read(1 << 20):
        while packed:
            yield inflater.decompress(packed)
            packed, is_open = inflater.unused_data, not inflater.eof
            if inflater.eof:
                inflater = zlib.decompressobj(31)
                packed = packed if packed.strip(b"\x00") else b""
    if is_open:
        raise EOFError


def _member(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(1 << 16):
        yield block


def _whole(blocks: Iterator[bytes], name: str, result: AisInput) -> Iterator[bytes]:
    """Blocks of a compressed stream, as far as it goes."""
    taken = 0
    while True:
        try:
            block = next(blocks)
        except StopIteration:
            return
        except (EOFError, zlib.error, zipfile.BadZipFile):
            result.note(f"{name} breaks off: it was read as far as it goes")
            return
        taken += len(block)
        if taken > UNPACKED_MOST:
            raise UnsafeFile("unpacks to more than 20 GiB", "split it into days", file=name)
        yield block


def _read_gzip(path: Path, name: str, work: Path, mapping: Mapping, result: AisInput) -> None:
    plain = _target(work, "plain")
    with path.open("rb") as packed, plain.open("wb") as out:
        for block in _whole(_inflated(packed), name, result):
            out.write(block)
    if plain.stat().st_size == 0:
        raise BadInput("the file is empty", "check the download, then try again", file=name)
    _read_one(plain, name, work, mapping, result, nested=True)


def _read_zip(path: Path, name: str, work: Path, mapping: Mapping, result: AisInput) -> None:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise BadInput("is a broken zip archive", "download it again", file=name) from error
    with archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        size = sum(each.file_size for each in members)
        packed = max(sum(each.compress_size for each in members), 1)
        is_bomb = size > 10**8 and size / packed > INGEST.ratio
        if len(members) > INGEST.archive_members or size > UNPACKED_MOST or is_bomb:
            raise UnsafeFile("unpacks to too much", "give the files themselves", file=name)
        for member in members:
            inside = PurePosixPath(member.filename)
            if inside.is_absolute() or ".." in inside.parts or stat.S_ISLNK(member.external_attr >> 16):
                raise UnsafeFile("holds a path that leads out of it", "give the files themselves", file=name)
            if member.flag_bits & 1:
                raise UnsafeFile("is encrypted", "give the files themselves", file=name)
            if inside.name.startswith(".") or inside.suffix.lower() in DOCUMENTS:
                continue
            plain = _target(work, "plain")
            with archive.open(member) as stream, plain.open("wb") as out:
                for block in _whole(_member(stream), name, result):
                    out.write(block)
            if plain.stat().st_size:
                _read_one(plain, f"{name}/{inside.name}", work, mapping, result, nested=True)


def _read_nmea(stream: Iterable[bytes], name: str, work: Path, result: AisInput) -> None:
    decoded = ais_nmea.Decoded()
    small: list[pl.DataFrame] = []
    for batch in ais_nmea.decode(stream, decoded):
        small.append(batch)
        if sum(each.height for each in small) >= ais_nmea.BATCH:
            _add(_sunk(pl.concat(small).lazy(), work), result)
            small = []
    if small:
        _add(_sunk(pl.concat(small).lazy(), work), result)
    if decoded.statics:
        result.statics.append(pl.DataFrame(decoded.statics, schema=STATIC_SCHEMA, orient="row"))
    result.malformed += decoded.malformed
    if not decoded.statics and not small and not result.parts:
        raise BadInput("no AIS sentence can be decoded", f"give {ACCEPTED}", file=name)


def _sunk(reports: pl.LazyFrame, work: Path) -> Path:
    target = _target(work, "staged")
    reports.sink_parquet(target, compression="lz4")
    return target


def _add(staged: Path, result: AisInput) -> None:
    part = pl.scan_parquet(staged, glob=False)
    result.parts.append(part)
    result.said.append(ais_table.said_of_reports(part, part.collect_schema().names()))


def _read_parquet(path: Path, name: str, mapping: Mapping, result: AisInput) -> None:
    try:
        pq.read_schema(path)
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
        plan = plan_of(schema.names(), mapping, file=name)
        sample = table.head(SAMPLE_ROWS).collect()
    except _POLARS_ERRORS as error:
        raise BadInput("is broken or cut Parquet", "download it again", file=name) from error
    plan = _speed_checked(sample, plan, name, result)
    times = _times(sample, plan, name, result)
    reports = ais_table.reports(table, schema, plan, times)
    try:
        reports.head(1).collect()
    except _POLARS_ERRORS as error:
        raise BadInput(
            _first_line(error), "check the columns' types, or give --mapping", file=name
        ) from error
    result.parts.append(reports)
    result.said.append(ais_table.said(table, schema, plan))


def _read_csv(path: Path, name: str, work: Path, mapping: Mapping, result: AisInput) -> None:
    separator, headings = _head_of(path, name)
    try:
        plan = plan_of(headings, mapping, file=name)
    except BadInput:
        _note_speed(path, separator, headings, mapping, name, result)
        raise
    for quote in ('"', None):
        table = pl.scan_csv(
            path,
            separator=separator,
            infer_schema=False,
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
            quote_char=quote,
            glob=False,
        )
        try:
            schema = table.collect_schema()
            sample = table.head(SAMPLE_ROWS).collect()
            used = _speed_checked(sample, plan, name, result)
            times = _times(sample, used, name, result)
            staged = _sunk(ais_table.reports(table, schema, used, times), work)
            staged = _again_with_all_formats(staged, table, schema, used, times, work)
        except pl.exceptions.NoDataError as error:
            raise BadInput("the file is empty", "check the download, then try again", file=name) from error
        except _POLARS_ERRORS as error:
            if "os error" in str(error):
                raise
            if quote is None:
                raise BadInput(
                    _first_line(error), "check the table's rows, or export it again", file=name
                ) from error
            continue
        _add(staged, result)
        return


def _note_speed(
    path: Path, separator: str, headings: list[str], mapping: Mapping, name: str, result: AisInput
) -> None:
    """Say what is noticed of the speeds of a table that cannot be used yet, so that it is mapped rightly."""
    known = {heading for heading, _ in known_headings()["sog"]}
    column = next((each for each in headings if reduced(each) in known), None)
    if column is None or "sog" in mapping.factors:
        return
    with contextlib.suppress(*_POLARS_ERRORS):
        table = pl.scan_csv(
            path,
            separator=separator,
            infer_schema=False,
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
            glob=False,
        )
        numbers = table.head(SAMPLE_ROWS).select(pl.col(column).cast(pl.Float64, strict=False).alias("sog"))
        if ais_table.looks_like_tenths(numbers.collect()):
            result.note(
                f"{name}, column {column}: speeds look like tenths of a knot (map them with unit: 0.1 kn)"
            )


def _again_with_all_formats(
    staged: Path, table: pl.LazyFrame, schema: pl.Schema, plan: Plan, times: Times, work: Path
) -> Path:
    """The staged file, or another if some times were not read with the formats of the first rows."""
    every = ais_table.every_format(times)
    if times.is_number or plan.time_format or set(every) == set(times.formats):
        return staged
    if pl.scan_parquet(staged, glob=False).filter(pl.col("t_ms") < 0).head(1).collect().is_empty():
        return staged
    fuller = Times(every, times.is_number, times.has_naive)
    return _sunk(ais_table.reports(table, schema, plan, fuller), work)


def _head_of(path: Path, name: str) -> tuple[str, list[str]]:
    with path.open("rb") as stream:
        text = stream.read(262_144).decode("utf-8-sig", errors="replace")
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(",;\t|", key=first.count)
    try:
        headings = next(csv.reader(io.StringIO(first), delimiter=separator), [])
    except csv.Error as error:
        raise BadInput(str(error), "check the first row", file=name, row=1) from error
    if len(headings) < 2:
        raise BadInput("has no table with headings", f"give {ACCEPTED}", file=name, row=1)
    return separator, headings


def _speed_checked(sample: pl.DataFrame, plan: Plan, name: str, result: AisInput) -> Plan:
    column = plan.columns.get("sog")
    if column is None:
        result.note(f"{name} holds no speed: it is computed from positions")
        return plan
    if "sog" in plan.factors:
        return plan
    numbers = sample.select(pl.col(column).cast(pl.Float64, strict=False).alias("sog"))
    if not ais_table.looks_like_tenths(numbers):
        return plan
    result.note(f"{name}, column {column}: speeds look like tenths of a knot and were divided by ten")
    return Plan(plan.columns, plan.factors | {"sog": 0.1}, plan.timezone, plan.time_format)


def _times(sample: pl.DataFrame, plan: Plan, name: str, result: AisInput) -> Times:
    times = ais_table.look_at_times(sample[plan.columns["time"]], plan)
    if times.has_naive and not plan.timezone and sample.height:
        result.note(f"{name}: times without a zone are read as UTC")
    if times.is_ambiguous:
        result.note(f"{name}: dates like 03/04 are read with the day first")
    return times


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["cannot be read"])[0][:200]


def staged(result: AisInput, work: Path) -> list[Path]:
    """Every part as Parquet of REPORT_COLUMNS, for engines other than polars."""
    files = []
    for part in result.parts:
        target = _target(work, "reports")
        part.select(REPORT_COLUMNS).sink_parquet(target, compression="lz4")
        files.append(target)
    return files
