"""The same site named by two sources: linked, not doubled; every link can be reviewed and undone.

Decisions of a person stand in `data/corrections/links.csv` and in the user's own file of the same columns:
`record_one,record_two,decision,reason,by` with decision accept or reject.
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.domain.folders import DATA
from lithoscope.methods import linkage

PAIR_COLUMNS = ("one", "two", "score", "distance_km", "name_likeness", "decision")
"""decision: "linked"; "review", a person should look; "passed over", a surer pair or a person's decision
stands in the way; "accept" and "reject", what a person decided."""
BELONGS_COLUMNS = ("facility", "mine", "distance_km", "name_likeness", "basis")
"""basis: "name", the names are alike; "place", the mine's point lies on the facility's footprint."""
DECISIONS = ("accept", "reject")
SURE = 1.0
"""Added to a score, which is at most 1: pairs of the same number go before others, a person's before both."""


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
    Returns record_id -> first record_id of its group, and the pairs worth a look (PAIR_COLUMNS). A pair
    that would join two records of one source, or two that a rejected pair keeps apart, is passed over.
    Raises BadInput for a person's decision to accept two records of one source.
    """
    pairs = _scored(records)
    source_of = records.set_index("record_id")["source_id"]
    pairs["decision"] = np.where(pairs["score"] >= linkage.limits()["accept_score"], "linked", "review")
    pairs = _decide(pairs, decided, source_of)
    taken = pairs[pairs["decision"].isin(["linked", "accept"])]
    surest = taken["score"] + taken["same_number"] * SURE + (taken["decision"] == "accept") * 2 * SURE
    first = taken.assign(score=surest.fillna(2 * SURE))
    rejected = pairs.loc[pairs["decision"] == "reject", ["one", "two"]]
    links = linkage.groups(first, source_of, rejected.itertuples(index=False, name=None))
    is_passed_over = pairs["decision"].eq("linked") & pairs["one"].map(links).ne(pairs["two"].map(links))
    pairs["decision"] = pairs["decision"].mask(is_passed_over, "passed over")
    return links, pairs[list(PAIR_COLUMNS)]


def _scored(records: pd.DataFrame) -> pd.DataFrame:
    """Pairs of records of different sources that are worth a review, with score and evidence."""
    rule = linkage.limits()
    placed = records[records["lon"].notna() & records["lat"].notna()]
    if "source_key" not in placed.columns:
        placed = placed.assign(source_key=pd.Series(pd.NA, index=placed.index, dtype="str"))
    names = sorted(placed["source_id"].unique())
    parts = {name: placed[placed["source_id"] == name] for name in names} if len(names) > 1 else {}
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
        same = _same_number(one, two, pairs, alike)
        scored = linkage.score(
            alike, pairs["distance_km"].to_numpy(), precision, _height_ratio(one, two, pairs)
        )
        pairs = pd.DataFrame(
            {
                "one": one["record_id"].to_numpy()[pairs["one"]],
                "two": two["record_id"].to_numpy()[pairs["two"]],
                "score": np.where(same, 1.0, scored),
                "distance_km": pairs["distance_km"].to_numpy(),
                "name_likeness": alike,
                "same_number": same,
            }
        )
        is_like = (pairs["score"] >= rule["review_score"]) & (pairs["name_likeness"] > 0)
        found.append(pairs[is_like | pairs["same_number"]])
    kinds = {"one": "str", "two": "str", "score": float, "distance_km": float, "name_likeness": float}
    none = pd.DataFrame(columns=[*kinds, "same_number"]).astype({**kinds, "same_number": bool})
    return pd.concat(found, ignore_index=True) if found else none


def _same_number(
    one: pd.DataFrame, two: pd.DataFrame, pairs: pd.DataFrame, likeness: np.ndarray
) -> np.ndarray:
    """Whether two editions of one publisher give both records the same number, and nothing speaks against."""
    rule = linkage.limits()
    publishers = {part["source_id"].iloc[0].split("~")[0] for part in (one, two)}
    if len(publishers) > 1:
        return np.zeros(len(pairs), dtype=bool)
    left, right = (
        part["source_key"].fillna("").to_numpy(dtype=object)[pairs[side]]
        for part, side in ((one, "one"), (two, "two"))
    )
    is_near = pairs["distance_km"].to_numpy() <= rule["number_km"]
    return (left == right) & (left != "") & (is_near | (likeness >= rule["name_least"]))


def _height_ratio(one: pd.DataFrame, two: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """The larger over the smaller dam height of each pair; NaN where either is missing or not positive."""
    if "dam_height_m" not in one.columns or "dam_height_m" not in two.columns:
        return np.full(len(pairs), np.nan)
    left, right = (
        part["dam_height_m"].where(part["dam_height_m"] > 0).to_numpy(dtype="float64")[pairs[side]]
        for part, side in ((one, "one"), (two, "two"))
    )
    return np.fmax(left / right, right / left)


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


def _decide(pairs: pd.DataFrame, decided: pd.DataFrame, source_of: pd.Series) -> pd.DataFrame:
    """The pairs with people's decisions in place of ours; decided pairs that were not proposed are added."""
    known = decided["record_one"].isin(source_of.index) & decided["record_two"].isin(source_of.index)
    decided = decided[known]
    if decided.empty:
        return pairs
    one, two = (decided[name].map(source_of) for name in ("record_one", "record_two"))
    if (alone := (one == two) & (decided["decision"] == "accept")).any():
        wrong = decided[alone].iloc[0]
        raise BadInput(
            "joins two records of one source",
            "remove the decision; each record of a source stays a site of its own",
            file="links.csv",
            column="record_two",
            value=f"{wrong['record_one']} and {wrong['record_two']}",
        )
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
            "score": np.nan,
            "distance_km": np.nan,
            "name_likeness": np.nan,
            "same_number": False,
            "decision": said,
        }
        for pair, said in by_pair.items()
        if pair not in set(ours)
    ]
    if not extra:
        return pairs
    return pd.concat([pairs, pd.DataFrame(extra).astype(pairs.dtypes.to_dict())], ignore_index=True)


def belongs_to(
    facilities: pd.DataFrame, mines: pd.DataFrame, footprints: pd.Series | None = None
) -> pd.DataFrame:
    """Which mine each facility belongs to, at most one: BELONGS_COLUMNS, of site ids.

    By name: the mine within the limit whose name is like the mine that the facility names (or like its own
    name), the likest, then the nearest. Else by place: the mine whose point lies on the facility's
    footprint, the nearest to the facility's point. footprints: site id -> polygon, see `footprints_of`.
    """
    left, right = (part[part["lon"].notna() & part["lat"].notna()] for part in (facilities, mines))
    if left.empty or right.empty:
        return pd.DataFrame(columns=list(BELONGS_COLUMNS))
    found = pd.concat([_by_name(left, right), _by_place(left, right, footprints)], ignore_index=True)
    found = found.sort_values(
        ["facility", "basis", "name_likeness", "distance_km", "mine"],
        ascending=[True, True, False, True, True],
    )
    return found.drop_duplicates("facility", ignore_index=True)[list(BELONGS_COLUMNS)]


def _by_name(facilities: pd.DataFrame, mines: pd.DataFrame) -> pd.DataFrame:
    """All pairs near enough and like enough by name."""
    rule = linkage.limits()
    pairs = linkage.near_pairs(
        *(part[name].to_numpy() for part in (facilities, mines) for name in ("lon", "lat")),
        km=rule["belongs_km"],
    )
    asked = facilities["mine_name"].fillna(facilities["name"])
    is_own = facilities["mine_name"].isna().to_numpy()[pairs["one"]]
    pairs = pairs[~is_own | (pairs["distance_km"] <= rule["belongs_own_name_km"])]
    one, two = (
        _keys(part, ["name"])
        for part in (facilities.assign(name=asked).iloc[pairs["one"]], mines.iloc[pairs["two"]])
    )
    found = _belonging(facilities, mines, pairs, linkage.likeness(one, two)).assign(basis="name")
    return found[found["name_likeness"] >= rule["belongs_name_least"]]


def _by_place(facilities: pd.DataFrame, mines: pd.DataFrame, footprints: pd.Series | None) -> pd.DataFrame:
    """All pairs of a facility and a mine whose point lies on its footprint."""
    if footprints is None or footprints.empty:
        return _belonging(
            facilities, mines, pd.DataFrame({"one": [], "two": []}, dtype="int64"), np.array([])
        )
    position = pd.Series(range(len(facilities)), index=facilities["site_id"].to_numpy())
    shapes = footprints[footprints.index.isin(position.index)]
    points = shapely.points(mines["lon"].to_numpy(), mines["lat"].to_numpy())
    shape, mine = shapely.STRtree(points).query(shapes.to_numpy(), predicate="contains")
    one = position.loc[shapes.index].to_numpy()[shape]
    apart = _apart_km(facilities.iloc[one], mines.iloc[mine])
    pairs = pd.DataFrame({"one": one, "two": mine, "distance_km": apart})
    return _belonging(facilities, mines, pairs, np.full(len(pairs), np.nan)).assign(basis="place")


def _belonging(
    facilities: pd.DataFrame, mines: pd.DataFrame, pairs: pd.DataFrame, likeness: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "facility": facilities["site_id"].to_numpy()[pairs["one"]],
            "mine": mines["site_id"].to_numpy()[pairs["two"]],
            "distance_km": pairs["distance_km"].to_numpy() if len(pairs) else np.array([], dtype="float64"),
            "name_likeness": likeness,
            "basis": "",
        }
    )


def _apart_km(one: pd.DataFrame, two: pd.DataFrame) -> np.ndarray:
    """Distance pair by pair, on a sphere."""
    return linkage.apart_km(*(part[name].to_numpy() for part in (one, two) for name in ("lon", "lat")))


def footprints_of(records: pd.DataFrame) -> pd.Series:
    """Site id -> polygon, of records whose source gives the shape of the site; the first of each site.

    records: `site_id`, `footprint_m2` and `raw`, whose entry `geometry` holds the shape as WKT.
    """
    drawn = records.loc[records["footprint_m2"].notna(), ["site_id", "raw"]]
    drawn = drawn[drawn["raw"].str.contains("POLYGON", regex=False).fillna(False).astype(bool)]
    texts = [json.loads(raw).get("geometry") for raw in drawn["raw"]]
    shapes = shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore")
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    found = pd.Series(
        shapely.make_valid(shapes[usable]), index=drawn["site_id"].to_numpy()[usable], dtype=object
    )
    return found[~found.index.duplicated()]
