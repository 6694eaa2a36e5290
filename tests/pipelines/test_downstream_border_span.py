"""The interval of the first border on made-up ground of two States, counted by hand."""

import numpy as np
import pytest
import shapely

from lithoscope.methods.runout_ensemble import rule
from lithoscope.pipelines import downstream_border_span as border_span
from lithoscope.pipelines import territories
from lithoscope.pipelines.downstream_border_span import BorderSpan, joined, span_along
from lithoscope.pipelines.downstream_borders import Reached

KM = 1 / 111.2
"""A kilometre in degrees, at the equator."""


@pytest.fixture
def two_states(monkeypatch):
    """AAA south of the equator, BBB north of it."""
    shapes = np.array([shapely.box(-5, -5, 5, 0), shapely.box(-5, 0, 5, 5)], dtype=object)
    shapely.prepare(shapes)
    ground = territories.Territories(
        shapes, np.array(["AAA", "BBB"], dtype=object), np.array(["", ""]), shapely.STRtree(shapes)
    )
    monkeypatch.setattr(territories, "held", lambda: ground)


def along(*places_km):
    """A path through places in km east and north of 0, 0; own country AAA; cells of 1 km diagonal."""
    at = np.array(places_km, float)
    chainage = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(at, axis=0).T))]) * 1000
    x, y = (at * KM).T
    return span_along(x, y, chainage, cell_m=1000.0, end_m=chainage[-1], own="AAA")


def test_straight_across_lies_between_its_nearness_and_its_depth(two_states):
    span, beside = along((0, -20), (0, 20)), rule("border_diagonals")
    assert span.low_km == pytest.approx(20 - beside, abs=0.3)
    assert span.high_km == pytest.approx((20 + beside) / rule("least_path_share"), abs=0.5)
    assert span.near == {"BBB": span.low_km}


def test_along_the_border_it_may_cross_or_not(two_states):
    span = along((0, -10), (0, -0.5), (60, -0.5))
    assert span.high_km is None and 8 < span.low_km < 9
    assert border_span.not_entered(span, [Reached("AAA", "", 0.0)]) == [("BBB", span.low_km)]
    inside = along((0, -10), (0, 0.5), (60, 0.5))
    assert inside.high_km is None, "within a cell of its own country all the way"


def test_a_border_beyond_180_degrees_is_seen(monkeypatch):
    """AAA ends at 180 degrees, BBB begins there; the same answers as with the border at 0."""
    shapes = np.array([shapely.box(175, -5, 180, 5), shapely.box(-180, -5, -175, 5)], dtype=object)
    shapely.prepare(shapes)
    for own, other, turn in (("AAA", "BBB", 1), ("BBB", "AAA", -1)):
        ground = territories.Territories(
            shapes, np.array(["AAA", "BBB"], dtype=object), np.array(["", ""]), shapely.STRtree(shapes)
        )
        monkeypatch.setattr(territories, "held", lambda ground=ground: ground)
        at = turn * (180 + np.array([-20.0, 20.0]) * KM)
        span = span_along(at, np.zeros(2), np.array([0.0, 40_000.0]), cell_m=1000.0, end_m=40_000.0, own=own)
        beside = rule("border_diagonals")
        assert span.low_km == pytest.approx(20 - beside, abs=0.3) and span.near == {other: span.low_km}
        assert span.high_km == pytest.approx((20 + beside) / rule("least_path_share"), abs=0.5)
        assert border_span.is_other_within(turn * (180 - 0.1), 0, 50, own)
        assert not border_span.is_other_within(turn * (180 - 0.1), 0, 5, own)


def test_far_from_any_border_nothing_is_said(two_states):
    assert along((0, -20), (40, -20)) == BorderSpan()
    assert not border_span.is_other_within(0, -1, 50, "AAA")
    assert border_span.is_other_within(0, -0.3, 50, "AAA")


def test_a_deposit_that_stops_before_says_nothing(two_states):
    x, y = np.zeros(2), np.array([-20, 20]) * KM
    span = span_along(x, y, np.array([0, 40_000.0]), cell_m=1000.0, end_m=15_000, own="AAA")
    assert span == BorderSpan()


def test_several_ways_are_held_and_an_area_that_touches_widens():
    one, other = BorderSpan(4.0, 6.0, {"BBB": 4.0}), BorderSpan(5.0, 9.0, {"BBB": 5.0, "CCC": 7.0})
    assert joined([one, other]) == BorderSpan(4.0, 9.0, {"BBB": 4.0, "CCC": 7.0})
    assert joined([one, BorderSpan()]).high_km is None, "one way crosses nowhere"
    assert one.around(3.0).low_km == 3.0 and one.around(8.0).high_km == 8.0
    assert BorderSpan().around(3.0) == BorderSpan(3.0, None)
