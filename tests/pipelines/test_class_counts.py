"""How many sites are at least, and at most, in a class."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lithoscope.domain import registers
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.scales import TOXICITY
from lithoscope.pipelines import class_counts


def register(rows):
    frame = pd.DataFrame(
        rows, columns=["country_iso3", "toxicity_class_low", "toxicity_class", "toxicity_class_high"]
    )
    frame["toxicity_evidence"] = [
        "missing" if pd.isna(low) else "inferred" for low in frame["toxicity_class_low"]
    ]
    return registers.conform(frame, "facilities")


SITES = register(
    [
        ("BRA", "high", "very_high", "very_high"),
        ("BRA", "minimal", "low", "moderate"),
        ("BRA", None, None, None),
        (None, "moderate", "moderate", "moderate"),
    ]
)


def test_counted_by_hand():
    table = class_counts.counts(SITES, "toxicity", by="country_iso3").set_index(["place", "level"])
    brazil = table.loc["BRA"]
    assert brazil["sites"].tolist() == [3] * 5
    assert brazil["unrated"].tolist() == [1] * 5
    assert brazil["best"].tolist() == [0, 1, 0, 0, 1]
    assert brazil["at_least"].tolist() == [2, 1, 1, 1, 0]
    assert brazil["at_most"].tolist() == [3, 3, 3, 2, 2]
    assert brazil["inferred"].tolist() == [1.0] * 5
    assert table.loc["unknown", "at_least"].tolist() == [1, 1, 1, 0, 0]


def test_regional_groups_hold_the_same_sites():
    table = class_counts.counts(SITES, "toxicity", by="un_group")
    assert set(table["place"]) == {"GRULAC", "unknown"}
    assert table.groupby("level", observed=True)["sites"].sum().tolist() == [4] * 5


def test_consequence_reads_the_declared_interval():
    sites = registers.conform(
        pd.DataFrame({"consequence_class": ["high", None], "consequence_class_high": ["extreme", None]}),
        "facilities",
    )
    table = class_counts.counts(sites, "consequence", by="country_iso3").set_index("level")
    assert table["at_least"].tolist() == [1, 1, 1, 0, 0]
    assert table["at_most"].tolist() == [2] * 5


def test_strange_words_are_refused():
    with pytest.raises(UnknownName, match="not a class"):
        class_counts.counts(SITES, "colour", by="country_iso3")
    with pytest.raises(UnknownName, match="not a place"):
        class_counts.counts(SITES, "toxicity", by="owner")


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), min_size=1, max_size=20))
def test_at_least_never_exceeds_at_most_and_both_fall_with_gravity(pairs):
    rows = []
    for low, width in pairs:
        high = min(4, low + width)
        rows.append(("BRA", *([None] * 3 if low < 0 else [TOXICITY.codes[low], None, TOXICITY.codes[high]])))
    table = class_counts.counts(register(rows), "toxicity", by="country_iso3")
    assert (table["at_least"] <= table["at_most"]).all()
    assert table["at_least"].is_monotonic_decreasing
    assert table["at_most"].is_monotonic_decreasing
    assert table["at_most"].iloc[0] == len(pairs)
