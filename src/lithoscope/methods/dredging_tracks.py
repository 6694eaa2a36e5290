"""Ships that share one MMSI are told apart, and points that no ship reached are found.

A ship's reports are cut at every leg that no ship sails. The pieces are handed out, in order of time, to the
ships they can belong to: a piece goes on with the nearest ship that could have sailed to its start. A ship
with few reports is a spike; one that reports while a larger one does is another ship under the same MMSI.
"""

from math import asin, cos, inf, radians, sin, sqrt

import numpy as np
import pandas as pd

from lithoscope.domain.earth import EARTH_M
from lithoscope.methods.dredging_states import KNOT_M_S, threshold

SPIKE = -1
PATIENCE_MS = 3_600_000
PATIENCE_INTERVALS = 5
"""A ship goes on with a piece only so long after it was last heard: else stray points, hours apart, would
make one. What was cut by a long silence is joined again where the two do not overlap in time.
"""
RECENT = 30
"""Ships looked at for the next piece: those heard last; keeps a storm of spoofed points from costing n
squared.
"""


def _metres(lon: float, lat: float, lon_2: float, lat_2: float) -> float:
    a = sin(radians(lat_2 - lat) / 2) ** 2
    a += cos(radians(lat)) * cos(radians(lat_2)) * sin(radians(lon_2 - lon) / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(min(a, 1.0)))


def ships_of_pieces(pieces: pd.DataFrame) -> pd.DataFrame:
    """Which ship each piece of an MMSI's reports belongs to.

    pieces: one row per mmsi and chunk, with reports, start_ms, end_ms, lon_start, lat_start, lon_end, lat_end
    (the first piece's start and the last one's end may be NaN: they are not needed).
    Returns mmsi, chunk, ship (0 the one with most reports, 1, 2... others, SPIKE = dropped).
    """
    found = [
        _ships_of_one(one) for _, one in pieces.sort_values(["mmsi", "chunk"]).groupby("mmsi", sort=True)
    ]
    if not found:
        return pd.DataFrame({"mmsi": [], "chunk": [], "ship": []}, dtype="int64")
    return pd.concat(found, ignore_index=True)


def _hand_out(one: pd.DataFrame, *, speed_m_s: float, slack_m: float, patience_ms: float) -> list[int]:
    recent: dict[int, tuple[int, float, float]] = {}
    owner: list[int] = []
    ships = 0
    columns = ["start_ms", "end_ms", "lon_start", "lat_start", "lon_end", "lat_end"]
    for start, end, lon, lat, lon_end, lat_end in zip(*(one[name].tolist() for name in columns), strict=True):
        best, nearest = -1, inf
        for ship, (t, x, y) in recent.items():
            if start - t > patience_ms:
                continue
            metres = _metres(x, y, lon, lat)
            if metres <= speed_m_s * (start - t) / 1000 + slack_m and metres < nearest:
                best, nearest = ship, metres
        if best < 0:
            best, ships = ships, ships + 1
        recent.pop(best, None)
        recent[best] = (end, lon_end, lat_end)
        if len(recent) > RECENT:
            del recent[next(iter(recent))]
        owner.append(best)
    return owner


def _ships_of_one(one: pd.DataFrame) -> pd.DataFrame:
    interval_ms = (one["end_ms"].max() - one["start_ms"].min()) / one["reports"].sum()
    owner = np.array(
        _hand_out(
            one,
            speed_m_s=threshold("jump_speed_kn") * KNOT_M_S,
            slack_m=threshold("jump_slack_m"),
            patience_ms=max(PATIENCE_MS, PATIENCE_INTERVALS * interval_ms),
        )
    )
    reports = np.bincount(owner, weights=one["reports"])
    start, end = np.full(len(reports), np.iinfo(np.int64).max), np.full(len(reports), -1)
    np.minimum.at(start, owner, one["start_ms"].to_numpy())
    np.maximum.at(end, owner, one["end_ms"].to_numpy())
    order = np.argsort(-reports, kind="stable")
    number = np.full(len(reports), SPIKE)
    held: list[list[tuple[int, int]]] = []
    for rank, ship in enumerate(order):
        if rank and reports[ship] < threshold("spike_points"):
            continue
        for known, spans in enumerate(held):
            if all(end[ship] <= a or start[ship] >= b for a, b in spans):
                spans.append((start[ship], end[ship]))
                number[ship] = known
                break
        else:
            number[ship] = len(held)
            held.append([(start[ship], end[ship])])
    return pd.DataFrame(
        {"mmsi": one["mmsi"].to_numpy(), "chunk": one["chunk"].to_numpy(), "ship": number[owner]}
    ).astype("int64")
