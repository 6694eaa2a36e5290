"""The classes of one site: pictures with their reasons, what if an input were another, re-use beside hazard.

A fragment of the Site page: moving an input draws this part anew and nothing else.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, class_cards, dossier, i18n, maps, reuse_axes, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.domain import fields
from lithoscope.domain.errors import LithoscopeError
from lithoscope.domain.fields import Layer
from lithoscope.pipelines import summary, what_if
from lithoscope.pipelines.what_if import Changes

IF = "if"
"""Part of the address that holds the changes."""


@st.fragment
def part(site_id: str, layer: Layer) -> None:
    """The part of the page."""
    widgets.heading(_("Classes and why"))
    site = _site(site_id, layer)
    on_record = recorded(site_id, layer)
    changes = asked(layer)
    found = on_record
    if changes:
        found = what_if.document(site, layer, dossier.records(site_id, layer), changes)
    _moving(site_id, layer, site.iloc[0], changes)
    first, rest = what_if.of_headline(found, layer)
    former = {each["method"]: each for each in on_record["classes"]} if changes else {}
    titles = {each.source_id: each.title for each in cached.release().sources}
    _cards(first, former, titles)
    around()
    if layer == "facilities":
        reuse_axes.show(found)
    text = ngettext("{n} further index", "{n} further indices", len(rest))
    why = _("Why")
    with st.expander(text):
        for each in rest:
            card = class_cards.card(each, former.get(each["method"]))
            more = class_cards.details(each, titles)
            st.html(f"{card}<details><summary>{why}</summary>{more}</details>")


def _cards(
    found: list[dict[str, Any]], former: Mapping[str, dict[str, Any]], titles: Mapping[str, str]
) -> None:
    columns = st.columns(2, gap="large")
    for position, each in enumerate(found):
        with columns[position % 2]:
            st.html(class_cards.card(each, former.get(each["method"])))
            with st.expander(_("Inputs, thresholds and doubts")):
                st.html(class_cards.details(each, titles))


AROUND = {
    "seismic_pga_g": N_("seismic hazard"),
    "flood_depth_m": N_("flood depth"),
    "extreme_rain_mm": N_("extreme rain today"),
    "extreme_rain_future_mm": N_("extreme rain later"),
    "population": N_("people"),
    "rivers": N_("rivers"),
    "places": N_("places"),
    "poor_waters": N_("waters of poor status"),
    "protected_areas": N_("protected areas"),
    "farmland": N_("farmland"),
    "aquifers": N_("aquifers"),
}
"""Rasters and layers that an operator can give (`pipelines/surroundings.py`), in words."""


def around() -> None:
    """Which rasters and layers of the operator's the release read around its sites, and which it lacks."""
    given = cached.release().manifest["report"].get("surroundings", [])
    had, lacked = (
        ", ".join(_(text) for name, text in AROUND.items() if (name in given) == is_given)
        for is_given in (True, False)
    )
    with st.expander(_("What lies around the site")):
        if had:
            widgets.note(_("Looked up in the operator's own maps: {maps}.").format(maps=had))
        if lacked:
            text = _(
                "No map was supplied of: {maps}. What no record states of these is unknown here, neither "
                "near nor far."
            )
            widgets.note(text.format(maps=lacked))
        widgets.note(
            _(
                "Whoever runs this server names such maps in lithoscope.toml. A map that may leave something "
                "out can say that it is near, never that nothing is."
            )
        )


def asked(layer: Layer) -> Changes:
    """The changes that the address asks for; none, and a warning, if it cannot be read."""
    try:
        return what_if.from_text(address.get(IF), layer)
    except LithoscopeError as error:
        st.warning(
            _("Part of this address cannot be read, so its changes were left out.")
            + f" {widgets.plain(error)}"
        )
        return {}


def _site(site_id: str, layer: Layer) -> pd.DataFrame:
    frame = cached.sites(layer)
    return pd.DataFrame(frame[frame["site_id"].eq(site_id)].drop(columns="geometry", errors="ignore"))


def recorded(site_id: str, layer: Layer) -> dict[str, Any]:
    """The site's classes as its records have them, without what if; see `explain.explain_site`."""
    return _recorded(cached.release().release_id, site_id, layer)


@st.cache_data(max_entries=200, show_spinner=False)
def _recorded(release_id: str, site_id: str, layer: Layer) -> dict[str, Any]:
    return what_if.document(_site(site_id, layer), layer, dossier.records(site_id, layer), {})


def _moving(site_id: str, layer: Layer, row: pd.Series, changes: Changes) -> None:
    """The inputs that can be moved; those that would change most in sight, the others behind."""
    with st.expander(_("What if an input were another?"), expanded=bool(changes)):
        widgets.note(_("Move an input and the classes below answer. Nothing is stored; the link carries it."))
        names = _offered(site_id, layer)
        names = [
            *names[: what_if.OFFERED],
            *(name for name in changes if name not in names[: what_if.OFFERED]),
        ]
        columns = st.columns(3)
        for position, name in enumerate(names):
            with columns[position % 3]:
                _mover(name, row, changes)
        others = [name for name in _offered(site_id, layer) if name not in names]
        with st.popover(ngettext("{n} more input", "{n} more inputs", len(others))):
            for name in i18n.in_order({name: widgets.field_label(name) for name in others}):
                _mover(name, row, changes)
        if changes:
            st.button(
                _("Reset to what is recorded"), key="if:reset", on_click=lambda: address.put(**{IF: None})
            )
            link = address.link("site", **{"site": site_id, IF: what_if.as_text(changes)})
            st.code(f"{maps.site_origin()}/{link}", language=None, wrap_lines=True)


def _offered(site_id: str, layer: Layer) -> list[str]:
    return what_if.movable(recorded(site_id, layer), layer)


def _mover(name: str, row: pd.Series, changes: Changes) -> None:
    """One input: its widget set to what holds now, writing to the address when it moves."""
    each = fields.field(name)
    now = changes[name] if name in changes else recorded_value(row, name)
    key = f"if:{name}"
    label = widgets.field_label(name)
    write = {"key": key, "on_change": lambda: _moved(name, row)}
    if each.dtype in ("number", "integer"):
        unit = f", {i18n.unit(each.unit)}" if each.unit else ""
        low, high = what_if.limits(name)
        address.hold(key, now if now is None else float(now))
        st.number_input(
            label + unit,
            value=None,
            min_value=low,
            max_value=high,
            step=_step(now),
            format="%g",
            placeholder=_("unknown"),
            **write,
        )
    elif each.dtype == "list":
        options = list(dict.fromkeys([*(each.allowed or _held(name)), *fields.split_list(now)]))
        address.hold(key, fields.split_list(now))
        st.multiselect(
            label,
            i18n.in_order({option: widgets.label(option) for option in options}),
            format_func=widgets.label,
            placeholder=_("unknown"),
            **write,
        )
    else:
        address.hold(key, now)
        options = [None, True, False] if each.dtype == "boolean" else [None, *each.allowed]
        st.selectbox(label, options, format_func=lambda value: _option(name, value), **write)


def _step(now: float | None) -> float:
    """A step of about a twentieth of the value, a round number."""
    if not now:
        return 1.0
    return float(f"{abs(float(now)) / 20:.0e}")


def _option(name: str, value: Any) -> str:
    return _("unknown") if value is None else class_cards.value_words(name, value)


def recorded_value(row: pd.Series, name: str) -> Any:
    """What the register says of a field; None where it says nothing."""
    value = row.get(name)
    return None if value is None or pd.isna(value) else value.item() if hasattr(value, "item") else value


def _held(name: str) -> list[str]:
    """Items that some site of the register has in a list field."""
    counts: dict[str, int] = {}
    for layer in fields.SITES:
        frame = cached.sites(layer)
        if name in frame.columns:
            counts |= summary.by_item(frame, name)
    return [value for value in counts if value != summary.UNKNOWN]


def _moved(name: str, row: pd.Series) -> None:
    """Write one change to the address; what is moved back to the record is no change."""
    value = st.session_state[f"if:{name}"]
    if isinstance(value, list):
        value = fields.join_list(value)
    layer: Layer = "facilities" if str(row["site_id"]).startswith("tsf:") else "mines"
    try:
        changes = what_if.from_text(address.get(IF), layer)
    except LithoscopeError:
        changes = {}
    changes.pop(name, None)
    if value != recorded_value(row, name):
        changes[name] = value
    address.put(**{IF: what_if.as_text(changes)})
