"""Re-use beside hazard: two axes, never added up."""

import html
import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lithoscope.app import class_cards, i18n, widgets
from lithoscope.app.i18n import _
from lithoscope.domain.scales import TOXICITY

_FROM, _TO = 0.1, 1000.0
"""Ends of the axis of worth. [US$/t]"""
_TICKS = (0.1, 1, 10, 100, 1000)


def show(found: Mapping[str, Any]) -> None:
    """Where a site stands between hazard (toxicity) and worth (contained metals); a box where it is open."""
    by_id = {each["method"]: each for each in found["classes"]}
    toxicity, worth = by_id.get("toxicity_class"), by_id.get("reuse_worth")
    if toxicity is None or worth is None:
        return
    heading = html.escape(_("Re-use beside hazard"))
    st.html(f'<p class="ls-head">{heading}</p>')
    text = _("Two questions on two axes, never added: a worthwhile deposit is no less hazardous for it.")
    widgets.note(text)
    rows = "".join(f"<span>{html.escape(_(level.label))}</span>" for level in reversed(TOXICITY.levels))
    ticks = "".join(f'<span style="left:{_across(tick):.1f}%">{i18n.number(tick)}</span>' for tick in _TICKS)
    said = i18n.colon(_("Toxicity class"), class_cards.answer(toxicity))
    said += "; " + i18n.colon(_("Worth of contained metals per tonne"), class_cards.answer(worth))
    st.html(
        f'<div class="ls-axes" role="img" aria-label="{html.escape(said, quote=True)}">'
        f'<div class="y">{rows}</div><div class="field">{_box(toxicity, worth)}</div>'
        f'<div class="x">{ticks}</div></div>'
    )
    axes = _("Across: gross worth of contained metals, US$/t. Up: toxicity class.")
    widgets.note(f"{axes} {said}.")
    if critical := found.get("critical_raw_materials"):
        names = ", ".join(_(name) for name in critical)
        widgets.note(i18n.colon(_("Critical raw materials of the European Union among them"), names))


def _box(toxicity: Mapping[str, Any], worth: Mapping[str, Any]) -> str:
    """What is open on both axes, the best class as a line; the whole axis where nothing is known."""
    step = 100 / len(TOXICITY.levels)
    ranks = [0, len(TOXICITY.levels) - 1]
    if toxicity["low"] is not None:
        ranks = [TOXICITY.rank(toxicity[bound]) for bound in ("low", "high")]
    left, right = 0.0, 100.0
    if worth["low"] is not None:
        left, right = _across(worth["low"]), _across(worth["high"])
    across = f"left:{left:.1f}%;width:{max(right - left, 1):.1f}%"
    is_open = " open" if toxicity["low"] is None or worth["low"] is None else ""
    box = f"bottom:{step * ranks[0]:.1f}%;height:{step * (ranks[1] - ranks[0] + 1):.1f}%"
    line = ""
    if toxicity["best"] is not None:
        middle = step * (TOXICITY.rank(toxicity["best"]) + 0.5)
        line = f'<i style="{across};bottom:{middle:.1f}%"></i>'
    return f'<b class="box{is_open}" style="{across};{box}"></b>{line}'


def _across(value: float) -> float:
    """Position on the axis of worth, logarithmic. [per cent]"""
    value = min(max(value, _FROM), _TO)
    return 100 * math.log10(value / _FROM) / math.log10(_TO / _FROM)
