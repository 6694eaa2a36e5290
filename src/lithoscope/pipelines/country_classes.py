"""Classes of a country's sites with what is open: counts at least and at most, how much rests on inference,
and the conventions that the State is party to.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY, Scale

SCALES = {"toxicity_class": TOXICITY, "consequence_class": CONSEQUENCE}
INSTRUMENTS = ("industrial_accidents", "water", "espoo", "basel", "minamata", "eiti")
GRAVE = "high"
"""The class from which a country's table counts."""
_NOT_OBSERVED = ("inferred", "assumed")


def at_or_above(sites: pd.DataFrame, name: str) -> pd.DataFrame:
    """How many sites reach each class, the gravest first: columns code, at_least and at_most.

    at_least: sites whose interval begins there. at_most: sites whose interval could end there, and all that
    are unrated, since unrated is not low. Both fall from the mildest to the gravest class.
    """
    scale = SCALES[name]
    low, high = _ranks(sites, name, scale)
    rows = [
        {
            "code": code,
            "at_least": int((low >= rank).sum()),
            "at_most": int(((high >= rank) | (high < 0)).sum()),
        }
        for rank, code in reversed(list(enumerate(scale.codes)))
    ]
    return pd.DataFrame(rows, columns=["code", "at_least", "at_most"])


def _ranks(sites: pd.DataFrame, name: str, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest rank of each site, -1 where it is unrated."""
    if name not in sites.columns:
        return np.full(len(sites), -1), np.full(len(sites), -1)
    best = sites[name]
    low, high = (sites.get(f"{name}_{bound}", best).fillna(best) for bound in ("low", "high"))
    low_codes = pd.Categorical(low, categories=scale.codes).codes
    high_codes = pd.Categorical(high.fillna(low), categories=scale.codes).codes
    return low_codes, high_codes


def unrated(sites: pd.DataFrame, name: str) -> int:
    """Sites of which nothing is known that the class rests on."""
    return int((_ranks(sites, name, SCALES[name])[1] < 0).sum())


def inferred_share(sites: pd.DataFrame) -> float:
    """Share of the sites with a toxicity class whose class is inferred or assumed; NaN without any."""
    rated = sites.get("toxicity_evidence", pd.Series(dtype="str")).dropna()
    rated = rated[rated != "missing"]
    return float(rated.isin(_NOT_OBSERVED).mean()) if len(rated) else float("nan")


def by_country(sites: pd.DataFrame, names: Sequence[str] = tuple(SCALES)) -> pd.DataFrame:
    """One row per country, the most sites surely of class High or graver first.

    Returns country_iso3, sites, for each class field `NAME_at_least` and `NAME_at_most` (sites of class High
    or graver), and inferred (share of the toxicity classes).
    """
    rows = []
    for iso3, group in sites.groupby(sites["country_iso3"].astype(object).fillna("unknown"), sort=True):
        row: dict[str, object] = {"country_iso3": iso3, "sites": len(group)}
        for name in names:
            grave = at_or_above(group, name).set_index("code").loc[GRAVE]
            row |= {f"{name}_at_least": int(grave["at_least"]), f"{name}_at_most": int(grave["at_most"])}
        rows.append({**row, "inferred": inferred_share(group)})
    columns = [f"{name}_{bound}" for name in names for bound in ("at_least", "at_most")]
    table = pd.DataFrame(rows, columns=["country_iso3", "sites", *columns, "inferred"])
    order = [f"{names[0]}_at_least", "sites"]
    return table.sort_values(order, ascending=False, ignore_index=True, kind="stable")


def conventions(iso3: str) -> pd.DataFrame:
    """Each of INSTRUMENTS with status (party, signatory, none or unknown), since (year) and source.

    A State that a list does not name is unknown, not a non-party: the lists are not complete.
    Source: data/reference/conventions.csv.
    """
    rows = reference.load("conventions").rows
    mine = rows[rows["country_iso3"] == iso3]
    mine = mine.sort_values("status", key=lambda status: status != "party", kind="stable")  # parties first
    mine = mine.drop_duplicates("instrument").set_index("instrument")
    found = mine.reindex(list(INSTRUMENTS))[["status", "since", "source"]]
    return found.assign(status=found["status"].fillna("unknown")).reset_index()


def conventions_note() -> str:
    """What is not complete about the lists."""
    return reference.load("conventions").note
