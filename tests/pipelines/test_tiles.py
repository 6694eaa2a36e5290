"""Tiles: every site is on exactly one tile of each zoom, and counts are never lost."""

import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lithoscope.pipelines import tiles
from lithoscope.pipelines.tiles import Address, Classes, PointIndex


def _tile(index, codes, z, x, y, count=3, is_ordered=True):
    return tiles.tile(
        index,
        Classes(np.asarray(codes, np.int16), count, is_ordered),
        Address(z=z, x=x, y=y),
        describe=lambda rows: [{"id": f"s{row}", "name": f"<b>{row}"} for row in rows],
        describe_crowd=lambda crowd: {"name": f"{crowd.size}", "shares": crowd.counts},
    )


def _drawn(collection):
    return [each for each in collection["features"] if each["geometry"]]


def _total(collection):
    return sum(each["properties"]["n"] for each in _drawn(collection))


@pytest.mark.parametrize(
    ("lon", "lat", "z", "x", "y"),
    [
        (0.1, 0.1, 1, 1, 0),
        (-0.1, -0.1, 1, 0, 1),
        (-43.1, -20.2, 4, 6, 8),
        (8.54, 47.37, 10, 536, 358),  # Zurich, as on any slippy map
        (179.999, 0.1, 3, 7, 3),
    ],
)
def test_a_point_lies_on_the_tile_that_the_web_map_gives_it(lon, lat, z, x, y):
    index = PointIndex.of(np.array([lon]), np.array([lat]))
    assert _total(_tile(index, [0], z, x, y)) == 1


places = st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=60).map(
    lambda pairs: np.array(pairs, dtype=float)
)


@given(places, st.integers(0, 3))
def test_each_point_is_on_exactly_one_tile_of_a_zoom(points, z):
    index = PointIndex.of(points[:, 0], points[:, 1])
    codes = np.zeros(len(points))
    count = sum(_total(_tile(index, codes, z, x, y)) for x in range(2**z) for y in range(2**z))
    assert count == len(points)


@given(places)
def test_degrees_survive_the_way_to_the_square_and_back(points):
    lat = np.clip(points[:, 1], -85, 85)
    lon, back = tiles.to_degrees(*tiles.to_square(points[:, 0], lat))
    assert np.allclose((lon - points[:, 0] + 180) % 360 - 180, 0, atol=1e-9)
    assert np.allclose(back, lat, atol=1e-9)


def test_the_date_line_has_one_side():
    index = PointIndex.of(np.array([180.0, -180.0]), np.array([10.0, 10.0]))
    assert _total(_tile(index, [0, 0], 4, 0, 7)) == 2
    assert _total(_tile(index, [0, 0], 4, 15, 7)) == 0


def test_columns_of_the_next_turn_of_the_world_are_those_of_this_one():
    index = PointIndex.of(np.array([-43.0]), np.array([-20.0]))
    assert _tile(index, [0], 2, 1 + 4, 2) == _tile(index, [0], 2, 1, 2)
    assert _total(_tile(index, [0], 2, 1 - 4, 2)) == 1


def test_a_site_without_a_place_is_on_no_tile():
    index = PointIndex.of(np.array([np.nan, 5.0, 5.0]), np.array([1.0, np.nan, 1.0]))
    assert len(index) == 1
    assert _drawn(_tile(index, [0, 0, 0], 0, 0, 0))[0]["properties"]["id"] == "s2"


@pytest.mark.parametrize("bad", [(-1, 0, 0), (15, 0, 0), (1, 0, 2), (1, 0, -1), (1, 4, 0), (1, -3, 0)])
def test_an_address_outside_the_world_is_refused(bad):
    z, x, y = bad
    with pytest.raises(ValidationError):
        Address(z=z, x=x, y=y)


def _crowded(n=tiles.DENSE + 1_000, seed=0):
    rng = np.random.default_rng(seed)
    lon, lat = rng.normal(-44, 6, n), rng.normal(-20, 4, n)
    return PointIndex.of(lon, lat), rng.integers(-1, 3, n).astype(np.int16)


def test_a_crowd_keeps_the_count_of_its_sites_and_of_each_class():
    index, codes = _crowded()
    drawn = _drawn(_tile(index, codes, 2, 1, 2))
    crowds = [each["properties"] for each in drawn if each["properties"]["n"] > 1]
    assert crowds
    assert all(sum(each["shares"]) == each["n"] > tiles.APART for each in crowds)
    assert sum(each["properties"]["n"] for each in drawn) == index.run(Address(z=2, x=1, y=2)).stop


def test_an_ordered_crowd_takes_its_gravest_class_another_its_most_frequent():
    lon, lat = np.full(tiles.DENSE + 1, 10.0), np.full(tiles.DENSE + 1, 10.0)
    index = PointIndex.of(lon, lat)
    codes = np.zeros(tiles.DENSE + 1, np.int16)
    codes[7] = 2
    assert _drawn(_tile(index, codes, 3, 4, 3))[0]["properties"]["c"] == 2
    assert _drawn(_tile(index, codes, 3, 4, 3, is_ordered=False))[0]["properties"]["c"] == 0


def test_a_crowd_of_unrated_sites_is_unrated():
    index = PointIndex.of(np.full(tiles.DENSE + 1, 10.0), np.full(tiles.DENSE + 1, 10.0))
    assert (
        _drawn(_tile(index, np.full(tiles.DENSE + 1, -1), 3, 4, 3))[0]["properties"]["c"]
        == tiles.UNRATED_CODE
    )


def test_a_register_that_fits_a_tile_is_drawn_site_by_site():
    index, codes = _crowded(n=tiles.DENSE)
    drawn = _drawn(_tile(index, codes, 0, 0, 0))
    assert len(drawn) == tiles.DENSE
    assert [each["properties"]["c"] for each in drawn] == sorted(codes)


def test_whether_a_cell_is_a_crowd_does_not_depend_on_its_neighbours_tile():
    rng = np.random.default_rng(3)
    lon = np.concatenate([rng.uniform(-40, -0.01, 5_000), rng.uniform(0.01, 40, 30)])
    lat = np.concatenate([rng.uniform(1, 40, 5_000), rng.uniform(10, 11, 30)])
    index = PointIndex.of(lon, lat)
    sparse = _drawn(_tile(index, np.zeros(5_030), 1, 1, 0))
    assert any(each["properties"]["n"] > 1 for each in sparse)
    assert _total({"features": sparse}) == 30


def test_a_filter_leaves_only_its_rows():
    index, codes = _crowded(n=100)
    kept = np.arange(100) % 2 == 0
    ids = {each["properties"]["id"] for each in _drawn(_tile(index.where(kept), codes, 0, 0, 0))}
    assert ids == {f"s{row}" for row in range(0, 100, 2)}


def test_the_first_feature_has_no_shape():
    index, codes = _crowded(n=3)
    assert _tile(index, codes, 0, 0, 0)["features"][0]["geometry"] is None
    assert _tile(index, codes, 1, 1, 0)["features"] == [
        {"type": "Feature", "geometry": None, "properties": {}}
    ]


def test_signs_of_html_are_escaped_and_nan_is_refused():
    index, codes = _crowded(n=3)
    body = tiles.as_bytes(_tile(index, codes, 0, 0, 0))
    assert b"<" not in body
    assert json.loads(body)["features"][1]["properties"]["name"].startswith("<b>")
    with pytest.raises(ValueError, match="JSON compliant"):
        tiles.as_bytes({"features": [float("nan")]})


@pytest.mark.parametrize(
    ("count", "text"),
    [
        *((1, "1"), (909, "909"), (999, "999"), (1_000, "1k"), (1_490, "1.4k"), (9_999, "9.9k")),
        *((12_900, "12k"), (999_999, "999k"), (1_000_000, "1M"), (1_250_000, "1.2M"), (23_000_000, "23M")),
    ],
)
def test_counts_are_short_and_never_too_much(count, text):
    assert tiles.short_count(count) == text


def test_a_tile_of_the_whole_of_a_million_sites_is_quick():
    rng = np.random.default_rng(5)
    index = PointIndex.of(rng.uniform(-180, 180, 1_000_000), rng.uniform(-60, 70, 1_000_000))
    codes = rng.integers(-1, 5, 1_000_000).astype(np.int16)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        collection = _tile(index, codes, 0, 0, 0, count=5)
        took.append(time.perf_counter() - began)
    assert _total(collection) == 1_000_000
    assert min(took) < 0.5  # measured 0.1 s; benchmarks/bench_dashboard.py prints the figure
