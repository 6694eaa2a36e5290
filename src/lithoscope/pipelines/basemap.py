"""The basemap: land, lakes, borders and names of countries, and towns, as tiles; light and dark style.

Tiles are made when they are first asked for and kept in `cache/basemap/`; nothing comes from outside.
Borders that are not settled are drawn dashed. Shapes of Natural Earth end at 180 degrees, so that none
runs across the map. The style is of the Mapbox GL specification 8 and needs neither glyphs nor sprites.
"""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lithoscope.pipelines import countries, mvt, store
from lithoscope.pipelines.tiles import MAX_LATITUDE, to_square
from lithoscope.sources import geonames, natural_earth

VERSION = "1"
"""To be raised when a tile would look different: it stands in the tiles' address and folder."""
MAX_ZOOM = 7
FINE_FROM = 4
"""Tiles from this zoom on are made of the 1:10 million map, others of that 1:50 million."""
NAMES_MAX_ZOOM = 10
ALL_COUNTRIES_FROM = 6
"""The name of every country stands on the map from here on."""
TOWNS_FROM = 5
_MOST_TOWNS = 60
NAME_WIDTH = 16
"""Letters of a name on one line of the map, about."""
_TOLERANCE = 0.35 / 512
_SMALLEST = (0.6 / 512) ** 2

Theme = Literal["light", "dark"]
SOURCES = (natural_earth.RECORD, geonames.RECORD)
"""Whose shapes and names the maps are drawn with."""


@dataclass(frozen=True)
class Palette:
    """Colours of the basemap; quiet, so that the sites speak."""

    water: str
    land: str
    shore: str
    border: str
    unsettled: str
    name: str


PALETTES: dict[Theme, Palette] = {
    "light": Palette("#dce6ea", "#f6f4ef", "#b9c8ce", "#b3aca0", "#a59d90", "#6f685c"),
    "dark": Palette("#10161d", "#1f2831", "#33414d", "#55626e", "#6a7682", "#98a4ae"),
}


class NamesAddress(BaseModel):
    """Zoom, column and row of a tile of names."""

    model_config = ConfigDict(frozen=True)

    z: Annotated[int, Field(ge=0, le=NAMES_MAX_ZOOM)]
    x: Annotated[int, Field(ge=0)]
    y: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _within_the_world(self) -> Self:
        if max(self.x, self.y) >= 2**self.z:
            raise ValueError(f"tile {self.x}, {self.y} does not exist at zoom {self.z}")
        return self


class Address(NamesAddress):
    """Zoom, column and row of a basemap tile."""

    z: Annotated[int, Field(ge=0, le=MAX_ZOOM)]


def style(theme: Theme, origin: str) -> dict[str, Any]:
    """The style of a theme; origin: scheme and host of this server, since tiles need a full address."""
    colours = PALETTES[theme]
    width = {"base": 1.2, "stops": [[0, 0.5], [4, 0.9], [8, 1.6]]}
    tiles = f"{origin}/basemap/{VERSION}/{{z}}/{{x}}/{{y}}.pbf"
    source = {"type": "vector", "tiles": [tiles], "minzoom": 0, "maxzoom": MAX_ZOOM}

    def line(name: str, of: str, colour: str, **paint: object) -> dict[str, Any]:
        return {
            "id": name,
            "type": "line",
            "source": "earth",
            "source-layer": of,
            "layout": {"line-join": "round"},
            "paint": {"line-color": colour, "line-width": width, **paint},
        }

    def fill(name: str, colour: str) -> dict[str, Any]:
        paint = {"fill-color": colour, "fill-antialias": True}
        return {"id": name, "type": "fill", "source": "earth", "source-layer": name, "paint": paint}

    return {
        "version": 8,
        "name": f"Lithoscope {theme}",
        "sources": {"earth": source},
        "layers": [
            {"id": "water", "type": "background", "paint": {"background-color": colours.water}},
            fill("land", colours.land),
            line("shore", "land", colours.shore),
            fill("lakes", colours.water),
            line("lakeshore", "lakes", colours.shore),
            line("borders", "borders", colours.border),
            line("unsettled", "unsettled", colours.unsettled, **{"line-dasharray": [3, 2.5]}),
        ],
    }


@cache
def _lock() -> threading.Lock:
    return threading.Lock()


def tile(address: Address, data: Path) -> bytes:
    """A tile, gzipped; from `data`/cache if it was made before."""
    path = data / "cache" / "basemap" / VERSION / f"{address.z}-{address.x}-{address.y}.pbf.gz"
    if path.is_file():
        return path.read_bytes()
    with _lock():  # shapes are read once, and one tile at a time is quick enough
        made = gzip.compress(_make(address), compresslevel=9, mtime=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store.replace_file(path, made)
    except OSError:
        return made  # a read-only data folder: made again each time
    return made


def prepare() -> None:
    """Read what tiles are made of, so that the first close look need not wait for it."""
    _shapes("10m")
    _all_towns()


def names(address: NamesAddress, language: str) -> dict[str, Any]:
    """Names of countries and towns that have room at a tile's zoom, in "en" or "fr"; a GeoJSON collection.

    `t` is the name: of Member States and territories as `countries` has them, none for a place that no
    State holds alone; of towns as GeoNames writes them, with `p`, their population. A name says nothing on
    the status of its territory.
    """
    labels = _names_with_room(address.z, language)
    tiles = 2**address.z
    is_here = (np.floor(labels["across"] * tiles) == address.x) & (
        np.floor(labels["down"] * tiles) == address.y
    )
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(row.lon, 3), round(row.lat, 3)]},
            "properties": {"t": row.name},
        }
        for row in labels[is_here].itertuples(index=False)
    ]
    taken = [_box(row.across, row.down, row.name, address.z) for row in labels.itertuples(index=False)]
    return {"type": "FeatureCollection", "features": [*features, *_towns(address, taken)]}


def _towns(address: NamesAddress, taken: list[shapely.Geometry]) -> Iterator[dict[str, Any]]:
    """The most populous towns of a tile whose names touch neither each other nor what is taken."""
    if address.z < TOWNS_FROM:
        return
    towns, across, down = _all_towns()
    size = 1 / 2**address.z
    is_here = (np.floor(across / size) == address.x) & (np.floor(down / size) == address.y)
    for row in np.flatnonzero(is_here)[:_MOST_TOWNS]:
        town = towns.iloc[row]
        box = _box(across[row], down[row], town["name"], address.z, is_beside=True)
        if any(box.intersects(other) for other in taken):
            continue
        taken.append(box)
        yield {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(town["lon"], 4), round(town["lat"], 4)]},
            "properties": {"t": town["name"], "p": int(town["population"])},
        }


@cache
def _all_towns() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Towns, the most populous first, and where they lie on the square."""
    towns = geonames.towns()
    return towns, *to_square(towns["lon"].to_numpy(), towns["lat"].to_numpy())


def _box(across: float, down: float, name: str, zoom: int, *, is_beside: bool = False) -> shapely.Geometry:
    """What a name covers, in pixels where the zoom is seen smallest: half a level below its own.

    is_beside: it begins at its place, as a town's does; else the place is its middle.
    """
    pixels = 512 * 2 ** (zoom - 0.5)
    half, height = min(len(name), NAME_WIDTH) * 3.6, 9 * -(-len(name) // NAME_WIDTH)
    x, y = across * pixels + (half if is_beside else 0), down * pixels
    return shapely.box(x - half, y - height, x + half, y + height)


@cache
def _names_with_room(zoom: int, language: str) -> pd.DataFrame:
    """Names that do not touch each other at a zoom, greater countries first: lon, lat, across, down, name."""
    labels = natural_earth.labels()
    labels = labels[labels["country_iso3"].map(countries.is_country)]
    if zoom < ALL_COUNTRIES_FROM:
        labels = labels[labels["from_zoom"] <= max(zoom, 1) + 1]  # its zooms are of tiles half as wide
    names = [countries.country_name(iso3, language) for iso3 in labels["country_iso3"]]
    across, down = to_square(labels["lon"].to_numpy(), labels["lat"].to_numpy())
    labels = labels.assign(name=names, across=across, down=down)
    boxes = [_box(*each, zoom) for each in zip(across, down, names, strict=True)]
    kept: list[int] = []
    for row, box in enumerate(boxes):
        if zoom >= ALL_COUNTRIES_FROM or not any(box.intersects(boxes[other]) for other in kept):
            kept.append(row)
    return labels.iloc[kept]


def _make(address: Address) -> bytes:
    scale: natural_earth.Scale = "10m" if address.z >= FINE_FROM else "50m"
    step = 1 / 2**address.z
    box = shapely.box(
        *((address.x - 0.02) * step, (address.y - 0.02) * step),
        *((address.x + 1.02) * step, (address.y + 1.02) * step),
    )
    layers = {}
    for name, (shapes, tree) in _shapes(scale).items():
        near = shapes[np.sort(tree.query(box))]
        near = shapely.simplify(near, _TOLERANCE * step, preserve_topology=True)
        if name in ("land", "lakes"):
            near = near[shapely.area(near) > _SMALLEST * step**2]
        layers[name] = near
    return mvt.encode(layers, address.z, address.x, address.y)


@cache
def _shapes(scale: natural_earth.Scale) -> dict[str, tuple[np.ndarray, shapely.STRtree]]:
    borders = natural_earth.borders(scale)
    frames = {
        "land": natural_earth.land(scale),
        "lakes": natural_earth.lakes(scale),
        "borders": borders[borders["is_settled"]],
        "unsettled": borders[~borders["is_settled"]],
    }
    projected = {name: _on_square(frame) for name, frame in frames.items()}
    return {name: (shapes, shapely.STRtree(shapes)) for name, shapes in projected.items()}


def _on_square(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Simple shapes on the web map's square; 180 degrees east stays at the eastern edge."""

    def project(lonlat: np.ndarray) -> np.ndarray:
        lat = np.clip(lonlat[:, 1], -MAX_LATITUDE, MAX_LATITUDE)
        return np.column_stack([(lonlat[:, 0] + 180.0) / 360.0, to_square(lonlat[:, 0], lat)[1]])

    shapes = shapely.get_parts(frame.geometry.to_numpy())
    shapes = shapes[~shapely.is_empty(shapes) & ~shapely.is_missing(shapes)]
    shapes = shapely.transform(shapes, project)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    return shapely.get_parts(shapes)
