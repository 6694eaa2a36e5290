"""What a Site page shows of a facility's downstream exposure: kept in the release, asked anew, or rings.

All come as `downstream_page.page` gives them: answer, profile, footprints, path, words.
"""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lithoscope.domain.earth import GEOD
from lithoscope.domain.errors import BadInput
from lithoscope.methods.runout_ensemble import CASES, reach
from lithoscope.pipelines import downstream_release, downstream_unassessed, project
from lithoscope.pipelines.downstream_page import page, words
from lithoscope.pipelines.store import Release

PLAIN_RINGS_KM = (5.0, 20.0, 50.0)
"""Rings where height or volume is not known: they mark distance and nothing else."""
_TURNS = 180


def kept(release: Release, site_id: str) -> dict[str, Any] | None:
    """The result that a release holds of a facility, with `is_of_register` and `filled`; None without one."""
    if not release.has(f"{downstream_release.SOURCE}.parquet"):
        return None
    found = release.table(downstream_release.SOURCE, filters=[("site_id", "==", site_id)])
    if found.empty:
        return None
    row = found.iloc[0]
    shapes = release.geotable(downstream_release.SHAPES, filters=[("site_id", "==", site_id)])
    answer = json.loads(row["document"])
    areas = shapes[shapes["kind"].eq("footprint")]
    largest_first = areas.iloc[np.argsort([-CASES.index(case) for case in areas["case"]], kind="stable")]
    return {
        "answer": answer,
        "profile": json.loads(row["profile"]) if row["profile"] else None,
        "footprints": collection(largest_first),
        "path": collection(shapes[shapes["kind"].eq("path")].sort_values("from_km")),
        "words": words(answer),
        "is_of_register": bool(row["is_of_register"]),
        "filled": str(row["filled"]),
    }


def collection(shapes: gpd.GeoDataFrame) -> dict[str, Any]:
    """Shapes as a GeoJSON FeatureCollection; properties that are missing are left out."""
    features = []
    for row in shapes.to_dict("records"):
        shape = row.pop("geometry")
        row["part" if row.pop("kind") == "path" else "case"] = row.pop("case")
        known = {name: value for name, value in row.items() if pd.notna(value) and value != ""}
        geometry = json.loads(shapely.to_geojson(shape))
        features.append({"type": "Feature", "properties": known, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def has_terrain(data: Path | None) -> bool:
    """Whether lithoscope.toml names a terrain model; BadInput for one that cannot be read."""
    return project.load(None, data).rasters.dem is not None


def asked(
    site: pd.Series, data: Path | None, *, height_m: float | None = None, volume_m3: float | None = None
) -> dict[str, Any]:
    """The answer for one facility with the rasters of lithoscope.toml.

    height_m, volume_m3: in place of what is recorded. Raises BadInput where it cannot be assessed.
    """
    from lithoscope.pipelines import downstream_run as command  # heavy, and only for who asks
    from lithoscope.pipelines.downstream import assess

    if downstream_unassessed.unsuited(site):
        raise BadInput(
            "the formulas do not hold for this facility", "see its documents", value=site["site_id"]
        )
    dam, missing = command.dam_of(site, height_m, volume_m3)
    if dam is None:
        raise BadInput(f"{' and '.join(missing)} not recorded", "give height and volume")
    wanted = command.Asked(data=data)
    terrain, population = command.rasters(wanted)
    return page(assess(dam, terrain, population, command.named_layers(wanted)))


def demonstration(folder: Path) -> dict[str, Any]:
    """The answer for a made-up dam on made-up terrain, so that all parts can be seen without rasters."""
    from lithoscope.pipelines import downstream_demo
    from lithoscope.pipelines.downstream import assess

    terrain, population = downstream_demo.opened(folder)
    shown = page(assess(downstream_demo.DAM, terrain, population))
    shown["answer"]["notes"].insert(0, downstream_demo.NOTE)
    for feature in (*shown["footprints"]["features"], *shown["path"]["features"]):
        feature["properties"]["note"] = f"{downstream_demo.NOTE} {feature['properties']['note']}"
    return shown


def rings(
    lon: float, lat: float, height_m: float | None, volume_m3: float | None
) -> list[tuple[str, float, dict[str, Any]]]:
    """Rings around a place, the widest first: case ("" if none), radius [km], GeoJSON polygon.

    With height and volume: how far a solid deposit would come if the valley ran straight, low, best and
    high. Without: fixed distances, which say nothing of this facility.
    """
    if height_m and volume_m3:
        found = reach(float(volume_m3), float(height_m)).runout_km
        radii = [(case, found.at(case)) for case in reversed(CASES)]
    else:
        radii = [("", radius) for radius in reversed(PLAIN_RINGS_KM)]
    return [(case, radius, _circle(lon, lat, radius)) for case, radius in radii]


def _circle(lon: float, lat: float, radius_km: float) -> dict[str, Any]:
    bearing = np.linspace(0, 360, _TURNS, endpoint=False)
    every = np.ones(_TURNS)
    east, north, _ = GEOD.fwd(lon * every, lat * every, bearing, radius_km * 1000 * every)
    east = np.where(east - lon > 180, east - 360, np.where(east - lon < -180, east + 360, east))
    points = np.column_stack([east, north]).round(5).tolist()
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}
