"""Tables and figures of the registers: what each column shows, and the figures above it."""

from typing import Any

import geopandas as gpd

from lithoscope.app import i18n, widgets
from lithoscope.app.i18n import _, ngettext
from lithoscope.app.tables import Column
from lithoscope.domain.scales import CONSEQUENCE, STATUS_COLOURS
from lithoscope.pipelines import summary

FACILITIES = (
    *("name", "mine_name", "owner", "country_iso3", "consequence_class", "consequence_class_high"),
    *("consequence_class_raw", "status", "dam_height_m", "stored_volume_m3", "raising_method"),
    *("raising_method_raw", "commodities", "evidence"),
)
"""Fields that `facilities` reads."""
MINES = (
    *("name", "owner", "country_iso3", "status", "commodities", "year_end", "features"),
    *("rehabilitation_state", "evidence"),
)
"""Fields that `mines` reads."""
_STATUS = {level.code: level.colour for level in STATUS_COLOURS}


def facilities() -> list[Column]:
    """Columns of tailings facilities."""
    return [
        Column(_("Name"), named, "name"),
        Column(_("Country"), lambda row: widgets.country(row.country_iso3), "country_iso3"),
        Column(_("Consequence class"), declared_class, "consequence_class"),
        Column(_("Status"), lambda row: widgets.label(row.status), "status"),
        Column(_("Height, m"), lambda row: i18n.number(row.dam_height_m, 1), "dam_height_m", "end"),
        Column(_("Volume, m³"), lambda row: i18n.number(row.stored_volume_m3, 0), "stored_volume_m3", "end"),
        Column(_("Raising method"), raised, "raising_method"),
        Column(_("Commodities"), lambda row: widgets.items(row.commodities), "commodities"),
        Column(_("Evidence"), lambda row: widgets.label(row.evidence), "evidence"),
    ]


def mines() -> list[Column]:
    """Columns of mines."""
    return [
        Column(_("Name"), named, "name"),
        Column(_("Country"), lambda row: widgets.country(row.country_iso3), "country_iso3"),
        Column(_("Status"), status, "status"),
        Column(_("Commodities"), lambda row: widgets.items(row.commodities), "commodities"),
        Column(_("Last year"), lambda row: i18n.year(row.year_end), "year_end", "end"),
        Column(_("What is left on the ground"), lambda row: widgets.items(row.features), "features"),
        Column(
            _("Rehabilitation"), lambda row: widgets.said(row.rehabilitation_state), "rehabilitation_state"
        ),
        Column(_("Evidence"), lambda row: widgets.label(row.evidence), "evidence"),
    ]


def named(row: Any) -> dict[str, Any]:
    """A site's name, its mine and owner below it."""
    below = [getattr(row, name, None) for name in ("mine_name", "owner")]
    parts = [each for each in below if isinstance(each, str) and each]
    return {"t": row.name if isinstance(row.name, str) else row.site_id, "sub": " · ".join(parts)}


def declared_class(row: Any) -> dict[str, Any]:
    """The declared class on the common scale, the label as declared below it where it says otherwise."""
    code = row.consequence_class if isinstance(row.consequence_class, str) else None
    text = widgets.class_words(CONSEQUENCE, code, None, row.consequence_class_high)
    raw = widgets.said(row.consequence_class_raw, "")
    return {"t": text, "c": CONSEQUENCE.colour(code), "sub": "" if raw == CONSEQUENCE.label(code) else raw}


def raised(row: Any) -> dict[str, Any]:
    """How the dam was raised; where the label has no standard form, as the source wrote it."""
    is_known = isinstance(row.raising_method, str)
    written = "" if is_known else widgets.said(row.raising_method_raw, "")
    return {"t": widgets.label(row.raising_method), "dim": not is_known, "sub": written}


def status(row: Any) -> dict[str, Any]:
    """A site's status with its colour."""
    return {"t": widgets.label(row.status), "c": _STATUS.get(row.status, _STATUS["unknown"])}


def _places(shown: gpd.GeoDataFrame) -> tuple[str, str]:
    n = shown["country_iso3"].nunique()
    return i18n.number(n), ngettext("country or territory", "countries and territories", n)


def facility_figures(shown: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """Figures above the table of facilities."""
    volume = shown["stored_volume_m3"]
    grave = int((shown["consequence_class"] >= "high").sum())
    share = i18n.percent(volume.notna().mean() if len(shown) else 0.0)
    return [
        (i18n.number(len(shown)), ngettext("facility", "facilities", len(shown))),
        _places(shown),
        (i18n.number(grave), _("declared High or graver")),
        (
            i18n.number(shown["consequence_class"].isna().sum()),
            _("unrated"),
            _("no class declared or readable"),
        ),
        (
            i18n.short_number(volume.sum() if volume.notna().any() else None),
            _("m³ stored, where known"),
            _("known for {share}").format(share=share),
        ),
        (i18n.number(shown["failure_count"].notna().sum()), _("with a documented failure")),
    ]


def mine_figures(shown: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """Figures above the table of mines."""
    counts = summary.by_value(shown, "status")
    silent = shown["rehabilitation_state"].isna().sum()
    return [
        (i18n.number(len(shown)), ngettext("mine site", "mine sites", len(shown))),
        _places(shown),
        (i18n.number(counts.get("abandoned", 0)), _("abandoned")),
        (i18n.number(counts.get("closed", 0)), _("closed")),
        (i18n.number(counts.get("unknown", 0)), _("of unknown status")),
        (i18n.number(silent), _("without a word on rehabilitation")),
    ]
