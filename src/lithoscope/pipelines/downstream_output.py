"""The answer on downstream exposure as a document, as files, and as tables for a page."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from lithoscope.methods.runout_ensemble import CASES
from lithoscope.pipelines import downstream_border_span as border_span
from lithoscope.pipelines import downstream_borders as borders
from lithoscope.pipelines.downstream import FLAGS, SCREENING, Downstream
from lithoscope.pipelines.store import replace_file


def document(result: Downstream, outputs: dict[str, str] | None = None) -> dict[str, Any]:
    """The answer as plain values, with the keys of the command line's contract.

    low, best and high bound a 90 per cent interval; population is null where nothing was counted.
    may_reach: countries that the deposit comes within a cell of the terrain of, and may enter; the water
    may do so for certain, farther on (`farther`). inputs: names of the rasters.
    """
    dam, reach = result.dam, result.reach
    site: dict[str, Any] = {
        "lon": dam.lon,
        "lat": dam.lat,
        "height_m": dam.height_m,
        "volume_m3": dam.volume_m3,
    }
    if dam.site_id:
        site |= {"site_id": dam.site_id, "name": dam.name}
    own = result.countries[:1]
    notices = borders.to_notify(result.countries)
    near = border_span.not_entered(result.border, result.countries)
    may_reach = borders.to_notify([*own, *(borders.named(code, km) for code, km in near)] if own else [])
    return {
        "site": site,
        "released_volume_m3": _rounded(reach.released_m3.as_dict()),
        "runout_km": _rounded(reach.runout_km.as_dict()),
        "inundation_km2": _rounded(reach.area_m2.as_dict(1e-6)),
        "population": {case: _number(result.population(case)) for case in CASES},
        "countries": [each.country_iso3 for each in result.countries],
        "first_border_km": _number(borders.first_border_km(result.countries)),
        "first_border_interval_km": _rounded({"low": result.border.low_km, "high": result.border.high_km}),
        "consequence_at_least": result.consequence_at_least,
        "flags": result.flags,
        "outputs": outputs or {},
        "inputs": result.inputs,
        "plume_km": _rounded(reach.plume_km.as_dict()),
        "reach_km": _rounded({case: each.reach_km for case, each in result.footprints.items()}),
        "footprint_km2": _rounded({case: each.area_km2 for case, each in result.footprints.items()}),
        "population_covered": _rounded({case: each.covered for case, each in result.people.items()}),
        "reached": [
            {"country_iso3": each.country_iso3, "at_km": _number(each.at_km), "beside_path": each.beside_path}
            for each in result.countries
        ],
        "farther": _notices(borders.to_notify([*own, *result.farther] if own else [])),
        "may_reach": _notices(may_reach),
        "disputed": [
            {"area": each.label, "country_iso3": each.country_iso3, "at_km": _number(each.at_km)}
            for each in result.disputed
        ],
        "other_ways": [
            {
                "lon": _number(way.lon),
                "lat": _number(way.lat),
                "share": _number(way.share),
                "population": {case: _number(other.people[case].persons) for case in CASES},
                "countries": [each.country_iso3 for each in other.countries],
            }
            for way, other in result.others
        ],
        "exposed": result.exposed,
        "to_notify": _notices(notices),
        "lake": result.lake,
        "notes": [SCREENING, *(FLAGS[flag] for flag in result.flags), *result.notes],
    }


def _notices(notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [notice | {"at_km": _number(notice["at_km"])} for notice in notices]


def _number(value: Any) -> float | None:
    """Six significant digits: more would be a pretence, fewer would hide a check."""
    return None if value is None else float(f"{float(value):.6g}")


def _rounded(values: dict[str, float | None]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}


def write(result: Downstream, folder: Path, stem: str = "") -> dict[str, str]:
    """Write the answer to a folder; name -> path. Each file appears whole or not at all.

    footprint: GeoJSON, low, best and high; path: GeoJSON, deposit and what lies farther; profile: CSV;
    result: the document.
    """
    folder.mkdir(parents=True, exist_ok=True)
    prefix = f"{stem}." if stem else ""
    outputs = {
        "footprint": str(folder / f"{prefix}footprint.geojson"),
        "path": str(folder / f"{prefix}path.geojson"),
        "profile": str(folder / f"{prefix}profile.csv"),
        "result": str(folder / f"{prefix}result.json"),
    }
    answer = document(result, outputs)
    contents = {
        "footprint": json.dumps(footprint_geojson(result)),
        "path": json.dumps(path_geojson(result)),
        "profile": profile_csv(result),
        "result": json.dumps(answer, ensure_ascii=False, indent=1),
    }
    for name, text in contents.items():
        replace_file(Path(outputs[name]), text.encode())
    return outputs


def footprint_geojson(result: Downstream) -> dict[str, Any]:
    """The three areas as a FeatureCollection, the largest first so that each is drawn over it."""
    features = []
    for case in reversed(CASES):
        drawn, people = result.footprints[case], result.people[case]
        properties = {
            "case": case,
            "area_km2": _number(drawn.area_km2),
            "reach_km": _number(drawn.reach_km),
            "population": _number(people.persons),
            "population_covered": _number(people.covered),
            "drawn": "even strip along the path" if drawn.is_strip else "by height above the path",
            "site_id": result.dam.site_id,
            "note": SCREENING,
        }
        features.append(_feature(result.shapes[case], properties))
    return {"type": "FeatureCollection", "features": features}


def path_geojson(result: Downstream) -> dict[str, Any]:
    """The path as two lines: as far as the deposit may come, and where water and fines may be carried."""
    path, end_km = result.path, min(result.deposit_end_m, result.reach.runout_km.high * 1000) / 1000
    last = int(np.searchsorted(path.chainage_m, end_km * 1000, side="right"))
    points = np.column_stack([path.lon, path.lat])
    features = []
    for part, first, stop in (("deposit", 0, max(last, 1)), ("farther", max(last - 1, 0), len(points))):
        if stop - first < 2:
            continue
        properties = {
            "part": part,
            "from_km": _number(path.chainage_m[first] / 1000),
            "to_km": _number(path.chainage_m[stop - 1] / 1000),
            "site_id": result.dam.site_id,
            "note": SCREENING,
        }
        features.append(_feature(shapely.LineString(points[first:stop]), properties))
    return {"type": "FeatureCollection", "features": features}


def _feature(shape: shapely.Geometry, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = json.loads(shapely.to_geojson(shape))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def profile_csv(result: Downstream) -> str:
    """The long profile: distance, place, terrain and filled height of each cell of the path."""
    path = result.path
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["chainage_km", "lon", "lat", "terrain_m", "filled_m"])
    for values in zip(path.chainage_m, path.lon, path.lat, path.height_m, path.level_m, strict=True):
        chainage, lon, lat, ground, level = values
        rows.writerow([f"{chainage / 1000:.4f}", f"{lon:.7f}", f"{lat:.7f}", f"{ground:.2f}", f"{level:.2f}"])
    return text.getvalue()
