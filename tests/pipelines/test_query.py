"""The language of conditions, and the selection that stands in a page's address."""

import pandas as pd
import pytest

from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.pipelines.query import Selection, condition, mask, parse


@pytest.fixture
def frame():
    sites = pd.DataFrame(
        {
            "name": ["Barragem São João", "(x", None],
            "owner": ["A", "b", None],
            "dam_height_m": [3.0, 50.0, None],
            "commodities": ["gold; copper", "iron", None],
            "country_iso3": ["BRA", "CHL", "BRA"],
            "has_closure_plan": pd.array([True, False, None], dtype="boolean"),
        }
    )
    sites["consequence_class"] = CONSEQUENCE.classes(pd.Series(["high", "low", None]))
    sites["consequence_class_high"] = CONSEQUENCE.classes(pd.Series(["extreme", "low", None]))
    return sites


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", [1, 1, 1]),
        ("name ~ sao", [1, 0, 0]),
        ("name ~ unknown", [0, 0, 0]),
        ("NAME ~ x", None),
        ('name ~ "("', [0, 1, 0]),
        ("name = 'barragem sao joao'", [1, 0, 0]),
        ("owner != a", [0, 1, 1]),
        ("owner=unknown", [0, 0, 1]),
        ("dam_height_m >= 3 and dam_height_m<50", [1, 0, 0]),
        ("dam_height_m=unknown", [0, 0, 1]),
        ("commodities = copper", [1, 0, 0]),
        ("commodity = cop", [0, 0, 0]),
        ("commodity ~ cop", [1, 0, 0]),
        ("country=BRA and has_closure_plan=yes", [1, 0, 0]),
        ("has_closure_plan=unknown", [0, 0, 1]),
        ("consequence>=high", [1, 0, 0]),
        ("consequence = extreme", [0, 0, 0]),
        ("consequence could>=extreme", [1, 0, 0]),
        ("consequence could=very_high", [1, 0, 0]),
        ("consequence could<=low", [0, 1, 0]),
        ("consequence=unrated", [0, 0, 1]),
        ("consequence<=extreme", [1, 1, 0]),
        ("consequence!=high", [0, 1, 1]),
    ],
)
def test_condition_finds_what_it_says(frame, where, expected):
    if expected is None:
        with pytest.raises(UnknownName):
            parse(where)
    else:
        assert mask(frame, parse(where)).astype(int).tolist() == expected


@pytest.mark.parametrize(
    "where",
    [
        "foo=1",
        "name",
        "name =",
        "consequence>=awful",
        "dam_height_m>=x",
        "dam_height_m>=nan",
        "dam_height_m~3",
        "name could>=x",
        "__import__('os')",
        "name ~ x; drop",
        "x" * 3000,
        "consequence>=unrated",
        "consequence could<unrated",
        "dam_height_m>unknown",
        "status==active",
        "status<>active",
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(where):
    if where == "name ~ x; drop":  # a text like any other: searched for, not run
        assert parse(where)[0].wanted == ("x; drop",)
        return
    with pytest.raises(BadInput) as error:
        parse(where)
    assert "\n" not in str(error.value)


def test_value_may_hold_the_word_and():
    assert parse("name ~ sand and gravel")[0].wanted == ("sand and gravel",)
    assert len(parse("name ~ sand and owner = a")) == 2


def test_unrated_satisfies_no_order(frame):
    for operator in ("<", "<=", ">", ">=", "could<=", "could>="):
        for code in CONSEQUENCE.codes:
            assert not mask(frame, parse(f"consequence {operator} {code}")).iloc[2]


def test_selection_survives_its_address(frame):
    params = {"country": "BRA,CHL", "q": "sao", "height_min": "3", "could": "1", "consequence": "very_high"}
    chosen = Selection.from_params(params)
    assert chosen.params() == params
    assert Selection.from_params(chosen.params()) == chosen
    assert chosen.mask(frame).tolist() == [True, False, False]


def test_group_means_its_members(frame):
    chosen = Selection.from_params({"group": "GRULAC"})
    assert chosen.mask(frame, {"GRULAC": ["CHL"]}).tolist() == [False, True, False]
    assert not chosen.mask(frame, {}).any()


@pytest.mark.parametrize(
    "params",
    [{"height_min": "x"}, {"height_min": "inf"}, {"consequence": "bad"}, {"q": "x" * 101}, {"status": "odd"}],
)
def test_an_address_that_cannot_be_read_is_refused(params):
    with pytest.raises(BadInput):
        Selection.from_params(params)


def test_unknown_parameters_are_left_to_the_page():
    assert Selection.from_params({"lang": "fr", "site": "tsf:x:1"}) == Selection()


def test_unknown_finds_what_is_missing_beside_what_is_called_unknown():
    frame = pd.DataFrame({"status": ["closed", None, "unknown", "active"]})
    found = mask(frame, [condition("status", "=", "closed", "unknown")])
    assert found.tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("computed>=high", "bc"),
        ("computed=high", "b"),
        ("computed could=very_high", "ab"),
        ("computed could>=extreme", "abc"),
        ("consequence_at_least could<=low", "a"),
        ("computed=unrated", "d"),
    ],
)
def test_a_computed_class_is_a_lower_bound_that_leaves_all_above_open(where, expected):
    frame = pd.DataFrame(
        {
            "site_id": list("abcd"),
            "consequence_at_least": CONSEQUENCE.classes(["low", "high", "extreme", None]),
        }
    )
    assert "".join(frame.loc[mask(frame, parse(where)), "site_id"]) == expected


def test_an_address_filters_by_the_computed_class_apart_from_the_declared_one():
    frame = pd.DataFrame(
        {
            "site_id": list("abc"),
            "consequence_at_least": CONSEQUENCE.classes(["low", "high", None]),
            "consequence_class": CONSEQUENCE.classes(["high", "low", "high"]),
        }
    )
    for params, expected in (
        ({"computed": "high"}, "b"),
        ({"computed": "high", "could": "1"}, "ab"),
        ({"consequence": "high"}, "ac"),
        ({"computed": "low,unrated"}, "ac"),
    ):
        selection = Selection.from_params(params)
        assert "".join(frame.loc[selection.mask(frame), "site_id"]) == expected
        assert Selection.from_params(selection.params()) == selection
    with pytest.raises(BadInput):
        Selection.from_params({"computed": "huge"})
