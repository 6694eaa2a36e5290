"""How well records are linked, measured on records whose identity their publishers themselves state.

A link is right if both its records have the same identity. `same_mine` widens an identity to ids that the
publisher gave to one mine twice: the same name, no farther apart than a stated distance.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lithoscope.methods import linkage


@dataclass(frozen=True)
class Score:
    """Counts of links: made, right, and how many the identities allow at most."""

    made: int
    right: int
    possible: int

    @property
    def precision(self) -> float:
        """Share of the links made that are right; NaN if none was made."""
        return self.right / self.made if self.made else float("nan")

    @property
    def recall(self) -> float:
        """Share of the possible links that was made, and rightly; NaN if none is possible."""
        return self.right / self.possible if self.possible else float("nan")


def score(records: pd.DataFrame, links: pd.Series, identity: pd.Series) -> Score:
    """Links between two sources against what is known to be the same.

    records: `record_id` and `source_id` (two sources). links: record_id -> first record of its group.
    identity: on the index of records; equal where two records are the same site. At most one record of a
    source goes into a group, so an identity with two records here and three there allows two links.
    Raises ValueError unless there are exactly two sources.
    """
    sources = sorted(records["source_id"].unique())
    if len(sources) != 2:
        raise ValueError(f"two sources are compared, {len(sources)} were given")
    group = records["record_id"].map(links).astype("str").fillna(records["record_id"])
    known = pd.DataFrame({"source": records["source_id"], "group": group, "identity": identity})
    one, two = (known[known["source"] == source] for source in sources)
    made = one.merge(two, on="group", suffixes=("_one", "_two"))
    right = int((made["identity_one"] == made["identity_two"]).sum())
    counts = pd.concat([one["identity"].value_counts(), two["identity"].value_counts()], axis=1)
    return Score(len(made), right, int(counts.fillna(0).min(axis=1).sum()))


def same_mine(records: pd.DataFrame, identity: pd.Series, *, km: float) -> pd.Series:
    """The identity, joined where names are the same and places no farther apart than `km`.

    records: `name`, `lon`, `lat` (finite). A name without a telling word joins nothing. On the same index.
    """
    names = records["name"].map(linkage.key_of_name)
    places = records[["lon", "lat"]].to_numpy()
    near = linkage.near_pairs(*places.T, *places.T, km=km)
    one, two = near["one"].to_numpy(), near["two"].to_numpy()
    keys = names.to_numpy()
    alike = (keys[one] == keys[two]) & (keys[one] != "")
    codes, _ = pd.factorize(identity)
    edges = coo_array(
        (np.ones(int(alike.sum())), (codes[one[alike]], codes[two[alike]])), shape=(codes.max() + 1,) * 2
    )
    _, joined = connected_components(edges, directed=False)
    return pd.Series(joined[codes], index=records.index)
