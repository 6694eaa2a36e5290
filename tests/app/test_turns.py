"""Runs of pages take turns, in the order of arrival, and nobody waits for long."""

import threading
import time

import pytest

from lithoscope.app import ahead, state_map, turns
from lithoscope.pipelines import basemap


def _run(order: list[str], name: str, inside: threading.Event, go: threading.Event) -> threading.Thread:
    def work() -> None:
        with turns.taken():
            order.append(name)
            inside.set()
            go.wait(5)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_one_run_at_a_time_in_the_order_of_arrival(monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 30.0)
    order: list[str] = []
    doors = {name: (threading.Event(), threading.Event()) for name in "abc"}
    threads = []
    for name, door in doors.items():
        threads.append(_run(order, name, *door))
        time.sleep(0.1)  # the next one arrives after this one waits
    assert order == ["a"]
    for name, after in zip("abc", ["ab", "abc", "abc"], strict=True):
        doors[name][1].set()
        following = doors[after[-1]][0]
        assert following.wait(5)
        assert "".join(order) == after
    for thread in threads:
        thread.join(5)


def test_whoever_waited_long_goes_ahead_and_gives_no_turn_back_that_was_not_his(monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 0.05)
    with turns.taken():
        with turns.taken():
            pass
        assert not turns._TURN.acquire(blocking=False)
    assert turns._TURN.acquire(blocking=False)
    turns._TURN.release()


def test_a_run_that_fails_gives_its_turn_back():
    with pytest.raises(RuntimeError), turns.taken():
        raise RuntimeError("a page stopped")
    assert turns._TURN.acquire(blocking=False)
    turns._TURN.release()


def test_it_is_quiet_once_nobody_took_a_turn_for_a_while(monkeypatch):
    with turns.taken():
        assert not turns.are_quiet(0.5)
    assert not turns.are_quiet(0.5)
    monkeypatch.setattr(turns, "_last", time.monotonic() - 1)
    assert turns.are_quiet(0.5)


def test_what_is_made_ahead_outlives_a_release_that_is_gone(shelf_on, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(turns, "are_quiet", lambda seconds: True)
    monkeypatch.setattr(ahead, "PAGES", ())
    monkeypatch.setattr(basemap, "prepare", lambda: made.append("basemap"))
    monkeypatch.setattr(state_map, "shapes", lambda: made.append("shapes"))
    shelf_on(tmp_path)
    ahead._all()
    assert made == ["basemap", "shapes"]
