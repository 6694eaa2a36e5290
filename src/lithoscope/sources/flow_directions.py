"""Flow directions that a user has beside a terrain model: D8 codes, as HydroSHEDS or MERIT Hydro have them.

Codes are 1 for east, then clockwise in powers of two to 128 for north-east. Where water ends the publishers
write 0 (a river's mouth) or 255 (an inland depression), and 247 where there is no land; files of signed
bytes hold the same bits as -128, -1 and -9.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from lithoscope.domain.errors import BadInput
from lithoscope.domain.grid import Grid
from lithoscope.sources.rasters import Array, Raster, open_values

Codes = npt.NDArray[np.uint8]
NONE = 247
"""The code of a cell that the file says nothing of."""
_SIGNED = {-128: 128, -1: 255, -9: NONE}
_KNOWN = (0, *(1 << k for k in range(8)), NONE, 255)
_SAMPLE = 2048
_OFF_CELLS = 0.05
"""How far the cells of both files may lie apart, in cells: publishers round their corners."""


@dataclass(frozen=True)
class FlowDirections:
    """Directions on the lattice of a terrain model; their extent may be another."""

    raster: Raster

    def codes(self, grid: Grid) -> Codes:
        """Codes of the cells of a grid on the same lattice; 247 where the file holds none.

        Raises BadInput for a value that is no direction.
        """
        own = self.raster.grid
        row, column = round((own.top - grid.top) / own.dy), round((grid.left - own.left) / own.dx)
        return self._checked(self.raster.read(row, column, grid.rows, grid.columns)[0])

    def _checked(self, cells: Array) -> Codes:
        codes = np.where(np.isnan(cells), NONE, cells)
        for signed, code in _SIGNED.items():
            codes[codes == signed] = code
        wrong = codes[~np.isin(codes, _KNOWN)]
        if wrong.size:
            raise BadInput(
                "is no D8 flow direction",
                "give ESRI codes: 1, 2, 4 to 128, and 0, 247 or 255 where water ends",
                file=self.raster.path.name,
                value=f"{wrong[0]:g}",
            )
        return codes.astype(np.uint8)


def open_directions(path: str | Path, terrain: Raster) -> FlowDirections:
    """The directions of a GeoTIFF, or of a folder of tiles, that goes with a terrain model.

    Raises UnsafeFile for anything but a local GeoTIFF; BadInput for another CRS, cell size or position of
    cells than the terrain's, for a file that lies elsewhere, and for values that are no D8 codes.
    """
    raster = open_values(path)
    for number in range(len(raster.tiles)):
        tile = raster.tile(number)
        if np.dtype(tile.dtype).kind not in "iu":
            raise BadInput(
                "flow directions are whole numbers",
                "give D8 codes as integers, not flow angles or accumulation",
                file=tile.path.name,
                value=tile.dtype,
            )
    _check_lattice(raster, terrain)
    found = FlowDirections(raster)
    sample = raster.tile(0).grid
    rows, columns = min(sample.rows, _SAMPLE), min(sample.columns, _SAMPLE)
    found.codes(sample.part((sample.rows - rows) // 2, (sample.columns - columns) // 2, rows, columns))
    return found


def _check_lattice(raster: Raster, terrain: Raster) -> None:
    ours, theirs = raster.grid, terrain.grid
    differs = ""
    if _horizontal(ours.crs) != _horizontal(theirs.crs):
        differs = "their CRS differs"
    elif any(
        abs(a / b - 1) * max(ours.rows, ours.columns) > _OFF_CELLS
        for a, b in ((ours.dx, theirs.dx), (ours.dy, theirs.dy))
    ):
        differs = f"their cells are {ours.dx:.6g} x {ours.dy:.6g}, not {theirs.dx:.6g} x {theirs.dy:.6g}"
    elif any(
        abs(shift - round(shift)) > _OFF_CELLS
        for shift in ((ours.left - theirs.left) / theirs.dx, (ours.top - theirs.top) / theirs.dy)
    ):
        differs = "their cells are shifted by a part of a cell"
    elif not _overlap(ours.bounds, theirs.bounds):
        differs = "they lie elsewhere"
    if differs:
        raise BadInput(
            f"the flow directions do not lie on the cells of {terrain.path.name}: {differs}",
            "give both as their publisher offers them together, on one grid",
            file=raster.path.name,
        )


def _horizontal(wkt: str) -> CRS:
    """A CRS without its heights."""
    crs = CRS.from_wkt(wkt)
    return crs.sub_crs_list[0] if crs.is_compound else crs


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
