"""Countries: where a point lies, what a stated name means, what a country is called and groups with.

Names are English or French short names; regional groups are those of the United Nations. A territory
that is no Member State (Greenland, Kosovo, Taiwan...) has a name and an inventory of its own and
belongs to no regional group.
"""

import re
from functools import cache

import geopandas as gpd
import pandas as pd
import shapely

from lithoscope.domain import reference
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.folders import DATA
from lithoscope.domain.text import fold
from lithoscope.methods import countries as look_up
from lithoscope.sources import natural_earth

LANGUAGES = ("en", "fr")
GROUPS = ("African", "Asia-Pacific", "EEG", "GRULAC", "WEOG")
_OFFSHORE_DEGREES = 0.2  # a little more than the limit for points near a coast, up to 60 degrees of latitude
_OTHER_LANGUAGES = ("es", "pt", "de")  # in which registers also state countries


@cache
def members() -> pd.DataFrame:
    """The Member States of the United Nations: iso3, iso2, m49, name_en, name_fr, un_group. Cached."""
    return reference.load("un_members").rows


@cache
def _known() -> pd.DataFrame:
    """Members and territories on one table, indexed by iso3."""
    both = pd.concat([members(), reference.load("territories").rows], ignore_index=True)
    return both.set_index("iso3").astype(object).where(lambda frame: frame.notna(), None)


@cache
def country_name(iso3: str, language: str = "en") -> str:
    """Short name of a country or territory; UnknownName for a code that is not in ISO 3166."""
    if iso3 not in _known().index:
        raise UnknownName("is not an ISO 3166 alpha-3 code", "use a code such as BRA or CHL", value=iso3)
    return str(_known().loc[iso3, f"name_{language if language in LANGUAGES else 'en'}"])


def code_of(text: str) -> str:
    """ISO 3166 alpha-3 of a country by its code or by its name, see `recognise`; UnknownName for another."""
    found = recognise(pd.Series([text], dtype="str")).iloc[0]
    if found is None:
        raise UnknownName(
            "is no country that we know",
            "give its ISO 3166 code or its name, such as BRA or Brazil",
            value=text,
        )
    return str(found)


def is_country(iso3: str) -> bool:
    """Whether the code is of ISO 3166, or XKX."""
    return iso3 in _known().index


@cache
def un_group(iso3: str) -> str | None:
    """Regional group of a Member State; None for a territory and for an unknown code."""
    return str(_known().loc[iso3, "un_group"]) if iso3 in set(members()["iso3"]) else None


@cache
def belongs_to(iso3: str) -> str:
    """The Member State that a source may state for a place in the territory; the code itself otherwise."""
    state = _known()["part_of"].get(iso3)
    return str(state) if state else iso3


def recognise(stated: pd.Series) -> pd.Series:
    """ISO 3166 alpha-3 of countries as people write them.

    stated: names in English, French, Spanish, Portuguese or German, common variants, ISO alpha-2 and
    alpha-3, M49 as text or number; accents, case, punctuation and a leading article do not matter.
    Returns codes on the same index; None where nothing is stated or the name is not recognised.
    """
    names = {each: _aliases().get(_fold(each)) for each in stated.dropna().unique()}
    return stated.astype(object).map(names).astype(object).where(lambda found: found.notna(), None)


def locate(lon: pd.Series, lat: pd.Series) -> pd.DataFrame:
    """Country of points by today's borders; see `methods.countries.locate` for the columns."""
    limits = reference.load("plausibility").rows.set_index("rule")
    return look_up.locate(lon, lat, borders(), coast_limit_km=float(limits.loc["coast_limit", "high"]))


@cache
def borders() -> look_up.Atlas:
    """Natural Earth's countries and our table of disputed areas, prepared for look-up. Cached."""
    return look_up.atlas(natural_earth.countries(), disputed_areas())


@cache
def bounds() -> pd.DataFrame:
    """Box around each State with its territories: west, south, east, north, by code. [degrees] Cached.

    Half a degree wider than its land, so that the waters that `locate` counts to it lie inside.
    """
    atlas = borders()
    boxes = pd.DataFrame(shapely.bounds(atlas.parts), columns=["west", "south", "east", "north"])
    state = pd.Series(atlas.part_country, dtype=object)
    state = state.map({code: belongs_to(str(code)) for code in state.dropna().unique()})
    reach = {"west": "min", "south": "min", "east": "max", "north": "max"}
    wider = {"west": -0.5, "south": -0.5, "east": 0.5, "north": 0.5}
    return boxes.groupby(state).agg(reach) + pd.Series(wider)


@cache
def disputed_areas() -> gpd.GeoDataFrame:
    """Disputed areas: area, iso3, claimants, citation, within, label, geometry. Cached.

    An area that is a whole unit of Natural Earth speaks for the waters around it too.
    """
    rows = reference.load("disputed_areas").rows
    units = natural_earth.countries().set_index("adm0_a3")
    shapes, within = [], []
    for area in rows.itertuples():
        if pd.notna(area.wkt):
            shapes.append(shapely.from_wkt(area.wkt))
            within.append(area.within)
        else:
            shapes.append(shapely.buffer(units.geometry[area.unit], _OFFSHORE_DEGREES, quad_segs=2))
            within.append(units["country_iso3"][area.unit] or look_up.NO_COUNTRY)
    parties = (rows["iso3"].fillna("") + "; " + rows["claimants"]).str.removeprefix("; ")
    label = rows["area"] + " (" + parties.str.replace("; ", ", ") + "; " + rows["citation"] + ")"
    columns = rows[["area", "iso3", "claimants", "citation"]].assign(within=within, label=label)
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=units.crs)


def _fold(name: object) -> str:
    """A name without accents, case, punctuation and leading article; a number without leading zeros."""
    text = str(int(name)) if isinstance(name, float) and name.is_integer() else str(name).strip()
    if re.fullmatch(r"\d{1,3}(\.0)?", text):
        return str(int(float(text)))
    plain = fold(text)
    words = re.sub(r"[^\w]+", " ", plain.replace("'", " ").replace("’", " ").replace(".", "")).split()
    return " ".join(words[1:] if words[:1] in (["the"], ["la"], ["le"], ["les"]) and words[1:] else words)


@cache
def _aliases() -> dict[str, str]:
    """Folded name or code -> alpha-3; our own table has the last word."""
    import pycountry  # here, since only a build needs these lists
    from babel import Locale

    iso2 = {str(code): iso3 for iso3, code in _known()["iso2"].items()}
    found: dict[str, str] = {}
    for language in ("en", "fr", *_OTHER_LANGUAGES):
        territories = Locale(language).territories
        found.update({_fold(territories[code]): iso3 for code, iso3 in iso2.items() if code in territories})
    for country in pycountry.countries:
        if country.alpha_3 in _known().index:
            spellings = (getattr(country, each, "") for each in ("name", "official_name", "common_name"))
            found.update({_fold(each): country.alpha_3 for each in spellings if each})
    for iso3, row in _known().iterrows():
        codes = [row["iso2"], iso3, row["m49"]]
        found.update({_fold(each): str(iso3) for each in (row["name_en"], row["name_fr"], *codes) if each})
    for row in reference.load_file(DATA / "harmonise" / "country_names.csv").rows.itertuples():
        found[_fold(row.raw)] = row.iso3
    return found
