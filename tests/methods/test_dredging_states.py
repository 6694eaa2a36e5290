"""From reports to episodes on tracks counted by hand."""

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from lithoscope.methods import dredging_states as states
from lithoscope.methods.dredging_episodes import episodes
from lithoscope.methods.dredging_states import FATES, IDLE, TRANSIT, WORK

T0 = 1_700_000_000_000
LIMIT = states.thresholds()
SHIP = 219_000_001
NEAR = states.Neighbours()


def reports(*rows):
    """Rows of (second, lon, lat, sog, cog=0, mmsi=SHIP)."""
    filled = [(*row, *(0.0, SHIP)[len(row) - 4 :]) for row in rows]
    return pl.DataFrame(
        [(row[5], T0 + int(row[0] * 1000), *map(float, row[1:5])) for row in filled],
        schema=["mmsi", "t_ms", "lon", "lat", "sog", "cog"],
        orient="row",
    )


def fates(table):
    judged = nw.from_native(table.lazy()).with_columns(states.first_fate(latest_ms=T0 + 10**12).alias("fate"))
    return [FATES[fate] for fate in judged.collect()["fate"].to_list()]


def steps(*parts, step=60):
    """A track sailing north: parts of (minutes, knots); a report every `step` seconds."""
    rows, second, lat = [], 0, 50.0
    for minutes, knots in parts:
        for _ in range(int(minutes * 60 / step)):
            rows.append((second, 3.0, lat, knots))
            second += step
            lat += knots * step / 3600 / 60
    rows.append((second, 3.0, lat, parts[-1][1]))
    return rows


def runs_of(table):
    tracks = nw.from_native(table.lazy()).with_columns((nw.col("mmsi") * 100).alias("track"))
    moved = states.with_states(states.with_movement(tracks, LIMIT, NEAR), LIMIT, NEAR)
    return states.runs(moved)


def episodes_of(table):
    return episodes(states.work_clusters(runs_of(table), LIMIT).collect().to_native().to_pandas())


def test_each_report_is_dropped_for_one_reason():
    table = reports(
        (0, 3, 50, 1),
        (0, 3, 50, 1, 0, 12345),
        (0, 3, 50, 1, 0, 999999999),
        (0, 3, 50, 1, 0, 111219501),
        (0, 181, 91, 1, 0, 12345),
        (0, 181, 50, 1),
        (0, 3, 91, 1),
        (0, 0, 0, 1),
        (-1_690_000_000, 3, 50, 1),
        (10**10, 3, 50, 1),
    )
    bad = ["bad_mmsi"] * 4 + ["no_position"] * 3 + ["bad_time"] * 2
    assert fates(table) == ["kept", *bad]


def judged(*rows):
    table = states.with_fates_and_jumps(nw.from_native(reports(*rows).lazy()), LIMIT, NEAR).collect()
    return table.sort("t_ms", "lon", "lat")


def test_the_same_report_heard_twice_is_a_duplicate():
    table = judged((0, 3, 50, 8, 0), (0, 3, 50, 8, 0), (2, 3, 50, 8, 0), (10, 3, 50.0004, 8, 0))
    assert table["fate"].to_list() == [0, 4, 4, 0]


def test_a_ship_at_rest_repeats_itself_lawfully():
    table = judged((0, 3, 50, 0, 0), (3, 3, 50, 0, 0), (60, 3, 50, 0, 0))
    assert table["fate"].to_list() == [0, 0, 0]


def test_a_moving_ship_at_an_unchanged_place_is_stale():
    table = judged((0, 3, 50, 10, 0), (60, 3, 50, 10, 0))
    assert table["fate"].to_list() == [0, 5]


def test_a_leg_that_no_ship_sails_is_a_jump():
    fast = 50.0 + 49 * 60 / 3600 / 60
    assert judged((0, 3, 50, 8), (60, 3, fast, 8))["is_jump"].to_list() == [0, 0]
    assert judged((0, 3, 50, 8), (60, 3, 50.1, 8))["is_jump"].to_list() == [0, 1]


@pytest.mark.parametrize(
    ("knots", "state"),
    [
        (0.0, IDLE),
        (0.2, IDLE),
        (0.3, TRANSIT),
        (0.7, TRANSIT),
        (0.8, WORK),
        (3.0, WORK),
        (3.1, TRANSIT),
        (4.1, TRANSIT),
    ],
)
def test_states_and_the_hysteresis_between_them(knots, state):
    table = runs_of(reports(*steps((10, 9), (10, knots)))).collect()
    assert table["state"].to_list()[-1] == state


def test_between_the_bands_work_goes_on():
    table = runs_of(reports(*steps((10, 2), (10, 0.5), (10, 3.8), (10, 2)))).collect()
    assert table["state"].to_list() == [WORK]


def test_an_episode_has_the_hours_and_the_way_of_the_work():
    (one,) = episodes_of(reports(*steps((30, 10), (90, 2), (30, 10)))).itertuples()
    assert one.hours == pytest.approx(1.5)
    assert one.distance_km == pytest.approx(90 / 60 * 2 * 1.852, rel=0.01)
    assert one.mean_sog_kn == pytest.approx(2.0)
    assert one.start_ms == T0 + 30 * 60_000


@pytest.mark.parametrize(("minutes", "count"), [(19, 0), (20, 1)])
def test_twenty_minutes_make_an_episode(minutes, count):
    assert len(episodes_of(reports(*steps((10, 9), (minutes, 2), (10, 9))))) == count


@pytest.mark.parametrize(("turn", "count"), [(9, 1), (10, 2)])
def test_an_interruption_under_ten_minutes_is_bridged(turn, count):
    assert len(episodes_of(reports(*steps((10, 9), (30, 2), (turn, 5), (30, 2), (10, 9))))) == count


def test_a_silence_of_more_than_half_an_hour_parts_two_trips():
    before = steps((40, 2))
    for silence, count in ((29, 1), (31, 2)):
        after = [(s + 40 * 60 + silence * 60, x, y, v) for s, x, y, v in steps((40, 2))]
        assert len(episodes_of(reports(*before, *after))) == count


def test_wide_spacing_bears_wide_silences():
    rows = steps((240, 2), step=2700)
    assert len(episodes_of(reports(*rows))) == 1


def test_without_a_reported_speed_positions_say_it():
    rows = [(s, x, y, -1.0) for s, x, y, _ in steps((30, 10), (90, 2), (30, 10))]
    (one,) = episodes_of(reports(*rows)).itertuples()
    assert one.hours == pytest.approx(1.5, abs=0.04)


def test_swinging_at_anchor_is_no_episode():
    rows = [(60 * n, 3.0 + 0.0005 * (n % 2), 50.0, 1.0) for n in range(90)]
    assert episodes_of(reports(*rows)).empty


def test_slow_trawling_that_dips_into_the_band_is_no_episode():
    assert episodes_of(reports(*steps((10, 2.9), (80, 3.9)))).empty


def test_no_report_gives_no_episode():
    assert episodes_of(reports(*steps((1, 2))).head(0)).empty


def test_rows_in_any_order_give_the_same_episodes():
    table = reports(*steps((30, 10), (90, 2), (30, 10)))
    pd.testing.assert_frame_equal(
        episodes_of(table), episodes_of(table.sample(fraction=1, shuffle=True, seed=3))
    )


def test_times_by_state_add_up_to_the_time_seen():
    times = states.time_by_state(runs_of(reports(*steps((30, 10), (90, 2), (30, 0))))).collect()
    assert times["ms"].sum() == 150 * 60_000
    assert int(times["reports"].sum()) == 151
