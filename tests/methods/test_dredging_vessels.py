"""Who is a dredger: every piece of evidence moves p the way it says, and its reasons are told."""

import pandas as pd
import pytest

from lithoscope.methods import dredging_vessels as judge

PLAIN = {
    "by": "",
    "known_kind": None,
    "ship_type": 0,
    "name": None,
    "length_m": float("nan"),
    "fishing_share": 0.0,
    "episodes": 0,
    "dredging_hours": 0.0,
    "cycles": 0,
    "long_share": 0.0,
    "observed_h": 24.0,
    "moving_h": 10.0,
}
WORKS = {"episodes": 5, "dredging_hours": 7.0}
CYCLES = {**WORKS, "cycles": 4}


def p(**said) -> float:
    table = pd.DataFrame([{**PLAIN, **said}])
    return float(judge.p_dredger(judge.evidence_of(table))["p_dredger"].iloc[0])


def test_type_and_behaviour_together_suffice_and_neither_alone():
    assert p(ship_type=33, **WORKS) >= 0.5
    assert p(ship_type=33) < 0.5
    assert p(**CYCLES) < 0.5


def test_a_known_dredger_needs_nothing_else():
    assert p(by="registry_identity", known_kind="TSHD", ship_type=70) >= 0.9


def test_what_the_user_calls_another_ship_is_none():
    assert p(by="registry_identity", known_kind="research", ship_type=33, **CYCLES) < 0.5


@pytest.mark.parametrize("name", ["R/V SKAGERAK", "RV CELTIC", "OCEAN SURVEYOR", "JACK-UP 4"])
def test_research_and_jack_ups_that_declare_type_33(name):
    assert p(ship_type=33, name=name, **WORKS) < 0.5


def test_fishing_like_dredging_is_fishing():
    assert p(ship_type=30, **CYCLES) < 0.5
    assert p(fishing_share=0.9, **CYCLES) < 0.5


def test_a_survey_ship_without_cycles_or_with_hardly_any_work():
    assert p(ship_type=33, episodes=8, dredging_hours=40, observed_h=200) < 0.5
    assert p(ship_type=33, episodes=1, dredging_hours=0.5, observed_h=200) < 0.5


@pytest.mark.parametrize("evidence", sorted(set(judge.weights()) - {"prior"}))
def test_every_piece_moves_p_the_way_it_says(evidence):
    columns = sorted(set(judge.weights()) - {"prior"})
    nothing = pd.DataFrame([dict.fromkeys(columns, False)])
    one = nothing.assign(**{evidence: True})
    without, with_it = (judge.p_dredger(each) for each in (nothing, one))
    assert (with_it["p_dredger"] > without["p_dredger"]).item() == (judge.weights()[evidence] > 0)
    assert evidence in with_it["reasons"].item()


def known(**columns):
    return pd.DataFrame([{**dict.fromkeys(judge.KNOWN_COLUMNS), **columns}])


def match(ship, table):
    plain = {
        "mmsi": "244000001",
        "imo_number": float("nan"),
        "name": None,
        "length_m": float("nan"),
        "first_year": 2024,
        "last_year": 2024,
    }
    return judge.matches(pd.DataFrame([{**plain, **ship}]), table)["by"].item()


def test_recognised_by_mmsi_within_its_years_imo_or_name():
    assert match({}, known(mmsi=244000001)) == "registry_identity"
    assert match({}, known(mmsi=244000001, mmsi_to_year=2019)) == ""
    assert match({"imo_number": 9429572.0}, known(imo_number=9429572)) == "registry_identity"
    assert (
        match({"name": "r.s. weeks", "length_m": 85.0}, known(name="R S Weeks", length_m=85.3))
        == "registry_name_and_size"
    )
    assert match({"name": "ORANJE"}, known(name="Oranje")) == "registry_name"
    assert (
        match({"name": "NEW", "length_m": 100.0}, known(name="Old; New", former_names="New", length_m=99))
        != ""
    )


def test_flag_from_the_mmsi_is_not_a_guess():
    flags = judge.flag_of(pd.Series(["244123456", "253193000", "205744000", "200000001"]))
    assert flags.tolist()[:3] == ["NLD", "LUX", "BEL"]
    assert flags.isna().tolist() == [False, False, False, True]


def test_the_same_ship_under_two_numbers_in_their_years():
    ours = judge.known_ships()
    rows = ours[ours["name"] == "Vasco da Gama"]
    assert rows["imo_number"].nunique() == 1
    assert rows["mmsi"].nunique() == 2
