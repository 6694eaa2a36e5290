"""Results of `lithoscope downstream` in a release, and what the facilities' classes take from them.

Results are not rows of a register: they speak of facilities that other sources name. They are counted by
themselves in the build's report, never among the rows read. A result that was asked with another place,
height or volume than the register now has (a what-if, or an older register) is shown, but feeds no class.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import PREFIX
from lithoscope.domain.text import N_
from lithoscope.pipelines import downstream_results, surroundings

SOURCE = "downstream"
"""Name of the source on the command line, and of the product."""
SHAPES = "downstream_shapes"
EVIDENCE = "inferred"
"""Evidence of every value that is taken from a result: concluded from terrain and regressions."""
STATED = ("par_persons", "par_low_persons", "par_high_persons", "par_raw")
"""Where a source says anything of the people at risk, no result is put in its place."""
READ = (
    *("lon", "lat", "dam_height_m", "stored_volume_m3", "capacity_m3", "inundation_km2"),
    *STATED,
)
"""Columns of the facility register that `joined` reads or fills."""
_SAME = 1e-6
_SAME_PLACE = 0.01
"""Degrees; a result farther from the facility of that id speaks of another one: some ids are row numbers."""


@dataclass
class Results:
    """All results that a build was given. table, shapes: see `downstream_results.read`.

    Once they are joined with the register, the table also has `is_of_register` (asked with the values that
    the register has) and `filled` (fields of the register that they fill, '; ' between).
    """

    table: pd.DataFrame
    shapes: gpd.GeoDataFrame
    folders: list[str]
    unknown: list[str] = field(default_factory=list)

    @property
    def source(self) -> SourceRecord:
        """Where the results come from."""
        return SourceRecord(
            source_id=SOURCE,
            title="Downstream exposure, screening",
            producer="Lithoscope, from the user's terrain and population grid",
            citation="Lithoscope, command downstream: regressions of release and runout, path on the "
            "terrain, people in the area; each result names its limits",
            licence=N_("as the terrain and the population grid that it was concluded from"),
            evidence=EVIDENCE,
            note="Screening, not a breach analysis. No arrival times.",
            file=", ".join(self.folders),
        )

    @property
    def report(self) -> dict[str, Any]:
        """Counts for the build's report; unknown_sites: results of no facility of this build."""
        return {
            "results": len(self.table) + len(self.unknown),
            "assessed": int(self.table["is_assessed"].sum()),
            "feeding_classes": int(self.table["filled"].ne("").sum()),
            "unknown_sites": self.unknown,
        }

    @property
    def products(self) -> dict[str, pd.DataFrame]:
        """The release's products."""
        note = self.source.note
        table = self.table.sort_values("site_id", ignore_index=True)
        shapes = self.shapes.reset_index(drop=True)
        return {
            SOURCE: table.assign(source_id=SOURCE, evidence=EVIDENCE, note=note),
            SHAPES: shapes.assign(source_id=SOURCE, note=note),
        }


def read(folders: Sequence[Path]) -> Results | None:
    """The results of some folders, the later ones first in rank; None without folders. BadInput as `read`."""
    if not folders:
        return None
    parts = [downstream_results.read(folder) for folder in folders]
    tables = pd.concat([part[SOURCE].assign(part=k) for k, part in enumerate(parts)], ignore_index=True)
    tables = tables.drop_duplicates("site_id", keep="last", ignore_index=True)
    kept = [
        part[SHAPES][part[SHAPES]["site_id"].isin(tables.loc[tables["part"] == k, "site_id"])]
        for k, part in enumerate(parts)
    ]
    shapes = pd.concat([each for each in kept if len(each)] or kept[:1], ignore_index=True)
    frame = gpd.GeoDataFrame(shapes, geometry="geometry", crs=downstream_results.CRS)
    return Results(tables.drop(columns="part"), frame, [folder.name for folder in folders])


def folders(entries: Sequence[Any]) -> list[Path]:
    """The folders that entries of a build name as `downstream`; BadInput for one without."""
    named = [entry.path for entry in entries if entry.name == SOURCE]
    if any(path is None for path in named):
        raise BadInput("names no folder", "give downstream=FOLDER", value=SOURCE)
    return named


def joined(
    results: Results,
    register: gpd.GeoDataFrame,
    records: pd.DataFrame,
    notice: Callable[[str], None] = lambda _: None,
) -> gpd.GeoDataFrame:
    """The facility register with area and people from the results, where no source states them.

    register: one row per facility; records: with record_id and site_id, to follow a facility whose group
    has another first record than when it was assessed. `results` is completed in place: see `Results`.
    notice is told how many results are of no facility.
    """
    _follow(results, register, records)
    if results.unknown:
        notice(
            f"downstream: {len(results.unknown)} results are of no facility of this build and were left "
            f"out, e.g. {results.unknown[0]}"
        )
    table = results.table
    sites = register.set_index("site_id")
    at = sites.index.get_indexer(table["site_id"])
    same = _is_of_register(table, sites.iloc[at])
    results.table = table.assign(is_of_register=same, filled="")
    unsuited = table["flags"].str.split("; ").map(lambda flags: "not_a_confined_dam" in flags)
    feeding = (same & table["is_assessed"] & ~unsuited).to_numpy(bool)
    return _filled(results, register, feeding)


def _follow(results: Results, register: pd.DataFrame, records: pd.DataFrame) -> None:
    """Name each result's facility as this register does; set aside results of none, or of another place."""
    known = pd.Index(register["site_id"])
    groups = records.drop_duplicates("record_id").set_index("record_id")["site_id"]
    asked = results.table["site_id"]
    followed = asked.str.removeprefix(f"{PREFIX['facilities']}:").map(groups)
    now = asked.where(asked.isin(known), followed.astype(asked.dtype))
    is_here = now.isin(known).to_numpy()
    places = register.set_index("site_id")[["lon", "lat"]].reindex(now)
    for name in ("lon", "lat"):
        ours = places[name].to_numpy(dtype=float, na_value=np.nan)
        theirs = results.table[name].to_numpy(float)
        is_here = is_here & np.isclose(theirs, ours, rtol=0, atol=_SAME_PLACE, equal_nan=True)
    results.unknown = sorted(asked[~is_here])
    names = dict(zip(asked, now, strict=True))
    table = results.table.assign(site_id=now)[is_here]
    results.table = table.drop_duplicates("site_id", keep="last", ignore_index=True)
    kept = results.shapes["site_id"].isin(asked[table.index[~table["site_id"].duplicated(keep="last")]])
    shapes = results.shapes[kept.to_numpy()].reset_index(drop=True)
    results.shapes = shapes.assign(site_id=shapes["site_id"].map(names).astype("str"))


def _is_of_register(table: pd.DataFrame, sites: pd.DataFrame) -> pd.Series:
    """Whether a result was asked with the place, height and volume that its facility has here."""
    stored = sites["stored_volume_m3"].where(sites["stored_volume_m3"] > 0, sites["capacity_m3"])
    now = {
        "lon": sites["lon"],
        "lat": sites["lat"],
        "height_m": sites["dam_height_m"],
        "volume_m3": stored,
    }
    same = np.ones(len(table), bool)
    for name, values in now.items():
        ours = values.to_numpy(dtype=float, na_value=np.nan)
        same &= np.isclose(table[name].to_numpy(float), ours, rtol=_SAME, atol=_SAME)
    return pd.Series(same, index=table.index)


def _filled(results: Results, register: gpd.GeoDataFrame, feeding: np.ndarray) -> gpd.GeoDataFrame:
    values = downstream_results.for_methods(results.table[feeding]).set_index("site_id")
    states_people = register[list(STATED)].notna().any(axis=1).to_numpy()
    filled: dict[str, list[str]] = {}
    changed = {}
    computed = surroundings.named_in(register)
    for name in values.columns:
        empty = register[name].isna().to_numpy() & ~(states_people & (name in STATED))
        found = register["site_id"].map(values[name])
        takes = empty & found.notna().to_numpy()
        column = register[name].where(~takes, found)
        changed[name] = column.astype(fields.dtype_of(name))
        computed = surroundings.named(computed, name, takes)
        for site_id in register.loc[takes, "site_id"]:
            filled.setdefault(site_id, []).append(name)
    said = results.table["site_id"].map(lambda site_id: "; ".join(filled.get(site_id, [])))
    results.table = results.table.assign(filled=said.astype("str"))
    return register.assign(**changed, computed_fields=computed)
