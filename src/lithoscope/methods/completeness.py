"""Disclosure: how many of the investor initiative's 20 questions a facility's records answer."""

from functools import cache

import numpy as np
import numpy.typing as npt

from lithoscope.domain import reference
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Method, Quantity

Bools = npt.NDArray[np.bool_]
TABLE = "twenty_questions"


@cache
def questions() -> dict[int, tuple[tuple[str, ...], bool]]:
    """Number -> fields that answer the question, and whether all are needed."""
    rows = reference.load(TABLE).rows
    return {
        int(number): (tuple(str(names).split("; ")), needs_all == "yes")
        for number, names, needs_all in zip(rows["number"], rows["fields"], rows["needs_all"], strict=True)
    }


def is_answered(inputs: Inputs) -> Bools:
    """(rows, 20): whether each question is answered."""
    columns = []
    for names, needs_all in questions().values():
        known = np.column_stack([inputs.known(name) for name in names])
        columns.append(known.all(axis=1) if needs_all else known.any(axis=1))
    return np.column_stack(columns)


def _rule(inputs: Inputs) -> Draft:
    share = is_answered(inputs).mean(axis=1)
    return Draft(share, share, share)


_ASKED = tuple(dict.fromkeys(name for names, _ in questions().values() for name in names))

METHODS: tuple[Method, ...] = (
    Method(
        id="disclosure_20_questions",
        title="Answered questions",
        citation="Investor Mining and Tailings Safety Initiative, disclosure request of 5 April 2019, 20 "
        "questions",
        formula="questions that any record answers / 20",
        layers=("facilities",),
        yields=Quantity("share 0 to 1", 0.0, 1.0),
        rule=_rule,
        optional=_ASKED,
        tables=(TABLE,),
    ),
)
