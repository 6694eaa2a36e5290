"""The observatory's map: effort, tracks and dark gaps as tiles, month by month, and its controls.

Which layers and which month are shown stands in the address. Playing steps the month on, once a second or
so, until the last one; only the map and its slider are drawn again meanwhile.
"""

import time
from urllib.parse import urlencode

import pydeck as pdk
import streamlit as st

from lithoscope.app import address, i18n, layers, maps, sand_words, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.pipelines.sand import Period, Sand
from lithoscope.pipelines.sand_tiles import MOST_TRACKS, STEPS_H, TRACKS_FROM
from lithoscope.pipelines.tiles import MAX_ZOOM

EFFORT = ("#f7d13d", "#f59b2c", "#dd5a5a", "#a52c7e", "#5a1a8c")
"""From few hours to many; told apart by colour-blind readers too."""
DREDGING, SAILING, GAP, HEARD = "#c2262e", "#4c7f9e", "#1c2529", "#3f8f6b"
_DRAWN = ("heard", "effort", "tracks", "gaps")
"""From the bottom to the top."""
LAYERS = {
    "effort": N_("Hours of dredging"),
    "tracks": N_("Tracks"),
    "gaps": N_("Dark gaps"),
    "heard": N_("Where we are blind"),
}
ALL = "all"
STEP_S = 1.4
_DISCS = (4, 6, 8, 10, 12)


def period(sand: Sand) -> Period:
    """The month that the address names, else all months."""
    month = address.get("month", ALL, sand.months)
    return sand.whole if month == ALL else Period(month, month)


def timed(
    sand: Sand, key: str, *, view: maps.View | None = None, vessel: str = "", height: int = 520
) -> None:
    """The map with its slider of months and the button that plays them."""
    playing = bool(st.session_state.get("sand:playing"))
    st.fragment(_timed, run_every=STEP_S if playing else None)(sand, key, view, vessel, height)


def _timed(sand: Sand, key: str, view: maps.View | None, vessel: str, height: int) -> None:
    _step(sand)
    _controls(sand)
    shown = _layers(vessel)
    left, right = st.columns([4.2, 1], gap="medium")
    with left:
        clicked = draw(sand, shown, period(sand), key, view=view, vessel=vessel, height=height)
    with right:
        _legend(sand, shown, vessel)
    if clicked and clicked != vessel:
        address.put(vessel=clicked, page=None)
        st.rerun()


def _step(sand: Sand) -> None:
    """While playing: the next month, when its time has come; stop after the last."""
    if not st.session_state.get("sand:playing"):
        return
    if time.monotonic() - st.session_state.get("sand:stepped", 0.0) < STEP_S * 0.7:
        return
    now = address.get("month", ALL, sand.months)
    place = sand.months.index(now) + 1 if now != ALL else 0
    if place >= len(sand.months):
        st.session_state["sand:playing"] = False
        st.rerun()
    address.put(month=sand.months[place])
    st.session_state["sand:stepped"] = time.monotonic()


def _controls(sand: Sand) -> None:
    key, options = "sand:month", [ALL, *sand.months]
    now = address.get("month", ALL, sand.months)
    address.hold(key, now)
    playing = bool(st.session_state.get("sand:playing"))
    button, slider = st.columns([1, 5], vertical_alignment="bottom", gap="medium")
    with button:
        st.button(
            _("Stop") if playing else _("Play"),
            key="sand:play",
            icon=":material/stop:" if playing else ":material/play_arrow:",
            on_click=lambda: _toggle(sand),
        )
    if playing != bool(st.session_state.get("sand:drawn_playing")):
        st.session_state["sand:drawn_playing"] = playing
        st.rerun()  # the whole page: a fragment keeps its pace until then
    with slider:
        st.select_slider(
            _("Month"),
            options,
            format_func=lambda month: _("All months") if month == ALL else i18n.date(month),
            key=key,
            on_change=lambda: address.put(
                month=None if st.session_state[key] == ALL else st.session_state[key]
            ),
        )


def _toggle(sand: Sand) -> None:
    playing = not st.session_state.get("sand:playing")
    st.session_state["sand:playing"] = playing
    if playing and address.get("month") == sand.months[-1]:
        address.put(month=sand.months[0])
    st.session_state["sand:stepped"] = time.monotonic()


def _layers(vessel: str) -> list[str]:
    """The layers that the address names, chosen in the page."""
    usual = ["tracks", "gaps"] if vessel else ["effort", "tracks"]
    return layers.choose("show", LAYERS, usual, key=f"sand:show:{vessel}")


def _legend(sand: Sand, shown: list[str], vessel: str) -> None:
    if "effort" in shown:
        steps = [0.0, *STEPS_H]
        labels = [
            _("up to {hours}").format(hours=sand_words.hours(high))
            if number == 0
            else _("{low} to {high}").format(low=i18n.number(steps[number]), high=sand_words.hours(high))
            for number, high in enumerate(STEPS_H)
        ]
        labels.append(_("more than {hours}").format(hours=sand_words.hours(STEPS_H[-1])))
        widgets.legend(
            _("Hours of dredging"),
            [(text, colour, None) for text, colour in zip(labels, EFFORT, strict=True)][::-1],
        )
    if "tracks" in shown:
        widgets.legend(_("Tracks"), [(_("Dredging"), DREDGING, None), (_("Sailing"), SAILING, None)])
        if not vessel:
            widgets.note(_("Tracks appear when you move close."))
        widgets.note(
            _("Where more than {n} lines meet, the rest is left out: choose a month or move closer.").format(
                n=i18n.number(MOST_TRACKS)
            )
        )
    if "gaps" in shown:
        text = _("Dark gap of a known dredger")
        widgets.legend(_("Dark gaps"), [(text, GAP, None)], rings=[text])
    if "heard" in shown:
        widgets.legend(_("Where we are blind"), [(_("Ships were heard here"), HEARD, None)])
        widgets.note(_("Everywhere else no ship at all was heard: what happened there is unknown, not zero."))
        if sand.reception.empty:
            widgets.note(_("These results do not say where ships were heard; all of it may be blind."))
    sand_words.tag(sand)


def draw(
    sand: Sand,
    shown: list[str],
    months: Period,
    key: str,
    *,
    view: maps.View | None = None,
    vessel: str = "",
    height: int = 520,
) -> str | None:
    """The map; the id of the vessel whose track was just clicked, else None."""
    drawn = [_layer(sand, maps.site_origin(), name, months, vessel) for name in _DRAWN if name in shown]
    said = sand_words.status(sand)
    return maps.draw(
        drawn,
        view or maps.WORLD,
        key=key,
        height=height,
        alt=i18n.colon(_("Map of the hours of dredging"), said),
        on_select=lambda: _note_click(key),
        remark=f"{widgets.plain(said[:1].upper() + said[1:])}\\.",
    )


def _note_click(key: str) -> None:
    vessel = maps.clicked(key).get("properties", {}).get("id")
    if isinstance(vessel, str):
        st.session_state[f"{key}:clicked"] = vessel


def _layer(sand: Sand, origin: str, name: str, months: Period, vessel: str) -> pdk.Layer:
    query = {
        "first": months.first,
        "last": months.last,
        "lang": i18n.language(),
        "v": sand.release.release_id,
    }
    query |= {"vessel": vessel} if vessel and name in ("tracks", "gaps") else {}
    looks = {"effort": _effort_look, "tracks": _track_look, "gaps": _gap_look, "heard": _heard_look}[name]()
    return pdk.Layer(
        "TileLayer",
        id=f"sand-{name}",
        data=[f"{origin}/tiles/sand/{name}/{{z}}/{{x}}/{{y}}.geojson?{urlencode(query)}"],
        min_zoom=TRACKS_FROM if name == "tracks" and not vessel else 0,
        max_zoom=MAX_ZOOM,
        max_requests=8,
        pickable=True,
        stroked=True,
        line_width_units='"pixels"',
        point_radius_units='"pixels"',
        **looks,
    )


def _by_class(values: tuple[str, ...]) -> str:
    expression = values[-1]
    for number in range(len(values) - 2, -1, -1):
        expression = f"properties.c == {number} ? {values[number]} : {expression}"
    return f"({expression})"


def _rgb(colour: str, opacity: int) -> str:
    return str(_rgb_list(colour, opacity))


def _effort_look() -> dict[str, object]:
    return {
        "get_fill_color": _by_class(tuple(_rgb(colour, 215) for colour in EFFORT)),
        "get_line_color": [255, 255, 255, 200],
        "get_line_width": 0.7,
        "point_type": '"circle"',
        "get_point_radius": _by_class(tuple(str(size) for size in _DISCS)),
    }


def _track_look() -> dict[str, object]:
    return {
        "filled": False,
        "get_line_color": _by_class((_rgb(SAILING, 170), _rgb(DREDGING, 230))),
        "get_line_width": _by_class(("1.2", "2.2")),
    }


def _gap_look() -> dict[str, object]:
    ink = [231, 236, 236, 255] if maps.is_dark() else [28, 37, 41, 255]
    return {
        "filled": True,
        "get_fill_color": [255, 255, 255, 40],
        "get_line_color": ink,
        "get_line_width": 2.2,
        "point_type": '"circle"',
        "get_point_radius": 13,
    }


def _heard_look() -> dict[str, object]:
    return {
        "get_fill_color": _rgb_list(HEARD, 70),
        "get_line_color": _rgb_list(HEARD, 120),
        "get_line_width": 0.7,
    }


def _rgb_list(colour: str, opacity: int) -> list[int]:
    return [*maps.rgb(colour), opacity]
