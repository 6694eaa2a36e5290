"""How many sites of each State are at least, and at most, in a class: a risk map for Member States.

A site counts as *at least* in a class when even its mildest open answer is that grave, and as *possibly* in
it when its gravest open answer is, or when it is unrated: what is not known is not read as harmless.
"""

import numpy as np
import pandas as pd

from lithoscope.domain.errors import UnknownName
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY, Scale
from lithoscope.pipelines import countries

COUNTED: dict[str, tuple[str, str, str, Scale]] = {
    "toxicity": ("toxicity_class_low", "toxicity_class", "toxicity_class_high", TOXICITY),
    "consequence": ("consequence_class", "consequence_class", "consequence_class_high", CONSEQUENCE),
}
"""What is counted -> columns with its low, best and high class, and its scale."""
PLACES = ("country_iso3", "un_group")


def counts(sites: pd.DataFrame, what: str, *, by: str) -> pd.DataFrame:
    """Bounds of how many sites reach each class, one row per place and class.

    what: a key of COUNTED; by: one of PLACES. Columns: place, level, sites (all of the place), unrated,
    inferred (share of the rated whose class is inferred; NaN for consequence), best (sites whose best
    estimate is this class), at_least and at_most (sites that are this grave or graver, by their low and by
    their high class). Sites without country stand under "unknown". Raises UnknownName for another word.
    """
    if what not in COUNTED:
        raise UnknownName("is not a class that is counted", f"use {', '.join(COUNTED)}", value=what)
    if by not in PLACES:
        raise UnknownName("is not a place to count by", f"use {', '.join(PLACES)}", value=by)
    low_name, best_name, high_name, scale = COUNTED[what]
    low, best, high = (_ranks(sites[name], scale) for name in (low_name, best_name, high_name))
    high = np.where(np.isnan(high), low, high)
    place = _place(sites, by)
    unrated = np.isnan(low)
    inferred = sites["toxicity_evidence"].eq("inferred").to_numpy() if what == "toxicity" else None
    rows = []
    for level, code in enumerate(scale.codes):
        rows.append(
            pd.DataFrame(
                {
                    "place": place,
                    "level": code,
                    "sites": 1,
                    "unrated": unrated,
                    "inferred": np.nan if inferred is None else np.where(unrated, np.nan, inferred),
                    "best": best == level,
                    "at_least": low >= level,
                    "at_most": unrated | (high >= level),
                }
            )
        )
    table = pd.concat(rows, ignore_index=True)
    table["level"] = table["level"].astype(scale.dtype)
    summed = table.groupby(["place", "level"], observed=True, as_index=False).agg(
        sites=("sites", "sum"),
        unrated=("unrated", "sum"),
        inferred=("inferred", "mean"),
        best=("best", "sum"),
        at_least=("at_least", "sum"),
        at_most=("at_most", "sum"),
    )
    return summed.sort_values(["place", "level"], ignore_index=True)


def _ranks(column: pd.Series, scale: Scale) -> np.ndarray:
    codes = column.astype(scale.dtype).cat.codes.to_numpy()
    return np.where(codes < 0, np.nan, codes).astype(float)


def _place(sites: pd.DataFrame, by: str) -> pd.Series:
    code = sites["country_iso3"].astype(object)
    if by == "un_group":
        groups = {iso3: countries.un_group(iso3) or "no group" for iso3 in code.dropna().unique()}
        code = code.map(groups)
    return code.where(code.notna(), "unknown").astype(str).reset_index(drop=True)
