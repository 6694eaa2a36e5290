"""The inventory of a country, a regional group or the world: the same counts as map, table and export."""

from typing import Any

import pandas as pd

from lithoscope.domain.fields import LAYERS, Layer
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY, UNRATED
from lithoscope.pipelines import countries, disclosure
from lithoscope.pipelines.store import Release

COUNTED = ("country_iso3", "status", "evidence", "lon", "consequence_class", "toxicity_class")

_NOT_ASKED = ("geometry", "bbox", "remarks")
"""Columns that neither counts nor the questions of disclosure read, and that are slow to read."""


def inventory(release: Release, iso3: str) -> dict[str, Any]:
    """The inventory of one State, as the command `inventory` prints it.

    Counts are of sites, classes by what a site is rated at least. A State without rows has zeros, which
    means that no source speaks of it, not that it has no site.
    """
    name = countries.country_name(iso3, "en")
    layers, without, facilities = {}, 0, pd.DataFrame()
    for layer in LAYERS:
        shown = _of_country(release, layer, iso3)
        layers[layer] = counts(shown)
        if layer == "facilities":
            facilities = shown
        if "lon" in shown.columns:
            without += int(shown["lon"].isna().sum())
    return {
        "country": iso3,
        "name": name,
        "un_group": countries.un_group(iso3),
        "release": release.release_id,
        "layers": layers,
        "without_coordinates": without,
        "disclosure_gap": disclosure.gap(facilities),
    }


def _of_country(release: Release, layer: Layer, iso3: str) -> pd.DataFrame:
    if not release.has(f"{layer}.parquet"):
        return pd.DataFrame()
    present = release.columns(layer)
    if layer == "facilities":
        columns = [name for name in present if name not in _NOT_ASKED]
    else:
        columns = [name for name in present if name.removesuffix("_low") in COUNTED]
    return release.table(layer, columns, [("country_iso3", "==", iso3)])


def counts(shown: pd.DataFrame) -> dict[str, Any]:
    """How many sites there are, by toxicity, consequence, status and evidence."""
    return {
        "count": len(shown),
        "by_toxicity": by_class(shown, "toxicity_class", TOXICITY.codes),
        "by_consequence": by_class(shown, "consequence_class", CONSEQUENCE.codes),
        "by_status": by_value(shown, "status"),
        "by_evidence": by_value(shown, "evidence"),
    }


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
