"""Several records of one site, field by field: where they agree, where they differ, where only one speaks.

Names agree if their telling words do; other texts are compared with case and accents folded, lists as sets,
numbers and places within the tolerances of data/reference/linkage_limits.csv.
"""

from typing import Literal

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.fields import Field, Layer
from lithoscope.domain.registers import RECORD_ONLY
from lithoscope.domain.text import fold
from lithoscope.methods import linkage

State = Literal["differ", "agree", "one"]
STATES: tuple[State, ...] = ("differ", "agree", "one")
_PLACE = ("lon", "lat")
_NAMES = ("name", "mine_name", "owner")
_KM_PER_DEGREE = 111.2
_NOT_COMPARED = {*RECORD_ONLY, "site_id", "record_id", "source_id", "evidence", "as_of"}


def compare(records: pd.DataFrame, layer: Layer) -> dict[str, State]:
    """Field -> state, of the fields that a record knows; those that differ first, in the register's order.

    records: one site's records with columns of `fields`, any subset. Gap rule: a record that does not know
    a field neither agrees nor differs; what no record knows is left out.
    """
    found = {
        each.name: _state(each, records[each.name].dropna())
        for each in fields.of_layer(layer)
        if each.name in records.columns
        and each.name not in _NOT_COMPARED
        and records[each.name].notna().any()
    }
    return {name: state for wanted in STATES for name, state in found.items() if state == wanted}


def _state(each: Field, values: pd.Series) -> State:
    if len(values) < 2:
        return "one"
    return "agree" if _agree(each, values) else "differ"


def _agree(each: Field, values: pd.Series) -> bool:
    rule = linkage.limits()
    if each.name in _PLACE:
        return float(values.max() - values.min()) * _KM_PER_DEGREE <= rule["number_km"]
    if each.dtype in ("number", "integer"):
        numbers = values.astype("float64")
        tolerance = 0.0 if each.unit == "year" else rule["agree_share"] * float(numbers.abs().max())
        return float(numbers.max() - numbers.min()) <= tolerance
    if each.dtype == "list":
        return len({frozenset(str(value).split("; ")) for value in values}) == 1
    if each.name in _NAMES:
        return len({linkage.key_of_name(value) for value in values}) == 1
    return len({fold(str(value)).strip() for value in values}) == 1
