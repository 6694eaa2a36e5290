"""Abandoned mines: mines that are abandoned, closed, or of which nobody says what they are."""

from typing import Any

import geopandas as gpd
import streamlit as st

from lithoscope.app import charts, i18n, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.app.pages.register import ColourBy, Register, show
from lithoscope.app.tables import Column
from lithoscope.domain.scales import STATUS_COLOURS
from lithoscope.pipelines import summary

DEFAULTS = {"status": "closed,abandoned,unknown"}


READS = (
    *("name", "owner", "country_iso3", "status", "commodities", "year_end", "features"),
    *("rehabilitation_state", "evidence"),
)
"""Fields that the table reads."""


def page() -> None:
    """The page."""
    show(
        Register(
            layer="mines",
            title=N_("Abandoned mines"),
            lead=N_(
                "Mine sites that are abandoned or closed, and those of unknown status, since nobody says "
                "that they are looked after. Choose other statuses to see every mine of the register."
            ),
            colour_by=(ColourBy("status", N_("Status"), STATUS_COLOURS, _by_status),),
            figures=_figures,
            columns=_columns,
            charts=_charts,
            reads=READS,
            sort="-year_end",
            defaults=DEFAULTS,
        )
    )


def _by_status(shown: gpd.GeoDataFrame) -> dict[str, int]:
    return summary.by_value(shown, "status")


def _figures(shown: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    counts = _by_status(shown)
    unknown_end = shown["rehabilitation_state"].isna().sum()
    return [
        (i18n.number(len(shown)), _("mine sites")),
        (i18n.number(shown["country_iso3"].nunique()), _("countries and territories")),
        (i18n.number(counts.get("abandoned", 0)), _("abandoned")),
        (i18n.number(counts.get("closed", 0)), _("closed")),
        (i18n.number(counts.get("unknown", 0)), _("of unknown status")),
        (i18n.number(unknown_end), _("without a word on rehabilitation")),
    ]


def _columns() -> list[Column]:
    return [
        Column(_("Name"), _name, "name"),
        Column(_("Country"), lambda row: widgets.country(row.country_iso3), "country_iso3"),
        Column(_("Status"), _status, "status"),
        Column(_("Commodities"), lambda row: widgets.items(row.commodities), "commodities"),
        Column(_("Last year"), lambda row: i18n.year(row.year_end), "year_end", "end"),
        Column(_("What is left on the ground"), lambda row: widgets.items(row.features), "features"),
        Column(
            _("Rehabilitation"), lambda row: widgets.said(row.rehabilitation_state), "rehabilitation_state"
        ),
        Column(_("Evidence"), lambda row: widgets.label(row.evidence), "evidence"),
    ]


def _name(row: Any) -> dict[str, Any]:
    owner = row.owner if isinstance(row.owner, str) else ""
    return {"t": row.name if isinstance(row.name, str) else row.site_id, "sub": owner}


def _status(row: Any) -> dict[str, Any]:
    colours = {level.code: level.colour for level in STATUS_COLOURS}
    return {"t": widgets.label(row.status), "c": colours.get(row.status, colours["unknown"])}


def _charts(shown: gpd.GeoDataFrame) -> None:
    left, middle, right = st.columns(3, gap="large")
    with left:
        charts.bars(summary.by_item(shown, "commodities", 8), _("By commodity"), key="m:commodity")
    with middle:
        charts.bars(summary.by_item(shown, "features", 8), _("What is left on the ground"), key="m:features")
    with right:
        words = {iso3: widgets.country(iso3) for iso3 in shown["country_iso3"].dropna().unique()}
        counts = dict(list(summary.by_value(shown, "country_iso3").items())[:8])
        charts.bars(counts, _("By country, the first eight"), key="m:country", words=words)
