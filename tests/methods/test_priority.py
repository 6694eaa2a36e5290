"""Our screening priority: the user's weights, and how far a rank can be trusted."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.domain.inputs import Inputs
from lithoscope.methods import catalogue, priority


def parts(low, high):
    names = tuple(f"part_{n}" for n in range(np.shape(low)[1]))
    return priority.Parts(names, np.asarray(low, float), np.asarray(high, float))


CERTAIN = parts([[1.0, 1.0], [0.5, 0.5], [0.0, 0.0]], [[1.0, 1.0], [0.5, 0.5], [0.0, 0.0]])
OPEN = parts([[0.0, 0.0], [0.5, 0.5]], [[1.0, 1.0], [0.5, 0.5]])


def draw(found, weights, **changes):
    options = {"first": 1, "draws": 400, "seed": 7, "spread": 1.0} | changes
    return priority.rank_stability(found, weights, **options)


def test_score_is_the_weighted_mean_of_the_parts():
    low, high = priority.score(parts([[0.2, 0.6]], [[0.4, 1.0]]), {"part_0": 3, "part_1": 1})
    assert (low[0], high[0]) == pytest.approx((0.3, 0.55))


def test_only_the_ratio_of_weights_matters():
    found = parts([[0.2, 0.6]], [[0.4, 1.0]])
    one = priority.score(found, {"part_0": 3, "part_1": 1})
    other = priority.score(found, {"part_0": 30, "part_1": 10})
    np.testing.assert_allclose(one, other)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"part_0": 0, "part_1": 0}, "sum to zero"),
        ({}, "sum to zero"),
        ({"part_0": -1, "part_1": 2}, "negative"),
        ({"part_0": np.inf}, "not a number"),
        ({"colour": 1}, "not a part"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, words):
    with pytest.raises(BadInput, match=words):
        priority.score(CERTAIN, weights)


def test_a_certain_leader_leads_under_all_weightings():
    found = draw(CERTAIN, {"part_0": 1, "part_1": 1})
    assert found.in_first.tolist() == [1.0, 0.0, 0.0]
    assert found.mean_rank.tolist() == [1.0, 2.0, 3.0]


def test_an_open_site_leads_about_half_the_time():
    found = draw(OPEN, {"part_0": 1, "part_1": 1})
    assert found.in_first[0] == pytest.approx(0.5, abs=0.08)
    assert found.in_first.sum() == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_answer_and_another_does_not():
    weights = {"part_0": 1, "part_1": 1}
    np.testing.assert_array_equal(draw(OPEN, weights).in_first, draw(OPEN, weights).in_first)
    assert draw(OPEN, weights, draws=50).in_first[0] != draw(OPEN, weights, draws=50, seed=8).in_first[0]


def test_a_part_without_weight_never_counts():
    found = draw(parts([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]), {"part_0": 1, "part_1": 0})
    assert found.in_first.tolist() == [1.0, 0.0]


def test_weights_in_a_page_address():
    assert priority.weights_from_text("toxicity:2,hazard:0.5", "facilities") == {
        "toxicity": 2.0,
        "hazard": 0.5,
    }
    assert priority.weights_from_text("", "mines") == priority.default_weights("mines")
    for text in ("toxicity", "toxicity:much", "colour:1", "toxicity:0"):
        with pytest.raises(BadInput):
            priority.weights_from_text(text, "facilities")


def test_parts_of_a_site_are_its_classes_on_a_scale_of_one():
    table = pd.DataFrame(
        {"commodities": ["gold", None], "process": ["cyanide", None], "par_persons": [1e5, np.nan]}
    )
    found = priority.site_parts(Inputs(table), "facilities")
    assert found.names == ("toxicity", "consequence", "hazard", "exposure")
    assert found.low[0].tolist() == [1.0, 1.0, 0.0, 0.5]
    assert (found.low[1] == 0).all()
    assert (found.high[1] == 1).all()


def test_the_method_scores_what_its_parts_say():
    table = pd.DataFrame(
        {"river_distance_km": [0.0, 10.0], "settlement_distance_km": [0.0, 25.0], "commodities": ["sand"] * 2}
    )
    found = catalogue.method("screening_priority_mines")(table)
    assert found.low[0] > found.low[1]
    assert "precautionary" in found.flags_at(0)
