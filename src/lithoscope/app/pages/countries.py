"""Countries: the inventory of one country, of a regional group, or of the world."""

from collections.abc import Mapping

import geopandas as gpd
import streamlit as st

from lithoscope.app import address, cached, charts, i18n, maps, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.scales import CONSEQUENCE, LAYER_COLOURS, STATUS_COLOURS
from lithoscope.pipelines import countries, summary
from lithoscope.pipelines.query import Selection

LAYERS = ("facilities", "mines")
TITLES = {"facilities": N_("Tailings facilities"), "mines": N_("Mines, of every status")}
LEAD = N_(
    "All that the register holds of a country, a regional group of the United Nations or the world, with how "
    "much of it is known. Counts are of sites; a site without coordinates counts too."
)


def page() -> None:
    """The page."""
    widgets.title(_("Inventory of a country"), _(LEAD))
    selected = _scope()
    shown = {name: cached.shown(name, selected) for name in LAYERS}
    events = cached.shown("events", selected)
    widgets.heading(_scope_name(selected))
    if not any(len(frame) for frame in shown.values()):
        widgets.note(
            _(
                "No source read so far speaks of it. That does not mean that it has no site: "
                "silence is not zero."
            )
        )
        return
    _figures(shown, events)
    _map(shown, selected)
    for name in LAYERS:
        if len(shown[name]):
            _layer(name, shown[name], selected)
    if not selected.country:
        _by_country(shown, events)
    for name in LAYERS:
        if len(shown[name]):
            widgets.downloads(name, selected, len(shown[name]), _(TITLES[name]))


def _scope() -> Selection:
    """The country or group that the address names, chosen in two boxes; the world if neither."""
    asked = address.selection()
    selected = Selection(country=asked.country[:1], group=() if asked.country else asked.group[:1])
    known = [iso3 for states in cached.members().values() for iso3 in states]
    held = summary.by_country({name: cached.sites(name) for name in LAYERS})["country_iso3"]
    codes = dict.fromkeys([*known, *(iso3 for iso3 in held if iso3 != summary.UNKNOWN), *selected.country])
    names = {iso3: widgets.country(iso3) for iso3 in codes}
    left, right, _rest = st.columns([2, 2, 3])
    with left:
        _box("country", _("Country"), i18n.in_order(names), names, selected.country)
    with right:
        groups = {group: widgets.group(group) for group in countries.GROUPS}
        _box("group", _("Regional group"), list(groups), groups, selected.group)
    return selected


def _box(
    name: str, label: str, options: list[str], words: Mapping[str, str], chosen: tuple[str, ...]
) -> None:
    key = f"scope:{name}"
    now = chosen[0] if chosen and chosen[0] in options else None
    if key not in st.session_state or st.session_state[key] != now:
        st.session_state[key] = now

    def write() -> None:
        address.put(**{"country": None, "group": None, "page": None, name: st.session_state[key]})

    st.selectbox(
        label,
        options,
        format_func=lambda each: words[each],
        key=key,
        placeholder=_("The world"),
        on_change=write,
    )


def _scope_name(selected: Selection) -> str:
    if selected.country:
        group = countries.un_group(selected.country[0])
        name = widgets.country(selected.country[0])
        return f"{name} · {widgets.group(group)}" if group else name
    return widgets.group(selected.group[0]) if selected.group else _("The world")


def _figures(shown: Mapping[str, gpd.GeoDataFrame], events: gpd.GeoDataFrame) -> None:
    missing = sum(int(frame["lon"].isna().sum()) for frame in shown.values())
    idle = int(shown["mines"]["status"].isin(["abandoned", "closed", "unknown"]).sum())
    share = summary.completeness(shown["facilities"], "facilities")
    widgets.figures(
        (i18n.number(len(shown["facilities"])), _("tailings facilities")),
        (
            i18n.number(len(shown["mines"])),
            _("mines"),
            _("{n} abandoned, closed or of unknown status").format(n=i18n.number(idle)),
        ),
        (i18n.number(len(events)), _("documented failures")),
        (i18n.number(missing), _("sites without coordinates")),
        (i18n.percent(share), _("of what one asks of a facility is known")),
    )


def _map(shown: Mapping[str, gpd.GeoDataFrame], selected: Selection) -> None:
    frames = [frame[["lon", "lat"]] for frame in shown.values() if len(frame)]
    scope = ",".join((*selected.country, *selected.group)) or "world"
    left, right = st.columns([4.2, 1], gap="medium")
    with left:
        clicked = maps.site_map(
            list(reversed(LAYERS)),
            selected,
            colour_by="layer",
            view=maps.view_of(frames) if scope != "world" else maps.WORLD,
            key=f"map:countries:{scope}",
            height=420,
            alt=_("Map of the sites of {place}.").format(place=_scope_name(selected)),
        )
        if clicked:
            widgets.open_site(clicked)
    with right:
        items = [
            (_(TITLES[level.code]), level.colour, len(shown[level.code]))
            for level in LAYER_COLOURS
            if level.code in LAYERS
        ]
        widgets.legend(_("On the map"), items)
        for name in LAYERS:
            widgets.unplaced(shown[name], key=f"unplaced:{name}")


def _layer(name: str, frame: gpd.GeoDataFrame, selected: Selection) -> None:
    """Counts of one layer as bars, and what is known of it."""
    widgets.heading(i18n.colon(_(TITLES[name]), i18n.number(len(frame))))
    colours = {level.code: level.colour for level in STATUS_COLOURS}
    left, middle, right = st.columns(3, gap="large")
    with left:
        if name == "facilities":
            counts = summary.by_class(frame, "consequence_class", CONSEQUENCE)
            charts.class_bars(
                counts, _("By declared consequence class"), CONSEQUENCE.levels, key=f"c:class:{name}"
            )
        charts.bars(
            summary.by_value(frame, "status"), _("By status"), key=f"c:status:{name}", colours=colours
        )
    with middle:
        charts.bars(summary.by_item(frame, "commodities", 8), _("By commodity"), key=f"c:commodity:{name}")
        charts.bars(
            summary.by_evidence(frame),
            _("By evidence"),
            key=f"c:evidence:{name}",
            colours=widgets.EVIDENCE_COLOURS,
        )
    with right:
        words = {field: widgets.field_label(field) for field in summary.ASKED[name]}
        words["lon"] = _("Coordinates")
        charts.bars(
            summary.known(frame, name),
            _("How often it is known"),
            key=f"c:known:{name}",
            words=words,
            share=True,
        )
    pages = {
        "facilities": _("All these facilities, with filters"),
        "mines": _("All these mines, with filters"),
    }
    more = {"status": address.ANY} if name == "mines" else {}
    widgets.page_link(name, pages[name], **selected.params(), **more)


def _by_country(shown: Mapping[str, gpd.GeoDataFrame], events: gpd.GeoDataFrame) -> None:
    table = summary.by_country({**shown, "events": events})
    widgets.heading(_("By country"))
    tables.plain(
        [_("Country"), _("Regional group"), _("Tailings facilities"), _("Mines"), _("Failures")],
        [
            [
                {
                    "t": widgets.country(row.country_iso3),
                    "href": address.link("countries", country=row.country_iso3),
                },
                widgets.group(countries.un_group(row.country_iso3)),
                *(i18n.number(each) for each in (row.facilities, row.mines, row.events)),
            ]
            for row in table.itertuples(index=False)
        ],
        caption=_("Sites by country"),
        key="c:table",
        ends=(2, 3, 4),
    )
