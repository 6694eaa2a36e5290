"""The same site named by two sources: linked once, never against a person's word, and undone at will."""

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely

from lithoscope.domain.errors import BadInput
from lithoscope.methods import linkage
from lithoscope.pipelines import linkage_scores, linking, sites, store

NO_DECISIONS = pd.DataFrame(columns=["record_one", "record_two", "decision"])
HEADER = "Dam Id,Name,Country,Latitude,Longitude,Height (m),Status"


def records(*rows):
    """rows: (source, key, name, lon, lat[, height])."""
    frame = pd.DataFrame(
        [(*row, np.nan)[:6] for row in rows],
        columns=["source_id", "source_key", "name", "lon", "lat", "dam_height_m"],
    )
    frame["record_id"] = frame["source_id"] + ":" + frame["source_key"]
    return frame.assign(coordinate_precision_km=np.nan, mine_name=pd.Series(dtype="str"))


def decided(*rows):
    return pd.DataFrame(rows, columns=["record_one", "record_two", "decision"])


ALPHA = (("a", "1", "Alpha Mine", -70.0, -33.0), ("b", "9", "Alpha", -70.001, -33.0))
APART = (("a", "2", "Beta", -71.0, -33.0), ("b", "8", "Gamma", -71.001, -33.0))


def grouped(frame, decisions=NO_DECISIONS):
    links, pairs = linking.link(frame, decisions)
    groups = frame["record_id"].map(links).astype("str").fillna(frame["record_id"])
    return frame.groupby(groups)["record_id"].agg(set).to_dict(), pairs


def test_the_same_name_nearby_is_one_site_and_other_names_are_not():
    groups, pairs = grouped(records(*ALPHA, *APART))
    assert groups == {"a:1": {"a:1", "b:9"}, "a:2": {"a:2"}, "b:8": {"b:8"}}
    assert pairs["decision"].tolist() == ["linked"]


def test_a_rejected_pair_stays_apart_even_by_way_of_a_third_record():
    third = ("c", "5", "Alpha", -70.0005, -33.0)
    groups, pairs = grouped(records(*ALPHA, third), decided(("b:9", "a:1", "reject")))
    assert all(not {"a:1", "b:9"} <= group for group in groups.values())
    decision = {frozenset(pair[:2]): pair[2] for pair in pairs[["one", "two", "decision"]].to_numpy()}
    assert decision[frozenset({"a:1", "b:9"})] == "reject"
    assert sorted(decision.values()) == ["linked", "passed over", "reject"]


def test_an_accepted_pair_is_joined_though_nothing_proposes_it_and_goes_before_surer_scores():
    far = ("b", "7", "Quite another name", 20.0, 5.0)
    groups, pairs = grouped(records(*ALPHA, far), decided(("a:1", "b:7", "accept")))
    assert groups == {"a:1": {"a:1", "b:7"}, "b:9": {"b:9"}}
    assert pairs.set_index("two")["decision"].to_dict() == {"b:7": "accept", "b:9": "passed over"}


def test_accepting_two_records_of_one_source_is_refused():
    with pytest.raises(BadInput, match="two records of one source"):
        linking.link(records(*ALPHA, ("a", "3", "Alpha", -70, -33)), decided(("a:1", "a:3", "accept")))


def test_a_decision_on_records_that_are_not_there_changes_nothing():
    assert grouped(records(*ALPHA), decided(("a:1", "z:1", "accept")))[0] == grouped(records(*ALPHA))[0]


@pytest.mark.parametrize(
    "text", ["record_one,record_two,decision\na:1,b:1,perhaps\n", "record_one,decision\na:1,accept\n"]
)
def test_a_file_of_decisions_that_cannot_be_read_is_refused(tmp_path, text):
    path = tmp_path / "links.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"links\.csv"):
        linking.decisions(path)


def test_records_of_one_source_are_never_merged():
    rows = [(source, str(i), "Alpha", -70 + i * 1e-4, -33.0) for source in "abc" for i in range(4)]
    frame = records(*rows)
    groups, _pairs = grouped(frame)
    assert sorted(map(len, groups.values())) == [3, 3, 3, 3]
    for group in groups.values():
        assert len({record.split(":")[0] for record in group}) == len(group)


def test_groups_do_not_depend_on_the_order_of_rows_or_sources():
    rng = np.random.default_rng(3)
    rows = [
        (source, str(i), f"Site {'ABC'[i % 3]}", -70 + rng.normal(0, 0.01), -33 + rng.normal(0, 0.01))
        for source, i in itertools.product("abcd", range(6))
    ]
    frame = records(*rows)
    first = grouped(frame)[0]
    assert any(len(group) > 1 for group in first.values())
    for seed in range(5):
        assert grouped(frame.sample(frac=1, random_state=seed, ignore_index=True))[0] == first


def test_dams_of_different_height_are_left_to_a_person():
    row = ("a", "1", "Bonsal", -80.0, 35.0)
    other = ("b", "1", "Bonsal tailings dam", -80.0, 35.0)
    for height, decision in ((11.0, "linked"), (19.0, "review"), (np.nan, "linked")):
        _groups, pairs = grouped(records((*row, 6.0), (*other, height)))
        assert pairs["decision"].tolist() == [decision]


def test_editions_of_one_publisher_are_linked_by_its_own_number_before_a_nearer_namesake():
    frame = records(
        ("p", "100", "Gold Reef", -122.0, 41.0),
        ("p~2", "100", "Renamed", -122.001, 41.0),
        ("p~2", "200", "Gold Reef", -122.0, 41.0),
    )
    assert grouped(frame)[0] == {"p:100": {"p:100", "p~2:100"}, "p~2:200": {"p~2:200"}}


def test_the_same_number_of_different_publishers_or_of_far_places_says_nothing():
    other = records(("p", "100", "Gold Reef", -122.0, 41.0), ("q", "100", "Renamed", -122.001, 41.0))
    far = records(("p", "100", "Gold Reef", -122.0, 41.0), ("p~2", "100", "Renamed", -122.02, 41.0))
    for frame in (other, far):
        assert all(len(group) == 1 for group in grouped(frame)[0].values())


def table(folder, name, *rows):
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_inventory_sites_and_export_count_a_group_once_and_keep_its_records(lithoscope, tmp_path):
    one = table(
        tmp_path, "one.csv", "1,Alpha,Brazil,-20.1,-43.9,30,Active", "2,Beta,Brazil,-20.5,-43.5,,Closed"
    )
    two = table(
        tmp_path, "two.csv", "7,Alpha Dam,Brazil,-20.1001,-43.9,31,Closed", "8,Zeta,Brazil,-22,-44,9,Active"
    )
    sources = ("--source", f"table={one}", "--source", f"table={two}")
    report = lithoscope("build", *sources, "--data", tmp_path, "--json").document
    assert report["layers"]["facilities"]["accepted"] == report["rows_read"] == 4
    inventory = lithoscope("inventory", "BRA", "--data", tmp_path, "--json").document
    assert inventory["layers"]["facilities"]["count"] == 3
    assert sum(inventory["layers"]["facilities"]["by_status"].values()) == 3
    listed = lithoscope("sites", "--data", tmp_path, "--json").document
    assert listed["count"] == 3
    assert sorted(len(site["records"]) for site in listed["sites"]) == [1, 1, 2]
    out = tmp_path / "all.csv"
    assert lithoscope("export", "--out", out, "--data", tmp_path, "--json").document["rows"] == 3
    assert len(store.open_release(tmp_path).records("facilities")) == 4


def test_a_user_can_undo_a_link_in_a_file(lithoscope, tmp_path):
    one = table(tmp_path, "one.csv", "1,Alpha,Brazil,-20.1,-43.9,30,Active")
    two = table(tmp_path, "two.csv", "7,Alpha,Brazil,-20.1,-43.9,31,Closed")
    (tmp_path / "links.csv").write_text(
        "record_one,record_two,decision,reason,by\ntable:1,table~2:7,reject,two ponds,a visit\n"
    )
    (tmp_path / "lithoscope.toml").write_text(
        f'links = "links.csv"\n[[source]]\nname = "table"\npath = "{one.name}"\n'
        f'[[source]]\nname = "table"\npath = "{two.name}"\n'
    )
    ran = lithoscope("build", "--data", tmp_path, "--config", tmp_path / "lithoscope.toml", "--json")
    assert ran.status == 0, ran.err
    assert lithoscope("sites", "--data", tmp_path, "--json").document["count"] == 2
    assert store.open_release(tmp_path).table("facilities_pairs")["decision"].tolist() == ["reject"]


def test_the_strongest_evidence_speaks_first_and_others_fill_gaps():
    frame = pd.DataFrame(
        {
            "site_id": "tsf:x",
            "record_id": ["a:1", "b:1", "c:1"],
            "source_id": ["a", "b", "c"],
            "evidence": ["unverified", "official", "official"],
            "name": ["rumour", None, "third"],
            "dam_height_m": [5.0, 7.0, 9.0],
        }
    )
    for order in itertools.permutations(range(3)):
        site = sites.merge(frame.iloc[list(order)], pd.DataFrame()).iloc[0]
        assert site[["source_id", "evidence", "name", "dam_height_m"]].tolist() == [
            "b",
            "official",
            "third",
            7.0,
        ]


def register(*rows):
    return pd.DataFrame(rows, columns=["site_id", "name", "mine_name", "lon", "lat"])


def test_a_facility_belongs_to_the_mine_that_it_names_or_that_lies_on_its_footprint():
    facilities = register(
        ("tsf:1", "Pond 3", "Big Copper", -70.0, -33.0),
        ("tsf:2", None, None, -71.0, -33.0),
        ("tsf:3", "Lone Pond", None, -72.0, -33.0),
    )
    mines = register(
        ("mine:1", "Big Copper Mine", None, -70.05, -33.0),
        ("mine:2", "On it", None, -71.001, -33.0),
        ("mine:3", "Beside it", None, -71.02, -33.0),
        ("mine:4", "Lone Pond", None, -72.06, -33.0),
    )
    square = shapely.box(-71.005, -33.005, -70.995, -32.995)
    found = linking.belongs_to(facilities, mines, pd.Series({"tsf:2": square}))
    assert found[["facility", "mine", "basis"]].to_numpy().tolist() == [
        ["tsf:1", "mine:1", "name"],
        ["tsf:2", "mine:2", "place"],
    ]
    np.testing.assert_allclose(found["distance_km"], [4.663, 0.0933], rtol=1e-3)
    assert linking.belongs_to(facilities, mines.head(0)).empty


def test_precision_and_recall_are_counted_by_hand():
    frame = records(
        ("a", "1", "x", 0, 0), ("a", "2", "y", 1, 0), ("a", "3", "z", 2, 0), ("b", "1", "x", 0, 0),
        ("b", "2", "y", 1, 0), ("b", "9", "w", 9, 0),
    )  # fmt: skip
    links = pd.Series({"a:1": "a:1", "b:1": "a:1", "a:3": "a:3", "b:9": "a:3"})
    found = linkage_scores.score(frame, links, frame["source_key"])
    assert (found.made, found.right, found.possible) == (2, 1, 2)
    assert (found.precision, found.recall) == (0.5, 0.5)


def test_ids_of_one_mine_are_joined_by_name_within_the_distance():
    frame = records(
        ("a", "1", "Gold Reef", 0, 0), ("a", "2", "Gold Reef Mine", 0.001, 0),
        ("a", "3", "Gold Reef", 0.1, 0), ("a", "4", "Mine", 0, 0), ("a", "5", "Mine", 0, 0),
    )  # fmt: skip
    joined = linkage_scores.same_mine(frame, frame["source_key"], km=0.5)
    assert joined.nunique() == 4
    assert joined[0] == joined[1]


@pytest.fixture(scope="module")
def editions(shared_data):
    """Both Californian editions of MRDS as two sources that share nothing but names and places."""
    from lithoscope.sources import usgs_mrds

    readings = usgs_mrds.read(shared_data / "us-mrds-california")
    frames = [reading.records["mines"].assign(source_id=f"edition{i}") for i, reading in enumerate(readings)]
    frame = pd.concat([each.drop_duplicates("source_key") for each in frames], ignore_index=True)
    frame["record_id"] = frame["source_id"] + ":" + frame["source_key"]
    return frame.assign(coordinate_precision_km=np.nan)


def test_links_of_real_mines_are_as_good_as_the_documents_say(editions):
    links, _pairs = linking.link(editions, NO_DECISIONS)
    by_id = linkage_scores.score(editions, links, editions["source_key"])
    mine = linkage_scores.same_mine(editions, editions["source_key"], km=0.5)
    by_mine = linkage_scores.score(editions, links, mine)
    assert by_id.precision > 0.80
    assert by_mine.precision > 0.99
    assert by_mine.recall > 0.97


def test_a_stricter_limit_never_links_more(editions, monkeypatch):
    some = editions[editions["lat"].between(39.2, 39.6)]
    usual, made = linkage.limits(), []
    for limit in (0.70, 0.80, 0.90, 0.99):
        monkeypatch.setattr(linkage, "limits", lambda limit=limit: {**usual, "accept_score": limit})
        links, _pairs = linking.link(some, NO_DECISIONS)
        made.append(linkage_scores.score(some, links, some["source_key"]).made)
    assert made == sorted(made, reverse=True)
    assert made[0] > made[-1]
