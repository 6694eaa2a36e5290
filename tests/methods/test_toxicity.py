"""Toxicity class: the best evidence wins, and what it leaves open stays open."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain import reference
from lithoscope.domain.scales import TOXICITY
from lithoscope.methods import catalogue
from lithoscope.methods.toxicity import ASSAYS, declared_ranks

CLEAN = dict.fromkeys(ASSAYS, 0.4) | {"copper_mg_kg": 10.0, "chromium_mg_kg": 10.0, "zinc_mg_kg": 10.0}
CLEAN |= {"lead_mg_kg": 10.0, "nickel_mg_kg": 10.0, "has_cyanide": False}


def assess(**columns):
    return catalogue.method("toxicity_class")(
        pd.DataFrame({name: [value] for name, value in columns.items()})
    )


def answer(**columns):
    found = assess(**columns)
    return tuple(None if pd.isna(bound[0]) else bound[0] for bound in (found.low, found.best, found.high))


@pytest.mark.parametrize(
    ("metal", "expected"),
    [
        ({"arsenic_mg_kg": 101.0}, ("very_high",) * 3),
        ({"arsenic_mg_kg": 100.0}, ("high",) * 3),  # the value itself is not exceeded
        ({"lead_mg_kg": 201.0}, ("high",) * 3),
        ({"zinc_mg_kg": 201.0}, ("moderate",) * 3),
        ({}, ("minimal", "low", "low")),
    ],
)
def test_complete_assays_decide(metal, expected):
    assert answer(**CLEAN | metal, commodities="gold") == expected


def test_metals_that_were_not_measured_stay_open():
    assert answer(arsenic_mg_kg=60.0) == ("high", None, "very_high")
    assert answer(arsenic_mg_kg=60.0, commodities="sand") == ("high", "high", "high")
    assert answer(arsenic_mg_kg=1.0) == (None, None, None)


def test_nothing_known_is_unrated_and_never_the_lowest_class():
    assert answer(commodities=None) == (None, None, None)
    assert assess(commodities=None).evidence[0] == "missing"


@pytest.mark.parametrize("content", ["tailings", "sediment", "water", "waste rock", "other"])
def test_content_alone_says_nothing(content):
    assert answer(content=content) == (None, None, None)


def test_a_commodity_that_was_not_recognised_is_flagged():
    found = assess(commodities_raw="unobtainium ore")
    assert found.low.isna()[0]
    assert found.flags_at(0) == ["unknown_commodity"]


def test_an_unknown_commodity_is_flagged_and_unrated():
    found = assess(commodities="unobtainium")
    assert found.low.isna()[0]
    assert found.flags_at(0) == ["unknown_commodity"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"commodities": "gold", "process": "cyanide"}, ("very_high",) * 3),
        ({"commodities": "gold", "process": "gravity; cyanide"}, ("very_high",) * 3),
        ({"commodities": "lead; zinc"}, ("high", "very_high", "very_high")),
        ({"commodities": "copper"}, ("moderate", "high", "very_high")),
        ({"commodities": "iron"}, ("minimal", "low", "moderate")),
        ({"commodities": "sand"}, ("minimal", "minimal", "low")),
        ({"commodities": "iron", "has_cyanide": True}, ("very_high",) * 3),
        ({"commodities": "copper", "content": "sediment"}, ("low", "moderate", "high")),
        ({"content": "sediment"}, (None, None, None)),  # what the dam holds says nothing without a commodity
        ({"content": "water"}, (None, None, None)),
        ({"content": "sediment", "commodities": "unobtainium"}, (None, None, None)),
    ],
)
def test_inference_from_commodity_and_process(columns, expected):
    assert answer(**columns) == expected


def test_an_inferred_class_states_its_chance():
    found = assess(commodities="iron")
    assert found.evidence[0] == "inferred"
    assert found.chance[0] == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [
        ("Classe II B - Inertes", "minimal", "low"),
        ("Classe II A - Não Inertes", "low", "moderate"),
        ("Classe I - Perigosos", "high", "very_high"),
        ("01 03 04*", "very_high", "very_high"),
        ("non-hazardous", "low", "moderate"),
        ("very high", "very_high", "very_high"),
        ("Moderate", "moderate", "moderate"),
    ],
)
def test_declared_waste_class(label, low, high):
    ranks = declared_ranks(label)
    assert (TOXICITY.codes[int(ranks[0])], TOXICITY.codes[int(ranks[2])]) == (low, high)
    assert answer(toxicity_declared_raw=label, commodities="gold")[0] == low


def test_a_declared_label_that_is_not_in_the_table_is_flagged():
    found = assess(toxicity_declared_raw="rather bad", commodities="iron")
    assert "unknown_label" in found.flags_at(0)
    assert found.best[0] == "low"


def test_declared_inert_against_documented_cyanide_keeps_the_graver_and_says_so():
    found = assess(toxicity_declared_raw="inert", has_cyanide=True)
    assert found.low[0] == "very_high"
    assert "conflict" in found.flags_at(0)


@pytest.mark.parametrize("value", [-5.0, np.inf, 2e6])
def test_an_impossible_concentration_is_unknown_and_flagged(value):
    found = assess(lead_mg_kg=value)
    assert found.low.isna()[0]
    assert found.flags_at(0) == ["impossible_value"]


def test_percent_in_place_of_mg_kg_is_suspected_not_classed():
    found = assess(lead_mg_kg=0.2)
    assert found.low.isna()[0]
    assert found.flags_at(0) == ["unit_suspected"]


def test_every_row_of_the_commodity_table_is_an_interval_no_narrower_than_one_grade():
    rows = reference.load("commodity_toxicity").rows
    for what, top in (("toxicity", 4), ("whc", 3)):
        low, best, high = (rows[f"{what}_{bound}"] for bound in ("low", "best", "high"))
        assert ((low >= 0) & (low <= best) & (best <= high) & (high <= top)).all()
    assert (rows["toxicity_high"] > rows["toxicity_low"]).all()
    assert rows["chance"].between(0, 1).all()
    assert not rows.duplicated(["commodity", "process"]).any()


def test_knowing_the_process_never_leaves_what_the_commodity_alone_allowed():
    rows = reference.load("commodity_toxicity").rows
    plain = rows[rows["process"].isna()].set_index("commodity")
    for row in rows.dropna(subset=["process"]).itertuples():
        whole = plain.loc[row.commodity]
        assert whole["toxicity_low"] <= row.toxicity_low
        assert row.toxicity_high <= whole["toxicity_high"]
        assert whole["whc_low"] <= row.whc_low
        assert row.whc_high <= whole["whc_high"]
