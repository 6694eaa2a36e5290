"""Facilities whose path reaches another State, or may: pairs of States, map, table, downloads."""

import csv
import io
import json
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, downstream_maps, downstream_view, i18n, maps, tables, widgets
from lithoscope.app.i18n import _, ngettext
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.pipelines import downstream_ask, downstream_results

PAIR = "pair"
_MOST_PATHS = 300
_MOST_ROWS = 200
_FILE = "lithoscope-transboundary"


def is_any() -> bool:
    """Whether the open release holds a facility whose path reaches another State, or may."""
    return not table(cached.release().release_id).empty


@st.cache_resource(max_entries=2, show_spinner=False)
def table(release_id: str) -> pd.DataFrame:
    """Crossings with what is known of each facility: see `downstream_results.crossings`.

    Adds name, pair ("CHE-DEU"), notice (what binds both States), people, class and document.
    """
    release = cached.release()
    if not release.has("downstream.parquet"):
        return pd.DataFrame()
    results = release.table("downstream", ["site_id", "document"])
    found = downstream_results.crossings(results)
    answers = {row.site_id: json.loads(row.document) for row in results.itertuples(index=False)}
    names = cached.facilities().set_index("site_id")["name"]
    notices = {
        (site_id, each["country_iso3"]): each
        for site_id, answer in answers.items()
        for each in (*answer.get("to_notify", []), *answer.get("may_reach", []))
    }
    keys = list(zip(found["site_id"], found["reached_iso3"], strict=True))
    return found.assign(
        name=[widgets.said(names.get(site_id), site_id) for site_id in found["site_id"]],
        pair=found["origin_iso3"] + "-" + found["reached_iso3"],
        notice=[notices.get(key, {}) for key in keys],
        answer=[answers[site_id] for site_id in found["site_id"]],
    )


def show(found: pd.DataFrame) -> None:
    """The page's parts, for all pairs or the one that the address names."""
    chosen = address.get(PAIR, "", sorted(found["pair"].unique()))
    shown = found[found["pair"].eq(chosen)] if chosen else found
    _figures(found)
    widgets.heading(_("Pairs of States"))
    _pairs(found)
    if chosen:
        st.button(
            _("Show all pairs"), key="crossing:all", type="tertiary", on_click=lambda: address.put(pair=None)
        )
        origin, reached = chosen.split("-")
        name = _("From {origin} to {reached}").format(
            origin=widgets.country(origin), reached=widgets.country(reached)
        )
    else:
        name = _("All pairs of States")
    widgets.heading(name)
    _map(shown, chosen)
    _facilities(shown)
    _downloads(shown)


def _figures(found: pd.DataFrame) -> None:
    certain = found[found["is_certain"]]
    facilities, pairs = certain["site_id"].nunique(), certain["pair"].nunique()
    others = found.loc[~found["site_id"].isin(certain["site_id"]), "site_id"].nunique()
    cards = [
        (
            i18n.number(facilities),
            ngettext("facility reaches another State", "facilities reach another State", facilities),
        ),
        (i18n.number(pairs), ngettext("pair of States", "pairs of States", pairs)),
    ]
    if facilities:
        nearest = certain.iloc[0]
        label = _("from dam to border at the nearest")
        cards.append((downstream_view.km(nearest["at_km"]), label, str(nearest["name"])))
    if others:
        label = ngettext("other facility may reach one", "other facilities may reach one", others)
        cards.append((i18n.number(others), label, _("so near that the path may cross")))
    widgets.figures(*cards)


def _pairs(found: pd.DataFrame) -> None:
    cells = {}
    for pair, rows in found.groupby("pair", sort=False):
        first = rows.iloc[0]
        both, unknown = downstream_view.conventions(first["notice"])
        name = f"{widgets.country(first['origin_iso3'])} → {widgets.country(first['reached_iso3'])}"
        cells[str(pair)] = [
            {"t": name},
            i18n.number(rows["is_certain"].sum()),
            i18n.number((~rows["is_certain"]).sum()),
            {
                "t": downstream_view.km(first["at_km"]),
                "sub": "" if first["is_certain"] else _("so near that the path may cross"),
            },
            both,
            unknown,
        ]
    tables.choices(
        [
            _("From, to"),
            _("Facilities"),
            _("Others that may"),
            _("Nearest"),
            _("UNECE conventions both are party to"),
            _("Not known"),
        ],
        cells,
        page="transboundary",
        name=PAIR,
        caption=_("Pairs of States"),
        key="crossing:pairs",
        ends=(1, 2, 3),
    )
    if not found["is_certain"].all():
        widgets.note(
            _(
                "May: the path does not enter that State as the terrain shows it, but comes so near that it "
                "may. Distances are to where it first does so."
            )
        )
    widgets.note(
        _(
            "Borders are generalised; where a river is the border, the path crosses it early or late. "
            "A convention is listed where both States are known to be party; see the methods for dates."
        )
    )


def _map(shown: pd.DataFrame, chosen: str) -> None:
    features = _paths(cached.release().release_id, tuple(dict.fromkeys(shown["site_id"]))[:_MOST_PATHS])
    certain = set(shown.loc[shown["is_certain"], "site_id"])
    drawn = _drawn(features, dict(zip(shown["site_id"], shown["name"], strict=True)), certain)
    view = downstream_maps.view_of(drawn)
    is_certain = shown["site_id"].isin(certain)
    maps.draw(
        [
            *downstream_maps.lines(drawn, view),
            *downstream_maps.dams(_places(shown[~is_certain]), colour=downstream_maps.MAY_REACH_COLOUR),
            *downstream_maps.dams(_places(shown[is_certain])),
        ],
        view,
        key=f"crossing:map:{chosen}",
        alt=_("Map of the paths that reach another State, or may."),
        height=460,
    )
    items: list[tuple[str, str, int | None]] = [
        (_(downstream_maps.PATH_NAMES[part]), colour, None)
        for part, colour in downstream_maps.PATH_COLOURS.items()
    ]
    if not is_certain.all():
        items.append((_(downstream_maps.MAY_REACH), downstream_maps.MAY_REACH_COLOUR, None))
    widgets.legend(_("On the map"), items)
    if shown["site_id"].nunique() > _MOST_PATHS:
        widgets.note(
            _("The map draws the {n} facilities nearest to a border.").format(n=i18n.number(_MOST_PATHS))
        )


def _drawn(features: list[dict[str, Any]], names: dict[str, str], certain: set[str]) -> list[dict[str, Any]]:
    """Paths with name, note and colour, those of deposits last; certain: facilities whose path does cross."""
    drawn = []
    for each in sorted(features, key=lambda each: each["properties"]["part"], reverse=True):
        said = each["properties"]
        part, colour = downstream_maps.PATH_NAMES, downstream_maps.PATH_COLOURS[said["part"]]
        note = _(part[said["part"]])
        if said["site_id"] not in certain and said["part"] == "deposit":
            note, colour = _(downstream_maps.MAY_REACH), downstream_maps.MAY_REACH_COLOUR
        properties = {"name": names.get(said["site_id"], said["site_id"]), "note": note}
        drawn.append({**each, "properties": properties, "colour": colour})
    return drawn


def _places(shown: pd.DataFrame) -> list[dict[str, Any]]:
    """The dams, each once."""
    found = {}
    for row in shown.itertuples(index=False):
        site = row.answer["site"]
        found[row.site_id] = {"at": [site["lon"], site["lat"]], "name": row.name, "note": ""}
    return list(found.values())


@st.cache_data(max_entries=20, show_spinner=False)
def _paths(release_id: str, site_ids: tuple[str, ...]) -> list[dict[str, Any]]:
    shapes = cached.release().geotable(
        "downstream_shapes", filters=[("kind", "==", "path"), ("site_id", "in", list(site_ids))]
    )
    return downstream_ask.collection(shapes)["features"]


def _facilities(shown: pd.DataFrame) -> None:
    rows = []
    for row in shown.head(_MOST_ROWS).itertuples(index=False):
        people, code = row.answer["population"], row.answer["consequence_at_least"]
        text = (
            _("unknown")
            if people["best"] is None
            else _("{best} (between {low} and {high})").format(
                **{case: i18n.number(float(f"{people[case]:.2g}"), 0) for case in downstream_view.CASES}
            )
        )
        label = _("unrated")
        if code in CONSEQUENCE.codes:
            label = _("at least {low}").format(low=_(CONSEQUENCE.label(code)))
        is_first = row.is_certain and row.at_km == row.answer["first_border_km"]
        beside = _("the area alone, beside the path") if row.is_beside else ""
        beside = beside or (downstream_view.first_border(row.answer) if is_first else "")
        may = "" if row.is_certain else _("may reach")
        rows.append(
            [
                {"t": row.name, "href": address.link("site", site=row.site_id)},
                widgets.country(row.origin_iso3),
                {"t": widgets.country(row.reached_iso3), "sub": may},
                {
                    "t": downstream_view.km(row.at_km),
                    "sub": beside or (may and _("so near that the path may cross")),
                },
                text,
                {"t": label, "c": CONSEQUENCE.colour(code)},
            ]
        )
    tables.plain(
        [
            _("Facility"),
            _("From"),
            _("Reaches, or may"),
            _("After, along the path"),
            _("People in the area"),
            _("Consequence class by people and area, best estimate"),
        ],
        rows,
        caption=_("Facilities whose path reaches another State, or may"),
        key="crossing:table",
        widths=(19, 16, 16, 13, 17, 19),
    )
    if len(shown) > _MOST_ROWS:
        widgets.note(_("The first 200 are listed; the table and the downloads hold all."))


def _downloads(shown: pd.DataFrame) -> None:
    widgets.heading(_("Take the data away"))
    ids = tuple(dict.fromkeys(shown["site_id"]))
    release_id = cached.release().release_id
    files = {
        "CSV": (f"{_FILE}.csv", lambda: as_csv(shown)),
        "GeoJSON": (
            f"{_FILE}.geojson",
            lambda: downstream_view.as_json(as_geojson(shown, _paths(release_id, ids))),
        ),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (file, make) in files.items():
            st.download_button(
                label,
                data=make,
                file_name=file,
                mime="application/octet-stream",
                key=f"crossing:download:{label}",
                on_click="ignore",
            )


def as_geojson(shown: pd.DataFrame, features: list[dict[str, Any]]) -> dict[str, Any]:
    """The paths; properties `reaches` and `may_reach` name the States that are shown of each facility."""
    states: dict[str, dict[str, list[str]]] = {}
    for row in shown.itertuples(index=False):
        of = states.setdefault(row.site_id, {"reaches": [], "may_reach": []})
        of["reaches" if row.is_certain else "may_reach"].append(row.reached_iso3)
    named = [
        {**each, "properties": each["properties"] | states[each["properties"]["site_id"]]}
        for each in features
    ]
    return {"type": "FeatureCollection", "features": named}


def as_csv(shown: pd.DataFrame) -> bytes:
    """The crossings as CSV, one row per facility and State reached, or that may be (`certainty`).

    What looks like a formula is quoted.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        [
            *("site_id", "name", "origin_iso3", "reached_iso3", "at_km", "is_beside", "certainty"),
            "conventions_both",
            *("first_border_km", "first_border_low_km", "first_border_high_km"),
            *(
                "population_low",
                "population_best",
                "population_high",
                "consequence_at_least",
                "flags",
                "note",
            ),
        ]
    )
    for row in shown.itertuples(index=False):
        people = [row.answer["population"][case] for case in downstream_view.CASES]
        name = f"'{row.name}" if row.name[:1] in "=+-@\t\r" else row.name
        rows.writerow(
            [
                *(row.site_id, name, row.origin_iso3, row.reached_iso3, row.at_km, row.is_beside),
                "reaches" if row.is_certain else "may reach",
                "; ".join(row.notice.get("both_parties", [])),
                *("" if n is None else n for n in (*downstream_view.border_bounds(row.answer), *people)),
                *(row.answer["consequence_at_least"], "; ".join(row.answer["flags"]), row.answer["notes"][0]),
            ]
        )
    return text.getvalue().encode()
