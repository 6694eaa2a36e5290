"""The risk map of States: each coloured by how many of its sites are surely, or could be, of a class.

Map, legend and table are made of one table (pipelines/country_classes.py). The areas come from a route of
this server, so that the page sends no shapes. What is not known is hatched or grey, never a mild colour.
"""

import html
import json
from collections.abc import Mapping
from functools import cache
from typing import Literal, get_args
from urllib.parse import urlencode

import pandas as pd
import pydeck as pdk
import streamlit as st

from lithoscope.app import address, cached, i18n, maps, scope, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.errors import UnknownName
from lithoscope.domain.fields import SITES
from lithoscope.domain.scales import UNRATED_COLOUR, Scale
from lithoscope.pipelines import countries, state_shapes
from lithoscope.pipelines import country_classes as classes
from lithoscope.pipelines.country_classes import Shown
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.shelf import Holdings

NAMES = {
    "toxicity_class": N_("Toxicity class"),
    "consequence_class": N_("Declared consequence class"),
    "consequence_at_least": N_("Consequence class, computed, at least"),
}
LAYERS = {"facilities": N_("Tailings facilities"), "mines": N_("Mines")}
_BOUNDS = {"least": N_("At least"), "most": N_("At most")}
_COUNTS = {"number": N_("Number of sites"), "share": N_("Share of sites")}
SILENT = N_("no source speaks of it: unknown, not nought")
_OPEN = N_("none surely, but some could be")
_NONE = N_("none: every site is known to be milder")
_RAMP = ("#f0c66f", "#df8a3e", "#b6423b", "#6a1139")
_COLOURS = {classes.OPEN: UNRATED_COLOUR, classes.NONE: "#bfcdb4"} | dict(
    zip(classes.BANDS, _RAMP, strict=True)
)
_CODES = (classes.SILENT, *_COLOURS)
"""Bands in the order of the numbers that the map's features carry."""
_INK = [120, 126, 135, 170]
Part = Literal["areas", "hatching"]
PARTS: tuple[Part, ...] = get_args(Part)


def choices() -> dict[str, tuple[str, str]]:
    """What can be shown, by its part of the address: layer and class, where some site has it."""
    found = {}
    for layer in SITES:
        frame = cached.sites(layer)
        for name in NAMES:
            if name in frame.columns and any(
                frame[column].notna().any() for column in (name, f"{name}_low") if column in frame.columns
            ):
                found[f"{layer}:{name}"] = (layer, name)
    return found


def asked() -> Shown | None:
    """What the address asks for; None where no site has a class."""
    known = choices()
    if not known:
        return None
    layer, name = known[address.get("risk", next(iter(known)), list(known))]
    scale = classes.SCALES[name]
    return Shown(
        layer,
        name,
        address.get("class", classes.GRAVE, scale.codes[1:]),
        address.get("bound", "least", classes.BOUNDS),
        address.get("count", "number", classes.COUNTS),
    )


def choose(now: Shown) -> None:
    """The four choices of the map, each written to the address."""
    known = choices()
    words = {
        key: i18n.colon(_(LAYERS[layer]), _(NAMES[name]).lower()) for key, (layer, name) in known.items()
    }
    scale = classes.SCALES[now.name]
    reached_words = {code: reached(scale, code) for code in reversed(scale.codes[1:])}
    columns = st.columns([2.1, 1.3, 1.25, 1.85], vertical_alignment="bottom")
    with columns[0]:
        _box("risk", _("Sites and class"), words, f"{now.layer}:{now.name}", next(iter(known)))
    with columns[1]:
        _box("class", _("Class"), reached_words, now.code, classes.GRAVE)
    for column, name, label, options, value in (
        (columns[2], "bound", _("Bound"), _BOUNDS, now.bound),
        (columns[3], "count", _("Counted as"), _COUNTS, now.count),
    ):
        with column:
            given = {code: _(text) for code, text in options.items()}
            _box(name, label, given, value, next(iter(options)), is_switch=True)


def _box(
    name: str, label: str, words: Mapping[str, str], now: str, default: str, *, is_switch: bool = False
) -> None:
    key = f"states:{name}"
    address.hold(key, now)

    def write() -> None:
        chosen = st.session_state[key]
        address.put(**{name: None if chosen == default else chosen})

    given = {"format_func": words.__getitem__, "key": key, "on_change": write}
    if is_switch:
        st.segmented_control(label, list(words), required=True, **given)
    else:
        st.selectbox(label, list(words), **given)


def reached(scale: Scale, code: str) -> str:
    """A class and what is graver, in words."""
    label = _(scale.label(code))
    return label if code == scale.codes[-1] else _("{low} or graver").format(low=label)


def table_of(sites: pd.DataFrame, now: Shown) -> pd.DataFrame:
    """One row per country with sites: what the map, its legend and the table below it show."""
    found = classes.by_state(sites, now.name, now.code)
    return found.assign(band=classes.bands(found, now))


def states_of(selected: Selection) -> tuple[str, ...] | None:
    """Codes of the States of the group that is selected; None for the world."""
    if not selected.group:
        return None
    return tuple(code for group in selected.group for code in cached.members()[group])


def draw(now: Shown, selected: Selection) -> str | None:
    """The map; the code of the State that was just clicked, else None."""
    origin, key = maps.site_origin(), f"map:states:{scope.code(selected)}"
    query = {**selected.params(), "layer": now.layer, "name": now.name, "code": now.code}
    query |= {"bound": now.bound, "count": now.count, "lang": i18n.language()}
    query["v"] = cached.release().release_id
    at = {part: f"{origin}/tiles/states.geojson?{urlencode({**query, 'part': part})}" for part in PARTS}
    return maps.draw(
        [_areas(at["areas"]), _hatching(at["hatching"])],
        _view(selected),
        key=key,
        height=460,
        alt=_("Map of States by the sites of a class; the table below says the same in numbers."),
        on_select=lambda: _note_click(key),
        has_names=False,  # the areas are what is read here
    )


def _view(selected: Selection) -> maps.View:
    within = states_of(selected)
    if within is None:
        return maps.WORLD
    known = shapes()
    middles = [known[code]["middle"] for code in within if code in known]
    held = maps.view_of(pd.DataFrame(middles, columns=["lon", "lat"]), closest=4.0)
    return maps.View(held.lon, held.lat, max(held.zoom - 0.7, maps.WORLD.zoom))  # areas reach beyond middles


@cache
def shapes() -> state_shapes.Shapes:
    """Shapes of all States, read once for this process."""
    return state_shapes.shapes(cached.data())


def _note_click(key: str) -> None:
    code = maps.clicked(key).get("properties", {}).get("id")
    if isinstance(code, str) and countries.is_country(code):
        st.session_state[f"{key}:clicked"] = code


def _areas(url: str) -> pdk.Layer:
    hollow = [70, 80, 90, 230] if maps.is_dark() else [255, 255, 255, 230]  # too small to hatch
    fill = "[0, 0, 0, 1]"
    for number, name in reversed(list(enumerate(_CODES))):
        if name in _COLOURS:
            fill = f"properties.c == {number} ? {[*maps.rgb(_COLOURS[name]), 215]} : {fill}"
    return pdk.Layer(
        "TileLayer",  # of one tile: a click on a plain layer with an address as data reaches nobody
        id="states",
        data=[url],  # see maps._tile_layer
        min_zoom=0,
        max_zoom=0,
        pickable=True,
        stroked=False,  # the basemap has the borders
        filled=True,
        get_fill_color=f"properties.h ? [{', '.join(map(str, hollow))}] : ({fill})",
        get_line_color=_INK,
        get_line_width=1,
        line_width_units='"pixels"',
        get_point_radius=3.5,
        point_radius_units='"pixels"',
    )


def _hatching(url: str) -> pdk.Layer:
    """A layer of its own, deaf to clicks: lines cost three quarters of a click's time, and a slow machine,
    taking more than a quarter of a second, loses the click."""
    return pdk.Layer(
        "TileLayer",
        id="hatching",
        data=[url],
        min_zoom=0,
        max_zoom=0,
        pickable=False,
        get_line_color=_INK,
        get_line_width=1,
        line_width_units='"pixels"',
    )


def features(held: Holdings, selection: Selection, now: Shown, language: str, part: Part) -> bytes:
    """The States as GeoJSON: areas with id, name, note and number of the band, and a dot in the small; or
    the hatching of those of which nothing is known."""
    with i18n.speaking(language):
        within = states_of(selection)
        table = table_of(held.shown(now.layer, selection), now).set_index("country_iso3")
        parts = ['{"type":"Feature","properties":{},"geometry":null}']  # see maps._tile_layer
        for code, shape in shapes().items():
            if within is not None and code not in within:
                continue
            row = table.loc[code] if code in table.index else None
            if part == "hatching":
                parts += [_feature(shape["hatch"], {})] if row is None and shape["hatch"] else []
                continue
            band = classes.SILENT if row is None else str(row["band"])
            said = {"id": code, "name": widgets.country(code), "note": _note(row), "c": _CODES.index(band)}
            parts.append(_feature(shape["area"], said))
            if shape["dot"]:
                parts.append(_feature(shape["dot"], {**said, "h": 1} if row is None else said))
    return f'{{"type":"FeatureCollection","features":[{",".join(parts)}]}}'.encode()


def _feature(geometry: str, properties: Mapping[str, object]) -> str:
    return f'{{"type":"Feature","properties":{json.dumps(properties)},"geometry":{geometry}}}'


def _note(row: pd.Series | None) -> str:
    if row is None:
        return _(SILENT)
    text = _("at least {low}, at most {high} of {n}")
    return text.format(**{name: i18n.number(row[of]) for name, of in _PLACES.items()})


_PLACES = {"low": "at_least", "high": "at_most", "n": "sites"}


def legend(table: pd.DataFrame, now: Shown, within: tuple[str, ...] | None) -> None:
    """Bands with the number of States and territories in each, the unknown last."""
    placed = table[table["country_iso3"] != classes.UNKNOWN]
    counts = placed["band"].value_counts()
    shown = set(shapes())
    silent = len((shown if within is None else shown & set(within)) - set(placed["country_iso3"]))
    items = [
        (text, f"background:{colour};border-color:{colour}", int(counts.get(code, 0)))
        for code, text, colour in _bands_in_words(now)
    ]
    hatch = f"repeating-linear-gradient(135deg,{UNRATED_COLOUR} 0 1px,transparent 1px 5px)"
    items.append((_(SILENT), f"background:{hatch};border-color:{UNRATED_COLOUR}", silent))
    rows = "".join(
        f'<li><span class="swatch" style="{style}"></span><span class="label">{html.escape(text)}</span>'
        f'<span class="count">{i18n.number(count)}</span></li>'
        for text, style, count in items
    )
    of = i18n.colon(_(LAYERS[now.layer]), _(NAMES[now.name]).lower())
    bound = _(_BOUNDS[now.bound]).lower()
    title = f"{of}, {reached(classes.SCALES[now.name], now.code)}, {bound}"
    st.html(f'<p class="ls-head">{html.escape(title)}</p><ul class="ls-legend">{rows}</ul>')
    widgets.note(_("Counts beside the colours are of States and territories. A click opens one."))
    unplaced = table.loc[table["country_iso3"] == classes.UNKNOWN, "sites"].sum()
    if unplaced:
        text = i18n.ngettext(
            "{n} site of unknown country is in the table, not on the map.",
            "{n} sites of unknown country are in the table, not on the map.",
            int(unplaced),
        )
        widgets.note(text)


def _bands_in_words(now: Shown) -> list[tuple[str, str, str]]:
    """Code, words and colour of each band, the most sites first."""
    limits = classes.LIMITS[now.count]

    def amount(value: float) -> str:
        return i18n.percent(value) if now.count == "share" else i18n.number(value)

    first = _("more than 0") if now.count == "share" else "1"
    ends = [first, *map(amount, limits)]
    tops = [amount(value if now.count == "share" else value - 1) for value in limits]
    words = [
        _("{low} to {high}").format(low=low, high=high) for low, high in zip(ends[:-1], tops, strict=True)
    ]
    words.append(_("{low} or more").format(low=ends[-1]))
    found = [(code, text, _COLOURS[code]) for code, text in zip(classes.BANDS, words, strict=True)]
    return [
        *reversed(found),
        (classes.NONE, _(_NONE), _COLOURS[classes.NONE]),
        (classes.OPEN, _(_OPEN), _COLOURS[classes.OPEN]),
    ]


def table(found: pd.DataFrame, now: Shown) -> None:
    """What the map shows, in numbers."""
    scale = classes.SCALES[now.name]
    what = f"{i18n.colon(_(LAYERS[now.layer]), _(NAMES[now.name]).lower())}, {reached(scale, now.code)}"
    widgets.heading(i18n.colon(_("By country"), what))
    heads = [_("Country"), _("Sites"), _("At least"), _("At most"), _("Share, at least"), _("Share, at most")]
    heads += [_("unrated"), *([_("Inferred")] if now.name == "toxicity_class" else [])]
    rows = [
        [
            widgets.country_cell(str(row.country_iso3)),
            *(i18n.number(each) for each in (row.sites, row.at_least, row.at_most)),
            *(i18n.percent(each / row.sites) for each in (row.at_least, row.at_most)),
            i18n.number(row.unrated),
            *([i18n.percent(row.inferred)] if now.name == "toxicity_class" else []),
        ]
        for row in found.itertuples(index=False)
    ]
    tables.plain(heads, rows, caption=what, key="states:table", ends=tuple(range(1, len(heads))))
    if now.name == "consequence_at_least":
        widgets.note(
            _(
                "The computed class is a lower bound: what could not be looked at may raise it, so every "
                "site could be of the gravest class."
            )
        )


def shown_of(layer: str, name: str, code: str, bound: str, count: str) -> Shown:
    """What a request of the map's areas asks for; UnknownName for what is not offered."""
    if layer not in SITES or f"{layer}:{name}" not in choices():
        raise UnknownName("is not shown on a map of States", "choose what the page offers", value=name)
    return Shown(layer, name, code, bound, count)  # type: ignore[arg-type]  # checked there
