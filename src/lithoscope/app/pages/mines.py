"""Abandoned mines: mines that are abandoned, closed, or of which nobody says what they are."""

import geopandas as gpd
import streamlit as st

from lithoscope.app import charts, columns, register, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.app.register import ColourBy
from lithoscope.domain.scales import STATUS_COLOURS
from lithoscope.pipelines import summary

DEFAULTS = {"status": "closed,abandoned,unknown"}
LEAD = N_(
    "Mine sites that are abandoned or closed, and those of unknown status, since nobody says that they are "
    "looked after. Choose other statuses to see every mine of the register."
)


def page() -> None:
    """The page."""
    register.show(
        register.Register(
            layer="mines",
            title=N_("Abandoned mines"),
            lead=LEAD,
            colour_by=(
                ColourBy("status", N_("Status"), STATUS_COLOURS, _by_status),
                *register.by_class("mines"),
            ),
            figures=columns.mine_figures,
            columns=columns.mines,
            charts=_charts,
            reads=columns.MINES,
            sort="-year_end",
            defaults=DEFAULTS,
        )
    )


def _by_status(shown: gpd.GeoDataFrame) -> dict[str, int]:
    return summary.by_value(shown, "status")


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
