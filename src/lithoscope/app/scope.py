"""Whose inventory a page shows: one country, one regional group, or the world, as its address says."""

from collections.abc import Mapping

import streamlit as st

from lithoscope.app import address, cached, i18n, widgets
from lithoscope.app.i18n import _
from lithoscope.domain.fields import SITES
from lithoscope.pipelines import countries, summary
from lithoscope.pipelines.query import Selection


def choose() -> Selection:
    """The country or group that the address names, chosen in two boxes; the world if neither."""
    asked = address.selection()
    selected = Selection(country=asked.country[:1], group=() if asked.country else asked.group[:1])
    known = [iso3 for states in cached.members().values() for iso3 in states]
    held = summary.by_country({name: cached.sites(name) for name in SITES})["country_iso3"]
    codes = dict.fromkeys([*known, *held, *selected.country])
    names = {iso3: widgets.country(iso3) for iso3 in codes if iso3 != summary.UNKNOWN}
    left, right, _rest = st.columns([2, 2, 3])
    with left:
        _box("country", _("Country"), i18n.in_order(names), names, selected.country)
    with right:
        groups = {group: widgets.group(group) for group in countries.GROUPS}
        _box("group", _("Regional group"), list(groups), groups, selected.group)
    return selected


def _box(
    name: str, label: str, options: list[str], words: Mapping[str, str], chosen: tuple[str, ...]
) -> None:
    key = f"scope:{name}"
    now = chosen[0] if chosen and chosen[0] in options else None
    address.hold(key, now)
    others = dict.fromkeys(("country", "group", *address.VIEW))
    st.selectbox(
        label,
        options,
        format_func=words.__getitem__,
        key=key,
        placeholder=_("The world"),
        on_change=lambda: address.put(**{**others, name: st.session_state[key]}),
    )


def name(selected: Selection) -> str:
    """The country's or group's name, a country with its group."""
    if selected.country:
        group = countries.un_group(selected.country[0])
        country = widgets.country(selected.country[0])
        return f"{country} · {widgets.group(group)}" if group else country
    return widgets.group(selected.group[0]) if selected.group else _("The world")


def code(selected: Selection) -> str:
    """A short name for keys: an ISO3 code, a group, or "world"."""
    return ",".join((*selected.country, *selected.group)) or "world"
