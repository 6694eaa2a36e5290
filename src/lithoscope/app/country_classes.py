"""Classes of a country, a group or the world: at least and at most, how much is inferred, and conventions."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import streamlit as st

from lithoscope.app import address, i18n, state_map, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.fields import SITES
from lithoscope.pipelines import countries, summary
from lithoscope.pipelines import country_classes as classes
from lithoscope.pipelines.query import Selection

LAYERS = state_map.LAYERS
NAMES = state_map.NAMES
_COLOURED = ("toxicity_class", "consequence_class")
"""Classes that the map of sites can be coloured by."""
_SITES = {
    "toxicity_class": N_("Sites, by toxicity class"),
    "consequence_class": N_("Sites, by declared consequence class"),
}
STATES = "states"
INSTRUMENTS = {
    "industrial_accidents": N_("Convention on Industrial Accidents (UNECE)"),
    "water": N_("Water Convention (UNECE)"),
    "espoo": N_("Espoo Convention (UNECE)"),
    "basel": N_("Basel Convention"),
    "minamata": N_("Minamata Convention"),
    "eiti": N_("Extractive Industries Transparency Initiative (EITI)"),
}
STATUS = {
    "party": N_("party"),
    "signatory": N_("signatory"),
    "none": N_("not a member"),
    "unknown": N_("unknown"),
}
Shown = Mapping[str, gpd.GeoDataFrame]


def colour(selected: Selection) -> str:
    """What the map shows: States as areas, unless one is selected, or sites by kind or class."""
    ways = {"layer": _("Sites, by kind"), **{name: _(_SITES[name]) for name in _COLOURED}}
    if not selected.country and state_map.choices():
        ways = {STATES: _("States, by the classes of their sites"), **ways}
    default = next(iter(ways))
    now = address.get("colour", default, list(ways))
    key = "countries:colour"
    address.hold(key, now)

    def write() -> None:
        chosen = st.session_state[key]
        address.put(colour=None if chosen == default else chosen)

    left, _rest = st.columns([2, 5])
    with left:
        st.selectbox(_("On the map"), list(ways), format_func=ways.__getitem__, key=key, on_change=write)
    return now


def risk_map(shown: Shown, selected: Selection) -> None:
    """States as areas with their legend; a click opens the inventory of one."""
    now = state_map.asked()
    if now is None:
        return
    state_map.choose(now)
    left, right = st.columns([4.2, 1.2], gap="medium")
    with left:
        clicked = state_map.draw(now, selected)
    if clicked:
        address.put(country=clicked, group=None, colour=None)
        st.rerun()
    with right:
        state_map.legend(state_map.table_of(shown[now.layer], now), now, state_map.states_of(selected))


def legend(shown: Shown, name: str) -> None:
    """The legend of one layer after the other, coloured by a class."""
    for layer in SITES:
        if name in shown[layer].columns and len(shown[layer]):
            scale = classes.SCALES[name]
            counts = summary.by_class(shown[layer], name, scale)
            widgets.class_legend(i18n.colon(_(NAMES[name]), _(LAYERS[layer])), counts, scale.levels)


def show(shown: Shown, selected: Selection) -> None:
    """The part of the page: bounds by class, by country where there are several, conventions of a State."""
    widgets.heading(_("Classes, at least and at most"))
    text = _(
        "A count is a range: sites surely of a class, and those that could be. Unrated ones could be of any."
    )
    widgets.note(text)
    columns = st.columns(2, gap="large")
    held = [(layer, name) for name in NAMES for layer in SITES if _has(shown[layer], name)]
    for position, (layer, name) in enumerate(held):
        with columns[position % 2]:
            _bounds(shown[layer], layer, name)
    for layer in SITES:
        share = classes.inferred_share(shown[layer])
        if not pd.isna(share):
            inferred = _(
                "Toxicity classes that rest on inference, not on measurement or declaration: {share}."
            )
            widgets.note(i18n.colon(_(LAYERS[layer]), inferred.format(share=i18n.percent(share))))
    if selected.country:
        conventions(selected)
    elif (now := state_map.asked()) is not None:
        state_map.table(state_map.table_of(shown[now.layer], now), now)


def _has(sites: pd.DataFrame, name: str) -> bool:
    return classes.unrated(sites, name) < len(sites)


def _bounds(sites: pd.DataFrame, layer: str, name: str) -> None:
    scale = classes.SCALES[name]
    rows = [
        [
            {"t": state_map.reached(scale, row.code), "c": scale.colour(row.code)},
            i18n.number(row.at_least),
            i18n.number(row.at_most),
        ]
        for row in classes.at_or_above(sites, name).itertuples(index=False)
        if row.code != scale.codes[0]
    ]
    rows.append([_("unrated"), i18n.number(classes.unrated(sites, name)), ""])
    caption = i18n.colon(_(NAMES[name]), _(LAYERS[layer]))
    tables.plain(
        [_("Class"), _("At least"), _("At most")],
        rows,
        caption=caption,
        key=f"cc:{layer}:{name}",
        ends=(1, 2),
        hide_caption=False,
    )


def conventions(selected: Selection) -> None:
    """What the State that is selected is party to, whether any source speaks of its sites or not."""
    if not selected.country or not countries.is_country(selected.country[0]):
        return
    widgets.heading(_("Conventions"))
    rows = [
        [
            _(INSTRUMENTS[row.instrument]),
            _(STATUS[row.status]),
            "" if pd.isna(row.since) else i18n.year(row.since),
            widgets.said(row.source, ""),
        ]
        for row in classes.conventions(selected.country[0]).itertuples(index=False)
    ]
    tables.plain(
        [_("Instrument"), _("Status"), _("Since"), _("Source")],
        rows,
        caption=_("Conventions"),
        key="cc:conventions",
    )
    widgets.note(
        _("A State that a list does not name is unknown, not a non-party: the lists are not complete.")
    )
    widgets.note(_(classes.conventions_note()))
