"""Load cycles of a hopper dredger: load, sail, discharge, back.

Only a loading that is followed by a sail and a discharge counts as a load. A loading after which the ship was
away and came back, with the discharge itself unseen (a silence, wide spacing), is an inferred load; one at
the end of the data is unfinished. Draught is typed in by hand and only ever confirms.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lithoscope.methods.dredging_episodes import kilometres
from lithoscope.methods.dredging_states import IDLE, TRANSIT, threshold
from lithoscope.methods.dredging_volume import INFERRED, SEEN, UNFINISHED

COLUMNS = (
    "track",
    "load",
    "first_episode",
    "last_episode",
    "start_ms",
    "end_ms",
    "sail_km",
    "discharge_start_ms",
    "discharge_end_ms",
    "discharge_lon",
    "discharge_lat",
    "idle_share",
    "certainty",
)
_AWAY_MS = 3_600_000
_RESTART_MS = 300_000


@dataclass
class _Load:
    track: int
    load: int
    first_episode: int
    last_episode: int
    start_ms: int
    end_ms: int
    lon: float
    lat: float
    sail_km: float = 0.0
    slow_ms: int = 0
    idle_ms: int = 0
    is_hidden: bool = False
    discharge_start_ms: int = -1
    discharge_end_ms: int = -1
    discharge_lon: float = np.nan
    discharge_lat: float = np.nan

    def closed(self, certainty: str) -> dict[str, object]:
        """The load as a row."""
        slow = max(self.slow_ms, 1)
        return {
            **{name: getattr(self, name) for name in COLUMNS if name not in ("idle_share", "certainty")},
            "idle_share": self.idle_ms / slow if self.discharge_start_ms >= 0 else np.nan,
            "certainty": certainty,
        }


def loads(runs: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Loads of all tracks.

    runs: of `dredging_states.runs` (track, run, trip, state, start_ms, end_ms, from_cm, to_cm, lon, lat).
    episodes: of `dredging_episodes.episodes`; its index is what first_episode and last_episode speak of.
    Returns COLUMNS; discharge columns are -1 or NaN where no discharge was seen. Times ms UTC, lengths km.
    """
    rows: list[dict[str, object]] = []
    by_track = dict(iter(episodes.groupby("track", sort=False)))
    for track, one in runs.sort_values(["track", "run"]).groupby("track", sort=True):
        if track in by_track:
            rows.extend(_loads_of_one(int(str(track)), one, by_track[track]))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = ["track", "load", "first_episode", "last_episode", "start_ms", "end_ms"]
    return table.astype(dict.fromkeys([*whole, "discharge_start_ms", "discharge_end_ms"], "int64"))


def _loads_of_one(track: int, runs: pd.DataFrame, episodes: pd.DataFrame) -> Iterator[dict[str, object]]:
    numbers = episodes.index.tolist()
    episode = np.searchsorted(episodes["run_first"].to_numpy(), runs["run"].to_numpy(), side="right") - 1
    is_works = (episode >= 0) & (runs["run"].to_numpy() <= episodes["run_last"].to_numpy()[episode])
    sail_least, stop_least = threshold("sail_km"), threshold("discharge_s") * 1000
    now: _Load | None = None
    count, trip_before = 0, -1
    columns = ["trip", "state", "start_ms", "end_ms", "from_cm", "to_cm", "lon", "lat"]
    rows = zip(episode.tolist(), is_works.tolist(), *(runs[name].tolist() for name in columns), strict=True)
    for at, is_work, trip, state, start, end, from_cm, to_cm, lon, lat in rows:
        if now is not None and trip != trip_before and not is_work:
            now.is_hidden = True
        trip_before = trip
        if is_work:
            if now is not None and now.last_episode != numbers[at]:
                certainty = _ended(now, start, sail_least)
                if certainty:
                    yield now.closed(certainty)
                    now = None
            if now is None:
                count += 1
                now = _Load(track, count, numbers[at], numbers[at], start, end, lon, lat)
            now.last_episode, now.end_ms = numbers[at], end
            now.sail_km, now.slow_ms, now.idle_ms = 0.0, 0, 0
            now.lon, now.lat = lon, lat
        elif now is not None and now.discharge_start_ms < 0:
            _follow(now, state, start, end, (to_cm - from_cm) / 100_000, lon, lat, sail_least, stop_least)
        elif now is not None and state != TRANSIT and start - now.discharge_end_ms <= _RESTART_MS:
            now.discharge_end_ms = end
            now.slow_ms += end - start
            now.idle_ms += (end - start) * (state == IDLE)
    if now is not None:
        yield now.closed(SEEN if now.discharge_start_ms >= 0 else UNFINISHED)


def _ended(now: _Load, start: int, sail_least: float) -> str:
    """How the load before a new episode ended; '' if the new episode goes on with it."""
    if now.discharge_start_ms >= 0:
        return SEEN
    was_away = now.sail_km >= 2 * sail_least and start - now.end_ms >= _AWAY_MS
    return INFERRED if was_away or (now.is_hidden and start - now.end_ms >= 2 * _AWAY_MS) else ""


def _follow(
    now: _Load,
    state: int,
    start: int,
    end: int,
    km: float,
    lon: float,
    lat: float,
    sail_least: float,
    stop_least: float,
) -> None:
    """Go on after loading: sail, and notice the stop at which the load is discharged."""
    if state == TRANSIT:
        now.sail_km += km
        if end - start > _RESTART_MS:
            now.slow_ms, now.idle_ms = 0, 0
        return
    now.slow_ms += end - start
    now.idle_ms += (end - start) * (state == IDLE)
    away = float(kilometres(now.lon, now.lat, lon, lat))
    if now.sail_km >= sail_least and away >= sail_least / 2 and now.slow_ms >= stop_least:
        now.discharge_start_ms, now.discharge_end_ms = start, end
        now.discharge_lon, now.discharge_lat = lon, lat


def draught_confirms(loads: pd.DataFrame, draughts: pd.DataFrame) -> pd.Series:
    """Whether the reported draught fell by draught_change_m or more between loading's end and the discharge's
    end.

    draughts: track, t_ms, draught_m. True confirms; False says nothing (draught is often constant).
    """
    confirmed = pd.Series(False, index=loads.index)
    for track, one in loads[loads["discharge_end_ms"] >= 0].groupby("track"):
        known = draughts[draughts["track"] == track].sort_values("t_ms")
        if known["draught_m"].nunique() < 2:
            continue
        t, d = known["t_ms"].to_numpy(), known["draught_m"].to_numpy()
        full = d[np.clip(np.searchsorted(t, one["discharge_start_ms"], side="right") - 1, 0, None)]
        after = np.clip(np.searchsorted(t, one["discharge_end_ms"] + _AWAY_MS, side="right") - 1, 0, None)
        confirmed.loc[one.index] = full - d[after] >= threshold("draught_change_m")
    return confirmed
