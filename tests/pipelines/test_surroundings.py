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
from lithoscope.pipelines.project import Rasters, Surroundings, Zones


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


def layers_of(tmp_path, **shapes):
    for name, shape in shapes.items():
        columns = {"name": [name], "pop_max": [500]} if name == "places" else {"name": [name]}
        gpd.GeoDataFrame(columns, geometry=[shape], crs="EPSG:4326").to_file(tmp_path / f"{name}.geojson")
    return {name: tmp_path / f"{name}.geojson" for name in shapes}


def test_layers_say_what_is_near_and_only_a_complete_one_that_nothing_is(tmp_path):
    paths = layers_of(
        tmp_path,
        rivers=shapely.LineString([(0, -1), (0, 1)]),
        places=shapely.Point(0, 0),
        farmland=shapely.box(0, 0, 0.001, 0.001),
        aquifers=shapely.box(-0.01, -0.01, 0.01, 0.01),
    )
    sites = points((0.005, 0.0), (0.05, 0.0), (0.3, 0.0), (2.0, 0.0), None)
    some = surroundings.around(sites, Rasters(), Zones(), Surroundings(**paths))
    assert some["river_distance_km"].notna().tolist() == [True, False, False, False, False]
    assert some["settlement_distance_km"].iloc[0] == pytest.approx(0.557, rel=0.01)
    assert some["is_on_aquifer"].tolist()[0] is True
    assert some["is_on_aquifer"].isna().tolist() == [False, True, True, True, True]
    whole = Surroundings(**paths, complete=("rivers", "aquifers"))
    all_of_it = surroundings.around(sites, Rasters(), Zones(), whole)
    assert all_of_it["river_distance_km"].round(0).tolist()[:3] == [1, 6, 33]
    assert all_of_it["river_distance_km"].isna().tolist() == [False, False, False, True, True]
    assert all_of_it["settlement_distance_km"].notna().tolist() == [True, False, False, False, False]
    assert all_of_it["is_on_aquifer"].tolist()[:4] == [True, False, False, False]
    assert pd.isna(all_of_it["is_on_aquifer"].iloc[4])
    found = catalogue.method("eu_preselection_2011")(pd.DataFrame(all_of_it.drop(columns="geometry")))
    assert found.evidence.tolist()[0] == "modelled"
    rivers = Surroundings(rivers=paths["rivers"], complete=("rivers",))
    vague = surroundings.around(sites.assign(coordinate_precision_km=5.0), Rasters(), Zones(), rivers)
    assert vague["river_distance_km"].isna().all()
    assert all_of_it["computed_fields"].iloc[0].split("; ") == [
        "river_distance_km",
        "settlement_distance_km",
        "farmland_distance_km",
        "is_on_aquifer",
    ]
    assert pd.isna(all_of_it["computed_fields"].iloc[4])


def test_a_hamlet_is_no_settlement_and_a_stated_distance_is_kept_and_stays_reported(tmp_path):
    hamlet = gpd.GeoDataFrame(
        {"Population": ["100", "many", None]},
        geometry=[shapely.Point(0, 0), shapely.Point(1, 0), shapely.Point(2, 0)],
        crs="EPSG:4326",
    )
    hamlet.to_file(tmp_path / "places.geojson")
    sites = points((0, 0), (1, 0), (2, 0), (1, 0), settlement_distance_km=[np.nan, np.nan, np.nan, 7.0])
    near = Surroundings(places=tmp_path / "places.geojson")
    found = surroundings.around(sites, Rasters(), Zones(), near)
    assert found["settlement_distance_km"].tolist()[1:] == [0, 0, 7]
    assert np.isnan(found["settlement_distance_km"].iloc[0])
    assert found["computed_fields"].isna().tolist() == [True, False, False, True]


@pytest.mark.parametrize(("unit", "expected"), [("persons", 1.11), ("persons_per_km2", 2.23)])
def test_people_near_are_counted_outward_until_a_hundred(tmp_path, unit, expected):
    path = tmp_path / "people.tif"
    cells = np.zeros((41, 41), dtype="float32")
    cells[20, 20], cells[20, 21], cells[20, 22] = 60, 60, 60  # 0, 1.11 and 2.23 km off
    with rasterio.open(
        path, "w", driver="GTiff", width=41, height=41, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(-0.205, 0.205, 0.01, 0.01),
    ) as file:  # fmt: skip
        file.write(cells if unit == "persons" else cells * 0.7 / 1.2392, 1)
    sites = points((0.0, 0.0), (9.0, 9.0), (0.0, 0.15), None, coordinate_precision_km=[0.1, 0.1, 0.1, 0.1])
    rasters = Rasters(population=path, population_unit=unit)
    found = surroundings.around(sites, rasters, Zones())["settlement_distance_km"]
    assert found.iloc[0] == pytest.approx(expected, abs=0.03)
    assert found.isna().tolist() == [False, True, True, True]
    with pytest.raises(BadInput, match="not a unit of people"):
        surroundings.around(sites, Rasters(population=path, population_unit="people"), Zones())


@pytest.mark.parametrize(("column", "is_known"), [(19, False), (30, True)])
def test_a_negative_count_is_a_gap_and_takes_nobody_away(tmp_path, column, is_known):
    """Beside the site it leaves the distance unknown; beyond the crowd it changes nothing."""
    path = tmp_path / "people.tif"
    cells = np.zeros((41, 41), dtype="float32")
    cells[20, 20], cells[20, 22], cells[20, column] = 60, 60, -9999
    with rasterio.open(
        path, "w", driver="GTiff", width=41, height=41, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(-0.205, 0.205, 0.01, 0.01),
    ) as file:  # fmt: skip
        file.write(cells, 1)
    rasters = Rasters(population=path, population_unit="persons")
    sites = points((0.0, 0.0), coordinate_precision_km=[0.1])
    found = surroundings.around(sites, rasters, Zones())["settlement_distance_km"].iloc[0]
    assert found == pytest.approx(2.23, abs=0.03) if is_known else np.isnan(found)


def test_layers_of_the_project_reach_mines_and_the_report(tmp_path, lithoscope):
    layers_of(tmp_path, rivers=shapely.LineString([(0.505, 0), (0.505, 1)]), places=shapely.Point(0.5, 0.5))
    (tmp_path / "mines.csv").write_text(
        "mine name,longitude,latitude,status\nA,0.5,0.5,abandoned\nB,3,3,abandoned\n"
    )
    (tmp_path / "mines.yaml").write_text(lithoscope("propose", tmp_path / "mines.csv").out)
    (tmp_path / "lithoscope.toml").write_text(
        '[[source]]\nname = "table"\npath = "mines.csv"\n\n'
        '[surroundings]\nrivers = "rivers.geojson"\nplaces = "places.geojson"\ncomplete = ["rivers"]\n'
    )
    ran = lithoscope("build", "--config", tmp_path / "lithoscope.toml", "--data", tmp_path, "--json")
    assert ran.status == 0, ran.err
    assert ran.document["surroundings"] == ["rivers", "places"]
    release = store.open_release(tmp_path)
    layer = "mines" if ran.document["layers"]["mines"]["accepted"] else "facilities"
    sites = release.sites(layer).sort_values("name")
    assert sites["river_distance_km"].tolist()[0] == pytest.approx(0.557, rel=0.01)
    assert sites["settlement_distance_km"].isna().tolist() == [False, True]
    (tmp_path / "lithoscope.toml").write_text('[surroundings]\nlakes = "x.gpkg"\n')
    ran = lithoscope("build", "--config", tmp_path / "lithoscope.toml", "--data", tmp_path, "--json")
    assert ran.status == 2
    assert "surroundings.lakes" in ran.err
    (tmp_path / "lithoscope.toml").write_text(
        '[[source]]\nname="starter"\n[surroundings]\nrivers = "x.gpkg"\n'
    )
    ran = lithoscope("build", "--config", tmp_path / "lithoscope.toml", "--data", tmp_path, "--json")
    assert ran.status == 2
    assert "x.gpkg" in ran.err
