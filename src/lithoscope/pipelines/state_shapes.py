"""States and territories as areas for a map of the world: coarse shapes, hatching, a dot for the small.

Made of packaged Natural Earth borders once, and kept in `cache/`. Borders are simplified together, so that
neighbours still meet; islands that nobody would see are left out, but never a whole State.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from lithoscope.pipelines import store
from lithoscope.sources import natural_earth

VERSION = "2"
"""To be raised when a shape would look different: it stands in the name of the kept file."""
LEFT_OUT = ("ATA",)
"""Antarctica belongs to no State."""
_TOLERANCE = 0.1
_SMALLEST_PART = 0.1
"""Square degrees; a smaller island is left out, unless it is the largest of its State."""
_DOT_BELOW = 0.6
"""Square degrees; a smaller State, or one that no line of the hatching meets, also has a dot."""
_HATCH = 2.4
"""Degrees between two lines of the hatching."""
Shapes = dict[str, dict[str, Any]]
"""Code -> `area`, `hatch` and `dot` as GeoJSON geometries in text (no `dot` for a large State, no `hatch` for
one smaller than its lines are apart), and `middle`: longitude and latitude of a place inside."""


def shapes(data: Path) -> Shapes:
    """The shapes of all States and territories, from `data`/cache if they were made before."""
    path = data / "cache" / f"states-{VERSION}.json.gz"
    if path.is_file():
        return json.loads(gzip.decompress(path.read_bytes()))
    made = _make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store.replace_file(path, gzip.compress(json.dumps(made).encode(), compresslevel=6, mtime=0))
    except OSError:
        return made  # a read-only data folder: made again by each process
    return made


def _make() -> Shapes:
    codes, areas = _areas()
    coarse = shapely.set_precision(shapely.coverage_simplify(areas, _TOLERANCE), 0.01, mode="pointwise")
    return {code: _shape(area, whole) for code, area, whole in zip(codes, coarse, areas, strict=True)}


def _shape(area: shapely.Geometry, whole: shapely.Geometry) -> dict[str, Any]:
    middle = shapely.set_precision(shapely.point_on_surface(whole), 0.01)
    hatch = _hatch(whole)
    return {
        "area": shapely.to_geojson(area),
        "hatch": hatch,
        "dot": shapely.to_geojson(middle) if hatch is None or shapely.area(whole) < _DOT_BELOW else None,
        "middle": [middle.x, middle.y],
    }


def _areas() -> tuple[list[str], npt.NDArray[np.object_]]:
    """Codes with their areas, islands too small to be seen left out."""
    frame = natural_earth.countries()
    frame = frame[frame["country_iso3"].notna() & ~frame["country_iso3"].isin(LEFT_OUT)]
    parts, unit = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    code = frame["country_iso3"].to_numpy(object)[unit]
    size = shapely.area(parts)
    order = np.lexsort((-size, code))
    code, parts, size = code[order], parts[order], size[order]
    is_largest = np.append(True, code[1:] != code[:-1])
    kept = is_largest | (size >= _SMALLEST_PART)
    starts = np.flatnonzero(is_largest[kept])
    grouped = np.split(parts[kept], starts[1:])
    whole = [shapely.union_all(group) if len(group) > 1 else group[0] for group in grouped]
    return [str(each) for each in code[kept][starts]], np.array(whole, dtype=object)


def _hatch(area: shapely.Geometry) -> str | None:
    """Slanting lines across an area; None where it is too small for one."""
    west, south, east, north = shapely.bounds(area)
    shift = np.arange(np.floor((west - north) / _HATCH) * _HATCH, east - south, _HATCH)  # one pattern for all
    ends = np.stack(
        [
            np.column_stack([shift + south, np.full_like(shift, south)]),
            np.column_stack([shift + north, np.full_like(shift, north)]),
        ],
        axis=1,
    )
    lines = shapely.intersection(shapely.multilinestrings(shapely.linestrings(ends)), area)
    legs = shapely.get_parts(lines)
    legs = legs[(shapely.get_type_id(legs) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(legs)]
    if not len(legs):
        return None
    return shapely.to_geojson(shapely.set_precision(shapely.multilinestrings(legs), 0.01, mode="pointwise"))
