"""Releases: immutable, checksummed sets of registers and products. Alone reads and writes them.

A release is a folder `releases/ID/` with Parquet tables (GeoParquet 1.1 with covering bbox where there
is a geometry), other products as bytes, and `manifest.json` with the SHA-256 of each file. It is made in
a hidden folder beside its place, flushed, and renamed, so that it appears whole or not at all; then
`releases/current` is replaced, which names it. The former release stays. A table that is larger than
memory should hold at once is added to row group by row group.
"""

import hashlib
import io
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from lithoscope import __version__
from lithoscope.domain.errors import BadColumn, BadInput, BadRelease
from lithoscope.domain.fields import Layer
from lithoscope.domain.folders import DATA
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import CRS

MANIFEST = "manifest.json"
CURRENT = "current"
ROWS_PER_GROUP = 50_000
MEND = "build again, or show a former release with `lithoscope releases --use ID`"
KEPT = 5
"""How many releases stay on disk, the one that was current among them; the oldest others are removed."""

FORGOTTEN_S = 86_400
"""A draft in which nothing was written for so long was left behind by a build that was killed."""
_DRAFT = ".draft-"
_WORLD = (-180, -90, 180, 90)

Product = gpd.GeoDataFrame | pd.DataFrame | bytes
Bounds = tuple[float, float, float, float]
"""West, south, east, north [degrees]."""


class _File(BaseModel):
    sha256: str
    bytes: int


class _Manifest(BaseModel):
    """What must stand in a manifest before anything of its release is read."""

    built_utc: str
    files: dict[str, _File]
    sources: list[SourceRecord]
    report: dict[str, Any]


@dataclass(frozen=True)
class Release:
    """One release on disk, read on demand."""

    path: Path

    @property
    def release_id(self) -> str:
        """Its name: when it was built, and four random letters."""
        return self.path.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the release holds, as it was written."""
        try:
            manifest = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
            _Manifest.model_validate(manifest)
        except (OSError, ValueError, RecursionError) as error:
            raise BadRelease(f"{self.release_id}: the manifest cannot be read; {MEND}") from error
        return manifest

    @property
    def sources(self) -> list[SourceRecord]:
        """The editions of the sources that were read."""
        return [SourceRecord(**source) for source in self.manifest["sources"]]

    def has(self, name: str) -> bool:
        """Whether the release holds a product of that file name."""
        return name in self.manifest["files"]

    def columns(self, name: str) -> list[str]:
        """Columns of a product, in their order, without reading its rows."""
        with self._readable(name):
            return pq.read_schema(self._file(f"{name}.parquet")).names

    def count(self, name: str) -> int:
        """Rows of a product, without reading them."""
        with self._readable(name):
            return pq.read_metadata(self._file(f"{name}.parquet")).num_rows

    def sites(self, layer: Layer, columns: Sequence[str] | None = None) -> gpd.GeoDataFrame:
        """One row per site of the layer, in EPSG:4326; geometry is null where the place is unknown."""
        return self.geotable(layer, columns)

    def records(
        self, layer: Layer, columns: Sequence[str] | None = None, site_id: str | None = None
    ) -> gpd.GeoDataFrame:
        """One row per source record, with what the source wrote; of one site if `site_id` is given."""
        filters = None if site_id is None else [("site_id", "==", site_id)]
        return self.geotable(f"{layer}_records", columns, filters)

    def geotable(
        self, name: str, columns: Sequence[str] | None = None, filters: list | None = None
    ) -> gpd.GeoDataFrame:
        """A product with geometry, in EPSG:4326 as all are; `columns` without "geometry" adds it."""
        wanted = self.columns(name) if columns is None else [*dict.fromkeys([*columns, "geometry"])]
        # not gpd.read_parquet: with a small table it spends most of its time on the reference system
        rows = self.table(name, [column for column in wanted if column != "bbox"], filters)
        return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries.from_wkb(rows["geometry"], crs=CRS))

    def table(
        self, name: str, columns: Sequence[str] | None = None, filters: list | None = None
    ) -> pd.DataFrame:
        """A product without geometry, such as events or findings."""
        path = self._file(f"{name}.parquet")
        with self._readable(name):
            return pd.read_parquet(path, columns=None if columns is None else list(columns), filters=filters)

    def content(self, name: str) -> bytes:
        """A product as bytes."""
        return self._file(name).read_bytes()

    def _file(self, name: str) -> Path:
        if not self.has(name):
            raise BadRelease(f"{self.release_id}: holds no {name}; build again with a source that has it")
        path = self.path / name
        if not path.is_file() or path.stat().st_size != self.manifest["files"][name]["bytes"]:
            raise BadRelease(f"{self.release_id}: {name}: missing or altered since it was built; {MEND}")
        return path

    @contextmanager
    def _readable(self, name: str) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise BadRelease(f"{self.release_id}: {name}: cannot be read; {MEND}") from error


def releases_folder(data: Path | None = None) -> Path:
    """Where releases live: DATA/releases, by default in the checkout's own data folder."""
    return (data or DATA) / "releases"


def open_release(data: Path | None = None, release_id: str | None = None) -> Release:
    """The release of that id, or the current one; BadRelease if there is none."""
    folder = releases_folder(data)
    if release_id is None:
        try:
            release_id = _named(folder / CURRENT)
        except OSError:
            raise BadRelease(f"{folder}: no release yet; run `lithoscope build`") from None
    known = {each.release_id: each for each in releases(data)}
    if release_id not in known:
        raise BadRelease(f"{release_id}: no such release; there are: {', '.join(sorted(known)) or 'none'}")
    return known[release_id]


def releases(data: Path | None = None) -> list[Release]:
    """The releases that are kept, the newest first."""
    folder = releases_folder(data)
    built = {path for path in folder.iterdir() if (path / MANIFEST).is_file()} if folder.is_dir() else set()
    return [Release(path) for path in sorted(built, reverse=True) if not path.name.startswith(_DRAFT)]


def make_current(release: Release) -> None:
    """Let pages and commands show this release, whichever was built after it; BadRelease if it is damaged."""
    if wrong := problems(release):
        raise BadRelease(f"{release.release_id} is damaged and stays as it is: {wrong[0]}")
    _let_be_current(release)


def _let_be_current(release: Release) -> None:
    replace_file(release.path.parent / CURRENT, f"{release.release_id}\n".encode())


def _release_id(built: datetime) -> str:
    """The second, then which 65,536th of it in hexadecimal: ids sort by time, and no file needs a look."""
    return f"{built:%Y-%m-%dT%H%M%SZ}-{(built.microsecond << 16) // 1_000_000:04x}"


class Draft:
    """A release that is being written; it appears when it is published, whole. Use `draft` to make one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built = datetime.now(UTC)
        self._release_id = _release_id(self._built)
        self._path = folder / f"{_DRAFT}{self._release_id}"
        with _writing(folder):
            self._path.mkdir(parents=True)
        self._files: list[Path] = []
        self._growing: dict[str, pq.ParquetWriter] = {}

    def write(self, name: str, product: Product) -> None:
        """Write a product: a table as NAME.parquet, one with a geometry along the curve, bytes as NAME."""
        with _writing(self._folder):
            self._files.append(_write_product(self._path, name, product))

    def append(self, name: str, rows: pd.DataFrame, bounds: Bounds | None = None) -> None:
        """Add rows to the table NAME.parquet as a row group; all calls of a name give the same columns.

        bounds: what the geometries of all calls of the name lie in, for rows with a geometry.
        """
        table = _arrow(rows, bounds)
        with _writing(self._folder):
            if name not in self._growing:
                path = self._path / f"{name}.parquet"
                self._growing[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
                self._files.append(path)
            writer = self._growing[name]
            writer.write_table(table.cast(writer.schema), row_group_size=max(len(rows), 1))

    def publish(self, sources: Sequence[SourceRecord], report: Mapping[str, Any]) -> Release:
        """Make it the current release. report: counts of the build, kept in the manifest."""
        with _writing(self._folder):
            return self._publish(sources, report)

    def _publish(self, sources: Sequence[SourceRecord], report: Mapping[str, Any]) -> Release:
        for writer in self._growing.values():
            writer.close()
        for path in self._files:
            _flush(path)
        manifest = {
            "release": self._release_id,
            "built_utc": self._built.isoformat(timespec="seconds"),
            "lithoscope": __version__,
            "previous": _current_id(self._folder),
            "files": {
                path.relative_to(self._path).as_posix(): {
                    "sha256": sha256(path),
                    "bytes": path.stat().st_size,
                }
                for path in self._files
            },
            "sources": [source.as_dict() for source in sources],
            "report": dict(report),
        }
        _write_bytes(self._path / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        self._path.rename(self._folder / self._release_id)
        release = Release(self._folder / self._release_id)
        _let_be_current(release)
        _remove_old(self._folder, {self._release_id, manifest["previous"] or self._release_id})
        return release

    def discard(self) -> None:
        """Remove what was written, unless it was published."""
        for writer in self._growing.values():
            with suppress(OSError):
                writer.close()
            writer.is_open = False  # else it tries again when it is collected, and prints why it cannot
        shutil.rmtree(self._path, ignore_errors=True)


@contextmanager
def draft(data: Path | None = None) -> Iterator[Draft]:
    """A release to write; whatever happens before it is published, the former release stays current."""
    new = Draft(releases_folder(data))
    try:
        yield new
    finally:
        new.discard()


def write_release(
    products: Mapping[str, Product],
    sources: Sequence[SourceRecord],
    report: Mapping[str, Any],
    data: Path | None = None,
) -> Release:
    """Write a release whole and make it the current one. products: name -> table or bytes."""
    with draft(data) as new:
        for name, product in products.items():
            new.write(name, product)
        return new.publish(sources, report)


def problems(release: Release) -> list[str]:
    """What is wrong with a release: files missing, altered or not in its manifest; empty if nothing is."""
    found = []
    for name, expected in release.manifest["files"].items():
        path = release.path / name
        if not path.is_file():
            found.append(f"{name}: missing")
        elif path.stat().st_size != expected["bytes"] or sha256(path) != expected["sha256"]:
            found.append(f"{name}: altered since the release was built")
    present = {
        path.relative_to(release.path).as_posix() for path in release.path.rglob("*") if path.is_file()
    }
    found += [
        f"{name}: not in the manifest"
        for name in sorted(present - set(release.manifest["files"]) - {MANIFEST})
    ]
    return found


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, never a part."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with _writing(path):
        try:
            _write_bytes(draft, content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """BadInput, saying why, where the system lets nothing be written to `path`."""
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"cannot be written: {error.strerror or error}",
            "make room there, or name another place that may be written",
            file=str(path),
        ) from error


def _write_product(folder: Path, name: str, product: Product) -> Path:
    path = folder / (name if isinstance(product, bytes) else f"{name}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(product if isinstance(product, bytes) else _as_parquet(product))
    return path


def _as_parquet(product: gpd.GeoDataFrame | pd.DataFrame) -> bytes:
    buffer = io.BytesIO()  # a writer that fails on a full disk would print so, beside the error
    if isinstance(product, gpd.GeoDataFrame):
        along_curve(_in_degrees(product)).to_parquet(
            buffer,
            index=False,
            write_covering_bbox=True,
            schema_version="1.1.0",
            row_group_size=ROWS_PER_GROUP,
            compression="zstd",
        )
    else:
        product.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def _arrow(rows: pd.DataFrame, bounds: Bounds | None) -> pa.Table:
    """The rows as Arrow; with a geometry as GeoParquet 1.1 stores it, with a box around each."""
    if not isinstance(rows, gpd.GeoDataFrame):
        return pa.Table.from_pandas(rows, preserve_index=False)
    table = pa.table(_in_degrees(rows).to_arrow(index=False, geometry_encoding="WKB"))
    at = table.schema.get_field_index("geometry")
    table = table.set_column(at, table.schema.field(at).remove_metadata(), table.column(at))
    edges = rows.bounds
    corners = {"xmin": "minx", "ymin": "miny", "xmax": "maxx", "ymax": "maxy"}
    boxes = pa.StructArray.from_arrays(
        [pa.array(edges[name], from_pandas=True) for name in corners.values()], names=list(corners)
    )
    crs = rows.crs.to_json_dict()
    for member in crs.get("datum_ensemble", {}).get("members", []):
        member.pop("id", None)  # as geopandas does: older readers of PROJJSON stop at it
    column = {
        "encoding": "WKB",
        "crs": crs,
        "geometry_types": sorted(rows.geom_type.dropna().unique()),
        "covering": {"bbox": {corner: ["bbox", corner] for corner in corners}},
    }
    if bounds is not None:
        column["bbox"] = list(bounds)
    geo = {"primary_column": "geometry", "columns": {"geometry": column}, "version": "1.1.0"}
    table = table.append_column("bbox", boxes)
    return table.replace_schema_metadata({**(table.schema.metadata or {}), b"geo": json.dumps(geo).encode()})


def _in_degrees(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if rows.crs != CRS:
        raise BadColumn(f"is not in {CRS}", "reproject it", column="geometry")
    return rows


def along_curve(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows along a Hilbert curve, those without a place last, so that a box reads few row groups."""
    return frame.iloc[np.argsort(_on_curve(frame.geometry), kind="stable")]


def order_along_curve(lon: pd.Series, lat: pd.Series) -> np.ndarray:
    """Positions of points in the order of `along_curve`; (n,) int64. NaN: no place."""
    places = [
        _on_curve(gpd.GeoSeries.from_xy(lon[at : at + ROWS_PER_GROUP], lat[at : at + ROWS_PER_GROUP]))
        for at in range(0, len(lon), ROWS_PER_GROUP)
    ]
    return np.argsort(np.concatenate([np.empty(0, np.int64), *places]), kind="stable")


def _on_curve(shapes: gpd.GeoSeries) -> np.ndarray:
    """Distance along the curve; (n,) int64, the greatest number for a shape without a place."""
    placed = (shapes.notna() & ~shapes.is_empty & shapes.bounds.notna().all(axis=1)).to_numpy()
    distance = np.full(len(shapes), np.iinfo(np.int64).max)
    if placed.any():
        distance[placed] = shapes[placed].hilbert_distance(total_bounds=_WORLD).astype("int64")
    return distance


def _write_bytes(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _current_id(folder: Path) -> str | None:
    path = folder / CURRENT
    return _named(path) if path.is_file() else None


def _named(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()


def _remove_old(folder: Path, kept: set[str]) -> None:
    drafts = [path for path in folder.iterdir() if path.name.startswith(_DRAFT)]
    forgotten = [path for path in drafts if time.time() - path.stat().st_mtime > FORGOTTEN_S]
    others = [each.path for each in releases(folder.parent) if each.release_id not in kept]
    old = others[KEPT - len(kept) :]
    for path in [*old, *forgotten]:
        shutil.rmtree(path, ignore_errors=True)
