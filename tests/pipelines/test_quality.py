"""Quality control: each code on a row made for it; nothing dropped, nothing repaired in silence."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain.registers import FINDING_COLUMNS
from lithoscope.pipelines import quality

OK = {"lon": -44.12, "lat": -20.12, "country_stated": "Brazil"}


def examine(rows, layer="facilities"):
    records = pd.DataFrame(rows)
    records["source_row"] = range(2, len(records) + 2)
    records["source_key"] = [f"k{n}" for n in range(len(records))]
    out, found = quality.examine(records, layer, "test")
    assert list(found.columns) == list(FINDING_COLUMNS)
    assert len(out) == len(records)
    assert found["code"].isin(quality.codes().index).all()
    assert found[["reason", "remedy"]].notna().all(axis=None)
    return out, found


def codes(found):
    return found["code"].tolist()


def test_a_good_row_has_no_finding():
    out, found = examine([OK])
    assert found.empty
    assert out.loc[0, ["country_iso3", "country_basis", "country_stated_iso3"]].tolist() == [
        "BRA", "inside", "BRA",
    ]  # fmt: skip


@pytest.mark.parametrize(("lon", "lat"), [(-44, 95), (200, -20), (0, 0), (math.inf, 3), (-44, -math.inf)])
def test_impossible_coordinates_are_made_missing_and_kept_in_the_finding(lon, lat):
    out, found = examine([{"lon": lon, "lat": lat, "country_stated": "Brazil"}])
    assert codes(found) == ["bad_coordinates"]
    assert out[["lon", "lat"]].isna().all(axis=None)
    assert f"lat={lat:.6g}" in found["value"].iloc[0]
    assert out.loc[0, ["country_iso3", "country_basis"]].tolist() == ["BRA", "stated"]


def test_missing_coordinates_are_one_finding_and_the_row_stays():
    out, found = examine(
        [{"lon": np.nan, "lat": np.nan, "country_stated": "Chile"}, {"lon": -70.0, "lat": np.nan}, OK]
    )
    assert codes(found) == ["no_coordinates", "no_coordinates"]
    assert found["row"].tolist() == [2, 3]
    assert out["country_iso3"].fillna("").tolist() == ["CHL", "", "BRA"]


def test_exchanged_coordinates_are_proposed_not_applied():
    out, found = examine([{"lon": -20.12, "lat": -44.12, "country_stated": "Brazil"}])
    assert codes(found) == ["swapped"]
    assert "lon=-44.12, lat=-20.12" in found["remedy"].iloc[0]
    assert out.loc[0, ["lon", "lat"]].tolist() == [-20.12, -44.12]
    assert out.loc[0, ["country_iso3", "country_basis"]].tolist() == ["BRA", "stated"]


def test_latitude_144_in_australia_is_bad_and_a_repair_is_proposed():
    out, found = examine([{"lon": -38.39175, "lat": 144.16996, "country_stated": "Australia"}])
    assert sorted(codes(found)) == ["bad_coordinates", "swapped"]
    assert out["lat"].isna().all()
    assert "lat=-38.3918" in found.set_index("code").loc["swapped", "remedy"]


@pytest.mark.parametrize(
    ("lon", "lat", "remedy"),
    [(81.809, 37.7, "lon=-81.809, lat=37.7"), (-81.809, -37.7, "lon=-81.809, lat=37.7")],
)
def test_wrong_sign_is_proposed(lon, lat, remedy):
    out, found = examine([{"lon": lon, "lat": lat, "country_stated": "United States"}])
    assert codes(found) == ["sign_flipped"]
    assert remedy in found["remedy"].iloc[0]
    assert out.loc[0, "country_iso3"] == "USA"


def test_country_mismatch_keeps_both():
    out, found = examine([{"lon": 2.35, "lat": 48.85, "country_stated": "Belgium"}])
    assert codes(found) == ["country_mismatch"]
    assert found["value"].iloc[0] == "stated BEL, found FRA"
    assert out.loc[0, ["country_iso3", "country_stated_iso3"]].tolist() == ["FRA", "BEL"]


def test_territory_and_its_state_do_not_contradict():
    _, found = examine(
        [
            {"lon": -52.3, "lat": 4.9, "country_stated": "French Guiana"},
            {"lon": 166.5, "lat": -22.15, "country_stated": "France"},
        ]
    )
    assert found.empty


def test_parties_to_a_dispute_do_not_contradict():
    out, found = examine([{"lon": 34.1, "lat": 44.95, "country_stated": "Russia"}])
    assert found.empty
    assert out.loc[0, ["country_iso3", "country_stated_iso3"]].tolist() == ["UKR", "RUS"]
    assert "Crimea" in out.loc[0, "dispute"]


def test_near_shore_and_at_sea():
    out, found = examine(
        [
            {"lon": -70.68, "lat": -26.0, "country_stated": None},
            {"lon": -72.75, "lat": -26.0, "country_stated": "Chile"},
            {"lon": -78.0, "lat": -26.5, "country_stated": None},
        ]
    )
    assert codes(found) == ["near_shore", "at_sea", "at_sea"]
    assert out["country_iso3"].fillna("").tolist() == ["CHL", "CHL", ""]
    assert out["country_basis"].fillna("").tolist() == ["nearest coast", "stated", ""]


def test_unknown_country_name_is_flagged():
    _, found = examine([OK | {"country_stated": "Ruritania"}])
    assert codes(found) == ["unknown_value"]
    assert found["value"].iloc[0] == "Ruritania"


LIMITS = [
    ("dam_height_m", 2018, "height_implausible"),
    ("dam_height_m", 351, "height_implausible"),
    ("dam_height_m", -1, "height_implausible"),
    ("stored_volume_m3", 4e9, "volume_implausible"),
    ("stored_volume_m3", -5, "volume_implausible"),
    ("capacity_m3", 2e10, "volume_implausible"),
    ("year_start", 1500, "year_implausible"),
    ("year_start", 20188, "year_implausible"),
    ("year_end", 9999, "year_implausible"),
]


@pytest.mark.parametrize(("field", "value", "code"), LIMITS)
def test_impossible_value_becomes_missing_with_a_finding(field, value, code):
    out, found = examine([OK | {field: value}, OK | {field: None}])
    assert codes(found) == [code]
    assert found["value"].iloc[0] == f"{value:.0f}"
    assert found["field"].iloc[0] == field
    assert out[field].isna().all()


@pytest.mark.parametrize(
    ("field", "value"), [("dam_height_m", 350), ("dam_height_m", 0), ("year_start", 1800)]
)
def test_limits_themselves_are_possible(field, value):
    out, found = examine([OK | {field: value}])
    assert found.empty
    assert out.loc[0, field] == value


def test_an_ancient_mine_is_possible_an_ancient_dam_is_not():
    assert examine([OK | {"year_start": 1200}], "mines")[1].empty
    assert codes(examine([OK | {"year_start": 1200}], "facilities")[1]) == ["year_implausible"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"stored_volume_m3": 590000.0, "footprint_m2": 1600.0}, "volume_implausible"),
        ({"stored_volume_m3": 25.0, "dam_height_m": 40.0}, "unit_suspected"),
        ({"stored_volume_m3": 2e6, "capacity_m3": 2.5}, "unit_suspected"),
        ({"year_start": 1990, "year_end": 1980}, "year_implausible"),
    ],
)
def test_values_that_contradict_each_other_are_kept_and_flagged(values, code):
    out, found = examine([OK | values])
    assert codes(found) == [code]
    assert out.loc[0, list(values)].tolist() == list(values.values())


def test_no_rows_and_no_columns():
    out, found = quality.examine(pd.DataFrame(), "mines", "test")
    assert out.empty
    assert found.empty


def test_examining_twice_changes_nothing_more():
    rows = [OK, {"lon": -44, "lat": 95, "country_stated": "Brazil"}, OK | {"dam_height_m": 2018}]
    once, _ = examine(rows)
    twice, _ = quality.examine(once, "facilities", "test")
    pd.testing.assert_frame_equal(twice, once)


def test_brazil_is_all_in_brazil(shared_data):
    from lithoscope.sources import anm_sigbm

    reading = anm_sigbm.read(shared_data / "br-sigbm")
    out, _ = quality.examine(reading.records["facilities"], "facilities", "anm_sigbm")
    assert out["country_iso3"].value_counts().to_dict() == {"BRA": 909}


BRAZIL = [{"lon": -44.12 + step / 10, "lat": -20.12} for step in range(9)]


@pytest.mark.parametrize(
    ("lon", "lat", "code", "remedy"),
    [
        (-20.12, -44.12, "swapped", "lon=-44.12, lat=-20.12"),
        (44.12, -20.12, "sign_flipped", "lon=-44.12, lat=-20.12"),
        (-20.12, -144.12, "bad_coordinates", "give longitude"),
    ],
)
def test_without_a_stated_country_the_other_rows_show_the_slip(lon, lat, code, remedy):
    out, found = examine([*BRAZIL, {"lon": lon, "lat": lat}])
    assert codes(found) == [code]
    assert remedy in found["remedy"].iloc[0]
    if code != "bad_coordinates":
        assert out.loc[9, ["lon", "lat"]].tolist() == [lon, lat]
        assert "no country is stated" in found["reason"].iloc[0]
        assert out.loc[9, "country_iso3"] != "BRA", "proposed, not applied"


@pytest.mark.parametrize(
    "rows",
    [
        [
            *BRAZIL[:7],
            {"lon": -68.6, "lat": -33.4},
            {"lon": 5.0, "lat": 52.0},
            {"lon": -20.12, "lat": -44.12},
        ],
        [*BRAZIL[:3], {"lon": -20.12, "lat": -44.12}],
        [*BRAZIL, {"lon": -68.6, "lat": -33.4}],
    ],
    ids=["rows of several countries", "few rows", "a neighbour's place"],
)
def test_other_rows_show_nothing_where_they_are_few_or_scattered_or_no_repair_fits(rows):
    _, found = examine(rows)
    assert not set(codes(found)) & {"swapped", "sign_flipped"}


@pytest.mark.parametrize("field", ["dam_height_m", "crest_length_m", "footprint_m2", "stored_volume_m3"])
def test_a_negative_size_is_told_as_such_and_is_missing(field):
    out, found = examine([OK | {field: -12.0}])
    assert found["reason"].tolist() == [quality.NEGATIVE[0]] and found["value"].tolist() == ["-12"]
    assert pd.isna(out.loc[0, field])


@pytest.mark.parametrize(
    ("status", "last", "as_of", "is_odd"),
    [
        ("closed", 2031, None, True),
        ("abandoned", 2027, None, True),
        ("closed", 2026, None, False),
        ("closed", 2026, "2025-06", True),
        ("active", 2031, None, False),
        ("unknown", 2031, None, False),
    ],
)
def test_a_site_that_has_ended_does_not_end_in_the_future(status, last, as_of, is_odd):
    records = pd.DataFrame([OK | {"status": status, "year_end": last, "as_of": as_of, "source_row": 2}])
    out, found = quality.examine(records, "mines", "test", today=dt.date(2026, 11, 22))
    assert codes(found) == (["year_implausible"] if is_odd else [])
    assert out.loc[0, "year_end"] == last and out.loc[0, "status"] == status
