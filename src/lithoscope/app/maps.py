"""The map: sites as tiles of this server over a local basemap; a click opens a site by its id.

The page sends some 3 KB whatever the number of sites: the browser asks `routes.py` for the tiles that it
shows, with the page's own selection in their address. A constant first view and fixed layer ids keep the
reader's view when a filter changes. Only constant templates go into tooltips, never a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import geopandas as gpd
import numpy as np
import pydeck as pdk
import streamlit as st

from lithoscope.app import cached, i18n
from lithoscope.app.i18n import N_, _
from lithoscope.domain.scales import (
    CONSEQUENCE,
    LAYER_COLOURS,
    STATUS_COLOURS,
    TOXICITY,
    UNRATED_COLOUR,
    Level,
)
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.shelf import MapLayer
from lithoscope.pipelines.tiles import MAX_ZOOM

DISCLAIMER = N_(
    "The boundaries and names shown do not imply any judgement on the legal status of any territory, "
    "nor endorsement. Lithoscope is not a UN product."
)
COLOURS: Mapping[str, tuple[Level, ...]] = {
    "consequence_class": CONSEQUENCE.levels,
    "toxicity_class": TOXICITY.levels,
    "status": STATUS_COLOURS,
    "layer": LAYER_COLOURS,
}
"""What a map can be coloured by -> its classes, in the order of the tiles' class numbers."""


@dataclass(frozen=True)
class View:
    """Where a map begins: degrees, and zoom as the web map counts it."""

    lon: float
    lat: float
    zoom: float


WORLD = View(12.0, 18.0, 0.9)


def view_of(sites: gpd.GeoDataFrame, closest: float = 12.0) -> View:
    """The view that holds all placed sites; the world if none is placed."""
    lon, lat = sites["lon"].dropna(), sites["lat"].dropna()
    if lon.empty or lat.empty:
        return WORLD
    span = max(lon.max() - lon.min(), (lat.max() - lat.min()) * 1.6, 1e-6)
    zoom = float(np.clip(np.log2(360.0 / span) + 0.4, WORLD.zoom, closest))
    return View(float(lon.min() + lon.max()) / 2, float(lat.min() + lat.max()) / 2, round(zoom, 2))


def site_map(
    layer_names: Sequence[MapLayer],
    selection: Selection | Mapping[MapLayer, Selection],
    *,
    colour_by: str = "consequence_class",
    view: View = WORLD,
    selected_id: str | None = None,
    key: str = "map",
    height: int = 520,
    alt: str = "",
) -> str | None:
    """Draw the map; the id of the site that was just clicked, else None.

    layer_names: of shelf.MAP_LAYERS, the first lowest. selection: what is shown, or one for each layer.
    colour_by: a key of COLOURS. view: the first view; a change of it moves the map, so keep it constant.
    selected_id: the site to be ringed. key: of the widget. height: [pixels]. alt: the map in words.
    """
    origin = site_origin()
    chosen = {
        name: selection if isinstance(selection, Selection) else selection[name] for name in layer_names
    }
    layers = [_tile_layer(origin, name, chosen[name], colour_by) for name in layer_names]
    st.pydeck_chart(
        pdk.Deck(
            [*layers, *_ring(selected_id)],
            map_provider="carto",
            map_style=f"{origin}/basemap/light.json",
            initial_view_state=pdk.ViewState(longitude=view.lon, latitude=view.lat, zoom=view.zoom),
            tooltip={"html": "<b>{name}</b><br>{note}"},
        ),
        key=key,
        height=height,
        on_select=lambda: _note_click(key),
        selection_mode="single-object",
        alt=alt or None,
    )
    st.caption(_(DISCLAIMER))
    return st.session_state.pop(f"{key}:clicked", None)


def site_origin() -> str:
    """Scheme, host and base path of this server as the browser sees it; in one place, for every address."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _note_click(key: str) -> None:
    objects = [each for found in st.session_state[key].selection.objects.values() for each in found]
    properties: dict[str, Any] = objects[0].get("properties", {}) if objects else {}
    if isinstance(properties.get("id"), str):
        st.session_state[f"{key}:clicked"] = properties["id"]


def _tile_layer(origin: str, name: MapLayer, selection: Selection, colour_by: str) -> pdk.Layer:
    query = {
        **selection.params(),
        "colour": colour_by,
        "lang": i18n.language(),
        "v": cached.release().release_id,
    }
    return pdk.Layer(
        "TileLayer",
        id=name,
        data=[f"{origin}/tiles/{name}/{{z}}/{{x}}/{{y}}.geojson?{urlencode(query)}"],
        min_zoom=0,
        max_zoom=MAX_ZOOM,
        pickable=True,
        point_type='"circle"',
        get_fill_color=_by_class(colour_by),
        get_point_radius="properties.n > 1 ? 10 : 5",
        point_radius_units='"pixels"',
        get_line_color=[255, 255, 255, 230],
        get_line_width=1,
        line_width_units='"pixels"',
    )


def _by_class(colour_by: str, opacity: int = 235) -> str:
    """An expression that gives the colour of a feature's class number."""
    expression = str([*_rgb(UNRATED_COLOUR), opacity])
    for number, level in enumerate(COLOURS[colour_by]):
        expression = f"properties.c == {number} ? {[*_rgb(level.colour), opacity]} : {expression}"
    return expression


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _ring(selected_id: str | None) -> list[pdk.Layer]:
    """The ring around the selected site; none if it has no place."""
    place = cached.holdings().place(selected_id) if selected_id else None
    if place is None:
        return []
    return [
        pdk.Layer(
            "ScatterplotLayer",
            id="selected",
            data=[{"at": place}],
            get_position="at",
            get_radius=12,
            radius_units='"pixels"',
            filled=False,
            stroked=True,
            get_line_color=[20, 20, 30],
            get_line_width=3,
            line_width_units='"pixels"',
        )
    ]
