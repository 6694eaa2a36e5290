"""What a failure would reach, on the page of a site: kept in the release, asked anew, or rings only.

Always said: screening, not a breach analysis; no arrival times.
"""

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, downstream_maps, downstream_view, i18n, maps, widgets
from lithoscope.app.i18n import _
from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput, LithoscopeError
from lithoscope.domain.fields import Layer
from lithoscope.pipelines import downstream_ask, downstream_unassessed

NOW, HEIGHT, VOLUME = "downstream", "dam_height", "dam_volume"
"""Parts of the address: ask now; with this height [m] and volume [m3] in place of what is recorded."""
_MOST = {HEIGHT: 500.0, VOLUME: 1e10}
_COMMAND = (
    "lithoscope downstream {site} --dem DEM.tif --population PEOPLE.tif --population-unit persons --out OUT"
)
_TOML = '[rasters]\ndem = "copernicus/"\npopulation = "worldpop.tif"\npopulation_unit = "persons"'


@cache
def _turn() -> threading.Lock:
    """One answer at a time, whoever asks."""
    return threading.Lock()


def part(site_id: str, layer: Layer, row: pd.Series) -> None:
    """The part of the page; nothing for a mine."""
    if layer != "facilities":
        return
    widgets.heading(_("Downstream"))
    widgets.note(_("Screening, not a breach analysis; no arrival times."))
    unsuited = downstream_unassessed.without_release(row)
    if unsuited is not None:
        widgets.note(downstream_view.not_assessed(unsuited))
        return
    recorded = _kept(cached.release().release_id, site_id)
    can_ask = _can_ask()
    height, volume = _changed(HEIGHT), _changed(VOLUME)
    is_what_if = height is not None or volume is not None
    shown = None
    if can_ask and (is_what_if or address.get(NOW)):
        shown = _answer(site_id, row, height, volume)
    if shown is not None and is_what_if:
        _say_what_if(shown)
    if shown is None:
        shown = recorded
    if shown is not None and shown["answer"]["runout_km"]["best"] is not None:
        downstream_view.show(shown, key=f"downstream:{site_id}", name=site_id)
        _say_register(shown)
    else:
        if shown is not None:
            widgets.note(downstream_view.not_assessed(shown["answer"]))
        _rings(site_id, row)
        if not can_ask:
            _how(site_id)
    if can_ask:
        _ask(row, has_answer=shown is not None, is_what_if=is_what_if)


@st.cache_data(max_entries=100, show_spinner=False)
def _kept(release_id: str, site_id: str) -> dict[str, Any] | None:
    return downstream_ask.kept(cached.release(), site_id)


def _can_ask() -> bool:
    try:
        return downstream_ask.has_terrain(cached.data())
    except LithoscopeError as error:
        st.warning(widgets.plain(error))
        return False


def _changed(name: str) -> float | None:
    """A number above zero of the address; None where it says none, or none that can be."""
    try:
        value = float(address.get(name))
    except ValueError:
        return None
    return value if 0 < value <= _MOST[name] else None


def _answer(
    site_id: str, row: pd.Series, height: float | None, volume: float | None
) -> dict[str, Any] | None:
    try:
        with st.spinner(_("Following the valley…")), _turn():
            return _asked(cached.release().release_id, site_id, row, height, volume)
    except LithoscopeError as error:
        st.warning(
            _("The terrain model gives no answer for this site.")
            + " "
            + widgets.plain(_(error.what) if isinstance(error, BadInput) else error)
        )
        return None


@st.cache_data(max_entries=60, show_spinner=False)
def _asked(
    release_id: str, site_id: str, _row: pd.Series, height: float | None, volume: float | None
) -> dict[str, Any]:
    return downstream_ask.asked(_row, cached.data(), height_m=height, volume_m3=volume)


def _say_what_if(shown: Mapping[str, Any]) -> None:
    site = shown["answer"]["site"]
    st.info(
        widgets.plain(
            _("What if: height {height} m, stored volume {volume} m³. Not what is recorded.").format(
                height=i18n.number(site["height_m"]), volume=i18n.number(site["volume_m3"])
            )
        )
    )


def _say_register(shown: Mapping[str, Any]) -> None:
    """What the register's classes take from the answer."""
    if "is_of_register" not in shown:
        return
    if not shown["is_of_register"]:
        text = _("It was asked with other values than the register now has, so no class takes it up.")
    elif shown["filled"]:
        names = ", ".join(widgets.field_label(name) for name in shown["filled"].split("; "))
        text = i18n.colon(_("The classes above take from it, as inferred, what no source states"), names)
        text += ". " + _("Of the people they count the fewest, so their class may stay below the one here.")
    else:
        text = _(
            "The classes above take nothing from it: the sources state these values, or it does not fit."
        )
    widgets.note(text)


def _rings(site_id: str, row: pd.Series) -> None:
    """Distance alone, and what it cannot know."""
    if pd.isna(row["lon"]) or pd.isna(row["lat"]):
        widgets.note(_("Without coordinates nothing can be said of what lies downstream."))
        return
    height, volume = _number(row, "dam_height_m"), _number(row, "stored_volume_m3", "capacity_m3")
    found = downstream_ask.rings(float(row["lon"]), float(row["lat"]), height, volume)
    widgets.note(
        _(
            "The release holds no answer for this facility, so the map shows distance alone. Rings cannot "
            "know which way a flow would turn, where the valley widens, who lives there, nor whether it "
            "crosses a border: most of what they enclose would stay dry, and nothing in them is a forecast."
        )
    )
    if not (height and volume):
        widgets.note(_("Height or volume is unknown, so the rings do not even speak of this facility."))
    downstream_maps.of_rings(
        found,
        float(row["lon"]),
        float(row["lat"]),
        key=f"rings:{site_id}",
        alt=_("Rings of distance around the facility."),
    )


def _number(row: pd.Series, *names: str) -> float | None:
    for name in names:
        if name in row.index and pd.notna(row[name]) and float(row[name]) > 0:
            return float(row[name])
    return None


def _how(site_id: str) -> None:
    """How to get a result."""
    with st.expander(_("How to get a result")):
        widgets.note(
            _(
                "Run this command with a terrain model and a population grid, then build with "
                "--source downstream=OUT beside the other sources."
            )
        )
        st.code(_COMMAND.format(site=site_id), language=None, wrap_lines=True)
        widgets.note(_("Or name the rasters in lithoscope.toml beside the data: this page then answers."))
        st.code(_TOML, language="toml")
        widgets.page_link(
            "transboundary", _("See how an answer looks, on invented terrain"), demonstration="yes"
        )


def _ask(row: pd.Series, *, has_answer: bool, is_what_if: bool) -> None:
    """Height and volume that a reader can change; the address carries them."""
    with st.expander(_("What if height or volume were another?"), expanded=is_what_if or not has_answer):
        widgets.note(_("Nothing is stored; the link carries it. An answer may take some seconds."))
        recorded = {
            HEIGHT: _number(row, "dam_height_m"),
            VOLUME: _number(row, "stored_volume_m3", "capacity_m3"),
        }
        labels = {HEIGHT: "dam_height_m", VOLUME: "stored_volume_m3"}
        for name, column in zip(labels, st.columns(2), strict=True):
            each = fields.field(labels[name])
            key = f"downstream:{name}"
            now = _changed(name) or recorded[name]
            address.hold(key, now)
            with column:
                st.number_input(
                    f"{_(each.label)}, {i18n.unit(each.unit)}",
                    min_value=0.0,
                    max_value=_MOST[name],
                    value=None,
                    format="%g",
                    step=1.0 if name == HEIGHT else 100_000.0,
                    placeholder=_("unknown"),
                    key=key,
                    on_change=lambda name=name, key=key: _write(name, key, recorded[name]),
                )
        if is_what_if:
            st.button(
                _("Reset to what is recorded"),
                key="downstream:reset",
                on_click=lambda: address.put(**{HEIGHT: None, VOLUME: None}),
            )
            link = address.link(
                "site",
                site=str(row["site_id"]),
                **{k: address.get(k) for k in (HEIGHT, VOLUME) if address.get(k)},
            )
            st.code(f"{maps.site_origin()}/{link}", language=None, wrap_lines=True)
        elif not address.get(NOW):
            st.button(
                _("Ask the terrain model now"),
                key="downstream:now",
                on_click=lambda: address.put(**{NOW: "now"}),
            )


def _write(name: str, key: str, recorded: float | None) -> None:
    value = st.session_state[key]
    address.put(**{name: None if not value or value == recorded else f"{value:g}"})
