"""Terrain by window, and the path on it from a dam to where the flow ends.

A raster of a few million cells is filled as a whole. A larger one is filled in half-overlapping windows;
the path changes window before it comes near an edge, so that memory stays bounded.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from lithoscope.domain.earth import GEOD
from lithoscope.domain.errors import BadInput
from lithoscope.domain.grid import Grid
from lithoscope.methods import flow
from lithoscope.methods.footprint import Floats, Indices, Plane, Stretch
from lithoscope.methods.runout_ensemble import rule
from lithoscope.sources.flow_directions import FlowDirections
from lithoscope.sources.rasters import Raster

WGS84 = "EPSG:4326"
WINDOW_CELLS = 2048
WHOLE_CELLS = 5_000_000
_LOWEST_LAND_M = -450.0
"""The shore of the Dead Sea is the lowest land; a terrain model's smaller values stand for "no value"."""


@dataclass(frozen=True)
class Window:
    """A part of the terrain, filled. row, column: where its first cell lies in the raster's lattice."""

    row: int
    column: int
    heights: npt.NDArray[np.float32]
    filled: npt.NDArray[np.float32]
    directions: npt.NDArray[np.uint8]
    grid: Grid


@dataclass
class Path:
    """The way down: one entry per cell, from the dam.

    lon, lat: cell centres (lon within half a turn of the dam's, beyond 180 where the path crosses it);
    chainage_m: geodesic distance along the path; height_m: terrain; level_m: filled terrain; ended: why the
    path is no longer: "length", "terrain", "directions" (given ones that end).
    stretches: the same path, window by window.
    """

    lon: Floats
    lat: Floats
    chainage_m: Floats
    height_m: Floats
    level_m: Floats
    stretches: list[Stretch]
    ended: str
    gap_beside_end: bool = False
    flat_water_m: float | None = None
    """Where the path enters level water that is not where it starts; None if it does not."""

    @property
    def length_m(self) -> float:
        """Distance from the dam to the end."""
        return float(self.chainage_m[-1])


@lru_cache(maxsize=64)
def transformer(from_crs: str, to_crs: str) -> Transformer:
    """From one CRS to another, x before y."""
    return Transformer.from_crs(from_crs, to_crs, always_xy=True)


def unwrapped(lon: npt.ArrayLike, near: float) -> Floats:
    """Longitudes within half a turn of one of them: a line across 180 degrees goes on beyond it."""
    away = np.asarray(lon, float) - near
    return np.where(np.abs(away) > 180, (away + 180) % 360 - 180 + near, lon).astype(float)


def plane_at(lon: float, lat: float, raster: Raster) -> tuple[Plane, str]:
    """A metric equal-area plane near a place (its centre is rounded, so that neighbours share it).

    raster: in whose coordinates the terrain is; it may lie across 180 degrees.
    """
    lat_0, lon_0 = float(np.clip(round(lat / 2) * 2, -88, 88)), round(lon / 2) * 2
    metric = f"+proj=laea +lat_0={lat_0} +lon_0={lon_0} +datum=WGS84 +units=m +no_defs"
    there, back = transformer(raster.crs, metric), transformer(metric, raster.crs)
    west, _, east, _ = raster.grid.bounds

    def to_terrain(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        to_x, to_y = back.transform(x, y)
        return (unwrapped(to_x, (west + east) / 2) if raster.is_geographic else to_x), to_y

    return Plane(there.transform, to_terrain), metric


@dataclass
class Terrain:
    """A terrain model that paths are found on; given: directions that they follow, in place of its own."""

    raster: Raster
    whole_cells: int = WHOLE_CELLS
    window_cells: int = WINDOW_CELLS
    given: FlowDirections | None = None
    _windows: "OrderedDict[tuple[int, int], Window]" = field(default_factory=OrderedDict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def _is_whole(self) -> bool:
        return self.raster.grid.rows * self.raster.grid.columns <= self.whole_cells

    def cell_of(self, lon: float, lat: float) -> tuple[int, int]:
        """Row and column of a place; BadInput if the terrain does not hold it, or has a gap there."""
        x, y = self.to_terrain.transform(lon, lat)
        inside = np.isfinite(x) and np.isfinite(y) and self.raster.holds(x, y)
        for turn in (-360, 360) if self.raster.is_geographic and not inside else ():
            if self.raster.holds(x + turn, y):  # the raster goes on beyond 180 degrees
                x, inside = x + turn, True
        cell = self.raster.grid.cell(x, y) if inside else None
        if cell is None:
            raise BadInput(
                "the site lies outside the terrain model",
                self._outside_remedy(lon, lat),
                file=self.raster.path.name,
                value=f"lon {lon:g}, lat {lat:g}",
            )
        window = self.window(*cell)
        if np.isnan(window.heights[cell[0] - window.row, cell[1] - window.column]):
            raise BadInput(
                "the terrain model has no value under the dam",
                "fill its gaps, or use another terrain model",
                file=self.raster.path.name,
                value=f"lon {lon:g}, lat {lat:g}",
            )
        if (
            self.given is not None
            and window.directions[cell[0] - window.row, cell[1] - window.column] == flow.GAP
        ):
            raise BadInput(
                "the flow directions have no value under the dam",
                "give a file that holds the site, or leave it out",
                file=self.given.raster.path.name,
                value=f"lon {lon:g}, lat {lat:g}",
            )
        return cell

    @cached_property
    def to_terrain(self) -> Transformer:
        """From longitude and latitude to the raster's coordinates."""
        return transformer(WGS84, self.raster.crs)

    def _outside_remedy(self, lon: float, lat: float) -> str:
        if abs(lon) <= 90:
            x, y = self.to_terrain.transform(lat, lon)
            if np.isfinite(x) and np.isfinite(y) and self.raster.holds(x, y):
                return "longitude and latitude seem to be swapped, here or in the raster: check the order"
        west, south, east, north = transformer(self.raster.crs, WGS84).transform_bounds(
            *self.raster.grid.bounds
        )
        extent = f"lon {west:.3f} to {east:.3f}, lat {south:.3f} to {north:.3f}"
        return f"it covers {extent}: give a model that holds the site"

    def window(self, row: int, column: int) -> Window:
        """The window that holds a cell, away from its edges where it can."""
        grid = self.raster.grid
        if self._is_whole:
            return self._made(0, 0, grid.rows, grid.columns)
        size, half = self.window_cells, self.window_cells // 2
        first_row = _first(row, half, size, grid.rows)
        first_column = _first(column, half, size, grid.columns)
        return self._made(
            first_row, first_column, min(size, grid.rows - first_row), min(size, grid.columns - first_column)
        )

    def _made(self, row: int, column: int, rows: int, columns: int) -> Window:
        with self._making:  # several threads may ask; each window is made once
            key = (row, column)
            if key not in self._windows:
                self._windows[key] = self._make(row, column, rows, columns)
            self._windows.move_to_end(key)
            while len(self._windows) > 8:
                self._windows.popitem(last=False)
            return self._windows[key]

    def _make(self, row: int, column: int, rows: int, columns: int) -> Window:
        heights, grid = self.raster.read(row, column, rows, columns)
        heights[~(heights > _LOWEST_LAND_M)] = np.nan
        if self.given is not None:
            found = flow.given_directions(heights, self.given.codes(grid))
            return Window(row, column, heights, *found, grid)
        sizes = np.array([_cell_size(grid, step) for step in np.linspace(0, rows - 1, 9).astype(int)])
        width = np.interp(np.arange(rows), np.linspace(0, rows - 1, 9), sizes[:, 0])
        filled, directions = flow.directions(heights, width, float(sizes[:, 1].mean()))
        return Window(row, column, heights, filled, directions, grid)


def _first(position: int, half: int, size: int, count: int) -> int:
    """First row or column of the window whose middle half holds a position."""
    step = max(round((position - half) / half), 0)
    return int(max(min(step * half, count - size), 0))


def path_from(terrain: Terrain, lon: float, lat: float, length_m: float) -> Path:
    """The path from a place down the terrain, at most `length_m` long.

    Raises BadInput if the place is outside the terrain or on a gap in it.
    """
    path = _path(terrain, _parts(terrain, lon, lat, length_m), length_m)
    path.lon = unwrapped(path.lon, lon)
    return path


def cells_from(terrain: Terrain, lon: float, lat: float, length_m: float) -> set[tuple[int, int]]:
    """Rows and columns of the cells on the path from a place, at least as far as `length_m`."""
    return {
        cell
        for window, rows, columns in _parts(terrain, lon, lat, length_m)
        for cell in zip((rows + window.row).tolist(), (columns + window.column).tolist(), strict=True)
    }


def _parts(
    terrain: Terrain, lon: float, lat: float, length_m: float
) -> list[tuple[Window, Indices, Indices]]:
    """The cells of a path, window by window, at least as far as `length_m`."""
    row, column = terrain.cell_of(lon, lat)
    parts: list[tuple[Window, Indices, Indices]] = []
    seen: set[tuple[int, int]] = set()
    length, reason = 0.0, 0
    while True:
        window = terrain.window(row, column)
        rows, columns, reason = _down(terrain, window, row, column, length_m)
        key = (window.row, window.column)
        stuck = len(rows) < 2 or (row, column) in seen
        seen.add((row, column))
        parts.append((window, rows, columns))
        length += len(rows) * _cell_size(window.grid, int(rows[0]))[1] * 0.7
        row, column = int(rows[-1]) + window.row, int(columns[-1]) + window.column
        if reason != _LEFT or stuck or length > 2 * length_m:
            break
        after = terrain.window(row, column)
        if (after.row, after.column) == key:
            break
    if terrain.given is not None:
        _refuse_circle(terrain, terrain.given, parts)
    return parts


_LEFT = 1


def _refuse_circle(
    terrain: Terrain, given: FlowDirections, parts: list[tuple[Window, Indices, Indices]]
) -> None:
    """BadInput where given directions lead back to a cell of the path; parts share a cell."""
    rows = np.concatenate([window.row + rows[bool(k) :] for k, (window, rows, _) in enumerate(parts)])
    columns = np.concatenate([window.column + found[bool(k) :] for k, (window, _, found) in enumerate(parts)])
    _, first = np.unique(np.column_stack([rows, columns]), axis=0, return_index=True)
    again = np.setdiff1d(np.arange(len(rows)), first)
    if again.size:
        lon, lat = transformer(terrain.raster.crs, WGS84).transform(
            *terrain.raster.grid.centres(rows[again[:1]], columns[again[:1]])
        )
        raise BadInput(
            "the flow directions run in a circle there",
            "give directions that were made for routing, or leave them out",
            file=given.raster.path.name,
            value=f"lon {lon[0]:.4f}, lat {lat[0]:.4f}",
        )


def _down(
    terrain: Terrain, window: Window, row: int, column: int, length_m: float
) -> tuple[Indices, Indices, int]:
    from lithoscope.methods.flow_kernels import descend

    grid, whole = window.grid, terrain.raster.grid
    margin = terrain.window_cells // 8
    low_row = 0 if window.row == 0 else margin
    low_column = 0 if window.column == 0 else margin
    high_row = grid.rows if window.row + grid.rows >= whole.rows else grid.rows - margin
    high_column = grid.columns if window.column + grid.columns >= whole.columns else grid.columns - margin
    smallest = min(_cell_size(grid, grid.rows // 2))
    steps = int(min(length_m / smallest * 1.5 + 2, grid.rows * grid.columns))
    rows, columns, reason = descend(
        window.directions,
        row - window.row,
        column - window.column,
        low_row,
        high_row,
        low_column,
        high_column,
        steps,
    )
    return rows, columns, int(reason)


@lru_cache(maxsize=4096)
def _cell_size(grid: Grid, row: int) -> tuple[float, float]:
    """Width and height of a cell on the ground, in the middle of a row. [m]"""
    to_degrees = transformer(grid.crs, WGS84)
    y = grid.top - (row + 0.5) * grid.dy
    x = grid.left + grid.columns / 2 * grid.dx
    lon, lat = to_degrees.transform([x, x + grid.dx, x], [y, y, y - grid.dy])
    _, _, width = GEOD.inv(lon[0], lat[0], lon[1], lat[1])
    _, _, height = GEOD.inv(lon[0], lat[0], lon[2], lat[2])
    return float(width), float(height)


def _path(terrain: Terrain, parts: list[tuple[Window, Indices, Indices]], length_m: float) -> Path:
    """The parts joined; each next part begins with the last cell of the one before."""
    to_degrees = transformer(terrain.raster.crs, WGS84)
    stretches: list[Stretch] = []
    pieces: list[tuple[Floats, ...]] = []
    start, ended = 0.0, "terrain"
    flat: float | None = None
    gap = False
    for number, (window, rows, columns) in enumerate(parts):
        lon, lat = to_degrees.transform(*window.grid.centres(rows, columns))
        step = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2] if len(lon) > 1 else np.empty(0)
        chainage = start + np.concatenate([[0.0], np.cumsum(step)])
        keep = np.count_nonzero(chainage <= length_m) + 1
        if keep <= len(chainage):
            ended = "length"
        lon, lat, chainage, rows, columns = (v[:keep] for v in (lon, lat, chainage, rows, columns))
        width, height = _cell_size(window.grid, int(rows[len(rows) // 2]))
        level = window.filled[rows, columns].astype(float)
        if terrain.given is not None:  # they may climb, where the terrain was not conditioned for them
            level = np.minimum.accumulate(level)
            level = level if not stretches else np.minimum(level, stretches[-1].level_m[-1])
        stretches.append(Stretch(window.heights, window.grid, rows, columns, level, chainage, width, height))
        found = _level_water(stretches[-1])
        flat = found if flat is None else flat
        ground = window.heights[rows, columns].astype(float)
        first = 0 if number == 0 else 1
        pieces.append(tuple(np.asarray(v)[first:] for v in (lon, lat, chainage, ground, level)))
        start = float(chainage[-1])
        gap = _gap_beside(window, int(rows[-1]), int(columns[-1]))
        if ended == "length":
            break
        if terrain.given is not None and window.directions[rows[-1], columns[-1]] in (flow.GAP, flow.SINK):
            ended = "directions"
    joined = [np.concatenate([piece[k] for piece in pieces]) for k in range(5)]
    return Path(*joined, stretches, ended, gap, flat)


def _level_water(stretch: Stretch) -> float | None:
    """Chainage where a stretch enters level water."""
    position = flow.level_water(
        stretch.heights,
        stretch.rows,
        stretch.columns,
        cell_km2=stretch.cell_m2 / 1e6,
        least_km2=rule("flat_water_km2"),
        sea_level_m=rule("sea_level_m"),
    )
    return None if position is None else float(stretch.chainage_m[position])


def _gap_beside(window: Window, row: int, column: int) -> bool:
    """Whether a cell lies beside a gap in terrain or given directions (not beside the raster's edge)."""
    around = window.directions[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    return bool((around == flow.GAP).any())
