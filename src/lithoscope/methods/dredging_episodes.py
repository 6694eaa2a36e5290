"""Clusters of work -> episodes; swinging at anchor, drifting and trawling are told apart by box and speed."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain.earth import EARTH_M
from lithoscope.methods.dredging_states import SHIPS, threshold

Floats = npt.NDArray[np.float64]


def kilometres(lon: npt.ArrayLike, lat: npt.ArrayLike, lon_2: npt.ArrayLike, lat_2: npt.ArrayLike) -> Floats:
    """Great-circle distance between pairs of points in degrees. [km]"""
    x, y, x_2, y_2 = (np.radians(np.asarray(each, dtype=float)) for each in (lon, lat, lon_2, lat_2))
    a = np.sin((y_2 - y) / 2) ** 2 + np.cos(y) * np.cos(y_2) * np.sin((x_2 - x) / 2) ** 2
    return np.asarray(2 * EARTH_M / 1000 * np.arcsin(np.sqrt(np.clip(a, 0, 1))), dtype=np.float64)


def extent_m(lon_min: pd.Series, lon_max: pd.Series, lat_min: pd.Series, lat_max: pd.Series) -> pd.Series:
    """Diagonal of the box around a cluster; a box across the antimeridian comes out long. [m]"""
    return pd.Series(kilometres(lon_min, lat_min, lon_max, lat_max) * 1000, index=lon_min.index)


def episodes(clusters: pd.DataFrame) -> pd.DataFrame:
    """Clusters of `dredging_states.work_clusters` that are episodes, with hours, distance_km and mean_sog_kn.

    mean_sog_kn is the mean of the reported speeds while at work. Rounded to whole metres and hundredths of
    a knot, so that three engines agree. Sorted by track and time; the index is fresh.
    """
    table = clusters.copy()
    table["hours"] = (table["end_ms"] - table["start_ms"]) / 3_600_000
    table["distance_km"] = ((table["to_cm"] - table["from_cm"]) / 100_000).round(3)
    speed = (table["v_100"] / table["has_v"].where(table["has_v"] > 0) / 100).round(2)
    table["mean_sog_kn"] = speed
    table["extent_m"] = extent_m(
        table["lon_min"], table["lon_max"], table["lat_min"], table["lat_max"]
    ).round(1)
    moves = table["extent_m"] >= threshold("extent_m")
    paced = speed.between(threshold("mean_low_kn"), threshold("mean_high_kn")) | speed.isna()
    kept = table[moves & paced].sort_values(["track", "start_ms"], ignore_index=True)
    kept["mmsi"] = mmsi_text(kept["track"] // SHIPS)
    return kept


def mmsi_text(mmsi: pd.Series) -> pd.Series:
    """Nine digits as text; leading zeros are real."""
    return mmsi.astype("int64").astype("str").str.zfill(9)
