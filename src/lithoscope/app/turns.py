"""Viewers take turns: one run of a page at a time, in the order of arrival.

Runs are processor work of some hundredths of a second under one interpreter lock. Drawn side by side, all
of them end when the last one does; in turn, the median viewer waits half as long and nobody longer.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TURN = threading.Semaphore(1)
_PATIENCE_SECONDS = 1.0


@contextmanager
def taken() -> Iterator[None]:
    """The block has its turn; after a second of waiting it goes ahead, since somebody's run is a long one."""
    is_ours = _TURN.acquire(timeout=_PATIENCE_SECONDS)
    try:
        yield
    finally:
        if is_ours:
            _TURN.release()
