"""Shared identities are split, stray points dropped."""

import pandas as pd

from lithoscope.methods.dredging_tracks import SPIKE, ships_of_pieces

MINUTE = 60_000
COLUMNS = ["mmsi", "chunk", "reports", "start_ms", "end_ms", "lon_start", "lat_start", "lon_end", "lat_end"]


def pieces(*rows):
    """Rows of (reports, first minute, last minute, lon)."""
    return pd.DataFrame(
        [(1, n, k, a * MINUTE, b * MINUTE, lon, 50.0, lon, 50.0) for n, (k, a, b, lon) in enumerate(rows)],
        columns=COLUMNS,
    )


def test_a_stray_point_is_a_spike_and_the_track_goes_on():
    found = ships_of_pieces(pieces((100, 0, 99, 3), (1, 100, 100, 5), (100, 101, 200, 3)))
    assert found["ship"].tolist() == [0, SPIKE, 0]


def test_stray_points_hours_apart_are_no_ship():
    rows = [(100, 0, 99, 3)]
    for n in range(1, 30):
        rows += [(1, n * 500, n * 500, 3 + n % 3 + 1), (100, n * 500 + 1, n * 500 + 499, 3)]
    found = ships_of_pieces(pieces(*rows))
    assert found["ship"].tolist() == [0] + [SPIKE, 0] * 29


def test_two_ships_on_one_mmsi_are_split():
    rows = [(1, n, n, 3 if n % 2 else 8) for n in range(100)]
    found = ships_of_pieces(pieces(*rows))
    assert set(found["ship"]) == {0, 1}
    assert found["ship"].diff().abs().dropna().eq(1).all()


def test_one_ship_that_reappears_elsewhere_is_one_ship():
    found = ships_of_pieces(pieces((100, 0, 99, 3), (100, 110, 210, 30)))
    assert found["ship"].tolist() == [0, 0]


def test_nothing_in_nothing_out():
    assert ships_of_pieces(pieces()).empty
