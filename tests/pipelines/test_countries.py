"""Countries on the real borders: known places, disputed places, stated names, groups."""

import geopandas as gpd
import pandas as pd
import pytest

from lithoscope.domain.errors import UnknownName
from lithoscope.pipelines import countries
from lithoscope.sources import natural_earth

PLACES = [
    ("Paris", 2.35, 48.85, "FRA"),
    ("Oslo", 10.75, 59.91, "NOR"),
    ("Longyearbyen, Svalbard", 15.6, 78.2, "NOR"),
    ("Cayenne", -52.3, 4.9, "FRA"),
    ("Pristina", 21.16, 42.66, "XKX"),
    ("Trepça", 20.87, 42.94, "XKX"),
    ("Bou Craa", -12.85, 26.32, "ESH"),
    ("Simferopol", 34.1, 44.95, "UKR"),
    ("Donetsk", 37.8, 48.0, "UKR"),
    ("Kryvyi Rih", 33.4, 47.9, "UKR"),
    ("Hargeisa", 44.06, 9.56, "SOM"),
    ("Kyrenia", 33.3, 35.3, "CYP"),
    ("Taipei", 121.5, 25.03, "TWN"),
    ("Nuuk", -51.7, 64.18, "GRL"),
    ("Hebron", 35.1, 31.53, "PSE"),
    ("Old City of Jerusalem", 35.234, 31.777, "PSE"),
    ("Tel Aviv", 34.78, 32.08, "ISR"),
    ("Golan Heights", 35.8, 33.0, "SYR"),
    ("Abyei", 28.43, 9.6, "SDN"),
    ("Guantanamo Bay", -75.15, 19.92, "CUB"),
    ("Akrotiri", 32.98, 34.6, "GBR"),
    ("Brumadinho", -44.12, -20.12, "BRA"),
    ("Juba", 31.6, 4.85, "SSD"),
]
DISPUTED = {
    "Pristina",
    "Trepça",
    "Bou Craa",
    "Simferopol",
    "Donetsk",
    "Hargeisa",
    "Kyrenia",
    "Taipei",
    "Hebron",
    "Old City of Jerusalem",
    "Golan Heights",
    "Abyei",
}


@pytest.fixture(scope="module")
def located():
    frame = pd.DataFrame(PLACES, columns=["place", "lon", "lat", "iso3"]).set_index("place")
    return frame.join(countries.locate(frame["lon"], frame["lat"]))


def test_places_lie_in_their_countries(located):
    wrong = located[located["country_iso3"] != located["iso3"]]
    assert wrong.empty, wrong[["iso3", "country_iso3"]]


def test_disputed_places_are_marked_and_others_are_not(located):
    assert set(located.index[located["dispute"].notna()]) == DISPUTED
    assert "68/262" in located.loc["Simferopol", "dispute"]


def test_no_state_holds_bir_tawil():
    found = countries.locate(pd.Series([33.75]), pd.Series([21.87])).iloc[0]
    assert pd.isna(found["country_iso3"])
    assert "Bir Tawil" in found["dispute"]


def test_every_disputed_area_is_found_somewhere_in_it():
    areas = countries.disputed_areas()
    assert areas.is_valid.all()
    land = natural_earth.countries().dissolve("country_iso3", dropna=False).geometry
    on_land = [
        shape.intersection(land[code]) if isinstance(code, str) and "-" not in within else shape
        for shape, code, within in zip(areas.geometry, areas["iso3"], areas["within"].fillna(""), strict=True)
        if code != "MUS"
    ]
    points = gpd.GeoSeries(on_land, index=areas.index[areas["iso3"] != "MUS"]).representative_point()
    areas = areas.loc[points.index]
    found = countries.locate(points.x, points.y)
    assert found["dispute"].notna().all(), areas.loc[found["dispute"].isna(), "area"].tolist()
    agreed = found["country_iso3"].fillna("") == areas["iso3"].fillna("")
    assert agreed.all(), areas.loc[~agreed, ["area", "iso3"]].join(found["country_iso3"], rsuffix="_found")


STATED = [
    ("United States", "USA"), ("U.S.A.", "USA"), ("Estados Unidos", "USA"), ("Türkiye", "TUR"),
    ("Turkey", "TUR"), ("DR Congo", "COD"), ("Democratic Republic of Congo", "COD"), ("Congo", "COG"),
    ("Côte d'Ivoire", "CIV"), ("Cote d’Ivoire", "CIV"), ("Ivory Coast", "CIV"), ("Brasil", "BRA"),
    ("Brésil", "BRA"), ("840", "USA"), (76.0, "BRA"), ("076", "BRA"), (4, "AFG"), ("NA", "NAM"),
    ("bra", "BRA"), ("BR", "BRA"), ("Australia ", "AUS"), ("Czech Republic", "CZE"), ("Kosovo", "XKX"),
    ("Korea, Republic of", "KOR"), ("Corée du Sud", "KOR"), ("The Gambia", "GMB"), ("Niger", "NER"),
    ("Nigeria", "NGA"), ("Guinea", "GIN"), ("Guinea-Bissau", "GNB"), ("Equatorial Guinea", "GNQ"),
    ("Bolivia, Plurinational State of", "BOL"), ("Nowhere", None), (None, None), ("", None),
]  # fmt: skip


def test_stated_names_and_codes_are_recognised():
    stated = pd.Series([name for name, _ in STATED], dtype=object)
    found = countries.recognise(stated)
    assert [code if isinstance(code, str) else None for code in found] == [code for _, code in STATED]


def test_every_name_of_ours_is_recognised_as_itself():
    for language in countries.LANGUAGES:
        names = {code: countries.country_name(code, language) for code in countries.members()["iso3"]}
        found = countries.recognise(pd.Series(names))
        assert found.to_dict() == {code: code for code in names}


def test_groups_have_their_printed_sizes():
    sizes = countries.members()["un_group"].value_counts().to_dict()
    assert sizes == {"African": 54, "Asia-Pacific": 54, "EEG": 23, "GRULAC": 33, "WEOG": 29}
    assert countries.un_group("BRA") == "GRULAC"
    assert countries.un_group("USA") == "WEOG"
    assert countries.un_group("XKX") is None
    assert countries.un_group("GRL") is None


def test_names_in_both_languages():
    assert countries.country_name("BRA", "en") == "Brazil"
    assert countries.country_name("COD", "fr") == "République démocratique du Congo"
    assert countries.country_name("CIV", "en") == "Côte d'Ivoire"
    with pytest.raises(UnknownName, match="ISO 3166"):
        countries.country_name("ZZZ")


def test_territories_belong_to_the_state_that_sources_name():
    assert countries.belongs_to("GUF") == "FRA"
    assert countries.belongs_to("BRA") == "BRA"
    assert countries.belongs_to("XKX") == "XKX"
