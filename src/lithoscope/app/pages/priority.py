"""Priority: which sites to look at first, by the reader's own weights, and how sure that order is."""

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, dossier, i18n, maps, scope, tables, weighing, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.app.pages import mines
from lithoscope.domain.fields import Layer
from lithoscope.pipelines import priority
from lithoscope.pipelines.query import Selection

LEAD = N_(
    "Which sites to look at first: a composite of our own, not a published method, with weights that you "
    "set. It says where to look, not what one would find; a site of which little is known can come first for "
    "it."
)
SHOWN = 100


def page() -> None:
    """The page."""
    widgets.title(_("Screening priority"), _(LEAD))
    selected = scope.choose()
    layer = weighing.layer()
    weights = weighing.weights(layer)
    chosen = (
        selected if layer == "facilities" else Selection.from_params({**selected.params(), **mines.DEFAULTS})
    )
    sites = cached.shown(layer, chosen)
    widgets.heading(scope.name(selected))
    if sites.empty:
        widgets.note(_("No site is selected."))
        return
    asked = tuple(chosen.params().items())
    ranked = _ranked(cached.release().release_id, layer, asked, priority.as_text(weights))
    _stability(ranked)
    first = ranked.head(SHOWN).merge(sites.drop(columns=["geometry"]), on="site_id", how="left")
    dossier.beside_map(lambda: _map(first, layer), lambda: weighing.formula(layer, weights))
    _table(first)


@st.cache_data(max_entries=32, show_spinner=False)
def _ranked(release_id: str, layer: Layer, chosen: tuple[tuple[str, str], ...], weights: str) -> pd.DataFrame:
    sites = cached.shown(layer, Selection.from_params(dict(chosen)))
    return priority.ranking(sites, layer, priority.weights_of(weights, layer))


def _stability(ranked: pd.DataFrame) -> None:
    sure = int((ranked["in_first"] >= 0.5).sum())
    ever = int((ranked["in_first"] > 0).sum())
    widgets.figures(
        (i18n.number(len(ranked)), _("sites ranked")),
        (
            i18n.number(sure),
            _("in the first {n} under half of the weightings or more").format(n=priority.FIRST),
        ),
        (i18n.number(ever), _("in the first {n} under any").format(n=priority.FIRST)),
    )
    text = _(
        "{draws} draws with seed {seed}: weights around yours, each unknown part anywhere in its interval. "
        "The same link gives the same order."
    )
    widgets.note(text.format(draws=i18n.number(priority.draws_for(len(ranked))), seed=priority.SEED))


def _map(first: pd.DataFrame, layer: Layer) -> str | None:
    text = ngettext("Map of the first {n} site.", "Map of the first {n} sites.", len(first))
    return maps.points(first, layer, key=f"map:priority:{layer}", alt=text)


def _table(first: pd.DataFrame) -> None:
    shown = ngettext("The first {n} site", "The first {n} sites", len(first))
    widgets.heading(shown)
    heads = [_("Rank"), _("Name"), _("Country"), _("Score, at least"), _("Score, at most"), _("How stable")]
    rows = [
        [
            i18n.number(row.rank),
            {"t": widgets.said(row.name, row.site_id), "href": address.link("site", site=row.site_id)},
            widgets.country(row.country_iso3),
            i18n.number(row.low, 2),
            i18n.number(row.high, 2),
            _("in the first {n} under {share} of weightings").format(
                n=priority.FIRST, share=i18n.percent(row.in_first)
            ),
        ]
        for row in first.itertuples(index=False)
    ]
    tables.plain(heads, rows, caption=shown, key="priority:table", ends=(0, 3, 4))
