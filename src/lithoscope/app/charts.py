"""Charts: horizontal bars with their numbers written on them, in the colours of the scales.

One look for all, set here; text and ground colours follow the page's light or dark theme.
"""

import html
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

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
_LINE = 13
_LETTERS = 36
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
    labels = {name: (words or {}).get(name) or widgets.label(name) for name in counts}
    rows = [
        {
            "label": labels[name],
            "lines": "\n".join(textwrap.wrap(labels[name], _LETTERS)),
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
    """The chart in Vega-Lite: bars, and the numbers at their ends."""
    most = 1.0 if share else max(row["value"] for row in rows)
    ink = "#e7ecec" if st.context.theme.type == "dark" else "#1c2529"
    room = 1.45  # for the numbers at the ends of the bars
    along = {"domain": [0, most * room or 1], "nice": False}
    labels = {"labelFontSize": 12, "labelLineHeight": _LINE, "labelPadding": 6, "labelColor": ink}
    lines = r"split(datum.value, '\n')"
    axis = {**labels, "labelExpr": lines, "labelLimit": 230, "ticks": False, "domain": False}
    most_lines = max(row["lines"].count("\n") for row in rows) + 1
    return {
        "datasets": {"rows": rows},
        "data": {"name": "rows"},
        "height": (_BAR + _LINE * (most_lines - 1)) * len(rows),
        "padding": {"left": 0, "right": 0, "top": 0, "bottom": 0},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"view": {"stroke": None}},
        "encoding": {
            "y": {"field": "lines", "type": "nominal", "sort": None, "title": None, "axis": axis},
            "x": {"field": "value", "type": "quantitative", "title": None, "axis": None, "scale": along},
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": _BAR - 8, "cornerRadiusEnd": 1},
                "encoding": {
                    "color": {"field": "colour", "type": "nominal", "scale": None},
                    "tooltip": [
                        {"field": "label", "type": "nominal", "title": " "},
                        {"field": "text", "type": "nominal", "title": "  "},
                    ],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "color": ink},
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }
