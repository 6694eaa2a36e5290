"""The layers of a map: which are shown; and what the signs of the overview's mean."""

from collections.abc import Mapping, Sequence

import streamlit as st

from lithoscope.app import address, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.scales import LAYER_COLOURS

NAMES = {
    "facilities": N_("Tailings facilities"),
    "mines": N_("Abandoned mines"),
    "events": N_("Documented failures"),
}
"""Of the mines, this map shows those that the page of abandoned mines shows."""


def choose(part: str, names: Mapping[str, str], usual: Sequence[str], *, key: str) -> list[str]:
    """The layers that a part of the address names, chosen in the page; the usual ones if it is absent.

    names: layer -> msgid, in the order in which layers are given back.
    """
    asked = address.get(part, ",".join(usual)).split(",")
    chosen = [name for name in names if name in asked]

    def write() -> None:
        now = [name for name in names if name in st.session_state[key]]
        address.put(**{part: None if now == list(usual) else ",".join(now) or "none"})

    st.pills(
        _("Layers of the map"),
        list(names),
        selection_mode="multi",
        format_func=lambda name: _(names[name]),
        key=address.hold(key, chosen),
        on_change=write,
    )
    return chosen


def legend(counts: Mapping[str, int]) -> None:
    """The layers shown with their counts."""
    items = [
        (_(NAMES[each.code]), each.colour, counts[each.code]) for each in LAYER_COLOURS if each.code in counts
    ]
    widgets.legend(_("On the map"), items, rings=[_("Documented failures")])
