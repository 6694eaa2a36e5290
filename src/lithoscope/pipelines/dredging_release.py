"""Results of `lithoscope dredging` in a release: the layer of episodes, and the tables beside it.

The layer holds one row per episode. A release with the starter register and no results of its own also gets
a small simulated fleet, so that the observatory's pages can be tried before anybody has AIS: its evidence is
`simulated`, and every table says so. It counts in the inventory under that word. A build without the starter
never adds it.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lithoscope.domain import fields, registers
from lithoscope.domain.errors import BadInput
from lithoscope.domain.folders import DATA
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.text import N_

TABLES = ("tracks", "vessels", "loads", "zone_months", "effort", "dark_gaps", "reception")
"""Tables beside the episodes; in a release each is `dredging_NAME`."""
SHAPES = ("tracks", "effort")
"""Those with a geometry."""
SIMULATED = "simulated, not observations"
SIMULATED_ID = "simulated_fleet"
OBSERVED = "concluded from vessel tracks (AIS)"
RECORD = "dredging.json"

COUNTS = {"hopper": 12, "fishing": 2, "research": 1}
"""Ships of the embedded fleet; the fishing and the research ships are there to be told apart."""
FIRST_MONTH, MONTHS, DAYS, SPACING_S, SEED = "2018-01", 24, 2.5, 900.0, 2019
FIRST_DAY = 10
"""The fleet is simulated for DAYS from this day of each month."""
SHIPPED = DATA / "starter" / "dredging"
"""Results of the embedded fleet; a test makes them anew and compares."""
LONGEST_GAP_H = 48.0
"""A longer silence of the embedded fleet lies between its simulated days and is none."""


@dataclass
class Results:
    """One folder of results. episodes: the layer's rows; tables: TABLES, each with source_id and note."""

    source: SourceRecord
    episodes: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame]

    @property
    def rows_read(self) -> int:
        """Episodes: each of them is accepted."""
        return len(self.episodes)


def read(folder: Path) -> Results:
    """The results in a folder that `lithoscope dredging --out` filled; BadInput for another folder."""
    if not (folder / RECORD).is_file():
        raise BadInput(
            "holds no results of dredging", "give the folder of lithoscope dredging --out", file=str(folder)
        )
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        frames = {
            name: (gpd.read_parquet if name in ("episodes", *SHAPES) else pd.read_parquet)(
                folder / f"{name}.parquet"
            )
            for name in ("episodes", *TABLES)
            if name != "reception" or (folder / "reception.parquet").exists()  # older results have none
        }
    except (OSError, ValueError, KeyError) as error:
        said = " ".join(str(error).split())
        raise BadInput(
            f"cannot be read: {said}", "run lithoscope dredging again", file=str(folder)
        ) from error
    return _results(frames, record, folder.name)


def _results(frames: dict[str, pd.DataFrame], record: dict[str, Any], name: str) -> Results:
    is_simulated = bool(record.get("is_simulated"))
    source = _source(record, name, is_simulated=is_simulated)
    note = SIMULATED if is_simulated else OBSERVED
    tables = {
        table: frames[table].assign(source_id=source.source_id, note=note)
        for table in TABLES
        if table in frames
    }
    return Results(source, _layer(frames["episodes"], source, note), tables)


def _source(record: dict[str, Any], name: str, *, is_simulated: bool) -> SourceRecord:
    if is_simulated:
        return SourceRecord(
            source_id=SIMULATED_ID,
            title="Simulated fleet of dredgers (simulated, not observations)",
            producer="Lithoscope",
            citation="Lithoscope fleet simulator: invented ships, simulated, not observations",
            licence="Apache-2.0",
            evidence="simulated",
            note="Simulated, not observations: nothing here happened. Load AIS of your own to replace it.",
            file=name,
        )
    files = record.get("files", [])
    shown = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    return SourceRecord(
        source_id="dredging",
        title="Dredging concluded from AIS",
        producer="Lithoscope, from AIS of the user",
        citation=f"Lithoscope {record.get('version', '')}, lithoscope dredging on {shown or 'AIS files'}",
        licence=N_("as the AIS that it was concluded from"),
        evidence="inferred",
        note=str(record.get("note", "")),
        file=name,
    )


def _layer(episodes: gpd.GeoDataFrame, source: SourceRecord, note: str) -> gpd.GeoDataFrame:
    """Episodes as rows of the layer: key, source, evidence, place, then what the engine said of each."""
    table = pd.DataFrame(episodes.drop(columns=["geometry", "is_simulated"], errors="ignore"))
    table["site_id"] = "dredging:" + table.pop("episode_id").astype("str")
    table["source_id"], table["evidence"], table["note"] = source.source_id, source.evidence, note
    for end in ("start_utc", "end_utc"):
        table[end] = table[end].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    known = [each.name for each in fields.of_layer("dredging")]
    conformed = registers.conform(table[[name for name in table.columns if name in known]], "dredging")
    return gpd.GeoDataFrame(
        conformed.drop(columns=[name for name in registers.RECORD_ONLY if name in conformed]),
        geometry=episodes.geometry.to_numpy(),
        crs=registers.CRS,
    )


def numbered(results: Sequence[Results]) -> list[Results]:
    """The results with source ids of their own: a second one of a name ends in ~2."""
    named: list[Results] = []
    for each in results:
        again = sum(known.source.source_id.split("~")[0] == each.source.source_id for known in named) + 1
        if again > 1:
            source_id = f"{each.source.source_id}~{again}"
            each = Results(
                replace(each.source, source_id=source_id),
                each.episodes.assign(source_id=source_id),
                {name: table.assign(source_id=source_id) for name, table in each.tables.items()},
            )
        named.append(each)
    return named


def products(results: Sequence[Results]) -> dict[str, pd.DataFrame]:
    """The release's products of some results, `dredging` and `dredging_NAME`; nothing where there is none.

    Raises BadInput for an episode that two results hold.
    """
    if not results:
        return {}
    layer = _together([each.episodes for each in results])
    again = layer["site_id"].duplicated()
    if again.any():
        raise BadInput(
            "the same episode stands in two results",
            "name each result once",
            value=layer["site_id"][again].iloc[0],
        )
    tables = {name: [each.tables[name] for each in results if name in each.tables] for name in TABLES}
    held = {f"dredging_{name}": _together(frames) for name, frames in tables.items() if frames}
    return {"dredging": layer, **held}


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames of one kind as one; empty ones add no rows and no doubt about dtypes."""
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def simulated() -> Results:
    """The results of the embedded fleet, as they are shipped."""
    results = read(SHIPPED)
    gaps = results.tables["dark_gaps"]
    results.tables["dark_gaps"] = gaps[gaps["hours"] <= LONGEST_GAP_H].reset_index(drop=True)
    return replace(results, source=replace(results.source, file=""))


def make(out: Path) -> None:
    """Simulate the embedded fleet and write its results; the same each time.

    `python -m lithoscope.pipelines.dredging_release` does it for the ones that are shipped.
    """
    from lithoscope.pipelines import dredging  # loads polars and the engines: only to make it anew

    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "simulated_fleet.parquet"
        _reports().write_parquet(path)
        dredging.run([str(path)], out, dredging.Options(is_simulated=True))


def _reports() -> Any:
    """AIS reports of the embedded fleet: some days of every month, fewer ships at work in winter."""
    import polars as pl

    from lithoscope.pipelines import fleet

    rng = np.random.default_rng(SEED)
    first, parts = None, []
    for number, month in enumerate(pd.date_range(FIRST_MONTH, periods=MONTHS, freq="MS", tz="UTC")):
        start = month + pd.Timedelta(days=FIRST_DAY - 1)
        made = fleet.simulate(COUNTS, start=start, days=DAYS, spacing_s=SPACING_S, seed=SEED + number)
        first = made.vessels if first is None else first
        latitude = {site.name: site.port[1] for site in fleet.sites()}
        north = np.sign(first["site"].map(latitude).to_numpy(dtype=float))
        at_work = 0.72 - 0.26 * north * np.cos(2 * np.pi * (month.month - 1) / 12)
        working = first.index[rng.random(len(first)) < at_work]
        parts.append(made.reports.filter(pl.col("mmsi").is_in([*working, "12345"])))
    names = first.reset_index()[["vessel", "name", "imo", "length_m", "width_m"]]
    same = pl.from_pandas(names).rename({"vessel": "mmsi", "length_m": "length", "width_m": "width"})
    reports = pl.concat(parts)
    return reports.drop("name", "imo", "length", "width").join(same, on="mmsi", how="left")


if __name__ == "__main__":
    make(SHIPPED)
