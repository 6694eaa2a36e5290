"""The layers of the overview's map: which are shown, and what their signs mean."""

from collections.abc import Mapping

import streamlit as st

from lithoscope.app import address, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.scales import LAYER_COLOURS

_NAMES = {
    "facilities": N_("Tailings facilities"),
    "mines": N_("Abandoned mines"),
    "events": N_("Documented failures"),
}
"""Of the mines, this map shows those that the page of abandoned mines shows."""


def choose() -> list[str]:
    """The layers that the address names, all of them if it names none; chosen in the page."""
    known = list(_NAMES)
    chosen = [name for name in address.get("layers", ",".join(known)).split(",") if name in known]
    key = "overview:layers"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen

    def write() -> None:
        now = [name for name in known if name in st.session_state[key]]
        address.put(layers=None if now == known else ",".join(now) or "none")

    st.pills(
        _("Layers of the map"),
        known,
        selection_mode="multi",
        format_func=lambda name: _(_NAMES[name]),
        key=key,
        on_change=write,
    )
    return chosen


def legend(counts: Mapping[str, int]) -> None:
    """The layers shown with their counts."""
    items = [
        (_(_NAMES[each.code]), each.colour, counts[each.code])
        for each in LAYER_COLOURS
        if each.code in counts
    ]
    widgets.legend(_("On the map"), items, rings=[_("Documented failures")])
