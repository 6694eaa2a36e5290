"""The table of vessels: who they say they are, who the vessel tables know them as, and p(dredger)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from lithoscope.domain.errors import BadInput
from lithoscope.methods import dredging_vessels as judge
from lithoscope.methods.dredging_episodes import mmsi_text
from lithoscope.methods.dredging_states import IDLE, SHIPS, TRANSIT, WORK
from lithoscope.methods.dredging_volume import hopper_from_length
from lithoscope.sources import files
from lithoscope.sources.ais_columns import reduced
from lithoscope.sources.ais_input import AisInput

IDENTITY = {
    "name": pl.String,
    "imo": pl.Int64,
    "callsign": pl.String,
    "ship_type": pl.Int64,
    "length_m": pl.Float64,
    "width_m": pl.Float64,
}
_USER_HEADINGS = {
    "mmsi": ("mmsi", "mmsi_number"),
    "imo_number": ("imo_number", "imo", "imo_no"),
    "name": ("name", "vessel_name", "ship_name", "vessel", "ship"),
    "former_names": ("former_names", "former_name", "ex_names"),
    "mmsi_from_year": ("mmsi_from_year", "mmsi_valid_from", "valid_from", "from"),
    "mmsi_to_year": ("mmsi_to_year", "mmsi_valid_to", "valid_to", "to"),
    "kind": ("kind", "type", "dredger_type", "vessel_type"),
    "hopper_m3": (
        "hopper_m3",
        "hopper_volume_m3",
        "hopper_capacity_m3",
        "hopper_volume",
        "hopper_capacity",
        "hopper",
        "capacity_m3",
    ),
    "length_m": ("length_m", "length", "loa", "loa_m"),
}
_KINDS = {
    "TSHD": ("tshd", "trailing", "hopper", "thsd", "suction dredger", "suction hopper"),
    "CSD": ("csd", "cutter"),
    "backhoe": ("backhoe", "bhd"),
    "grab": ("grab", "clamshell"),
    "dredger": ("dredg", "drague", "yes", "true"),
}


@dataclass(frozen=True)
class Known:
    """A vessel table: rows with the columns of `judge.KNOWN_COLUMNS`, and what to cite."""

    rows: pd.DataFrame
    cite: str


def kind_of(label: object) -> str | None:
    """A dredger's kind from a label; None without one; the label itself if it is none of a dredger's."""
    if not isinstance(label, str) or not label.strip():
        return None
    lowered = label.strip().lower()
    for kind, words in _KINDS.items():
        if any(word in lowered for word in words):
            return kind
    return lowered


def read_vessels(path: Path) -> Known:
    """The user's vessel table (CSV, XLSX...); BadInput if it identifies no ship.

    Columns: mmsi, imo_number or name, and kind, hopper_m3, length_m, mmsi_from_year, mmsi_to_year as far as
    known. A row without a kind is a dredger; one of another kind (cargo, research) is not.
    """
    table = files.open_table(path).frame()
    by_reduced = {reduced(str(column)): column for column in reversed(list(table.columns))}
    found = pd.DataFrame(index=range(len(table)))
    for ours, usual in _USER_HEADINGS.items():
        theirs = next((by_reduced[reduced(each)] for each in usual if reduced(each) in by_reduced), None)
        found[ours] = table[theirs].to_numpy(dtype=object) if theirs is not None else None
    if found[["mmsi", "imo_number", "name"]].isna().all(axis=None):
        raise BadInput(
            "no column identifies ships",
            "give a column mmsi, imo_number or name",
            file=path.name,
            row=1,
            column="mmsi",
        )
    for column in ("mmsi", "imo_number"):
        digits = found[column].astype("str").str.extract(r"(\d{7,9})(?:\.0)?$")[0]
        found[column] = pd.to_numeric(digits, errors="coerce")
    for column in ("mmsi_from_year", "mmsi_to_year"):
        found[column] = pd.to_numeric(found[column].astype("str").str.extract(r"(\d{4})")[0], errors="coerce")
    for column in ("hopper_m3", "length_m"):
        found[column] = _numbers(found[column], column, path.name)
    found["kind"] = pd.Series([kind_of(each) or "dredger" for each in found["kind"]], dtype="object")
    return Known(found[list(judge.KNOWN_COLUMNS)], path.name)


def _numbers(values: pd.Series, column: str, file: str) -> pd.Series:
    plain = values.astype("object").where(values.notna(), None)
    text = pd.Series([str(each).strip() if each is not None else "" for each in plain])
    numbers = pd.to_numeric(text.where(text != "", None), errors="coerce")
    wrong = (text != "") & ~(numbers > 0)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise BadInput(
            "is not a number above 0",
            "write plain numbers",
            file=file,
            row=row + 2,
            column=column,
            value=text[row],
        )
    return numbers


def known_tables(own: Known | None) -> Known:
    """The user's rows first, then ours."""
    ours = Known(judge.known_ships(), "known_dredgers")
    if own is None:
        return ours
    rows = pd.concat([own.rows.assign(table=own.cite), ours.rows.assign(table=ours.cite)], ignore_index=True)
    return Known(rows, own.cite)


def identities(reports: AisInput) -> pd.DataFrame:
    """Per MMSI (index, Int64): name, imo, callsign, ship_type, length_m, width_m said most often,
    fishing_share.

    An unset value (0, blank) is outvoted by any set one.
    """
    counted = [query.collect(engine="streaming") for query in reports.said]
    counted += [static.group_by("mmsi", *IDENTITY).len("n") for static in reports.statics]
    fishing = [
        table.select(
            "mmsi",
            (pl.col("is_fishing").fill_null(False) * pl.col("n")).alias("fishing"),
            (pl.col("has_status").fill_null(False) * pl.col("n")).alias("known"),
        )
        for table in counted
        if "is_fishing" in table.columns
    ]
    every = [
        table.with_columns(
            [pl.lit(None, kind).alias(name) for name, kind in IDENTITY.items() if name not in table.columns]
        ).select(
            "mmsi", *[pl.col(name).cast(kind) for name, kind in IDENTITY.items()], pl.col("n").cast(pl.Int64)
        )
        for table in counted
    ]
    if every:
        votes = pl.concat(every)
        ships = votes.select("mmsi").unique()
        for name in IDENTITY:
            is_set = pl.col(name).is_not_null() & (pl.col(name) != 0 if IDENTITY[name] != pl.String else True)
            best = (
                votes.filter(is_set)
                .group_by("mmsi", name)
                .agg(pl.col("n").sum())
                .sort(["n", name], descending=[True, False])
                .unique("mmsi", keep="first", maintain_order=True)
                .drop("n")
            )
            ships = ships.join(best, on="mmsi", how="left")
    else:
        ships = pl.DataFrame(schema={"mmsi": pl.Int64, **IDENTITY})
    if fishing:
        share = pl.concat(fishing).group_by("mmsi").agg(pl.col("fishing").sum(), pl.col("known").sum())
        share = share.select("mmsi", (pl.col("fishing") / pl.col("known")).alias("fishing_share"))
        ships = ships.join(share, on="mmsi", how="full", coalesce=True)
    else:
        ships = ships.with_columns(pl.lit(None, pl.Float64).alias("fishing_share"))
    return ships.to_pandas().set_index("mmsi")


def vessels(
    times: pd.DataFrame, episodes: pd.DataFrame, loads: pd.DataFrame, said: pd.DataFrame, known: Known
) -> pd.DataFrame:
    """One row per ship (index track): identity, time in each state, behaviour, p_dredger and its reasons.

    times: of `time_by_state`; episodes, loads: of all tracks; said: of `identities`. Hours and km; UTC.
    """
    table = _observed(times)
    table["mmsi"] = mmsi_text(pd.Series(table.index // SHIPS, index=table.index))
    table["ship"] = table.index % SHIPS
    table["vessel_id"] = table["mmsi"] + np.where(table["ship"] > 0, "-" + table["ship"].astype("str"), "")
    identity = said.reindex(table.index // SHIPS).set_axis(table.index)
    table = table.join(identity.rename(columns={"imo": "imo_number"}))
    for name in ("name", "callsign"):
        table[name] = table[name].astype("object").where(table[name].notna(), None)
    table["flag_iso3"] = judge.flag_of(table["mmsi"])
    per_track = episodes.groupby("track")
    table["episodes"] = per_track.size().reindex(table.index).fillna(0).astype("int64")
    table["dredging_hours"] = per_track["hours"].sum().reindex(table.index).fillna(0.0)
    table["long_share"] = (episodes["hours"] > 8).groupby(episodes["track"]).mean().reindex(table.index)
    closed = loads[loads["certainty"] != "unfinished"]
    table["cycles"] = closed.groupby("track").size().reindex(table.index).fillna(0).astype("int64")
    match = judge.matches(table, known.rows)
    row = match["known_row"].where(match["known_row"] >= 0)
    for column in ("kind", "hopper_m3", "length_m", "name"):
        table[f"known_{column}"] = row.map(known.rows[column].reset_index(drop=True))
    table["by"] = match["by"]
    table["known_kind"] = table["known_kind"].astype("object").where(row.notna(), None)
    p = judge.p_dredger(judge.evidence_of(table))
    return _with_hoppers(table.join(p))


def _observed(times: pd.DataFrame) -> pd.DataFrame:
    """Per track: first and last moment, reports, hours by state, kilometres."""
    hours = (
        times.pivot_table(index="track", columns="state", values="ms", aggfunc="sum", fill_value=0)
        / 3_600_000
    )
    hours = hours.reindex(columns=[IDLE, WORK, TRANSIT], fill_value=0.0)
    grouped = times.groupby("track")
    table = pd.DataFrame(
        {
            "start_ms": grouped["start_ms"].min(),
            "end_ms": grouped["end_ms"].max(),
            "reports": grouped["reports"].sum(),
            "km": grouped["cm"].sum() / 100_000,
        }
    )
    table["idle_h"], table["slow_h"], table["transit_h"] = hours[IDLE], hours[WORK], hours[TRANSIT]
    table["observed_h"] = (table["end_ms"] - table["start_ms"]) / 3_600_000
    table["spacing_s"] = table["observed_h"] * 3600 / table["reports"]
    table["moving_h"] = table["slow_h"] + table["transit_h"]
    for name, source in (("first_seen_utc", "start_ms"), ("last_seen_utc", "end_ms")):
        table[name] = pd.to_datetime(table[source], unit="ms", utc=True)
    table["first_year"], table["last_year"] = table["first_seen_utc"].dt.year, table["last_seen_utc"].dt.year
    return table


def _with_hoppers(table: pd.DataFrame) -> pd.DataFrame:
    """Hopper volume as low, best and high with its origin; NaN for dredgers without a hopper."""
    registered = pd.to_numeric(table["known_hopper_m3"], errors="coerce")
    length = table["length_m"].fillna(pd.to_numeric(table["known_length_m"], errors="coerce"))
    by_length = hopper_from_length(length)
    from lithoscope.methods.dredging_volume import triangle

    low, _, high = triangle("hopper_known")
    has_none = table["known_kind"].notna() & ~table["known_kind"].isin(judge.HOPPER_KINDS) & registered.isna()
    for name, factor, column in (("low", low, "low"), ("best", 1.0, "mode"), ("high", high, "high")):
        table[f"hopper_{name}_m3"] = (registered * factor).fillna(by_length[column]).mask(has_none)
    origin = np.where(length.notna(), "length", "unknown")
    table["hopper_origin"] = np.where(
        has_none, "no hopper", np.where(registered.notna(), "vessel table", origin)
    )
    table["is_dredger"] = table["p_dredger"] >= judge.JUDGED_FROM
    return table
