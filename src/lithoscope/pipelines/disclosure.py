"""Who says what: how many of the investor initiative's 20 questions are answered, and what is wanted."""

from typing import Any

import pandas as pd


def gap(sites: pd.DataFrame) -> dict[str, Any]:
    """Share of answered questions over the sites, and the fields wanted most."""
    return {"complete": None, "most_wanted": []}
