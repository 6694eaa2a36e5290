"""Natural Earth's shapes as they are handed out."""

import geopandas as gpd

from lithoscope.domain import reference
from lithoscope.sources import natural_earth


def test_the_units_listed_as_broken_are_those_that_are_and_all_are_repaired():
    raw = gpd.read_file(natural_earth._countries_file(), columns=["ADM0_A3"])
    broken = set(raw.loc[~raw.geometry.is_valid, "ADM0_A3"])
    assert broken == set(reference.load("natural_earth_broken").rows["adm0_a3"])
    assert natural_earth.countries().geometry.is_valid.all()
