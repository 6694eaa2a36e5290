"""The results of the command, read back for a release: one row per facility, its areas and its path."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.methods.runout_ensemble import CASES

CRS = "EPSG:4326"
_MOST_BYTES = 200_000_000


def read(folder: Path) -> dict[str, pd.DataFrame | gpd.GeoDataFrame]:
    """Products of a folder that `lithoscope downstream --out` filled.

    downstream: site_id, countries ('; ' between), first_border_km, consequence_at_least, flags, and low,
    best, high of release, runout, area and people, the document as JSON; downstream_footprints and
    downstream_paths: shapes with site_id and case or part. Raises BadInput for a folder without results.
    """
    if not folder.is_dir():
        raise BadInput("is not a folder", "give the folder of lithoscope downstream --out", file=str(folder))
    answers = [_json(path) for path in sorted(folder.glob("*result.json"))]
    answers = [answer for answer in answers if answer.get("site", {}).get("site_id")]
    if not answers:
        raise BadInput(
            "holds no results of facilities",
            "run lithoscope downstream --country or SITE_ID",
            file=folder.name,
        )
    shapes = {name: _features(folder, name) for name in ("footprint", "path")}
    table = pd.DataFrame([_row(answer) for answer in answers])
    return {
        "downstream": table.drop_duplicates("site_id", ignore_index=True),
        "downstream_footprints": shapes["footprint"],
        "downstream_paths": shapes["path"],
    }


def _json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_BYTES:
        raise BadInput("is too large", "run the command again", file=path.name)
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise BadInput("is not whole", "run the command again", file=path.name) from error


def _row(answer: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "site_id": answer["site"]["site_id"],
        "countries": "; ".join(answer["countries"]),
        "first_border_km": answer["first_border_km"],
        "consequence_at_least": answer["consequence_at_least"],
        "flags": "; ".join(answer["flags"]),
    }
    for name in ("released_volume_m3", "runout_km", "inundation_km2", "population"):
        row |= {f"{name}_{case}": answer[name][case] for case in CASES}
    return row | {"document": json.dumps(answer, ensure_ascii=False)}


def _features(folder: Path, name: str) -> gpd.GeoDataFrame:
    rows, shapes = [], []
    for path in sorted(folder.glob(f"*{name}.geojson")):
        for feature in _json(path).get("features", []):
            if feature["properties"].get("site_id"):
                rows.append(feature["properties"])
                shapes.append(shapely.from_geojson(json.dumps(feature["geometry"])))
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=CRS)


def for_methods(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of the facility register that the results fill, on site_id: area and people at risk.

    par_persons stays empty: the count is an interval, low to high; a partial count bounds only from below.
    """
    partial = table["flags"].str.contains("population_partial|toe_uncertain", regex=True)
    return pd.DataFrame(
        {
            "site_id": table["site_id"],
            "inundation_km2": table["inundation_km2_best"].astype(float),
            "par_low_persons": table["population_low"].astype(float),
            "par_high_persons": table["population_high"].astype(float).where(~partial),
        }
    )


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Facilities whose path reaches another State, by pair of States.

    table: as `read` gives it. Returns origin_iso3, reached_iso3, facilities, nearest_km, site_ids; the
    nearest first.
    """
    rows = []
    for answer in table["document"].map(json.loads):
        for reached in answer["reached"][1:] if len(answer["countries"]) > 1 else []:
            rows.append(
                {
                    "origin_iso3": answer["countries"][0],
                    "reached_iso3": reached["country_iso3"],
                    "at_km": reached["at_km"],
                    "site_id": answer["site"]["site_id"],
                }
            )
    columns = ["origin_iso3", "reached_iso3", "facilities", "nearest_km", "site_ids"]
    if not rows:
        return pd.DataFrame(columns=columns)
    grouped = pd.DataFrame(rows).sort_values("at_km").groupby(["origin_iso3", "reached_iso3"], sort=False)
    found = grouped.agg(
        facilities=("site_id", "nunique"), nearest_km=("at_km", "min"), site_ids=("site_id", list)
    )
    return found.reset_index()[columns].sort_values("nearest_km", ignore_index=True)
