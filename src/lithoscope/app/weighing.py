"""The weights of the screening priority: chosen in the page, kept in its address, printed as a formula."""

from collections.abc import Mapping

import streamlit as st

from lithoscope.app import address, i18n, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.errors import LithoscopeError
from lithoscope.domain.fields import SITES, Layer
from lithoscope.pipelines import priority

_NAMES = {"facilities": N_("Tailings facilities"), "mines": N_("Abandoned mines")}
METHODS = {"facilities": "screening_priority", "mines": "screening_priority_mines"}
WEIGHTS = "w"
"""Part of the address that holds the weights."""


def layer() -> Layer:
    """The kind of site that the address names, chosen in the page; facilities if it names none."""
    now = address.get("layer", "facilities", list(SITES))
    key = "priority:layer"
    address.hold(key, now)

    def write() -> None:
        chosen = st.session_state[key]
        address.put(layer=None if chosen == "facilities" else chosen, site=None, **{WEIGHTS: None})

    st.segmented_control(
        _("Kind of site"),
        list(SITES),
        format_func=lambda each: _(_NAMES[each]),
        required=True,
        key=key,
        on_change=write,
    )
    return "mines" if now == "mines" else "facilities"


def weights(of: Layer) -> dict[str, float]:
    """The weights that the address holds, moved in the page; equal ones where it cannot be read."""
    try:
        now = priority.weights_of(address.get(WEIGHTS), of)
    except LithoscopeError as error:
        text = _("The weights in this address cannot be used, so equal weights stand in.")
        st.warning(f"{text} {widgets.plain(error)}")
        now = priority.weights_of("", of)
    columns = st.columns(len(now), gap="medium", vertical_alignment="bottom")
    for column, (part, label) in zip(columns, priority.labels(of).items(), strict=True):
        with column:
            _slider(of, part, label, now)
    return now


def _slider(of: Layer, part: str, label: str, now: Mapping[str, float]) -> None:
    key = f"weight:{of}:{part}"
    address.hold(key, now[part])

    def write() -> None:
        changed = {**now, part: float(st.session_state[key])}
        same = changed == priority.weights_of("", of)
        address.put(**{WEIGHTS: None if same else priority.as_text(changed) or f"{part}:0"})

    title = i18n.colon(_("Weight"), widgets.label(label))
    st.slider(title, 0.0, priority.HIGHEST_WEIGHT, step=0.5, key=key, on_change=write)


def formula(of: Layer, now: Mapping[str, float]) -> None:
    """The formula with the weights in force, where the number is."""
    widgets.heading(_("Formula"))
    limits, names = priority.full_at(of), priority.labels(of)
    terms = []
    for part, weight in now.items():
        value = f"{widgets.label(names[part])} / {i18n.number(limits[part])}"
        if part in ("settlement", "water"):
            distance = _("distance, km")
            value = f"(1 - {distance} / {i18n.number(limits[part])})"
            value = f"{widgets.label(names[part])} {value}"
        terms.append(f"{i18n.number(weight)} × {value}")
    widgets.note(f"({' + '.join(terms)}) / {i18n.number(sum(now.values()))}")
    widgets.note(_("Each part goes from 0 to 1; an unknown part spans all of it, so it widens the score."))
    widgets.page_link("methods", _("The method and its doubts"), method=METHODS[of])
