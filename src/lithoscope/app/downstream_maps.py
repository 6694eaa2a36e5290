"""Maps of downstream answers: three nested areas, the path, rings; drawn in the page itself.

The shapes are thinned to what a screen shows; downloads hold them whole.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pydeck as pdk
import shapely

from lithoscope.app import i18n, maps, widgets
from lithoscope.app.i18n import N_, _

CASE_COLOURS = {"high": "#f0c08a", "best": "#d9822b", "low": "#8c3a0e"}
"""From what is least to what is most likely covered; the smallest area lies on top."""
PATH_COLOURS = {"deposit": "#1d5fa8", "farther": "#7fb2dd"}
CASE_NAMES = {
    "high": N_("Area, high estimate"),
    "best": N_("Area, best estimate"),
    "low": N_("Area, low estimate"),
}
PATH_NAMES = {
    "deposit": N_("Path, as far as a deposit may come"),
    "farther": N_("Farther along the water: water and fines"),
}
MAY_REACH = N_("Facility and path that only come so near to another State that they may cross")
MAY_REACH_COLOUR = "#d9822b"
RING_NAMES = {
    "high": N_("Runout, high estimate, as a straight line"),
    "best": N_("Runout, best estimate, as a straight line"),
    "low": N_("Runout, low estimate, as a straight line"),
    "": N_("Distance only"),
}
_CASE_WIDTHS = {"high": 9, "best": 6, "low": 3.5}
_FARTHER = 1.2
"""Zooms by which a valley is shown from farther off than a country: it fits a telephone's narrow map too."""
_DETAIL = 1500
"""A shape is thinned to this part of the map's width."""
Features = list[dict[str, Any]]


def of_answer(shown: Mapping[str, Any], *, key: str, alt: str) -> None:
    """The map of one answer, with the dam."""
    site = shown["answer"]["site"]
    areas, path = shown["footprints"]["features"], shown["path"]["features"]
    view = _view([*areas, *[each for each in path if each["properties"]["part"] == "deposit"]], site)
    tolerance = 360 / 2**view.zoom / _DETAIL
    layers = [
        *(_area(each, tolerance) for each in areas),
        *(_line(each, tolerance) for each in path),
        *dams([_place(site["lon"], site["lat"])]),
    ]
    maps.draw(layers, view, key=key, alt=alt, height=440)
    names = [(_(CASE_NAMES[case]), colour, None) for case, colour in CASE_COLOURS.items()]
    names += [(_(PATH_NAMES[part]), colour, None) for part, colour in PATH_COLOURS.items()]
    widgets.legend(_("On the map"), names)


def of_rings(found: Sequence[tuple[str, float, Any]], lon: float, lat: float, *, key: str, alt: str) -> None:
    """Rings around a dam, and what each is."""
    features = [
        {"type": "Feature", "geometry": shape, "properties": {"case": case}} for case, _radius, shape in found
    ]
    layers = []
    for feature, (case, radius, _shape) in zip(features, found, strict=True):
        colour = CASE_COLOURS.get(case, "#8a8f98")
        named = {"name": _(RING_NAMES[case]), "note": f"{i18n.number(radius)} km"}
        layers.append(_shape_layer(f"ring-{radius:g}", feature, named, colour, 30, 2))
    maps.draw(
        [*layers, *dams([_place(lon, lat)])],
        _view(features, {"lon": lon, "lat": lat}),
        key=key,
        alt=alt,
        height=380,
    )
    items = [
        (f"{i18n.number(radius)} km · {_(RING_NAMES[case])}", CASE_COLOURS.get(case, "#8a8f98"), None)
        for case, radius, _shape in found
    ]
    widgets.legend(_("On the map"), items)


def lines(features: Features, view: maps.View) -> list[pdk.Layer]:
    """Paths of several facilities: properties `name` and `note` are shown where the reader points."""
    tolerance = 360 / 2**view.zoom / _DETAIL
    return [
        _shape_layer(f"path-{number}", _thinned(each, tolerance), each["properties"], each["colour"], 0, 2.5)
        for number, each in enumerate(features)
    ]


def view_of(features: Features) -> maps.View:
    """The view that holds some shapes."""
    return _view(features, {})


def _view(features: Features, site: Mapping[str, Any]) -> maps.View:
    boxes = [shapely.from_geojson(json.dumps(each["geometry"])).bounds for each in features]
    places = [place for box in boxes for place in (box[:2], box[2:])]
    places += [(site["lon"], site["lat"])] if site.get("lon") is not None else []
    found = maps.view_of(pd.DataFrame(places, columns=["lon", "lat"]).astype(float))
    return maps.View(found.lon, found.lat, max(round(found.zoom - _FARTHER, 2), maps.WORLD.zoom))


def _thinned(feature: Mapping[str, Any], tolerance: float) -> dict[str, Any]:
    shape = shapely.simplify(shapely.from_geojson(json.dumps(feature["geometry"])), tolerance)
    return {"type": "Feature", "geometry": shapely.geometry.mapping(shapely.set_precision(shape, 1e-5))}


def _area(feature: Mapping[str, Any], tolerance: float) -> pdk.Layer:
    said, case = feature["properties"], feature["properties"]["case"]
    note = f"{i18n.number(said.get('area_km2'))} km²"
    if said.get("population") is not None:
        note += " · " + _("{n} people").format(n=i18n.number(said["population"], 0))
    named = {"name": _(CASE_NAMES[case]), "note": note}
    # the edge is as wide as the eye needs where the area itself is narrower than a line
    return _shape_layer(
        f"area-{case}", _thinned(feature, tolerance), named, CASE_COLOURS[case], 255, _CASE_WIDTHS[case]
    )


def _line(feature: Mapping[str, Any], tolerance: float) -> pdk.Layer:
    said, part = feature["properties"], feature["properties"]["part"]
    span = _("{first} to {last} km from the dam").format(
        first=i18n.number(said.get("from_km"), 0), last=i18n.number(said.get("to_km"), 0)
    )
    named = {"name": _(PATH_NAMES[part]), "note": span}
    width = 1.5 if part == "deposit" else 2.5
    return _shape_layer(f"path-{part}", _thinned(feature, tolerance), named, PATH_COLOURS[part], 0, width)


def _shape_layer(
    name: str,
    feature: Mapping[str, Any],
    properties: Mapping[str, Any],
    colour: str,
    opacity: int,
    width: float,
) -> pdk.Layer:
    paint = maps.rgb(colour)
    shown = {key: properties.get(key, "") for key in ("name", "note")}
    return pdk.Layer(
        "GeoJsonLayer",
        id=name,
        data={"type": "FeatureCollection", "features": [{**feature, "properties": shown}]},
        filled=opacity > 0,
        stroked=True,
        pickable=True,
        get_fill_color=[*paint, opacity],
        get_line_color=[*paint, 255],
        get_line_width=width,
        line_width_units='"pixels"',
        line_joint_rounded=True,
        line_cap_rounded=True,
    )


def _place(lon: float, lat: float) -> dict[str, Any]:
    return {"at": [float(lon), float(lat)], "name": _("The facility"), "note": ""}


def dams(places: Sequence[Mapping[str, Any]], *, colour: str = "#14191c") -> list[pdk.Layer]:
    """Facilities as points: at, name, note."""
    layer = pdk.Layer(
        "ScatterplotLayer",
        id=f"dams-{colour}",
        data=list(places),
        get_position="at",
        get_radius=6,
        radius_units='"pixels"',
        get_fill_color=[*maps.rgb(colour), 255],
        stroked=True,
        get_line_color=[255, 255, 255, 255],
        get_line_width=2,
        line_width_units='"pixels"',
        pickable=True,
    )
    return [layer]
