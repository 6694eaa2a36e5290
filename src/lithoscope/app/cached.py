"""What the pages read: the open release and its sites, shared by all viewers. Change nothing of it.

The tile routes read the same shelf (pipelines/shelf.py), so that a page and its map cannot differ.
Where there is no release yet, the embedded starter register is built, once, in the background.
"""

import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st

from lithoscope.app.i18n import _
from lithoscope.domain import fields
from lithoscope.domain.errors import BadRelease, LithoscopeError
from lithoscope.domain.fields import Layer
from lithoscope.pipelines import shelf as shelves
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import Settings
from lithoscope.pipelines.shelf import Holdings, MapLayer
from lithoscope.pipelines.store import Release

_LOOK_SECONDS = 0.2


def holdings() -> Holdings:
    """The open release with its sites in memory; BadRelease if there is none."""
    return shelves.shelf().holdings()


def data() -> Path:
    """The folder with releases and cache."""
    return shelves.shelf().data


def release() -> Release:
    """The open release."""
    return holdings().release


def sites(layer: Layer) -> gpd.GeoDataFrame:
    """All sites of a layer, without `raw` (read that from the release, one site at a time)."""
    return holdings().sites(layer)


def searched(layer: Layer) -> pd.Series:
    """The folded text that a search goes through, on the index of `sites(layer)`."""
    return holdings().searched(layer)


def facilities() -> gpd.GeoDataFrame:
    """All tailings facilities."""
    return sites("facilities")


def mines() -> gpd.GeoDataFrame:
    """All mines, of every status."""
    return sites("mines")


def events() -> gpd.GeoDataFrame:
    """Documented failures, one row each: EVENT_COLUMNS, then the fields of their facility."""
    return holdings().events()


def shown(layer: MapLayer, selection: Selection) -> gpd.GeoDataFrame:
    """The rows that a selection shows, with the index of `sites(layer)`; kept for the next caller."""
    return holdings().shown(layer, selection)


@st.cache_resource(max_entries=2, show_spinner=False)
def _findings(release_id: str) -> pd.DataFrame:
    from lithoscope.pipelines import findings  # a fifth of the start; only few pages ask

    return findings.table(release())


def findings() -> pd.DataFrame:
    """What quality control found, with the site of each row: see `pipelines/findings.py`."""
    return _findings(release().release_id)


@st.cache_resource(max_entries=2, show_spinner=False)
def _pairs(release_id: str) -> pd.DataFrame:
    from lithoscope.pipelines import findings

    found = [findings.pairs(release(), layer) for layer in fields.SITES]
    return pd.concat(found, ignore_index=True)


def pairs() -> pd.DataFrame:
    """Pairs of records that may be one site, with what was decided on them."""
    return _pairs(release().release_id)


def members() -> Mapping[str, tuple[str, ...]]:
    """Regional group of the UN -> ISO 3166 alpha-3 codes of its Member States."""
    return shelves.members()


class _StarterBuild:
    """The build of the starter register in its own thread, and what became of it."""

    def __init__(self, chosen: Settings) -> None:
        self.doing = ""
        self.error: LithoscopeError | None = None
        self._settings = chosen
        self._thread = threading.Thread(target=self._build, name="starter-build", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def _build(self) -> None:
        from lithoscope.pipelines import build  # only needed where there is no release yet

        try:
            build.build_starter(self._settings.data, progress=self._note)
        except LithoscopeError as error:
            self.error = error

    def _note(self, doing: str, done: int, of: int | None) -> None:
        self.doing = doing if not of else f"{doing} ({done:,} / {of:,})"


@cache
def _starter_build() -> _StarterBuild:
    return _StarterBuild(shelves.shelf().settings)


def begin() -> None:
    """Open the release and its sites ahead of the first viewer; without one, build the starter register."""
    try:
        found = holdings()
    except BadRelease:
        _starter_build()
        return
    for layer in ("facilities", "mines"):
        found.sites(layer)
    found.events()


def prepare() -> None:
    """Return when there is a release to show; until then say what is being done."""
    try:
        holdings()
    except BadRelease:
        _wait(_starter_build())


def _wait(build: _StarterBuild) -> None:
    message = _("The starter register is being built. This happens once and takes less than a minute.")
    with st.status(message, expanded=True) as status:
        line = st.empty()
        while build.is_running:
            line.text(build.doing)
            time.sleep(_LOOK_SECONDS)
        if build.error is not None:
            status.update(label=_("The starter register could not be built."), state="error")
            line.text(str(build.error))
            st.stop()
    st.rerun()
