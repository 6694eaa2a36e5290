"""The results of the command, read back for a release: one row per facility, its areas and its path."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.methods.runout_ensemble import CASES

CRS = "EPSG:4326"
JOURNAL = "downstream.jsonl"
PROFILE_POINTS = 400
"""Points of a long profile that a release keeps: as many as a page can draw."""
_MOST_BYTES = 200_000_000
_SPANS = ("released_volume_m3", "runout_km", "inundation_km2", "population")
_PROPERTIES = {"kind": "str", "case": "str", "drawn": "str", "site_id": "str"} | dict.fromkeys(
    ("area_km2", "reach_km", "population", "population_covered", "from_km", "to_km"), "float64"
)


def read(folder: Path) -> dict[str, pd.DataFrame | gpd.GeoDataFrame]:
    """Products of a folder that `lithoscope downstream --out` filled: of one site, or of a country.

    downstream: site_id, is_assessed, place, height and volume asked of, countries ('; ' between),
    first_border_km, consequence_at_least, flags, and low, best, high of release, runout, area and people,
    the document and the long profile as JSON; downstream_shapes: `kind` footprint with its `case`, or
    path with its part as `case`. Where a facility was asked of twice, the later answer holds; answers for
    typed places are of no facility and left out. Raises BadInput for a folder without results.
    """
    if not folder.is_dir():
        raise BadInput("is not a folder", "give the folder of lithoscope downstream --out", file=str(folder))
    answers = {str(each["site"]["site_id"]): each for each in _answers(folder)}
    if not answers:
        raise BadInput(
            "holds no results of facilities",
            "run lithoscope downstream --country or SITE_ID",
            file=folder.name,
        )
    try:
        table = pd.DataFrame([_row(each, folder) for each in answers.values()])
        shapes = [shape for each in answers.values() for shape in _features(each, folder)]
    except (KeyError, TypeError, AttributeError, shapely.GEOSException) as error:
        raise BadInput(
            "is not what this version writes", "run lithoscope downstream again", file=folder.name
        ) from error
    rows = pd.DataFrame([properties for properties, _ in shapes], columns=list(_PROPERTIES))
    geometry = [shape for _, shape in shapes]
    frame = gpd.GeoDataFrame(rows.astype(_PROPERTIES), geometry=geometry, crs=CRS)
    return {"downstream": table, "downstream_shapes": frame}


def _answers(folder: Path) -> Iterator[dict[str, Any]]:
    """Answers for facilities, those of the file that was written last coming last."""
    files = [path for path in folder.iterdir() if path.name == JOURNAL or path.name.endswith("result.json")]
    for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name == JOURNAL, path.name)):
        for answer in _journal(path) if path.name == JOURNAL else [_json(path)]:
            if isinstance(answer, dict) and (answer.get("site") or {}).get("site_id"):
                yield answer


def _journal(path: Path) -> Iterator[dict[str, Any]]:
    """Answers of a run over a country; a line that was cut off by a kill is left out."""
    for line in _text(path).splitlines():
        try:
            _question, _key, answer = json.loads(line)
        except ValueError:
            continue
        yield answer


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput("is too large", "run the command again", file=path.name)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("cannot be read", "run the command again", file=path.name) from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(_text(path)))
    except (ValueError, TypeError) as error:
        raise BadInput("is not whole", "run the command again", file=path.name) from error


def _row(answer: dict[str, Any], folder: Path) -> dict[str, Any]:
    site = answer["site"]
    border = answer["first_border_km"]
    row: dict[str, Any] = {
        "site_id": str(site["site_id"]),
        "is_assessed": answer["runout_km"]["best"] is not None,
        **{name: _float(site.get(name)) for name in ("lon", "lat", "height_m", "volume_m3")},
        "countries": "; ".join(answer["countries"]),
        "first_border_km": _float(border),
        "consequence_at_least": answer["consequence_at_least"],
        "flags": "; ".join(answer["flags"]),
    }
    for name in _SPANS:
        row |= {f"{name}_{case}": _float(answer[name][case]) for case in CASES}
    names = {name: Path(path).name for name, path in answer["outputs"].items()}
    kept = json.dumps(answer | {"outputs": names}, ensure_ascii=False)  # no folder of whoever ran it
    return row | {"document": kept, "profile": _profile(answer, folder)}


def _float(value: Any) -> float:
    return np.nan if value is None else float(value)


def _file(answer: dict[str, Any], name: str, folder: Path) -> Path | None:
    """A file of an answer, in the folder wherever that stands now; None for an answer without files."""
    named = answer["outputs"].get(name)
    return None if named is None else folder / Path(named).name


def _profile(answer: dict[str, Any], folder: Path) -> str:
    """The long profile, thinned, as JSON of columns; empty where there is none."""
    path = _file(answer, "profile", folder)
    if path is None:
        return ""
    rows = list(csv.DictReader(io.StringIO(_text(path))))
    keep = np.unique(np.linspace(0, max(len(rows) - 1, 0), PROFILE_POINTS).astype(int))
    names = ("chainage_km", "terrain_m", "filled_m")
    try:
        return json.dumps({name: [float(rows[i][name]) for i in keep] for name in names})
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadInput("is not whole", "run the command again", file=path.name) from error


def _features(answer: dict[str, Any], folder: Path) -> Iterator[tuple[dict[str, Any], shapely.Geometry]]:
    for kind in ("footprint", "path"):
        path = _file(answer, kind, folder)
        for feature in _json(path).get("features", []) if path is not None else []:
            said = feature["properties"]
            properties = {name: said.get(name) for name in _PROPERTIES}
            properties |= {"kind": kind, "case": said["case"] if kind == "footprint" else said["part"]}
            properties["site_id"] = str(answer["site"]["site_id"])
            yield properties, shapely.from_geojson(json.dumps(feature["geometry"]))


def for_methods(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of the facility register that the results fill, on site_id: area and people at risk.

    par_persons stays empty: the count is an interval of whole persons, low to high; a partial count bounds
    only from below.
    """
    partial = table["flags"].str.contains("population_partial|toe_uncertain", regex=True)
    return pd.DataFrame(
        {
            "site_id": table["site_id"],
            "inundation_km2": table["inundation_km2_best"].astype(float),
            "par_low_persons": np.floor(table["population_low"].astype(float)),
            "par_high_persons": np.ceil(table["population_high"].astype(float)).where(~partial),
        }
    )


def crossings(table: pd.DataFrame) -> pd.DataFrame:
    """One row per facility and other State that its path or its areas reach, or may; the nearest first.

    table: as `read` gives it. Returns site_id, origin_iso3, reached_iso3, at_km (along the path),
    is_beside: only the area touches that State, beside the path; is_certain: False where the path only
    comes so near that it may enter it. These come last.
    """
    rows = []
    for answer in table["document"].map(json.loads):
        states = [(each, True) for each in answer.get("reached", [])[1:]]
        states += [(each, False) for each in answer.get("may_reach", [])]
        for state, is_certain in states:
            rows.append(
                {
                    "site_id": answer["site"]["site_id"],
                    "origin_iso3": answer["countries"][0],
                    "reached_iso3": state["country_iso3"],
                    "at_km": state["at_km"],
                    "is_beside": bool(state.get("beside_path")),
                    "is_certain": is_certain,
                }
            )
    columns = ["site_id", "origin_iso3", "reached_iso3", "at_km", "is_beside", "is_certain"]
    found = pd.DataFrame(rows, columns=columns).astype({"is_beside": bool, "is_certain": bool})
    return found.sort_values(
        ["is_certain", "at_km"], ascending=[False, True], kind="stable", ignore_index=True
    )


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Facilities whose path reaches another State, by pair of States.

    table: as `read` gives it. Returns origin_iso3, reached_iso3, facilities, nearest_km, site_ids; the
    nearest first.
    """
    columns = ["origin_iso3", "reached_iso3", "facilities", "nearest_km", "site_ids"]
    found = crossings(table)
    found = found[found["is_certain"]]
    if found.empty:
        return pd.DataFrame(columns=columns)
    together = found.groupby(["origin_iso3", "reached_iso3"], sort=False).agg(
        facilities=("site_id", "nunique"), nearest_km=("at_km", "min"), site_ids=("site_id", list)
    )
    return together.reset_index()[columns].sort_values("nearest_km", ignore_index=True)
