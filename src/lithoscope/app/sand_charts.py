"""Charts of the observatory: a trend with its range, the seasons, a vessel's time line.

A month without a value breaks the line: it is unknown, not zero.
"""

from typing import Any

import pandas as pd
import streamlit as st
from babel import dates

from lithoscope.app import charts, i18n, sand_words, widgets
from lithoscope.app.i18n import _
from lithoscope.pipelines.sand import VOLUMES

COLOUR = charts.PLAIN
STATE_COLOURS = {"dredging": "#c2262e", "transit": "#4c7f9e", "idle": "#b9b2a4", "discharging": "#d79a2b"}
STATES_SHOWN = ("dredging", "transit", "idle")


def _ink() -> str:
    return "#e7ecec" if st.context.theme.type == "dark" else "#1c2529"


def _draw(spec: dict[str, Any], rows: list[dict[str, Any]], *, key: str, alt: str) -> None:
    ink = _ink()
    axis = {
        "labelColor": ink,
        "titleColor": ink,
        "gridOpacity": 0.35,
        "labelFontSize": 12,
        "titleFontSize": 12,
    }
    whole = {
        **spec,
        "datasets": {"rows": rows},
        "data": {"name": "rows"},
        "config": {"axis": axis, "view": {"stroke": None}, "background": "transparent"},
        "padding": {"left": 0, "right": 8, "top": 6, "bottom": 4},
        "autosize": {"type": "fit-x", "contains": "padding"},
    }
    st.vega_lite_chart(None, whole, key=key, width="stretch", alt=alt)


def trend(table: pd.DataFrame, *, key: str) -> None:
    """Volume by month as a line in its range. table: Sand.trend."""
    low, best, high = VOLUMES
    rows = [
        {
            "month": month,
            "low": _number(row[low]),
            "best": _number(row[best]),
            "high": _number(row[high]),
            "text": f"{i18n.date(month)}: {sand_words.amount(row[low], row[high])}",
        }
        for month, row in table.iterrows()
    ]
    x = {
        "field": "month",
        "type": "ordinal",
        "title": None,
        "axis": {"labelAngle": -45, "labelOverlap": "parity", "labelExpr": _months(table.index)},
    }
    y = {"type": "quantitative", "title": _("Sand in place, m³ a month"), "axis": {"format": "~s"}}
    tip = [{"field": "text", "title": " "}]
    band = {"mark": {"type": "area", "opacity": 0.28, "color": COLOUR, "invalid": "break-paths-show-domains"}}
    line = {
        "mark": {"type": "line", "color": COLOUR, "strokeWidth": 2.4, "invalid": "break-paths-show-domains"}
    }
    rule = {"mark": {"type": "rule", "color": COLOUR, "opacity": 0.5}}
    dot = {"mark": {"type": "point", "filled": True, "size": 42, "color": COLOUR, "invalid": "filter"}}
    layer = [
        {**band, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {**rule, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {**line, "encoding": {"x": x, "y": {**y, "field": "best"}}},
        {**dot, "encoding": {"x": x, "y": {**y, "field": "best"}, "tooltip": tip}},
    ]
    known = [row["text"] for row in rows if row["best"] is not None]
    _draw({"layer": layer, "height": 240}, rows, key=key, alt="; ".join(known[:24]))


def _months(months: pd.Index) -> str:
    """A Vega expression that writes months in the reader's language."""
    words = {month: _short(month) for month in months}
    pairs = ",".join(f"'{month}':'{text}'" for month, text in words.items())
    return "({" + pairs + "})[datum.value]"


def _short(month: str) -> str:
    day = pd.Timestamp(f"{month}-01").date()
    return dates.format_skeleton("yMMM", day, locale=i18n.language()).replace("'", "’")


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def seasons(table: pd.DataFrame, *, key: str) -> None:
    """Mean hours by calendar month. table: Sand.seasons."""
    names = {
        month: dates.get_month_names("abbreviated", locale=i18n.language())[month] for month in range(1, 13)
    }
    rows = [
        {
            "month": names[month],
            "hours": _number(row["hours"]),
            "text": i18n.colon(names[month], sand_words.hours(row["hours"])),
        }
        for month, row in table.iterrows()
    ]
    encoding = {
        "x": {
            "field": "month",
            "type": "ordinal",
            "scale": {"domain": list(names.values())},
            "title": None,
            "axis": {"labelAngle": 0, "labelOverlap": "parity"},
        },
        "y": {"field": "hours", "type": "quantitative", "title": _("Hours a month, on average")},
        "tooltip": [{"field": "text", "title": " "}],
    }
    mark = {"type": "bar", "color": COLOUR, "width": {"band": 0.7}}
    alt = "; ".join(row["text"] for row in rows)
    _draw({"mark": mark, "encoding": encoding, "height": 200}, rows, key=key, alt=alt)


def timeline(tracks: pd.DataFrame, *, key: str) -> None:
    """What a vessel did, day by day. tracks: state, start_utc, end_utc."""
    rows = [
        {
            "from": row.start_utc.isoformat(),
            "to": row.end_utc.isoformat(),
            "state": _(sand_words.STATES[row.state]),
            "text": f"{_day(row.start_utc)}, {row.start_utc:%H:%M}–{row.end_utc:%H:%M}",
        }
        for row in tracks[tracks["state"].isin(STATES_SHOWN)].itertuples()
    ]
    words = [_(sand_words.STATES[state]) for state in STATES_SHOWN]
    colours = [STATE_COLOURS[state] for state in STATES_SHOWN]
    midnight = "utchours(datum.value) == 0"
    clock = {
        "labelExpr": f"{midnight} ? utcFormat(datum.value, '%d/%m') : utcFormat(datum.value, '%H:%M')",
        "labelOverlap": "parity",
    }
    encoding = {
        "x": {
            "field": "from",
            "type": "temporal",
            "scale": {"type": "utc"},
            "title": _("Time (UTC)"),
            "axis": clock,
        },
        "x2": {"field": "to"},
        "y": {"field": "state", "type": "nominal", "title": None, "sort": words},
        "color": {
            "field": "state",
            "type": "nominal",
            "scale": {"domain": words, "range": colours},
            "legend": None,
        },
        "tooltip": [{"field": "state", "title": " "}, {"field": "text", "title": "  "}],
    }
    spec = {"mark": {"type": "bar", "height": 18}, "encoding": encoding, "height": 110}
    hours = (tracks["end_utc"] - tracks["start_utc"]).dt.total_seconds().groupby(tracks["state"]).sum() / 3600
    alt = "; ".join(
        i18n.colon(_(sand_words.STATES[state]), sand_words.hours(hours.get(state, 0)))
        for state in STATES_SHOWN
    )
    _draw(spec, rows, key=key, alt=alt)


def _day(moment: pd.Timestamp) -> str:
    return i18n.date(moment.strftime("%Y-%m-%d"))


def shares(hours: dict[str, float], heading: str, words: dict[str, str], *, key: str) -> None:
    """Bars of hours, at most ten of them."""
    shown = {name: round(value, 1) for name, value in list(hours.items())[:10]}
    charts.bars(
        shown, heading, key=key, words={name: words.get(name) or widgets.label(name) for name in shown}
    )
