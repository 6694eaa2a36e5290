"""Raw AIS -> dredging episodes, load cycles, volumes and zone-months: the order of the steps.

The steps that see every report are narwhals expressions (methods/dredging_states.py) and run on polars,
DuckDB or Spark alike; from episodes and runs on, tables are small and are pandas. Results appear whole or not
at all.
"""

import errno
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl

from lithoscope.domain.errors import BadInput, LithoscopeError
from lithoscope.methods import dredging_states as states
from lithoscope.methods.dredging_states import FATES, SHIPS, Thresholds
from lithoscope.methods.dredging_tracks import SPIKE, ships_of_pieces
from lithoscope.pipelines import dredging_feed as feed
from lithoscope.pipelines import dredging_outputs as outputs
from lithoscope.pipelines import dredging_products as products
from lithoscope.pipelines import dredging_zones as zones
from lithoscope.pipelines.dredging_engines import Engine, Table, in_order, open_engine
from lithoscope.pipelines.dredging_found import Found
from lithoscope.pipelines.dredging_vessels import identities
from lithoscope.sources import ais_input
from lithoscope.sources.ais_columns import Mapping, read_mapping
from lithoscope.sources.ais_input import AisInput
from lithoscope.sources.ais_table import REPORT_COLUMNS

DAY_MS = 86_400_000
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLEARED_MOST = 30
"""Attempts to remove a work folder, a tenth of a second apart."""
Say = Callable[[str], None]


@dataclass
class Options:
    """What the user chose.

    append: add the files to the feed in the result folder. latest_ms: later reports have a wrong clock; a day
    from now if not given. seed: of the Monte-Carlo.
    """

    engine: str = "polars"
    memory_limit: str | None = None
    zones: Path | None = None
    vessels: Path | None = None
    mapping: Path | None = None
    protected: Path | None = None
    bathymetry: Path | None = None
    is_simulated: bool = False
    append: bool = False
    latest_ms: int | None = None
    seed: int | None = None
    limits: Thresholds = field(default_factory=states.thresholds)


@dataclass
class Tracked:
    """What the engine found in the reports.

    tracks: clean reports (track, t_ms, lon, lat, sog) in the engine. found: of each ship. heard: reports by
    day and square, of `dredging_states.heard`. dropped: counts by reason of what is dropped by itself.
    positions: reports read.
    """

    tracks: Table
    found: Found
    heard: pd.DataFrame
    dropped: dict[str, int]
    positions: int


def run(patterns: Sequence[str], out: Path, options: Options, *, say: Say = lambda _: None) -> dict[str, Any]:
    """Find dredging in AIS files and write the result folder; returns the document of `lithoscope dredging
    --json`.

    patterns: files, patterns or folders. say: called with notices and progress. Raises BadInput.
    """
    out = out.absolute()
    if out.exists() and not out.is_dir():
        raise BadInput("is a file", "give a folder for the results", file=out.name)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}.work-", dir=out.parent))
    except OSError as error:
        raise BadInput(
            f"cannot be written: {error.strerror}", "give a folder you may write to", file=out.name
        ) from error
    try:
        mapping = read_mapping(options.mapping) if options.mapping else Mapping()
        grown = None
        extras = products.read_extras(options.zones, options.vessels, options.protected, options.bathymetry)
        if options.append:
            grown = feed.grow(
                patterns,
                out,
                _made(work / "result"),
                work=work / "input",
                mapping=mapping,
                say=say,
                latest_ms=_latest(options),
                basis=feed.basis(options.limits, options.vessels),
            )
            if grown is None:
                return outputs.former(out)
            reports = grown.reports
        elif feed.is_feed(out):
            raise BadInput(
                "holds a feed", "add --append, or give another folder", file=out.name, column="--out"
            )
        else:
            reports = ais_input.read(patterns, work=work / "input", mapping=mapping, say=say)
        engine = open_engine(options.engine, work=_made(work / "engine"), memory_limit=options.memory_limit)
        try:
            return _computed(reports, engine, extras, out, work, options, grown)
        finally:
            engine.close()
    except LithoscopeError:
        raise
    except Exception as error:
        if _is_disk_full(error):
            remedy = "free some space and run again; former results are untouched"
            raise BadInput("the disk is full", remedy, file=out.name) from error
        if "Query interrupted" in str(error):  # what DuckDB makes of an interrupt
            raise KeyboardInterrupt from error
        raise
    finally:
        try:
            _clear_away(work)
        except KeyboardInterrupt:  # polars and Python each raise one for the same signal
            _clear_away(work)


def _clear_away(folder: Path) -> None:
    """Remove the folder; again while an engine's threads, which an interrupt does not stop, still write."""
    for _ in range(CLEARED_MOST):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _is_disk_full(error: BaseException) -> bool:
    """Whether an error of the system, polars, DuckDB or Spark says that nothing more can be written."""
    said = f"{error} {error.__cause__}"
    return (
        (isinstance(error, OSError) and error.errno in DISK_FULL)
        or any(f"os error {number})" in said for number in DISK_FULL)
        or "No space left on device" in said
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _latest(options: Options) -> int:
    return options.latest_ms or round(time.time() * 1000) + DAY_MS


def _computed(
    reports: AisInput,
    engine: Engine,
    extras: products.Extras,
    out: Path,
    work: Path,
    options: Options,
    grown: feed.Grown | None,
) -> dict[str, Any]:
    with ThreadPoolExecutor(1) as aside:  # who the ships are, and the coast, while the engine sorts
        said = aside.submit(lambda: (identities(reports), zones.prepare())[0])
        tracked = track(scanned(reports, engine, work), engine, options.limits, latest_ms=_latest(options))
        ships = said.result()
    tracked.dropped["malformed"] = reports.malformed
    computed = {"vessels": tracked.found.times["track"].nunique(), "reports": tracked.positions}
    former = None
    if grown is not None:
        former, tracked.heard = grown.former, grown.heard
        tracked.positions, tracked.dropped = grown.positions, grown.dropped
    result, found = products.assemble(tracked, former, engine, reports, ships, extras, seed=options.seed)
    tracked.dropped |= found.counts()
    document = products.document(result, tracked, notices=reports.notices, files=reports.files)
    document["computed"] = computed
    folder = _made(work / "result")
    if grown is not None:
        grown.keep(found, folder)
    document["outputs"] = outputs.write(result, document, folder, is_simulated=options.is_simulated)
    put_in_place(folder, out)
    return outputs.former(out)


def scanned(reports: AisInput, engine: Engine, work: Path) -> Table:
    """All reports as one table of the engine: sorted in memory for polars, a staged copy for the others."""
    if not reports.parts:
        empty = pl.DataFrame(schema=dict(zip(REPORT_COLUMNS, [pl.Int64] * 2 + [pl.Float64] * 4, strict=True)))
        return engine.small(empty, "no_reports")
    if engine.name == "polars":
        whole = pl.concat([part.select(REPORT_COLUMNS) for part in reports.parts])
        return nw.from_native(in_order(whole.collect()))
    return engine.scan(ais_input.staged(reports, work / "input"))


def track(table: Table, engine: Engine, limit: Thresholds, *, latest_ms: int) -> Tracked:
    """Clean, split, label and cut the reports: the one definition that all engines run."""
    judged = table.with_columns(states.first_fate(latest_ms=latest_ms).alias("fate"))
    counts = engine.collect(judged.group_by("fate").agg(nw.len().cast(nw.Int64).alias("n")))
    dropped = dict.fromkeys((*FATES[1:], "malformed"), 0) | {
        FATES[int(fate)]: int(n) for fate, n in counts.iter_rows() if fate
    }
    table = judged.filter(nw.col("fate") == 0).drop("fate")
    del judged  # tables of millions of rows are let go as soon as they are used
    heard = engine.collect(states.heard(table)).to_pandas()
    table = engine.keep(states.with_fates_and_jumps(table, limit, engine.near), "fated")
    tracks, later = _tracks(table, engine)
    del table
    along = engine.along(tracks, "track")
    moved = states.with_states(states.with_movement(along, limit, engine.near), limit, engine.near)
    runs = engine.keep(states.runs(moved), "runs")
    clusters = engine.collect(states.work_clusters(runs, limit)).to_pandas()
    times = engine.collect(states.time_by_state(runs)).to_pandas()
    mine = _of_tracks(runs, clusters["track"].unique(), engine)
    return Tracked(tracks, Found(clusters, times, mine, later), heard, dropped, int(counts["n"].sum()))


def _of_tracks(table: Table, tracks: Any, engine: Engine) -> pd.DataFrame:
    wanted = engine.small(pl.DataFrame({"track": np.asarray(tracks, dtype="int64")}), "candidates")
    frame = engine.collect(table.join(wanted, on="track", how="inner")).to_pandas()
    return frame.sort_values(["track", "run"], ignore_index=True)


def _tracks(fated: Table, engine: Engine) -> tuple[Table, pd.DataFrame]:
    """Reports that are kept, with the ship they belong to; and how many duplicates, stale ones and spikes
    each MMSI has (mmsi, fate, n).
    """
    columns = ("track", "t_ms", "lon", "lat", "sog")
    wrong = fated.filter(nw.col("fate") > 0).group_by("mmsi", "fate").agg(nw.len().cast(nw.Int64).alias("n"))
    dropped = engine.collect(wrong).to_pandas()
    kept = fated.filter(nw.col("fate") == 0).select("mmsi", "chunk", *columns[1:])
    pieces = _pieces(fated, kept, engine)
    if pieces.empty:
        return kept.with_columns((nw.col("mmsi") * SHIPS).alias("track")).select(*columns), dropped
    owners = ships_of_pieces(pieces)
    spiked = pieces.merge(owners[owners["ship"] == SPIKE], on=["mmsi", "chunk"])
    spikes = spiked.groupby("mmsi")["reports"].sum().rename("n").reset_index()
    dropped = pd.concat([dropped, spikes.assign(fate=FATES.index("spike"))], ignore_index=True)
    small = engine.small(pl.from_pandas(owners[owners["ship"] != 0]), "owners")
    joined = kept.join(small, on=["mmsi", "chunk"], how="left").with_columns(nw.col("ship").fill_null(0))
    tracks = (
        joined.filter(nw.col("ship") != SPIKE)
        .with_columns((nw.col("mmsi") * SHIPS + nw.col("ship")).alias("track"))
        .select(*columns)
    )
    return tracks, dropped


def _pieces(fated: Table, kept: Table, engine: Engine) -> pd.DataFrame:
    """Reports between impossible legs, of every MMSI that has one, for `ships_of_pieces`."""
    places = ("mmsi", "chunk", "lon", "lat", "p_lon", "p_lat")
    jumps = engine.collect(fated.filter(nw.col("is_jump") == 1).select(*places)).to_pandas()
    if jumps.empty:
        return jumps
    suspects = engine.small(pl.DataFrame({"mmsi": jumps["mmsi"].unique()}), "suspects")
    sizes = (
        kept.group_by("mmsi", "chunk")
        .agg(
            nw.len().cast(nw.Int64).alias("reports"),
            nw.col("t_ms").min().alias("start_ms"),
            nw.col("t_ms").max().alias("end_ms"),
        )
        .join(suspects, on="mmsi", how="inner")
    )
    pieces = engine.collect(sizes).to_pandas().sort_values(["mmsi", "chunk"], ignore_index=True)
    starts = jumps[["mmsi", "chunk", "lon", "lat"]].rename(columns={"lon": "lon_start", "lat": "lat_start"})
    ends = jumps[["mmsi", "chunk", "p_lon", "p_lat"]].rename(columns={"p_lon": "lon_end", "p_lat": "lat_end"})
    ends["chunk"] -= 1
    return pieces.merge(starts, on=["mmsi", "chunk"], how="left").merge(
        ends, on=["mmsi", "chunk"], how="left"
    )


def put_in_place(folder: Path, out: Path) -> None:
    """Swap the finished folder in; a folder of the user's with other files keeps them."""
    if not out.exists():
        folder.rename(out)
        return
    ours = (out / products.RECORD).exists() or not any(out.iterdir())
    if not ours:
        for file in sorted(folder.iterdir(), key=lambda each: each.name == products.RECORD):
            file.replace(out / file.name)
        return
    former = folder.parent / "former"
    try:
        out.rename(former)
        folder.rename(out)
    except BaseException:  # an interrupt too must not come between the two
        if former.exists() and not out.exists():
            former.rename(out)
        raise
