"""Who says what: how many of the investor initiative's 20 questions are answered, and what is wanted.

A question counts as answered when any record of the site answers it, whoever published the record.
"""

from typing import Any

import numpy as np
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.inputs import Inputs
from lithoscope.methods import completeness
from lithoscope.pipelines import countries
from lithoscope.pipelines.wanted import first_of, wanted_by

MOST_WANTED = 5
GROUPS = ("owner", "country_iso3", "un_group")


def questions() -> pd.DataFrame:
    """The 20 questions: number, question, question_fr, fields."""
    return reference.load(completeness.TABLE).rows


def answered(facilities: pd.DataFrame) -> pd.DataFrame:
    """Whether each question is answered, one row per facility on the same index, columns 1 to 20."""
    numbers = list(completeness.questions())
    return pd.DataFrame(completeness.is_answered(Inputs(facilities)), index=facilities.index, columns=numbers)


def gap(facilities: pd.DataFrame) -> dict[str, Any]:
    """`complete`: share of the questions answered over all facilities; None without any.

    `most_wanted`: inputs whose answers would narrow the classes most, the most first.
    """
    everywhere = pd.Series(0, index=facilities.index)
    return gaps(facilities, everywhere).get(0, {"complete": None, "most_wanted": []})


def gaps(facilities: pd.DataFrame, group: pd.Series) -> dict[Any, dict[str, Any]]:
    """`gap` of the facilities of each group. group: on their index; a missing one is no group."""
    said = completeness.is_answered(Inputs(facilities)).sum(axis=1)
    share = pd.Series(said).groupby(group.to_numpy()).mean() / len(completeness.questions())
    wanted = wanted_by(facilities, "facilities", group)
    return {
        name: {"complete": round(float(share[name]), 4), "most_wanted": first_of(table, MOST_WANTED)}
        for name, table in wanted.items()
    }


def gap_share(facilities: pd.DataFrame) -> float:
    """Share of the questions answered over all facilities; 0 without any."""
    return float(completeness.is_answered(Inputs(facilities)).mean()) if len(facilities) else 0.0


def by_group(facilities: pd.DataFrame, group: str) -> pd.DataFrame:
    """Completeness per owner, country or regional group, the least complete first.

    group: one of GROUPS. Returns columns group, facilities, complete (share of questions answered), least
    and most complete facility, and open_1 ... open_20 (facilities that leave the question open). What has no
    owner or country stands under "unknown". Raises UnknownName for another group.
    """
    if group not in GROUPS:
        raise UnknownName("is not a group of the disclosure table", f"use {', '.join(GROUPS)}", value=group)
    said = answered(facilities)
    share = said.mean(axis=1)
    key = key_of(facilities, group).rename("group")
    table = share.groupby(key).agg(["size", "mean", "min", "max"])
    table.columns = pd.Index(["facilities", "complete", "least", "most"])
    left_open = (~said).groupby(key).sum().add_prefix("open_")
    table = table.join(left_open).reset_index()
    return table.sort_values(["complete", "facilities"], ascending=[True, False], ignore_index=True)


def key_of(facilities: pd.DataFrame, group: str) -> pd.Series:
    """The owner, country or regional group of each facility; "unknown" where it has none."""
    if group != "un_group":
        return facilities[group].astype(object).fillna("unknown").astype(str)
    codes = facilities["country_iso3"].astype(object)
    groups = {code: _group_of(code) for code in codes.dropna().unique()}
    return codes.map(groups).fillna("unknown").astype(str)


def _group_of(iso3: str) -> str:
    return countries.un_group(iso3) or "no group"


def open_questions(facilities: pd.DataFrame) -> list[tuple[str, str, list[int]]]:
    """site_id, name and open questions of each facility, those with the most open first."""
    said = answered(facilities).to_numpy()
    names = facilities["name"].astype(object).where(facilities["name"].notna(), facilities["site_id"])
    numbers = np.array(list(completeness.questions()))
    rows = [
        (str(site_id), str(name), [int(number) for number in numbers[~row]])
        for site_id, name, row in zip(facilities["site_id"], names, said, strict=True)
    ]
    return sorted(rows, key=lambda row: (-len(row[2]), row[1], row[0]))
