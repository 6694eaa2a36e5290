"""Units as people write them, and what they are in ours; the table is data/reference/units.csv."""

import re
from functools import cache

from lithoscope.domain import reference
from lithoscope.domain.errors import UnknownName
from lithoscope.sources.values import fold


@cache
def _table() -> dict[str, tuple[str, float]]:
    rows = reference.load("units").rows
    return {key(row.written): (row.dimension, float(row.factor)) for row in rows.itertuples()}


def key(written: str) -> str:
    """The spelling under which a unit is looked up: folded, superscripts plain, without spaces and points."""
    text = (
        fold(written).replace("³", "3").replace("²", "2").replace("^", "").replace("*", "").replace("µ", "u")
    )
    return re.sub(r"[\s.\-_]", "", text)


def known(written: str) -> bool:
    """Whether the unit stands in the table."""
    return key(written) in _table()


def dimension(written: str) -> str:
    """length, area, volume, concentration...; UnknownName for a unit that is not in the table."""
    return _row(written)[0]


def factor(written: str) -> float:
    """What one such unit is in ours (m, m2, m3, mg/kg, g/t, %, km); UnknownName if it is not in the table."""
    return _row(written)[1]


def _row(written: str) -> tuple[str, float]:
    try:
        return _table()[key(written)]
    except KeyError:
        raise UnknownName(
            "is not a unit that we know", "see data/reference/units.csv", value=written
        ) from None
