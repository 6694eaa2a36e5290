"""Which records of different sources speak of the same site: pairs, likeness of names, score, groups.

A pair is proposed by distance, scored by name and distance, and accepted by limits that are Lithoscope's
own (`data/reference/linkage_limits.csv`) and measured (`docs/linking.md`). Numbers in names are part of
the name: "Dam 1" is never "Dam 2". Records of one source are never joined.
"""

import re
from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from lithoscope.domain import reference
from lithoscope.domain.earth import EARTH_M
from lithoscope.domain.text import fold

_WORDS = re.compile(r"[^\W\d_]+|\d+")
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}


def limits() -> dict[str, float]:
    """The limits by name, as data/reference/linkage_limits.csv has them."""
    rows = reference.load("linkage_limits").rows
    return dict(zip(rows["limit"], rows["value"].astype(float), strict=True))


@cache
def generic_words() -> frozenset[str]:
    """Words that many sites share and that therefore tell nothing, folded."""
    return frozenset(reference.load("linkage_generic_words").rows["word"])


def key_of_name(name: object) -> str:
    """The telling words of a name, folded, roman numerals as figures; empty for a missing name."""
    words = _WORDS.findall(fold(name)) if isinstance(name, str) else []
    words = [_ROMAN.get(word, word.lstrip("0") or "0") for word in words]
    return " ".join(word for word in words if word not in generic_words())


def likeness(one: pd.Series, two: pd.Series) -> np.ndarray:
    """Likeness of names pair by pair, 0..1; 0 where either is missing or their numbers differ.

    one, two: keys of names (`key_of_name`), of equal length.
    """
    alike = (
        process.cpdist(one.to_numpy(dtype=object), two.to_numpy(dtype=object), scorer=fuzz.token_sort_ratio)
        / 100
    )
    numbers = [
        set(re.findall(r"\d+", left)) == set(re.findall(r"\d+", right))
        for left, right in zip(one, two, strict=True)
    ]
    known = (one.to_numpy() != "") & (two.to_numpy() != "")
    return np.where(known & np.array(numbers, dtype=bool), alike, 0.0)


def near_pairs(
    lon: np.ndarray, lat: np.ndarray, lon_two: np.ndarray, lat_two: np.ndarray, km: float
) -> pd.DataFrame:
    """Pairs of one place of the first and one of the second set no farther apart than `km`.

    Degrees, finite. Returns columns one, two (positions) and distance_km (great circle of a sphere).
    """
    chord = 2 * np.sin(min(km * 1000 / EARTH_M, np.pi) / 2)
    from scipy.spatial import cKDTree  # here, since only a build needs it and it takes a second to import

    found = cKDTree(_unit(lon, lat)).sparse_distance_matrix(
        cKDTree(_unit(lon_two, lat_two)), chord, output_type="ndarray"
    )
    return pd.DataFrame({"one": found["i"], "two": found["j"], "distance_km": _arc_km(found["v"])})


def apart_km(lon: np.ndarray, lat: np.ndarray, lon_two: np.ndarray, lat_two: np.ndarray) -> np.ndarray:
    """Great-circle distance place by place, on a sphere; degrees, NaN stays NaN. [km]"""
    return _arc_km(np.linalg.norm(_unit(lon, lat) - _unit(lon_two, lat_two), axis=1))


def _arc_km(chord: np.ndarray) -> np.ndarray:
    """The arc above a chord of the unit sphere, on Earth."""
    arc: np.ndarray = 2 * EARTH_M / 1000 * np.arcsin(np.clip(chord / 2, 0, 1))
    return arc


def _unit(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    lon, lat = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def score(
    name_likeness: np.ndarray,
    distance_km: np.ndarray,
    precision_km: np.ndarray,
    height_ratio: np.ndarray | float = np.nan,
) -> np.ndarray:
    """How sure a pair is one site, 0..1: grows with likeness, falls with distance beyond the precision.

    precision_km: how far either of the two places may be off, added up; 0 where it is not stated.
    height_ratio: the larger over the smaller dam height; NaN where either is not known, which says nothing.
    Pairs of little likeness, and pairs whose dams differ, stay below the limit of what is linked.
    """
    rule = limits()
    beyond = np.maximum(distance_km - precision_km, 0.0)
    nearness = 1 / (1 + (beyond / rule["distance_half_km"]) ** 2)
    weighted = rule["weight_name"] * name_likeness + (1 - rule["weight_name"]) * nearness
    is_doubtful = (name_likeness < rule["name_link_least"]) | (height_ratio > rule["height_ratio_most"])
    weighted = np.where(is_doubtful, np.minimum(weighted, rule["accept_score"] - 0.01), weighted)
    unlike = np.minimum(weighted, rule["review_score"] - 0.01)
    return np.asarray(np.where(name_likeness >= rule["name_least"], weighted, unlike))


def groups(pairs: pd.DataFrame, source_of: pd.Series, apart: Iterable[tuple[str, str]] = ()) -> pd.Series:
    """Record -> first record of its group, for pairs taken from the surest down.

    pairs: columns one, two (record ids) and score. source_of: record id -> source. apart: pairs that must
    not stand in one group. A pair that would put two records of one source, or two that are to be kept
    apart, into a group is passed over; which records are linked does not depend on the order of the rows.
    """
    parent: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    sources = source_of.to_dict()
    kept_apart: dict[str, set[str]] = {}
    for one, two in apart:
        kept_apart.setdefault(one, set()).add(two)
        kept_apart.setdefault(two, set()).add(one)

    def root(record: str) -> str:
        while parent.setdefault(record, record) != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    surest = pairs.sort_values(["score", "one", "two"], ascending=[False, True, True])
    for one, two in zip(surest["one"].tolist(), surest["two"].tolist(), strict=True):
        left, right = sorted((root(one), root(two)))
        if left == right:
            continue
        here, there = members.get(left, [left]), members.get(right, [right])
        is_free = all(kept_apart.get(record, set()).isdisjoint(there) for record in here)
        if is_free and _all_differ(sources[record] for record in here + there):
            parent[right], members[left] = left, here + there
    return pd.Series({record: root(record) for record in parent}, dtype="str")


def _all_differ(items: Iterable[str]) -> bool:
    listed = list(items)
    return len(set(listed)) == len(listed)
