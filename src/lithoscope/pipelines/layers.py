"""One layer of a release: its records become sites, are classified, and are written block by block.

A register has over a hundred columns and most sources fill a dozen. Between the steps only columns in which
something stands are held (a *narrow* frame); rows get all their columns in blocks, as they are written. So
memory grows with what the sources say, not with what could be said.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from lithoscope.domain import fields, registers
from lithoscope.domain.errors import BadColumn
from lithoscope.domain.fields import Layer
from lithoscope.domain.registers import RECORD_ONLY
from lithoscope.pipelines import classes, downstream_release, inventory, linking, sites, store, surroundings
from lithoscope.pipelines.project import Rasters, Surroundings, Zones
from lithoscope.pipelines.store import Bounds

ALWAYS = (
    *("source_row", "source_key", "source_id", "evidence", "as_of"),
    *("country_iso3", "status", "lon", "lat"),
)
"""Columns that a narrow frame keeps even where nothing stands in them."""
LINKED = (
    *("record_id", "source_id", "source_key", "lon", "lat"),
    *("name", "mine_name", "dam_height_m", "coordinate_precision_km"),
)
"""Columns that linking reads."""


@dataclass
class Around:
    """What the user gave beside the sources. decided: see `linking.decisions`."""

    decided: pd.DataFrame
    rasters: Rasters
    zones: Zones
    near: Surroundings
    downstream: downstream_release.Results | None
    notice: Callable[[str], None]


@dataclass
class Written:
    """What later steps need of a layer that is written.

    sites: a narrow frame in the order of the release, with the columns that `inventory` counts.
    footprints: site id -> polygon, see `linking.footprints_of`.
    """

    records: int
    sites: pd.DataFrame
    footprints: pd.Series


def narrow(records: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """The records with the layer's dtypes, without the columns in which nothing stands."""
    whole = registers.conform(records, layer)
    return whole[[name for name in whole if name in ALWAYS or whole[name].notna().any()]]


def widened(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The frame with columns of these names, all missing where it had none."""
    absent = [name for name in names if name not in frame]
    return frame.assign(
        **{name: pd.Series(index=frame.index, dtype=fields.dtype_of(name)) for name in absent}
    )


def write(
    new: store.Draft, layer: Layer, parts: list[pd.DataFrame], events: pd.DataFrame, around: Around
) -> Written:
    """Write a layer's sites, their classes, its records and pairs; `parts` is emptied.

    parts: narrow records with record_id. events: failures with record_id, empty but for facilities;
    their site_id is filled in place.
    """
    records = _together(parts, layer)
    _assert_unique(records, "record_id")
    groups, pairs = linking.link(widened(records, LINKED)[list(LINKED)], around.decided)
    new.write(f"{layer}_pairs", pairs)
    records = sites.group(records, layer, groups)
    if len(events):
        events["site_id"] = events["record_id"].map(records.set_index("record_id")["site_id"])
    register = sites.merge(records, events)
    footprints = linking.footprints_of(widened(records, ("footprint_m2", "raw")))
    members = records[["record_id", "site_id"]]
    _write_records(new, layer, records)
    del records
    register = _surrounded(_along_curve(register), layer, members, around)
    _assert_unique(register, "site_id")
    return Written(len(members), _write_sites(new, layer, register), footprints)


def _together(parts: list[pd.DataFrame], layer: Layer) -> pd.DataFrame:
    """All records of the layer as one narrow frame; each part is let go."""
    whole = pd.concat(parts, ignore_index=True) if parts else narrow(pd.DataFrame(), layer)
    parts.clear()
    return widened(whole, ("record_id",))


def _surrounded(register: pd.DataFrame, layer: Layer, members: pd.DataFrame, around: Around) -> pd.DataFrame:
    """The sites with what the user's rasters, polygons and downstream results say of them."""
    given = (around.rasters, around.zones, around.near)
    if surroundings.supplied(*given):
        placed = surroundings.around(registers.with_geometry(register), *given)
        register = pd.DataFrame(placed.drop(columns="geometry"))
    if layer == "facilities" and around.downstream is not None:
        register = widened(register, downstream_release.READ)
        register = downstream_release.joined(around.downstream, register, members, around.notice)
    return register


def _write_records(new: store.Draft, layer: Layer, records: pd.DataFrame) -> None:
    records = _along_curve(records)
    bounds = _bounds(records)
    for block in _blocks(records):
        whole = registers.with_geometry(registers.conform(block, layer))
        new.append(f"{layer}_records", registers.check(whole, layer, "record_id"), bounds)


def _write_sites(new: store.Draft, layer: Layer, register: pd.DataFrame) -> pd.DataFrame:
    """Write sites and classes; returns the sites, narrow, with the columns that an inventory counts."""
    bounds = _bounds(register)
    counted = []
    for block in _blocks(register):
        whole, results = classes.assess_sites(_whole(block, layer), layer)
        new.append(layer, registers.check(whole, layer, "site_id"), bounds)
        new.append(f"{layer}_classes", results)
        counted.append(pd.DataFrame(whole[[name for name in inventory.COUNTED if name in whole]]))
    return register.assign(**dict(pd.concat(counted).items()))


def _whole(block: pd.DataFrame, layer: Layer) -> gpd.GeoDataFrame:
    """Sites with every column that sites of the layer have."""
    whole = registers.conform(block, layer)
    return registers.with_geometry(whole.drop(columns=[name for name in RECORD_ONLY if name in whole]))


def _along_curve(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.take(store.order_along_curve(frame["lon"], frame["lat"])).reset_index(drop=True)


def _blocks(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows as they are stored together; one block without rows if there are none."""
    for at in range(0, max(len(frame), 1), store.ROWS_PER_GROUP):
        yield frame.iloc[at : at + store.ROWS_PER_GROUP]


def _bounds(frame: pd.DataFrame) -> Bounds | None:
    placed = frame[["lon", "lat"]].dropna()
    if placed.empty:
        return None
    return tuple(float(edge) for edge in (*placed.min(), *placed.max()))


def _assert_unique(frame: pd.DataFrame, key: str) -> None:
    again = frame[key].duplicated()
    if again.any():
        raise BadColumn(
            f"{int(again.sum())} of {len(frame)} values stand twice",
            "repair the source's mapping",
            column=key,
            value=frame.loc[again, key].iloc[0],
        )
