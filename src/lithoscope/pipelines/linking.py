"""The same site named by two sources: linked, not doubled; every link can be reviewed and undone.

Decisions of a person stand in `data/corrections/links.csv` and in the user's own file of the same columns:
`record_one,record_two,decision,reason,by` with decision accept or reject.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from lithoscope.domain.errors import BadInput
from lithoscope.domain.reference import DATA
from lithoscope.methods import linkage

PAIR_COLUMNS = ("one", "two", "score", "distance_km", "name_likeness", "decision")
DECISIONS = ("accept", "reject")


def decisions(extra: Path | None = None) -> pd.DataFrame:
    """Decisions of people, those of the project first; BadInput for an unknown decision."""
    found = []
    for path in (DATA / "corrections" / "links.csv", extra):
        if path is None or not path.is_file():
            continue
        rows = pd.read_csv(path, dtype="str", comment="#")
        missing = {"record_one", "record_two", "decision"} - set(rows.columns)
        if missing:
            raise BadInput("is missing", "add the column", file=path.name, column=sorted(missing)[0])
        wrong = ~rows["decision"].isin(DECISIONS)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            value = rows["decision"].iloc[row]
            raise BadInput(
                "is no decision",
                "write accept or reject",
                file=path.name,
                row=row + 2,
                column="decision",
                value=value,
            )
        found.append(rows)
    return (
        pd.concat(found, ignore_index=True)
        if found
        else pd.DataFrame(columns=["record_one", "record_two", "decision"])
    )


def link(records: pd.DataFrame, decided: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Groups of records that are one site, and the pairs that were looked at.

    records: one layer's records of all sources. decided: see `decisions`.
    Returns record_id -> first record_id of its group, and the pairs worth a review (PAIR_COLUMNS;
    decision: linked, review, accept, reject).
    """
    pairs = _scored(records)
    rule = linkage.limits()
    pairs["decision"] = np.where(pairs["score"] >= rule["accept_score"], "linked", "review")
    pairs = _decide(pairs, decided, set(records["record_id"]))
    taken = pairs[pairs["decision"].isin(["linked", "accept"])]
    source_of = records.set_index("record_id")["source_id"]
    return linkage.groups(taken, source_of), pairs[list(PAIR_COLUMNS)]


def _scored(records: pd.DataFrame) -> pd.DataFrame:
    """Pairs of records of different sources that are worth a review, with score and evidence."""
    rule = linkage.limits()
    placed = records[records["lon"].notna() & records["lat"].notna()]
    parts = dict(tuple(placed.groupby("source_id", sort=True)))
    found = []
    for one, two in combinations(parts.values(), 2):
        pairs = linkage.near_pairs(
            *(part[name].to_numpy() for part in (one, two) for name in ("lon", "lat")),
            km=rule["search_km_most"],
        )
        precision = sum(
            part["coordinate_precision_km"].fillna(0).to_numpy()[pairs[side]]
            for side, part in (("one", one), ("two", two))
        )
        near = pairs["distance_km"].to_numpy() <= np.minimum(
            precision + rule["search_km"], rule["search_km_most"]
        )
        pairs, precision = pairs[near], precision[near]
        if pairs.empty:
            continue
        alike = _likeness(one.iloc[pairs["one"]], two.iloc[pairs["two"]])
        pairs = pd.DataFrame(
            {
                "one": one["record_id"].to_numpy()[pairs["one"]],
                "two": two["record_id"].to_numpy()[pairs["two"]],
                "score": linkage.score(alike, pairs["distance_km"].to_numpy(), precision),
                "distance_km": pairs["distance_km"].to_numpy(),
                "name_likeness": alike,
            }
        )
        found.append(pairs[(pairs["score"] >= rule["review_score"]) & (pairs["name_likeness"] > 0)])
    return (
        pd.concat(found, ignore_index=True)
        if found
        else pd.DataFrame(columns=list(PAIR_COLUMNS[:-1])).astype(
            {"one": "str", "two": "str", "score": float, "distance_km": float, "name_likeness": float}
        )
    )


def _likeness(one: pd.DataFrame, two: pd.DataFrame) -> np.ndarray:
    """Likeness of the names of each pair: the names alone, or with the mine's name before them."""
    alone = linkage.likeness(_keys(one, ["name"]), _keys(two, ["name"]))
    if "mine_name" not in one.columns:
        return alone
    full = linkage.likeness(_keys(one, ["mine_name", "name"]), _keys(two, ["mine_name", "name"]))
    mixed = linkage.likeness(_keys(one, ["mine_name", "name"]), _keys(two, ["name"]))
    other = linkage.likeness(_keys(one, ["name"]), _keys(two, ["mine_name", "name"]))
    return np.maximum.reduce([alone, full, mixed, other])


def _keys(records: pd.DataFrame, columns: list[str]) -> pd.Series:
    text = records[columns[0]].fillna("").astype("str")
    for name in columns[1:]:
        text = text + " " + records[name].fillna("").astype("str")
    codes, distinct = pd.factorize(text)
    keys = np.array(
        [" ".join(dict.fromkeys(linkage.key_of_name(each).split())) for each in distinct], dtype=object
    )
    return pd.Series(keys[codes], index=range(len(records)), dtype=object)


def _decide(pairs: pd.DataFrame, decided: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """The pairs with people's decisions in place of ours; decided pairs that were not proposed are added."""
    decided = decided[decided["record_one"].isin(known) & decided["record_two"].isin(known)]
    if decided.empty:
        return pairs
    by_pair = {
        frozenset((row.record_one, row.record_two)): row.decision for row in decided.itertuples(index=False)
    }
    ours = [frozenset(pair) for pair in zip(pairs["one"], pairs["two"], strict=True)]
    pairs = pairs.assign(
        decision=[by_pair.get(pair, now) for pair, now in zip(ours, pairs["decision"], strict=True)]
    )
    extra = [
        {
            "one": min(pair),
            "two": max(pair),
            "score": 1.0,
            "distance_km": np.nan,
            "name_likeness": np.nan,
            "decision": said,
        }
        for pair, said in by_pair.items()
        if pair not in set(ours)
    ]
    return (
        pd.concat([pairs, pd.DataFrame(extra, columns=list(PAIR_COLUMNS))], ignore_index=True)
        if extra
        else pairs
    )


def belongs_to(facilities: pd.DataFrame, mines: pd.DataFrame) -> pd.DataFrame:
    """Which mine each facility belongs to: facility and mine (site ids), distance_km, name_likeness, score.

    A mine within the limit whose name is like the mine that the facility names (or like its own name);
    the likest, then the nearest, one for each facility.
    """
    columns = ["facility", "mine", "distance_km", "name_likeness"]
    rule = linkage.limits()
    left, right = (part[part["lon"].notna() & part["lat"].notna()] for part in (facilities, mines))
    if left.empty or right.empty:
        return pd.DataFrame(columns=columns)
    pairs = linkage.near_pairs(
        *(part[name].to_numpy() for part in (left, right) for name in ("lon", "lat")), km=rule["belongs_km"]
    )
    one, two = left.iloc[pairs["one"]], right.iloc[pairs["two"]]
    names = one["mine_name"].fillna(one["name"])
    alike = linkage.likeness(_keys(one.assign(name=names), ["name"]), _keys(two, ["name"]))
    found = pd.DataFrame(
        {
            "facility": one["site_id"].to_numpy(),
            "mine": two["site_id"].to_numpy(),
            "distance_km": pairs["distance_km"].to_numpy(),
            "name_likeness": alike,
        }
    )
    found = found[found["name_likeness"] >= rule["belongs_name_least"]]
    found = found.sort_values(
        ["facility", "name_likeness", "distance_km", "mine"], ascending=[True, False, True, True]
    )
    return found.drop_duplicates("facility", ignore_index=True)
