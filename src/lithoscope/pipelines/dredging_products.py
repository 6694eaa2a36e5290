"""From episodes and runs to the products: vessels, loads, volumes, zone-months, tracks, effort, dark gaps."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl

from lithoscope.methods import dredging_purpose as purpose
from lithoscope.methods.dredging_cycles import draught_confirms
from lithoscope.methods.dredging_cycles import loads as loads_of
from lithoscope.methods.dredging_episodes import episodes as episodes_of
from lithoscope.methods.dredging_states import SHIPS
from lithoscope.methods.dredging_volume import INFERRED, SEED, SEEN, volumes
from lithoscope.pipelines import dredging_geometry as geometry
from lithoscope.pipelines import dredging_zones as zones
from lithoscope.pipelines.dredging_engines import Engine
from lithoscope.pipelines.dredging_found import Found
from lithoscope.pipelines.dredging_vessels import Known, known_tables, read_vessels, vessels
from lithoscope.sources.ais_input import AisInput

if TYPE_CHECKING:
    from lithoscope.pipelines.dredging import Tracked

RECORD = "dredging.json"


@dataclass
class Extras:
    """What the user gave beside AIS. zones, protected: polygons; known: vessel tables."""

    known: Known
    zones: gpd.GeoDataFrame | None = None
    zones_file: str = ""
    protected: gpd.GeoDataFrame | None = None
    bathymetry: Path | None = None


@dataclass
class Products:
    """The tables of a result; see docs/sand.md for the columns."""

    episodes: gpd.GeoDataFrame
    tracks: gpd.GeoDataFrame
    vessels: pd.DataFrame
    loads: pd.DataFrame
    zone_months: pd.DataFrame
    effort: gpd.GeoDataFrame
    dark_gaps: pd.DataFrame
    reception: pd.DataFrame
    totals: pd.Series
    notes: list[str] = field(default_factory=list)


def read_extras(
    zones_path: Path | None, vessels_path: Path | None, protected_path: Path | None, bathymetry: Path | None
) -> Extras:
    """Read what the user gave; BadInput naming the file that cannot be used."""
    from lithoscope.sources.polygons import read_polygons

    own = read_vessels(vessels_path) if vessels_path else None
    return Extras(
        known=known_tables(own),
        zones=zones.read_zones(zones_path) if zones_path else None,
        zones_file=zones_path.name if zones_path else "",
        protected=read_polygons(protected_path) if protected_path else None,
        bathymetry=bathymetry,
    )


def assemble(
    tracked: "Tracked",
    former: Found | None,
    engine: Engine,
    reports: AisInput,
    said: pd.DataFrame,
    extras: Extras,
    *,
    seed: int | None = None,
) -> tuple[Products, Found]:
    """All products of one run, and what was found of every ship.

    said: of `dredging_vessels.identities`. former: what an earlier run found of other ships; it is added,
    and drawn no more.
    """
    new = tracked.found
    found = former.with_all_of(new) if former else new
    every = episodes_of(found.clusters)
    every_load = loads_of(found.runs, every)
    ships = vessels(found.times, every, every_load, said, extras.known)
    dredgers = ships.index[ships["is_dredger"]]
    episodes = every[every["track"].isin(dredgers)]
    loads = every_load[every_load["track"].isin(dredgers)].reset_index(drop=True)
    fresh = dredgers[dredgers.isin(new.times["track"])]
    drawn = geometry.draw(tracked.tracks, new, episodes[episodes["track"].isin(fresh)], fresh, engine)
    found = former.with_all_of(drawn) if former else drawn
    return _products(found, tracked, episodes, loads, ships, reports, extras, seed or SEED), found


def _products(
    found: Found,
    tracked: "Tracked",
    episodes: pd.DataFrame,
    loads: pd.DataFrame,
    ships: pd.DataFrame,
    reports: AisInput,
    extras: Extras,
    seed: int,
) -> Products:
    placed = _placed(episodes, found.parts, ships, extras)
    loads = _judged_loads(loads, placed, ships, reports)
    placed = _with_loads(placed, loads)
    gaps = geometry.dark_gaps(found.silences, placed, ships)
    ships = _with_totals(ships, loads, placed, gaps, seed=seed)
    drawn = found.tracks.sort_values(["track", "start_utc"], kind="stable")
    tracks = drawn.merge(ships["vessel_id"], left_on="track", right_index=True).drop(columns="track")
    return Products(
        episodes=_episode_table(placed, ships),
        tracks=tracks.reset_index(drop=True),
        vessels=_vessel_table(ships),
        loads=_load_table(loads),
        zone_months=zone_months(placed, loads, ships, seed=seed),
        effort=geometry.effort(found.cells.sort_values(["cell", "month", "track"])),
        dark_gaps=gaps,
        reception=geometry.reception(tracked.heard),
        totals=_volumes(loads, ships, [], seed=seed).iloc[0] if len(loads) else pd.Series(dtype=float),
    )


def _placed(
    episodes: pd.DataFrame, parts: gpd.GeoDataFrame, ships: pd.DataFrame, extras: Extras
) -> gpd.GeoDataFrame:
    """Episodes with geometry, middle point, zone, protected share and depth."""
    placed = episodes.merge(parts, on=["track", "start_ms"], how="left").set_axis(episodes.index)
    placed = gpd.GeoDataFrame(placed, geometry="geometry", crs="EPSG:4326")
    lon, lat = placed["lon"], placed["lat"]
    if extras.zones is not None:
        zone = zones.within(lon, lat, extras.zones, file=extras.zones_file)
    else:
        zone = zones.computed(lon, lat)
    placed = gpd.GeoDataFrame(placed.join(zone), geometry="geometry", crs="EPSG:4326")
    placed["p_dredger"] = placed["track"].map(ships["p_dredger"])
    placed["protected_share"] = geometry.protected_share(placed, extras.protected)
    placed["depth_m"] = geometry.depth_m(lon, lat, extras.bathymetry)
    placed["month"] = pd.to_datetime(
        (placed["start_ms"] + placed["end_ms"]) // 2, unit="ms", utc=True
    ).dt.strftime("%Y-%m")
    return placed


def _judged_loads(
    loads: pd.DataFrame, episodes: pd.DataFrame, ships: pd.DataFrame, reports: AisInput
) -> pd.DataFrame:
    """Loads with zone and month of their first episode, discharge, purposes and draught."""
    table = loads.copy()
    first = episodes.reindex(table["first_episode"]).set_axis(table.index)
    for column in ("zone", "month", "coast_km", "country_iso3"):
        table[column] = first[column]
    table["vessel"] = table["track"].map(ships["vessel_id"])
    table["weight"] = np.where(table["certainty"] == SEEN, 1.0, np.nan)
    table["discharge_coast_km"] = zones.coast_km(table["discharge_lon"], table["discharge_lat"])
    table["discharge"] = purpose.discharge_kind(table)
    table["berth_share"] = table["idle_share"]
    share = purpose.purposes(table)
    table = table.join(share)
    table["purpose"] = share.idxmax(axis=1) if len(share) else pd.Series(dtype="object")
    table["purpose_p"] = share.max(axis=1).round(3)
    table["is_draught_confirmed"] = draught_confirms(table, _draughts(reports, table["track"].unique()))
    return table


def _draughts(reports: AisInput, tracks: Any) -> pd.DataFrame:
    """Reported draughts of some tracks: track, t_ms, draught_m (one per half hour). [m]"""
    wanted = sorted({int(track) // SHIPS for track in tracks})
    found = [pl.DataFrame(schema={"mmsi": pl.Int64, "t_ms": pl.Int64, "draught_m": pl.Float64})]
    found += [
        each.filter(pl.col("mmsi").is_in(wanted)).collect(engine="streaming") for each in reports.draughts()
    ]
    table = pl.concat(found).sort("mmsi", "t_ms", "draught_m").to_pandas()
    return table.assign(track=table["mmsi"] * SHIPS)


def _with_loads(episodes: gpd.GeoDataFrame, loads: pd.DataFrame) -> gpd.GeoDataFrame:
    """Episodes with the load that each belongs to and its purpose."""
    numbers = episodes.index.to_numpy()
    at = np.searchsorted(loads["first_episode"], numbers, side="right") - 1
    chosen = loads.iloc[at].set_axis(episodes.index) if len(loads) else loads.reindex(episodes.index)
    table = episodes.copy()
    table["load"] = chosen["load"].astype("int64") if len(loads) else pd.Series(dtype="int64")
    for column in ("purpose", "purpose_p", *purpose.PURPOSES):
        table[column] = chosen[column]
    return table


def _hoppers(ships: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "hopper_low_m3": "low",
        "hopper_best_m3": "mode",
        "hopper_high_m3": "high",
        "spacing_s": "spacing_s",
    }
    return ships.set_index("vessel_id")[list(columns)].rename(columns=columns)


def _volumes(loads: pd.DataFrame, ships: pd.DataFrame, groups: list[str], *, seed: int) -> pd.DataFrame:
    return volumes(loads, _hoppers(ships), groups=groups, seed=seed)


def zone_months(
    episodes: pd.DataFrame, loads: pd.DataFrame, ships: pd.DataFrame, *, seed: int
) -> pd.DataFrame:
    """Per zone and month: hours, episodes, loads, vessels, flags, purposes, volume and mass as low, best,
    high.

    An episode counts in the month and zone of its middle, a load in those of its first episode. Hours by flag
    and by purpose are JSON-like text 'NLD 12.5; BEL 3.0'. Volume is NaN where no load was seen: unknown, not
    zero.
    """
    keys = ["zone", "month"]
    table = episodes.assign(
        vessel=episodes["track"].map(ships["vessel_id"]),
        flag=episodes["track"].map(ships["flag_iso3"]).fillna("unknown"),
    )
    grouped = table.groupby(keys, sort=True)
    months = pd.DataFrame(
        {
            "hours": grouped["hours"].sum().round(3),
            "episodes": grouped.size(),
            "vessels": grouped["vessel"].nunique(),
            **{name: grouped[name].first() for name in zones.ZONE_COLUMNS[1:-1]},
            "hours_by_flag": _listed(table, keys, "flag"),
            "hours_by_purpose": _listed(table, keys, "purpose"),
            "protected_share": _weighted(table, keys, "protected_share"),
        }
    )
    by_load = loads.groupby(keys)
    months["cycles"] = (
        (loads["certainty"] == SEEN)
        .groupby([loads[key] for key in keys])
        .sum()
        .reindex(months.index)
        .fillna(0)
        .astype("int64")
    )
    months["loads"] = by_load.size().reindex(months.index).fillna(0).astype("int64")
    amounts = _volumes(loads, ships, keys, seed=seed).set_index(keys)
    months = months.join(amounts)
    return months.reset_index()


def _listed(table: pd.DataFrame, keys: list[str], by: str) -> pd.Series:
    hours = table.groupby([*keys, by])["hours"].sum().sort_values(ascending=False)
    lines = [f"{key[-1]} {value:.1f}" for key, value in hours.items()]  # type: ignore[index]  # keys are tuples
    text = pd.Series(lines, index=hours.index, dtype="object").groupby(level=keys).agg("; ".join)
    return text


def _weighted(table: pd.DataFrame, keys: list[str], column: str) -> pd.Series:
    known = table[table[column].notna()]
    total = (known[column] * known["hours"]).groupby([known[key] for key in keys]).sum()
    return total / known.groupby(keys)["hours"].sum()


def _with_totals(
    ships: pd.DataFrame, loads: pd.DataFrame, episodes: pd.DataFrame, gaps: pd.DataFrame, *, seed: int
) -> pd.DataFrame:
    table = ships.copy()
    certain = pd.crosstab(loads["track"], loads["certainty"])
    certain = certain.reindex(index=table.index, columns=[SEEN, INFERRED, "unfinished"], fill_value=0)
    table["cycles"] = certain[SEEN]
    table["loads_inferred"], table["loads_unfinished"] = certain[INFERRED], certain["unfinished"]
    amounts = _volumes(loads, ships, ["vessel"], seed=seed)
    table = table.join(amounts.set_index("vessel"), on="vessel_id")
    listed = episodes.groupby("track")["country_iso3"].agg(lambda each: "; ".join(sorted(set(each.dropna()))))
    table["extraction_countries"] = listed.reindex(table.index)
    table["dark_gaps"] = (
        gaps.groupby("vessel_id").size().reindex(table["vessel_id"]).fillna(0).astype("int64").to_numpy()
    )
    return table


def _episode_table(episodes: gpd.GeoDataFrame, ships: pd.DataFrame) -> gpd.GeoDataFrame:
    table = episodes.copy()
    for name in ("vessel_id", "name", "flag_iso3"):
        table[name] = table["track"].map(ships[name]).astype("object")
    table["start_utc"] = pd.to_datetime(table["start_ms"], unit="ms", utc=True)
    table["end_utc"] = pd.to_datetime(table["end_ms"], unit="ms", utc=True)
    table["episode_id"] = table["vessel_id"] + ":" + table["start_utc"].dt.strftime("%Y%m%dT%H%M%SZ")
    table["p_dredger"] = table["p_dredger"].round(4)
    columns = [
        "episode_id",
        "mmsi",
        "vessel_id",
        "name",
        "start_utc",
        "end_utc",
        "hours",
        "distance_km",
        "mean_sog_kn",
        *zones.ZONE_COLUMNS,
        "flag_iso3",
        "p_dredger",
        "load",
        "purpose",
        "purpose_p",
        *purpose.PURPOSES,
        "protected_share",
        "depth_m",
        "lon",
        "lat",
        "reports",
        "month",
        "geometry",
    ]
    return gpd.GeoDataFrame(table[columns], geometry="geometry", crs="EPSG:4326").reset_index(drop=True)


def _vessel_table(ships: pd.DataFrame) -> pd.DataFrame:
    columns = [
        "vessel_id",
        "mmsi",
        "name",
        "imo_number",
        "callsign",
        "ship_type",
        "length_m",
        "width_m",
        "spacing_s",
        "flag_iso3",
        "p_dredger",
        "is_dredger",
        "reasons",
        "known_kind",
        "known_name",
        "episodes",
        "dredging_hours",
        "cycles",
        "loads_inferred",
        "loads_unfinished",
        "hopper_low_m3",
        "hopper_best_m3",
        "hopper_high_m3",
        "hopper_origin",
        "volume_low_m3",
        "volume_best_m3",
        "volume_high_m3",
        "mass_low_t",
        "mass_best_t",
        "mass_high_t",
        "extraction_countries",
        "dark_gaps",
        "fishing_share",
        "first_seen_utc",
        "last_seen_utc",
        "reports",
        "idle_h",
        "slow_h",
        "transit_h",
        "km",
    ]
    table = ships[columns].sort_values("vessel_id").reset_index(drop=True)
    for name in ("imo_number", "ship_type"):
        table[name] = table[name].astype("Int64")
    return table.assign(
        p_dredger=table["p_dredger"].round(4),
        spacing_s=table["spacing_s"].round(1),
        dredging_hours=table["dredging_hours"].round(4),
    )


def _load_table(loads: pd.DataFrame) -> pd.DataFrame:
    table = loads.rename(columns={"vessel": "vessel_id"})
    for name in ("start", "end", "discharge_start", "discharge_end"):
        moments = table[f"{name}_ms"].where(table[f"{name}_ms"] >= 0)
        table[f"{name}_utc"] = pd.to_datetime(moments, unit="ms", utc=True)
    columns = [
        "vessel_id",
        "load",
        "certainty",
        "start_utc",
        "end_utc",
        "sail_km",
        "discharge_start_utc",
        "discharge_end_utc",
        "discharge_lon",
        "discharge_lat",
        "discharge_coast_km",
        "discharge",
        "zone",
        "month",
        "country_iso3",
        "coast_km",
        "purpose",
        "purpose_p",
        *purpose.PURPOSES,
        "is_draught_confirmed",
    ]
    return table[columns]


def document(result: Products, tracked: "Tracked", *, notices: list[str], files: list[str]) -> dict[str, Any]:
    """The document of `lithoscope dredging --json`, without outputs; a volume that is not known is null."""

    def ends(what: str, unit: str) -> dict[str, float | None]:
        values = {end: result.totals.get(f"{what}_{end}_{unit}") for end in ("low", "best", "high")}
        if result.episodes.empty:
            return dict.fromkeys(values, 0.0)
        return {
            end: None if value is None or np.isnan(value) else round(float(value), 1)
            for end, value in values.items()
        }

    return {
        "positions": tracked.positions,
        "dropped": tracked.dropped,
        "vessels": len(result.vessels),
        "dredgers": int(result.vessels["is_dredger"].sum()),
        "episodes": len(result.episodes),
        "dredging_hours": round(float(result.episodes["hours"].sum()), 4),
        "cycles": int(result.vessels["cycles"].where(result.vessels["is_dredger"], 0).sum()),
        "volume_m3": ends("volume", "m3"),
        "mass_t": ends("mass", "t"),
        "dark_gaps": len(result.dark_gaps),
        "zones": sorted(result.episodes["zone"].unique()),
        "notices": notices,
        "files": files,
    }
