"""A daily feed: adding days gives what all days at once give; the same day again changes nothing."""

import pandas as pd
import polars as pl
import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.pipelines import dredging, fleet

START = pd.Timestamp("2024-03-01", tz="UTC")
DAILY = dredging.Options(append=True)
TABLES = ("episodes", "tracks", "vessels", "loads", "zone_months", "effort", "dark_gaps", "reception")


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    folder = tmp_path_factory.mktemp("days")
    made = fleet.simulate(
        {"hopper": 2, "cargo": 1, "fishing": 1}, start=START, days=3, spacing_s=120, seed=4
    ).reports
    files = []
    for day, part in made.group_by(pl.col("timestamp").dt.date(), maintain_order=True):
        if day[0].year == 2024:
            files.append(folder / f"{day[0]}.csv")
            part.write_csv(files[-1])
    return sorted(files)


def tables(folder):
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}


def test_days_one_by_one_equal_all_days_at_once(days, tmp_path):
    for day in days:
        document = dredging.run([str(day)], tmp_path / "feed", DAILY)
    whole = dredging.run([str(day) for day in days], tmp_path / "whole", dredging.Options())
    for name, table in tables(tmp_path / "whole").items():
        pd.testing.assert_frame_equal(table, tables(tmp_path / "feed")[name], obj=name)
    for key in ("positions", "dropped", "episodes", "cycles", "volume_m3"):
        assert document[key] == whole[key]


def test_the_same_day_again_changes_nothing(days, tmp_path):
    first = dredging.run([str(days[0])], tmp_path / "feed", DAILY)
    before = {file: file.read_bytes() for file in (tmp_path / "feed").rglob("*") if file.is_file()}
    said = []
    assert dredging.run([str(days[0])], tmp_path / "feed", DAILY, say=said.append) == first
    assert {file: file.read_bytes() for file in (tmp_path / "feed").rglob("*") if file.is_file()} == before
    assert "already in the feed" in said[0]


def test_a_day_changes_only_what_it_can(days, tmp_path):
    dredging.run([str(day) for day in days[:2]], tmp_path / "feed", DAILY)
    before = tables(tmp_path / "feed")["episodes"]
    dredging.run([str(days[2])], tmp_path / "feed", DAILY)
    after = tables(tmp_path / "feed")["episodes"]
    settled = before["end_utc"] < before["end_utc"].max() - pd.Timedelta(hours=12)
    columns = ["episode_id", "start_utc", "end_utc", "hours", "distance_km", "zone", "purpose"]
    kept = after.set_index("episode_id").loc[before.loc[settled, "episode_id"]].reset_index()
    pd.testing.assert_frame_equal(before.loc[settled, columns].reset_index(drop=True), kept[columns])
    assert len(after) > len(before)


def test_only_ships_that_the_day_names_are_computed(days, tmp_path, monkeypatch):
    dredging.run([str(day) for day in days[:2]], tmp_path / "feed", DAILY)
    third = pl.read_csv(days[2], schema_overrides={"mmsi": pl.String})
    ships = sorted(third["mmsi"].unique().to_list())
    one = tmp_path / "third.csv"
    third.filter(pl.col("mmsi") == ships[1]).write_csv(one)
    seen = []
    track = dredging.track

    def spied(table, *rest, **more):
        seen.extend(table.to_native()["mmsi"].unique().to_list())
        return track(table, *rest, **more)

    monkeypatch.setattr(dredging, "track", spied)
    document = dredging.run([str(one)], tmp_path / "feed", DAILY)
    assert seen == [int(ships[1])]
    assert document["computed"]["vessels"] == 1
    assert document["computed"]["reports"] < document["positions"] / 2
    monkeypatch.undo()
    dredging.run([*map(str, days[:2]), str(one)], tmp_path / "whole", dredging.Options())
    for name, table in tables(tmp_path / "whole").items():
        pd.testing.assert_frame_equal(table, tables(tmp_path / "feed")[name], obj=name)


def test_other_vessel_tables_make_all_ships_be_judged_anew(days, tmp_path):
    dredging.run([str(day) for day in days[:2]], tmp_path / "feed", DAILY)
    ship = tables(tmp_path / "feed")["episodes"]["mmsi"].iloc[0]
    own = tmp_path / "own.csv"
    own.write_text(f"mmsi,kind\n{ship},research\n")
    document = dredging.run([str(days[0])], tmp_path / "feed", dredging.Options(append=True, vessels=own))
    assert document["computed"]["vessels"] == document["vessels"]
    assert ship not in set(tables(tmp_path / "feed")["episodes"]["mmsi"])


def test_a_corrected_day_takes_the_place_of_the_former(days, tmp_path):
    dredging.run([str(day) for day in days], tmp_path / "feed", DAILY)
    corrected = tmp_path / days[1].name
    corrected.write_text("\n".join(days[1].read_text().splitlines()[:1]) + "\n")
    document = dredging.run([str(corrected)], tmp_path / "feed", DAILY)
    whole = dredging.run([str(days[0]), str(days[2])], tmp_path / "whole", dredging.Options())
    assert document["positions"] == whole["positions"]
    assert document["episodes"] == whole["episodes"]


def test_a_feed_is_not_overwritten_by_mistake(days, tmp_path):
    dredging.run([str(days[0])], tmp_path / "feed", DAILY)
    with pytest.raises(BadInput, match="holds a feed"):
        dredging.run([str(days[1])], tmp_path / "feed", dredging.Options())
