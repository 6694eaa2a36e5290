"""Classes of the sites of States with what is open: counts at least and at most, how much rests on
inference, bands of them for a map, and the conventions that a State is party to.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY, Scale

SCALES = {"toxicity_class": TOXICITY, "consequence_class": CONSEQUENCE, "consequence_at_least": CONSEQUENCE}
INSTRUMENTS = ("industrial_accidents", "water", "espoo", "basel", "minamata", "eiti")
GRAVE = "high"
"""The class from which a map and its table count unless the reader chooses another."""
UNKNOWN = "unknown"
"""Stands for the country of sites of which none is known."""
Bound = Literal["least", "most"]
Count = Literal["number", "share"]
BOUNDS: tuple[Bound, ...] = ("least", "most")
COUNTS: tuple[Count, ...] = ("number", "share")
LIMITS: dict[Count, tuple[float, ...]] = {"number": (10.0, 100.0, 1000.0), "share": (0.1, 0.25, 0.5)}
"""Limits between the bands of a map; a value equal to a limit belongs to the band above it."""
SILENT, OPEN, NONE = "silent", "open", "none"
"""A State of which no source speaks; one with no site surely in the class, though some could be; and one
whose every site is known to be milder."""
BANDS = tuple(f"band_{position}" for position in range(4))
_NOT_OBSERVED = ("inferred", "assumed")
_OPEN_ABOVE = ("consequence_at_least",)
"""Lower bounds: a site could be of any graver class."""


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
    if name in _OPEN_ABOVE:
        high_codes = np.where(low_codes < 0, -1, len(scale.codes) - 1)
    return low_codes, high_codes


def unrated(sites: pd.DataFrame, name: str) -> int:
    """Sites of which nothing is known that the class rests on."""
    return int((_ranks(sites, name, SCALES[name])[1] < 0).sum())


def inferred_share(sites: pd.DataFrame) -> float:
    """Share of the sites with a toxicity class whose class is inferred or assumed; NaN without any."""
    rated = sites.get("toxicity_evidence", pd.Series(dtype="str")).dropna()
    rated = rated[rated != "missing"]
    return float(rated.isin(_NOT_OBSERVED).mean()) if len(rated) else float("nan")


def by_state(sites: pd.DataFrame, name: str, code: str = GRAVE) -> pd.DataFrame:
    """One row per country with sites, the most sites surely of that class or graver first.

    name: a key of SCALES. Returns country_iso3 (UNKNOWN where none is known), sites, at_least, at_most
    (sites of the class or graver, as in `at_or_above`), unrated, and inferred (share of the toxicity classes
    that rest on inference; NaN for other classes). Raises UnknownName for a class that is not in the scale.
    """
    scale = SCALES[name]
    rank = scale.rank(code)
    low, high = _ranks(sites, name, scale)
    rated = high >= 0
    evidence = sites.get("toxicity_evidence", pd.Series(index=sites.index, dtype="str"))
    is_inferred = evidence.isin(_NOT_OBSERVED).to_numpy(bool) & rated
    place = sites["country_iso3"].astype(object).where(sites["country_iso3"].notna(), UNKNOWN)
    table = pd.DataFrame(
        {
            "sites": 1,
            "at_least": low >= rank,
            "at_most": (high >= rank) | ~rated,
            "unrated": ~rated,
            "inferred": is_inferred if name == "toxicity_class" else np.nan,
        }
    )
    summed = table.groupby(place.to_numpy(), sort=True).sum(min_count=1)
    summed["inferred"] /= (summed["sites"] - summed["unrated"]).where(lambda n: n > 0)
    whole = ["sites", "at_least", "at_most", "unrated"]
    found = summed.astype(dict.fromkeys(whole, "int64")).rename_axis("country_iso3").reset_index()
    return found.sort_values(
        ["at_least", "at_most", "sites"], ascending=False, ignore_index=True, kind="stable"
    )


@dataclass(frozen=True)
class Shown:
    """What a map of States shows: the sites of a layer by a class, one bound, as a number or a share."""

    layer: str
    name: str
    code: str = GRAVE
    bound: Bound = "least"
    count: Count = "number"

    def __post_init__(self) -> None:
        if self.name not in SCALES or self.bound not in BOUNDS or self.count not in COUNTS:
            raise UnknownName("is not shown on a map of States", "choose what the page offers", value=self)
        SCALES[self.name].rank(self.code)


def bands(table: pd.DataFrame, shown: Shown) -> pd.Series:
    """Band of each row of `by_state` on a map: OPEN, NONE or one of BANDS; on the same index.

    What is not known is never in a band of its own making: no site surely in the class, while some could
    be, is OPEN and not nought.
    """
    counted = table[f"at_{shown.bound}"].to_numpy(float)
    if shown.count == "share":
        counted = counted / table["sites"].to_numpy(float)
    step = np.searchsorted(np.array(LIMITS[shown.count]), counted, side="right")
    found: npt.NDArray[np.object_] = np.array(BANDS, dtype=object)[step]
    nothing = counted == 0
    found[nothing & (table["at_most"] > 0).to_numpy()] = OPEN
    found[nothing & (table["at_most"] == 0).to_numpy()] = NONE
    return pd.Series(found, index=table.index)


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
