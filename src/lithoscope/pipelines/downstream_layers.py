"""Places, roads, hospitals, rivers, lakes, protected areas and other facilities inside each footprint.

Each comes from whatever layer the user has. A layer that is not there is shown as not looked at, never
as nothing found. Only lakes (Natural Earth) and the register's own facilities are always at hand.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.methods.exposure_layers import inside
from lithoscope.methods.runout_ensemble import CASES
from lithoscope.sources import files, natural_earth

KINDS = ("places", "hospitals", "roads", "rivers", "lakes", "protected_areas", "facilities")
Layers = Mapping[str, gpd.GeoDataFrame]


def read_layers(named: list[str] | None) -> dict[str, gpd.GeoDataFrame]:
    """The layers of KIND=FILE entries, in EPSG:4326; BadInput for an unknown kind or no shapes."""
    layers: dict[str, gpd.GeoDataFrame] = {"lakes": natural_earth.lakes("10m")}
    for entry in named or []:
        kind, _, path = entry.partition("=")
        if kind not in KINDS or kind == "facilities" or not path:
            kinds = ", ".join(kind for kind in KINDS if kind != "facilities")
            raise BadInput("is not KIND=FILE", f"use one of {kinds}", file="--layer", value=entry)
        layers[kind] = read_layer(Path(path))
    return layers


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """Rows of any vector file with their shapes in EPSG:4326, other columns as text."""
    frame = files.open_table(path).frame()
    if "geometry:lon" not in frame.columns:
        raise BadInput(
            "holds no shapes", "give it as GeoPackage, GeoJSON or zipped Shapefile", file=path.name
        )
    place = frame[["geometry:lon", "geometry:lat"]].astype(float)
    shapes = shapely.points(place.to_numpy())
    shapes[place.isna().any(axis=1)] = None
    if "geometry:wkt" in frame.columns:
        wkt = frame["geometry:wkt"].astype(object)
        has_shape = wkt.notna().to_numpy()
        shapes[has_shape] = shapely.from_wkt(wkt[has_shape].to_numpy(dtype=object), on_invalid="ignore")
    plain = frame[[name for name in frame.columns if not name.startswith("geometry:")]]
    layer = gpd.GeoDataFrame(plain, geometry=shapes, crs="EPSG:4326").reset_index(drop=True)
    return layer[~shapely.is_missing(layer.geometry.to_numpy())].reset_index(drop=True)


def exposed(
    shapes: Mapping[str, shapely.Geometry], layers: Layers, site_id: str | None = None
) -> list[dict[str, Any]]:
    """One row per kind and case: looked_at, count, length_km, area_km2, names.

    shapes: case -> area in EPSG:4326. The site itself does not count among the facilities.
    """
    rows: list[dict[str, Any]] = []
    for kind in KINDS:
        layer = layers.get(kind)
        for case in CASES:
            row: dict[str, Any] = {"kind": kind, "case": case, "looked_at": layer is not None}
            if layer is None:
                rows.append(row | {"count": None, "length_km": None, "area_km2": None, "names": []})
                continue
            others = layer[layer["site_id"] != site_id] if kind == "facilities" and site_id else layer
            found = inside(shapes[case], others)
            rows.append(
                row
                | {
                    "count": found.count,
                    "length_km": _short(found.length_km),
                    "area_km2": _short(found.area_km2),
                    "names": list(found.names),
                }
            )
    return rows


def _short(value: float) -> float:
    return float(np.format_float_positional(value, 4, fractional=False)) if value else 0.0
