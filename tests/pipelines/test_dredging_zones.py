"""Computed zones, and polygons that publishers and users give."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.pipelines import dredging_zones as zones


def found(*points):
    return zones.computed(pd.Series([x for x, _ in points]), pd.Series([y for _, y in points]))


def test_the_nearest_coast_gives_the_zone():
    table = found((4.0, 52.5), (1.9, 52.7), (2.8, 51.45), (0.0, -30.0))
    assert table["zone"].tolist() == ["NLD", "GBR", "BEL", "high seas"]
    assert table["zone_name"].tolist()[:2] == ["Netherlands", "United Kingdom"]


def test_two_hundred_miles_and_not_more():
    table = found((-14.0, 47.0), (-30.0, 47.0))
    assert table["zone"].tolist()[1] == "high seas"
    assert table["coast_km"].iloc[1] > 200 * 1.852


def test_across_the_antimeridian():
    table = found((179.95, -16.9), (-179.95, -16.9))
    assert table["zone"].tolist() == ["FJI", "FJI"]


def test_inside_the_coastline_is_said():
    table = found((5.5, 52.2))
    assert table["zone"].item() == "NLD"
    assert "inside the coastline" in table["zone_basis"].item()


def test_distance_to_the_coast_of_a_missing_point_is_missing():
    assert np.isnan(zones.coast_km([np.nan], [np.nan])).all()


def test_overlapping_claims_win_over_plain_zones():
    square = shapely.box(0, 0, 10, 10)
    frame = gpd.GeoDataFrame(
        {
            "geoname": ["plain", "claim"],
            "pol_type": ["200NM", "Overlapping claim"],
            "iso_sov1": ["AAA", "AAA"],
        },
        geometry=[square, shapely.box(2, 2, 4, 4)],
        crs="EPSG:4326",
    )
    table = zones.within(pd.Series([3.0, 8.0]), pd.Series([3.0, 8.0]), zones.polygons(frame), file="f")
    assert table["zone"].tolist() == ["claim", "plain"]
    assert table["country_iso3"].tolist()[1] == "AAA"
    assert pd.isna(table["country_iso3"].iloc[0])


def test_zones_without_names_are_refused():
    with pytest.raises(BadInput, match="names the zones"):
        zones.polygons(gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326"))


def agreement(eez: gpd.GeoDataFrame, *, points: int, seed: int) -> dict[str, float]:
    """How often the computed zone names the State whose plain zone a random point lies in.

    eez: of `zones.polygons`. points: drawn evenly over the zones' box and kept if they lie in one.
    Joint regimes and overlapping claims are left out of `agree` (several States are right) and counted in
    `several`.
    """
    rng = np.random.default_rng(seed)
    west, south, east, north = eez.total_bounds
    lon = pd.Series(rng.uniform(west, east, points))
    lat = pd.Series(
        np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(south)), np.sin(np.radians(north)), points)))
    )
    stated = zones.within(lon, lat, eez, file="given")
    stated = stated[stated["zone_basis"] == "given"]
    guess = zones.computed(lon[stated.index], lat[stated.index])
    sovereign = stated["sovereign_iso3"].fillna(stated["territory_iso3"])
    is_plain = stated["country_iso3"].notna()
    is_right = (guess["zone"] == stated["country_iso3"]) | (guess["zone"] == sovereign)
    near = guess["coast_km"] <= 100
    return {
        "points": int(is_plain.sum()),
        "agree": float(is_right[is_plain].mean()),
        "agree_within_100_km": float(is_right[is_plain & near].mean()),
        "high_seas": float((guess["zone"][is_plain] == zones.HIGH_SEAS).mean()),
        "several": float((~is_plain).mean()),
    }


def test_agreement_with_marine_regions(shared_data):
    eez = zones.read_zones(shared_data / "eez-v12-asia-clip" / "eez.geojson")
    share = agreement(eez, points=3000, seed=1)
    assert share["agree"] > 0.8
    assert share["points"] > 1000
