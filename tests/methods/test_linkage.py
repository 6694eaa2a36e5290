"""Pairs, likeness of names and groups, on cases that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain.earth import EARTH_M
from lithoscope.methods import linkage


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Barragem de Rejeitos São João", "sao joao"),
        ("Tranque de Relave N° 03", "3"),
        ("Dique II", "dique 2"),
        (None, ""),
        ("Mine", ""),
    ],
)
def test_key_of_name_keeps_what_tells(name, key):
    assert linkage.key_of_name(name) == key


def test_numbers_are_part_of_a_name():
    one, two = (
        pd.Series(["feijao b 1", "feijao b 1", "", "x"]),
        pd.Series(["feijao b 1", "feijao b 2", "", "y"]),
    )
    assert linkage.likeness(one, two).tolist() == [1, 0, 0, 0]


def test_pairs_are_those_within_the_distance():
    degree_km = np.pi * EARTH_M / 180_000
    pairs = linkage.near_pairs(
        np.array([0.0, 179.999]), np.array([0.0, 0.0]), np.array([0.01, -179.999, 50]), np.zeros(3), km=3
    )
    assert pairs[["one", "two"]].to_numpy().tolist() == [[0, 0], [1, 1]]
    np.testing.assert_allclose(pairs["distance_km"], [0.01 * degree_km, 0.002 * degree_km], rtol=1e-6)


def test_score_grows_with_likeness_and_falls_with_distance():
    likeness = np.linspace(0, 1, 50)
    distance = np.linspace(0, 10, 50)
    assert (np.diff(linkage.score(likeness, np.zeros(50), np.zeros(50))) >= 0).all()
    assert (np.diff(linkage.score(np.ones(50), distance, np.zeros(50))) <= 0).all()


def test_nearness_alone_never_links():
    assert (
        linkage.score(np.array([0.0]), np.array([0.0]), np.array([5.0]))[0] < linkage.limits()["review_score"]
    )


def test_no_group_holds_two_records_of_one_source_whatever_the_order():
    source = pd.Series({"a:1": "a", "b:1": "b", "b:2": "b", "c:1": "c"})
    pairs = pd.DataFrame(
        [("a:1", "b:1", 0.9), ("a:1", "b:2", 0.95), ("b:1", "c:1", 0.85), ("b:2", "c:1", 0.84)],
        columns=["one", "two", "score"],
    )
    first = linkage.groups(pairs, source).sort_index()
    assert first.to_dict() == {"a:1": "a:1", "b:2": "a:1", "b:1": "b:1", "c:1": "b:1"}
    for seed in range(5):
        shuffled = linkage.groups(pairs.sample(frac=1, random_state=seed), source).sort_index()
        pd.testing.assert_series_equal(first, shuffled)
