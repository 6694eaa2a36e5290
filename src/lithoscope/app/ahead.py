"""What somebody will ask for sooner or later, made ready while nobody waits: pages, shapes, names."""

import threading
import time
from contextlib import suppress
from functools import cache

from lithoscope.app import cached, state_map, turns
from lithoscope.app.pages import PAGES
from lithoscope.domain.errors import BadRelease
from lithoscope.pipelines import basemap

_QUIET_SECONDS = 2.0
_SEARCHES = (lambda: cached.searched("facilities"), lambda: cached.searched("mines"))


@cache
def begin() -> threading.Thread:
    """Begin, once for this process; each piece waits until no page has been drawn for two seconds."""
    work = threading.Thread(target=_all, name="ahead", daemon=True)
    work.start()
    return work


def _all() -> None:
    pieces = [*(entry.page for entry in PAGES), basemap.prepare, state_map.shapes, *_SEARCHES]
    for piece in pieces:
        while not turns.are_quiet(_QUIET_SECONDS):
            time.sleep(_QUIET_SECONDS / 4)
        with suppress(BadRelease):  # whoever asks for it is told
            piece()
