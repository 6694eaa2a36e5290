"""Geodata -> text columns and the place, area and shape of each row. Runs in the child process.

Shapes are brought to WGS 84; a row's place is its point, or a point on its surface or line. Areas are
measured in an equal-area projection (EPSG:6933). Caps on vertices and nesting hold before anything is
repaired or measured.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely

from lithoscope.domain.earth import EQUAL_AREA
from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.sources import delimited, files, sheets
from lithoscope.sources.limits import Limits

_COLLECTION = 7
_NO_CRS = "the reference system gives no longitude and latitude"
_REPROJECT = "reproject the layer to WGS 84 (EPSG:4326) and export it again"
_WGS84_HINT = "state the reference system in the file; longitude and latitude in degrees need none"


def read_vector(copy: Path, result: Path, *, form: str, layer: str | None, limits: Limits) -> dict[str, Any]:
    """Write the rows of one layer of a GeoPackage, GeoJSON, FlatGeobuf or Shapefile.

    Without a name, the first layer that has geometry, or else the first.
    """
    files.assert_drivers()
    if form == "gpkg":
        _check_geopackage(copy)
    try:
        found = pyogrio.list_layers(copy)
        layers = [str(name) for name in found[:, 0]]
        if not layers:
            raise BadInput("the file has no layer", "export the layer again")
        if layer is not None and layer not in layers:
            raise BadInput("there is no layer of that name", f"use one of: {', '.join(layers)}", value=layer)
        with_shapes = [str(name) for name, kind in found if kind is not None]
        chosen = layer or (with_shapes or layers)[0]
        info = pyogrio.read_info(copy, layer=chosen, force_feature_count=True)
        if info["features"] > limits.rows:
            raise UnsafeFile(f"the layer has {info['features']} rows, the limit is {limits.rows}", "split it")
        frame = pyogrio.read_dataframe(copy, layer=chosen, fid_as_index=False)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
    ) as error:
        said = str(error).split("; It might help")[0].replace(f"{copy.parent}/", "")
        raise BadInput(
            f"the geodata cannot be read ({said[:200]})", "check that the file is whole, export it again"
        ) from error
    except (ValueError, shapely.errors.ShapelyError) as error:
        raise BadInput(
            f"the geodata is damaged ({error})", "repair it in a GIS and export it again"
        ) from error
    geometry = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else None
    plain = pd.DataFrame(frame.drop(columns=geometry.name) if geometry is not None else frame)
    answer = _write(plain, geometry, result, limits)
    return answer | {"sheet": chosen if len(layers) > 1 else None, "sheets": layers}


def read_parquet(copy: Path, result: Path, *, limits: Limits) -> dict[str, Any]:
    """Write the rows of a GeoParquet file, or of a Parquet table without geometry."""
    try:
        file = pq.ParquetFile(copy)
        if file.metadata.num_rows > limits.rows:
            raise UnsafeFile(f"has {file.metadata.num_rows} rows, the limit is {limits.rows}", "split it")
        metadata = file.schema_arrow.metadata or {}
        geo = json.loads(metadata[b"geo"]) if b"geo" in metadata else None
        table = file.read()
        cells = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise BadInput(
            "the Parquet file cannot be read", "check that it is whole, export it again"
        ) from error
    names = table.column_names
    geometry = None
    if isinstance(geo, dict):
        at, crs = _geometry_of(geo, table.schema)
        shapes = shapely.from_wkb(np.array(cells.pop(at), dtype="object"), on_invalid="ignore")
        geometry = gpd.GeoSeries(shapes, crs=crs)
        names.pop(at)
    plain = pd.DataFrame(dict(enumerate(cells)), index=range(table.num_rows)).set_axis(names, axis="columns")
    return _write(plain, geometry, result, limits)


def _geometry_of(geo: dict[str, Any], schema: pa.Schema) -> tuple[int, pyproj.CRS | None]:
    """Which column holds the geometry as WKB, and its reference system if that is stated."""
    name = str(geo.get("primary_column", "geometry"))
    columns = geo.get("columns")
    about = columns.get(name) if isinstance(columns, dict) else None
    at = schema.get_field_index(name)  # -1 also for a name that stands twice
    is_binary = at >= 0 and schema.field(at).type in (pa.binary(), pa.large_binary(), pa.binary_view())
    if not is_binary or not isinstance(about, dict) or about.get("encoding") != "WKB":
        raise BadInput(
            "the geometry is not written as WKB", "export the file as GeoParquet with WKB", column=name
        )
    crs = about.get("crs", "OGC:CRS84")
    try:
        return at, None if crs is None else pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise BadInput(_NO_CRS, _REPROJECT, column=name, value=crs) from error


def read_wkt(copy: Path, result: Path, *, limits: Limits) -> dict[str, Any]:
    """Write place, area and shape of texts in WKT: a JSON list of [row, text]."""
    pairs = json.loads(copy.read_text(encoding="utf-8"))
    texts = [text if _is_modest(text, limits) else None for _, text in pairs]
    shapes = shapely.from_wkt(np.array(texts, dtype="object"), on_invalid="ignore")
    frame = pd.DataFrame(index=range(len(pairs)))
    return _write(frame, gpd.GeoSeries(shapes, crs="EPSG:4326"), result, limits, [row for row, _ in pairs])


def _is_modest(text: str, limits: Limits) -> bool:
    """Whether a WKT is short and shallow enough to be parsed at all."""
    depth = deepest = 0
    for letter in text:
        if letter == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif letter == ")":
            depth -= 1
    return len(text) <= limits.cell_chars and deepest <= limits.depth + 3


def _check_geopackage(copy: Path) -> None:
    """Refuse a database whose views or virtual tables would run functions of the reader."""
    try:
        with sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            entries = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            database.execute("SELECT table_name FROM gpkg_contents").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadInput("is not a GeoPackage", "export it as GeoPackage again") from error
    for kind, name, sql in entries:
        statement = " ".join(str(sql or "").lower().split())
        is_index = str(name).startswith("rtree_") and "using rtree" in statement
        if kind == "view" or (statement.startswith("create virtual table") and not is_index):
            raise UnsafeFile(
                "the GeoPackage holds a view", "export the layer itself to a new GeoPackage", value=name
            )


def _write(
    plain: pd.DataFrame,
    geometry: gpd.GeoSeries | None,
    result: Path,
    limits: Limits,
    rows: list[int] | None = None,
) -> dict[str, Any]:
    if len(plain.columns) > limits.columns:
        raise UnsafeFile(
            f"has {len(plain.columns)} columns, the limit is {limits.columns}", "keep those that matter"
        )
    columns = delimited.column_names(
        [str(name) for name in plain.columns] or ["none"], file="", limits=limits
    )
    arrays: dict[str, pa.Array] = {
        delimited.SOURCE_ROW: pa.array(rows or range(2, len(plain) + 2), pa.int64())
    }
    for name, (_, values) in zip(columns, plain.items(), strict=False):
        arrays[name] = pa.array([_text(value) for value in values], pa.string())
    if geometry is not None:
        arrays |= _described(geometry, limits)
    table = pa.table(arrays)
    with pa.OSFile(str(result), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table, max_chunksize=20_000)
    return {"columns": table.column_names[1:], "header_row": 1, "rows": table.num_rows}


def _text(value: object) -> str | None:
    """An attribute as text; lists and nested values as JSON."""
    if isinstance(value, (list, dict, np.ndarray)):
        plain = value.tolist() if isinstance(value, np.ndarray) else value
        return json.dumps(plain, ensure_ascii=False, default=str)
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, (np.integer, np.floating, np.bool_)):
        value = value.item()
    if isinstance(value, bytes):
        return None
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    return sheets.text(value)


def _described(geometry: gpd.GeoSeries, limits: Limits) -> dict[str, pa.Array]:
    """Columns of files.GEOMETRY: place in degrees, area in m2 of polygons, WKT of what is no point."""
    _check_size(geometry.to_numpy(), limits)
    degrees = _in_degrees(geometry)
    shapes = degrees.to_numpy()
    is_area = np.isin(shapely.get_type_id(shapes), (3, 6))
    broken = is_area & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    is_point = shapely.get_type_id(shapes) == 0
    places = shapes.copy()
    places[~is_point] = shapely.point_on_surface(shapes[~is_point])
    places[shapely.is_empty(places)] = None
    areas = np.full(len(shapes), np.nan)
    if is_area.any():
        areas[is_area] = shapely.area(
            gpd.GeoSeries(shapes[is_area], crs="EPSG:4326").to_crs(EQUAL_AREA).to_numpy()
        )
    lon, lat = shapely.get_x(places), shapely.get_y(places)
    finite = np.isfinite(lon) & np.isfinite(lat)
    texts = [None if point or shape is None else shapely.to_wkt(shape, rounding_precision=6, trim=True)
             for point, shape in zip(is_point, shapes, strict=True)]  # fmt: skip
    numbers = {"geometry:lon": np.where(finite, lon, np.nan), "geometry:lat": np.where(finite, lat, np.nan)}
    numbers["geometry:area_m2"] = np.where(np.isfinite(areas) & (areas > 0), areas, np.nan)
    described = {
        name: pa.array([_text(value) for value in column], pa.string()) for name, column in numbers.items()
    }
    return described | {"geometry:wkt": pa.array(texts, pa.string())}


def _check_size(shapes: np.ndarray, limits: Limits) -> None:
    counts = shapely.get_num_coordinates(shapes)
    if counts.size and counts.max() > limits.vertices:
        raise UnsafeFile(
            f"a shape has {counts.max()} vertices, the limit is {limits.vertices}",
            "simplify it",
            row=int(counts.argmax()) + 2,
        )
    if counts.sum() > limits.all_vertices:
        raise UnsafeFile(
            f"{counts.sum()} vertices in all, the limit is {limits.all_vertices}", "simplify the shapes"
        )
    for place in np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION):
        if _depth(shapes[place], limits.depth) > limits.depth:
            raise UnsafeFile("a shape is nested too deeply", "export single shapes", row=int(place) + 2)


def _depth(shape: shapely.Geometry, most: int) -> int:
    level, current = 1, [shape]
    while level <= most:
        current = [part for each in current for part in shapely.get_parts(each)
                   if shapely.get_type_id(part) == _COLLECTION]  # fmt: skip
        if not current:
            return level
        level += 1
    return level


def _in_degrees(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    flat = gpd.GeoSeries(shapely.force_2d(geometry.to_numpy()), crs=geometry.crs)
    if flat.crs is None:
        bounds = flat.total_bounds
        if np.isfinite(bounds).all() and (np.abs(bounds) <= [180, 90, 180, 90]).all():
            return flat.set_crs("EPSG:4326")
        raise BadInput("the reference system is not stated", _WGS84_HINT)
    if flat.crs.to_epsg() == 4326 or flat.crs.equals("OGC:CRS84"):
        return flat
    try:
        return flat.to_crs("EPSG:4326")
    except pyproj.exceptions.ProjError as error:
        raise BadInput(_NO_CRS, _REPROJECT, value=flat.crs.name) from error
