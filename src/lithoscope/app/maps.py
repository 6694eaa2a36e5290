"""The map: sites as tiles of this server over a local basemap; a click opens a site by its id.

The page sends some 3 KB whatever the number of sites: the browser asks `routes.py` for the tiles that it
shows, with the page's own selection in their address. A constant first view and fixed layer ids keep the
reader's view when a filter changes. Only constant templates go into tooltips, never a value.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pandas as pd
import pydeck as pdk
import streamlit as st

from lithoscope.app import cached, i18n
from lithoscope.app.i18n import N_, _
from lithoscope.app.map_tiles import COLOURS
from lithoscope.domain.scales import LAYER_COLOURS, UNRATED_COLOUR
from lithoscope.pipelines import basemap
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import settings
from lithoscope.pipelines.shelf import EVENTS, MAP_LAYERS, MapLayer
from lithoscope.pipelines.tiles import MAX_ZOOM

BASEMAP = N_("Basemap: Natural Earth; towns: GeoNames, CC BY 4.0.")
DISCLAIMER = N_(
    "The boundaries and names shown do not imply any judgement on the legal status of any territory, "
    "nor endorsement. Lithoscope is not a UN product."
)


@dataclass(frozen=True)
class View:
    """Where a map begins: degrees, and zoom as the web map counts it."""

    lon: float
    lat: float
    zoom: float


WORLD = View(10.0, 22.0, 0.55)
CLOSER = 2.5
"""How many zooms a click on a crowd moves the map."""
_TOOLTIP = {
    "html": "<b>{name}</b><br>{note}",
    "style": {"fontSize": "13px", "maxWidth": "22rem", "borderRadius": "4px"},
}
_FONT = '"Source Sans, Helvetica, Arial, sans-serif"'
_EVENT_COLOUR = LAYER_COLOURS[MAP_LAYERS.index(EVENTS)].colour
_SITE_RADIUS = "(properties.z < 3 ? 3 : properties.z < 5 ? 4 : 5.5)"
_SITE_WIDTH = "(properties.z < 3 ? 0.35 : 0.8)"
_EVENT_RADIUS = "(properties.z < 3 ? 5 : 8)"
_EVENT_WIDTH = "(properties.z < 3 ? 1.4 : 2)"
_CROWD_RADIUS = "properties.n > 9999 ? 20 : properties.n > 999 ? 17 : properties.n > 99 ? 14 : 11"


def view_of(sites: pd.DataFrame | Sequence[pd.DataFrame], closest: float = 10.0) -> View:
    """The view that holds all placed sites of one or more tables; the world if none is placed.

    sites: tables with lon and lat. closest: zoom at most. Sites on both sides of 180 degrees are held by
    the shorter way round.
    """
    frames = [sites] if isinstance(sites, pd.DataFrame) else sites
    placed = [frame[["lon", "lat"]].dropna().to_numpy("float64") for frame in frames]
    places = np.vstack([np.empty((0, 2)), *placed])
    if not len(places):
        return WORLD
    west, width = _shortest_arc(places[:, 0])
    south, north = float(places[:, 1].min()), float(places[:, 1].max())
    span = max(width, (north - south) * 1.8, 1e-6)
    zoom = float(np.clip(np.log2(360.0 / span) + 0.6, WORLD.zoom, closest))
    middle = (west + width / 2 + 180.0) % 360.0 - 180.0
    return View(round(middle, 4), round((south + north) / 2, 4), round(zoom, 2))


def _shortest_arc(lon: np.ndarray) -> tuple[float, float]:
    """Western end and width of the shortest arc that holds all longitudes. [degrees]"""
    ring = np.sort(lon)
    gaps = np.append(np.diff(ring), ring[0] + 360.0 - ring[-1])
    widest = int(gaps.argmax())
    return float(ring[(widest + 1) % len(ring)]), 360.0 - float(gaps[widest])


def site_map(
    layer_names: Sequence[MapLayer],
    selection: Selection | Mapping[MapLayer, Selection],
    *,
    colour_by: str = "consequence_class",
    view: View | None = None,
    selected_id: str | None = None,
    key: str = "map",
    height: int = 520,
    alt: str = "",
) -> str | None:
    """Draw the map; the id of the site that was just clicked, else None.

    layer_names: of shelf.MAP_LAYERS, the first lowest. selection: what is shown, or one for each layer.
    colour_by: a key of COLOURS. view: where the map begins, and moves to whenever it is another one;
    without it, the sites that the selection shows when the reader first comes, whatever is chosen later.
    selected_id: the site to be ringed. key: of the widget. height: [pixels]. alt: the map in words.
    A click on a crowd moves the map closer to it.
    """
    origin = site_origin()
    chosen = {
        name: selection if isinstance(selection, Selection) else selection[name] for name in layer_names
    }
    layers = [_tile_layer(origin, name, chosen[name], colour_by) for name in layer_names]
    view = view or _first_view(key, chosen)
    shown = _closer_view(key, view)
    return draw(
        [*layers, *_ring(selected_id)],
        shown,
        key=key,
        height=height,
        alt=alt,
        on_select=lambda: _note_click(key, view),
        description=_answered(key),
    )


def points(sites: pd.DataFrame, layer: MapLayer, *, key: str, alt: str) -> str | None:
    """A map of some hundred sites at most, in the page itself; the id of the one just clicked, else None.

    sites: site_id, name, lon, lat; those without a place are left out.
    """
    placed = sites.loc[sites["lon"].notna() & sites["lat"].notna(), ["site_id", "name", "lon", "lat"]]
    colour = LAYER_COLOURS[MAP_LAYERS.index(layer)].colour
    data = [
        {"at": [float(row.lon), float(row.lat)], "properties": {"id": row.site_id}}
        for row in placed.itertuples(index=False)
    ]
    held = view_of(placed, closest=8.0)
    view = View(held.lon, held.lat, max(held.zoom - 0.6, WORLD.zoom))  # a margin, for the map is wide and low
    layer_of_points = pdk.Layer(
        "ScatterplotLayer",
        id=f"points-{layer}",
        data=data,
        get_position="at",
        get_radius=6,
        radius_units='"pixels"',
        get_fill_color=rgb(colour),
        stroked=True,
        get_line_color=[255, 255, 255, 230],
        get_line_width=1,
        line_width_units='"pixels"',
        pickable=True,
    )
    return draw(
        [layer_of_points],
        view,
        key=key,
        height=460,
        alt=alt,
        on_select=lambda: _note_click(key, view),
        description=_answered(key),
    )


def draw(
    layers: Sequence[pdk.Layer],
    view: View,
    *,
    key: str,
    height: int,
    alt: str = "",
    on_select: Callable[[], None] | None = None,
    description: str | None = None,
    has_names: bool = True,
    remark: str = "",
) -> str | None:
    """Layers over the basemap, with the disclaimer below; every map of the pages is drawn here.

    on_select: told of a click; what it notes in the session under `KEY:clicked` is given back once.
    has_names: whether countries and towns are named below the layers. remark: Markdown before the disclaimer.
    """
    deck = copy(_blank())
    deck.layers = [*([_names()] if has_names else []), *layers]
    deck.map_style = _style()
    deck.initial_view_state = pdk.ViewState(longitude=view.lon, latitude=view.lat, zoom=view.zoom)
    deck.description = description
    st.pydeck_chart(
        deck,
        key=key,
        height=height,
        on_select=on_select or "ignore",
        selection_mode="single-object",
        alt=alt or None,
    )
    st.caption(f"{remark} {_(DISCLAIMER)} {_(BASEMAP)}".strip())
    return st.session_state.pop(f"{key}:clicked", None)


def clicked(key: str) -> dict[str, Any]:
    """The feature that was just clicked on a map: its properties and geometry; empty for none."""
    return next((each for found in st.session_state[key].selection.objects.values() for each in found), {})


@cache
def _blank() -> pdk.Deck:
    """A map without anything on it, to be copied: pydeck looks for Jupyter each time it makes one."""
    return pdk.Deck(map_provider="carto", map_style="", tooltip=_TOOLTIP)


def site_origin() -> str:
    """Scheme, host and base path of this server as the browser sees it; in one place, for every address."""
    parts = urlsplit(st.context.url or "")
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{parts.scheme}://{parts.netloc}{'/' + base if base else ''}" if parts.netloc else ""


def is_dark() -> bool:
    """Whether the page is drawn in dark colours."""
    return st.context.theme.type == "dark"


def _style() -> str:
    """Address of the basemap: ours, or an online style if the operator chose one."""
    origin, theme = site_origin(), _theme()
    scheme = urlsplit(origin).scheme or "http"
    return settings().online_style or f"{origin}/basemap/{theme}.json?scheme={scheme}"


def _theme() -> basemap.Theme:
    return "dark" if is_dark() else "light"


def _names() -> pdk.Layer:
    """Names of countries in the reader's language and of towns, below all else that a map shows."""
    colours = basemap.PALETTES[_theme()]
    return pdk.Layer(
        "TileLayer",
        id="names",
        data=[f"{site_origin()}/basemap/names/{{z}}/{{x}}/{{y}}.geojson?lang={i18n.language()}"],
        min_zoom=0,
        max_zoom=basemap.NAMES_MAX_ZOOM,
        pickable=False,
        point_type='"circle+text"',
        get_point_radius="properties.p ? 1.75 : 0",
        point_radius_units='"pixels"',
        stroked=False,
        get_fill_color=rgb(colours.name),
        get_text="properties.t",
        get_text_size="properties.p ? 11 : 12",
        get_text_anchor="properties.p ? 'start' : 'middle'",
        get_text_pixel_offset="properties.p ? [5, 0] : [0, 0]",
        get_text_color=rgb(colours.name),
        text_character_set='"auto"',
        text_font_family=_FONT,
        text_max_width=9,
        text_word_break='"break-word"',
    )


def rgb(colour: str) -> list[int]:
    """Red, green and blue of a colour written as #rrggbb; 0 to 255."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _has(name: MapLayer, colour_by: str) -> bool:
    """Whether a layer's sites have what the map is coloured by."""
    return name != EVENTS and (colour_by == "status" or colour_by in cached.sites(name).columns)


def _note_click(key: str, view: View) -> None:
    """Remember which site was clicked; a crowd moves the map closer instead."""
    feature = clicked(key)
    properties: dict[str, Any] = feature.get("properties", {})
    if isinstance(properties.get("id"), str):
        st.session_state[f"{key}:clicked"] = properties["id"]
    elif properties.get("n", 0) > 1:
        lon, lat = feature["geometry"]["coordinates"]
        closer = View(lon, lat, min(properties["z"] + CLOSER, MAX_ZOOM))
        st.session_state[f"{key}:view"] = (view, closer)


def _first_view(key: str, chosen: Mapping[MapLayer, Selection]) -> View:
    """The world, or the sites of a link that selects some; the same for as long as the reader stays."""
    if f"{key}:first" not in st.session_state:
        selects = any(each.params() for each in chosen.values())
        frames = [cached.shown(name, each) for name, each in chosen.items()]
        st.session_state[f"{key}:first"] = view_of(frames, closest=8.0) if selects else WORLD
    return st.session_state[f"{key}:first"]


def _answered(key: str) -> str:
    """A text that is another one after each click, so that the browser forgets the click: see _tile_layer."""
    count = st.session_state.get(f"{key}:answered", 0)
    state = st.session_state.get(key)
    if state is not None and state.selection.objects:
        count += 1
        st.session_state[f"{key}:answered"] = count
    return f"{count} answered"


def _closer_view(key: str, view: View) -> View:
    """The view that a click on a crowd asked for, as long as the page's own view is the same."""
    asked_for, closer = st.session_state.get(f"{key}:view", (None, view))
    return closer if asked_for == view else view


def _tile_layer(origin: str, name: MapLayer, selection: Selection, colour_by: str) -> pdk.Layer:
    query = {
        **selection.params(),
        "colour": colour_by,
        "lang": i18n.language(),
        "v": cached.release().release_id,
    }
    paper = [214, 221, 227] if is_dark() else [255, 255, 255]
    colour = _colour(name, colour_by)
    radius = _EVENT_RADIUS if name == EVENTS else _SITE_RADIUS
    width = _EVENT_WIDTH if name == EVENTS else _SITE_WIDTH
    single = f"[{_join(paper)}, 0]" if name == EVENTS else colour
    ring = f"[{_join(paper)}, 255]" if is_dark() else _constant(_EVENT_COLOUR)
    outline = ring if name == EVENTS else f"[{_join([255, 255, 255])}, 220]"
    return pdk.Layer(
        "TileLayer",
        id=name,
        # An array of one address: the browser then forgets a click as soon as the page has answered it
        # (the array is shorter than the number of the feature), so that the same number in another tile
        # is a new click and not the end of the former one. Feature 0 of each tile is empty for that.
        data=[f"{origin}/tiles/{name}/{{z}}/{{x}}/{{y}}.geojson?{urlencode(query)}"],
        min_zoom=0,
        max_zoom=MAX_ZOOM,
        max_requests=8,
        pickable=True,
        point_type='"circle+text"',
        stroked=True,
        get_fill_color=f"properties.n > 1 ? [{_join(paper)}, 240] : {single}",
        get_line_color=f"properties.n > 1 ? {colour} : {outline}",
        get_line_width=f"properties.n > 1 ? 2.5 : {width}",
        line_width_units='"pixels"',
        get_point_radius=f"properties.n > 1 ? ({_CROWD_RADIUS}) : {radius}",
        point_radius_units='"pixels"',
        get_text="properties.t",
        get_text_size=12,
        get_text_color=[32, 32, 40, 255],
        text_font_family=_FONT,
        text_font_weight=600,
    )


def _colour(name: MapLayer, colour_by: str) -> str:
    """An expression that gives the colour of a feature: of its class, or of its layer."""
    if name == EVENTS:
        return _constant(_EVENT_COLOUR)
    if not _has(name, colour_by):
        return _constant(LAYER_COLOURS[MAP_LAYERS.index(name)].colour)
    expression = _constant(UNRATED_COLOUR)
    for number, level in enumerate(COLOURS[colour_by]):
        expression = f"properties.c == {number} ? {_constant(level.colour)} : {expression}"
    return f"({expression})"


def _constant(colour: str) -> str:
    return f"[{_join(rgb(colour))}, 255]"


def _join(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)


def _ring(selected_id: str | None) -> list[pdk.Layer]:
    """The ring around the selected site; none if it has no place."""
    place = cached.holdings().place(selected_id) if selected_id else None
    if place is None:
        return []
    rings = [([255, 255, 255, 230], 5.0), ([20, 90, 200, 255], 2.5)]
    return [
        pdk.Layer(
            "ScatterplotLayer",
            id=f"selected-{number}",
            data=[{"at": place}],
            get_position="at",
            get_radius=11,
            radius_units='"pixels"',
            filled=False,
            stroked=True,
            get_line_color=colour,
            get_line_width=width,
            line_width_units='"pixels"',
        )
        for number, (colour, width) in enumerate(rings)
    ]
