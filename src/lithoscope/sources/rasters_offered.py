"""Terrain and population rasters that publishers offer openly: which files a place needs, and where.

Names and addresses only; `fetch` gets the files, and `rasters` reads a folder of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput
from lithoscope.sources.fetch import Download

Box = tuple[float, float, float, float]
MOST_TILES = 2_000


@dataclass(frozen=True)
class Offer:
    """One row of data/reference/raster_offers.csv: a tile per degree square, or a file per country."""

    name: str
    per: str
    url: str
    file: str
    unit: str
    licence: str
    page: str
    by_hand: str

    @property
    def is_tiled(self) -> bool:
        """Whether there is a file for each degree square, rather than for each country."""
        return self.per == "tile"


@cache
def offers() -> dict[str, Offer]:
    """Name -> what is offered."""
    rows = reference.load("raster_offers").rows.astype("str").to_dict("records")
    return {row["name"]: Offer(**{str(key): str(value) for key, value in row.items()}) for row in rows}


def tiles(offer: Offer, boxes: Iterable[Box], url: str = "") -> list[Download]:
    """The degree squares that touch some boxes (west, south, east, north), each once, from the north-west on.

    url: a mirror's address with the same places to fill in. Raises BadInput for a box that is none, or for
    more squares than anyone wants.
    """
    squares: set[tuple[int, int]] = set()
    for west, south, east, north in boxes:
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise BadInput(
                "is no box", "give west,south,east,north in degrees", value=(west, south, east, north)
            )
        columns = range(int(np.floor(west)), int(np.ceil(east)))
        squares |= {
            (row, column) for row in range(int(np.floor(south)), int(np.ceil(north))) for column in columns
        }
        if len(squares) > MOST_TILES:
            raise BadInput(f"more than {MOST_TILES} tiles", "ask for a smaller area", value=offer.name)
    ordered = sorted(squares, key=lambda square: (-square[0], square[1]))
    return [_download(offer, url, _square_name(*square)) for square in ordered]


def country_file(offer: Offer, iso3: str, url: str = "") -> Download:
    """The file of one country."""
    code = iso3.upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise BadInput("is no ISO 3166 alpha-3 code", "use a code such as PER", value=iso3)
    return _download(offer, url, {"iso3": code, "iso3_lower": code.lower()})


def _square_name(south: int, west: int) -> dict[str, str]:
    """How the publisher writes the south-west corner of a degree square."""
    return {
        "ns": "N" if south >= 0 else "S",
        "lat": f"{abs(south):02d}",
        "ew": "E" if west >= 0 else "W",
        "lon": f"{abs(west):03d}",
    }


def _download(offer: Offer, url: str, place: dict[str, str]) -> Download:
    return Download(
        name=offer.name,
        url=_filled(url or offer.url, place),
        file=_filled(offer.file, place),
        page=offer.page,
        by_hand=offer.by_hand,
    )


def _filled(text: str, place: dict[str, str]) -> str:
    for name, value in place.items():
        text = text.replace(f"{{{name}}}", value)
    return text
