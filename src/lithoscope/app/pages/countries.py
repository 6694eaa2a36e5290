"""Countries: the inventory of one country, of a regional group, or of the world."""

from collections.abc import Mapping

import geopandas as gpd

from lithoscope.app import (
    address,
    cached,
    charts,
    country_classes,
    dossier,
    i18n,
    maps,
    sand_country,
    scope,
    tables,
    widgets,
)
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.app.pages import mines
from lithoscope.domain.fields import SITES
from lithoscope.domain.scales import LAYER_COLOURS
from lithoscope.pipelines import countries, summary
from lithoscope.pipelines.query import Selection

TITLES = {"facilities": N_("Tailings facilities"), "mines": N_("Mines, of every status")}
MORE = {"facilities": N_("All these facilities, with filters"), "mines": N_("All these mines, with filters")}
LEAD = N_(
    "All that the register holds of a country, a regional group of the United Nations or the world, with how "
    "much of it is known. Counts are of sites; a site without coordinates counts too."
)
SILENCE = N_(
    "No source read so far speaks of it. That does not mean that it has no site: silence is not zero."
)
Shown = Mapping[str, gpd.GeoDataFrame]


def page() -> None:
    """The page."""
    widgets.title(_("Inventory of a country"), _(LEAD))
    selected = scope.choose()
    shown = {layer: cached.shown(layer, selected) for layer in SITES}
    events = cached.shown("events", selected)
    widgets.heading(scope.name(selected))
    held = [layer for layer in SITES if len(shown[layer])]
    if not held:
        widgets.note(_(SILENCE))
        country_classes.conventions(selected)
        sand_country.part(selected)
        return
    _figures(shown, events)
    colour = country_classes.colour(selected)
    if colour == country_classes.STATES:
        country_classes.risk_map(shown, selected)
    else:
        dossier.beside_map(lambda: _map(shown, selected, colour), lambda: _legend(shown, colour))
    country_classes.show(shown, selected)
    for layer in held:
        widgets.heading(i18n.colon(_(TITLES[layer]), i18n.number(len(shown[layer]))))
        charts.of_sites(shown[layer], layer, key=f"c:{layer}")
        every = {"status": address.ANY} if layer == "mines" else {}
        widgets.page_link(layer, _(MORE[layer]), **selected.params(), **every)
    if not selected.country:
        _by_country(shown, events)
    sand_country.part(selected)
    for layer in held:
        widgets.downloads(layer, selected, len(shown[layer]), _(TITLES[layer]))


def _figures(shown: Shown, events: gpd.GeoDataFrame) -> None:
    facilities, every = len(shown["facilities"]), len(shown["mines"])
    missing = sum(int(frame["lon"].isna().sum()) for frame in shown.values())
    idle = int(Selection.from_params(mines.DEFAULTS).mask(shown["mines"]).sum())
    remark = _("{n} abandoned, closed or of unknown status").format(n=i18n.number(idle))
    share = summary.completeness(shown["facilities"], "facilities")
    widgets.figures(
        (i18n.number(facilities), ngettext("tailings facility", "tailings facilities", facilities)),
        (i18n.number(every), ngettext("mine", "mines", every), remark),
        (i18n.number(len(events)), ngettext("documented failure", "documented failures", len(events))),
        (i18n.number(missing), ngettext("site without coordinates", "sites without coordinates", missing)),
        (i18n.percent(share), _("of what one asks of a facility is known")),
    )


def _map(shown: Shown, selected: Selection, colour: str) -> str | None:
    is_world = not selected.params()
    return maps.site_map(
        list(reversed(SITES)),
        selected,
        colour_by=colour,
        view=maps.WORLD if is_world else maps.view_of(list(shown.values())),
        selected_id=address.get("site") or None,
        key=f"map:countries:{scope.code(selected)}",
        height=420,
        alt=_("Map of the sites of {place}.").format(place=scope.name(selected)),
    )


def _legend(shown: Shown, colour: str) -> None:
    if colour != "layer":
        country_classes.legend(shown, colour)
        return
    levels = [level for level in LAYER_COLOURS if level.code in SITES]
    items = [(_(TITLES[level.code]), level.colour, len(shown[level.code])) for level in levels]
    widgets.legend(_("On the map"), items)
    for layer in SITES:
        widgets.unplaced(shown[layer], key=f"unplaced:{layer}")


def _by_country(shown: Shown, events: gpd.GeoDataFrame) -> None:
    widgets.heading(_("By country"))
    rows = summary.by_country({**shown, "events": events}).itertuples(index=False)
    tables.plain(
        [_("Country"), _("Regional group"), _("Tailings facilities"), _("Mines"), _("Failures")],
        [
            [
                widgets.country_cell(row.country_iso3),
                widgets.group(countries.un_group(row.country_iso3)),
                *(i18n.number(each) for each in (row.facilities, row.mines, row.events)),
            ]
            for row in rows
        ],
        caption=_("Sites by country"),
        key="c:table",
        ends=(2, 3, 4),
    )
