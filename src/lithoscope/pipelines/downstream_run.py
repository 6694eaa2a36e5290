"""What the command asks of the downstream assessment: one place, one site, or all facilities of a country."""

import errno
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import geopandas as gpd
import pandas as pd

from lithoscope.domain.errors import BadInput, BadRelease, Interrupted, UnknownName
from lithoscope.methods.runout_ensemble import CASES
from lithoscope.pipelines import project, store
from lithoscope.pipelines.countries import country_name
from lithoscope.pipelines.downstream import Dam, assess
from lithoscope.pipelines.downstream_layers import Layers, read_layer, read_layers
from lithoscope.pipelines.downstream_output import document, write
from lithoscope.pipelines.downstream_page import words
from lithoscope.pipelines.downstream_terrain import Terrain
from lithoscope.pipelines.downstream_unassessed import unassessed, without_release
from lithoscope.sources.flow_directions import open_directions
from lithoscope.sources.rasters import (
    HeightUnit,
    PopulationUnit,
    Raster,
    open_population,
    open_terrain,
)

Progress = Callable[[str, int, int | None], None]
DONE = "downstream.jsonl"
COUNTRY_WHOLE_CELLS = 36_000_000
"""For a whole country a raster up to this size is filled at once: one pass serves all its sites."""
_MOST_AT_ONCE = 4
_OUT = Path("downstream")
_NOT_WRITTEN = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS),
    *(errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTDIR, errno.EISDIR),
)


@dataclass(frozen=True)
class Asked:
    """The command's options, as given."""

    site_id: str | None = None
    country: str | None = None
    lon: float | None = None
    lat: float | None = None
    height_m: float | None = None
    volume_m3: float | None = None
    precision_km: float | None = None
    dem: str | None = None
    dem_unit: str | None = None
    flow_direction: str | None = None
    population: str | None = None
    population_unit: str | None = None
    layers: list[str] | None = None
    out: Path | None = None
    config: Path | None = None
    data: Path | None = None


def run(asked: Asked, progress: Progress = lambda *_: None) -> dict[str, Any]:
    """The answer for what was asked; files in its folder.

    Raises BadInput for options that do not go together, rasters that cannot be used, places that the
    terrain does not hold, and a folder that cannot be written.
    """
    try:
        return _answer(asked, progress)
    except OSError as error:
        if error.errno not in _NOT_WRITTEN:
            raise
        raise BadInput(
            f"cannot be written ({os.strerror(error.errno).lower()})",
            "free space or name another folder; what is finished there is kept, the same command goes on",
            file=f"--out {asked.out or _OUT}",
        ) from error


def _answer(asked: Asked, progress: Progress) -> dict[str, Any]:
    ways = [
        asked.site_id is not None,
        asked.country is not None,
        asked.lon is not None or asked.lat is not None,
    ]
    if sum(ways) != 1:
        raise BadInput(
            "name one of SITE_ID, --country, or --lon with --lat", "see lithoscope downstream --help"
        )
    if asked.country is not None:
        if asked.height_m is not None or asked.volume_m3 is not None:
            raise BadInput("--height-m and --volume-m3 go with one site", "leave them out with --country")
        return _country(asked, progress)
    site = None if asked.site_id is None else _site(asked)
    if site is not None and (answer := without_release(site)) is not None:
        return _written(answer, asked.out or _OUT)
    dam = _typed(asked) if site is None else _of_site(site, asked)
    terrain, population = rasters(asked)
    result = assess(dam, terrain, population, named_layers(asked))
    return document(result, write(result, asked.out or _OUT))


def named_layers(asked: Asked) -> dict[str, gpd.GeoDataFrame]:
    """The layers that were named, lakes, and the register's facilities if there is a release."""
    layers = read_layers(asked.layers)
    zones = project.load(asked.config, asked.data).zones
    if zones.protected_areas and "protected_areas" not in layers:
        layers["protected_areas"] = read_layer(zones.protected_areas)
    try:
        sites = store.open_release(asked.data).sites("facilities", ["site_id", "name"])
    except BadRelease:
        return layers  # without a release there is no register to look at
    return layers | {"facilities": sites[sites.geometry.notna()].reset_index(drop=True)}


def rasters(
    asked: Asked, whole_cells: int | None = None
) -> tuple[Terrain, tuple[Raster, PopulationUnit] | None]:
    """The terrain and the population grid that were named, here or in lithoscope.toml.

    Flow directions that are listed there go with the terrain that is listed there, with no other.
    """
    listed = project.load(asked.config, asked.data).rasters
    dem = asked.dem or listed.dem
    if dem is None:
        raise BadInput(
            "no terrain model was named",
            "add --dem FILE_OR_FOLDER, or dem under [rasters] in lithoscope.toml",
            file="--dem",
        )
    raster = open_terrain(dem, unit=_one_of(asked.dem_unit, HeightUnit, "--dem-unit"))
    terrain = Terrain(raster) if whole_cells is None else Terrain(raster, whole_cells)
    directions = asked.flow_direction or (None if asked.dem else listed.flow_direction)
    terrain.given = open_directions(directions, raster) if directions else None
    named = asked.population or listed.population
    said = asked.population_unit or (None if asked.population else listed.population_unit)
    unit = _one_of(said, PopulationUnit, "--population-unit")
    return terrain, open_population(named, unit=unit) if named else None


def _one_of(value: str | None, choices: Any, option: str) -> Any:
    allowed = get_args(choices)
    if value is not None and value not in allowed:
        raise BadInput("is not a unit", f"use {' or '.join(allowed)}", file=option, value=value)
    return value


def _typed(asked: Asked) -> Dam:
    wanted = {
        "--lon": asked.lon,
        "--lat": asked.lat,
        "--height-m": asked.height_m,
        "--volume-m3": asked.volume_m3,
    }
    missing = [name for name, value in wanted.items() if value is None]
    if missing or asked.lon is None or asked.lat is None or asked.height_m is None or asked.volume_m3 is None:
        raise BadInput(f"{' and '.join(missing)} missing", "give place, height and volume")
    return Dam(asked.lon, asked.lat, asked.height_m, asked.volume_m3, asked.precision_km or 0.0)


def _site(asked: Asked) -> pd.Series:
    sites = store.open_release(asked.data).sites("facilities")
    found = sites[sites["site_id"] == asked.site_id]
    if found.empty:
        raise UnknownName("no such facility", "see lithoscope sites", file="SITE_ID", value=asked.site_id)
    return found.iloc[0]


def _of_site(site: pd.Series, asked: Asked) -> Dam:
    dam, missing = dam_of(site, asked.height_m, asked.volume_m3)
    if dam is None:
        raise BadInput(
            f"{' and '.join(missing)} not recorded",
            "give --height-m and --volume-m3 to ask what if, or a place with --lon and --lat",
            file=str(asked.site_id),
        )
    return dam if asked.precision_km is None else replace(dam, precision_km=asked.precision_km)


def dam_of(
    site: pd.Series, height_m: float | None = None, volume_m3: float | None = None
) -> tuple[Dam | None, list[str]]:
    """The dam of a facility, or None and the fields that it lacks; height and volume may be replaced."""
    height = height_m if height_m is not None else _number(site, "dam_height_m")
    volume = volume_m3 if volume_m3 is not None else _number(site, "stored_volume_m3", "capacity_m3")
    lon, lat = _number(site, "lon"), _number(site, "lat")
    lacking = {
        "coordinates": lon if lat is not None else None,
        "dam_height_m": height,
        "stored_volume_m3": volume,
    }
    missing = [name for name, value in lacking.items() if value is None]
    if lon is None or lat is None or height is None or volume is None:
        return None, missing
    precision = _number(site, "coordinate_precision_km") or 0.0
    name = site.get("name")
    return Dam(
        lon,
        lat,
        height,
        volume,
        precision_km=precision,
        site_id=str(site["site_id"]),
        name=name if isinstance(name, str) else None,
    ), []


def _number(site: pd.Series, *names: str) -> float | None:
    """The first of some fields that holds a number above zero, or any number for a coordinate."""
    for name in names:
        value = site.get(name)
        if value is not None and pd.notna(value) and (name in ("lon", "lat") or float(value) > 0):
            return float(value)
    return None


def _country(asked: Asked, progress: Progress) -> dict[str, Any]:
    sites = store.open_release(asked.data).sites("facilities")
    chosen = sites[sites["country_iso3"] == str(asked.country).upper()]
    if chosen.empty:
        raise UnknownName(
            "no facility of this country", "see lithoscope sites", file="--country", value=asked.country
        )
    terrain, population = rasters(asked, COUNTRY_WHOLE_CELLS)
    folder = asked.out or _OUT
    folder.mkdir(parents=True, exist_ok=True)
    return {"sites": _all(chosen, terrain, population, named_layers(asked), folder, progress)}


def _all(
    sites: gpd.GeoDataFrame,
    terrain: Terrain,
    population: tuple[Raster, PopulationUnit] | None,
    layers: Layers,
    folder: Path,
    progress: Progress,
) -> list[dict[str, Any]]:
    """One document per site. What a former run of the same question finished is not done again."""
    done_file = folder / DONE
    question = _question(terrain, population, layers)
    done = _done(done_file, question)
    answers = []
    rows = [site for _, site in sites.sort_values(["lat", "lon"]).iterrows()]
    keys = [json.dumps([site["site_id"], *(_plain(site.get(name)) for name in _ASKED_OF)]) for site in rows]
    left = [site for site, key in zip(rows, keys, strict=True) if key not in done]
    answered = in_turn(lambda site: _one(site, terrain, population, layers, folder), left)
    _end_cut_line(done_file)
    try:
        with done_file.open("a", encoding="utf-8") as journal, closing(answered) as fresh:
            for number, key in enumerate(keys):
                progress("facilities", number, len(rows))
                if key not in done:
                    done[key] = next(fresh)
                    journal.write(json.dumps([question, key, done[key]], ensure_ascii=False) + "\n")
                    journal.flush()
                answers.append(done[key])
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted: {sum(key in done for key in keys)} of {len(keys)} facilities are done and kept in "
            f"{folder}; the same command goes on from there"
        ) from None
    progress("facilities", len(rows), len(rows))
    return answers


def _question(terrain: Terrain, population: tuple[Raster, PopulationUnit] | None, layers: Layers) -> str:
    """What the facilities are asked with: answers of other rasters or units are not taken over."""
    grids = [terrain.raster.path, terrain.raster.factor, _edition(terrain.raster.path)]
    if terrain.given is not None:
        grids += ["along", terrain.given.raster.path, _edition(terrain.given.raster.path)]
    if population is not None:
        grids += [population[0].path, population[1], _edition(population[0].path)]
    return " ".join(str(each) for each in (*grids, sorted(layers)))


def _edition(path: Path) -> str:
    """What tells a raster, or a folder of tiles, from another of the same name: size and time of change."""
    about = [each.stat() for each in ([path] if path.is_file() else sorted(path.rglob("*.tif")))]
    return f"{sum(each.st_size for each in about)}-{max((each.st_mtime_ns for each in about), default=0)}"


def _end_cut_line(path: Path) -> None:
    """End a last line that a kill or a full disk cut off: what is written next stands on its own line."""
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("r+b") as journal:
        journal.seek(-1, os.SEEK_END)
        if journal.read(1) != b"\n":
            journal.write(b"\n")


def in_turn(ask: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """What is answered of each item, in their order; as many are worked on at once as there are processors.

    Where the caller stops, what has begun is finished and the rest is left.
    """
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_AT_ONCE)) as pool:
        try:
            yield from pool.map(ask, items)
        finally:
            pool.shutdown(cancel_futures=True)


_ASKED_OF = ("lon", "lat", "dam_height_m", "stored_volume_m3", "capacity_m3", "coordinate_precision_km")


def _plain(value: Any) -> Any:
    return None if value is None or pd.isna(value) else float(value)


def _done(path: Path, question: str) -> dict[str, dict[str, Any]]:
    """Answers of a former run; a line that was cut off by a kill is left out."""
    done: dict[str, dict[str, Any]] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                asked, key, answer = json.loads(line)
            except ValueError:
                continue
            if asked == question:
                done[key] = answer
    return done


def _one(
    site: pd.Series,
    terrain: Terrain,
    population: tuple[Raster, PopulationUnit] | None,
    layers: Layers,
    folder: Path,
) -> dict[str, Any]:
    """The answer for one facility; one that cannot be assessed keeps its row and says why."""
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in str(site["site_id"]))
    if (answer := without_release(site)) is not None:
        return answer
    try:
        dam, missing = dam_of(site)
        if dam is None:
            return unassessed(site, f"{' and '.join(missing)} not recorded")
        result = assess(dam, terrain, population, layers)
    except BadInput as error:
        return unassessed(site, error.what)
    return document(result, write(result, folder, stem))


def _written(answer: dict[str, Any], folder: Path) -> dict[str, Any]:
    """An answer without areas or path, kept as the others are."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "result.json"
    answer = answer | {"outputs": {"result": str(path)}}
    store.replace_file(path, json.dumps(answer, ensure_ascii=False, indent=1).encode())
    return answer


def plain_text(answer: dict[str, Any]) -> str:
    """The answer for people: a paragraph for one site, a line each for many."""
    if "sites" in answer:
        return "\n".join(_line(each) for each in answer["sites"])
    sentences = [
        sentence % {name: _in_words(name, each) for name, each in values.items()}
        for sentence, values in words(answer)
    ]
    if answer["runout_km"]["best"] is None:
        return "\n".join([*sentences, *_files(answer)])
    given = answer["inputs"]["flow_direction"]
    lines = [
        " ".join(sentences),
        "",
        f"Released volume: {_span(answer['released_volume_m3'], 'm3')}",
        f"Runout of the solid deposit: {_span(answer['runout_km'], 'km')}",
        f"Area: {_span(answer['inundation_km2'], 'km2')}",
        f"People in the area: {_span(answer['population'], 'persons')}",
        f"Countries: {', '.join(answer['countries']) or 'none'}",
        f"First border: {_border(answer)}",
        f"Consequence class at least: {answer['consequence_at_least']}",
        f"Flags: {', '.join(answer['flags']) or 'none'}",
        *([f"Path along the flow directions of: {given}"] if given else []),
        *answer["notes"],
        *_files(answer),
    ]
    return "\n".join(lines)


def _files(answer: dict[str, Any]) -> list[str]:
    return [f"{name}: {path}" for name, path in answer["outputs"].items()]


def _in_words(name: str, value: str | int | float) -> str:
    """A value of a sentence: countries by name, thousands set apart."""
    if isinstance(value, str):
        return country_name(value) if name == "country" else value
    return f"{value:,}"


def _border(answer: dict[str, Any]) -> str:
    """The distance to the first border, and the interval that the terrain leaves open."""
    border, span = answer["first_border_km"], answer["first_border_interval_km"]
    near = "; ".join(f"{each['country_iso3']} after {each['at_km']:,.3g} km" for each in answer["may_reach"])
    if border is None:
        return f"none, but so near that the path may cross: {near}" if near else "none"
    interval = ""
    if span["low"] is not None:
        low, high = f"{span['low']:,.3g}", span["high"]
        interval = (
            f" (from {low} km on, or not at all)" if high is None else f" (between {low} and {high:,.3g})"
        )
    return f"{border:,.3g} km along the path{interval}" + (f"; perhaps also {near}" if near else "")


def _line(answer: dict[str, Any]) -> str:
    site = answer["site"]
    return (
        f"{site.get('site_id')}\t{answer['consequence_at_least']}\t{_span(answer['population'], 'persons')}\t"
        f"{','.join(answer['countries']) or '-'}\t{', '.join(answer['flags']) or '-'}"
    )


def _span(values: dict[str, float | None], unit: str) -> str:
    if values["best"] is None:
        return "not known"
    low, best, high = (_plain_number(values[case] or 0.0, is_whole=unit == "persons") for case in CASES)
    return f"{best} {unit} (between {low} and {high})"


def _plain_number(value: float, *, is_whole: bool) -> str:
    """Three digits, never as a power of ten; people are counted whole."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if is_whole or rounded >= 100 else f"{rounded:,g}"
