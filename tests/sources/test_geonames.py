"""Towns as the installed package has them."""

from lithoscope.sources import geonames


def test_towns_are_placed_and_the_most_populous_come_first():
    towns = geonames.towns()
    assert len(towns) > 50_000
    assert towns["population"].is_monotonic_decreasing
    assert towns["lon"].between(-180, 180).all()
    assert towns["lat"].between(-90, 90).all()
    assert towns.notna().all(axis=None)


def test_a_known_town_lies_where_it_is():
    towns = geonames.towns()
    mariana = towns[towns["name"].eq("Mariana") & towns["lon"].between(-44, -43)].iloc[0]
    assert abs(mariana["lat"] + 20.38) < 0.1
    assert 40_000 < mariana["population"] < 100_000
