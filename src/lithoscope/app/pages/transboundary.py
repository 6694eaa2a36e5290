"""Transboundary: facilities whose path reaches another State, by pair of States.

Without such results the page is not in the list; by its address it says how to get them, and shows a
demonstration on invented terrain.
"""

import streamlit as st

from lithoscope.app import address, cached, crossing, downstream_view, i18n, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.pipelines import downstream_ask

LEAD = N_(
    "Facilities whose tailings would reach another State if their dam failed, or may reach it, as a "
    "screening from regressions and terrain shows it. It is not a breach analysis, gives no arrival times, "
    "and says nothing of how likely a failure is."
)
DEMONSTRATION = N_(
    "A demonstration on invented terrain: valley, people and dam are made up, in the sea where longitude and "
    "latitude are zero. Nothing of it is real, and it crosses no border."
)


def page() -> None:
    """The page."""
    widgets.title(_("Transboundary"), _(LEAD))
    if address.get("demonstration"):
        _demonstration()
        return
    found = crossing.table(cached.release().release_id)
    if found.empty:
        widgets.note(
            _(
                "This release holds no facility whose path was followed into another State. That does not "
                "mean that there is none: a path is known only where somebody ran lithoscope downstream."
            )
        )
        st.code("lithoscope downstream --country ISO3 --dem DEM --population PEOPLE --out OUT", language=None)
        st.code("lithoscope build --source downstream=OUT ...", language=None)
        widgets.page_link(
            "transboundary", _("See how an answer looks, on invented terrain"), demonstration="yes"
        )
        return
    crossing.show(found)


def _demonstration() -> None:
    st.warning(widgets.plain(_(DEMONSTRATION)))
    with st.spinner(_("Following the valley…")):
        shown = _shown()
    downstream_view.show(shown, key="demonstration", name="demonstration-invented")
    widgets.note(i18n.colon(_("Demonstration"), _(DEMONSTRATION)))


@st.cache_resource(show_spinner=False)
def _shown() -> dict:
    return downstream_ask.demonstration(cached.data() / "cache" / "demonstration")
