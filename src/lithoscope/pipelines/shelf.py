"""What a server holds in memory: one open release, its sites, and what was asked of them lately.

All that is handed out is shared between viewers and threads: nobody may change it. When a newer release
becomes the current one, it is opened at the next look; whoever still reads the former one may finish.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from lithoscope.domain import fields, reference, registers
from lithoscope.domain.errors import BadRelease
from lithoscope.domain.fields import Layer
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY
from lithoscope.pipelines import coarsen, query, store
from lithoscope.pipelines.bands import BANDS
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import Settings, settings
from lithoscope.pipelines.store import Release
from lithoscope.pipelines.tiles import UNRATED_CODE, Classes, PointIndex

T = TypeVar("T")

LOOK_SECONDS = 2.0
"""How long a shelf trusts that the current release is still the one that it holds."""
REMEMBERED = 64
"""How many selections a shelf remembers."""
TILES_REMEMBERED = 1_024
"""How many tiles, as they are sent, a shelf remembers."""
NOT_SHARED = ("raw", "bbox")
"""What pages do not read: what was said word for word (as large as all else; one site at a time), and boxes
that only files need."""
EVENTS = "events"
MapLayer = Literal["facilities", "mines", "events"]
MAP_LAYERS: tuple[MapLayer, ...] = ("facilities", "mines", "events")
COLOUR_BY = ("consequence_class", "toxicity_class", "status", "layer", *BANDS)


class Memory:
    """The last results of some calls, at most `size` of them; safe between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result kept under the key, or made now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


class Holdings:
    """One open release: its sites by layer, and what was asked of them lately. Shared; change nothing."""

    def __init__(self, release: Release, chosen: Settings) -> None:
        self.release = release
        self._settings = chosen
        self._frames: dict[str, gpd.GeoDataFrame] = {}
        self._points: dict[str, PointIndex] = {}
        self._lock = threading.RLock()
        self._selections = Memory(REMEMBERED)
        self._shown = Memory(REMEMBERED // 4)
        self._indexes = Memory(REMEMBERED)
        self._classes = Memory(REMEMBERED)
        self._searched = Memory(len(MAP_LAYERS))
        self.tiles = Memory(TILES_REMEMBERED)

    def sites(self, layer: Layer) -> gpd.GeoDataFrame:
        """All sites of a layer; a RangeIndex. Empty if there are none."""
        with self._lock:
            if layer not in self._frames:
                self._frames[layer] = self._read(layer)
                self._points[layer] = _points(self._frames[layer])
            return self._frames[layer]

    def _read(self, layer: Layer) -> gpd.GeoDataFrame:
        if not self.release.has(f"{layer}.parquet"):
            frame = registers.empty(layer)
        else:
            shared = [name for name in self.release.columns(layer) if name not in NOT_SHARED]
            frame = self.release.sites(layer, shared)
        return coarsen.coarsened(frame.reset_index(drop=True), self._settings)

    def searched(self, layer: Layer) -> pd.Series:
        """The folded text that a search goes through, on the index of `sites`; made for the first search."""
        return self._searched.get(layer, lambda: query.search_text(self.sites(layer)))

    def events(self) -> gpd.GeoDataFrame:
        """Documented failures, one row each: EVENT_COLUMNS, then name, country_iso3, lon, lat of the site.

        Gap rule: a failure whose facility has no place has none either.
        """
        with self._lock:
            if EVENTS not in self._frames:
                self._frames[EVENTS] = self._read_events()
            return self._frames[EVENTS]

    def _read_events(self) -> gpd.GeoDataFrame:
        empty = pd.DataFrame(columns=list(registers.EVENT_COLUMNS))
        events = self.release.table(EVENTS) if self.release.has(f"{EVENTS}.parquet") else empty
        sites = self.sites("facilities").set_index("site_id")
        added = [name for name in sites.columns if name not in {*events.columns, "geometry"}]
        joined = events.join(sites[added], on="site_id").reset_index(drop=True)
        return registers.with_geometry(joined)

    def place(self, site_id: str) -> tuple[float, float] | None:
        """Longitude and latitude of a site; None if the site or its place is not known."""
        layer = registers.layer_of(site_id)
        if layer is None:
            return None
        frame = self.sites(layer)
        found = frame.loc[frame["site_id"].eq(site_id), ["lon", "lat"]].dropna()
        return (float(found["lon"].iloc[0]), float(found["lat"].iloc[0])) if len(found) else None

    def kept(self, layer: MapLayer, selection: Selection) -> np.ndarray:
        """Which rows of a layer a selection shows; (rows,) bool. A failure is shown if its facility is."""
        return self._selections.get((layer, selection), lambda: self._mask(layer, selection))

    def _mask(self, layer: MapLayer, selection: Selection) -> np.ndarray:
        if layer == EVENTS:
            facilities = self.sites("facilities")
            shown = facilities.loc[self.kept("facilities", selection), "site_id"]
            return self.events()["site_id"].isin(shown).to_numpy(bool)
        sites = self.sites(layer)
        if selection.q.strip():
            sites = sites.assign(**{query.SEARCH: self.searched(layer)})
        return selection.mask(sites, members()).to_numpy(bool)

    def frame(self, layer: MapLayer) -> gpd.GeoDataFrame:
        """All rows of a layer of the map."""
        return self.events() if layer == EVENTS else self.sites(layer)

    def shown(self, layer: MapLayer, selection: Selection) -> gpd.GeoDataFrame:
        """The rows that a selection shows, with the index of `frame(layer)`."""
        kept = self.kept(layer, selection)
        frame = self.frame(layer)
        return frame if kept.all() else self._shown.get((layer, selection), lambda: frame[kept])

    def index(self, layer: MapLayer, selection: Selection) -> PointIndex:
        """The points that a selection shows, for tiles."""
        whole = self._whole(layer)
        return self._indexes.get((layer, selection), lambda: whole.where(self.kept(layer, selection)))

    def _whole(self, layer: MapLayer) -> PointIndex:
        """The points of all rows of a layer; sorted once, when the layer is opened."""
        with self._lock:
            if layer not in self._points:
                self._points[layer] = _points(self.frame(layer))
            return self._points[layer]

    def classes(self, layer: MapLayer, colour_by: str) -> Classes:
        """The class of each row of a layer, by what the map is coloured by."""
        return self._classes.get((layer, colour_by), lambda: self._classes_of(layer, colour_by))

    def _classes_of(self, layer: MapLayer, colour_by: str) -> Classes:
        frame = self.frame(layer)
        if colour_by == "layer":
            return Classes(np.full(len(frame), MAP_LAYERS.index(layer), np.int16), len(MAP_LAYERS), False)
        if colour_by == "status":
            found = compute.index_in(pa.array(frame["status"]), pa.array(fields.STATUS, pa.large_string()))
            codes = compute.fill_null(found, UNRATED_CODE).to_numpy(zero_copy_only=False)
            return Classes(codes.astype(np.int16), len(fields.STATUS), False)
        if colour_by in BANDS:
            return Classes(BANDS[colour_by].codes(frame), len(BANDS[colour_by].levels), True)
        scale = CONSEQUENCE if colour_by == "consequence_class" else TOXICITY
        if colour_by not in frame.columns:
            return Classes(np.full(len(frame), UNRATED_CODE, np.int16), len(scale.levels), True)
        rated = frame[colour_by].fillna(
            frame.get(f"{colour_by}_low", frame[colour_by])
        )  # as the legend counts
        codes = pd.Categorical(rated, categories=scale.codes).codes
        return Classes(codes.astype(np.int16), len(scale.levels), True)


def _points(frame: pd.DataFrame) -> PointIndex:
    return PointIndex.of(frame["lon"].to_numpy("float64"), frame["lat"].to_numpy("float64"))


@cache
def members() -> Mapping[str, tuple[str, ...]]:
    """Regional group of the UN -> ISO 3166 alpha-3 codes of its Member States."""
    rows = reference.load("un_members").rows
    return {str(group): tuple(states["iso3"]) for group, states in rows.groupby("un_group")}


class Shelf:
    """The current release of a data folder, opened once and replaced when a newer one is current."""

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen
        self._lock = threading.Lock()
        self._holdings: Holdings | None = None
        self._looked = 0.0

    @property
    def data(self) -> Path:
        """The folder that releases are read from."""
        return self.settings.data

    def holdings(self) -> Holdings:
        """What is current; BadRelease if there is no release yet."""
        with self._lock:
            if self._holdings is None or time.monotonic() - self._looked > LOOK_SECONDS:
                self._look()
            if self._holdings is None:
                raise BadRelease("no release yet; run `lithoscope build`")
            return self._holdings

    def _look(self) -> None:
        try:
            release = store.open_release(self.data)
        except BadRelease:
            if self._holdings is None:
                raise
            return
        self._looked = time.monotonic()
        if self._holdings is None or self._holdings.release.release_id != release.release_id:
            self._holdings = Holdings(release, self.settings)


@cache
def shelf() -> Shelf:
    """The shelf of this process."""
    return Shelf(settings())
