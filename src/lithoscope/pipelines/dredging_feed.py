"""A feed that grows by files, usually a day each: what was read is kept, so that a new day is added to it.

The feed is a folder beside the results, with one Parquet of normalised reports per file, named by the file's
checksum. A file that is already there changes nothing; a file of the same name and other content takes the
place of the former. Results are computed from the whole feed by the same steps as a single run, so they equal
those of all files at once, and a day changes only the rows that it can change.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from lithoscope.domain.errors import BadInput
from lithoscope.sources import ais_input, ais_table
from lithoscope.sources.ais_columns import Mapping
from lithoscope.sources.ais_input import AisInput

FOLDER = "feed"
LIST = "files.json"


def is_feed(out: Path) -> bool:
    """Whether a result folder holds a feed."""
    return (out / FOLDER / LIST).exists()


def grow(
    patterns: Sequence[str],
    out: Path,
    folder: Path,
    *,
    work: Path,
    mapping: Mapping,
    say: Callable[[str], None],
) -> AisInput | None:
    """The feed of `out` and the new files as one input; None if every file is already in it.

    folder: where the grown feed is laid, for the results to be put beside it; `out` is not touched.
    """
    former = _listed(out)
    grown = dict(former)
    target = folder / FOLDER
    target.mkdir(parents=True)
    for path in ais_input.expand(patterns):
        sum_ = _sha256(path)
        if former.get(path.name, {}).get("sha256") == sum_:
            say(f"{path.name} is already in the feed")
            continue
        read = ais_input.read([str(path)], work=work / sum_, mapping=mapping, say=say)
        _keep(read, target, sum_)
        grown[path.name] = {"sha256": sum_, "malformed": read.malformed}
    if grown == former:
        return None
    for about in grown.values():
        for kind in ("reports", "statics"):
            name = f"{about['sha256']}.{kind}.parquet"
            if (out / FOLDER / name).exists() and not (target / name).exists():
                _link(out / FOLDER / name, target / name)
    (target / LIST).write_text(json.dumps(grown, indent=1, sort_keys=True), encoding="utf-8")
    return _whole(target, grown, say)


def _listed(out: Path) -> dict[str, dict[str, object]]:
    if not is_feed(out):
        return {}
    try:
        return dict(json.loads((out / FOLDER / LIST).read_text(encoding="utf-8")))
    except ValueError as error:
        raise BadInput(
            "the feed's list is damaged", "start a new folder and give all files", file=LIST
        ) from error


def _keep(read: AisInput, target: Path, sum_: str) -> None:
    if read.parts:
        whole = pl.concat(read.parts, how="diagonal_relaxed").sort("mmsi", "t_ms")
        whole.sink_parquet(target / f"{sum_}.reports.parquet", compression="zstd")
    if read.statics:
        pl.concat(read.statics).write_parquet(target / f"{sum_}.statics.parquet", compression="zstd")


def _whole(target: Path, listed: dict[str, dict[str, object]], say: Callable[[str], None]) -> AisInput:
    result = AisInput(say=say)
    for name in sorted(listed):
        about = listed[name]
        result.files.append(name)
        result.malformed += int(str(about["malformed"]))
        reports, statics = (target / f"{about['sha256']}.{kind}.parquet" for kind in ("reports", "statics"))
        if reports.exists():
            part = pl.scan_parquet(reports, glob=False)
            result.parts.append(part)
            result.said.append(ais_table.said_of_reports(part, part.collect_schema().names()))
        if statics.exists():
            result.statics.append(pl.read_parquet(statics))
    return result


def _link(file: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system has no links."""
    try:
        os.link(file, target)
    except OSError:
        target.write_bytes(file.read_bytes())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
