"""Which sites to look at first, by the reader's weights, and how stable that order is.

Our own composite (methods/priority.py), not a published method. Ranks are drawn with a fixed seed, so that a
link gives everybody the same answer.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import Layer
from lithoscope.domain.inputs import Inputs
from lithoscope.methods import priority

FIRST = 20
"""How many sites the page ranks as "first"."""
SEED = 20190125
SPREAD = 4.0
"""How near drawn weights stay to the reader's; see methods.priority.rank_stability."""
DRAWS = 500
_MOST_WORK, _FEWEST_DRAWS = 5_000_000, 50
HIGHEST_WEIGHT = 5.0


def labels(layer: Layer) -> dict[str, str]:
    """Part of the composite -> its label, in the order of data/reference/priority_weights.csv."""
    rows = reference.load("priority_weights").rows
    rows = rows[rows["layer"] == layer]
    return dict(zip(rows["part"].astype(str), rows["label"].astype(str), strict=True))


def full_at(layer: Layer) -> dict[str, float]:
    """Part -> the value that counts as 1 (for nearness: the distance in km that counts as 0)."""
    rows = reference.load("priority_weights").rows
    rows = rows[rows["layer"] == layer]
    return dict(zip(rows["part"].astype(str), rows["full_at"].astype(float), strict=True))


def weights_of(text: str, layer: Layer) -> dict[str, float]:
    """Weights as an address holds them, every part of the layer with its own; an absent part weighs nothing.

    Raises BadInput for what cannot be read, a weight above HIGHEST_WEIGHT, or weights that sum to zero.
    """
    given = priority.weights_from_text(text, layer)
    if max(given.values()) > HIGHEST_WEIGHT:
        raise BadInput("is too heavy", f"weights go from 0 to {HIGHEST_WEIGHT:g}", column="weights")
    return {name: given.get(name, 0.0) for name in priority.parts(layer)}


def as_text(weights: Mapping[str, float]) -> str:
    """The weights as an address holds them; what `weights_of` reads. Those of weight 0 are left out."""
    return ",".join(f"{name}:{weight:g}" for name, weight in weights.items() if weight > 0)


def draws_for(count: int) -> int:
    """Draws for so many sites: fewer for very many, never below 50."""
    return int(np.clip(_MOST_WORK // max(count, 1), _FEWEST_DRAWS, DRAWS))


def ranking(sites: pd.DataFrame, layer: Layer, weights: Mapping[str, float]) -> pd.DataFrame:
    """Sites by how surely they are among the first FIRST, the surest first.

    sites: one row per site. Returns site_id, low, high (score at least and at most), in_first (share of the
    draws with the site among the first), mean_rank and rank (1 is first). A site of which no part is known
    keeps its place: its score spans 0 to 1. Raises BadInput for weights that sum to zero.
    """
    found = priority.site_parts(Inputs(sites), layer)
    low, high = priority.score(found, weights)
    stability = priority.rank_stability(
        found, weights, first=FIRST, draws=draws_for(len(sites)), seed=SEED, spread=SPREAD
    )
    table = pd.DataFrame(
        {
            "site_id": sites["site_id"].to_numpy(),
            "low": low,
            "high": high,
            "in_first": stability.in_first,
            "mean_rank": stability.mean_rank,
        }
    )
    table = table.sort_values(
        ["in_first", "mean_rank", "site_id"], ascending=[False, True, True], ignore_index=True
    )
    return table.assign(rank=np.arange(1, len(table) + 1))
