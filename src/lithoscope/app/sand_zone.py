"""A zone of the observatory: its trend with the range, vessels, flags, purposes, protected share."""

import pandas as pd
import streamlit as st

from lithoscope.app import (
    address,
    i18n,
    maps,
    sand_charts,
    sand_maps,
    sand_parts,
    sand_words,
    sand_world,
    tables,
    widgets,
)
from lithoscope.app.i18n import _
from lithoscope.pipelines.sand import Sand


def show(sand: Sand, zone: str) -> None:
    """Draw it."""
    row = sand.zones().loc[zone]
    period = sand_maps.period(sand)
    back(_("All zones"), zone=None, page=None)
    widgets.heading(sand_words.zone(row))
    if sand_words.is_computed(row):
        widgets.note(_(sand_words.COMPUTED))
    sand_parts.figures(sand, period, zone)
    seen = sand.episodes[sand.episodes["zone"].eq(zone)]
    sand_maps.timed(sand, f"map:sand:{zone}", view=maps.view_of(seen, closest=8.5), height=420)
    sand_words.paragraph(_(sand_words.MAP))
    sand_words.heading(sand, _("Month by month"))
    sand_charts.trend(sand.trend(zone), key=f"sand:trend:{zone}")
    sand_words.paragraph(f"{_(sand_words.TREND)} {_(sand_words.RANGE)}")
    _shares(sand, zone)
    _vessels(sand, zone)
    sand_words.heading(sand, _("Seasons"))
    sand_world.seasons(sand, zone)
    if pd.notna(row["country_iso3"]):
        sand_parts.published(sand, [row["country_iso3"]], key=f"sand:published:{zone}")
    sand_parts.blind()
    months, fleet = sand.zone_months, sand.fleet(sand.whole, zone)
    sand_parts.downloads(
        sand,
        {
            _("This zone by month"): lambda: months[months["zone"].eq(zone)],
            _("Episodes of dredging"): lambda: seen,
            _("Vessels"): lambda: fleet.reset_index(),
        },
        key=zone.replace(" ", "_"),
    )


def back(label: str, **values: str | None) -> None:
    """A button that returns to the view before."""
    st.button(
        label,
        icon=":material/arrow_back:",
        key="sand:back",
        type="tertiary",
        on_click=lambda: address.put(**values),
    )


def _shares(sand: Sand, zone: str) -> None:
    period = sand_maps.period(sand)
    sand_words.heading(sand, _("Who dredges, and what for"))
    flags, purposes = st.columns(2, gap="large")
    hours = sand.shares("flag_iso3", period, zone)
    names = {iso3: widgets.country(None if iso3 == "unknown" else iso3) for iso3 in hours}
    with flags:
        sand_charts.shares(hours, _("Hours by flag State"), names, key=f"sand:flags:{zone}")
    words = {name: _(text) for name, text in sand_words.PURPOSES.items()}
    with purposes:
        wanted = sand.shares("purpose", period, zone)
        sand_charts.shares(wanted, _("Hours by likely purpose"), words, key=f"sand:purposes:{zone}")
    sand_words.paragraph(
        _(
            "The flag is the State where a ship is registered, read from its radio identity; it need not "
            "be its owner's."
        )
        + " "
        + _(sand_words.PURPOSE)
    )
    share = sand.protected(period, zone)
    text = _("unknown: no protected areas were supplied") if pd.isna(share) else i18n.percent(share)
    widgets.note(i18n.colon(_("Share in protected areas"), text))


def _vessels(sand: Sand, zone: str) -> None:
    sand_words.heading(sand, _("Vessels"))
    fleet = sand.fleet(sand_maps.period(sand), zone)
    if fleet.empty:
        widgets.note(_("No dredging was seen in this month. That is unknown, not zero."))
        return
    tables.choices(
        [_("Vessel"), _("Flag State"), _("Hours"), _("Episodes"), _("Length"), _("A dredger?")],
        {
            str(vessel): [
                widgets.said(row["name"], str(vessel)),
                widgets.country(row["flag_iso3"]),
                i18n.number(row["hours"], 0),
                i18n.number(row["episodes"]),
                sand_words.metres(row["length_m"]),
                i18n.percent(row["p_dredger"]),
            ]
            for vessel, row in fleet.head(50).iterrows()
        },
        page="sand",
        name="vessel",
        caption=i18n.colon(_("Vessels that dredged here"), sand_words.status(sand)),
        key=f"sand:vessels:{zone}",
        ends=(2, 3, 4, 5),
    )
    widgets.note(
        _(
            "The last column says how probable it is that the vessel is a dredger, after its name, type "
            "and behaviour."
        )
    )
