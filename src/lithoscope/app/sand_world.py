"""The observatory's first view: the world by month, zones ranked, seasons, two periods compared."""

import streamlit as st

from lithoscope.app import address, i18n, sand_charts, sand_maps, sand_parts, sand_words, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.pipelines.sand import VOLUMES, Period, Sand

CHANGES = {
    "more": N_("more"),
    "less": N_("less"),
    "open": N_("cannot be told: the ranges overlap"),
    "unknown": N_("unknown"),
}
_SHORTEST_SEASONS = 24


def show(sand: Sand) -> None:
    """Draw it."""
    period = sand_maps.period(sand)
    sand_parts.figures(sand, period)
    sand_maps.timed(sand, "map:sand")
    sand_words.paragraph(_(sand_words.MAP))
    sand_parts.blind()
    _zones(sand, period)
    _seasons(sand)
    _compare(sand)
    areas = [*sand_parts.AREAS, *sorted(sand.zones()["country_iso3"].dropna().unique())]
    sand_parts.published(sand, areas, key="sand:published")
    sand_parts.downloads(
        sand,
        {
            _("Zones by month"): lambda: sand.zone_months,
            _("Episodes of dredging"): lambda: sand.episodes,
            _("Vessels"): lambda: sand.vessels,
        },
        key="world",
    )


def _zones(sand: Sand, period: Period) -> None:
    sand_words.heading(sand, _("Where most dredging was seen"))
    sand_words.paragraph(
        _(
            "Zones in the order of the hours that ships dredged there. A zone is the sea that lies nearest "
            "to a country's coast, up to 200 nautical miles, unless legal boundaries were loaded; it says "
            "nothing of whose sand it is. Choose a zone to see its story."
        )
    )
    sand_words.paragraph(_(sand_words.RANGE))
    ranked = sand.ranked(period)
    if ranked.empty:
        widgets.note(_("No dredging was seen in this month. That is unknown, not zero."))
        return
    tables.choices(
        [_("Zone"), _("Hours"), _("Vessels"), _("Sand in place"), _("Dry mass"), _("Zone found by")],
        {
            str(zone): [
                sand_words.zone(row),
                i18n.number(row["hours"], 0),
                i18n.number(row["vessels"]),
                sand_words.amount(row[VOLUMES[0]], row[VOLUMES[2]]),
                sand_words.amount(row["mass_low_t"], row["mass_high_t"], "t"),
                _(sand_words.COMPUTED) if sand_words.is_computed(row) else str(row["zone_kind"]),
            ]
            for zone, row in ranked.iterrows()
        },
        page="sand",
        name="zone",
        caption=i18n.colon(_("Zones by hours of dredging"), sand_words.status(sand)),
        key="sand:zones",
        ends=(1, 2, 3, 4),
    )


def _seasons(sand: Sand) -> None:
    sand_words.heading(sand, _("Seasons"))
    seasons(sand)


def seasons(sand: Sand, zone: str | None = None) -> None:
    """The mean month of the years seen, with what can be said of it."""
    sand_charts.seasons(sand.seasons(zone), key=f"sand:seasons:{zone}")
    text = _(
        "The average of each month of the year. Storms, fish that spawn and projects that begin or end all "
        "leave their mark; so do ships that were not heard."
    )
    if len(sand.months) <= _SHORTEST_SEASONS:
        text += " " + _("With two years or less, a season cannot be told from chance.")
    sand_words.paragraph(text)


def _compare(sand: Sand) -> None:
    if len(sand.months) < 2:
        return
    sand_words.heading(sand, _("Compare two periods"))
    half = len(sand.months) // 2
    halves = (
        Period(sand.months[0], sand.months[half - 1]),
        Period(sand.months[half], sand.months[-1]),
    )
    left, right = st.columns(2, gap="large")
    with left:
        first = _range(sand, "a", _("First period"), halves[0])
    with right:
        second = _range(sand, "b", _("Second period"), halves[1])
    sand_words.paragraph(
        _(
            "A change is only stated where the two ranges lie wholly apart. Periods of different length "
            "cannot be compared as they stand."
        )
    )
    table = sand.compared(first, second)
    tables.plain(
        [_("Zone"), _("Hours, first"), _("Hours, second"), _("Sand, first"), _("Sand, second"), _("Change")],
        [
            [
                sand_words.zone(row),
                sand_words.hours(row["hours_a"]),
                sand_words.hours(row["hours_b"]),
                sand_words.amount(row["volume_low_m3_a"], row["volume_high_m3_a"]),
                sand_words.amount(row["volume_low_m3_b"], row["volume_high_m3_b"]),
                _(CHANGES[row.change]),
            ]
            for _zone, row in table.iterrows()
        ],
        caption=i18n.colon(_("Two periods compared"), sand_words.status(sand)),
        key="sand:compare",
        ends=(1, 2, 3, 4),
    )


def _range(sand: Sand, name: str, label: str, usual: Period) -> Period:
    """A period that the address names as "2019-01,2019-06"."""
    parts = address.get(name, f"{usual.first},{usual.last}").split(",")
    known = len(parts) == 2 and all(each in sand.months for each in parts) and parts[0] <= parts[1]
    now = tuple(parts) if known else (usual.first, usual.last)
    key = f"sand:period:{name}"
    address.hold(key, now)

    def write() -> None:
        chosen = st.session_state[key]
        if not isinstance(chosen, str):  # one month alone comes when the page is left, from nobody's hand
            address.put(**{name: ",".join(chosen)})

    st.select_slider(label, sand.months, format_func=i18n.date, key=key, on_change=write)
    return Period(*now)
