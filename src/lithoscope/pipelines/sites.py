"""Records become sites: one row per group of records judged to be the same place."""

import pandas as pd

from lithoscope.domain.fields import Layer
from lithoscope.domain.provenance import EVIDENCE
from lithoscope.domain.registers import PREFIX, RECORD_ONLY


def record_ids(records: pd.DataFrame, source_id: str) -> pd.Series:
    """`SOURCE:KEY` for each record, unique; a record without key is named by its row."""
    key = records["source_key"].astype("str").str.strip().str.replace(r"[^\w.\-]+", "-", regex=True)
    by_row = "row" + records["source_row"].astype("str")
    key = key.where(key.notna() & (key != ""), by_row)
    again = key.groupby(key, sort=False).cumcount()
    key = key.where(again == 0, key + "~" + (again + 1).astype("str"))
    return source_id + ":" + key


def group(records: pd.DataFrame, layer: Layer, links: pd.Series | None = None) -> pd.DataFrame:
    """The records with `site_id`: the id of their group's first record.

    links: record_id -> record_id of the group's first record, on any index; absent records stand alone.
    """
    first = records["record_id"]
    if links is not None and len(links):
        first = first.map(links).fillna(first)
    return records.assign(site_id=PREFIX[layer] + ":" + first)


def by_precedence(records: pd.DataFrame) -> pd.DataFrame:
    """Records in the order in which they speak for their site: the strongest evidence first, then by id.

    The order does not depend on the order in which the sources were read.
    """
    rank = pd.Categorical(records["evidence"], categories=list(EVIDENCE)).codes
    order = pd.DataFrame({"rank": rank, "id": records["record_id"]}, index=records.index)
    return records.loc[order.sort_values(["rank", "id"]).index]


def merge(records: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """One row per site: what its records say, in the order of `by_precedence`, the first that knows.

    Gap rule: what no record says stays missing. Failures are counted from `events`, if there are any.
    """
    records = records.drop(columns=[name for name in RECORD_ONLY if name in records.columns])
    alone = ~records["site_id"].duplicated(keep=False)
    sites = records[alone]
    if not alone.all():
        several = by_precedence(records[~alone])
        grouped = several.groupby("site_id", sort=False, as_index=False).first()
        sites = pd.concat([sites, grouped[records.columns]], ignore_index=True)
    if len(events):
        failures = events[events["kind"] == "failure"].groupby("site_id")["year"].agg(["size", "max"])
        sites = sites.assign(
            failure_count=sites["site_id"].map(failures["size"]).astype("Int64"),
            failure_year=sites["site_id"].map(failures["max"]).astype("Int64"),
        )
    return sites.reset_index(drop=True)
