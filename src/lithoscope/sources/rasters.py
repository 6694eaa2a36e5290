"""Terrain and population rasters that a user points at: local GeoTIFF files or a folder of tiles.

Only the GeoTIFF driver ever opens a file, after a look at its first bytes: a raster VRT under another
name reads other files of the machine, and an address makes a request. Cells are read by window, so a
raster may be larger than memory. Tiles of a folder are found by the names that Copernicus GLO-30 and
WorldPop give them; where none is so named, every .tif counts.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.windows import Window

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.domain.grid import Grid

Array = npt.NDArray[np.float32]
PopulationUnit = Literal["persons", "persons_per_km2"]
HeightUnit = Literal["m", "ft"]

COPERNICUS = re.compile(
    r"^Copernicus_DSM_(?:COG_)?(10|30)_([NS])(\d\d)_00_([EW])(\d\d\d)_00(?:_DEM)?\.tif$", re.IGNORECASE
)
WORLDPOP = re.compile(r"^[a-z]{3}_(ppp|pop|pd)_.*\.tif$", re.IGNORECASE)
_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_BLOCK_CELLS = 64_000_000
_BLOCK = 512
"""Rows and columns that are read at once where places are looked up."""
_FEET = re.compile(r"\b(us[ _-]?)?(survey[ _-]?)?(ft|feet|foot|ftus|us-ft)\b", re.IGNORECASE)
_DENSITY = re.compile(r"per[ _]?(sq|km|square)|/ ?(sq\.? ?)?km|densit|km-2|km\^-2", re.IGNORECASE)
_COUNT = re.compile(r"\b(persons?|people|count|counts|inhabitants|ppp|headcount)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Tile:
    """One file of a raster: its grid, and how cell values become numbers."""

    path: Path
    grid: Grid
    nodata: float | None
    scale: float
    offset: float
    is_south_up: bool
    units: str
    """Everything that the file says of its unit: band unit, description and tags."""
    dtype: str
    """Of its cells, as the file has them."""

    def read(self, row: int, column: int, rows: int, columns: int) -> Array:
        """Cells of a window inside the grid, float32, NaN where there is no value."""
        first = self.grid.rows - row - rows if self.is_south_up else row
        with _opened(self.path) as source:
            cells = source.read(1, window=Window(column, first, columns, rows)).astype(np.float32)
        missing = ~np.isfinite(cells)
        if self.nodata is not None and np.isfinite(self.nodata):
            missing |= cells == np.float32(self.nodata)
        cells = cells * np.float32(self.scale) + np.float32(self.offset)
        cells[missing] = np.nan
        return np.ascontiguousarray(cells[::-1]) if self.is_south_up else cells


@dataclass
class Raster:
    """One raster of one or more tiles on one lattice of cells.

    grid: the whole lattice, from the outermost tiles. factor: what cell values are multiplied by (feet
    to metres). Cells that no tile holds are NaN.
    """

    path: Path
    grid: Grid
    tiles: list[Tile | Callable[[], Tile]]
    boxes: list[tuple[float, float, float, float]]
    factor: float = 1.0
    _open: dict[int, Tile] = field(default_factory=dict)

    @property
    def crs(self) -> str:
        """The CRS as WKT."""
        return self.grid.crs

    @cached_property
    def is_geographic(self) -> bool:
        """Whether cells are counted in degrees."""
        return bool(CRS.from_wkt(self.grid.crs).is_geographic)

    def tile(self, number: int) -> Tile:
        """A tile, opened when first asked for."""
        if number not in self._open:
            tile = self.tiles[number]
            self._open[number] = tile if isinstance(tile, Tile) else tile()
        return self._open[number]

    def read(self, row: int, column: int, rows: int, columns: int) -> tuple[Array, Grid]:
        """Cells of a window that may reach beyond the raster (NaN there), and its grid."""
        grid = self.grid.part(row, column, rows, columns)
        cells = np.full((rows, columns), np.nan, np.float32)
        for number in self._touching(grid.bounds):
            _place(self.tile(number), grid, cells)
        return cells * np.float32(self.factor) if self.factor != 1.0 else cells, grid

    def windows(self, bounds: tuple[float, float, float, float]) -> Iterator[tuple[Array, Grid]]:
        """Each tile's own cells that touch the bounds (in the raster's CRS), and their grid."""
        for number in self._touching(bounds):
            tile = self.tile(number)
            window = _window(tile.grid, bounds)
            if window is not None:
                yield tile.read(*window), tile.grid.part(*window)

    def at(self, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Values of the cells that hold some places [degrees], in the raster's own unit.

        NaN outside the raster, where it has no value, and without a place.
        """
        grid = self.grid
        x, y = Transformer.from_crs("EPSG:4326", self.crs, always_xy=True).transform(lon, lat)
        with np.errstate(invalid="ignore"):
            column, row = np.floor((x - grid.left) / grid.dx), np.floor((grid.top - y) / grid.dy)
            inside = (row >= 0) & (row < grid.rows) & (column >= 0) & (column < grid.columns)
        values = np.full(len(lon), np.nan)
        at = np.flatnonzero(inside)
        if not len(at):
            return values
        row, column = row[at].astype(np.int64), column[at].astype(np.int64)
        block = (row // _BLOCK) * (grid.columns // _BLOCK + 1) + column // _BLOCK
        order = np.argsort(block, kind="stable")
        for some in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
            first_row, first_column = int(row[some].min()), int(column[some].min())
            rows, columns = int(row[some].max()) - first_row + 1, int(column[some].max()) - first_column + 1
            cells, _ = self.read(first_row, first_column, rows, columns)
            values[at[some]] = cells[row[some] - first_row, column[some] - first_column]
        return values

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the raster's CRS lies inside one of its tiles."""
        return any(w <= x <= e and s <= y <= n for w, s, e, n in self.boxes)

    def _touching(self, bounds: tuple[float, float, float, float]) -> list[int]:
        west, south, east, north = bounds
        return [
            number
            for number, (w, s, e, n) in enumerate(self.boxes)
            if w < east and e > west and s < north and n > south
        ]


def open_terrain(path: str | Path, *, unit: HeightUnit | None = None) -> Raster:
    """A terrain model: a GeoTIFF or a folder of tiles; heights in metres unless `unit` says feet.

    Raises UnsafeFile for anything but a local GeoTIFF; BadInput for a raster without CRS, rotated, or
    whose heights look like feet while no unit is given.
    """
    raster = _open_raster(path)
    if unit is None:
        said = raster.tile(0).units
        if _FEET.search(said) or _vertical_is_feet(raster.crs) or _too_high(raster):
            raise BadInput(
                "the heights seem to be in feet",
                "say which unit they are in with --dem-unit ft or --dem-unit m",
                file=raster.path.name,
            )
    raster.factor = 0.3048 if unit == "ft" else 1.0
    return raster


def open_population(path: str | Path, *, unit: PopulationUnit | None = None) -> tuple[Raster, PopulationUnit]:
    """A population grid and its unit: `unit`, or what the file's tags say.

    Raises UnsafeFile for anything but a local GeoTIFF; BadInput without CRS or without a unit.
    """
    raster = _open_raster(path)
    said = raster.tile(0).units
    if unit is None:
        unit = (
            "persons_per_km2"
            if _DENSITY.search(said)
            else ("persons" if _COUNT.search(said.replace("_", " ")) else None)
        )
    if unit is None:
        raise BadInput(
            "the file does not say whether cells hold persons or persons per km2",
            "add --population-unit persons or --population-unit persons_per_km2",
            file=raster.path.name,
        )
    return raster, unit


def open_values(path: str | Path) -> Raster:
    """Any other raster of numbers, such as seismic or flood hazard, in the unit that it is written in.

    Raises UnsafeFile for anything but a local GeoTIFF; BadInput for a raster without CRS or rotated.
    """
    return _open_raster(path)


def local_path(path: str | Path) -> Path:
    """The path of an existing local file or folder; UnsafeFile for an address or a driver's own syntax."""
    text = str(path)
    if re.match(r"^[A-Za-z][\w+.-]*:", text) or text.startswith(("/vsi", "\\\\")) or "\x00" in text:
        raise UnsafeFile("is not a local file", "download it and give its path", value=text)
    local = Path(text)
    if not local.exists():
        raise BadInput("no such file or folder", "check the path", file=text[-80:])
    return local


def _open_raster(path: str | Path) -> Raster:
    local = local_path(path)
    if local.is_dir():
        return _open_folder(local)
    tile = _open_tile(local)
    return Raster(local, tile.grid, [tile], [tile.grid.bounds])


def _open_folder(folder: Path) -> Raster:
    files = sorted(
        each for each in (*folder.glob("*.tif"), *folder.glob("*/*.tif"), *folder.glob("*/DEM/*.tif"))
    )
    named = [each for each in files if COPERNICUS.match(each.name)]
    if named:
        first = _open_tile(named[0])
        boxes = [_copernicus_box(each.name) for each in named]
        tiles: list[Tile | Callable[[], Tile]] = [
            lambda each=each: _like(first, _open_tile(each)) for each in named
        ]
    else:
        files = [each for each in files if WORLDPOP.match(each.name)] or files
        if not files:
            raise BadInput("the folder holds no GeoTIFF tiles", "put .tif tiles in it", file=folder.name)
        opened = [_open_tile(each) for each in files]
        first = opened[0]
        tiles, boxes = [_like(first, each) for each in opened], [each.grid.bounds for each in opened]
    return Raster(folder, _lattice(first.grid, boxes), tiles, boxes)


def _lattice(grid: Grid, boxes: list[tuple[float, float, float, float]]) -> Grid:
    """The first tile's lattice, widened to hold every box."""
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    left = grid.left - np.ceil((grid.left - west) / grid.dx - 1e-6) * grid.dx
    top = grid.top + np.ceil((north - grid.top) / grid.dy - 1e-6) * grid.dy
    columns, rows = round((east - left) / grid.dx), round((top - south) / grid.dy)
    return Grid(float(left), float(top), grid.dx, grid.dy, rows, columns, grid.crs)


def _copernicus_box(name: str) -> tuple[float, float, float, float]:
    found = COPERNICUS.match(name)
    if found is None:
        raise BadInput("is not named as a Copernicus tile", "keep the publisher's names", file=name)
    _, ns, degrees_north, ew, degrees_east = found.groups()
    south = int(degrees_north) * (1 if ns.upper() == "N" else -1)
    west = int(degrees_east) * (1 if ew.upper() == "E" else -1)
    margin = 0.001  # the tiles are shifted by half a cell
    return (west - margin, south - margin, west + 1 + margin, south + 1 + margin)


def _like(first: Tile, tile: Tile) -> Tile:
    if CRS.from_wkt(first.grid.crs) != CRS.from_wkt(tile.grid.crs):
        raise BadInput(
            f"its CRS differs from that of {first.path.name}",
            "reproject the tiles to one CRS",
            file=tile.path.name,
        )
    return tile


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, opened by the GeoTIFF driver alone."""
    with path.open("rb") as stream:
        if stream.read(4) not in _MAGIC:
            raise UnsafeFile("is not a GeoTIFF", "convert it to GeoTIFF", file=path.name)
    options = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none"}
    try:
        with rasterio.Env(**options), rasterio.open(path.resolve(), driver="GTiff") as source:
            yield source
    except RasterioError as error:
        raise BadInput(
            "the GeoTIFF cannot be read; it may be cut off", "download or export it again", file=path.name
        ) from error


def _open_tile(path: Path) -> Tile:
    with _opened(path) as source:
        if source.crs is None:
            raise BadInput(
                "the raster does not say its coordinate system (CRS)",
                "assign it, for example with gdal_edit.py -a_srs EPSG:4326",
                file=path.name,
            )
        bands = [each for each in source.colorinterp if each != ColorInterp.alpha]
        if len(bands) != 1:
            raise BadInput(
                f"the raster holds {len(bands)} bands where one is expected",
                "export the one band alone, for example with gdal_translate -b 1",
                file=path.name,
            )
        transform = source.transform
        if transform.b or transform.d or transform.a <= 0 or transform.is_identity:
            raise BadInput("the raster is rotated or has no position", "warp it to north-up", file=path.name)
        block_rows, block_columns = source.block_shapes[0]
        if block_rows * block_columns > _BLOCK_CELLS or np.dtype(source.dtypes[0]).kind == "c":
            raise UnsafeFile("its blocks are too large to read", "write it tiled", file=path.name)
        south_up = transform.e > 0
        top = transform.f + source.height * transform.e if south_up else transform.f
        grid = Grid(
            transform.c,
            top,
            transform.a,
            abs(transform.e),
            source.height,
            source.width,
            source.crs.to_wkt(),
        )
        tags = " ".join(
            f"{key}={value}" for tags in (source.tags(), source.tags(1)) for key, value in tags.items()
        )
        said = f"{source.units[0] or ''} {source.descriptions[0] or ''} {tags}"[:4000]
        return Tile(
            path, grid, source.nodata, source.scales[0], source.offsets[0], south_up, said, source.dtypes[0]
        )


def _window(grid: Grid, bounds: tuple[float, float, float, float]) -> tuple[int, int, int, int] | None:
    """Row, column, rows, columns of the cells that touch the bounds, or None."""
    west, south, east, north = bounds
    first_column = max(int(np.floor((west - grid.left) / grid.dx)), 0)
    last_column = min(int(np.ceil((east - grid.left) / grid.dx)), grid.columns)
    first_row = max(int(np.floor((grid.top - north) / grid.dy)), 0)
    last_row = min(int(np.ceil((grid.top - south) / grid.dy)), grid.rows)
    if first_column >= last_column or first_row >= last_row:
        return None
    return first_row, first_column, last_row - first_row, last_column - first_column


def _place(tile: Tile, grid: Grid, cells: Array) -> None:
    """Write a tile's values at the centres of the window's cells, nearest cell of the tile."""
    row, column = np.arange(grid.rows), np.arange(grid.columns)
    x, y = grid.centres(row, column)
    tile_column = np.floor((x - tile.grid.left) / tile.grid.dx + 1e-6).astype(int)
    tile_row = np.floor((tile.grid.top - y) / tile.grid.dy + 1e-6).astype(int)
    rows = np.flatnonzero((tile_row >= 0) & (tile_row < tile.grid.rows))
    columns = np.flatnonzero((tile_column >= 0) & (tile_column < tile.grid.columns))
    if not rows.size or not columns.size:
        return
    tile_row, tile_column = tile_row[rows], tile_column[columns]
    first_row, first_column = int(tile_row[0]), int(tile_column[0])
    values = tile.read(
        first_row, first_column, int(tile_row[-1]) - first_row + 1, int(tile_column[-1]) - first_column + 1
    )[np.ix_(tile_row - first_row, tile_column - first_column)]
    target = cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    np.copyto(target, values, where=~np.isnan(values))


def _vertical_is_feet(wkt: str) -> bool:
    vertical = wkt.upper().find("VERT_CS" if "VERT_CS" in wkt.upper() else "VERTCRS")
    return vertical >= 0 and bool(re.search(r"UNIT\[\"(US SURVEY )?(FOOT|FEET|FT)", wkt.upper()[vertical:]))


def _too_high(raster: Raster) -> bool:
    """Whether a sample of the heights is above every mountain: then they are in feet."""
    grid = raster.tile(0).grid
    rows, columns = min(grid.rows, 2048), min(grid.columns, 2048)
    tile = raster.tile(0)
    cells = tile.read((grid.rows - rows) // 2, (grid.columns - columns) // 2, rows, columns)
    rules = reference.load("footprint_rules").rows.set_index("rule")["value"]
    return bool(np.nanmax(cells, initial=0.0) > float(rules["void_height_m"]))
