"""Classes of a country, a group or the world: at least and at most, how much is inferred, and conventions."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import streamlit as st

from lithoscope.app import address, i18n, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.fields import SITES
from lithoscope.domain.scales import Scale
from lithoscope.pipelines import country_classes as classes
from lithoscope.pipelines import summary
from lithoscope.pipelines.query import Selection

NAMES = {"toxicity_class": N_("Toxicity class"), "consequence_class": N_("Declared consequence class")}
LAYERS = {"facilities": N_("Tailings facilities"), "mines": N_("Mines")}
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


def colour() -> str:
    """What the map is coloured by: kind of site, toxicity or declared consequence; chosen in the page."""
    ways = {"layer": _("Kind of site"), **{name: _(label) for name, label in NAMES.items()}}
    now = address.get("colour", "layer", list(ways))
    key = "countries:colour"
    if st.session_state.get(key) != now:
        st.session_state[key] = now

    def write() -> None:
        chosen = st.session_state[key]
        address.put(colour=None if chosen == "layer" else chosen)

    left, _rest = st.columns([2, 5])
    with left:
        st.selectbox(_("Colour by"), list(ways), format_func=ways.__getitem__, key=key, on_change=write)
    return now


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
        _conventions(selected.country[0])
    elif len(shown["facilities"]):
        _by_country(shown["facilities"])


def _has(sites: pd.DataFrame, name: str) -> bool:
    return len(sites) > 0 and name in sites.columns and bool(sites[name].notna().any())


def _bounds(sites: pd.DataFrame, layer: str, name: str) -> None:
    scale = classes.SCALES[name]
    rows = [
        [
            {"t": _reached(scale, row.code), "c": scale.colour(row.code)},
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


def _reached(scale: Scale, code: str) -> str:
    label = _(scale.label(code))
    return label if code == scale.codes[-1] else _("{low} or graver").format(low=label)


def _by_country(facilities: pd.DataFrame) -> None:
    widgets.heading(_("Facilities of class High or graver, by country"))
    heads = [_("Country"), _("Facilities"), _("Toxicity, at least"), _("at most")]
    heads += [_("Declared consequence, at least"), _("at most"), _("Inferred")]
    rows = [
        [
            widgets.country_cell(str(row.country_iso3)),
            *(i18n.number(each) for each in row[1:6]),
            i18n.percent(row.inferred),
        ]
        for row in classes.by_country(facilities).itertuples(index=False)
    ]
    tables.plain(
        heads,
        rows,
        caption=_("Facilities of class High or graver, by country"),
        key="cc:countries",
        ends=(1, 2, 3, 4, 5, 6),
    )


def _conventions(iso3: str) -> None:
    widgets.heading(_("Conventions"))
    rows = [
        [
            _(INSTRUMENTS[row.instrument]),
            _(STATUS[row.status]),
            "" if pd.isna(row.since) else i18n.year(row.since),
            widgets.said(row.source, ""),
        ]
        for row in classes.conventions(iso3).itertuples(index=False)
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
