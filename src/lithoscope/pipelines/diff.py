"""What changed between two releases: sites added, removed, reclassified, and why."""

from typing import Any

import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.fields import Layer
from lithoscope.pipelines.store import Release


def diff(before: Release, after: Release) -> dict[str, Any]:
    """What the command `diff` prints: sites added and removed, each class that changed, and why.

    The reason names the fields whose values differ; where none does, the method itself changed.
    """
    added, removed, reclassified = [], [], []
    for layer in fields.SITES:
        old, new = (release.sites(layer).set_index("site_id") for release in (before, after))
        added += sorted(set(new.index) - set(old.index))
        removed += sorted(set(old.index) - set(new.index))
        common = old.index.intersection(new.index).sort_values()
        reclassified += _reclassified(old.loc[common], new.loc[common], layer)
    return {"added": added, "removed": removed, "reclassified": reclassified}


def _reclassified(old: pd.DataFrame, new: pd.DataFrame, layer: Layer) -> list[dict[str, Any]]:
    columns = [
        each.name for each in fields.of_layer(layer) if each.name in old.columns and each.name in new.columns
    ]
    classes = [name for name in columns if fields.field(name).dtype == "class"]
    inputs = [name for name in columns if name not in classes]
    found = []
    for name in classes:
        one, two = old[name].astype("str"), new[name].astype("str")
        changed = ~(one.eq(two) | (one.isna() & two.isna()))
        for site_id in changed.index[changed]:
            differing = [
                column for column in inputs if not _same(old.loc[site_id, column], new.loc[site_id, column])
            ]
            found.append(
                {
                    "site_id": site_id,
                    "method": name,
                    "from": _shown(one[site_id]),
                    "to": _shown(two[site_id]),
                    "why": "changed: " + ", ".join(differing)
                    if differing
                    else "the method or its tables changed",
                }
            )
    return found


def _same(one: object, two: object) -> bool:
    return (pd.isna(one) and pd.isna(two)) or (not pd.isna(one) and not pd.isna(two) and one == two)


def _shown(value: object) -> str:
    return "unrated" if pd.isna(value) else str(value)
