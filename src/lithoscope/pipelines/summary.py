"""Figures of any set of sites that pages show: how many of what, and how much is known of them.

All counts are of sites; every site of the set is in every count, a missing value as "unknown".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.provenance import EVIDENCE
from lithoscope.domain.scales import UNRATED, Scale

UNKNOWN = "unknown"
ASKED: Mapping[str, tuple[str, ...]] = {
    "facilities": (
        "lon",
        "status",
        "owner",
        "commodities",
        "year_start",
        "raising_method",
        "dam_height_m",
        "stored_volume_m3",
        "consequence_class",
        "review_date",
        "has_emergency_plan",
        "has_closure_plan",
    ),
    "mines": (
        "lon",
        "status",
        "owner",
        "commodities",
        "year_end",
        "features",
        "rehabilitation_state",
        "financial_provision",
        "contamination_listing",
    ),
}
"""What a reader first wants to know of a site, by layer; how often it is known is its completeness."""


def by_value(sites: pd.DataFrame, name: str, order: Sequence[str] = ()) -> dict[str, int]:
    """Count of each value, in `order` or the most frequent first; missing counts as unknown, last."""
    counted = sites[name].where(sites[name].notna(), UNKNOWN).value_counts()
    found = {str(value): int(n) for value, n in counted.items()}
    if order:
        found = {value: found[value] for value in (*order, *found) if value in found}
    return _unknown_last(found)


def by_item(sites: pd.DataFrame, name: str, most: int | None = None) -> dict[str, int]:
    """Count of sites for each item of a list field, the most frequent first; sites without any as unknown.

    A site with two items counts under both. most: how many items at most, the rest being left out.
    """
    counted: Counter[str] = Counter()
    missing = len(sites)
    for text, n in sites[name].value_counts().items():  # few texts for many sites: split each but once
        items = dict.fromkeys((item for item in str(text).split("; ") if item), int(n))
        counted.update(items)
        missing -= int(n) if items else 0
    return dict(counted.most_common(most)) | ({UNKNOWN: missing} if missing else {})


def by_class(sites: pd.DataFrame, name: str, scale: Scale) -> dict[str, int]:
    """Count of each class that occurs, from low to grave, of what a site is rated at least; unrated last."""
    rated = sites[name]
    if f"{name}_low" in sites.columns:
        rated = rated.fillna(sites[f"{name}_low"])
    counted = rated.value_counts(sort=False)
    found = {code: int(counted.get(code, 0)) for code in scale.codes}
    return {code: n for code, n in found.items() if n} | (
        {UNRATED: int(rated.isna().sum())} if rated.isna().any() else {}
    )


def by_evidence(sites: pd.DataFrame) -> dict[str, int]:
    """Count of sites by the evidence of their record, the strongest first."""
    return by_value(sites, "evidence", EVIDENCE)


def by_country(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per country with sites: `country_iso3`, then a count for each of the named frames."""
    counted = {
        name: frame["country_iso3"].where(frame["country_iso3"].notna(), UNKNOWN).value_counts()
        for name, frame in frames.items()
    }
    table = pd.DataFrame(counted).fillna(0).astype("int64")
    table = table.sort_values(list(frames), ascending=False, kind="stable")
    return table.rename_axis("country_iso3").reset_index()


def known(sites: pd.DataFrame, layer: str) -> dict[str, float]:
    """Share of the sites for which each of the ASKED fields is known, 0 to 1; empty for no sites."""
    if sites.empty:
        return {}
    return {name: _known_share(sites, name) for name in ASKED[layer] if name in sites.columns}


def completeness(sites: pd.DataFrame, layer: str) -> float:
    """Mean share of the ASKED fields that is known, 0 to 1; NaN for no sites."""
    shares = known(sites, layer)
    return sum(shares.values()) / len(shares) if shares else float("nan")


def _known_share(sites: pd.DataFrame, name: str) -> float:
    is_known = sites[name].notna()
    if fields.field(name).dtype in ("text", "list", "date"):
        is_known &= ~sites[name].isin(["", UNKNOWN])
    return float(is_known.mean())


def silent(frames: Iterable[pd.DataFrame], groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Regional group -> its Member States that no site of the frames lies in."""
    heard: set[str] = set()
    for frame in frames:
        heard |= set(frame["country_iso3"].dropna().unique())
    return {group: [iso3 for iso3 in states if iso3 not in heard] for group, states in groups.items()}


def _unknown_last(found: dict[str, int]) -> dict[str, int]:
    unknown = found.pop(UNKNOWN, None)
    return found if unknown is None else {**found, UNKNOWN: unknown}
