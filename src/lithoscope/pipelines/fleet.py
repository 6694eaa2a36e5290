"""A simulated fleet: AIS reports with noise, and the truth behind them.

Everything here is simulated, not observations, and what is made of it must say so. Same seed, same fleet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from lithoscope.domain import reference
from lithoscope.methods.dredging_simulation import KINDS, LOAD, Site, Voyage
from lithoscope.methods.dredging_volume import triangle

SHIP_TYPES = {"hopper": 33, "cutter": 33, "fishing": 30, "cargo": 70, "tug": 52, "research": 33}
LENGTHS = {
    "hopper": (70, 160),
    "cutter": (60, 120),
    "fishing": (18, 45),
    "cargo": (90, 300),
    "tug": (25, 35),
    "research": (40, 90),
}
PREFIX = {
    "hopper": "SIMULATED HOPPER",
    "cutter": "SIMULATED CUTTER",
    "fishing": "SIMULATED TRAWLER",
    "cargo": "SIMULATED CARGO",
    "tug": "SIMULATED TUG",
    "research": "SIMULATED RV",
}
MIDS = (244, 245, 205, 219, 232, 235, 211, 226, 563, 413, 538, 636, 311, 352)


@dataclass(frozen=True)
class Noise:
    """What goes wrong, as shares of reports unless said otherwise.

    jitter_m: standard error of a fix. sog_kn: of the reported speed. gaps_per_day: silences of 5 minutes to 3
    hours per ship. shared_mmsi: pairs of ships that use one MMSI.
    """

    jitter_m: float = 8.0
    sog_kn: float = 0.1
    gaps_per_day: float = 0.3
    duplicates: float = 0.01
    spikes: float = 0.001
    no_position: float = 0.0005
    no_speed: float = 0.002
    bad_mmsi: float = 0.0005
    bad_time: float = 0.0002
    shared_mmsi: int = 0


@dataclass
class Fleet:
    """reports: mmsi (text), timestamp (naive UTC), lat, lon, sog, cog, heading, status, name, imo, ship_type,
    length, width, shuffled. vessels, loads, states: the truth, with vessel as key. injected: how many
    reports of each kind of noise.
    """

    reports: pl.DataFrame
    vessels: pd.DataFrame
    loads: pd.DataFrame
    states: pd.DataFrame
    injected: dict[str, int] = field(default_factory=dict)


def sites() -> list[Site]:
    """Invented sites of data/reference/simulated_sites.csv."""
    rows = reference.load("simulated_sites").rows
    return [
        Site(
            str(row.name),
            (float(row.port_lon), float(row.port_lat)),
            (float(row.ground_lon), float(row.ground_lat)),
            None if np.isnan(row.dump_lon) else (float(row.dump_lon), float(row.dump_lat)),
        )
        for row in rows.itertuples(index=False)
    ]


def simulate(
    counts: Mapping[str, int],
    *,
    start: pd.Timestamp,
    days: float,
    spacing_s: float,
    seed: int,
    noise: Noise | None = None,
    where: list[Site] | None = None,
) -> Fleet:
    """A fleet at work. counts: ships of each kind of KINDS. spacing_s: seconds between reports, varied by a
    tenth.
    """
    noise = noise or Noise()
    where = where or sites()
    rng = np.random.default_rng(seed)
    tables, ships, loads, states = [], [], [], []
    for kind, count in counts.items():
        for number in range(count):
            site = where[len(ships) % len(where)]
            mmsi = f"{MIDS[len(ships) % len(MIDS)]}{900_000 + len(ships):06d}"
            voyage = KINDS[kind](site, days * 86_400, rng)
            ship = _ship(kind, number, mmsi, site.name, rng)
            reports = _reports(voyage, days * 86_400, spacing_s, noise, rng).assign(vessel=mmsi)
            tables.append(reports)
            ships.append(ship)
            loads.append(_loads(voyage, ship, days * 86_400, rng))
            states.append(_states(voyage, mmsi, days * 86_400))
    vessels = pd.DataFrame(ships).set_index("vessel")
    every = pd.concat(tables, ignore_index=True)
    reports, injected = _spoiled(_described(every, vessels, start, noise), noise, rng)
    return Fleet(
        reports,
        vessels,
        _dated(pd.concat(loads, ignore_index=True), start),
        _dated(pd.concat(states, ignore_index=True), start),
        injected,
    )


def _ship(kind: str, number: int, mmsi: str, site: str, rng: np.random.Generator) -> dict[str, object]:
    low, high = LENGTHS[kind]
    length = float(np.round(rng.uniform(low, high)))
    hopper = (
        float(np.exp(-6.02 + 3.108 * np.log(length) + rng.normal(0, 0.2))) if kind == "hopper" else np.nan
    )
    digits = [int(each) for each in f"{912_000 + int(rng.integers(0, 80_000)):06d}"]
    check = sum(digit * weight for digit, weight in zip(digits, range(7, 1, -1), strict=True)) % 10
    return {
        "vessel": mmsi,
        "kind": kind,
        "site": site,
        "name": f"{PREFIX[kind]} {number + 1}",
        "imo": int("".join(str(each) for each in digits) + str(check)),
        "ship_type": SHIP_TYPES[kind],
        "length_m": length,
        "width_m": float(np.round(length / 6)),
        "hopper_m3": np.round(hopper, 0),
        "load_factor": rng.triangular(*triangle("load_factor")),
    }


def _reports(
    voyage: Voyage, seconds: float, spacing_s: float, noise: Noise, rng: np.random.Generator
) -> pd.DataFrame:
    steps = spacing_s * rng.uniform(0.9, 1.1, int(seconds / spacing_s * 1.2) + 2)
    t = np.round(np.cumsum(steps) + rng.uniform(0, spacing_s))
    t = t[t < seconds]
    for _ in range(rng.poisson(noise.gaps_per_day * seconds / 86_400)):
        begin = rng.uniform(0, seconds)
        t = t[(t < begin) | (t > begin + np.exp(rng.uniform(np.log(300), np.log(10_800))))]
    way_t, way_x, way_y = (np.asarray(each) for each in (voyage.seconds, voyage.lon, voyage.lat))
    lon, lat = np.interp(t, way_t, way_x), np.interp(t, way_t, way_y)
    leg = np.clip(np.searchsorted(way_t, t, side="right") - 1, 0, len(way_t) - 2)
    dx = (way_x[leg + 1] - way_x[leg]) * np.cos(np.radians(way_y[leg]))
    dy = way_y[leg + 1] - way_y[leg]
    knots = np.hypot(dx, dy) * 111_195 / (way_t[leg + 1] - way_t[leg]) / (1852 / 3600)
    metres = rng.normal(0, noise.jitter_m, (2, len(t))) if noise.jitter_m else np.zeros((2, len(t)))
    moving = np.where(knots > 0.02, noise.sog_kn, noise.sog_kn / 3)
    return pd.DataFrame(
        {
            "second": t,
            "lon": np.round(lon + metres[0] / 111_195 / np.cos(np.radians(lat)), 6),
            "lat": np.round(lat + metres[1] / 111_195, 6),
            "sog": np.round(np.abs(knots + rng.normal(0, 1, len(t)) * moving), 1),
            "cog": np.round(np.degrees(np.arctan2(dx, dy)) % 360, 1) % 360,
        }
    )


def _loads(
    voyage: Voyage, ship: Mapping[str, object], seconds: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Loads that lie whole within the time, with the volume that was really taken (m3 in the hopper)."""
    table = pd.DataFrame(voyage.loadings, columns=["start_s", "end_s"], dtype=float)
    table["vessel"], table["site"] = ship["vessel"], ship["site"]
    factor = float(str(ship["load_factor"])) + rng.normal(0, 0.02, len(table))
    middle = (table["start_s"] + table["end_s"]) / 2
    table["lon"] = np.interp(middle, voyage.seconds, voyage.lon)
    table["lat"] = np.interp(middle, voyage.seconds, voyage.lat)
    table["in_hopper_m3"] = float(str(ship["hopper_m3"])) * np.clip(factor, 0.3, 1.0)
    return table[table["end_s"] <= seconds]


def _states(voyage: Voyage, mmsi: str, seconds: float) -> pd.DataFrame:
    """What the ship did, from when to when; neighbouring way points with the same doing are one."""
    table = pd.DataFrame(
        {"start_s": voyage.seconds[:-1], "end_s": voyage.seconds[1:], "doing": voyage.doing[:-1]}
    )
    piece = (table["doing"] != table["doing"].shift()).cumsum()
    joined = table.groupby(piece).agg(
        start_s=("start_s", "min"), end_s=("end_s", "max"), doing=("doing", "first")
    )
    joined = joined[joined["start_s"] < seconds].assign(vessel=mmsi)
    return joined.assign(end_s=joined["end_s"].clip(upper=seconds)).reset_index(drop=True)


def _dated(table: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    for end in ("start", "end"):
        table[f"{end}_utc"] = start + pd.to_timedelta(table.pop(f"{end}_s").round(), unit="s")
    return table


def _described(every: pd.DataFrame, vessels: pd.DataFrame, start: pd.Timestamp, noise: Noise) -> pl.DataFrame:
    ships = vessels.reset_index()
    ships["mmsi"] = ships["vessel"]
    for pair in range(noise.shared_mmsi):
        ships.loc[len(ships) - 1 - pair, "mmsi"] = ships.loc[pair, "mmsi"]
    first = pl.from_pandas(every).with_columns(
        (
            pl.lit(start.tz_convert(None) if start.tzinfo else start) + pl.duration(seconds=pl.col("second"))
        ).alias("timestamp")
    )
    columns = ["vessel", "mmsi", "name", "imo", "ship_type", "length_m", "width_m"]
    table = first.join(pl.from_pandas(ships[columns]), on="vessel", how="left")
    speed = pl.col("sog")
    return table.select(
        "mmsi",
        "timestamp",
        "lat",
        "lon",
        "sog",
        "cog",
        pl.when(speed < 0.3)
        .then(511)
        .otherwise(pl.col("cog").round(0).cast(pl.Int64) % 360)
        .alias("heading"),
        pl.when(speed < 0.3).then(5).otherwise(0).alias("status"),
        "name",
        "imo",
        "ship_type",
        pl.col("length_m").alias("length"),
        pl.col("width_m").alias("width"),
    )


def _spoiled(
    clean: pl.DataFrame, noise: Noise, rng: np.random.Generator
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Noise on reports: each is spoiled in one way at most, so that counts can be compared; then shuffled."""
    n = clean.height
    order = rng.permutation(n)
    taken, injected = 0, {}
    rows: dict[str, npt.NDArray[np.int64]] = {}
    for reason in ("spike", "no_position", "no_speed", "bad_mmsi", "bad_time", "duplicate"):
        share = {"spike": noise.spikes, "duplicate": noise.duplicates}.get(reason) or getattr(
            noise, reason, 0.0
        )
        count = round(n * share)
        rows[reason], injected[reason] = order[taken : taken + count], count
        taken += count
    hit = {reason: np.isin(np.arange(n), index) for reason, index in rows.items()}
    away = rng.uniform(0.5, 3, n) * rng.choice([-1, 1], n)
    spoiled = clean.with_columns(
        pl.when(pl.lit(hit["no_position"]))
        .then(91.0)
        .when(pl.lit(hit["spike"]))
        .then((pl.col("lat") + pl.lit(away)).clip(-85, 85))
        .otherwise(pl.col("lat"))
        .alias("lat"),
        pl.when(pl.lit(hit["no_position"])).then(181.0).otherwise(pl.col("lon")).alias("lon"),
        pl.when(pl.lit(hit["no_speed"])).then(102.3).otherwise(pl.col("sog")).alias("sog"),
        pl.when(pl.lit(hit["no_speed"])).then(360.0).otherwise(pl.col("cog")).alias("cog"),
        pl.when(pl.lit(hit["bad_mmsi"])).then(pl.lit("12345")).otherwise(pl.col("mmsi")).alias("mmsi"),
        pl.when(pl.lit(hit["bad_time"]))
        .then(pl.lit(pd.Timestamp("1970-01-01 00:00:07")))
        .otherwise(pl.col("timestamp"))
        .alias("timestamp"),
    )
    whole = pl.concat([spoiled, clean[np.sort(rows["duplicate"])].cast(spoiled.schema)])
    return whole[rng.permutation(whole.height)], injected


def true_episodes(fleet: Fleet) -> pd.DataFrame:
    """Loadings as they happened: vessel, start_utc, end_utc, hours."""
    loads = fleet.states[fleet.states["doing"] == LOAD]
    hours = (loads["end_utc"] - loads["start_utc"]).dt.total_seconds() / 3600
    return loads.assign(hours=hours).reset_index(drop=True)
