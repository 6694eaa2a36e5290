"""The basemap: tiles that a map library can read, whole at the edges of the world, naming no other host."""

import gzip
import json
from itertools import pairwise

import numpy as np
import pytest
import shapely
from pydantic import ValidationError

from lithoscope.pipelines import basemap, mvt


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return value, at


def _fields(data):
    """(number, value) of a protocol buffer message; bytes stay bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        value, at = _varint(data, at)
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        yield key >> 3, value


def _rings(packed):
    """The rings or lines of a feature, as the specification (4.3) says they are read."""
    at, x, y, rings = 0, 0, 0, []
    while at < len(packed):
        command, at = _varint(packed, at)
        if command & 7 == 7:
            continue
        if command & 7 == 1:
            rings.append([])
        for _ in range(command >> 3):
            dx, at = _varint(packed, at)
            dy, at = _varint(packed, at)
            x, y = x + ((dx >> 1) ^ -(dx & 1)), y + ((dy >> 1) ^ -(dy & 1))
            rings[-1].append((x, y))
    return rings


def _read(body):
    """Layer name -> list of (type, rings)."""
    layers = {}
    for number, layer in _fields(body):
        assert number == 3
        parts = list(_fields(layer))
        name = next(value for key, value in parts if key == 1).decode()
        assert (5, mvt.EXTENT) in parts
        assert (15, 2) in parts
        features = [dict(_fields(value)) for key, value in parts if key == 2]
        layers[name] = [(feature[3], _rings(feature[4])) for feature in features]
    return layers


def _twice_the_area(ring):
    points = np.array([*ring, ring[0]])
    return np.sum(points[:-1, 0] * points[1:, 1] - points[1:, 0] * points[:-1, 1])


def test_a_square_with_a_hole_and_a_line_are_written_as_the_specification_says():
    outer, hole = (
        [(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)],
        [(0.4, 0.4), (0.6, 0.4), (0.6, 0.6)],
    )
    layers = {
        "land": np.array([shapely.Polygon(outer, [hole])]),
        "borders": np.array([shapely.LineString([(0.0, 0.5), (1.0, 0.5)])]),
    }
    read = _read(mvt.encode(layers, 0, 0, 0))
    kind, rings = read["land"][0]
    assert kind == 3
    assert set(rings[0]) == {(1024, 1024), (3072, 1024), (3072, 3072), (1024, 3072)}
    assert [_twice_the_area(ring) > 0 for ring in rings] == [True, False]
    assert read["borders"] == [(2, [[(0, 2048), (4096, 2048)]])]


def test_shapes_outside_the_tile_and_specks_are_left_out():
    speck = shapely.Point(0.1, 0.1).buffer(1e-6)
    layers = {"land": np.array([shapely.box(0.6, 0.6, 0.9, 0.9), speck])}
    assert _read(mvt.encode(layers, 1, 0, 0)).get("land", []) == []


def test_the_world_has_land_lakes_and_both_kinds_of_borders(tmp_path):
    read = _read(gzip.decompress(basemap.tile(basemap.Address(z=0, x=0, y=0), tmp_path)))
    assert set(read) == {"land", "lakes", "borders", "unsettled"}
    assert len(read["land"]) > 100
    assert len(read["borders"]) > 100


def test_nothing_runs_across_the_map_at_the_date_line(tmp_path):
    read = _read(gzip.decompress(basemap.tile(basemap.Address(z=0, x=0, y=0), tmp_path)))
    for name in ("borders", "unsettled", "lakes"):
        widest = max(np.ptp([x for x, _ in ring]) for _, rings in read[name] for ring in rings)
        assert widest < mvt.EXTENT / 4, name
    steps = [
        abs(a[0] - b[0])
        for _, rings in read["land"]
        for ring in rings
        for a, b in pairwise(ring)
        if max(a[1], b[1]) < mvt.EXTENT * 0.95  # the south pole's edge is the map's edge
    ]
    assert max(steps) < mvt.EXTENT / 20


def test_the_border_of_crimea_is_not_drawn_as_settled(tmp_path):
    read = _read(gzip.decompress(basemap.tile(basemap.Address(z=6, x=37, y=22), tmp_path)))
    assert read["unsettled"]


def test_a_tile_is_made_once_and_then_read(tmp_path):
    address = basemap.Address(z=3, x=2, y=4)
    made = basemap.tile(address, tmp_path)
    kept = list((tmp_path / "cache" / "basemap" / basemap.VERSION).iterdir())
    assert [path.read_bytes() for path in kept] == [made]
    kept[0].write_bytes(b"kept")
    assert basemap.tile(address, tmp_path) == b"kept"


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert basemap.tile(basemap.Address(z=1, x=0, y=0), tmp_path)


@pytest.mark.parametrize("bad", [(8, 0, 0), (1, 2, 0), (1, 0, 2), (0, 0, -1)])
def test_an_address_that_does_not_exist_is_refused(bad):
    with pytest.raises(ValidationError):
        basemap.Address(z=bad[0], x=bad[1], y=bad[2])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_style_names_no_other_host_and_needs_no_letters(theme):
    style = basemap.style(theme, "https://here.example")
    assert not {"glyphs", "sprite"} & set(style)
    assert json.dumps(style).count("://") == json.dumps(style).count("https://here.example/")
    assert all(layer["type"] in ("background", "fill", "line") for layer in style["layers"])


def _named(z, x, y, language="en"):
    found = basemap.names(basemap.NamesAddress(z=z, x=x, y=y), language)["features"]
    return {each["properties"]["t"]: each["geometry"]["coordinates"] for each in found}


def test_each_name_stands_once_at_each_zoom_and_all_of_them_when_near():
    for zoom in range(3):
        tiles = [_named(zoom, x, y) for x in range(2**zoom) for y in range(2**zoom)]
        names = [name for tile in tiles for name in tile]
        assert len(names) == len(set(names)) > 4
    near = basemap._names_with_room(basemap.NAMES_MAX_ZOOM, "en")["name"]
    assert {"Brazil", "Liechtenstein", "Fiji", "Kosovo"} <= set(near)
    assert near.is_unique


def test_names_of_the_far_view_do_not_touch():
    far = basemap._names_with_room(1, "en").set_index("name")
    assert "Brazil" in far.index
    pixels = 512 * 2**0.5
    places = far[["across", "down"]].to_numpy() * pixels
    for i, (x, y) in enumerate(places):
        for other_x, other_y in places[:i]:
            assert abs(x - other_x) > 20 or abs(y - other_y) > 15


def test_names_are_in_the_readers_language_and_at_their_country():
    assert "Allemagne" in _named(3, 4, 2, "fr")
    lon, lat = _named(3, 4, 2)["Germany"]
    assert 6 < lon < 15
    assert 47 < lat < 55


def test_towns_stand_near_where_one_is_and_not_on_the_far_view():
    column, row = 97, 142  # the middle of Minas Gerais at zoom 8
    near = basemap.names(basemap.NamesAddress(z=8, x=column, y=row), "fr")["features"]
    towns = {each["properties"]["t"]: each["properties"]["p"] for each in near if "p" in each["properties"]}
    assert 5 < len(towns) <= 60
    assert towns == dict(sorted(towns.items(), key=lambda item: -item[1]))
    for each in near:
        lon, lat = each["geometry"]["coordinates"]
        assert -44 < lon < -42
        assert -21 < lat < -18
    far = [basemap.names(basemap.NamesAddress(z=2, x=x, y=y), "fr") for x in range(4) for y in range(4)]
    assert not [each for tile in far for each in tile["features"] if "p" in each["properties"]]


@pytest.mark.parametrize("address", [(11, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_tile_of_names_that_does_not_exist_is_refused(address):
    z, x, y = address
    with pytest.raises(ValidationError):
        basemap.NamesAddress(z=z, x=x, y=y)
