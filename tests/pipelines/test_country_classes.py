"""How many sites of each State are at least, and at most, of a class; and the map made of it."""

import json

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lithoscope.domain import registers
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.scales import TOXICITY
from lithoscope.pipelines import countries, country_classes, state_shapes
from lithoscope.pipelines.country_classes import BANDS, NONE, OPEN, Shown


def register(rows):
    names = ["country_iso3", "toxicity_class_low", "toxicity_class", "toxicity_class_high"]
    frame = pd.DataFrame(rows, columns=names)
    frame["toxicity_evidence"] = [
        "missing" if pd.isna(low) else "inferred" for low in frame["toxicity_class_low"]
    ]
    return registers.conform(frame, "facilities")


SITES = register(
    [
        ("BRA", "high", "very_high", "very_high"),
        ("BRA", "minimal", "low", "moderate"),
        ("BRA", None, None, None),
        ("CHL", "minimal", None, "high"),
        ("PER", "low", "low", "low"),
        (None, "moderate", "moderate", "moderate"),
    ]
)


def test_counted_by_hand():
    table = country_classes.by_state(SITES, "toxicity_class", "high").set_index("country_iso3")
    assert table.loc["BRA", ["sites", "at_least", "at_most", "unrated"]].tolist() == [3, 1, 2, 1]
    assert table.loc["CHL", ["sites", "at_least", "at_most", "unrated"]].tolist() == [1, 0, 1, 0]
    assert table.loc["PER", ["sites", "at_least", "at_most", "unrated"]].tolist() == [1, 0, 0, 0]
    assert table.loc["unknown", "sites"] == 1
    assert table.loc["BRA", "inferred"] == 1.0
    assert table["sites"].sum() == len(SITES)


def test_a_computed_class_is_a_lower_bound_and_leaves_all_above_open():
    sites = registers.conform(
        pd.DataFrame({"country_iso3": ["BRA"] * 3, "consequence_at_least": ["high", "low", None]}),
        "facilities",
    )
    table = country_classes.by_state(sites, "consequence_at_least", "extreme")
    assert table[["at_least", "at_most", "unrated"]].iloc[0].tolist() == [0, 3, 1]


def test_what_is_not_known_is_never_nought_on_the_map():
    table = country_classes.by_state(SITES, "toxicity_class", "high")
    for bound, expected in (
        ("least", {"BRA": BANDS[0], "CHL": OPEN, "PER": NONE, "unknown": NONE}),
        ("most", {"BRA": BANDS[0], "CHL": BANDS[0], "PER": NONE, "unknown": NONE}),
    ):
        bands = country_classes.bands(table, Shown("facilities", "toxicity_class", bound=bound))
        assert dict(zip(table["country_iso3"], bands, strict=True)) == expected
    share = country_classes.bands(table, Shown("facilities", "toxicity_class", count="share"))
    assert dict(zip(table["country_iso3"], share, strict=True))["BRA"] == BANDS[2]  # a third: 25 to 50 %


@pytest.mark.parametrize(("count", "limits"), country_classes.LIMITS.items())
def test_a_value_equal_to_a_limit_belongs_to_the_band_above(count, limits):
    of = 1000.0 if count == "share" else 1.0
    numbers = [value * of for value in limits]
    table = pd.DataFrame({"sites": of, "at_least": numbers, "at_most": numbers})
    found = country_classes.bands(table, Shown("facilities", "toxicity_class", count=count))
    assert found.tolist() == list(BANDS[1:])


@pytest.mark.parametrize(
    "strange",
    [
        {"name": "colour"},
        {"code": "extreme"},
        {"bound": "perhaps"},
        {"count": "weight"},
    ],
)
def test_strange_words_are_refused(strange):
    with pytest.raises(UnknownName):
        Shown(**{"layer": "facilities", "name": "toxicity_class", **strange})
    with pytest.raises(UnknownName):
        country_classes.by_state(SITES, "toxicity_class", "extreme")


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), min_size=1, max_size=20))
def test_at_least_never_exceeds_at_most_and_both_fall_with_gravity(pairs):
    rows = []
    for low, width in pairs:
        high = min(4, low + width)
        rows.append(("BRA", *([None] * 3 if low < 0 else [TOXICITY.codes[low], None, TOXICITY.codes[high]])))
    sites = register(rows)
    table = pd.concat([country_classes.by_state(sites, "toxicity_class", code) for code in TOXICITY.codes])
    assert (table["at_least"] <= table["at_most"]).all()
    assert table["at_least"].is_monotonic_decreasing
    assert table["at_most"].is_monotonic_decreasing
    assert table["at_most"].iloc[0] == len(pairs)
    whole = country_classes.at_or_above(sites, "toxicity_class").set_index("code")
    for code, row in zip(TOXICITY.codes, table.itertuples(), strict=True):
        assert (row.at_least, row.at_most) == tuple(whole.loc[code])


def test_every_member_state_has_an_area_and_neighbours_meet(tmp_path):
    shapes = state_shapes.shapes(tmp_path)
    assert set(countries.members()["iso3"]) <= set(shapes)
    assert "ATA" not in shapes
    assert state_shapes.shapes(tmp_path) == shapes  # kept, and read back
    assert [each.name for each in (tmp_path / "cache").iterdir()] == ["states-2.json.gz"]
    areas = {code: shapely.from_geojson(shapes[code]["area"]) for code in ("BRA", "ARG", "FRA", "TUV")}
    assert shapely.intersection(areas["BRA"], areas["ARG"]).area < 0.02
    assert areas["BRA"].contains(shapely.Point(-50, -10))
    assert all(area.bounds[0] >= -180 and area.bounds[2] <= 180 for area in areas.values())
    assert shapes["TUV"]["dot"]
    assert shapes["BRA"]["dot"] is None
    drawn = [
        json.loads(shape[part])
        for shape in shapes.values()
        for part in ("area", "hatch", "dot")
        if shape[part]
    ]
    assert all(each["coordinates"] for each in drawn)
    assert json.loads(shapes["BRA"]["hatch"])["type"] == "MultiLineString"
