"""Dredging beside the sites of a country: a part of the page Countries, a card of the overview, and the way
from an episode's id to the page of its vessel.
"""

import streamlit as st

from lithoscope.app import cached, i18n, sand_words, tables, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.pipelines import sand as observatory
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.sand import MASSES, VOLUMES, Sand

NOTHING = N_(
    "No dredging was seen in these waters. That is unknown, not zero: ships may not have been heard."
)
MEANING = N_(
    "Where dredgers worked in the sea nearest to the coast, or in the zones that were loaded. The flag of "
    "the ships is another matter, and so is whose sand it is."
)
PREFIX = "dredging:"


def part(selected: Selection) -> None:
    """Dredging in the waters of one State, or of all States of a group or the world."""
    sand = observatory.of(cached.release())
    if sand.is_empty:
        return
    sand_words.heading(sand, _("Marine sand dredging"))
    if selected.country:
        _one(sand, selected.country[0])
    else:
        _several(sand, selected)


def _one(sand: Sand, iso3: str) -> None:
    years = sand.years(iso3)
    if years.empty:
        widgets.note(_(NOTHING))
        widgets.page_link("sand", _("The sand observatory"))
        return
    sand_words.paragraph(f"{_(MEANING)} {_(sand_words.RANGE)}")
    tables.plain(
        [_("Year"), _("Months with dredging"), _("Hours"), _("Sand in place"), _("Dry mass"), _("Evidence")],
        [
            [
                str(year),
                i18n.number(row["months"]),
                i18n.number(row["hours"], 0),
                sand_words.amount(row[VOLUMES[0]], row[VOLUMES[2]]),
                sand_words.amount(row[MASSES[0]], row[MASSES[2]], "t"),
                sand_words.status(sand),
            ]
            for year, row in years.iterrows()
        ],
        caption=i18n.colon(_("Dredging by year"), sand_words.status(sand)),
        key=f"sand:country:{iso3}",
        ends=(1, 2, 3, 4),
    )
    for zone, row in sand.zones().query("country_iso3 == @iso3").iterrows():
        if sand_words.is_computed(row):
            widgets.note(_(sand_words.COMPUTED))
        widgets.page_link("sand", _("More of this zone, month by month"), zone=str(zone))


def _several(sand: Sand, selected: Selection) -> None:
    members = [each for name in selected.group for each in cached.members().get(name, ())]
    ranked = sand.ranked(sand.whole)
    ranked = ranked[ranked["country_iso3"].isin(members)] if members else ranked
    if ranked.empty:
        widgets.note(_(NOTHING))
    else:
        text = ngettext(
            "Dredging was seen in {n} zone, for {hours} in all.",
            "Dredging was seen in {n} zones, for {hours} in all.",
            len(ranked),
        )
        sand_words.paragraph(text.format(n=len(ranked), hours=sand_words.hours(ranked["hours"].sum())))
    widgets.page_link("sand", _("The sand observatory"))


def figures() -> list[tuple[str, str, str]]:
    """A card for the overview; none where the release holds no dredging."""
    sand = observatory.of(cached.release())
    if sand.is_empty:
        return []
    zones = len(sand.zones())
    label = ngettext("sea zone with dredging", "sea zones with dredging", zones)
    return [(i18n.number(zones), label, sand_words.status(sand))]


def open_episode(site_id: str) -> None:
    """Go to the vessel of an episode; return if the release holds no such episode."""
    sand = observatory.of(cached.release())
    if not site_id.startswith(PREFIX) or sand.is_empty:
        return
    found = sand.episodes[sand.episodes["site_id"].eq(site_id)]
    pages = st.session_state.get("pages", {})
    if len(found) and "sand" in pages:
        row = found.iloc[0]
        params = {"vessel": row["vessel_id"], "month": row["month"], "lang": i18n.language()}
        st.switch_page(pages["sand"], query_params=params)
