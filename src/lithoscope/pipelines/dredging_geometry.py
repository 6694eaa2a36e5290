"""What of a dredger's reports is kept: simplified tracks, lines of episodes, hours per H3 cell, silences."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import shapely

from lithoscope.methods.dredging_states import STATES, threshold
from lithoscope.pipelines.dredging_engines import Engine, Table
from lithoscope.pipelines.dredging_found import Found
from lithoscope.pipelines.dredging_zones import nearest, on_sphere

BATCH_REPORTS = 4_000_000
"""Reports of dredgers looked at together; bounds memory."""
MINUTE_MS = 60_000


def draw(tracks: Table, found: Found, episodes: pd.DataFrame, dredgers: Any, engine: Engine) -> Found:
    """What was found, with lines and cells of the dredgers: some tracks at a time, a report a minute at most.

    parts: per episode (track, start_ms) the line, and lon, lat of its middle. tracks: a line per state run.
    cells: hours per cell, month and track. silences: pauses of dark_gap_s or more.
    """
    parts, paths, cells, silences = [_no_parts()], [_no_tracks()], [_no_cells()], [_no_silences()]
    for points in _batches(tracks, found.times, dredgers, engine):
        here = points["track"].unique()
        mine = episodes[episodes["track"].isin(here)]
        parts.append(_episode_lines(points, mine))
        paths.append(_track_lines(points, found.runs[found.runs["track"].isin(here)]))
        cells.append(_cells(points, mine))
        silences.append(_silences(points))
    return replace(found, parts=_all(parts), tracks=_all(paths), cells=_all(cells), silences=_all(silences))


def _all(frames: list[Any]) -> Any:
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(filled, ignore_index=True)


_SILENCE = ("track", "start_ms", "end_ms", "lon", "lat", "lon_2", "lat_2")


def _no_parts() -> gpd.GeoDataFrame:
    columns = {name: pd.Series(dtype="int64") for name in ("track", "start_ms")}
    places = {name: pd.Series(dtype="float64") for name in ("lon", "lat")}
    return gpd.GeoDataFrame({**columns, **places}, geometry=gpd.GeoSeries([], crs="EPSG:4326"))


def _no_tracks() -> gpd.GeoDataFrame:
    columns = {"track": pd.Series(dtype="int64"), "state": pd.Series(dtype="str")}
    moments = {name: pd.Series(dtype="datetime64[ms, UTC]") for name in ("start_utc", "end_utc")}
    return gpd.GeoDataFrame({**columns, **moments}, geometry=gpd.GeoSeries([], crs="EPSG:4326"))


def _no_cells() -> pd.DataFrame:
    kinds = {"cell": "str", "month": "str", "track": "int64", "hours": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _no_silences() -> pd.DataFrame:
    whole = ("track", "start_ms", "end_ms")
    return pd.DataFrame({name: pd.Series(dtype="int64" if name in whole else "float64") for name in _SILENCE})


def _batches(tracks: Table, times: pd.DataFrame, dredgers: Any, engine: Engine) -> Iterator[pd.DataFrame]:
    reports = times.groupby("track")["reports"].sum().reindex(dredgers).fillna(0)
    batch = (reports.cumsum() // BATCH_REPORTS).astype("int64")
    for number, some in reports.groupby(batch):
        wanted = engine.small(pl.DataFrame({"track": some.index.to_numpy(dtype="int64")}), f"drawn_{number}")
        chosen = tracks.join(wanted, on="track", how="inner").with_columns(
            (nw.col("t_ms") // MINUTE_MS).alias("minute")
        )
        thin = chosen.filter(nw.col("t_ms") == nw.col("t_ms").min().over("track", "minute"))
        points = engine.collect(thin.select("track", "t_ms", "lon", "lat")).to_pandas()
        yield points.sort_values(["track", "t_ms"], ignore_index=True)


def _ranges(points: pd.DataFrame, parts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """First and last row (excluded) of the sorted points of each part (track, start_ms, end_ms); never empty.

    A part between two reports takes the one before it.
    """
    firsts = points["track"].drop_duplicates()
    at = np.searchsorted(firsts.to_numpy(), parts["track"].to_numpy())
    low = firsts.index.to_numpy()[at]
    high = np.append(firsts.index.to_numpy()[1:], len(points))[at]
    step = int(points["t_ms"].max() - points["t_ms"].min()) + 1
    base = int(points["t_ms"].min())
    key = points["track"].rank(method="dense").to_numpy(dtype="int64") * step + (
        points["t_ms"].to_numpy() - base
    )
    starts, ends = (np.clip(parts[name].to_numpy() - base, 0, step - 1) for name in ("start_ms", "end_ms"))
    a = np.clip(np.searchsorted(key, (at + 1) * step + starts, side="left"), low, high)
    b = np.clip(np.searchsorted(key, (at + 1) * step + ends, side="right"), low, high)
    a = np.where(b - a < 2, np.maximum(a - 1, low), a)
    return a, np.maximum(b, a + 1)


def _lines(points: pd.DataFrame, parts: pd.DataFrame) -> np.ndarray:
    """A simplified line for each part, split at the antimeridian; a point twice where there is only one."""
    if parts.empty:
        return np.array([], dtype=object)
    a, b = _ranges(points, parts)
    count = np.maximum(b - a, 2)
    part = np.repeat(np.arange(len(parts)), count)
    step = np.arange(len(part)) - np.repeat(np.cumsum(count) - count, count)
    rows = np.minimum(a[part] + step, b[part] - 1)
    xy = points[["lon", "lat"]].to_numpy()[rows]
    lines = shapely.linestrings(xy, indices=part)
    crosses = np.unique(part[1:][(np.abs(np.diff(xy[:, 0])) > 180) & (part[1:] == part[:-1])])
    simple = shapely.simplify(lines, threshold("simplify_m") / 111_195, preserve_topology=False)
    lost = shapely.is_empty(simple)
    simple[lost] = lines[lost]
    for number in crosses:
        import antimeridian

        simple[number] = antimeridian.fix_line_string(lines[number], great_circle=False)
    return np.asarray(simple)


def _episode_lines(points: pd.DataFrame, episodes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Lines of the episodes, and the report in the middle of the time of each."""
    if episodes.empty:
        return _no_parts()
    lines = gpd.GeoSeries(_lines(points, episodes), crs="EPSG:4326")
    half = (episodes["start_ms"] + episodes["end_ms"]) // 2
    before, _ = _ranges(points, episodes.assign(end_ms=half))
    _, after = _ranges(points, episodes.assign(end_ms=half))
    nearest = np.maximum(after - 1, before)
    later = np.minimum(nearest + 1, len(points) - 1)
    t, track = points["t_ms"].to_numpy(), points["track"].to_numpy()
    is_nearer = (track[later] == track[nearest]) & (np.abs(t[later] - half) < np.abs(t[nearest] - half))
    chosen = np.where(is_nearer, later, nearest)
    middle = points.loc[chosen, ["lon", "lat"]].round(6).reset_index(drop=True)
    whose = episodes[["track", "start_ms"]].reset_index(drop=True)
    return gpd.GeoDataFrame(whose.join(middle), geometry=lines)


def _track_lines(points: pd.DataFrame, runs: pd.DataFrame) -> gpd.GeoDataFrame:
    """One line per run of a state; runs of one or two minutes go into the run before."""
    if runs.empty:
        return _no_tracks()
    joined = runs.sort_values(["track", "run"])
    is_short = (joined["end_ms"] - joined["start_ms"]) < 2 * MINUTE_MS
    is_new = (joined[["track", "trip"]] != joined[["track", "trip"]].shift()).any(axis=1)
    piece = (
        is_new | (~is_short & (joined["state"] != joined["state"].where(~is_short).ffill().shift()))
    ).cumsum()
    pieces = joined.groupby(piece).agg(
        track=("track", "first"),
        state=("state", "first"),
        start_ms=("start_ms", "min"),
        end_ms=("end_ms", "max"),
    )
    return gpd.GeoDataFrame(
        {
            "track": pieces["track"].to_numpy(),
            "state": np.array(STATES)[pieces["state"].to_numpy()],
            "start_utc": pd.to_datetime(pieces["start_ms"].to_numpy(), unit="ms", utc=True),
            "end_utc": pd.to_datetime(pieces["end_ms"].to_numpy(), unit="ms", utc=True),
        },
        geometry=_lines(points, pieces),
        crs="EPSG:4326",
    )


def _cells(points: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Hours of dredging per H3 cell, month and track: each report stands for the time until the next."""
    columns = ["cell", "month", "track", "hours"]
    if episodes.empty:
        return _no_cells()
    a, b = _ranges(points, episodes)
    count = b - a
    part = np.repeat(np.arange(len(episodes)), count)
    first = np.cumsum(count) - count
    rows = np.repeat(a - first, count) + np.arange(len(part))
    t = points["t_ms"].to_numpy()[rows]
    start, end = (episodes[name].to_numpy()[part] for name in ("start_ms", "end_ms"))
    begin = np.clip(t, start, end)
    begin[first] = episodes["start_ms"]
    until = np.append(begin[1:], 0)
    until[first + count - 1] = episodes["end_ms"]
    level = int(threshold("h3_resolution"))
    half = (episodes["start_ms"] + episodes["end_ms"]) // 2
    months = pd.to_datetime(half, unit="ms", utc=True).dt.strftime("%Y-%m").to_numpy()
    lat, lon = points["lat"].to_numpy()[rows], points["lon"].to_numpy()[rows]
    table = pd.DataFrame(
        {
            "cell": [h3.latlng_to_cell(y, x, level) for y, x in zip(lat.tolist(), lon.tolist(), strict=True)],
            "month": months[part],
            "track": episodes["track"].to_numpy()[part],
            "hours": (until - begin) / 3_600_000,
        }
    )
    return table.groupby(columns[:3], sort=False)["hours"].sum().reset_index()


def effort(cells: pd.DataFrame) -> gpd.GeoDataFrame:
    """Hours and vessels per cell and month, with the cell's hexagon, split at the antimeridian."""
    grouped = cells.groupby(["cell", "month"], sort=True)
    table = pd.DataFrame(
        {"hours": grouped["hours"].sum().astype(float).round(4), "vessels": grouped["track"].nunique()}
    )
    table = table.reset_index().rename(columns={"cell": "h3"})
    table["h3"] = table["h3"].astype("str")
    shapes = [_hexagon(cell) for cell in table["h3"]]
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326", index=table.index))


def _hexagon(cell: str) -> Any:
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    shape = shapely.Polygon(ring)
    lons = [lon for lon, _ in ring]
    if max(lons) - min(lons) <= 180:
        return shape
    import antimeridian

    return antimeridian.fix_polygon(shape)


def _silences(points: pd.DataFrame) -> pd.DataFrame:
    later = points.shift(-1)
    quiet = (points["track"] == later["track"]) & (
        later["t_ms"] - points["t_ms"] >= threshold("dark_gap_s") * 1000
    )
    before, after = points[quiet], later[quiet]
    return pd.DataFrame(
        {
            "track": before["track"],
            "start_ms": before["t_ms"],
            "end_ms": after["t_ms"].astype("int64"),
            "lon": before["lon"],
            "lat": before["lat"],
            "lon_2": after["lon"],
            "lat_2": after["lat"],
        }
    )


def reception(heard: pd.DataFrame) -> pd.DataFrame:
    """Where any ship was heard: per H3 cell and month the reports, and the days with any.

    heard: day, x, y, n, of `dredging_states.heard`. Cells with fewer than reception_reports in a month are
    left out: stray points of wrong positions.
    """
    columns = ["h3", "month", "reports", "days"]
    if heard.empty:
        kinds = ("str", "str", "int64", "int64")
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in zip(columns, kinds, strict=True)})
    squares = heard[["x", "y"]].drop_duplicates()
    middles = (squares + 0.5) / 10 - np.array([180, 90])
    level = int(threshold("reception_resolution"))
    squares["h3"] = [h3.latlng_to_cell(y, x, level) for x, y in middles.to_numpy().tolist()]
    days = pd.Series(sorted(heard["day"].unique()))
    months = pd.to_datetime(days, unit="D").dt.strftime("%Y-%m").set_axis(days)
    table = heard.merge(squares, on=["x", "y"]).assign(month=lambda rows: rows["day"].map(months))
    grouped = table.groupby(["h3", "month"], sort=True)
    found = pd.DataFrame({"reports": grouped["n"].sum(), "days": grouped["day"].nunique()}).reset_index()
    found = found.astype({"h3": "str", "month": "str", "reports": "int64", "days": "int64"})
    return found[found["reports"] >= threshold("reception_reports")].reset_index(drop=True)


def dark_gaps(silences: pd.DataFrame, episodes: pd.DataFrame, ships: pd.DataFrame) -> pd.DataFrame:
    """Silences of dredgers that begin or end beside a known ground (within dark_gap_km of an episode's
    middle).

    A ship lying still at both ends within 1 km, near no ground, is not listed. Lengths in km and hours.
    """
    columns = [
        "vessel_id",
        "start_utc",
        "end_utc",
        "hours",
        "lon",
        "lat",
        "lon_2",
        "lat_2",
        "ground_km",
        "zone",
    ]
    if silences.empty or episodes.empty:
        return pd.DataFrame(columns=columns)
    grounds = on_sphere(episodes["lon"], episodes["lat"])
    ends = [
        nearest(on_sphere(silences[x], silences[y]), grounds) for x, y in (("lon", "lat"), ("lon_2", "lat_2"))
    ]
    apart = np.column_stack([km for km, _ in ends])
    closer = apart.argmin(axis=1)
    km = apart.min(axis=1)
    at = np.column_stack([row for _, row in ends])[np.arange(len(silences)), closer]
    table = silences.assign(ground_km=km.round(3), zone=episodes["zone"].to_numpy()[at])
    table = table[table["ground_km"] <= threshold("dark_gap_km")].copy()
    table["vessel_id"] = table["track"].map(ships["vessel_id"])
    table["hours"] = ((table["end_ms"] - table["start_ms"]) / 3_600_000).round(4)
    for name in ("start", "end"):
        table[f"{name}_utc"] = pd.to_datetime(table[f"{name}_ms"], unit="ms", utc=True)
    return table[columns].sort_values(["vessel_id", "start_utc"], ignore_index=True)


def protected_share(episodes: gpd.GeoDataFrame, protected: gpd.GeoDataFrame | None) -> pd.Series:
    """Share of each episode's length inside protected areas; NaN without polygons. Lengths in degrees of the
    line.
    """
    if protected is None:
        return pd.Series(np.nan, index=episodes.index)
    area = shapely.union_all(shapely.make_valid(protected.geometry.to_numpy(), method="structure"))
    shapely.prepare(area)
    lines = episodes.geometry.to_numpy()
    length = shapely.length(lines)
    inside = shapely.length(shapely.intersection(lines, area))
    share = np.where(length > 0, inside / np.where(length > 0, length, 1), shapely.intersects(lines, area))
    return pd.Series(np.round(share, 4), index=episodes.index)


def depth_m(lon: pd.Series, lat: pd.Series, bathymetry: Path | None) -> pd.Series:
    """Depth of water at points from a raster of elevations, negative below the sea; NaN on land and without a
    raster. [m]
    """
    if bathymetry is None:
        return pd.Series(np.nan, index=lon.index)
    from lithoscope.sources import rasters

    height = rasters.open_values(bathymetry).at(lon.to_numpy(dtype=float), lat.to_numpy(dtype=float))
    return pd.Series(np.where(height < 0, -height, np.nan), index=lon.index)
