"""Charts: horizontal bars with their numbers written on them, in the colours of the scales.

One look for all, set here; text and ground colours follow the page's light or dark theme.
"""

import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from lithoscope.app import i18n, widgets
from lithoscope.app.i18n import _
from lithoscope.domain.fields import Layer
from lithoscope.domain.scales import CONSEQUENCE, STATUS_COLOURS, UNRATED, UNRATED_COLOUR, Level
from lithoscope.pipelines import summary

PLAIN = "#3d7f8a"
"""Colour of bars that mean no class."""
_BAR = 22
_OTHERS = (UNRATED, "unknown")


def bars(
    counts: Mapping[str, float],
    heading: str,
    *,
    key: str,
    colours: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
    share: bool = False,
) -> None:
    """Bars of counts, in the order given, under their heading; nothing where there is nothing to count.

    colours: key -> colour, else PLAIN. words: key -> label, else its translation. share: values are
    shares of one, written as per cent on a fixed scale.
    """
    if not counts:
        return
    write = i18n.percent if share else i18n.number
    rows = [
        {
            "label": (words or {}).get(name) or widgets.label(name),
            "value": float(value),
            "text": write(value),
            "colour": (colours or {}).get(name, UNRATED_COLOUR if name in _OTHERS else PLAIN),
        }
        for name, value in counts.items()
    ]
    st.html(f'<p class="ls-head">{html.escape(heading)}</p>')
    sentence = ", ".join(f"{row['label']} {row['text']}" for row in rows[:12])
    st.vega_lite_chart(None, _spec(rows, share), key=key, width="stretch", alt=i18n.colon(heading, sentence))


def class_bars(counts: Mapping[str, int], heading: str, levels: Sequence[Level], *, key: str) -> None:
    """Bars of a scale's classes, the gravest first, unrated last."""
    order = [level.code for level in reversed(levels) if level.code in counts]
    rest = [code for code in counts if code not in order]
    colours = {level.code: level.colour for level in levels}
    words = {level.code: _(level.label) for level in levels}
    bars({code: counts[code] for code in (*order, *rest)}, heading, key=key, colours=colours, words=words)


def status_bars(counts: Mapping[str, int], *, key: str) -> None:
    """Bars of the stages of a site's life."""
    bars(counts, _("By status"), key=key, colours={level.code: level.colour for level in STATUS_COLOURS})


def of_sites(sites: pd.DataFrame, layer: Layer, *, key: str) -> None:
    """What sites are made of: class and status, commodity and evidence, how much is known."""
    left, middle, right = st.columns(3, gap="large")
    with left:
        if layer == "facilities":
            counts = summary.by_class(sites, "consequence_class", CONSEQUENCE)
            class_bars(counts, _("By declared consequence class"), CONSEQUENCE.levels, key=f"{key}:class")
        status_bars(summary.by_value(sites, "status"), key=f"{key}:status")
    with middle:
        bars(summary.by_item(sites, "commodities", 8), _("By commodity"), key=f"{key}:commodity")
        evidence = summary.by_evidence(sites)
        bars(evidence, _("By evidence"), key=f"{key}:evidence", colours=widgets.EVIDENCE_COLOURS)
    with right:
        words = {name: widgets.field_label(name) for name in summary.ASKED[layer]}
        words["lon"] = _("Coordinates")
        known = summary.known(sites, layer)
        bars(known, _("How often it is known"), key=f"{key}:known", words=words, share=True)


def _spec(rows: list[dict[str, Any]], share: bool) -> dict[str, Any]:
    """The chart as Vega-Lite, made by Altair once for each shape and filled with the rows."""
    most = 1.0 if share else max(row["value"] for row in rows)
    spec = {
        **json.loads(_template()),
        "datasets": {"rows": rows},
        "height": _BAR * len(rows),
        "padding": {"left": 0, "right": 0, "top": 0, "bottom": 0},
        "autosize": {"type": "fit-x", "contains": "padding"},
    }
    ink = "#e7ecec" if st.context.theme.type == "dark" else "#1c2529"
    spec["layer"][0]["encoding"]["y"]["axis"]["labelColor"] = ink
    spec["layer"][1]["mark"]["color"] = ink
    spec["layer"][0]["encoding"]["x"]["scale"] = {"domain": [0, most * 1.16 or 1], "nice": False}
    return spec


@cache
def _template() -> str:
    """The shape of all bar charts, as JSON without data."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y(
            "label:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=190, labelFontSize=12, ticks=False, domain=False, labelPadding=6),
        ),
        x=alt.X("value:Q", title=None, axis=None),
    )
    bar = base.mark_bar(height=_BAR - 8, cornerRadiusEnd=1).encode(
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("text:N", title="  ")],
    )
    text = base.mark_text(align="left", dx=5, fontSize=12).encode(text="text:N")
    return alt.layer(bar, text).configure_view(stroke=None).to_json(indent=None)
