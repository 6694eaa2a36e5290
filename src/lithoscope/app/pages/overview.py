"""Overview: everything on one map, what Lithoscope is, how sure it is, and where it is blind."""

from collections.abc import Mapping

import geopandas as gpd
import streamlit as st

from lithoscope.app import (
    address,
    cached,
    charts,
    dossier,
    entrance,
    i18n,
    layers,
    maps,
    sand_country,
    widgets,
)
from lithoscope.app.i18n import N_, _
from lithoscope.app.pages import mines
from lithoscope.pipelines import summary
from lithoscope.pipelines.query import Selection

LEAD = N_(
    "Lithoscope puts tailings facilities, abandoned mines and documented dam failures on one map and in one "
    "inventory per country. Every value names its source, and what nobody has said is shown as unknown."
)
EVIDENCE = N_(
    "Evidence says how a value was obtained: measured, stated by an authority or an owner, or concluded "
    "from something else."
)
CROWDS = N_(
    "A circle with a number stands for that many sites; choose it to move closer. Choose a site to read "
    "its record."
)
Shown = Mapping[str, gpd.GeoDataFrame]


def page() -> None:
    """The page."""
    widgets.title(_("What mining leaves behind"), _(LEAD))
    if absent := address.get(entrance.ABSENT):
        st.warning(_("There is no page “{name}”; this is the overview.").format(name=widgets.plain(absent)))
    every, idle = Selection(), Selection.from_params(mines.DEFAULTS)
    selections = {"facilities": every, "mines": idle, "events": every}
    shown = {layer: cached.shown(layer, selection) for layer, selection in selections.items()}
    silent = summary.silent((cached.facilities(), cached.mines()), cached.members())
    _figures(shown, silent)
    chosen = layers.choose("layers", layers.NAMES, list(layers.NAMES), key="overview:layers")
    dossier.beside_map(
        lambda: maps.site_map(
            [layer for layer in ("mines", "facilities", "events") if layer in chosen],
            selections,
            colour_by="layer",
            view=maps.WORLD,
            selected_id=address.get("site") or None,
            key="map:overview",
            height=560,
            alt=_("World map of tailings facilities, abandoned mines and documented failures."),
        ),
        lambda: _side(shown, chosen),
    )
    left, right = st.columns(2, gap="large")
    with left:
        widgets.heading(_("How sure we are"))
        for layer, text in (("facilities", _("Tailings facilities")), ("mines", _("Abandoned mines"))):
            counts = summary.by_evidence(shown[layer])
            charts.bars(counts, text, key=f"o:evidence:{layer}", colours=widgets.EVIDENCE_COLOURS)
        widgets.note(_(EVIDENCE))
    with right:
        widgets.silence(silent)


def _figures(shown: Shown, silent: Mapping[str, list[str]]) -> None:
    states = sum(map(len, cached.members().values()))
    heard = states - sum(map(len, silent.values()))
    places = len(shown["facilities"]) + len(shown["mines"])
    missing = sum(int(shown[layer]["lon"].isna().sum()) for layer in ("facilities", "mines"))
    kept = _("of the {n} counted here; kept in every count").format(n=i18n.number(places))
    widgets.figures(
        (i18n.number(len(shown["facilities"])), _("tailings facilities")),
        (
            i18n.number(len(shown["mines"])),
            _("abandoned mines"),
            _("with closed ones and those of unknown status"),
        ),
        (i18n.number(len(shown["events"])), _("documented failures")),
        (i18n.number(heard), _("Member States with at least one site"), _("of {n}").format(n=states)),
        (i18n.number(missing), _("sites without coordinates"), kept),
        *sand_country.figures(),
    )


def _side(shown: Shown, chosen: list[str]) -> None:
    layers.legend({layer: len(shown[layer]) for layer in chosen})
    widgets.note(_(CROWDS))
    widgets.page_link("facilities", _("All tailings facilities"))
    widgets.page_link("mines", _("All abandoned mines"))
    widgets.page_link("countries", _("The inventory of a country"))
    widgets.page_link("sand", _("The sand observatory"))
