"""What was found in the reports of each ship, before ships are compared: what a feed keeps between days.

Every row belongs to one ship and follows from its reports alone. So a day that names some ships replaces the
rows of these and leaves all others as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from lithoscope.methods.dredging_states import FATES, SHIPS

ORDERED = {
    "clusters": ["track", "cluster"],
    "times": ["track", "state"],
    "runs": ["track", "run"],
    "dropped": ["mmsi", "fate"],
    "parts": ["track", "start_ms"],
    "tracks": ["track", "start_utc"],
    "cells": ["cell", "month", "track"],
    "silences": ["track", "start_ms"],
}


@dataclass(frozen=True)
class Found:
    """clusters, times: of `dredging_states`. runs: of the tracks that have a cluster. dropped: mmsi, fate, n.

    Of ships judged dredgers also what `dredging_geometry.draw` gives: parts (lines of episodes), tracks,
    cells, silences; None as long as it was not drawn.
    """

    clusters: pd.DataFrame
    times: pd.DataFrame
    runs: pd.DataFrame
    dropped: pd.DataFrame
    parts: gpd.GeoDataFrame | None = None
    tracks: gpd.GeoDataFrame | None = None
    cells: pd.DataFrame | None = None
    silences: pd.DataFrame | None = None

    def each(self, change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> "Found":
        """Another one of changed tables."""
        return replace(
            self,
            **{
                one.name: change(one.name, getattr(self, one.name))
                for one in fields(self)
                if getattr(self, one.name) is not None
            },
        )

    def without(self, mmsi: set[int]) -> "Found":
        """All rows but those of some MMSIs."""

        def others(_: str, table: pd.DataFrame) -> pd.DataFrame:
            whose = table["mmsi"] if "mmsi" in table else table["track"] // SHIPS
            return table[~whose.isin(mmsi)]

        return self.each(others)

    def with_all_of(self, other: "Found") -> "Found":
        """The rows of both; they name different ships. What the other has not drawn yet stays undrawn."""

        def joined(name: str, table: pd.DataFrame) -> pd.DataFrame:
            more = getattr(other, name)
            filled = [each for each in (table, more) if len(each)]
            whole = pd.concat(filled, ignore_index=True) if filled else more
            return whole.sort_values(ORDERED[name], ignore_index=True)

        drawn = {} if other.parts is not None else dict.fromkeys(("parts", "tracks", "cells", "silences"))
        return replace(self, **drawn).each(joined)

    def counts(self) -> dict[str, int]:
        """Reports dropped for what stands before them, by reason."""
        sums = self.dropped.groupby("fate")["n"].sum()
        return {FATES[int(fate)]: int(n) for fate, n in sums.items()}

    def write(self, folder: Path) -> None:
        """Into an existing folder, one file per table."""
        for one in fields(self):
            getattr(self, one.name).to_parquet(folder / f"{one.name}.parquet", compression="zstd")

    @classmethod
    def read(cls, folder: Path) -> "Found":
        """What `write` wrote."""
        tables: dict[str, Any] = {}
        for one in fields(cls):
            read = gpd.read_parquet if one.name in ("parts", "tracks") else pd.read_parquet
            tables[one.name] = read(folder / f"{one.name}.parquet")
        return cls(**tables)
