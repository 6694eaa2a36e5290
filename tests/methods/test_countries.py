"""Country of a point: on a chequerboard of two made-up countries, then laws."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon, box

from lithoscope.methods import countries

LIMIT = 10.0


@pytest.fixture(scope="module")
def borders():
    land = gpd.GeoDataFrame(
        {"country_iso3": ["AAA", "BBB", None, "CCC"]},
        geometry=[
            Polygon(box(0, 0, 2, 2).exterior.coords, [box(0.5, 0.5, 1.0, 1.0).exterior.coords]),
            box(2, 0, 4, 2),
            box(4, 0, 5, 2),
            box(178, 60, 180, 62),
        ],
        crs="EPSG:4326",
    )
    areas = gpd.GeoDataFrame(
        {
            "iso3": ["BBB", None, "AAA"],
            "within": ["AAA", "-", "-"],
            "label": ["west of the line", "claimed by no State", "the hole"],
        },
        geometry=[box(1.8, 0, 2.2, 2), box(4, 0, 5, 2), box(0.5, 0.5, 1.0, 1.0)],
        crs="EPSG:4326",
    )
    return countries.atlas(land, areas)


def locate(points, borders):
    frame = pd.DataFrame(points, columns=["lon", "lat"], index=[f"p{n}" for n in range(len(points))])
    return countries.locate(frame["lon"], frame["lat"], borders, coast_limit_km=LIMIT)


def test_inside_override_and_hole(borders):
    found = locate([(0.2, 0.2), (3, 1), (1.9, 1), (2.1, 1), (0.7, 0.7), (4.5, 1)], borders)
    assert found["country_iso3"].astype(object).where(found["country_iso3"].notna(), None).tolist() == [
        "AAA",
        "BBB",
        "BBB",
        "BBB",
        "AAA",
        None,
    ]
    assert found["country_basis"].fillna("none").tolist() == [
        "inside",
        "inside",
        "override",
        "inside",
        "override",
        "none",
    ]
    assert found["dispute"].fillna("").tolist() == [
        "",
        "",
        "west of the line",
        "",
        "the hole",
        "claimed by no State",
    ]
    assert (found["coast_distance_km"] == 0).all()
    assert list(found.index) == [f"p{n}" for n in range(6)]


def test_coast_takes_the_nearest_country_up_to_the_limit(borders):
    # one degree of latitude at the equator is 110.574 km on WGS 84
    found = locate([(1, -5 / 110.574), (3, -5 / 110.574), (1, -11 / 110.574)], borders)
    assert found["country_iso3"].fillna("").tolist() == ["AAA", "BBB", ""]
    assert found["country_basis"].fillna("").tolist() == ["nearest coast", "nearest coast", ""]
    assert found["coast_distance_km"].iloc[:2].to_numpy() == pytest.approx([5, 5], abs=0.01)
    assert np.isnan(found["coast_distance_km"].iloc[2])


def test_coast_in_high_latitude_is_measured_on_the_ground(borders):
    # at 61 degrees north one degree of longitude is 54.1 km
    near, far = 178 - 9 / 54.1, 178 - 11 / 54.1
    found = locate([(near, 61), (far, 61)], borders)
    assert found["country_iso3"].fillna("").tolist() == ["CCC", ""]
    assert found["coast_distance_km"].iloc[0] == pytest.approx(9, abs=0.05)


def test_coast_across_the_antimeridian(borders):
    found = locate([(-179.95, 61)], borders)
    assert found["country_iso3"].iloc[0] == "CCC"
    assert found["coast_distance_km"].iloc[0] == pytest.approx(0.05 * 54.1, abs=0.05)


def test_missing_and_empty(borders):
    found = locate([(np.nan, 1), (1, np.nan), (np.inf, 0)], borders)
    assert found.isna().all(axis=None)
    assert locate([], borders).empty


def test_point_of_a_shared_border_has_one_country(borders):
    assert locate([(2, 1.0)], borders)["country_iso3"].notna().all()


def test_order_of_points_does_not_matter(borders):
    rng = np.random.default_rng(7)
    points = pd.DataFrame({"lon": rng.uniform(-0.5, 5.5, 500), "lat": rng.uniform(-0.5, 2.5, 500)})
    whole = countries.locate(points["lon"], points["lat"], borders, coast_limit_km=LIMIT)
    mixed = points.sample(frac=1, random_state=1)
    again = countries.locate(mixed["lon"], mixed["lat"], borders, coast_limit_km=LIMIT)
    pd.testing.assert_frame_equal(again.sort_index(), whole)


def test_a_wider_limit_never_loses_a_country(borders):
    rng = np.random.default_rng(8)
    points = pd.DataFrame({"lon": rng.uniform(-0.5, 5.5, 300), "lat": rng.uniform(-0.5, 2.5, 300)})
    near = countries.locate(points["lon"], points["lat"], borders, coast_limit_km=5)["country_iso3"]
    wide = countries.locate(points["lon"], points["lat"], borders, coast_limit_km=20)["country_iso3"]
    assert (wide[near.notna()] == near.dropna()).all()
    assert wide.notna().sum() > near.notna().sum()
