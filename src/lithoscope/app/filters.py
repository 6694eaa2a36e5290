"""The filters of a page: drawn from the address, written to the address.

One widget per part of `Selection`; its options are what the layer's sites hold, plus what is chosen.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from lithoscope.app import address, cached, i18n, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain import fields
from lithoscope.domain.fields import Layer
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY, UNRATED, Scale
from lithoscope.pipelines import countries, summary
from lithoscope.pipelines.query import Selection

SOURCES_MANY = 2
_RANGES = (
    ("height", N_("Dam height, m"), ("facilities",)),
    ("volume", N_("Stored volume, m³"), ("facilities",)),
    ("year", N_("First year"), ("facilities", "mines")),
    ("thi", N_("THI-style index"), ("facilities",)),
    ("tri", N_("TRI-style index"), ("facilities",)),
    ("priority", N_("Screening priority, 0 to 1"), ("facilities", "mines")),
)
_INDICES = ("thi", "tri", "priority")
"""Ranges of what the methods found, absent where a release was built without them."""
_WIDTHS = {"facilities": [1.8, 1.6, 1.35, 1.25, 2.1, 1.2], "mines": [1.6, 1.6, 1.35, 2.6, 1.3, 1.3]}
_BEHIND = ("owner", "raising", "source", "place", "failed", "could", "preselection", "computed")
"""Filters that stand behind "More filters", ranges aside."""


def bar(layer: Layer, selected: Selection, defaults: Mapping[str, str] | None = None) -> None:
    """All filters of a layer in two rows: the frequent ones in sight, the others behind a button."""
    draw = _Drawer(layer, selected, dict(defaults or {}))
    first = st.columns(_WIDTHS[layer])
    with first[0]:
        draw.text("q", _("Search names and owners"))
    with first[1]:
        draw.several("country", _("Country"), draw.values("country_iso3"), widgets.country)
    with first[2]:
        draw.several("group", _("Regional group"), list(countries.GROUPS), widgets.group)
    with first[3]:
        draw.several("status", _("Status"), list(fields.STATUS), widgets.label, keep_order=True)
    with first[4]:
        if layer == "facilities":
            draw.classes("consequence", _("Declared consequence class"), CONSEQUENCE)
        else:
            draw.several("commodity", _("Commodity"), draw.values("commodities"), widgets.label)
    with first[5], st.container(key="more"):
        _more(draw, layer)


def _more(draw: "_Drawer", layer: Layer) -> None:
    active = draw.active_behind()
    text = _("More filters") + (f" ({active})" if active else "")
    with st.popover(text, width="stretch"):
        left, right = st.columns(2)
        with left:
            if layer == "facilities":
                draw.several("commodity", _("Commodity"), draw.values("commodities"), widgets.label)
                draw.several("raising", _("Raising method"), list(fields.RAISING), widgets.label)
            draw.text("owner", _("Owner contains"))
            if layer == "facilities" and draw.has("consequence_at_least"):
                draw.classes("computed", _("Consequence class, computed, at least"), CONSEQUENCE)
            if draw.has("toxicity_class"):
                draw.classes("toxicity", _("Toxicity class"), TOXICITY)
            if draw.has("preselection"):
                answers = list(reversed(fields.PRESELECTION))
                draw.several("preselection", _("Pre-selection"), answers, widgets.label, keep_order=True)
            if len(cached.release().sources) >= SOURCES_MANY:
                titles = {each.source_id: each.title for each in cached.release().sources}
                draw.several("source", _("Source"), list(titles), lambda name: titles.get(name, name))
        with right:
            for name, text, layers in _RANGES:
                if layer in layers and (name not in _INDICES or draw.has(f"{name}_low")):
                    draw.range(name, _(text))
        places = {"": _("All"), "known": _("With coordinates"), "unknown": _("Without coordinates")}
        draw.one("place", _("Place"), places)
        if layer == "facilities":
            draw.tick("failed", _("Only with a documented failure"))
        draw.tick("could", _("Include sites that could be in the chosen classes"))
        draw.clear()


class _Drawer:
    """Draws widgets of one layer's selection; each writes the whole selection when it changes."""

    def __init__(self, layer: Layer, selected: Selection, defaults: dict[str, str]) -> None:
        self.layer, self.selected, self.defaults = layer, selected, defaults

    def has(self, column: str) -> bool:
        frame = cached.sites(self.layer)
        return column in frame.columns and bool(frame[column].notna().any())

    def values(self, column: str) -> list[str]:
        """Values that the layer's sites hold in a column."""
        return _values(cached.release().release_id, self.layer, column)

    def active_behind(self) -> int:
        """How many filters behind the button are set."""
        names = set(self.selected.params()) - set(self.defaults)
        ranges = {f"{name}_{end}" for name, *_rest in _RANGES for end in ("min", "max")}
        behind = {
            *_BEHIND,
            *ranges,
            *({"commodity", "toxicity"} if self.layer == "facilities" else {"toxicity"}),
        }
        return len(names & behind)

    def text(self, name: str, label: str) -> None:
        st.text_input(
            label,
            key=self._set(name, getattr(self.selected, name)),
            max_chars=100,
            on_change=self._write(name),
        )

    def several(
        self,
        name: str,
        label: str,
        options: list[str],
        words: Callable[[str], str],
        *,
        keep_order: bool = False,
    ) -> None:
        chosen = list(getattr(self.selected, name))
        options = list(dict.fromkeys([*options, *chosen]))
        if not keep_order:
            options = i18n.in_order({option: words(option) for option in options})
        st.multiselect(
            label,
            options,
            format_func=words,
            key=self._set(name, chosen),
            placeholder=_("All"),
            wrap=True,
            on_change=self._write(name),
        )

    def classes(self, name: str, label: str, scale: Scale) -> None:
        options = [*reversed(scale.codes), UNRATED]
        self.several(name, label, options, lambda code: _(scale.label(code)), keep_order=True)

    def one(self, name: str, label: str, options: Mapping[str, str]) -> None:
        st.segmented_control(
            label,
            list(options),
            format_func=options.__getitem__,
            required=True,
            key=self._set(name, getattr(self.selected, name)),
            on_change=self._write(name),
        )

    def tick(self, name: str, label: str) -> None:
        st.checkbox(label, key=self._set(name, getattr(self.selected, name)), on_change=self._write(name))

    def range(self, name: str, label: str) -> None:
        left, right = st.columns(2, vertical_alignment="bottom", gap="xsmall")
        for column, end, word in ((left, "min", _("from")), (right, "max", _("to"))):
            with column:
                part = f"{name}_{end}"
                st.number_input(
                    f"{label}, {word}",
                    key=self._set(part, getattr(self.selected, part)),
                    value=None,
                    min_value=0.0,
                    max_value=1e15,
                    format="%g",
                    placeholder=_("any"),
                    on_change=self._write(part),
                )

    def clear(self) -> None:
        st.button(
            _("Clear all filters"),
            key=f"{self.layer}:clear",
            on_click=lambda: address.choose(Selection.from_params(self.defaults), self.defaults),
        )

    def _set(self, name: str, value: Any) -> str:
        """The widget's key, its state set to what the address says."""
        return address.hold(f"{self.layer}:{name}", value)

    def _write(self, name: str) -> Callable[[], None]:
        def write() -> None:
            value = st.session_state[f"{self.layer}:{name}"]
            params = {**self.selected.model_dump(), name: tuple(value) if isinstance(value, list) else value}
            address.choose(Selection.model_validate(params), self.defaults)

        return write


@st.cache_data(max_entries=64, show_spinner=False)
def _values(release_id: str, layer: Layer, column: str) -> list[str]:
    frame = cached.sites(layer)
    if column not in frame.columns:
        return []
    counts = (
        summary.by_item(frame, column)
        if fields.field(column).dtype == "list"
        else summary.by_value(frame, column)
    )
    return [value for value in counts if value != summary.UNKNOWN]
