"""Tailings facilities: every listed structure that holds tailings, sediment or mine waste."""

from typing import Any

import geopandas as gpd
import streamlit as st

from lithoscope.app import charts, i18n, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.app.pages.register import ColourBy, Register, show
from lithoscope.app.tables import Column
from lithoscope.domain.scales import CONSEQUENCE, STATUS_COLOURS
from lithoscope.pipelines import summary

READS = (
    *("name", "mine_name", "owner", "country_iso3", "consequence_class", "consequence_class_high"),
    *("consequence_class_raw", "status", "dam_height_m", "stored_volume_m3", "raising_method"),
    *("commodities", "evidence"),
)
"""Fields that the table reads."""


def page() -> None:
    """The page."""
    show(
        Register(
            layer="facilities",
            title=N_("Tailings facilities"),
            lead=N_(
                "Dams and deposits that hold tailings, sediment or mine waste, as authorities and owners "
                "list them. The consequence class says what a failure would do, not how likely it is."
            ),
            colour_by=(
                ColourBy(
                    "consequence_class",
                    N_("Consequence class, as declared"),
                    CONSEQUENCE.levels,
                    _by_class,
                    N_("A national label is read as at least the class shown; the label stands beside it."),
                ),
                ColourBy("status", N_("Status"), STATUS_COLOURS, _by_status),
            ),
            figures=_figures,
            columns=_columns,
            charts=_charts,
            reads=READS,
            sort="-consequence_class",
        )
    )


def _by_class(shown: gpd.GeoDataFrame) -> dict[str, int]:
    return summary.by_class(shown, "consequence_class", CONSEQUENCE)


def _by_status(shown: gpd.GeoDataFrame) -> dict[str, int]:
    return summary.by_value(shown, "status")


def _figures(shown: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    volume = shown["stored_volume_m3"]
    grave = int((shown["consequence_class"] >= "high").sum())
    return [
        (i18n.number(len(shown)), _("facilities")),
        (i18n.number(shown["country_iso3"].nunique()), _("countries and territories")),
        (i18n.number(grave), _("declared High or graver")),
        (
            i18n.number(shown["consequence_class"].isna().sum()),
            _("unrated"),
            _("no class declared or readable"),
        ),
        (
            i18n.short_number(volume.sum() if volume.notna().any() else None),
            _("m³ stored, where known"),
            _("known for {share}").format(share=i18n.percent(volume.notna().mean() if len(shown) else 0.0)),
        ),
        (i18n.number(shown["failure_count"].notna().sum()), _("with a documented failure")),
    ]


def _columns() -> list[Column]:
    return [
        Column(_("Name"), _name, "name"),
        Column(_("Country"), lambda row: widgets.country(row.country_iso3), "country_iso3"),
        Column(_("Consequence class"), _class, "consequence_class"),
        Column(_("Status"), lambda row: widgets.label(row.status), "status"),
        Column(_("Height, m"), lambda row: i18n.number(row.dam_height_m, 1), "dam_height_m", "end"),
        Column(_("Volume, m³"), lambda row: i18n.number(row.stored_volume_m3, 0), "stored_volume_m3", "end"),
        Column(_("Raising method"), lambda row: widgets.label(row.raising_method), "raising_method"),
        Column(_("Commodities"), lambda row: widgets.items(row.commodities), "commodities"),
        Column(_("Evidence"), lambda row: widgets.label(row.evidence), "evidence"),
    ]


def _name(row: Any) -> dict[str, Any]:
    under = [str(each) for each in (row.mine_name, row.owner) if isinstance(each, str) and each]
    return {"t": row.name if isinstance(row.name, str) else row.site_id, "sub": " · ".join(under)}


def _class(row: Any) -> dict[str, Any]:
    code = row.consequence_class if isinstance(row.consequence_class, str) else None
    text = widgets.class_words(CONSEQUENCE, code, None, row.consequence_class_high)
    raw = widgets.said(row.consequence_class_raw, "")
    return {"t": text, "c": CONSEQUENCE.colour(code), "sub": "" if raw == CONSEQUENCE.label(code) else raw}


def _charts(shown: gpd.GeoDataFrame) -> None:
    left, middle, right = st.columns(3, gap="large")
    with left:
        charts.class_bars(
            _by_class(shown), _("By declared consequence class"), CONSEQUENCE.levels, key="f:class"
        )
    with middle:
        colours = {level.code: level.colour for level in STATUS_COLOURS}
        charts.bars(_by_status(shown), _("By status"), key="f:status", colours=colours)
    with right:
        charts.bars(summary.by_item(shown, "commodities", 8), _("By commodity"), key="f:commodity")
