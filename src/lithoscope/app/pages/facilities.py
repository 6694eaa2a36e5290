"""Tailings facilities: every listed structure that holds tailings, sediment or mine waste."""

import geopandas as gpd
import streamlit as st

from lithoscope.app import charts, columns, register
from lithoscope.app.i18n import N_, _
from lithoscope.app.register import ColourBy
from lithoscope.domain.scales import CONSEQUENCE, STATUS_COLOURS
from lithoscope.pipelines import summary

LEAD = N_(
    "Dams and deposits that hold tailings, sediment or mine waste, as authorities and owners list them. "
    "The consequence class says what a failure would do, not how likely it is."
)
CLASS_NOTE = N_("A national label is read as at least the class shown; the label stands beside it.")


def page() -> None:
    """The page."""
    label = N_("Consequence class, as declared")
    register.show(
        register.Register(
            layer="facilities",
            title=N_("Tailings facilities"),
            lead=LEAD,
            colour_by=(
                ColourBy("consequence_class", label, CONSEQUENCE.levels, _by_class, CLASS_NOTE),
                *register.by_class("facilities"),
                ColourBy("status", N_("Status"), STATUS_COLOURS, _by_status),
            ),
            figures=columns.facility_figures,
            columns=columns.facilities,
            charts=_charts,
            reads=columns.FACILITIES,
            sort="-consequence_class",
        )
    )


def _by_class(shown: gpd.GeoDataFrame) -> dict[str, int]:
    return summary.by_class(shown, "consequence_class", CONSEQUENCE)


def _by_status(shown: gpd.GeoDataFrame) -> dict[str, int]:
    return summary.by_value(shown, "status")


def _charts(shown: gpd.GeoDataFrame) -> None:
    left, middle, right = st.columns(3, gap="large")
    with left:
        counts = _by_class(shown)
        charts.class_bars(counts, _("By declared consequence class"), CONSEQUENCE.levels, key="f:class")
    with middle:
        charts.status_bars(_by_status(shown), key="f:status")
    with right:
        charts.bars(summary.by_item(shown, "commodities", 8), _("By commodity"), key="f:commodity")
