"""What sand is probably dredged for: aggregates, maintenance of a fairway, land and beaches; with its doubt.

Only hints of place and manner: how far offshore the loading lies, how far it is carried, and how it is
discharged. Weights: data/reference/dredging_purpose.csv, our own. A purpose is never certain from AIS.
"""

import numpy as np
import pandas as pd

from lithoscope.domain import reference
from lithoscope.methods.dredging_states import threshold

PURPOSES = ("aggregate", "maintenance", "reclamation")
DUMP, ASHORE, UNSEEN = "dump", "ashore", "unseen"


def discharge_kind(loads: pd.DataFrame) -> pd.Series:
    """How each load was discharged: ashore (long stop near the coast), dump (at sea), unseen.

    loads: discharge_start_ms, discharge_end_ms (-1 unseen), discharge_coast_km.
    """
    long = loads["discharge_end_ms"] - loads["discharge_start_ms"] >= threshold("pump_ashore_s") * 1000
    near = loads["discharge_coast_km"] <= threshold("shore_km")
    kind = pd.Series(np.where(long & near, ASHORE, DUMP), index=loads.index, dtype="str")
    return kind.mask(loads["discharge_start_ms"] < 0, UNSEEN)


def purposes(loads: pd.DataFrame) -> pd.DataFrame:
    """Probability of each purpose per load: columns PURPOSES, their sum 1, on the same index.

    loads: coast_km of the loading, sail_km, discharge (of `discharge_kind`), berth_share (share of the
    discharge lying still). Gap rule: a missing value speaks for no purpose.
    """
    hints = pd.DataFrame(
        {
            "loading_near_coast": loads["coast_km"] < 5,
            "loading_offshore": loads["coast_km"] >= 10,
            "dumped_at_sea": loads["discharge"] == DUMP,
            "ashore_at_berth": (loads["discharge"] == ASHORE) & (loads["berth_share"] >= 0.9),
            "ashore_moving": (loads["discharge"] == ASHORE) & (loads["berth_share"] < 0.9),
            "short_sail": loads["sail_km"] < 15,
            "long_sail": loads["sail_km"] >= 40,
        }
    ).to_numpy(dtype=float)
    table = reference.load("dredging_purpose").rows.set_index("hint")
    order = [
        "loading_near_coast",
        "loading_offshore",
        "dumped_at_sea",
        "ashore_at_berth",
        "ashore_moving",
        "short_sail",
        "long_sail",
    ]
    weight = table.loc[order, list(PURPOSES)].to_numpy(dtype=float)
    value = hints @ weight
    odds = np.exp(value - value.max(axis=1, keepdims=True)) if len(value) else value
    return pd.DataFrame(odds / odds.sum(axis=1, keepdims=True), columns=list(PURPOSES), index=loads.index)
