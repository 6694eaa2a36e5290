"""The US inventory: feet, acre-feet, zero for unknown, rows with half a position."""

# ruff: noqa: E501  tables of cases read better in one line each

import json
from pathlib import Path

import pytest

from lithoscope.sources import us_nid

HEAD = "recordid,dam_name,nidid,longitude,latitude,county,owner_type,purposes,year_completed,nid_height,max_storage,normal_storage,hazard,eap,state"
ROWS = [
    "76.0,RED DOG,AK00201,-162.8624,68.0694,NORTHWEST ARCTIC,P,T,1993.0,208.0,40030.0,36750.0,S,Y,AK",
    "77.0,NO LATITUDE,FL1,-82.0,,POLK,FU,OT,0,0.0,0.0,0.0,H,N,FL",
    "78.0,,FL2,,,POLK,X,T,,tall,1.0,,N,NR,FL",
]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "nid.csv"
    path.write_text("\n".join([HEAD, *ROWS]) + "\n", encoding="utf-8")
    return path


def test_quirks_of_a_small_file(small: Path) -> None:
    reading = us_nid.read(small)
    dams = reading.records["facilities"]
    assert dams["source_key"].tolist() == ["AK00201", "FL1", "FL2"]
    assert dams["dam_height_m"].tolist()[0] == pytest.approx(208 * 0.3048)
    assert dams["capacity_m3"].tolist() == pytest.approx(
        [40030 * 1233.48183754752, float("nan"), 1233.48183754752], nan_ok=True
    )
    assert "stored_volume_m3" not in dams
    assert dams["dam_height_m"].isna().tolist() == [False, True, True]
    assert dams["year_start"].isna().tolist() == [False, True, True]
    assert dams["lon"].isna().tolist() == [False, True, True]
    assert dams["ownership"].tolist()[:2] == ["private", "federal government; public utility"]
    assert dams["has_emergency_plan"].tolist()[:2] == [True, False] and dams["has_emergency_plan"].isna()[2]
    assert set(zip(reading.findings["row"], reading.findings["code"], strict=True)) == {(4, "not_a_number")}
    assert json.loads(dams["raw"][0])["normal_storage"] == "36750.0"


def test_an_acre_foot_is_43560_cubic_feet() -> None:
    from lithoscope.sources import units

    assert units.factor("acre-feet") == pytest.approx(43_560 * 0.3048**3, rel=1e-12)


def test_the_real_inventory(shared_data: Path) -> None:
    reading = us_nid.read(shared_data / "us-nid-tailings")
    dams = reading.records["facilities"]
    assert reading.rows_read == len(dams) == 1362 and dams["source_key"].is_unique
    assert dams["lon"].isna().sum() == dams["lat"].isna().sum() == 48
    assert dams["dam_height_m"].isna().sum() == 56 and dams["dam_height_m"].min() > 0
    assert dams["capacity_m3"].isna().sum() == 110 + 42
    assert dams["consequence_class_raw"].value_counts().to_dict() == {
        "S": 455,
        "L": 428,
        "H": 348,
        "U": 81,
        "N": 50,
    }
    assert (dams["content"] == "tailings").all()
