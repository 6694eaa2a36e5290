"""Points as map tiles: a Morton-sorted index, and GeoJSON of one tile.

Points are sorted along the Morton (Z-order) curve of the web map's square, so that every tile of every
zoom is one contiguous run of the index. At a zoom where some tile would be overfull, cells with several
sites become one feature with their count; all other sites are drawn one by one. That is decided by zoom
and by cell, never by tile, so that no seam shows.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_ZOOM = 14
"""Tiles are made up to here; closer views magnify these."""
LEVEL = 24
"""Zoom at which a point's place on the curve is taken: cells of about 2.4 m."""
CELL_LEVELS = 3
"""A tile has 2**3 x 2**3 cells: of 64 pixels each, at 512 pixels a tile."""
DENSE = 4_000
"""Where the fullest tile of a zoom holds more sites than this, cells of that zoom may become crowds."""
APART = 12
"""At such a zoom, a cell with more sites than this becomes a crowd: one feature with their count."""
MAX_LATITUDE = 85.0511287798066
"""Where the square of the web map ends."""

UNRATED_CODE = -1
"""Class number of a site without a class."""


class Address(BaseModel):
    """Zoom, column and row of a tile. Columns beyond the world's edge are those of the next turn."""

    model_config = ConfigDict(frozen=True)

    z: Annotated[int, Field(ge=0, le=MAX_ZOOM)]
    x: int
    y: int

    @model_validator(mode="after")
    def _within_the_world(self) -> "Address":
        if not 0 <= self.y < 2**self.z:
            raise ValueError(f"row {self.y} does not exist at zoom {self.z}")
        if not -(2**self.z) <= self.x < 2 ** (self.z + 1):
            raise ValueError(f"column {self.x} does not exist at zoom {self.z}")
        return self

    @property
    def column(self) -> int:
        """The column within the world, 0 to 2**z - 1."""
        return self.x % 2**self.z


@dataclass(frozen=True)
class PointIndex:
    """Points in the order of the curve.

    codes: (n,) uint64, ascending; rows: (n,) int64, position in the register; x, y: (n,) float64 on the
    web map's square, 0 to 1 from the north-west corner.
    """

    codes: np.ndarray
    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray

    @classmethod
    def of(cls, lon: np.ndarray, lat: np.ndarray) -> "PointIndex":
        """Index of points, (n,) float64 degrees. Gap rule: a point with NaN is on no tile."""
        rows = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        x, y = to_square(lon[rows], lat[rows])
        codes = _interleave(_step(x), _step(y))
        order = np.argsort(codes, kind="stable")
        return cls(codes[order], rows[order], x[order], y[order])

    def __len__(self) -> int:
        return len(self.codes)

    def where(self, kept: np.ndarray) -> "PointIndex":
        """The points of the kept rows; `kept` is boolean by row of the register."""
        chosen = kept[self.rows]
        return (
            self
            if chosen.all()
            else PointIndex(self.codes[chosen], self.rows[chosen], self.x[chosen], self.y[chosen])
        )

    def fullest(self, z: int) -> int:
        """How many points the fullest tile of a zoom holds."""
        if not len(self.codes):
            return 0
        ends = np.flatnonzero(np.diff(self.codes >> np.uint64(2 * (LEVEL - z)))) + 1
        return int(np.diff(ends, prepend=0, append=len(self.codes)).max())

    def run(self, address: Address) -> slice:
        """The run of points that lie in a tile."""
        shift = 2 * (LEVEL - address.z)
        first = int(_interleave(np.array([address.column]), np.array([address.y]))[0])
        bounds = np.array([first << shift, ((first + 1) << shift) - 1], dtype=np.uint64)
        return slice(
            int(np.searchsorted(self.codes, bounds[0], side="left")),
            int(np.searchsorted(self.codes, bounds[1], side="right")),
        )


def to_square(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees to the web map's square, 0 to 1; 180 degrees east is 180 west, poles are cut."""
    x = ((lon + 180.0) / 360.0) % 1.0
    sine = np.sin(np.radians(np.clip(lat, -MAX_LATITUDE, MAX_LATITUDE)))
    y = 0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * np.pi)
    return x, np.clip(y, 0.0, np.nextafter(1.0, 0.0))


def to_degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The web map's square to degrees."""
    return x * 360.0 - 180.0, np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * y))))


def _step(part: np.ndarray) -> np.ndarray:
    return np.minimum((part * 2**LEVEL).astype(np.int64), 2**LEVEL - 1)


def _spread(value: np.ndarray) -> np.ndarray:
    """Bits of a number up to 2**24, each followed by a zero bit."""
    spread = value.astype(np.uint64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(mask)
    return spread


def _interleave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return _spread(x) | (_spread(y) << np.uint64(1))


@dataclass(frozen=True)
class Classes:
    """The class of each row of a register, as a number.

    codes: (rows,) int16, UNRATED_CODE where there is none; count: how many classes there are;
    is_ordered: a crowd takes the gravest of its classes if so, else the most frequent one.
    """

    codes: np.ndarray
    count: int
    is_ordered: bool


@dataclass(frozen=True)
class Crowd:
    """Sites drawn as one feature: how many of each class, the unrated last."""

    counts: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many sites."""
        return sum(self.counts)


Describe = Callable[[np.ndarray], Sequence[Mapping[str, Any]]]
"""Properties (id, name, note) of rows of the register, in their order."""
DescribeCrowd = Callable[[Crowd], Mapping[str, Any]]


def tile(
    index: PointIndex,
    classes: Classes,
    address: Address,
    *,
    describe: Describe,
    describe_crowd: DescribeCrowd,
) -> dict[str, Any]:
    """One tile as a GeoJSON FeatureCollection.

    Every feature has `c` (class number), `n` (sites), `t` (the count as it is written on a crowd, else
    empty) and `z` (zoom of the tile); a site has what `describe` says, a crowd what `describe_crowd` says.
    Sites of graver classes come later, so that they are drawn above others. The first feature has no
    geometry: see app/maps.py, which needs to tell a click from none.
    """
    run = index.run(address)
    features: list[dict[str, Any]] = [{"type": "Feature", "geometry": None, "properties": {}}]
    if run.stop > run.start:
        starts, sizes = _cells(index.codes[run], address)
        is_dense = run.stop - run.start > DENSE or index.fullest(address.z) > DENSE
        crowded = sizes > APART if is_dense else np.zeros(len(sizes), dtype=bool)
        features += _singles(index, classes, run, np.repeat(~crowded, sizes), address, describe)
        features += _crowds(index, classes, run, starts, sizes, crowded, address, describe_crowd)
    return {"type": "FeatureCollection", "features": features}


def _cells(codes: np.ndarray, address: Address) -> tuple[np.ndarray, np.ndarray]:
    """Where each cell's run begins, and how long it is."""
    cells = codes >> np.uint64(2 * (LEVEL - min(address.z + CELL_LEVELS, LEVEL)))
    starts = np.flatnonzero(np.concatenate(([True], cells[1:] != cells[:-1])))
    return starts, np.diff(np.append(starts, len(cells)))


def _crowds(
    index: PointIndex,
    classes: Classes,
    run: slice,
    starts: np.ndarray,
    sizes: np.ndarray,
    crowded: np.ndarray,
    address: Address,
    describe_crowd: DescribeCrowd,
) -> list[dict[str, Any]]:
    if not crowded.any():
        return []
    codes = classes.codes[index.rows[run]]
    by_class = np.stack(
        [np.add.reduceat(codes == code, starts, dtype=np.int64) for code in (*range(classes.count), -1)]
    )[:, crowded]
    level = min(address.z + CELL_LEVELS, LEVEL)
    lon, lat = to_degrees(
        *(
            _towards_middle(np.add.reduceat(part[run], starts)[crowded] / sizes[crowded], level)
            for part in (index.x, index.y)
        )
    )
    rated = by_class[:-1] > 0
    if classes.is_ordered:
        code = np.where(rated.any(axis=0), classes.count - 1 - rated[::-1].argmax(axis=0), UNRATED_CODE)
    else:
        most = by_class.argmax(axis=0)
        code = np.where(most == classes.count, UNRATED_CODE, most)
    return [
        _feature(
            lon[i],
            lat[i],
            {
                "c": int(code[i]),
                "n": int(by_class[:, i].sum()),
                "t": short_count(int(by_class[:, i].sum())),
                "z": address.z,
                **describe_crowd(Crowd(tuple(int(count) for count in by_class[:, i]))),
            },
        )
        for i in range(by_class.shape[1])
    ]


def _towards_middle(mean: np.ndarray, level: int) -> np.ndarray:
    """Half way from the mean of a cell's sites to its middle, so that neighbouring crowds keep apart."""
    middle = (np.floor(mean * 2**level) + 0.5) / 2**level
    return (mean + middle) / 2


def _singles(
    index: PointIndex,
    classes: Classes,
    run: slice,
    chosen: np.ndarray,
    address: Address,
    describe: Describe,
) -> list[dict[str, Any]]:
    rows = index.rows[run][chosen]
    if not len(rows):
        return []
    lon, lat = to_degrees(index.x[run][chosen], index.y[run][chosen])
    order = np.argsort(classes.codes[rows], kind="stable")
    rows, lon, lat = rows[order], lon[order], lat[order]
    codes = classes.codes[rows]
    return [
        _feature(lon[i], lat[i], {"c": int(codes[i]), "n": 1, "t": "", "z": address.z, **properties})
        for i, properties in enumerate(describe(rows))
    ]


def _feature(lon: float, lat: float, properties: dict[str, Any]) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [round(float(lon), 6), round(float(lat), 6)]}
    return {"type": "Feature", "geometry": point, "properties": properties}


def short_count(count: int) -> str:
    """A count in at most four signs: 909, 1.4k, 12k, 1.2M. Rounded down, so that it is never too much."""
    for unit, sign in ((1_000_000, "M"), (1_000, "k")):
        if count >= unit:
            tenths = count * 10 // unit
            return f"{tenths // 10}{sign}" if tenths >= 100 or tenths % 10 == 0 else f"{tenths / 10}{sign}"
    return str(count)


def as_bytes(collection: Mapping[str, Any]) -> bytes:
    """GeoJSON as bytes; signs that mean something in HTML are written as escapes, NaN is refused."""
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode("utf-8", errors="replace")
