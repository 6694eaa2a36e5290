"""The Rhine's coarse terrain against its published flow directions and an independent count of people."""

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod
from scipy.spatial import cKDTree

from lithoscope.methods.runout_ensemble import CASES
from lithoscope.pipelines import downstream_border_span as border_span
from lithoscope.pipelines import downstream_borders as borders
from lithoscope.pipelines.downstream import Dam, assess
from lithoscope.pipelines.downstream_output import document
from lithoscope.pipelines.downstream_page import words
from lithoscope.pipelines.downstream_terrain import Terrain, path_from
from lithoscope.pipelines.downstream_toe import other_ways
from lithoscope.sources.flow_directions import open_directions
from lithoscope.sources.rasters import open_population, open_terrain

STARTS = [(8.3, 47.4), (7.4, 46.95), (8.7, 49.4), (10.9, 49.9), (7.6, 47.5)]
BASEL = STARTS[-1]
STEP = {1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)}
GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def terrain(shared_data):
    return Terrain(open_terrain(shared_data / "rasters" / "rhine_elv0.tif"))


@pytest.fixture(scope="module")
def directed(shared_data):
    """The same terrain, along the published directions."""
    raster = open_terrain(shared_data / "rasters" / "rhine_elv0.tif")
    return Terrain(raster, given=open_directions(shared_data / "rasters" / "rhine_d8.tif", raster))


@pytest.fixture(scope="module")
def people(shared_data):
    path = shared_data / "rasters" / "gpw_population_density_ch.tif"
    return open_population(path, unit="persons_per_km2")


@pytest.fixture(scope="module")
def published(shared_data):
    with rasterio.open(shared_data / "rasters" / "rhine_d8.tif", driver="GTiff") as source:
        return source.read(1), source.transform


def published_path(published, lon, lat):
    """Longitude, latitude and distance [m] along the publisher's own directions."""
    directions, transform = published
    column, row = (int(v) for v in ~transform * (lon, lat))
    cells = [(row, column)]
    while directions[cells[-1]] in STEP:
        step = STEP[directions[cells[-1]]]
        cells.append((cells[-1][0] + step[0], cells[-1][1] + step[1]))
    place = np.array([transform * (c + 0.5, r + 0.5) for r, c in cells])
    step = GEOD.inv(*place[:-1].T, *place[1:].T)[2]
    return place, np.concatenate([[0], np.cumsum(step)])


@pytest.mark.parametrize("start", STARTS)
def test_path_keeps_within_a_kilometre_over_300_km(terrain, published, start):
    path = path_from(terrain, *start, 300_000)
    assert path.length_m > 299_000
    place, _ = published_path(published, *start)
    scale = np.array([111.32 * np.cos(np.radians(path.lat.mean())), 111.2])
    away, _ = cKDTree(place * scale).query(np.column_stack([path.lon, path.lat]) * scale)
    assert np.median(away) < 1.0 and away.max() < 10.0


@pytest.mark.parametrize("start", STARTS)
def test_countries_come_in_the_order_of_the_published_path(terrain, published, start):
    path = path_from(terrain, *start, 300_000)
    ours = borders.countries_along(path.lon, path.lat, path.chainage_m)
    place, along = published_path(published, *start)
    use = along <= path.length_m
    theirs = borders.countries_along(place[use, 0], place[use, 1], along[use])
    assert [each.country_iso3 for each in ours] == [each.country_iso3 for each in theirs]
    a, b = borders.first_border_km(ours), borders.first_border_km(theirs)
    assert (a is None) == (b is None)
    if a is not None and start != BASEL:
        assert a == pytest.approx(b, rel=0.2)


def test_at_basel_the_first_border_hangs_on_one_cell(terrain, published):
    """The river is the border: the published path lies one cell to the north and crosses for one cell.

    Ours stays in Switzerland for another 4 km, but comes as near to Germany at the same place.
    """
    path = path_from(terrain, *BASEL, 30_000)
    place, along = published_path(published, *BASEL)
    theirs = borders.first_border_km(borders.countries_along(*place[:40].T, along[:40]))
    before = path.chainage_m < 10_000
    lon, lat = path.lon[before], path.lat[before]
    one_cell = shapely.LineString(np.column_stack([lon, lat])).buffer(2**0.5 / 120)  # diagonals too
    near = borders.countries_along(lon, lat, path.chainage_m[before], one_cell)
    assert [each.country_iso3 for each in near if each.beside_path] == ["DEU"]
    assert borders.first_border_km(near) == pytest.approx(theirs, rel=0.2)


def test_first_border_is_within_a_fifth_at_most_places(terrain, published):
    """From places strewn over the basin; elsewhere one cell decides on the bank, or the divide."""
    rng, ratios = np.random.default_rng(0), []
    while len(ratios) < 40:
        start = float(rng.uniform(6.5, 11.5)), float(rng.uniform(46.5, 50.5))
        place, along = published_path(published, *start)
        if along[-1] < 50_000:
            continue
        path = path_from(terrain, *start, 300_000)
        use = along <= 1.25 * path.length_m
        ours = borders.countries_along(path.lon, path.lat, path.chainage_m)
        theirs = borders.countries_along(place[use, 0], place[use, 1], along[use])
        a, b = borders.first_border_km(ours), borders.first_border_km(theirs)
        if a and b:
            ratios.append(a / b)
    assert np.mean(np.abs(np.array(ratios) - 1) <= 0.2) >= 0.7
    assert np.median(ratios) == pytest.approx(1, abs=0.15)


def test_along_given_directions_the_first_border_is_the_published_one(directed, published):
    """At Basel and from places strewn over the basin: the path and the distance are theirs."""
    rng, starts = np.random.default_rng(5), [BASEL]
    while len(starts) < 40:
        start = float(rng.uniform(6.5, 11.5)), float(rng.uniform(46.5, 50.5))
        if published_path(published, *start)[1][-1] >= 50_000:
            starts.append(start)
    for start in starts:
        place, along = published_path(published, *start)
        path = path_from(directed, *start, 300_000)
        use = slice(0, len(path.lon))
        assert np.column_stack([path.lon, path.lat]) == pytest.approx(place[use], abs=1e-9)
        assert path.chainage_m == pytest.approx(along[use])
        assert (np.diff(path.level_m) <= 0).all()
        ours = borders.countries_along(path.lon, path.lat, path.chainage_m)
        theirs = borders.countries_along(place[use, 0], place[use, 1], along[use])
        assert [each.country_iso3 for each in ours] == [each.country_iso3 for each in theirs]
        assert borders.first_border_km(ours) == pytest.approx(borders.first_border_km(theirs))


def test_at_basel_the_answer_along_given_directions_is_the_published_distance(directed, people):
    said = document(assess(Dam(*BASEL, 30, 2e6), directed, people))
    assert said["first_border_km"] == pytest.approx(6.68, abs=0.01)
    span = said["first_border_interval_km"]
    assert span["low"] <= said["first_border_km"] <= span["high"]
    assert said["inputs"] == {
        "dem": "rhine_elv0.tif",
        "flow_direction": "rhine_d8.tif",
        "population": "gpw_population_density_ch.tif",
    }


def test_more_volume_never_less_along_given_directions(directed, people):
    former = None
    for volume in np.logspace(4, 8.5, 6):
        result = assess(Dam(8.0, 47.35, 30, float(volume)), directed, people)
        now = [result.people[case].persons for case in CASES]
        assert now == sorted(now) and (former is None or all(np.greater_equal(now, former)))
        former = now


def test_interval_of_the_first_border_holds_the_published_distance_at_most_places(terrain, published):
    """Also where a distance lies outside 20 per cent: the interval says what the terrain leaves open."""
    rng, held, sure, asked = np.random.default_rng(2), 0, 0, 0
    while asked < 40:
        start = float(rng.uniform(6.5, 11.5)), float(rng.uniform(46.5, 50.5))
        place, along = published_path(published, *start)
        if along[-1] < 50_000:
            continue
        path = path_from(terrain, *start, 400_000)
        ours = borders.countries_along(path.lon, path.lat, path.chainage_m)
        cell = path.stretches[0]
        ways = other_ways(terrain, path, *start, np.sqrt(cell.cell_m2) / 1000)
        spans = [
            border_span.span_along(
                each.lon, each.lat, each.chainage_m,
                cell_m=float(np.hypot(cell.width_m, cell.height_m)),
                end_m=each.length_m, own=ours[0].country_iso3,
            )
            for each in (path, *(path_from(terrain, way.lon, way.lat, 400_000) for way in ways))
        ]  # fmt: skip
        span = border_span.joined(spans).around(borders.first_border_km(ours))
        use = along <= 300_000
        theirs = borders.first_border_km(borders.countries_along(place[use, 0], place[use, 1], along[use]))
        if theirs is None:
            sure += span.high_km is not None and span.high_km < 300
            continue
        asked += 1
        low_holds = span.low_km is not None and span.low_km <= theirs
        held += low_holds and (span.high_km is None or theirs <= span.high_km)
    assert held / asked >= 0.8 and sure == 0


def test_the_answer_at_basel_holds_the_published_distance_and_says_so(terrain):
    said = document(assess(Dam(*BASEL, 30, 2e6), terrain))
    span = said["first_border_interval_km"]
    assert span["low"] <= 6.7 < said["first_border_km"] < span["high"]
    text, values = next(each for each in words(said) if "country" in each[1])
    assert "between %(low)s and %(high)s as far as the terrain can tell" in text
    assert values["country"] == "DEU" and values["low"] < values["km"] < values["high"]


def test_a_deposit_that_stops_beside_the_border_may_reach_what_the_water_enters_beyond(terrain):
    """At Laufenburg, 2 km from the Rhine that is the border; the water enters Germany after 8 km."""
    said = document(assess(Dam(8.03, 47.53, 15, 1e5), terrain))
    assert said["countries"] == ["CHE"] and "DEU" in [each["country_iso3"] for each in said["farther"]]
    assert [each["country_iso3"] for each in said["may_reach"]] == ["DEU"]
    assert said["may_reach"][0]["at_km"] == said["first_border_interval_km"]["low"]
    assert "industrial_accidents" in said["may_reach"][0]["both_parties"]


def independent_count(shape, path):
    """People by cutting each cell with shapely and measuring cells on the ellipsoid."""
    with rasterio.open(path, driver="GTiff") as source:
        density, t = source.read(1), source.transform
    west, south, east, north = shape.bounds
    total = 0.0
    for row in range(int((t.f - north) / -t.e), int((t.f - south) / -t.e) + 1):
        for column in range(int((west - t.c) / t.a), int((east - t.c) / t.a) + 1):
            if 0 <= row < density.shape[0] and 0 <= column < density.shape[1]:
                x, y = t.c + column * t.a, t.f + row * t.e
                cell = shapely.box(x, y + t.e, x + t.a, y)
                share = shape.intersection(cell).area / cell.area
                if share:
                    area = abs(GEOD.geometry_area_perimeter(cell)[0]) / 1e6
                    total += share * area * float(density[row, column])
    return total


def test_people_agree_with_an_independent_count(terrain, people, shared_data):
    result = assess(Dam(8.0, 47.35, 30, 5e6), terrain, people)
    path = shared_data / "rasters" / "gpw_population_density_ch.tif"
    for case in CASES:
        expected = independent_count(result.shapes[case], path)
        assert result.people[case].persons == pytest.approx(expected, rel=0.005)


def test_flags_say_that_the_cells_are_coarse_and_the_count_partial(terrain, people):
    result = assess(Dam(8.3, 47.4, 60, 2e7), terrain, people)
    assert {"sub_cell", "population_partial"} <= set(result.flags)
    assert [each.country_iso3 for each in result.countries][:2] == ["CHE", "DEU"]
    assert borders.first_border_km(result.countries) == pytest.approx(29.1, rel=0.2)
    notices = {notice["country_iso3"]: notice for notice in borders.to_notify(result.countries)}
    assert "industrial_accidents" in notices["DEU"]["both_parties"]


def test_lake_constance_stops_the_deposit_of_the_alpine_rhine(terrain):
    result = assess(Dam(9.5, 47.0, 60, 2e7), terrain)
    assert "reached_lake" in result.flags
    assert result.footprints["high"].reach_km < 90 < result.path.length_m / 1000
    assert {"CHE", "LIE", "AUT"} <= {each.country_iso3 for each in result.countries}
    assert "DEU" in {each.country_iso3 for each in result.farther}


def test_more_volume_never_less_on_coarse_terrain(terrain, people):
    former = None
    for volume in np.logspace(4, 8.5, 10):
        result = assess(Dam(8.0, 47.35, 30, float(volume)), terrain, people)
        now = [result.people[case].persons for case in CASES]
        assert now == sorted(now)
        assert former is None or all(b >= a for a, b in zip(former, now, strict=True))
        former = now


@pytest.mark.parametrize("height", [10, 110, 500])
def test_volumes_far_outside_the_formulas_cover_more_and_never_less(directed, people, height):
    former, flags = None, set()
    for volume in np.logspace(7.5, 11, 8):
        result = assess(Dam(8.0, 47.35, height, float(volume)), directed, people)
        now = [
            *(result.people[case].persons for case in CASES),
            *(result.footprints[case].area_km2 for case in CASES),
            *(result.footprints[case].reach_km for case in CASES),
        ]
        assert former is None or all(b >= a * (1 - 1e-9) for a, b in zip(former, now, strict=True))
        assert result.footprints["high"].reach_km <= 668 and flags <= set(result.flags)
        former, flags = now, {"extrapolated", "beyond_documented"} & set(result.flags)
    assert flags == {"extrapolated", "beyond_documented"}


def test_border_that_only_the_footprint_crosses_is_found():
    """A path along the border's own side: the area beside it reaches over."""
    lon, lat = np.array([7.70, 7.80, 7.90]), np.array([47.54, 47.54, 47.54])
    chainage = np.array([0.0, 7500.0, 15000.0])
    alone = borders.countries_along(lon, lat, chainage)
    wide = borders.countries_along(
        lon, lat, chainage, shapely.LineString(np.column_stack([lon, lat])).buffer(0.1)
    )
    assert [each.country_iso3 for each in alone] == ["CHE"]
    assert {"DEU"} == {each.country_iso3 for each in wide if each.beside_path}


def test_a_dam_leaves_its_own_state_though_its_cell_lies_mostly_beyond_the_border(terrain):
    """Laufenburg's bank is Swiss; the middle of its cell, where the path begins, is German."""
    result = assess(Dam(8.05, 47.56, 20.0, 1e6), terrain)
    assert (
        borders.countries_along(result.path.lon, result.path.lat, result.path.chainage_m)[0].name == "Germany"
    )
    assert [each.country_iso3 for each in result.countries] == ["CHE", "DEU"]
    assert "CHE" not in [each.country_iso3 for each in result.farther]


def test_unknown_membership_is_unknown():
    assert borders.memberships("BRA")["industrial_accidents"]["status"] == "unknown"
    assert borders.memberships("CHE")["industrial_accidents"]["status"] == "party"
