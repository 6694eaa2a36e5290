"""Shapes as a Mapbox Vector Tile (specification 2.1): lines and polygons without attributes.

Coordinates are on the web map's square (0 to 1 from the north-west corner) on the way in, and whole
steps of 1/4096 of the tile on the way out.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import shapely

EXTENT = 4096
BUFFER = 80
"""How far shapes reach beyond the tile [steps], so that cut edges stay out of sight."""

_VARINT, _BYTES = 0, 2
_LINE, _POLYGON = 2, 3
_MOVE, _DRAW, _CLOSE = 1, 2, 7


def encode(layers: Mapping[str, np.ndarray], z: int, x: int, y: int) -> bytes:
    """A tile with one layer per name; layers: name -> array of shapely lines or polygons on the square.

    Gap rule: shapes outside the tile, and what is smaller than one step, are left out.
    """
    return b"".join(
        _field(3, _layer(name, clipped))
        for name, shapes in layers.items()
        if len(clipped := _clipped(shapes, z, x, y))
    )


def _clipped(shapes: np.ndarray, z: int, x: int, y: int) -> np.ndarray:
    """Simple shapes cut to the tile with its buffer, in whole steps of the tile."""
    edge = BUFFER / EXTENT
    west, north, size = x / 2**z, y / 2**z, 1 / 2**z
    box = (west - edge * size, north - edge * size, west + (1 + edge) * size, north + (1 + edge) * size)
    shapes = shapely.clip_by_rect(shapes, *box)
    shapes = shapely.get_parts(shapes[~shapely.is_empty(shapes)])
    steps = shapely.transform(shapes, lambda xy: np.rint((xy - (west, north)) / size * EXTENT))
    return shapely.orient_polygons(steps, exterior_cw=False)


def _layer(name: str, shapes: np.ndarray) -> bytes:
    features = b"".join(_field(2, feature) for shape in shapes if (feature := _feature(shape)))
    return _field(1, name.encode()) + features + _field(5, EXTENT) + _field(15, 2)


def _feature(shape: shapely.Geometry) -> bytes:
    """One line or polygon; empty if nothing of it is left after rounding."""
    is_polygon = shapely.get_type_id(shape) == _POLYGON
    rings = [shape.exterior, *shape.interiors] if is_polygon else [shape]
    commands: list[int] = []
    at = np.zeros(2, dtype=np.int64)
    for i, ring in enumerate(rings):
        points = _without_repeats(shapely.get_coordinates(ring).astype(np.int64))
        if is_polygon:
            points = points[:-1]
        if len(points) < (3 if is_polygon else 2):
            if i == 0:
                return b""
            continue
        moves = np.diff(np.vstack([at, points]), axis=0)
        zigzag = ((moves << 1) ^ (moves >> 63)).ravel()
        commands += [_MOVE | 1 << 3, *zigzag[:2].tolist(), _DRAW | (len(points) - 1) << 3]
        commands += [*zigzag[2:].tolist(), *([_CLOSE | 1 << 3] if is_polygon else [])]
        at = points[-1]
    packed = b"".join(_varint(command) for command in commands)
    return _field(3, _POLYGON if is_polygon else _LINE) + _field(4, packed)


def _without_repeats(points: np.ndarray) -> np.ndarray:
    changed = np.concatenate(([True], (points[1:] != points[:-1]).any(axis=1)))
    return points[changed]


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    return bytes(_groups(value))


def _groups(value: int) -> Iterator[int]:
    while value >= 0x80:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
