"""The page of one layer: filters, figures, map and legend, table, charts, how sure, where from, downloads.

Facilities and mines differ only in what a `Register` says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import streamlit as st

from lithoscope.app import address, cached, dossier, filters, i18n, maps, tables, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.app.tables import Column
from lithoscope.domain.fields import Layer
from lithoscope.domain.scales import TOXICITY, Level
from lithoscope.pipelines import summary
from lithoscope.pipelines.bands import BANDS
from lithoscope.pipelines.query import Selection

Counts = Callable[[gpd.GeoDataFrame], dict[str, int]]


TOXICITY_NOTE = N_("The best estimate, or the least where the evidence leaves more open. Mostly inferred.")
BAND_NOTE = N_("Bands for the map; the site's page shows the whole interval. Unrated is not low.")


@dataclass(frozen=True)
class ColourBy:
    """One way to colour the map: field, its label, its classes, how sites are counted by it, a remark."""

    field: str
    label: str
    levels: Sequence[Level]
    count: Counts
    note: str = ""


@dataclass(frozen=True)
class Register:
    """What one layer's page shows. Texts are msgids; functions are called with the sites shown."""

    layer: Layer
    title: str
    lead: str
    colour_by: Sequence[ColourBy]
    figures: Callable[[gpd.GeoDataFrame], list[tuple[str, ...]]]
    columns: Callable[[], list[Column]]
    charts: Callable[[gpd.GeoDataFrame], None]
    reads: Sequence[str]
    sort: str
    defaults: Mapping[str, str] = field(default_factory=dict)


def by_class(layer: Layer) -> tuple[ColourBy, ...]:
    """Colouring by what the methods found, where the layer's sites have it."""
    frame = cached.sites(layer)
    ways = [ColourBy("toxicity_class", N_("Toxicity class"), TOXICITY.levels, _by_toxicity, TOXICITY_NOTE)]
    ways += [ColourBy(each.field, each.label, each.levels, each.count, BAND_NOTE) for each in BANDS.values()]
    return tuple(each for each in ways if each.field in frame.columns and frame[each.field].notna().any())


def _by_toxicity(shown: gpd.GeoDataFrame) -> dict[str, int]:
    return summary.by_class(shown, "toxicity_class", TOXICITY)


def show(register: Register) -> None:
    """Draw the page from its address."""
    layer = register.layer
    widgets.title(_(register.title), _(register.lead))
    selected = address.selection(register.defaults)
    filters.bar(layer, selected, register.defaults)
    shown = cached.shown(layer, selected)
    widgets.figures(*register.figures(shown))
    colour = _colour(register)
    dossier.beside_map(
        lambda: _map(register, selected, shown, colour), lambda: _side(register, selected, colour, shown)
    )
    widgets.unplaced(shown, key=f"unplaced:{layer}")
    _below(register, shown, selected)


def _map(register: Register, selected: Selection, shown: gpd.GeoDataFrame, colour: ColourBy) -> str | None:
    placed = int(shown["lon"].notna().sum())
    return maps.site_map(
        [register.layer],
        selected,
        colour_by=colour.field,
        view=_first_view(register, selected, shown),
        selected_id=address.get("site") or None,
        key=f"map:{register.layer}",
        alt=ngettext("Map of {n} site.", "Map of {n} sites.", placed),
    )


def _first_view(register: Register, selected: Selection, shown: gpd.GeoDataFrame) -> maps.View:
    """The world, or the sites that a link selects; kept, so that no filter moves the map afterwards."""
    key = f"view:{register.layer}"
    if key not in st.session_state:
        is_link = selected != Selection.from_params(register.defaults)
        st.session_state[key] = maps.view_of(shown, closest=8.0) if is_link else maps.WORLD
    return st.session_state[key]


def _side(register: Register, selected: Selection, colour: ColourBy, shown: gpd.GeoDataFrame) -> None:
    if len(register.colour_by) > 1:
        _colour_choice(register, colour)
    widgets.class_legend(
        _(colour.label), colour.count(shown), colour.levels, is_ordered=colour.field != "status"
    )
    if colour.note:
        widgets.note(_(colour.note))
    placed = int(shown["lon"].notna().sum())
    widgets.note(
        _("{placed} on the map, {missing} without coordinates.").format(
            placed=i18n.number(placed), missing=i18n.number(len(shown) - placed)
        )
    )
    if placed and selected != Selection.from_params(register.defaults):
        key = f"view:{register.layer}"
        st.button(
            _("Move the map to these sites"),
            key=f"{register.layer}:move",
            on_click=lambda: st.session_state.update({key: maps.view_of(shown, closest=12.0)}),
        )
    widgets.coverage(shown, register.layer)


def _below(register: Register, shown: gpd.GeoDataFrame, selected: Selection) -> None:
    register.charts(shown)
    widgets.heading(ngettext("{n} site", "{n} sites", len(shown)))
    if len(shown):
        tables.sites(
            shown,
            register.columns(),
            reads=register.reads,
            caption=_("Sites shown"),
            sort=register.sort,
            key=f"table:{register.layer}",
        )
        widgets.provenance(shown, key=f"sources:{register.layer}")
    else:
        widgets.note(_("No site meets these filters. That does not mean that there is none."))
    widgets.downloads(register.layer, selected, len(shown))


def _colour(register: Register) -> ColourBy:
    known = {each.field: each for each in register.colour_by}
    first = register.colour_by[0].field
    return known[address.get("colour", first, list(known))]


def _colour_choice(register: Register, colour: ColourBy) -> None:
    key = f"{register.layer}:colour"
    address.hold(key, colour.field)
    labels = {each.field: _(each.label) for each in register.colour_by}
    first = register.colour_by[0].field

    def write() -> None:
        chosen = st.session_state[key]
        address.put(colour=None if chosen == first else chosen)

    st.selectbox(_("Colour by"), list(labels), format_func=labels.__getitem__, key=key, on_change=write)
