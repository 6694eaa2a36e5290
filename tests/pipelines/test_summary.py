"""Figures of a set of sites, against counts made by hand."""

import pandas as pd
import pytest

from lithoscope.domain import registers
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.pipelines import summary


@pytest.fixture
def sites() -> pd.DataFrame:
    rows = [
        {"commodities": "gold; copper", "status": "active", "consequence_class": "high", "owner": "A"},
        {"commodities": "copper", "status": "closed", "consequence_class": "low", "owner": ""},
        {"commodities": "copper; copper", "status": "unknown", "consequence_class": None, "owner": "B"},
        {"commodities": None, "status": None, "consequence_class": "high", "owner": None},
        {"commodities": "", "status": "closed", "consequence_class": None, "owner": "C"},
    ]
    frame = registers.conform(pd.DataFrame(rows), "facilities")
    frame["commodities"] = ["gold; copper", "copper", "copper; copper", None, ""]
    return frame


def test_a_site_counts_once_under_each_of_its_items_and_one_without_any_as_unknown(sites):
    assert summary.by_item(sites, "commodities") == {"copper": 3, "gold": 1, "unknown": 2}


def test_items_left_out_do_not_become_unknown(sites):
    assert summary.by_item(sites, "commodities", 1) == {"copper": 3, "unknown": 2}


def test_items_of_no_sites_are_none(sites):
    assert summary.by_item(sites.head(0), "commodities") == {}


def test_a_missing_value_counts_as_unknown_and_stands_last(sites):
    counts = summary.by_value(sites, "status")
    assert counts == {"closed": 2, "active": 1, "unknown": 2}
    assert list(counts)[-1] == "unknown"


def test_classes_run_from_low_to_grave_and_unrated_is_never_among_them(sites):
    counts = summary.by_class(sites, "consequence_class", CONSEQUENCE)
    assert list(counts.items()) == [("low", 1), ("high", 2), ("unrated", 2)]


def test_what_a_source_left_empty_or_unknown_is_not_known(sites):
    shares = summary.known(sites, "facilities")
    assert shares["owner"] == pytest.approx(3 / 5)
    assert shares["status"] == pytest.approx(3 / 5)
    assert shares["consequence_class"] == pytest.approx(3 / 5)
    assert summary.known(sites.head(0), "facilities") == {}
