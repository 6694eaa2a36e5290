"""Position reports -> clean tracks -> runs of one state -> episodes, as expressions that three engines run.

Every function takes and returns a narwhals frame, so polars, DuckDB and Spark compute the same. What stood
before a report comes from `Neighbours`: a window of the engine, or the row above where rows lie in order.
Unknown numbers are -1, never null: engines order nulls differently. Lengths travel as whole centimetres and
times as whole milliseconds, so that sums do not depend on the order in which an engine adds.

Columns of reports: mmsi (Int64, -1 unreadable), t_ms (Int64 UTC, -1 unreadable), lon, lat (degrees; any
value), sog (knots, -1 unknown), cog (degrees, -1 unknown).
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar

import narwhals as nw

from lithoscope.domain import reference
from lithoscope.domain.earth import EARTH_M

KNOT_M_S = 1852 / 3600
Frame = TypeVar("Frame", nw.LazyFrame[Any], nw.DataFrame[Any])
FATES = ("kept", "bad_mmsi", "bad_time", "no_position", "duplicate", "stale", "spike")
"""What became of a report; all but the first are counted as dropped, each report under one reason."""
IDLE, WORK, TRANSIT = 0, 1, 2
STATES = ("idle", "dredging", "transit")
SHIPS = 100
"""A track's key is mmsi x 100 + number of the ship that uses the MMSI (0 unless it is shared)."""


@dataclass(frozen=True)
class Thresholds:
    """Values of data/reference/dredging_thresholds.csv that this module reads; units there."""

    sog_not_available_from: float
    jump_speed_kn: float
    jump_slack_m: float
    duplicate_radius_m: float
    repeat_s: float
    repeat_sog_kn: float
    stale_m: float
    gap_s: float
    gap_spacing: float
    gap_most_s: float
    idle_below_kn: float
    work_from_kn: float
    work_to_kn: float
    transit_above_kn: float
    bridge_s: float
    episode_s: float


@cache
def _table() -> dict[str, float]:
    rows = reference.load("dredging_thresholds").rows
    return {str(name): float(value) for name, value in zip(rows["name"], rows["value"], strict=True)}


def threshold(name: str) -> float:
    """One value of data/reference/dredging_thresholds.csv."""
    return _table()[name]


def thresholds(**changed: float) -> Thresholds:
    """The table's values, some of them changed for a sensitivity run."""
    rows = _table()
    return Thresholds(**{each.name: changed.get(each.name, rows[each.name]) for each in fields(Thresholds)})


def first_fate(*, latest_ms: int) -> nw.Expr:
    """Reason for which a report is dropped by itself, as index into FATES; 0 if it is kept so far.

    latest_ms: reports after this moment have a wrong clock.
    """
    table = reference.load("ais_not_ships").rows
    no_ship = [int(number) for number in table["mmsi"]]
    mmsi, t, lon, lat = nw.col("mmsi"), nw.col("t_ms"), nw.col("lon"), nw.col("lat")
    bad_mmsi = (mmsi < 200_000_000) | (mmsi > 799_999_999) | mmsi.is_in(no_ship)
    oldest_ms = int((threshold("oldest_year") - 1970) * 365.25 * 86_400_000)
    bad_time = (t < oldest_ms) | (t > latest_ms)
    outside = (lon < -180) | (lon > 180) | (lat < -90) | (lat > 90)
    at_zero = (lon == 0) & (lat == 0)
    return (
        nw.when(bad_mmsi)
        .then(nw.lit(1))
        .otherwise(
            nw.when(bad_time)
            .then(nw.lit(2))
            .otherwise(nw.when(outside | at_zero).then(nw.lit(3)).otherwise(nw.lit(0)))
        )
        .cast(nw.Int64)
    )


def heard(reports: Frame) -> Frame:
    """Reports that passed `first_fate` counted by day and square of a tenth of a degree, from every ship.

    day: days since 1970; x, y: tenths of a degree from 180 west and from the south pole; n: reports.
    """
    squares = reports.select(
        (nw.col("t_ms") // 86_400_000).alias("day"),
        ((nw.col("lon") + 180) * 10).floor().cast(nw.Int64).alias("x"),
        ((nw.col("lat") + 90) * 10).floor().cast(nw.Int64).alias("y"),
    )
    return squares.group_by("day", "x", "y").agg(nw.len().cast(nw.Int64).alias("n"))


def with_legs(moved: Frame) -> Frame:
    """Reports with dt_s and d_m, the time since the report before (p_t_ms, p_lon, p_lat) and the way from it.

    Great-circle distance in metres; the arcsine is a series that holds for legs of some hundred km. In steps,
    so that an engine works nothing out twice.
    """
    half = 3.141592653589793 / 360
    lon, lat, p_lon, p_lat = (nw.col(name) for name in ("lon", "lat", "p_lon", "p_lat"))
    sines = moved.with_columns(
        ((nw.col("t_ms") - nw.col("p_t_ms")) / 1000).alias("dt_s"),
        ((lat - p_lat) * half).sin().alias("sin_lat"),
        ((lon - p_lon) * half).sin().alias("sin_lon"),
        ((p_lat * 2 * half).cos() * (lat * 2 * half).cos()).alias("d_m"),
    )
    chords = sines.with_columns(
        (
            nw.col("sin_lat") * nw.col("sin_lat") + nw.col("d_m") * (nw.col("sin_lon") * nw.col("sin_lon"))
        ).alias("d_m")
    )
    a = nw.col("d_m")
    return chords.with_columns((a.sqrt() * (2 * EARTH_M) * (1 + a / 6 + a * a * (3 / 40))).alias("d_m"))


ORDER = ("t_ms", "lon", "lat", "sog", "cog")
"""Reports of one ship in this order: a total order up to exact copies."""


@dataclass(frozen=True)
class Neighbours:
    """How a report sees those before it of the same key.

    in_order: the rows of a key follow one another, in order of time. Then the row above is looked at, which
    costs a fifth of a window; counters then run through all keys, and tell runs and trips apart just as well.
    """

    in_order: bool = False

    def before(self, name: str, key: str, order: tuple[str, ...], *, rows: int = 1) -> nw.Expr:
        """The value some rows before; null where there is none."""
        if self.in_order:
            return nw.when(nw.col(key) == nw.col(key).shift(rows)).then(nw.col(name).shift(rows))
        return nw.col(name).shift(rows).over(key, order_by=list(order))

    def counted(self, name: str, key: str, order: tuple[str, ...]) -> nw.Expr:
        """Running sum of a column."""
        total = nw.col(name).cum_sum()
        return (total if self.in_order else total.over(key, order_by=list(order))).cast(nw.Int64)

    def carried(self, name: str, key: str, order: tuple[str, ...]) -> nw.Expr:
        """The last value that is known; the first row of a key must have one."""
        last = nw.col(name).fill_null(strategy="forward")
        return last if self.in_order else last.over(key, order_by=list(order))


def with_fates_and_jumps(reports: Frame, limit: Thresholds, near: Neighbours) -> Frame:
    """Reports that passed `first_fate`, with fate (duplicate, stale), is_jump and chunk.

    A jump is a leg that no ship sails; chunk counts a ship's jumps so far. p_lon, p_lat: place of the
    report before, -1 where there is none.
    """
    before = reports.with_columns(
        near.before("t_ms", "mmsi", ORDER).fill_null(-1).alias("p_t_ms"),
        near.before("lon", "mmsi", ORDER).fill_null(-1.0).alias("p_lon"),
        near.before("lat", "mmsi", ORDER).fill_null(-1.0).alias("p_lat"),
        near.before("sog", "mmsi", ORDER).fill_null(-1.0).alias("p_sog"),
        near.before("cog", "mmsi", ORDER).fill_null(-1.0).alias("p_cog"),
    )
    seen = with_legs(before)
    has_before = nw.col("p_t_ms") >= 0
    unmoved = (nw.col("lon") == nw.col("p_lon")) & (nw.col("lat") == nw.col("p_lat"))
    same = unmoved & (nw.col("sog") == nw.col("p_sog")) & (nw.col("cog") == nw.col("p_cog"))
    twice = has_before & (nw.col("dt_s") <= 0) & (nw.col("d_m") <= limit.duplicate_radius_m)
    repeated = has_before & same & (nw.col("dt_s") <= limit.repeat_s) & (nw.col("sog") >= limit.repeat_sog_kn)
    usable = nw.col("sog") < limit.sog_not_available_from
    stale = has_before & unmoved & usable & (nw.col("sog") * nw.col("dt_s") * KNOT_M_S > limit.stale_m)
    jump_m = nw.col("dt_s") * (limit.jump_speed_kn * KNOT_M_S) + limit.jump_slack_m
    duplicate_or_stale = nw.when(stale).then(nw.lit(5)).otherwise(nw.lit(0))
    judged = seen.with_columns(
        nw.when(twice | repeated).then(nw.lit(4)).otherwise(duplicate_or_stale).cast(nw.Int64).alias("fate"),
        nw.when(has_before & (nw.col("d_m") > jump_m))
        .then(nw.lit(1))
        .otherwise(nw.lit(0))
        .cast(nw.Int64)
        .alias("is_jump"),
    )
    return judged.with_columns(near.counted("is_jump", "mmsi", ORDER).alias("chunk")).select(
        "mmsi", "t_ms", "lon", "lat", "sog", "p_t_ms", "p_lon", "p_lat", "fate", "is_jump", "chunk"
    )


def with_movement(tracks: Frame, limit: Thresholds, near: Neighbours) -> Frame:
    """Clean tracks (track, t_ms, lon, lat, sog) with leg_cm, v_kn and is_start (first report of a trip).

    A trip ends at a silence longer than gap_s, or than gap_spacing times the interval before it where the
    spacing is wide (an interval that would make it longer than gap_most_s is itself a silence); and at a leg
    that no ship sails. v_kn is the reported speed, or that between positions where none is reported; -1 where
    neither is known.
    """
    order = ("t_ms",)
    before = tracks.with_columns(
        near.before("t_ms", "track", order).fill_null(-1).alias("p_t_ms"),
        near.before("t_ms", "track", order, rows=2).fill_null(-1).alias("pp_t_ms"),
        near.before("lon", "track", order).fill_null(0.0).alias("p_lon"),
        near.before("lat", "track", order).fill_null(0.0).alias("p_lat"),
    )
    moved = with_legs(before)
    spacing = (nw.col("p_t_ms") - nw.col("pp_t_ms")) / 1000 * limit.gap_spacing
    is_regular = (nw.col("pp_t_ms") >= 0) & (spacing >= limit.gap_s) & (spacing <= limit.gap_most_s)
    gap = nw.when(is_regular).then(spacing).otherwise(nw.lit(limit.gap_s))
    jump_m = nw.col("dt_s") * (limit.jump_speed_kn * KNOT_M_S) + limit.jump_slack_m
    is_start = (nw.col("p_t_ms") < 0) | (nw.col("dt_s") > gap) | (nw.col("d_m") > jump_m)
    usable = (nw.col("sog") >= 0) & (nw.col("sog") < limit.sog_not_available_from)
    between = (
        nw.when((nw.col("p_t_ms") >= 0) & (nw.col("dt_s") > 0))
        .then(nw.col("d_m") / nw.col("dt_s") / KNOT_M_S)
        .otherwise(nw.lit(-1.0))
    )
    flagged = moved.with_columns(
        nw.when(is_start).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias("is_start")
    )
    return flagged.with_columns(
        nw.when(nw.col("is_start") == 1)
        .then(nw.lit(0))
        .otherwise((nw.col("d_m") * 100).round(0).cast(nw.Int64))
        .cast(nw.Int64)
        .alias("leg_cm"),
        nw.when(usable)
        .then(nw.col("sog"))
        .otherwise(nw.when(nw.col("is_start") == 1).then(nw.lit(-1.0)).otherwise(between))
        .alias("v_kn"),
    ).select("track", "t_ms", "lon", "lat", "v_kn", "leg_cm", "is_start")


def with_states(moved: Frame, limit: Thresholds, near: Neighbours) -> Frame:
    """Movement with state (hysteresis: between the bands the last state goes on), trip and run.

    A trip's first report is in transit unless its speed says otherwise. run and trip rise along a track.
    """
    v = nw.col("v_kn")
    idle = (v >= 0) & (v < limit.idle_below_kn)
    work = (v >= limit.work_from_kn) & (v <= limit.work_to_kn)
    transit = (v > limit.transit_above_kn) | (nw.col("is_start") == 1)
    order = ("t_ms",)
    label = (
        nw.when(idle)
        .then(nw.lit(IDLE))
        .otherwise(nw.when(work).then(nw.lit(WORK)).otherwise(nw.when(transit).then(nw.lit(TRANSIT))))
    )
    labelled = moved.with_columns(label.cast(nw.Int64).alias("label")).with_columns(
        near.carried("label", "track", order).alias("state")
    )
    changed = labelled.with_columns(
        near.before("state", "track", order).fill_null(-1).alias("p_state")
    ).with_columns(
        nw.when((nw.col("is_start") == 1) | (nw.col("state") != nw.col("p_state")))
        .then(nw.lit(1))
        .otherwise(nw.lit(0))
        .cast(nw.Int64)
        .alias("is_run_start")
    )
    return changed.with_columns(
        near.counted("is_start", "track", order).alias("trip"),
        near.counted("is_run_start", "track", order).alias("run"),
    )


def runs(states: Frame) -> Frame:
    """One row per run of one state: track, run, trip, state, start and end, reports, length, speed, box.

    A state lasts until the next report of the trip, so a run ends where the next one starts; the last run of
    a trip ends at its last report. from_cm, to_cm: the track's length sailed at start and end of the run.
    """
    first = nw.col("is_run_start") == 1
    grouped = states.with_columns(
        nw.when(nw.col("v_kn") >= 0)
        .then((nw.col("v_kn") * 100).round(0))
        .otherwise(nw.lit(0.0))
        .cast(nw.Int64)
        .alias("v_100"),
        nw.when(nw.col("v_kn") >= 0).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias("has_v"),
        nw.when(first).then(nw.col("lon")).otherwise(nw.lit(-999.0)).alias("lon_first"),
        nw.when(first).then(nw.col("lat")).otherwise(nw.lit(-999.0)).alias("lat_first"),
        nw.when(first).then(nw.col("leg_cm")).otherwise(nw.lit(0)).cast(nw.Int64).alias("leg_first_cm"),
    ).group_by("track", "run")
    table = grouped.agg(
        nw.col("trip").min(),
        nw.col("state").min(),
        nw.col("t_ms").min().alias("start_ms"),
        nw.col("t_ms").max().alias("last_ms"),
        nw.len().cast(nw.Int64).alias("reports"),
        nw.col("leg_cm").sum(),
        nw.col("leg_first_cm").sum(),
        nw.col("v_100").sum(),
        nw.col("has_v").sum(),
        nw.col("lon_first").max().alias("lon"),
        nw.col("lat_first").max().alias("lat"),
        nw.col("lon").min().alias("lon_min"),
        nw.col("lon").max().alias("lon_max"),
        nw.col("lat").min().alias("lat_min"),
        nw.col("lat").max().alias("lat_max"),
    ).with_columns(nw.col("leg_cm", "leg_first_cm", "v_100", "has_v").cast(nw.Int64))
    order = ["run"]
    followed = table.with_columns(
        nw.col("trip").shift(-1).over("track", order_by=order).fill_null(-1).alias("n_trip"),
        nw.col("start_ms").shift(-1).over("track", order_by=order).fill_null(-1).alias("n_start_ms"),
        nw.col("leg_first_cm").shift(-1).over("track", order_by=order).fill_null(0).alias("n_leg_cm"),
        nw.col("leg_cm").cum_sum().over("track", order_by=order).cast(nw.Int64).alias("sailed_cm"),
    )
    goes_on = nw.col("n_trip") == nw.col("trip")
    return followed.with_columns(
        nw.when(goes_on).then(nw.col("n_start_ms")).otherwise(nw.col("last_ms")).alias("end_ms"),
        (nw.col("sailed_cm") - nw.col("leg_cm") + nw.col("leg_first_cm")).alias("from_cm"),
        nw.when(goes_on)
        .then(nw.col("sailed_cm") + nw.col("n_leg_cm"))
        .otherwise(nw.col("sailed_cm"))
        .alias("to_cm"),
    ).select(
        "track",
        "run",
        "trip",
        "state",
        "start_ms",
        "end_ms",
        "reports",
        "from_cm",
        "to_cm",
        "v_100",
        "has_v",
        "lon",
        "lat",
        "lon_min",
        "lon_max",
        "lat_min",
        "lat_max",
    )


def work_clusters(table: Frame, limit: Thresholds) -> Frame:
    """Runs of work, joined over interruptions shorter than bridge_s within a trip, that last episode_s or
    more.

    The extent and mean speed of a cluster are judged by `dredging_episodes.episodes`.
    """
    order = ["run"]
    work = table.filter(nw.col("state") == WORK).with_columns(
        nw.col("end_ms").shift(1).over("track", order_by=order).fill_null(-1).alias("p_end_ms"),
        nw.col("trip").shift(1).over("track", order_by=order).fill_null(-1).alias("p_trip"),
    )
    apart = (nw.col("p_trip") != nw.col("trip")) | (
        nw.col("start_ms") - nw.col("p_end_ms") >= int(limit.bridge_s * 1000)
    )
    numbered = work.with_columns(
        nw.when(apart).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias("is_new")
    ).with_columns(nw.col("is_new").cum_sum().over("track", order_by=order).cast(nw.Int64).alias("cluster"))
    clusters = (
        numbered.group_by("track", "cluster")
        .agg(
            nw.col("run").min().alias("run_first"),
            nw.col("run").max().alias("run_last"),
            nw.col("start_ms").min(),
            nw.col("end_ms").max(),
            nw.col("reports").sum(),
            nw.col("from_cm").min(),
            nw.col("to_cm").max(),
            nw.col("v_100").sum(),
            nw.col("has_v").sum(),
            nw.col("lon_min").min(),
            nw.col("lon_max").max(),
            nw.col("lat_min").min(),
            nw.col("lat_max").max(),
        )
        .with_columns(nw.col("reports", "v_100", "has_v").cast(nw.Int64))
    )
    return clusters.filter(nw.col("end_ms") - nw.col("start_ms") >= int(limit.episode_s * 1000))


def time_by_state(table: Frame) -> Frame:
    """Per track and state: milliseconds, kilometres sailed (cm), reports, first and last moment."""
    return (
        table.with_columns(
            (nw.col("end_ms") - nw.col("start_ms")).alias("ms"),
            (nw.col("to_cm") - nw.col("from_cm")).alias("cm"),
        )
        .group_by("track", "state")
        .agg(
            nw.col("ms").sum(),
            nw.col("cm").sum(),
            nw.col("reports").sum(),
            nw.col("start_ms").min(),
            nw.col("end_ms").max(),
        )
        .with_columns(nw.col("ms", "cm", "reports").cast(nw.Int64))
    )
