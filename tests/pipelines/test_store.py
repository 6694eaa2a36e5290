"""Releases appear whole or not at all, and any alteration is noticed."""

import errno
import json
import os

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lithoscope.domain import registers
from lithoscope.domain.errors import BadColumn, BadInput, BadRelease
from lithoscope.domain.provenance import SourceRecord
from lithoscope.pipelines import store

SOURCE = SourceRecord("x", "X", "X", "X (2020)", "CC0", "official")


def register(n=3):
    frame = pd.DataFrame(
        {
            "site_id": [f"tsf:x:{i}" for i in range(n)],
            "record_id": [f"x:{i}" for i in range(n)],
            "source_id": "x",
            "evidence": "official",
            "lon": [float(i) for i in range(n - 1)] + [None],
            "lat": [1.0] * n,
            "name": ["a"] * n,
        }
    )
    return registers.with_geometry(registers.conform(frame, "facilities"))


def write(data, n=3):
    return store.write_release(
        {"facilities": register(n), "note.txt": b"hello"}, [SOURCE], {"rows_read": n}, data
    )


def test_what_is_written_is_read_back(tmp_path):
    release = write(tmp_path)
    again = store.open_release(tmp_path)
    assert again.release_id == release.release_id
    sites = again.sites("facilities").sort_values("site_id", ignore_index=True)
    registers.check(sites, "facilities", "site_id")
    pd.testing.assert_frame_equal(pd.DataFrame(sites), pd.DataFrame(register()))
    assert sites.geometry.isna().tolist() == [False, False, True]
    assert again.sources == [SOURCE]
    assert again.content("note.txt") == b"hello"
    assert store.problems(again) == []


def test_geoparquet_1_1_with_covering_box(tmp_path):
    release = write(tmp_path)
    metadata = json.loads(pq.read_schema(release.path / "facilities.parquet").metadata[b"geo"])
    assert metadata["version"] == "1.1.0"
    assert metadata["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    near = gpd.read_parquet(release.path / "facilities.parquet", bbox=(0.5, 0, 1.5, 2))
    assert near["site_id"].tolist() == ["tsf:x:1"]


def test_alterations_are_noticed(tmp_path):
    release = write(tmp_path)
    (release.path / "note.txt").write_bytes(b"hellO")
    (release.path / "more.txt").write_bytes(b"")
    (release.path / "facilities.parquet").unlink()
    assert store.problems(release) == [
        "facilities.parquet: missing",
        "note.txt: altered since the release was built",
        "more.txt: not in the manifest",
    ]


@pytest.mark.parametrize(("breaks", "told"), [(KeyboardInterrupt, KeyboardInterrupt), (OSError, BadInput)])
def test_a_failed_write_leaves_the_former_release(tmp_path, monkeypatch, breaks, told):
    former = write(tmp_path)

    def broken(*_):
        raise breaks

    monkeypatch.setattr(store, "sha256", broken)
    with pytest.raises(told):
        write(tmp_path, 5)
    assert store.open_release(tmp_path).release_id == former.release_id
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == sorted(
        [former.release_id, "current"]
    )


@pytest.mark.parametrize(
    "manifest",
    ["null", "[1]", "{}", "[" * 100_000, '{"built_utc": "x", "files": [], "sources": [], "report": {}}'],
)
def test_a_manifest_that_is_none_is_told_and_built_over(tmp_path, manifest):
    release = write(tmp_path)
    (release.path / store.MANIFEST).write_text(manifest)
    with pytest.raises(BadRelease, match="the manifest cannot be read; build again"):
        store.open_release(tmp_path).sites("facilities")
    assert len(write(tmp_path).sites("facilities")) == 3


@pytest.mark.parametrize("other", [b"", b"garbage", b"same length"])
def test_a_table_that_was_swapped_is_not_read(tmp_path, other):
    release = write(tmp_path)
    path = release.path / "facilities.parquet"
    path.write_bytes(other if other != b"same length" else path.read_bytes()[::-1])
    for read in (release.sites, release.columns, release.count):
        with pytest.raises(BadRelease, match="facilities"):
            read("facilities")


def test_what_names_the_current_release_may_be_damaged(tmp_path):
    former = write(tmp_path)
    (tmp_path / "releases" / store.CURRENT).write_bytes(b"\xff\xfe")
    with pytest.raises(BadRelease, match=f"no such release; there are: {former.release_id}"):
        store.open_release(tmp_path)
    assert write(tmp_path).release_id == store.open_release(tmp_path).release_id


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path, monkeypatch):
    former = write(tmp_path)
    monkeypatch.setattr(store.pq.ParquetWriter, "close", _full)
    with pytest.raises(BadInput, match="cannot be written: No space left on device"):  # noqa: SIM117
        with store.draft(tmp_path) as new:
            new.append("facilities", register())
            new.publish([SOURCE], {})
    assert store.open_release(tmp_path).release_id == former.release_id
    assert {path.name for path in (tmp_path / "releases").iterdir()} == {former.release_id, store.CURRENT}


def _full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_place_that_takes_no_file_is_told(tmp_path):
    (tmp_path / "plain").write_text("x")
    with pytest.raises(BadInput, match="cannot be written: Not a directory"):
        write(tmp_path / "plain")
    with pytest.raises(BadInput, match="cannot be written: File name too long"):
        store.replace_file(tmp_path / ("x" * 300), b"")


def test_former_releases_are_kept_up_to_a_number(tmp_path):
    built = [write(tmp_path).release_id for _ in range(store.KEPT + 2)]
    kept = {path.name for path in (tmp_path / "releases").iterdir() if path.is_dir()}
    assert len(kept) == store.KEPT
    assert built[-1] in kept
    assert store.open_release(tmp_path).manifest["previous"] == built[-2]


def test_releases_of_one_second_stand_in_the_order_in_which_they_were_built(tmp_path):
    built = [write(tmp_path).release_id for _ in range(4)]
    assert [each.release_id for each in store.releases(tmp_path)] == built[::-1]


def test_no_release_says_what_to_do(tmp_path):
    with pytest.raises(BadRelease, match="lithoscope build"):
        store.open_release(tmp_path)
    write(tmp_path)
    with pytest.raises(BadRelease, match="no such release"):
        store.open_release(tmp_path, "../../etc")


def test_a_table_in_another_reference_system_is_refused(tmp_path):
    with store.draft(tmp_path) as draft:
        for add in (draft.write, draft.append):
            with pytest.raises(BadColumn, match="is not in EPSG:4326; reproject it"):
                add("zones", register().to_crs("EPSG:3857"))
