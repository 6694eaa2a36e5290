"""A north-up regular grid: where its cells lie, in any CRS."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Cells of `dx` by `dy` units of `crs`; row 0 is the northernmost, column 0 the westernmost.

    left, top: outer corner of cell (0, 0). crs: anything that pyproj reads, as text.
    """

    left: float
    top: float
    dx: float
    dy: float
    rows: int
    columns: int
    crs: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, in the units of the CRS."""
        return (self.left, self.top - self.rows * self.dy, self.left + self.columns * self.dx, self.top)

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the cell that holds a point, or None outside the grid."""
        column, row = int(np.floor((x - self.left) / self.dx)), int(np.floor((self.top - y) / self.dy))
        inside = 0 <= row < self.rows and 0 <= column < self.columns
        return (row, column) if inside else None

    def centres(
        self, rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer]
    ) -> tuple[Floats, Floats]:
        """x and y of cell centres."""
        x = self.left + (columns.astype(np.float64) + 0.5) * self.dx
        return x, self.top - (rows.astype(np.float64) + 0.5) * self.dy

    def part(self, row: int, column: int, rows: int, columns: int) -> "Grid":
        """The grid of a window of this grid, which may reach beyond it."""
        return Grid(
            self.left + column * self.dx, self.top - row * self.dy, self.dx, self.dy, rows, columns, self.crs
        )
