"""Viewers take turns: one run of a page at a time, in the order of arrival.

Runs are processor work of some hundredths of a second under one interpreter lock. Drawn side by side, all
of them end when the last one does; in turn, the median viewer waits half as long and nobody longer.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TURN = threading.Semaphore(1)
_PATIENCE_SECONDS = 1.0
_last = time.monotonic()


@contextmanager
def taken() -> Iterator[None]:
    """The block has its turn; after a second of waiting it goes ahead, since somebody's run is a long one."""
    is_ours = _TURN.acquire(timeout=_PATIENCE_SECONDS)
    _note()
    try:
        yield
    finally:
        _note()
        if is_ours:
            _TURN.release()


def are_quiet(seconds: float) -> bool:
    """Whether nobody's turn began or ended in the last seconds."""
    return time.monotonic() - _last > seconds


def _note() -> None:
    global _last
    _last = time.monotonic()
