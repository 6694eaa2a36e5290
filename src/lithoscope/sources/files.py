"""Safe opening of files from strangers: what a file is, is decided by its content, never by its name.

Text is streamed here; binary formats are copied under a name of ours and read by a child process with
limits (`reader_child.py`), so that a crafted file cannot take the server along. A path is always a
regular file that exists: addresses and the virtual paths of geodata readers never reach a reader.
"""

import hashlib
import json
import shutil
import stat
import tempfile
import weakref
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pandas as pd

from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.sources import delimited, readers
from lithoscope.sources.limits import INGEST, MIB, Limits

Format = Literal["csv", "xlsx", "gpkg", "geojson", "fgb", "parquet", "shapefile"]
Progress = Callable[[int, int | None], None]
ALLOWED_DRIVERS = frozenset({"MEM", "ESRI Shapefile", "GeoJSON", "GeoJSONSeq", "GPKG", "FlatGeobuf"})
"""The vector drivers that may be present at all; `assert_drivers` fails if another one is."""
GEOMETRY = delimited.GEOMETRY
ACCEPTED = "CSV, XLSX, GeoPackage, GeoJSON, FlatGeobuf, GeoParquet or a zipped Shapefile"
_SHAPEFILE_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"II*\x00", "a raster"),
    (b"MM\x00*", "a raster"),
    (b"\x7fELF", "a program"),
)


@dataclass
class Table:
    """One table of a file: text columns as written, in chunks, the index being the row in the file.

    columns: names, unique; the columns of GEOMETRY follow where the format has geometry.
    header_row: row of the headings as a spreadsheet shows it. total: rows or bytes, as progress counts.
    findings: what was noticed of the file or its rows: dicts with row, code, value, reason, remedy.
    """

    file: str
    format: Format
    columns: list[str]
    header_row: int
    _chunks: Callable[[], Iterator[pd.DataFrame]]
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    encoding: str | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)

    def chunks(self) -> Iterator[pd.DataFrame]:
        """The rows, some ten thousand at a time; wholly blank rows are no rows."""
        return self._chunks()

    def frame(self) -> pd.DataFrame:
        """All rows at once."""
        parts = list(self.chunks())
        return (
            pd.concat(parts)
            if parts
            else pd.DataFrame({name: pd.Series(dtype="str") for name in self.columns})
        )


def checked(path: Path, *, limits: Limits = INGEST) -> Path:
    """The path itself if it is a readable regular file within the limits; BadInput or UnsafeFile if not."""
    try:
        about = path.stat()
    except (OSError, ValueError) as error:
        raise BadInput("no such file", "give the path of a file on this machine", file=path.name) from error
    if not stat.S_ISREG(about.st_mode):
        raise UnsafeFile("is not a regular file", "give a plain file", file=path.name)
    if about.st_size == 0:
        raise BadInput("the file is empty", "check the download, then try again", file=path.name)
    if about.st_size > limits.file_bytes:
        raise UnsafeFile(
            f"the file has {about.st_size // MIB} MiB, the limit is {limits.file_bytes // MIB} MiB",
            "split it, or raise the limit in the settings",
            file=path.name,
        )
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise BadInput("the file cannot be read", "check its permissions", file=path.name) from error
    return path


def format_of(path: Path, *, limits: Limits = INGEST) -> Format:
    """What the file is, from its content; UnsafeFile with a remedy if it is nothing that we read."""
    with checked(path, limits=limits).open("rb") as stream:
        head = stream.read(65_536)
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise UnsafeFile(f"is {what}", f"export it as {ACCEPTED}", file=path.name)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _format_of_archive(path, limits)
    if head.startswith(b"SQLite format 3\x00"):
        return "gpkg"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"fgb\x03fgb"):
        return "fgb"
    return _format_of_text(path, head)


def _format_of_text(path: Path, head: bytes) -> Format:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return "geojson"
    if start.startswith(b"<"):
        raise UnsafeFile("is XML or a web page", f"export it as {ACCEPTED}", file=path.name)
    if start.startswith(b"["):
        raise UnsafeFile("is JSON but not GeoJSON", f"export it as {ACCEPTED}", file=path.name)
    if b"\x00" in head or not start:
        raise UnsafeFile("is no table or map that we know", f"export it as {ACCEPTED}", file=path.name)
    return "csv"


def _format_of_archive(path: Path, limits: Limits) -> Format:
    names = [member.filename for member in archive_members(path, limits=limits)]
    if "xl/workbook.xml" in names:
        return "xlsx"
    if sum(name.lower().endswith(".shp") for name in names) == 1:
        return "shapefile"
    raise UnsafeFile(
        "the ZIP archive holds neither a workbook nor exactly one Shapefile",
        "unpack it and give the file inside, or zip one Shapefile alone",
        file=path.name,
    )


def archive_members(path: Path, *, limits: Limits = INGEST) -> list[zipfile.ZipInfo]:
    """Members of a ZIP archive that passed every check; UnsafeFile for the first that did not."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnsafeFile("is not a whole ZIP archive", "download or pack it again", file=path.name) from error
    if len(members) > limits.archive_members:
        raise UnsafeFile(
            f"the archive has {len(members)} members, the limit is {limits.archive_members}",
            "pack only the table itself",
            file=path.name,
        )
    for member in members:
        _check_member(path, member)
    unpacked = sum(member.file_size for member in members)
    packed = max(path.stat().st_size, 1)
    if unpacked > limits.unpacked_bytes:
        raise UnsafeFile(
            f"the archive unpacks to {unpacked // MIB} MiB, the limit is {limits.unpacked_bytes // MIB} MiB",
            "give the unpacked table, as CSV if it is large",
            file=path.name,
        )
    if unpacked > MIB and unpacked / packed > limits.ratio:
        raise UnsafeFile(
            f"the archive unpacks to {unpacked // packed} times its size, the limit is {limits.ratio}",
            "give the unpacked table",
            file=path.name,
        )
    return members


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    what = ""
    if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name or "\x00" in name:
        what = "a member of the archive points outside it"
    elif stat.S_ISLNK(member.external_attr >> 16):
        what = "a member of the archive is a link"
    elif member.flag_bits & 0x1:
        what = "a member of the archive is encrypted"
    elif name.lower().endswith((".zip", ".gz", ".7z", ".rar", ".tar", ".xlsx", ".bz2", ".xz")):
        what = "the archive holds another archive"
    if what:
        raise UnsafeFile(what, "pack plain files only", file=path.name, value=member.filename)


def assert_drivers() -> None:
    """Raise UnsafeFile unless the vector drivers present are all allowed (checked in the child process)."""
    import pyogrio

    if extra := sorted(set(pyogrio.list_drivers()) - ALLOWED_DRIVERS):
        raise UnsafeFile(
            f"the reader of geodata knows formats that are not allowed: {', '.join(extra[:3])}",
            "start Lithoscope with its own command, and report this if it persists",
        )


@contextmanager
def staged(path: Path, form: Format, *, limits: Limits = INGEST) -> Iterator[Path]:
    """A copy of the file under a name of ours in a folder of ours; a Shapefile is unpacked."""
    with tempfile.TemporaryDirectory(prefix="lithoscope-") as name:
        folder = Path(name)
        if form != "shapefile":
            target = folder / f"input.{form}"
            shutil.copyfile(path, target)
            yield target
            return
        with zipfile.ZipFile(path) as archive:
            left = limits.unpacked_bytes
            for member in archive_members(path, limits=limits):
                suffix = PurePosixPath(member.filename).suffix.lower()
                if suffix in _SHAPEFILE_PARTS and not member.is_dir():
                    left -= unpack(path, archive, member, folder / f"input{suffix}", left)
        yield folder / "input.shp"


def unpack(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Unpack one member to `target`, `left` bytes at most, counted while unpacking since a header can lie.

    Returns the bytes written.
    """
    written = 0
    try:
        with archive.open(member) as packed, target.open("wb") as plain:
            while block := packed.read(MIB):
                written += len(block)
                if written > left:
                    raise UnsafeFile(
                        "the archive unpacks to more than it says", "give the unpacked table", file=path.name
                    )
                plain.write(block)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise UnsafeFile("is not a whole ZIP archive", "download or pack it again", file=path.name) from error
    return written


def open_table(
    path: Path,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    known_encoding: str | None = None,
    limits: Limits = INGEST,
    progress: Progress | None = None,
) -> Table:
    """The table of a file of any accepted format.

    sheet, header_row: of a workbook, or the row of the headings in a CSV; found by content if not given.
    known_encoding: what the publisher is known to use where a CSV is not UTF-8; otherwise it is guessed
    and the finding `encoding_guessed` says so. progress: called with bytes or rows done and their total.
    Raises BadInput or UnsafeFile for a file that cannot be used.
    """
    form = format_of(path, limits=limits)
    if form == "csv":
        layout = delimited.layout_of(
            path, header_row=header_row, known_encoding=known_encoding, limits=limits
        )
        return Table(
            file=path.name,
            format="csv",
            columns=layout.columns,
            header_row=layout.header_row,
            encoding=layout.encoding,
            findings=layout.findings,
            _chunks=lambda: delimited.chunks(path, layout, limits=limits, progress=progress),
        )
    return _open_binary(path, form, {"sheet": sheet, "header_row": header_row}, limits, progress)


class _Workspace:
    """A temporary folder that goes when nothing refers to it any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="lithoscope-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def _open_binary(
    path: Path, form: Format, options: dict[str, Any], limits: Limits, progress: Progress | None
) -> Table:
    """The table as the child process read it, kept in a temporary file until it has been streamed."""
    workspace = _Workspace()
    result = workspace.path / "rows.arrow"
    with staged(path, form, limits=limits) as copy:
        about = run_child(form, copy, result, options, limits=limits, file=path.name)

    def chunks() -> Iterator[pd.DataFrame]:
        import pyarrow as pa

        done, total = 0, int(about["rows"])
        with (
            pa.memory_map(str(workspace.path / "rows.arrow")) as source,
            pa.ipc.open_stream(source) as batches,
        ):
            for batch in batches:
                frame = batch.to_pandas()
                frame.index = pd.Index(frame.pop(delimited.SOURCE_ROW), name="source_row")
                done += len(frame)
                if progress is not None:
                    progress(done, total)
                yield frame

    return Table(
        file=path.name,
        format=form,
        columns=about["columns"],
        header_row=about["header_row"],
        sheet=about.get("sheet"),
        sheets=about.get("sheets", []),
        findings=about.get("findings", []),
        _chunks=chunks,
    )


def run_child(
    form: str, copy: Path, result: Path, options: dict[str, Any], *, limits: Limits, file: str
) -> dict[str, Any]:
    """What the child process says of the file it read into `result`; its refusal is raised here."""
    said = result.with_suffix(".json")
    request = {
        "form": form,
        "path": str(copy),
        "result": str(result),
        "answer": str(said),
        **options,
        "limits": limits.model_dump(),
    }
    try:
        ended = readers.read(request, limits.seconds)
    except TimeoutError as error:
        raise UnsafeFile(
            f"reading takes longer than {limits.seconds} seconds", "simplify or split the file", file=file
        ) from error
    if ended != 0:
        raise UnsafeFile(
            "the file cannot be read within the limits of time and memory, or is damaged",
            "open it in a GIS or spreadsheet, repair or simplify it and export it again",
            file=file,
        )
    answer = json.loads(said.read_text(encoding="utf-8"))
    if "refused" in answer:
        kind = UnsafeFile if answer.get("unsafe") else BadInput
        raise kind(
            answer["refused"],
            answer["remedy"],
            file=file,
            row=answer.get("row"),
            column=answer.get("column"),
            value=answer.get("value"),
        )
    return dict(answer)


def sha256(paths: list[Path]) -> str:
    """SHA-256 of a file, or of the listing of several: a line `sum  name` each, by name."""
    sums = []
    for path in sorted(paths):
        with path.open("rb") as stream:
            sums.append((hashlib.file_digest(stream, "sha256").hexdigest(), path.name))
    if len(sums) == 1:
        return sums[0][0]
    return hashlib.sha256("".join(f"{each}  {name}\n" for each, name in sums).encode()).hexdigest()


def tables_in(path: Path, *, suffixes: tuple[str, ...]) -> list[Path]:
    """The file itself, or the files of a folder that end in one of the suffixes, by name.

    Raises BadInput if there is none. Links that leave the folder are not followed.
    """
    if path.is_dir():
        inside = path.resolve()
        found = [
            each
            for each in sorted(path.iterdir())
            if each.suffix.lower() in suffixes and each.is_file() and each.resolve().parent == inside
        ]
        if not found:
            raise BadInput(
                f"the folder holds no file that ends in {' or '.join(suffixes)}",
                "name the file itself",
                file=path.name,
            )
        return found
    return [checked(path)]
