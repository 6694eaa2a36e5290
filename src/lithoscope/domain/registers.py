"""Registers: plain GeoDataFrames that passed a named schema, and what a source hands over.

A *record* is what one source says of one site; a *site* is one or more records judged to be the same
place. Both have the same columns (`domain/fields.py`), a unique key and a point geometry in EPSG:4326
that is null where the place is not known: such a row stays in the register.
"""

import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import BadColumn
from lithoscope.domain.fields import LAYERS, Layer
from lithoscope.domain.provenance import EVIDENCE, SourceRecord

if TYPE_CHECKING:
    import pandera.pandas as pa

CRS = "EPSG:4326"
PREFIX: dict[Layer, str] = {"facilities": "tsf", "mines": "mine", "dredging": "dredging"}
RECORD_ONLY = ("raw", "evidence_by_field", "source_row", "source_key")
"""Columns that make sense for one source's record only; sites are without them."""

FINDING_COLUMNS = ("source", "row", "layer", "field", "code", "value", "reason", "remedy")
EVENT_COLUMNS = (
    "event_id",
    "site_id",
    "record_id",
    "source_id",
    "kind",
    "year",
    "date",
    "released_volume_m3",
    "runout_km",
    "runout_kind",
    "deaths",
    "cause",
    "evidence",
    "note",
)
"""kind: 'failure'. runout_kind: what the distance speaks of (solid deposit, plume, total incl. river)."""


@dataclass
class Reading:
    """What one source hands over: raw labels, numbers in our units, nothing judged yet.

    records: layer -> table with columns of `fields` (any subset), always `source_row` and `source_key`.
    events: failures, with `source_key` of their facility; EVENT_COLUMNS otherwise.
    findings: FINDING_COLUMNS; what was noticed while reading (encoding guessed, text in numbers). A further
    column `source_key` may say which record is meant, since two files of a source share row numbers.
    refused, out_of_scope: FINDING_COLUMNS; rows that did not enter, each with its reason.
    rows_read: every row of the source, so that accepted + refused + out_of_scope = rows_read.
    """

    source: SourceRecord
    records: dict[Layer, pd.DataFrame]
    rows_read: int
    events: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    refused: pd.DataFrame = field(default_factory=pd.DataFrame)
    out_of_scope: pd.DataFrame = field(default_factory=pd.DataFrame)


def conform(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """The frame with every column of the layer, in order and dtype; columns that are no field are refused.

    Gap rule: an absent column is all missing. Raises BadColumn for an unknown column or a value that
    does not fit its dtype.
    """
    known = {each.name for each in fields.of_layer(layer)}
    if unknown := [name for name in frame.columns if name not in known | {"geometry"}]:
        raise BadColumn(
            "is not a field of this layer", "map it to a field or leave it in raw", column=unknown[0]
        )
    columns = {}
    for each in fields.of_layer(layer):
        if each.name in frame.columns:
            try:
                columns[each.name] = frame[each.name].astype(fields.dtype_of(each.name))
            except (ValueError, TypeError) as error:
                raise BadColumn(str(error), f"give {each.dtype} values", column=each.name) from error
        else:
            columns[each.name] = pd.Series(index=frame.index, dtype=fields.dtype_of(each.name))
    return pd.DataFrame(columns, index=frame.index)


def with_geometry(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """The frame with point geometry from lon and lat; null where either is missing."""
    points = gpd.GeoSeries(gpd.points_from_xy(frame["lon"], frame["lat"]), index=frame.index, crs=CRS)
    missing = frame["lon"].isna() | frame["lat"].isna()
    points[missing] = None
    return gpd.GeoDataFrame(frame, geometry=points, crs=CRS)


@cache
def schema(layer: Layer, key: Literal["site_id", "record_id"]) -> "pa.DataFrameSchema":
    """The pandera schema of a layer's sites or records."""
    import pandera.pandas as pa  # here, since only a build needs it and it takes a second to import

    columns: dict[str, pa.Column] = {}
    for each in fields.of_layer(layer):
        checks = [pa.Check.isin(each.allowed)] if each.allowed and each.dtype == "text" else []
        if each.name in ("lon", "lat"):
            bound = 180 if each.name == "lon" else 90
            checks.append(pa.Check.in_range(-bound, bound))
        if each.name == "evidence":
            checks.append(pa.Check.isin(EVIDENCE))
        columns[each.name] = pa.Column(
            fields.dtype_of(each.name),
            checks,
            nullable=each.name not in (key, "source_id", "evidence"),
            required=key == "record_id" or each.name not in RECORD_ONLY,
        )
    return pa.DataFrameSchema(columns, unique=[key], strict=False)


def check(register: gpd.GeoDataFrame, layer: Layer, key: Literal["site_id", "record_id"]) -> gpd.GeoDataFrame:
    """The register itself if it passes its schema; BadColumn naming column, count and example if not."""
    if register.crs is None or register.crs.to_epsg() != 4326:
        raise BadColumn("the register is not in EPSG:4326", "reproject it", column="geometry")
    if register.empty:
        return register
    with warnings.catch_warnings():  # pandera looks for Spark, which warns of pandas 3 where it is installed
        warnings.filterwarnings("ignore", message="PySpark does not yet fully", category=FutureWarning)
        _validate(register, schema(layer, key))
    return register


def _validate(register: gpd.GeoDataFrame, rules: "pa.DataFrameSchema") -> None:
    from pandera.errors import SchemaErrors

    try:
        rules.validate(pd.DataFrame(register.drop(columns="geometry")), lazy=True)
    except SchemaErrors as error:
        first = error.failure_cases.iloc[0]
        raise BadColumn(
            f"{len(error.failure_cases)} values fail the check {first['check']}",
            "repair the source's mapping",
            column=str(first["column"]),
            value=first["failure_case"],
        ) from error


def empty(layer: Layer) -> gpd.GeoDataFrame:
    """A register without rows."""
    return with_geometry(conform(pd.DataFrame(), layer))


def layer_of(site_id: str) -> Layer | None:
    """The layer that a site's id belongs to, or None."""
    prefix = site_id.split(":", 1)[0]
    return next((layer for layer in LAYERS if PREFIX[layer] == prefix), None)
