"""A vessel of the observatory: its track, load cycles and time line, and why it is thought to be a "
"dredger."""

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
    tables,
    widgets,
)
from lithoscope.app.i18n import _, ngettext
from lithoscope.app.sand_zone import back
from lithoscope.domain import reference
from lithoscope.pipelines.sand import VOLUMES, Sand

MOST_CYCLES = 60


def show(sand: Sand, vessel_id: str) -> None:
    """Draw it."""
    zones = sand.zones()
    zone = address.get("zone", "", [str(each) for each in zones.index])
    name = sand_words.zone(zones.loc[zone]) if zone else _("All zones")
    back(name, vessel=None, page=None)
    vessel = sand.vessel(vessel_id)
    if vessel is None:
        widgets.note(_("This release holds no such dredger."))
        return
    widgets.heading(widgets.said(vessel["name"], vessel_id))
    _figures(sand, vessel)
    seen = sand.episodes[sand.episodes["vessel_id"].eq(vessel_id)]
    view = maps.view_of(seen, closest=9.0)
    sand_maps.timed(sand, f"map:sand:{vessel_id}", view=view, vessel=vessel_id, height=440)
    sand_words.paragraph(
        _(
            "Red is where the ship dredged, blue where it sailed. A ship fills its hold, carries the sand, "
            "and returns."
        )
    )
    _timeline(sand, vessel_id)
    _cycles(sand, vessel_id)
    _gaps(sand, vessel_id)
    loads = sand.loads
    sand_parts.downloads(
        sand,
        {
            _("Load cycles"): lambda: loads[loads["vessel_id"].eq(vessel_id)],
            _("Episodes of dredging"): lambda: seen,
        },
        key=vessel_id,
    )


def _figures(sand: Sand, vessel: pd.Series) -> None:
    cycles = int(vessel["cycles"])
    hopper = sand_words.amount(vessel["hopper_low_m3"], vessel["hopper_high_m3"])
    widgets.figures(
        (i18n.number(vessel["dredging_hours"], 0), _("hours of dredging seen"), sand_words.status(sand)),
        (i18n.number(cycles), ngettext("load cycle seen whole", "load cycles seen whole", cycles)),
        (sand_words.amount(vessel[VOLUMES[0]], vessel[VOLUMES[2]]), _("of sand as it lay on the sea bed")),
        (hopper, _("holds"), _("after its length") if vessel["hopper_origin"] == "length" else ""),
        (i18n.percent(vessel["p_dredger"]), _("probability that it is a dredger")),
    )
    facts = [
        i18n.colon(_("Flag State"), widgets.country(vessel["flag_iso3"])),
        f"MMSI {vessel['mmsi']}",
        f"IMO {widgets.said(vessel['imo_number'])}",
        i18n.colon(_("Length"), sand_words.metres(vessel["length_m"])),
    ]
    widgets.note(" · ".join(facts))
    with st.expander(_("Why it is thought to be a dredger")):
        sand_words.points(_reasons(str(vessel["reasons"])))
        widgets.note(
            _("The number is the weight of each reason, as log-odds: above zero for, below against.")
        )


def _reasons(text: str) -> tuple[str, ...]:
    """Reasons in words; what the engine wrote is "code weight; ..."."""
    meaning = reference.load("dredging_evidence").rows.set_index("evidence")["meaning"]
    parts = [part.rsplit(" ", 1) for part in text.split("; ") if " " in part]
    return tuple(f"{_(str(meaning.get(code, code)))} ({weight})" for code, weight in parts)


def _timeline(sand: Sand, vessel_id: str) -> None:
    sand_words.heading(sand, _("Time line"))
    tracks = sand.tracks[sand.tracks["vessel_id"].eq(vessel_id)]
    period = sand_maps.period(sand)
    shown = tracks[period.holds(tracks["month"])]
    if period == sand.whole and len(shown):
        last = shown["month"].max()
        shown = shown[shown["month"].eq(last)]
        widgets.note(
            _("The last month that was seen, {month}. Choose another month above.").format(
                month=i18n.date(last)
            )
        )
    if shown.empty:
        widgets.note(_("No signal was received in this month. That is unknown, not idle."))
        return
    sand_charts.timeline(pd.DataFrame(shown.drop(columns="geometry")), key=f"sand:timeline:{vessel_id}")
    sand_words.paragraph(_("Where no bar stands, no signal was received: what the ship did is unknown."))


def _cycles(sand: Sand, vessel_id: str) -> None:
    sand_words.heading(sand, _("Load cycles"))
    period = sand_maps.period(sand)
    rows = sand.loads[sand.loads["vessel_id"].eq(vessel_id)]
    rows = rows[period.holds(rows["month"])].sort_values("start_utc", ascending=False)
    sand_words.paragraph(
        _("Each time the ship filled its hold, sailed off and let the sand go. The newest come first.")
    )
    tables.plain(
        [
            _("Loading began (UTC)"),
            _("Loading took"),
            _("Carried"),
            _("Discharge"),
            _("How sure"),
            _("Likely purpose"),
        ],
        [
            [
                f"{i18n.date(row.start_utc.strftime('%Y-%m-%d'))}, {row.start_utc:%H:%M}",
                f"{i18n.number((row.end_utc - row.start_utc).total_seconds() / 3600, 1)}\u00a0h",
                _("unknown") if pd.isna(row.sail_km) else f"{i18n.number(row.sail_km, 0)}\u00a0km",
                _(sand_words.DISCHARGES.get(row.discharge, "unknown")),
                _(sand_words.CERTAINTY.get(row.certainty, "unknown")),
                f"{_(sand_words.PURPOSES.get(row.purpose, 'unknown'))} ({i18n.percent(row.purpose_p)})",
            ]
            for row in rows.head(MOST_CYCLES).itertuples()
        ],
        caption=i18n.colon(_("Load cycles"), sand_words.status(sand)),
        key=f"sand:cycles:{vessel_id}",
        ends=(1, 2),
    )
    if len(rows) > MOST_CYCLES:
        widgets.note(
            _("{shown} of {all} cycles; the file below has them all.").format(
                shown=MOST_CYCLES, all=i18n.number(len(rows))
            )
        )


def _gaps(sand: Sand, vessel_id: str) -> None:
    gaps = sand.gaps[sand.gaps["vessel_id"].eq(vessel_id)].sort_values("start_utc", ascending=False)
    if gaps.empty:
        return
    sand_words.heading(sand, _("Dark gaps"))
    sand_words.paragraph(
        _(
            "The ship fell silent for hours beside a known dredging ground. There are harmless reasons, "
            "such as a weak signal; what it did meanwhile is unknown."
        )
    )
    tables.plain(
        [_("Silent from (UTC)"), _("For"), _("Distance to the nearest ground")],
        [
            [
                f"{i18n.date(row.start_utc.strftime('%Y-%m-%d'))}, {row.start_utc:%H:%M}",
                f"{i18n.number(row.hours, 1)}\u00a0h",
                f"{i18n.number(row.ground_km, 1)}\u00a0km",
            ]
            for row in gaps.head(MOST_CYCLES).itertuples()
        ],
        caption=i18n.colon(_("Dark gaps"), sand_words.status(sand)),
        key=f"sand:gaps:{vessel_id}",
        ends=(1, 2),
    )
