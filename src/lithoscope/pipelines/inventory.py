"""The inventory of a country, a regional group or the world: the same counts as map, table and export.

A build counts every country once and keeps the inventories in the release, so that one is read without
reading the sites. A release without them is counted from its sites, by the same functions.
"""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lithoscope.domain.fields import LAYERS, Layer
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY, UNRATED
from lithoscope.pipelines import countries, country_classes, disclosure
from lithoscope.pipelines.store import Release

PRODUCT = "inventories"
COUNTED = (
    *("country_iso3", "status", "evidence", "lon"),
    *("consequence_class", "consequence_class_low"),
    *("toxicity_class", "toxicity_class_low", "toxicity_class_high"),
)

_NOT_ASKED = ("geometry", "bbox", "remarks")
"""Columns that neither counts nor the questions of disclosure read, and that are slow to read."""
_NO_GAP: dict[str, Any] = {"complete": None, "most_wanted": []}


def inventory(release: Release, iso3: str) -> dict[str, Any]:
    """The inventory of one State, as the command `inventory` prints it.

    Counts are of sites, classes by what a site is rated at least. A State without rows has zeros, which
    means that no source speaks of it, not that it has no site.
    """
    head = {
        "country": iso3,
        "name": countries.country_name(iso3, "en"),
        "un_group": countries.un_group(iso3),
        "release": release.release_id,
    }
    return head | (_kept(release, iso3) if release.has(f"{PRODUCT}.parquet") else counted(release, iso3))


def counted(release: Release, iso3: str) -> dict[str, Any]:
    """What an inventory says of one State, counted from the sites."""
    shown = {layer: _of_country(release, layer, iso3) for layer in LAYERS}
    return _of_sites(shown, disclosure.gap(shown["facilities"]))


def of_all(sites: Mapping[Layer, pd.DataFrame]) -> pd.DataFrame:
    """What an inventory says of each State that has sites: country_iso3, and the document as JSON.

    sites: layer -> all its sites in the order of the release; columns COUNTED, of facilities also what the
    questions of disclosure ask. An absent layer or column has no value.
    """
    facilities = sites.get("facilities", pd.DataFrame({"country_iso3": []}))
    gaps = disclosure.gaps(facilities, facilities["country_iso3"])
    by_country = {
        layer: dict(iter(frame[[name for name in COUNTED if name in frame]].groupby("country_iso3")))
        for layer, frame in sites.items()
    }
    names = sorted({iso3 for groups in by_country.values() for iso3 in groups})
    documents = [
        _of_sites({layer: groups.get(iso3) for layer, groups in by_country.items()}, gaps.get(iso3, _NO_GAP))
        for iso3 in names
    ]
    texts = [json.dumps(document, ensure_ascii=False) for document in documents]
    return pd.DataFrame({"country_iso3": names, "document": texts}, dtype="str")


def _kept(release: Release, iso3: str) -> dict[str, Any]:
    found = release.table(PRODUCT, ["document"], [("country_iso3", "==", iso3)])["document"]
    return _of_sites({}, _NO_GAP) if found.empty else json.loads(found.iloc[0])


def _of_sites(shown: Mapping[Layer, pd.DataFrame | None], gap: dict[str, Any]) -> dict[str, Any]:
    layers, without = {}, 0
    for layer in LAYERS:
        sites = shown.get(layer)
        sites = pd.DataFrame() if sites is None else sites
        layers[layer] = counts(sites)
        if "lon" in sites.columns:
            without += int(sites["lon"].isna().sum())
    return {"layers": layers, "without_coordinates": without, "disclosure_gap": gap}


def _of_country(release: Release, layer: Layer, iso3: str) -> pd.DataFrame:
    if not release.has(f"{layer}.parquet"):
        return pd.DataFrame()
    present = release.columns(layer)
    if layer == "facilities":
        columns = [name for name in present if name not in _NOT_ASKED]
    else:
        columns = [name for name in present if name in COUNTED]
    return release.table(layer, columns, [("country_iso3", "==", iso3)])


def counts(shown: pd.DataFrame) -> dict[str, Any]:
    """How many sites there are, by toxicity, consequence, status and evidence.

    `toxicity_at_or_above`: class -> [sites surely of it or graver, those that could be], as pages count.
    """
    return {
        "count": len(shown),
        "by_toxicity": by_class(shown, "toxicity_class", TOXICITY.codes),
        "toxicity_at_or_above": _reached(shown),
        "by_consequence": by_class(shown, "consequence_class", CONSEQUENCE.codes),
        "by_status": by_value(shown, "status"),
        "by_evidence": by_value(shown, "evidence"),
    }


def _reached(shown: pd.DataFrame) -> dict[str, list[int]]:
    if "toxicity_class" not in shown.columns or shown.empty:
        return {}
    rows = country_classes.at_or_above(shown, "toxicity_class").itertuples(index=False)
    return {row.code: [row.at_least, row.at_most] for row in rows if row.code != TOXICITY.codes[0]}


def by_class(shown: pd.DataFrame, column: str, codes: list[str]) -> dict[str, int]:
    """Count of each class that occurs, the best estimate or else the lower bound; unrated apart, first."""
    if column not in shown.columns or shown.empty:
        return {UNRATED: len(shown)} if len(shown) else {}
    rated = shown[column]
    if f"{column}_low" in shown.columns:
        rated = rated.fillna(shown[f"{column}_low"])
    found = rated.value_counts(sort=False)
    unrated = int(rated.isna().sum())
    return ({UNRATED: unrated} if unrated else {}) | {
        code: int(found[code]) for code in codes if found.get(code)
    }


def by_value(shown: pd.DataFrame, column: str) -> dict[str, int]:
    """Count of each value that occurs, the most frequent first; missing counts as unknown."""
    if column not in shown.columns:
        return {}
    return {str(key): int(n) for key, n in shown[column].fillna("unknown").value_counts().items()}
