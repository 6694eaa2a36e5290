"""GISTM 2020, Annex 2, Table 1: classes by population at risk and the other criteria, typed from print."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain.errors import BadColumn
from lithoscope.methods import catalogue
from lithoscope.methods.consequence import class_from_par, persons_from_label

PRINTED = [(0, "low"), (5, "significant"), (50, "high"), (500, "very_high"), (5000, "extreme")]
OURS = [
    (1, "significant"),
    (9, "significant"),
    (10, "high"),
    (99, "high"),
    (100, "very_high"),
    (999, "very_high"),
    (1000, "extreme"),
]
AREAS = [(1, "low", "significant"), (15, "high", "high"), (20, "high", "high"), (21, "very_high", "extreme")]
LIVES = [(0, "low"), (5, "high"), (50, "very_high"), (500, "extreme")]
LOSSES = [(1e5, "low"), (5e6, "significant"), (5e7, "high"), (5e8, "very_high"), (2e9, "extreme")]
YEARS = {"low": 200, "significant": 1000, "high": 2475, "very_high": 5000, "extreme": 10000}


@pytest.mark.parametrize(("persons", "expected"), PRINTED + OURS)
def test_class_by_population(persons, expected):
    assert class_from_par(pd.Series([float(persons)])).iloc[0] == expected
    answer = catalogue.method("gistm_par_class")(pd.DataFrame({"par_persons": [persons]}))
    assert (answer.low[0], answer.best[0], answer.high[0]) == (expected, expected, expected)


def test_unknown_population_is_unrated():
    assert class_from_par(pd.Series([np.nan])).isna().all()
    answer = catalogue.method("gistm_par_class")(pd.DataFrame({"par_persons": [np.nan, 5]}, index=["a", "b"]))
    assert answer.low.isna().tolist() == [True, False]
    assert answer.evidence.tolist() == ["missing", "reported"]
    assert answer.missing_at(0) == ["par_persons"]


def test_negative_population_is_refused_by_the_function_and_flagged_by_the_method():
    with pytest.raises(BadColumn, match="1 of 2 counts are negative"):
        class_from_par(pd.Series([-1.0, 3.0]))
    answer = catalogue.method("gistm_par_class")(pd.DataFrame({"par_persons": [-1.0]}))
    assert answer.low.isna().all()
    assert answer.flags_at(0) == ["impossible_value"]


@pytest.mark.parametrize(("area", "low", "high"), AREAS)
def test_class_by_area(area, low, high):
    answer = catalogue.method("gistm_area_class")(pd.DataFrame({"inundation_km2": [float(area)]}))
    assert (answer.low[0], answer.high[0]) == (low, high)


@pytest.mark.parametrize(("field", "rows"), [("pll_persons", LIVES), ("economic_loss_usd", LOSSES)])
def test_consequence_is_at_least_what_one_criterion_meets(field, rows):
    for value, expected in rows:
        answer = catalogue.method("gistm_consequence")(pd.DataFrame({field: [value]}))
        assert (answer.low[0], answer.high[0]) == (expected, "extreme")


def test_the_gravest_criterion_counts():
    table = pd.DataFrame({"par_persons": [5.0], "inundation_km2": [25.0], "economic_loss_usd": [1e6]})
    assert catalogue.method("gistm_consequence")(table).low[0] == "very_high"


def test_external_loading():
    for code, years in YEARS.items():
        table = pd.DataFrame({"consequence_class": [code], "consequence_class_high": [code]})
        answer = catalogue.method("gistm_loading")(table)
        assert answer.low[0] == answer.high[0] == years


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [
        ("1-100", 1, 100),
        ("101-500", 101, 500),
        ("1001-5000", 1001, 5000),
        ("acima de 5001", 5001, np.inf),
        ("50", 50, 50),
        # Brazil's words: the widest band that its own extract states beside each (909 dams, March 2022)
        ("Inexistente (Não existem pessoas permanentes/residentes ou temporárias)", 0, 100),
        ("Pouco Frequente (Não existem pessoas ocupando permanentemente)", 0, 500),
        ("Frequente (Não existem pessoas ocupando permanentemente)", 1, 1000),
        ("Existente (Existem pessoas ocupando permanentemente)", 1, np.inf),
    ],
)
def test_stated_bands(label, low, high):
    assert persons_from_label(label) == (low, high)


def test_a_band_within_one_class_is_certain_and_a_wide_one_is_not():
    answer = catalogue.method("gistm_par_class")(pd.DataFrame({"par_raw": ["101-500", "1-100", "so-so"]}))
    assert answer.best.tolist()[0] == "very_high"
    assert (answer.low[1], answer.high[1]) == ("significant", "very_high")
    assert answer.best.isna()[1]
    assert answer.low.isna()[2]
    assert answer.flags_at(2) == ["unknown_label"]


def test_what_is_undefined_says_nothing():
    assert np.isnan(persons_from_label("Indefinido")).all()


def test_declared_top_class_stays_an_interval():
    table = pd.DataFrame({"consequence_class": ["high"], "consequence_class_high": ["extreme"]})
    answer = catalogue.method("declared_consequence")(table)
    assert (answer.low[0], answer.high[0]) == ("high", "extreme")
    assert answer.best.isna()[0]


def test_a_class_that_is_not_in_its_scheme_is_refused():
    with pytest.raises(BadColumn, match="not classes of its scale"):
        catalogue.method("declared_consequence")(pd.DataFrame({"consequence_class": ["tremendous"]}))


# GB 50863-2013, 3.3.1: by volume and height; one apart the higher, farther apart the higher less one
CHINESE = [
    (6e8, 50, "grade_2"),
    (2e8, 70, "grade_2"),
    (2e7, 80, "grade_3"),
    (5e5, 10, "grade_5"),
    (5e5, 70, "grade_4"),
    (6e8, 210, "grade_1"),
]


@pytest.mark.parametrize(("volume", "height", "grade"), CHINESE)
def test_size_grade(volume, height, grade):
    table = pd.DataFrame({"capacity_m3": [volume], "dam_height_m": [float(height)]})
    assert catalogue.method("size_gb50863_2013")(table).best[0] == grade
