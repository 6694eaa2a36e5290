"""What a commodity and its process suggest when nothing was measured or declared.

Our own judgement from general geochemistry, row by row in data/reference/commodity_toxicity.csv, each with
the rough chance that the true class lies within one grade. Always shown as inferred.
"""

from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.fields import split_list
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Floats

TABLE = "commodity_toxicity"
_YES_NO = {"no": 0.0, "yes": 1.0}
_GRADES = tuple(f"{what}_{bound}" for what in ("toxicity", "whc") for bound in ("low", "best", "high"))


@dataclass(frozen=True)
class Suggestion:
    """What one combination of commodities and processes suggests; NaN where none is known.

    toxicity, whc: low, best, high. sulphide, toxic_metal: 1 yes, 0 no, NaN not known.
    """

    toxicity: tuple[float, float, float]
    whc: tuple[float, float, float]
    chance: float
    sulphide: float
    toxic_metal: float
    is_radioactive: bool
    is_fibrous: bool
    has_unknown: bool


@cache
def _rows() -> dict[tuple[str, str], pd.Series]:
    rows = reference.load(TABLE).rows.fillna({"process": ""})
    return {(str(row["commodity"]), str(row["process"])): row for _, row in rows.iterrows()}


@cache
def suggestion(commodities: str, processes: str) -> Suggestion:
    """What commodities and processes (list fields) suggest: of several, the gravest counts."""
    named, treated = split_list(commodities), split_list(processes)
    found: list[pd.Series] = []
    for commodity in named:
        by_process = [_rows()[commodity, process] for process in treated if (commodity, process) in _rows()]
        plain = _rows().get((commodity, ""))
        found += by_process or ([] if plain is None else [plain])
    has_unknown = any((commodity, "") not in _rows() for commodity in named)
    if not found:
        nothing = (np.nan, np.nan, np.nan)
        return Suggestion(nothing, nothing, np.nan, np.nan, np.nan, False, False, has_unknown)
    grades = [max(float(row[name]) for row in found) for name in _GRADES]
    return Suggestion(
        (grades[0], grades[1], grades[2]),
        (grades[3], grades[4], grades[5]),
        min(float(row["chance"]) for row in found),
        _any_yes([str(row["sulphide"]) for row in found]),
        _any_yes([str(row["toxic_metal"]) for row in found]),
        any(row["radioactive"] == "yes" for row in found),
        any(row["fibrous"] == "yes" for row in found),
        has_unknown,
    )


def _any_yes(answers: list[str]) -> float:
    values = [_YES_NO.get(answer, np.nan) for answer in answers]
    if 1.0 in values:
        return 1.0
    return np.nan if any(np.isnan(value) for value in values) else 0.0


@dataclass(frozen=True)
class Suggested:
    """Suggestions of a whole table, one array per property; NaN where nothing is suggested."""

    toxicity_low: Floats
    toxicity_best: Floats
    toxicity_high: Floats
    whc_low: Floats
    whc_best: Floats
    whc_high: Floats
    chance: Floats
    sulphide: Floats
    toxic_metal: Floats
    is_radioactive: npt.NDArray[np.bool_]
    is_fibrous: npt.NDArray[np.bool_]
    has_unknown: npt.NDArray[np.bool_]


def suggested(inputs: Inputs) -> Suggested:
    """Suggestions for every row, from the columns `commodities` and `process`."""
    return cast(Suggested, inputs.once("suggested", lambda: _suggested(inputs)))


def _suggested(inputs: Inputs) -> Suggested:
    codes, names = inputs.text("commodities")
    process_codes, processes = inputs.text("process")
    pair = (codes + 1) * (len(processes) + 1) + (process_codes + 1)
    distinct, inverse = np.unique(pair, return_inverse=True)
    answers = []
    for value in distinct:
        commodity, process = divmod(int(value), len(processes) + 1)
        answers.append(
            suggestion(
                str(names[commodity - 1]) if commodity else "",
                str(processes[process - 1]) if process else "",
            )
        )

    def spread(values: list[float] | list[bool]) -> Floats:
        return cast(Floats, np.asarray(values, float)[inverse] if answers else np.empty(0))

    toxicity = [spread([answer.toxicity[position] for answer in answers]) for position in range(3)]
    whc = [spread([answer.whc[position] for answer in answers]) for position in range(3)]
    return Suggested(
        toxicity[0],
        toxicity[1],
        toxicity[2],
        whc[0],
        whc[1],
        whc[2],
        spread([answer.chance for answer in answers]),
        spread([answer.sulphide for answer in answers]),
        spread([answer.toxic_metal for answer in answers]),
        spread([answer.is_radioactive for answer in answers]).astype(bool),
        spread([answer.is_fibrous for answer in answers]).astype(bool),
        spread([answer.has_unknown for answer in answers]).astype(bool),
    )
