"""Downstream exposure of one facility: release, runout, path, footprint, people, borders, consequence.

A screening answer from terrain and people, not a breach analysis: no depth, no velocity, no arrival time.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.domain.method import Method
from lithoscope.domain.scales import CONSEQUENCE, UNRATED
from lithoscope.domain.text import N_
from lithoscope.methods import consequence, exposure, footprint, runout
from lithoscope.methods.footprint import Footprint
from lithoscope.methods.runout_ensemble import CASES, Reach, reach, rule
from lithoscope.pipelines import downstream_border_span as border_span
from lithoscope.pipelines import downstream_borders as borders
from lithoscope.pipelines.downstream_border_span import BorderSpan
from lithoscope.pipelines.downstream_borders import Disputed, Reached
from lithoscope.pipelines.downstream_layers import Layers, exposed
from lithoscope.pipelines.downstream_terrain import (
    WGS84,
    Path,
    Terrain,
    path_from,
    plane_at,
    transformer,
    unwrapped,
)
from lithoscope.pipelines.downstream_toe import OtherWay, other_ways
from lithoscope.sources.rasters import PopulationUnit, Raster

SCREENING = N_(
    "Screening from regressions, terrain and people; not a breach analysis. It gives no depth, velocity or "
    "arrival time, and does not replace the owner's own study."
)
FLAGS = {
    "extrapolated": N_("volume or height lies outside the failures that the formulas rest on"),
    "beyond_documented": N_(
        "the formulas go beyond the farthest runout of any documented failure, or beyond the longest river, "
        "and were ended there"
    ),
    "population_partial": N_(
        "the population grid does not cover all of the area: the count is a lower bound"
    ),
    "no_population": N_(
        "no population grid was given, or it covers none of the area: people were not counted"
    ),
    "population_negative": N_(
        "the population grid holds negative values in the area, taken as no value: mark them in the file as "
        "such (nodata), or correct them"
    ),
    "sub_cell": N_("the deposit is narrower than a cell of the terrain model: drawn as an even strip"),
    "outside_dem": N_("the path leaves the terrain model, or meets a gap in it, before the runout ends"),
    "toe_uncertain": N_("the place is not precise: other starts within its precision drain another way"),
    "reached_sea": N_("the path reaches the sea before the runout ends"),
    "reached_lake": N_("the path reaches a large lake or reservoir before the runout ends"),
    "not_a_confined_dam": N_(
        "not a wet impoundment behind a dam: the formulas do not hold for it, so no release is stated"
    ),
    "directions_end": N_("the given flow directions end before the runout does"),
    "area_not_met": N_("the terrain model holds too little ground beside the path for the whole area"),
}
"""What each flag says, in English; pages translate it."""
_MOST_OTHERS = 3
_COVERED = 0.995
_EDGE_M = 300.0
"""Longest edge of a footprint in degrees: a longer one would bend away from the metric one."""


@dataclass(frozen=True)
class Dam:
    """What the assessment needs to know of a facility.

    height_m, volume_m3: above zero. precision_km: how far the true place may be.
    """

    lon: float
    lat: float
    height_m: float
    volume_m3: float
    precision_km: float = 0.0
    site_id: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("longitude", self.lon, -180, 180),
            ("latitude", self.lat, -90, 90),
            ("height", self.height_m, 0, 500),
            ("volume", self.volume_m3, 0, 1e11),
            ("precision of the place in km", self.precision_km, 0, 1000),
        ):
            if not np.isfinite(value) or not low <= value <= high:
                raise BadInput(f"the {name} is not between {low:g} and {high:g}", "correct it", value=value)
        if self.height_m <= 0 or self.volume_m3 <= 0:
            raise BadInput("height and volume must be above zero", "give both, in m and m3")


@dataclass
class People:
    """Population inside one footprint: persons (None: nothing covered), and the share of the area covered.

    negative: a value below zero that the grid holds there, taken as no value; None without one.
    """

    persons: float | None
    covered: float
    negative: float | None = None


@dataclass
class Downstream:
    """All that is known of one facility's downstream exposure.

    footprints: case -> drawn area; shapes: case -> polygon in EPSG:4326; people: case -> count;
    countries: in order of first reach over the high case; farther: countries that water and fines may
    reach beyond it; disputed: areas in dispute on all of the path; deposit_end_m: where the deposit
    must stop on the path; border: the interval of the distance to the first border; inputs: names of the
    rasters that it rests on, None where there was none.
    """

    dam: Dam
    reach: Reach
    path: Path
    footprints: dict[str, Footprint]
    shapes: dict[str, shapely.Geometry]
    people: dict[str, People]
    countries: list[Reached]
    farther: list[Reached]
    disputed: list[Disputed]
    deposit_end_m: float
    flags: list[str]
    lake: str | None = None
    notes: list[str] = field(default_factory=list)
    others: "list[tuple[OtherWay, Downstream]]" = field(default_factory=list)
    border: BorderSpan = field(default_factory=BorderSpan)
    exposed: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, str | None] = field(default_factory=dict)

    def population(self, case: str) -> float | None:
        """People in the area of a case; low and high also span the other ways that the dam may drain."""
        own = self.people[case].persons
        others = [other.population(case) for _, other in self.others if case != "best"]
        known = [persons for persons in (own, *others) if persons is not None]
        if own is None or not known:
            return own
        return min(known) if case == "low" else max(known)

    @property
    def consequence_at_least(self) -> str:
        """GISTM class that people and area alone imply, by the best estimate; or unrated."""
        return at_least(
            self.people["best"].persons, self.reach.area_m2.best / 1e6, "population_partial" in self.flags
        )


def assess(
    dam: Dam,
    terrain: Terrain,
    population: tuple[Raster, PopulationUnit] | None = None,
    layers: Layers | None = None,
) -> Downstream:
    """The downstream exposure of a dam on a terrain.

    population: grid and its unit, or None (people are then not counted, and the flags say so).
    layers: kind -> features, see `downstream_layers`. Raises BadInput if the terrain does not hold the dam.
    """
    result = _assess(dam, terrain, population)
    result.inputs = {
        "dem": terrain.raster.path.name,
        "flow_direction": terrain.given.raster.path.name if terrain.given is not None else None,
        "population": population[0].path.name if population is not None else None,
    }
    if layers is not None:
        around = {case: borders.within_180(shape) for case, shape in result.shapes.items()}
        result.exposed = exposed(around, layers, dam.site_id)
    cell_m = float(np.sqrt(result.path.stretches[0].cell_m2))
    is_imprecise = dam.precision_km * 1000 > cell_m
    ways: list[OtherWay] = []
    if is_imprecise:
        ways = other_ways(terrain, result.path, dam.lon, dam.lat, dam.precision_km)
    elif _may_meet_border(result):
        ways = other_ways(terrain, result.path, dam.lon, dam.lat, cell_m / 1000, rings=(1.0,))
    result.border = _border_span(result, terrain, ways)
    if is_imprecise:
        for way in ways[:_MOST_OTHERS]:
            other = replace(dam, lon=way.lon, lat=way.lat, precision_km=0.0)
            result.others.append((way, _assess(other, terrain, population)))
        if ways:
            result.flags.append("toe_uncertain")
    return result


def _may_meet_border(result: Downstream) -> bool:
    """Whether another country's ground lies within the high runout of the dam, whichever way it drains."""
    own = result.countries[0].country_iso3 if result.countries else None
    return border_span.is_other_within(result.dam.lon, result.dam.lat, result.reach.runout_km.high, own)


def _border_span(result: Downstream, terrain: Terrain, ways: list[OtherWay]) -> BorderSpan:
    """The interval of the distance to the first border, over the path and the other ways."""
    own = result.countries[0].country_iso3 if result.countries else None
    paths = [result.path, *(path_from(terrain, way.lon, way.lat, result.path.length_m) for way in ways)]
    spans = [
        border_span.span_along(
            path.lon,
            path.lat,
            path.chainage_m,
            cell_m=float(np.hypot(path.stretches[0].width_m, path.stretches[0].height_m)),
            end_m=min(_deposit_end(path)[0], result.reach.runout_km.high * 1000),
            own=own,
        )
        for path in paths
    ]
    return border_span.joined(spans).around(borders.first_border_km(result.countries))


def _assess(dam: Dam, terrain: Terrain, population: tuple[Raster, PopulationUnit] | None) -> Downstream:
    reached = reach(dam.volume_m3, dam.height_m)
    far_m = reached.runout_km.high * 1000
    path = path_from(terrain, dam.lon, dam.lat, far_m + rule("farther_km") * 1000)
    end_m, why, lake = _deposit_end(path)
    plane, metric_crs = plane_at(path.lon[len(path.lon) // 2], path.lat[len(path.lat) // 2], terrain.raster)
    line = np.column_stack(transformer(WGS84, metric_crs).transform(path.lon, path.lat))
    drawn = footprint.draw(
        line,
        path.chainage_m,
        path.stretches,
        reached,
        dam_height_m=dam.height_m,
        end_m=end_m,
        plane=plane,
    )
    back = transformer(metric_crs, WGS84).transform

    def to_degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lon, lat = back(x, y)
        return unwrapped(lon, dam.lon), lat

    dense = {case: shapely.segmentize(each.shape, _EDGE_M) for case, each in drawn.items()}
    shapes = {
        case: _valid(shapely.transform(each, to_degrees, interleaved=False)) for case, each in dense.items()
    }
    people = _nested(count_people(shapes, {case: drawn[case].area_km2 for case in CASES}, population))
    within = path.chainage_m <= min(far_m, end_m)
    place = (dam.lon, dam.lat)
    countries = borders.countries_along(
        path.lon[within], path.lat[within], path.chainage_m[within], shapes["high"], site=place
    )
    beyond = borders.countries_along(path.lon, path.lat, path.chainage_m, site=place)
    named = {each.country_iso3 for each in countries}
    result = Downstream(
        dam=dam,
        reach=reached,
        path=path,
        footprints=drawn,
        shapes=shapes,
        people=people,
        countries=countries,
        farther=[each for each in beyond if each.country_iso3 not in named],
        disputed=borders.disputed_along(path.lon, path.lat, path.chainage_m, shapes["high"]),
        deposit_end_m=end_m,
        flags=[],
        lake=lake,
    )
    result.flags = _flags(result, why, far_m)
    negative = people["high"].negative
    if negative is not None and population is not None:
        result.notes.append(f"a cell of {population[0].path.name} holds {negative:g} people")
    return result


def _nested(people: dict[str, People]) -> dict[str, People]:
    """The counts, each at least that of the area inside it: nested areas differ by rounding only."""
    most: float | None = None
    for each in people.values():
        if each.persons is not None and most is not None:
            each.persons = max(each.persons, most)
        most = each.persons if each.persons is not None else most
    return people


def _valid(shape: shapely.Geometry) -> shapely.Geometry:
    return shape if shape.is_valid else shapely.make_valid(shape, method="structure")


def _deposit_end(path: Path) -> tuple[float, str, str | None]:
    """How far a deposit can come on the path [m], why no farther, and the lake that stops it, if any."""
    end, why, name = path.length_m, path.ended, None
    low = path.height_m[-1] <= rule("coast_height_m")
    ashore = borders.on_land(path.lon, path.lat)
    if why in ("terrain", "directions") and low and (path.gap_beside_end or not ashore[-1]):
        why = "sea"
    afloat = np.flatnonzero(~ashore & (path.height_m <= rule("sea_level_m")))
    if ashore[0] and afloat.size and path.chainage_m[afloat[0]] < end:
        end, why = float(path.chainage_m[afloat[0]]), "sea"
    if path.flat_water_m is not None and path.flat_water_m < end:
        end = path.flat_water_m
        level = float(np.interp(end, path.chainage_m, path.height_m))
        why = "sea" if level <= rule("sea_level_m") else "lake"
    lake = borders.first_lake(path.lon, path.lat, rule("large_lake_km2"))
    if lake is not None and path.chainage_m[lake[0]] < end:
        end, why, name = float(path.chainage_m[lake[0]]), "lake", lake[1]
    return end, why, name


def _flags(result: Downstream, why: str, far_m: float) -> list[str]:
    dam = result.dam
    stops = result.deposit_end_m < far_m
    asked = {"stored_volume_m3": dam.volume_m3, "dam_height_m": dam.height_m}
    limits = {name: runout.validity(name) for name in asked}
    outside = any(not limits[name][0] <= value <= limits[name][1] for name, value in asked.items())
    covered = [each.covered for each in result.people.values()]
    shares = [each.area_km2 / each.wanted_km2 for each in result.footprints.values() if each.wanted_km2]
    raised = {
        "extrapolated": outside,
        "beyond_documented": result.reach.is_ended,
        "no_population": max(covered) == 0.0,
        "population_partial": max(covered) > 0.0 and min(covered) < _COVERED,
        "population_negative": any(each.negative is not None for each in result.people.values()),
        "sub_cell": any(each.is_strip for each in result.footprints.values()),
        "outside_dem": stops and why == "terrain",
        "directions_end": stops and why == "directions",
        "reached_sea": stops and why == "sea",
        "reached_lake": stops and why == "lake",
        "area_not_met": min(shares, default=1.0) < 0.9,
    }
    return [name for name, is_raised in raised.items() if is_raised]


def count_people(
    shapes: dict[str, shapely.Geometry],
    areas_km2: dict[str, float],
    population: tuple[Raster, PopulationUnit] | None,
) -> dict[str, People]:
    """People inside some areas (EPSG:4326) by exact cell shares; where nothing is covered, not zero but None.

    Raises BadInput if files of the grid cover the same place twice.
    """
    if population is None:
        return {case: People(None, 0.0) for case in shapes}
    raster, unit = population
    change = transformer(WGS84, raster.crs).transform
    persons, covered = np.zeros(len(shapes)), np.zeros(len(shapes))
    negative = np.full(len(shapes), np.inf)
    edges = shapely.total_bounds(list(shapes.values()))
    for shift in (0, -360, 360) if raster.is_geographic else (0,):
        if not _meets(edges, shift, raster):
            continue
        there = [borders.eastward(shape, shift) for shape in shapes.values()]
        if not raster.is_geographic:
            there = [shapely.transform(shape, change, interleaved=False) for shape in there]
        bounds = shapely.total_bounds(np.array(there, dtype=object))
        for cells, grid in raster.windows(tuple(bounds)):
            sums = exposure.zonal_sums(there, cells, grid, is_density=unit == "persons_per_km2")
            persons += [each.total for each in sums]
            covered += [each.covered_km2 for each in sums]
            negative = np.fmin(negative, [each.negative for each in sums])
    area = np.array([areas_km2[case] for case in shapes])
    if (covered > 1.02 * area).any():
        raise BadInput(
            "several files of the population grid cover the same place",
            "keep one edition of each tile",
            file=raster.path.name,
        )
    share = np.minimum(np.divide(covered, area, out=np.zeros_like(area), where=area > 0), 1.0)
    return {
        case: People(
            float(persons[k]) if share[k] > 0 else None,
            float(share[k]),
            float(negative[k]) if negative[k] < 0 else None,
        )
        for k, case in enumerate(shapes)
    }


def _meets(edges: np.ndarray, shift: int, raster: Raster) -> bool:
    """Whether what lies between some edges meets a raster in degrees, once moved east."""
    west, _, east, _ = raster.grid.bounds
    return not raster.is_geographic or bool(edges[0] + shift < east and edges[2] + shift > west)


def at_least(persons: float | None, area_km2: float, is_partial: bool) -> str:
    """GISTM class that a population at risk and an area imply at least; unrated where they say nothing.

    A lowest class that rests on people who were not all counted says nothing.
    """
    row = pd.DataFrame(
        {"inundation_km2": [area_km2], "par_persons": [np.nan if persons is None else persons]}
    )
    met = [str(low) for low in (_method(name)(row).low.iloc[0] for name in _CRITERIA) if pd.notna(low)]
    gravest = max(met, key=CONSEQUENCE.rank, default=UNRATED)
    is_lowest = gravest != UNRATED and CONSEQUENCE.rank(gravest) == 0
    return UNRATED if is_lowest and (is_partial or persons is None) else gravest


_CRITERIA = ("gistm_par_class", "gistm_area_class")


def _method(name: str) -> Method:
    return next(each for each in consequence.METHODS if each.id == name)
