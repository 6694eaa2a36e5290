"""What lies around a site: counted by hand on small grids and shapes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.methods import catalogue
from lithoscope.pipelines import store, surroundings


@pytest.fixture
def raster(tmp_path):
    """3 x 3 cells of one degree from (0 E, 3 N): 0 1 2 / 3 nodata 5 / 6 7 8."""
    path = tmp_path / "hazard.tif"
    cells = np.arange(9, dtype="float32").reshape(3, 3)
    cells[1, 1] = -9999
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=3, count=1, dtype="float32", crs="EPSG:4326", nodata=-9999,
        transform=from_origin(0, 3, 1, 1),
    ) as file:  # fmt: skip
        file.write(cells, 1)
    return path


def points(*places, **columns):
    geometry = [shapely.Point(place) if place else None for place in places]
    return gpd.GeoDataFrame(
        columns, geometry=geometry, crs="EPSG:4326", index=[f"s{n}" for n in range(len(places))]
    )


def test_values_at_points_outside_in_gaps_and_without_place(raster):
    sites = points((0.5, 2.5), (2.5, 0.5), (1.5, 1.5), (9, 9), None)
    found = surroundings.sampled(sites, raster)
    assert found.index.tolist() == sites.index.tolist()
    assert found.tolist()[:2] == [0, 8]
    assert found.isna().tolist() == [False, False, True, True, True]


def test_a_stated_value_is_kept_and_a_flood_depth_answers_the_zone(raster):
    sites = points(
        (0.5, 2.5), (1.5, 2.5), (1.5, 1.5), (2.5, 0.5), flood_depth_m=[np.nan, np.nan, np.nan, 0.3]
    )
    filled = surroundings.with_hazards(sites, {"flood_depth_m": raster, "seismic_pga_g": None})
    assert filled["flood_depth_m"].tolist()[:2] + filled["flood_depth_m"].tolist()[3:] == [0, 1, 0.3]
    assert filled["is_in_flood_zone"].tolist()[:2] == [False, True]
    assert filled["is_in_flood_zone"].isna().tolist() == [False, False, True, False]
    assert "pga_475_g" not in filled


def test_an_address_and_a_strange_key_are_refused(raster):
    with pytest.raises(UnsafeFile):
        surroundings.sampled(points((0, 0)), "https://example.org/x.tif")
    with pytest.raises(BadInput, match="not a hazard raster"):
        surroundings.with_hazards(points((0, 0)), {"volcano": raster})


def test_distances_at_the_equator_and_far_north():
    river = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, -1), (0, 80)])], crs="EPSG:4326")
    sites = points((0.005, 0.0), (0.005, 60.0), (0.05, 0.0), None)
    found = surroundings.distance_km(sites, river, within_km=1.0)
    assert found.iloc[0] == pytest.approx(0.5566, rel=0.01)
    assert found.iloc[1] == pytest.approx(0.2783, rel=0.01)
    assert found.iloc[2:].isna().all()


def test_distance_is_nought_inside_a_shape_and_to_points_it_is_direct():
    park = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    town = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0.009)], crs="EPSG:4326")
    assert surroundings.distance_km(points((0.5, 0.5)), park, within_km=1.0).iloc[0] == 0
    assert surroundings.distance_km(points((0, 0)), town, within_km=2.0).iloc[0] == pytest.approx(
        1.0, rel=0.01
    )
    assert surroundings.distance_km(points((0, 0)), town.head(0), within_km=2.0).isna().all()


def test_a_vague_place_is_not_called_near():
    town = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs="EPSG:4326")
    sites = points((0, 0), (0, 0), coordinate_precision_km=[0.1, 5.0])
    filled = surroundings.with_distances(sites, {"settlement_distance_km": town}, within_km=1.0)
    assert filled["settlement_distance_km"].isna().tolist() == [False, True]


def test_what_is_near_answers_the_protocol_and_what_is_far_stays_unknown():
    town = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs="EPSG:4326")
    sites = points((0, 0.001), (0, 2), commodities=["lead", "lead"])
    layers = {"settlement_distance_km": town, "river_distance_km": town}
    filled = surroundings.with_distances(sites, layers, within_km=1.0)
    found = catalogue.method("eu_preselection_2011")(pd.DataFrame(filled.drop(columns="geometry")))
    assert found.best.tolist()[0] == "examine"
    assert (found.low.iloc[1], found.high.iloc[1]) == ("no_examination", "examine")


def test_the_users_project_reaches_the_register(tmp_path, lithoscope):
    grid = tmp_path / "pga.tif"
    with rasterio.open(
        grid, "w", driver="GTiff", width=2, height=1, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(0, 1, 1, 1),
    ) as file:  # fmt: skip
        file.write(np.array([[0.05, 0.3]], dtype="float32"), 1)
    gpd.GeoDataFrame({"name": ["Park"]}, geometry=[shapely.box(1.4, 0.4, 1.6, 0.6)], crs="EPSG:4326").to_file(
        tmp_path / "parks.geojson"
    )
    (tmp_path / "sites.csv").write_text(
        "name,country,longitude,latitude,volume m3\nA,,0.5,0.5,1000\nB,,1.5,0.5,1000\n"
    )
    (tmp_path / "lithoscope.toml").write_text(
        '[[source]]\nname = "table"\npath = "sites.csv"\n\n[rasters]\nseismic_pga_g = "pga.tif"\n\n'
        '[zones]\nprotected_areas = "parks.geojson"\n'
    )
    ran = lithoscope("build", "--config", tmp_path / "lithoscope.toml", "--data", tmp_path, "--json")
    assert ran.status == 0, ran.err
    sites = store.open_release(tmp_path).sites("facilities").sort_values("name")
    assert sites["pga_475_g"].tolist() == pytest.approx([0.05, 0.3])
    assert sites["protected_area_distance_km"].isna().tolist() == [True, False]
    assert (sites["thi_low"].iloc[1] - sites["thi_low"].iloc[0]) == pytest.approx(1.0)
