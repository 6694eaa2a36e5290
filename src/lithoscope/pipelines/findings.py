"""What quality control says of a release, so that a publisher can act on it: findings, repairs, links.

A finding is joined to the site of its record; a row that did not enter has none, nor has a remark on a file.
"""

import io
from collections.abc import Mapping, Sequence

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.fields import Layer
from lithoscope.domain.registers import FINDING_COLUMNS
from lithoscope.pipelines import corrections, export
from lithoscope.pipelines.linking import PAIR_COLUMNS
from lithoscope.pipelines.quality import REPAIRS
from lithoscope.pipelines.store import Release

FILTERS = ("outcome", "layer", "source", "code", "country")
"""What findings can be narrowed by; `country` speaks of `country_iso3`."""
OUTCOMES = ("flagged", "refused", "out_of_scope")
STATES = ("holds", "stale", "absent")
"""Of an entry of data/corrections: it repaired a row; its expectation failed; the release has no such row."""
DECISIONS = ("review", "linked", "accept", "reject", "passed over")
_SITE = ("site_id", "record_id", "name", "country_iso3")
_REPAIRABLE = tuple(dict.fromkeys(code for code, *_ in REPAIRS))
NOWHERE = "unknown"


def table(release: Release) -> pd.DataFrame:
    """All findings: FINDING_COLUMNS, `outcome`, then site_id, record_id, name and country_iso3 of the row.

    Gap rule: what has no site has these missing. One row per finding, RangeIndex.
    """
    if not release.has("findings.parquet"):
        columns = dict.fromkeys([*FINDING_COLUMNS, "outcome", *_SITE])
        return pd.DataFrame(columns=list(columns)).astype("str")
    found = release.table("findings")
    known = [
        pd.DataFrame(release.records(layer, _SITE).drop(columns="geometry"))
        for layer in fields.SITES
        if release.has(f"{layer}_records.parquet")
    ]
    if not known or "record_id" not in found.columns:
        return found.reindex(columns=list(dict.fromkeys([*found.columns, *_SITE])))
    wanted = set(found["record_id"].dropna())
    rows = pd.concat([frame[frame["record_id"].isin(wanted)] for frame in known])
    return found.join(rows.drop_duplicates("record_id").set_index("record_id"), on="record_id")


def narrowed(found: pd.DataFrame, chosen: Mapping[str, Sequence[str]], text: str = "") -> pd.DataFrame:
    """The findings that meet every filter of FILTERS, and hold the text in name, value, field or key.

    A country of `unknown` stands for rows without one. An empty filter lets all pass.
    """
    kept = pd.Series(True, index=found.index)
    for name in FILTERS:
        if values := list(chosen.get(name, ())):
            column = found["country_iso3"].fillna(NOWHERE) if name == "country" else found[name]
            kept &= column.isin(values)
    if text:
        said = found[["name", "value", "field", "record_id"]].fillna("").agg(" ".join, axis=1)
        kept &= said.str.contains(text, case=False, regex=False)
    return found[kept]


def counts(found: pd.DataFrame, name: str) -> dict[str, int]:
    """Findings by a filter's values, the most frequent first; without a country last."""
    column = found["country_iso3"].fillna(NOWHERE) if name == "country" else found[name]
    counted = {str(key): int(n) for key, n in column.value_counts().items()}
    unknown = counted.pop(NOWHERE, None) if name == "country" else None
    return counted if unknown is None else {**counted, NOWHERE: unknown}


def rows_of(found: pd.DataFrame) -> int:
    """How many rows of sources the findings speak of; a remark on a whole file is no row."""
    columns = ["source", "layer", "row", "record_id"]
    return len(found.loc[found["row"].notna(), columns].drop_duplicates())


def with_repair(found: pd.DataFrame) -> pd.DataFrame:
    """The findings that propose the value that would settle them."""
    return found[found["code"].isin(_REPAIRABLE) & found["remedy"].str.contains("lon=", regex=False)]


def repairs(release: Release) -> pd.DataFrame:
    """Every entry of data/corrections, and what became of it in this release.

    Columns: source, record, field, code, reason, expect, set, state (one of STATES), published (the
    publisher's value where the row was read), site_id.
    """
    found = table(release)
    ours = found[found["remedy"].isin([corrections.REPAIRED, corrections.REMOVE])]
    sites = _sites_by_record(release)
    listed = []
    for entry in corrections.entries():
        record_id = f"{entry.row.source}:{entry.row.record}"
        said = ours[ours["source"].eq(entry.row.source) & ours["field"].eq(entry.field)]
        mine = said[
            said["reason"].eq(entry.reason) & (said["record_id"].isna() | said["record_id"].eq(record_id))
            | said["reason"].str.endswith(f": {entry.row.record}, {entry.field}")
        ]
        is_repaired = mine["remedy"].eq(corrections.REPAIRED)
        listed.append(
            {
                "source": entry.row.source,
                "record": entry.row.record,
                "field": entry.field,
                "code": entry.code,
                "reason": entry.reason,
                "expect": ", ".join(
                    f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in _said(entry)
                ),
                "set": None if entry.set is None else str(entry.set),
                "state": "absent" if mine.empty else "holds" if is_repaired.any() else "stale",
                "published": None if mine.empty else mine["value"].iloc[0],
                "site_id": sites.get(record_id),
            }
        )
    return pd.DataFrame(listed)


def _said(entry: corrections.Entry) -> list[tuple[str, object]]:
    return list(entry.expect.model_dump(exclude_none=True).items())


def _sites_by_record(release: Release) -> dict[str, str]:
    wanted = {f"{entry.row.source}:{entry.row.record}" for entry in corrections.entries()}
    found: dict[str, str] = {}
    for layer in fields.SITES:
        if release.has(f"{layer}_records.parquet"):
            filters = [("record_id", "in", sorted(wanted))]
            rows = release.geotable(f"{layer}_records", ["record_id", "site_id"], filters)
            found |= dict(zip(rows["record_id"], rows["site_id"], strict=True))
    return found


_PAIR_NAMES = ("name_one", "name_two", "source_one", "source_two", "site_id", "layer")


def pairs(release: Release, layer: Layer) -> pd.DataFrame:
    """Pairs of records of different sources that were looked at: PAIR_COLUMNS of `linking`, with names.

    Adds name_one, name_two, source_one, source_two, site_id (of the first) and layer; what a person should
    look at first, then by falling score.
    """
    if not release.has(f"{layer}_pairs.parquet"):
        return pd.DataFrame(columns=[*PAIR_COLUMNS, *_PAIR_NAMES])
    found = release.table(f"{layer}_pairs")
    columns = ["record_id", "name", "source_id", "site_id"]
    known = pd.DataFrame(release.records(layer, columns).drop(columns="geometry")).set_index("record_id")
    for end in ("one", "two"):
        found[f"name_{end}"] = found[end].map(known["name"])
        found[f"source_{end}"] = found[end].map(known["source_id"])
    found["site_id"] = found["one"].map(known["site_id"])
    rank = pd.Categorical(found["decision"], categories=list(DECISIONS)).codes
    order = pd.DataFrame({"rank": rank, "score": -found["score"], "one": found["one"], "two": found["two"]})
    index = order.sort_values(["rank", "score", "one", "two"]).index
    return found.loc[index].assign(layer=layer).reset_index(drop=True)


def to_bytes(release: Release, frame: pd.DataFrame, file_format: str, sheet: str = "findings") -> bytes:
    """Findings, repairs or pairs as a file to send to a publisher: csv, or xlsx with the sources beside.

    Cells that a spreadsheet would run are made harmless.
    """
    plain = export.harmless(frame.assign(release=f"Lithoscope {release.release_id}"))
    if file_format == "csv":
        return plain.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    named = {source for name in frame.filter(regex="^source") for source in frame[name].dropna()}
    sources = pd.DataFrame([each.as_dict() for each in release.sources if each.source_id in named])
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        for name, part in ((sheet, plain), ("sources", export.harmless(sources))):
            part.to_excel(writer, sheet_name=name, index=False, freeze_panes=(1, 0))
    return buffer.getvalue()
