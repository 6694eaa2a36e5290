"""Words of the sand observatory: zones, months, ranges, what is simulated, and where nobody can see."""

import html

import pandas as pd
import streamlit as st

from lithoscope.app import i18n, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.pipelines.sand import Sand

TITLE = N_("Sand observatory")
LEAD = N_(
    "Ships that dredge sand send radio signals with their position, so that others do not run into them. "
    "From how a ship moves one can tell when it takes sand from the sea bed, where, and roughly how much."
)
BANNER = N_(
    "Simulated, not observations. No vessel tracks have been loaded yet, so this page shows invented ships "
    "at invented places on a few days of each month, to let you try it. Nothing here happened. Load AIS with "
    "“lithoscope dredging” and “lithoscope build” to replace it."
)
OWN_BANNER = N_(
    "Simulated, not observations. The results that were loaded here say of themselves that they were made "
    "from simulated ships. Nothing here happened."
)
IN_WORDS = {
    "simulated": N_("simulated, not observations"),
    "observed": N_("concluded from vessel tracks (AIS)"),
}
MAP = N_(
    "Each spot gathers the hours that ships spent dredging there. The darker it is, the longer they worked. "
    "Move closer to see the spots divide, and closer still to see the ships' tracks. A place without a "
    "spot is not a place without dredging: it is a place where no dredging was seen."
)
RANGE = N_(
    "Nobody weighs the sand on these pages. The amount is worked out from the size of each ship's hold, "
    "how full it usually gets, and how loose the sand lies in it. None of these is known exactly, so every "
    "amount is a range: by our reckoning the true amount lies between its two ends nine times in ten."
)
BLIND = (
    N_(
        "Vessels without a transmitter, or with it switched off. Small boats need none, and artisanal miners "
        "and divers have none."
    ),
    N_("Rivers, lakes and beaches: sand that is dug there, often informally, leaves no track at sea."),
    N_("Small cutters and pumps in shallow water, which hardly move and look like a ship at anchor."),
)
ON_MAP = (
    N_(
        "Places where no station or satellite heard the signals. The map's layer “Where we are blind” shows "
        "in green where any ship was heard in the data that were loaded; everywhere else is unknown, and "
        "never counted as zero."
    ),
    N_(
        "Dark gaps: a known dredger fell silent for hours beside a known dredging ground. The map can show "
        "them; what the ship did meanwhile is not in any figure."
    ),
)
TREND = N_(
    "The line is the best estimate of each month; the band is its range. A month without a point is a "
    "month in which no load was seen: that is unknown, not zero."
)
PURPOSE = N_(
    "What the sand is for is a guess from where it was taken, how far it was carried and how it was "
    "discharged. No ship says so."
)
NO_DATA = N_(
    "This release holds no dredging. Load AIS with “lithoscope dredging”, then “lithoscope build --source "
    "dredging=FOLDER”."
)
NOTHING_SEEN = N_(
    "The vessel tracks that were loaded show no dredging. That is unknown, not zero: ships may have worked "
    "where or when nobody heard them."
)
COMPUTED = N_("Computed from the nearest coast, not a legal boundary")
PURPOSES = {
    "aggregate": N_("Aggregate extraction"),
    "maintenance": N_("Maintenance dredging"),
    "reclamation": N_("Land reclamation or beach nourishment"),
    "unknown": N_("unknown"),
}
STATES = {
    "dredging": N_("Dredging"),
    "transit": N_("Sailing"),
    "idle": N_("Lying still"),
    "discharging": N_("Discharging"),
}
CERTAINTY = {
    "seen": N_("seen from loading to discharge"),
    "inferred": N_("inferred: its discharge was not seen"),
    "unfinished": N_("unfinished when the data end"),
}
DISCHARGES = {"ashore": N_("pumped ashore"), "dump": N_("dumped at sea"), "unseen": N_("not seen")}


def status(sand: Sand) -> str:
    """Whether what is shown is simulated, in the reader's words."""
    kind = "simulated" if sand.is_simulated else "observed"
    return _(IN_WORDS[kind])


def banner(sand: Sand) -> None:
    """On top of every page of simulated tracks."""
    if sand.is_simulated:
        st.warning(widgets.plain(_(BANNER if sand.is_embedded else OWN_BANNER)))


def heading(sand: Sand, text: str) -> None:
    """A heading, under it whether this part is simulated: for every map, chart and table."""
    widgets.heading(text)
    if sand.is_simulated:
        tag(sand)


def tag(sand: Sand) -> None:
    """The words "simulated, not observations", or where the figures come from."""
    st.html(f'<p class="ls-note"><b>{html.escape(status(sand))}</b></p>')


def paragraph(text: str) -> None:
    """A paragraph in plain words."""
    st.html(f'<p class="ls-lead" style="font-size:.9375rem">{html.escape(text)}</p>')


def points(texts: tuple[str, ...]) -> None:
    """Several such, as a list."""
    items = "".join(f"<li>{html.escape(_(text))}</li>" for text in texts)
    st.html(f'<ul class="ls-why">{items}</ul>')


def zone(row: pd.Series) -> str:
    """A zone's name: of the country if it was computed, of the file it came from if not."""
    if row.name == "high seas" or row.get("zone_kind") == "high seas":
        return _("High seas")
    if is_computed(row) and pd.notna(row.get("country_iso3")):
        return widgets.country(row["country_iso3"])
    return str(row["zone_name"])


def is_computed(row: pd.Series) -> bool:
    """Whether the zone was computed from the nearest coast."""
    return str(row.get("zone_basis", "")).startswith("computed")


def amount(low: object, high: object, unit: str = "m³") -> str:
    """A range: 1.2 to 3.4 million m³; "unknown" where no load was seen."""
    if pd.isna(low) or pd.isna(high):
        return _("unknown")
    low, high = float(str(low)), float(str(high))
    for size, word in ((1e9, N_("billion {unit}")), (1e6, N_("million {unit}"))):
        if high >= size:
            text = _("{low} to {high}").format(low=_rounded(low / size), high=_rounded(high / size))
            return f"{text}\u00a0{_(word).format(unit=unit)}"
    text = _("{low} to {high}").format(
        low=i18n.number(round(low, -2), 0), high=i18n.number(round(high, -2), 0)
    )
    return f"{text}\u00a0{unit}"


def _rounded(value: float) -> str:
    return i18n.number(float(f"{value:.3g}"), 2)


def hours(value: object) -> str:
    """Hours as people write them."""
    return _("unknown") if pd.isna(value) else f"{i18n.number(float(str(value)), 0)}\u00a0h"


def metres(value: object) -> str:
    """A length as people write it."""
    return _("unknown") if pd.isna(value) else f"{i18n.number(float(str(value)), 0)}\u00a0m"


def file_name(sand: Sand, what: str, suffix: str) -> str:
    """A file's name that says it if it is simulated."""
    return f"lithoscope-{'simulated-' if sand.is_simulated else ''}{what}.{suffix}"
