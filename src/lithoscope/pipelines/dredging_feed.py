"""A feed that grows by files, usually a day each: only the ships that a new file names are computed anew.

The feed is a folder beside the results. Of every file it keeps, under the file's checksum, the reports that
are not wrong by themselves, who was heard, what draughts were said, and where anything was heard; of every
ship what was found in its reports (`Found`). A new file changes what is known of the ships that it names:
their reports are read from the whole feed and gone through again; all others are taken as they stand. A file
that is already there changes nothing; one of the same name and other content takes the place of the former.
Results equal those of all files at once.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl

from lithoscope import __version__
from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput
from lithoscope.methods import dredging_states as states
from lithoscope.methods.dredging_states import FATES, Thresholds
from lithoscope.pipelines.dredging_found import Found
from lithoscope.sources import ais_input, ais_table
from lithoscope.sources.ais_columns import Mapping
from lithoscope.sources.ais_input import AisInput

FOLDER = "feed"
LIST = "files.json"
FOUND = "found"
KINDS = ("reports", "said", "draughts", "heard")
Listed = dict[str, dict[str, Any]]


def is_feed(out: Path) -> bool:
    """Whether a result folder holds a feed."""
    return (out / FOLDER / LIST).exists()


def basis(limits: Thresholds, vessels: Path | None) -> str:
    """A sum over what judges each ship by itself; where it differs, everything is computed anew."""
    tables = ("dredging_thresholds", "dredging_evidence", "known_dredgers", "dredging_name_words")
    said = [__version__, repr(limits), *(reference.load(name).rows.to_csv() for name in tables)]
    own = vessels.read_bytes() if vessels else b""
    return hashlib.sha256("\n".join(said).encode() + own).hexdigest()


@dataclass
class Grown:
    """A feed with its new files. reports: of the ships that are computed anew; who was heard, of all.

    former: what was found of all other ships, None if there is nothing. heard, positions, dropped: of the
    whole feed.
    """

    reports: AisInput
    former: Found | None
    heard: pd.DataFrame
    positions: int
    dropped: dict[str, int]
    basis: str

    def keep(self, found: Found, folder: Path) -> None:
        """Write what was found of every ship, for the next day."""
        target = folder / FOLDER / FOUND
        target.mkdir()
        found.write(target)
        (target / "basis").write_text(self.basis, encoding="ascii")


def grow(
    patterns: Sequence[str],
    out: Path,
    folder: Path,
    *,
    work: Path,
    mapping: Mapping,
    say: Callable[[str], None],
    latest_ms: int,
    basis: str,
) -> Grown | None:
    """The feed of `out` and the new files; None if every file is already in it.

    folder: where the grown feed is laid, for the results to be put beside it; `out` is not touched.
    latest_ms: later reports have a wrong clock.
    """
    former = _listed(out)
    listed = dict(former)
    target = folder / FOLDER
    target.mkdir(parents=True)
    for path in ais_input.expand(patterns):
        sum_ = _sha256(path)
        if former.get(path.name, {}).get("sha256") == sum_:
            say(f"{path.name} is already in the feed")
            continue
        read = ais_input.read([str(path)], work=work / sum_, mapping=mapping, say=say)
        listed[path.name] = {"sha256": sum_, **_kept(read, target, sum_, latest_ms)}
        shutil.rmtree(work / sum_, ignore_errors=True)
    found = _found(out, basis)
    if listed == former and found is not None:
        return None
    for about in listed.values():
        for kind in KINDS:
            name = f"{about['sha256']}.{kind}.parquet"
            if (out / FOLDER / name).exists() and not (target / name).exists():
                _link(out / FOLDER / name, target / name)
    (target / LIST).write_text(json.dumps(listed, indent=1, sort_keys=True), encoding="utf-8")
    changed = None
    if found is not None:
        moved = [about["sha256"] for name, about in listed.items() if former.get(name) != about]
        gone = [about["sha256"] for name, about in former.items() if listed[name] != about]
        changed = _named(target, moved) | _named(out / FOLDER, gone)
        found = found.without(changed)
    return _whole(target, listed, changed, found, basis, say)


def _found(out: Path, basis: str) -> Found | None:
    """What the former run found, if it judged as this one does."""
    folder = out / FOLDER / FOUND
    try:
        return Found.read(folder) if (folder / "basis").read_text(encoding="ascii") == basis else None
    except (OSError, ValueError):
        return None


def _listed(out: Path) -> Listed:
    if not is_feed(out):
        return {}
    try:
        listed = dict(json.loads((out / FOLDER / LIST).read_text(encoding="utf-8")))
        if all({"sha256", "positions", "dropped", "malformed"} <= set(about) for about in listed.values()):
            return listed
    except (ValueError, TypeError):
        pass
    raise BadInput("the feed's list is damaged", "start a new folder and give all files", file=LIST)


def _kept(read: AisInput, target: Path, sum_: str, latest_ms: int) -> dict[str, Any]:
    """Write what the feed keeps of a file; returns its counts."""
    columns = list(ais_table.REPORT_COLUMNS)
    schema = dict(zip(columns, [pl.Int64, pl.Int64, *[pl.Float64] * 4], strict=True))
    parts = [part.select(columns) for part in read.parts] or [pl.LazyFrame(schema=schema)]
    judged = nw.from_native(pl.concat(parts).collect()).with_columns(
        states.first_fate(latest_ms=latest_ms).alias("fate")
    )
    counts = judged.group_by("fate").agg(nw.len().alias("n"))
    dropped = {FATES[int(fate)]: int(n) for fate, n in counts.iter_rows() if fate}
    good = judged.filter(nw.col("fate") == 0).drop("fate").sort("mmsi", "t_ms")
    said = [query.collect(engine="streaming") for query in read.said]
    said += [_said_alone(each) for each in read.statics]
    draughts = [query.collect(engine="streaming") for query in read.draughts()]
    tables = {
        "reports": good.to_native(),
        "said": pl.concat(said, how="diagonal_relaxed") if said else pl.DataFrame(schema={"mmsi": pl.Int64}),
        "draughts": pl.concat(draughts) if draughts else None,
        "heard": states.heard(good).to_native(),
    }
    for kind, table in tables.items():
        if table is not None:
            table.write_parquet(target / f"{sum_}.{kind}.parquet", compression="zstd", row_group_size=100_000)
    return {"malformed": read.malformed, "positions": len(judged), "dropped": dropped}


def _said_alone(statics: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in statics.columns if name not in ("t_ms", "draught_m")]
    return statics.group_by(names).len("n").with_columns(pl.col("n").cast(pl.Int64))


def _named(folder: Path, sums: list[str]) -> set[int]:
    """Every MMSI that some files name."""
    found: set[int] = set()
    for sum_ in sums:
        found |= set(pl.read_parquet(folder / f"{sum_}.said.parquet", columns=["mmsi"])["mmsi"].to_list())
    return found


def _whole(
    target: Path,
    listed: Listed,
    changed: set[int] | None,
    former: Found | None,
    basis: str,
    say: Callable[[str], None],
) -> Grown:
    """The feed as one input; reports only of the changed ships, of all if that is None."""
    result, heard = AisInput(say=say), []
    dropped = dict.fromkeys((*FATES[1:], "malformed"), 0)
    for name in sorted(listed):
        about = listed[name]
        files = {kind: target / f"{about['sha256']}.{kind}.parquet" for kind in KINDS}
        result.files.append(name)
        result.malformed += int(about["malformed"])
        for reason, count in about["dropped"].items():
            dropped[reason] += count
        part = pl.scan_parquet(files["reports"], glob=False)
        result.parts.append(part if changed is None else part.filter(pl.col("mmsi").is_in(sorted(changed))))
        said = pl.scan_parquet(files["said"], glob=False)
        result.said.append(said)
        if files["draughts"].exists():
            result.thinned.append(pl.scan_parquet(files["draughts"], glob=False))
        heard.append(pl.scan_parquet(files["heard"], glob=False))
    dropped["malformed"] = result.malformed
    together = pl.concat(heard).group_by("day", "x", "y").agg(pl.col("n").sum()).collect().to_pandas()
    positions = sum(int(about["positions"]) for about in listed.values())
    return Grown(result, former, together, positions, dropped, basis)


def _link(file: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system has no links."""
    try:
        os.link(file, target)
    except OSError:
        target.write_bytes(file.read_bytes())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
