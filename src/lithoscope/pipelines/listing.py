"""Sites that satisfy a condition, with the records behind each."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.fields import Layer
from lithoscope.pipelines import query
from lithoscope.pipelines.query import Condition
from lithoscope.pipelines.store import Release

DEFAULT_LIMIT = 100


def layers_of(layer: str | None) -> tuple[Layer, ...]:
    """The layer of that name, or all; UnknownName for another word."""
    if layer is None:
        return fields.LAYERS
    if layer not in fields.LAYERS:
        raise UnknownName(
            "is not a layer", f"use one of {', '.join(fields.LAYERS)}", file="--layer", value=layer
        )
    return (layer,)


def selected(release: Release, layer: Layer, conditions: Sequence[Condition]) -> pd.DataFrame:
    """The layer's sites that satisfy all conditions, in the order of their ids; a GeoDataFrame."""
    if not release.has(f"{layer}.parquet"):
        return pd.DataFrame(columns=["site_id"])
    register = release.sites(layer)
    return register[query.mask(register, conditions)].sort_values("site_id", ignore_index=True)


def listing(
    release: Release, layer: str | None, conditions: Sequence[Condition], limit: int = DEFAULT_LIMIT
) -> dict[str, Any]:
    """What the command `sites` prints. limit: how many sites at most, 0 for all."""
    count, found = 0, []
    for each in layers_of(layer):
        if layer is None and each not in fields.SITES and not _has_all(each, conditions):
            continue
        shown = selected(release, each, conditions)
        count += len(shown)
        room = len(shown) if limit == 0 else max(limit - len(found), 0)
        found += _with_records(release, each, shown.head(room))
    return {"count": count, "truncated": count > len(found), "sites": found}


def _has_all(layer: Layer, conditions: Sequence[Condition]) -> bool:
    """Whether the layer has every field asked for: an episode of dredging has no class, not even unrated."""
    known = {each.name for each in fields.of_layer(layer)} | {query.SEARCH}
    return all(each.field in known for each in conditions)


def _with_records(release: Release, layer: Layer, shown: pd.DataFrame) -> list[dict[str, Any]]:
    if shown.empty:
        return []
    if not release.has(f"{layer}_records.parquet"):  # an episode of dredging is its own record
        own = shown["source_id"] if "source_id" in shown.columns else pd.Series(None, index=shown.index)
        return [
            _site(layer, row, [{"source_id": source_id, "row": None}])
            for row, source_id in zip(shown.itertuples(index=False), own, strict=True)
        ]
    columns = ["site_id", "source_id", "source_row"]
    wanted = set(shown["site_id"])
    records = release.records(layer, columns)
    records = records[records["site_id"].isin(wanted)]
    by_site = {
        site_id: [
            {"source_id": source_id, "row": None if pd.isna(row) else int(row)}
            for source_id, row in zip(group["source_id"], group["source_row"], strict=True)
        ]
        for site_id, group in records.groupby("site_id", sort=False)
    }
    return [_site(layer, row, by_site.get(row.site_id, [])) for row in shown.itertuples(index=False)]


def _site(layer: Layer, row: Any, records: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "site_id": row.site_id,
        "layer": layer,
        **{name: _plain(getattr(row, name)) for name in ("name", "country_iso3", "lon", "lat")},
        "records": records,
    }


def _plain(value: object) -> object:
    return None if pd.isna(value) else value
