"""Releases: immutable, checksummed sets of registers and products. Alone reads and writes them.

A release is a folder `releases/ID/` with Parquet tables (GeoParquet 1.1 with covering bbox where there
is a geometry), other products as bytes, and `manifest.json` with the SHA-256 of each file. It is made in
a hidden folder beside its place, flushed, and renamed, so that it appears whole or not at all; then
`releases/current` is replaced, which names it. The former release stays.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from lithoscope import __version__
from lithoscope.domain.errors import BadRelease
from lithoscope.domain.fields import Layer
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.reference import DATA

MANIFEST = "manifest.json"
CURRENT = "current"
ROWS_PER_GROUP = 50_000
KEPT = 5
"""How many releases stay on disk; older ones are removed after a new one has appeared."""

Product = gpd.GeoDataFrame | pd.DataFrame | bytes


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
            return json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadRelease(f"{self.release_id}: the manifest cannot be read; build again") from error

    @property
    def sources(self) -> list[SourceRecord]:
        """The editions of the sources that were read."""
        return [SourceRecord(**source) for source in self.manifest["sources"]]

    def has(self, name: str) -> bool:
        """Whether the release holds a product of that file name."""
        return name in self.manifest["files"]

    def columns(self, name: str) -> list[str]:
        """Columns of a product, in their order, without reading its rows."""
        return pq.read_schema(self._file(f"{name}.parquet")).names

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
        """A product with geometry; `columns` without "geometry" adds it."""
        wanted = None if columns is None else [*dict.fromkeys([*columns, "geometry"])]
        return gpd.read_parquet(self._file(f"{name}.parquet"), columns=wanted, filters=filters)

    def table(
        self, name: str, columns: Sequence[str] | None = None, filters: list | None = None
    ) -> pd.DataFrame:
        """A product without geometry, such as events or findings."""
        return pd.read_parquet(
            self._file(f"{name}.parquet"), columns=None if columns is None else list(columns), filters=filters
        )

    def content(self, name: str) -> bytes:
        """A product as bytes."""
        return self._file(name).read_bytes()

    def _file(self, name: str) -> Path:
        if not self.has(name):
            raise BadRelease(f"{self.release_id}: holds no {name}; build again with a source that has it")
        return self.path / name


def releases_folder(data: Path | None = None) -> Path:
    """Where releases live: DATA/releases, by default in the checkout's own data folder."""
    return (data or DATA) / "releases"


def open_release(data: Path | None = None, release_id: str | None = None) -> Release:
    """The release of that id, or the current one; BadRelease if there is none."""
    folder = releases_folder(data)
    if release_id is None:
        try:
            release_id = (folder / CURRENT).read_text(encoding="utf-8").strip()
        except OSError:
            raise BadRelease(f"{folder}: no release yet; run `lithoscope build`") from None
    known = (
        {path.name for path in folder.iterdir() if (path / MANIFEST).is_file()} if folder.is_dir() else set()
    )
    if release_id not in known:
        raise BadRelease(f"{release_id}: no such release; there are: {', '.join(sorted(known)) or 'none'}")
    return Release(folder / release_id)


def write_release(
    products: dict[str, Product],
    sources: Sequence[SourceRecord],
    report: Mapping[str, Any],
    data: Path | None = None,
) -> Release:
    """Write a release whole and make it the current one.

    products: name -> table (written as NAME.parquet) or bytes (written under the name itself); emptied
    while it is written, so that a large table is let go.
    report: counts of the build, kept in the manifest.
    """
    folder = releases_folder(data)
    folder.mkdir(parents=True, exist_ok=True)
    built = datetime.now(UTC)
    release_id = f"{built:%Y-%m-%dT%H%M%SZ}-{secrets.token_hex(2)}"
    draft = folder / f".draft-{release_id}"
    try:
        draft.mkdir()
        written = [_write_product(draft, name, products.pop(name)) for name in list(products)]
        manifest = {
            "release": release_id,
            "built_utc": built.isoformat(timespec="seconds"),
            "lithoscope": __version__,
            "previous": _current_id(folder),
            "files": {
                path.relative_to(draft).as_posix(): {"sha256": sha256(path), "bytes": path.stat().st_size}
                for path in written
            },
            "sources": [source.as_dict() for source in sources],
            "report": dict(report),
        }
        _write_bytes(draft / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        draft.rename(folder / release_id)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    replace_file(folder / CURRENT, f"{release_id}\n".encode())
    _remove_old(folder, release_id)
    return Release(folder / release_id)


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
    try:
        _write_bytes(draft, content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _write_product(folder: Path, name: str, product: Product) -> Path:
    path = folder / (name if isinstance(product, bytes) else f"{name}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(product, bytes):
        _write_bytes(path, product)
    elif isinstance(product, gpd.GeoDataFrame):
        along_curve(product).to_parquet(
            path,
            index=False,
            write_covering_bbox=True,
            schema_version="1.1.0",
            row_group_size=ROWS_PER_GROUP,
            compression="zstd",
        )
        _flush(path)
    else:
        product.to_parquet(path, index=False, compression="zstd")
        _flush(path)
    return path


def along_curve(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows along a Hilbert curve, those without a place last, so that a box reads few row groups."""
    placed = frame.geometry.notna() & ~frame.geometry.is_empty
    order = np.full(len(frame), np.iinfo(np.int64).max)
    if placed.any():
        order[placed] = frame.loc[placed].hilbert_distance(total_bounds=(-180, -90, 180, 90)).astype("int64")
    return frame.iloc[np.argsort(order, kind="stable")]


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
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _remove_old(folder: Path, newest: str) -> None:
    built = sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file() and path.name != newest)
    for path in built[: -(KEPT - 1)]:
        shutil.rmtree(path, ignore_errors=True)
