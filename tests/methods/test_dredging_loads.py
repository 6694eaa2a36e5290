"""Load cycles, volumes with their ranges, purposes."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.methods import dredging_purpose as purpose
from lithoscope.methods import dredging_volume as volume
from lithoscope.methods.dredging_cycles import draught_confirms, loads
from lithoscope.methods.dredging_states import IDLE, TRANSIT, WORK

HOUR = 3_600_000


def runs(*rows, trips=None):
    """Rows of (state, hours, km sailed, lon at its start)."""
    table, t, cm = [], 0, 0
    for number, (state, hours, km, lon) in enumerate(rows):
        table.append(
            (
                1,
                number,
                (trips or [0] * 99)[number],
                state,
                t,
                t + int(hours * HOUR),
                cm,
                cm + int(km * 1e5),
                lon,
                50.0,
            )
        )
        t, cm = table[-1][5], table[-1][7]
    return pd.DataFrame(
        table,
        columns=["track", "run", "trip", "state", "start_ms", "end_ms", "from_cm", "to_cm", "lon", "lat"],
    )


def episodes(table):
    work = table[table["state"] == WORK]
    return pd.DataFrame({"track": 1, "run_first": work["run"], "run_last": work["run"]}).reset_index(
        drop=True
    )


def certainties(*rows, **options):
    table = runs(*rows, **options)
    return loads(table, episodes(table))["certainty"].tolist()


LOAD, SAIL, STOP = (WORK, 1.5, 5, 3.0), (TRANSIT, 1, 20, 3.0), (IDLE, 1, 0, 3.3)


def test_a_load_is_loading_sail_and_discharge():
    assert certainties(LOAD, SAIL, STOP, SAIL, LOAD, SAIL, STOP) == ["seen", "seen"]


def test_loading_again_without_a_discharge_is_the_same_load():
    assert certainties(LOAD, (TRANSIT, 0.3, 2, 3.0), LOAD, SAIL, STOP) == ["seen"]


def test_a_stop_on_the_ground_is_no_discharge():
    assert certainties(LOAD, (IDLE, 1, 0, 3.0), LOAD, SAIL, STOP) == ["seen"]


def test_a_discharge_that_was_not_seen_is_inferred():
    assert certainties(LOAD, SAIL, SAIL, LOAD, SAIL, STOP) == ["inferred", "seen"]


def test_a_loading_at_the_end_is_unfinished():
    assert certainties(LOAD, SAIL, STOP, SAIL, LOAD) == ["seen", "unfinished"]


def test_no_runs_no_loads():
    table = runs(SAIL)
    assert loads(table, episodes(table)).empty


def test_draught_confirms_and_never_denies():
    table = loads(runs(LOAD, SAIL, STOP, SAIL), episodes(runs(LOAD, SAIL, STOP, SAIL)))
    for draughts, confirmed in (([8.0, 5.0], True), ([8.0, 8.0], False), ([8.0, 7.5], False)):
        said = pd.DataFrame({"track": 1, "t_ms": [0, int(3.2 * HOUR)], "draught_m": draughts})
        assert draught_confirms(table, said).item() == confirmed


# --- volumes


def test_ten_cycles_of_ten_thousand_as_worked_by_hand():
    m3 = volume.in_situ_m3(10_000, loads=10, load_factor=0.85, bulking=1.1)
    assert m3 == pytest.approx(77_273, abs=1)
    assert m3 * 1.6 == pytest.approx(123_636, abs=1)


HOPPERS = pd.DataFrame({"low": 10_000.0, "mode": 10_000.0, "high": 10_000.0, "spacing_s": 30.0}, index=["a"])


def some_loads(n=10, weight=1.0, **columns):
    return pd.DataFrame(
        {"vessel": "a", "zone": "NLD", "month": "2024-03", "weight": weight, **columns}, index=range(n)
    )


def test_best_estimate_is_the_mean_and_lies_in_its_range():
    (row,) = volume.volumes(some_loads(), HOPPERS, groups=["zone", "month"], seed=1).itertuples()
    factor, bulking = (0.6 + 0.85 + 0.95) / 3, 1.1  # means of the triangles; 1 / bulking is 0.14 % above
    assert row.volume_best_m3 == pytest.approx(100_000 * factor * 1.01 / bulking, rel=0.01)
    assert row.mass_best_t == pytest.approx(row.volume_best_m3 * 1.6, rel=0.01)
    assert row.volume_low_m3 < row.volume_best_m3 < row.volume_high_m3
    assert row.volume_low_m3 < 77_273 < row.volume_high_m3


def test_best_estimates_add_up_and_the_ends_of_a_joint_sum_lie_closer():
    two = pd.concat(
        [some_loads(), some_loads(5, month="2024-04"), some_loads(8).assign(zone="BEL", vessel="b")]
    )
    hoppers = pd.concat([HOPPERS, HOPPERS.rename({"a": "b"})])
    parts = volume.volumes(two, hoppers, groups=["zone", "month"], seed=1)
    (whole,) = volume.volumes(two, hoppers, groups=[], seed=1).itertuples()
    assert whole.mass_best_t == pytest.approx(parts["mass_best_t"].sum())
    assert whole.mass_low_t > parts["mass_low_t"].sum()
    assert whole.mass_high_t < parts["mass_high_t"].sum()


def test_more_loads_never_give_less_and_unsure_ones_give_a_part():
    def best(table):
        return volume.volumes(table, HOPPERS, groups=[], seed=1)["volume_best_m3"].item()

    assert best(some_loads(5)) < best(some_loads(6))
    assert best(some_loads(5)) < best(some_loads(6, weight=[1, 1, 1, 1, 1, np.nan])) < best(some_loads(6))


def test_the_same_seed_gives_the_same_range_whatever_else_is_there():
    alone = volume.volumes(some_loads(), HOPPERS, groups=["zone"], seed=1)
    other = some_loads(3).assign(vessel="b", zone="BEL")
    both = volume.volumes(
        pd.concat([some_loads(), other]),
        pd.concat([HOPPERS, HOPPERS.set_axis(["b"])]),
        groups=["zone"],
        seed=1,
    )
    pd.testing.assert_frame_equal(alone, both[both["zone"] == "NLD"].reset_index(drop=True))


def test_a_ship_without_a_hopper_has_no_volume():
    none = HOPPERS.assign(low=np.nan, mode=np.nan, high=np.nan)
    assert volume.volumes(some_loads(), none, groups=["zone"], seed=1).empty


def test_hopper_by_length_grows_and_is_wide_where_nothing_is_known():
    table = volume.hopper_from_length(pd.Series([50.0, 70, 90, 110, 130, 150, 180, 220, np.nan]))
    assert table["mode"].iloc[:-1].is_monotonic_increasing
    assert (table["low"] < table["mode"]).all()
    assert (table["mode"] < table["high"]).all()
    width = table["high"] / table["low"]
    assert width.iloc[-1] == width.max()


def test_known_ships_lie_within_the_range_of_their_length():
    from lithoscope.domain import reference

    known = reference.load("known_dredgers").rows
    sized = known[known["length_m"].between(60, 165) & known["hopper_m3"].gt(0) & known["kind"].eq("TSHD")]
    table = volume.hopper_from_length(sized["length_m"])
    inside = sized["hopper_m3"].between(table["low"], table["high"])
    assert len(sized) >= 20
    assert inside.mean() >= 0.85


@pytest.mark.parametrize("spacing", [0, 30, 1000, 1800, 2430, 3600, 86_400, float("nan")])
def test_ends_of_the_loads_missed_lie_about_their_mode(spacing):
    low, mode, high = volume.detection(spacing)
    assert low <= mode <= high


@pytest.mark.parametrize(("spacing", "mean"), [(30, 1.0), (1800, 1.11), (2700, 1.26), (3600, 1.58)])
def test_loads_missed_are_made_up_for_on_average(spacing, mean):
    assert np.mean(volume.detection(spacing)) == pytest.approx(mean, abs=0.02)


def test_sparser_reports_mean_more_loads_missed_and_no_step_between_rows():
    found = np.array([volume.detection(spacing) for spacing in range(0, 7200, 10)])
    assert (np.diff(found.mean(axis=1)) >= 0).all()
    assert np.diff(found.mean(axis=1)).max() < 0.02
    assert volume.detection(float("nan")) == volume.detection(30)


# --- purposes


def one_load(**columns):
    plain = {"coast_km": 15.0, "sail_km": 30.0, "discharge": purpose.ASHORE, "berth_share": 1.0}
    return purpose.purposes(pd.DataFrame([{**plain, **columns}])).iloc[0]


def test_purposes_follow_place_and_manner():
    assert one_load().idxmax() == "aggregate"
    assert one_load(coast_km=1.0, discharge=purpose.DUMP, sail_km=8.0).idxmax() == "maintenance"
    assert one_load(berth_share=0.2, sail_km=12.0).idxmax() == "reclamation"


def test_purposes_share_one_and_are_never_certain():
    for columns in ({}, {"coast_km": np.nan}, {"discharge": purpose.UNSEEN}):
        share = one_load(**columns)
        assert share.sum() == pytest.approx(1)
        assert share.max() < 0.99


def test_how_a_load_is_discharged():
    table = pd.DataFrame(
        {
            "discharge_start_ms": [0, 0, -1],
            "discharge_end_ms": [HOUR, HOUR // 10, -1],
            "discharge_coast_km": [1.0, 12.0, np.nan],
        }
    )
    assert purpose.discharge_kind(table).tolist() == [purpose.ASHORE, purpose.DUMP, purpose.UNSEEN]
