"""Terrain and population for a place: which open files it needs, fetched tile by tile into one folder.

For a country the tiles are those around its facilities, not all of its land: a large country has hundreds.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lithoscope.domain.earth import GEOD
from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.domain.folders import DATA
from lithoscope.pipelines import store
from lithoscope.sources import fetch as fetching
from lithoscope.sources import rasters_offered
from lithoscope.sources.fetch import Download
from lithoscope.sources.rasters_offered import Box, Offer

AROUND_KM = 60.0
"""Around each facility: twice the best estimate of the runout of a very large one."""


@dataclass(frozen=True)
class Place:
    """What rasters are wanted for: one of a country, a facility, or a box; and how far around facilities."""

    country: str | None = None
    site_id: str | None = None
    box: str | None = None
    around_km: float = AROUND_KM

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.country, self.site_id, self.box)) != 1:
            raise BadInput(
                "rasters are fetched for a place", "add one of --country ISO3, --site SITE_ID, --box W,S,E,N"
            )
        if not 0 < self.around_km <= 500:
            raise BadInput(
                "is not between 0 and 500 km", "correct it", file="--around-km", value=self.around_km
            )


def is_raster(name: str) -> bool:
    """Whether a name is of a raster that publishers offer."""
    return name in rasters_offered.offers()


def wanted(name: str, place: Place, data: Path | None = None, url: str = "") -> list[Download]:
    """The files that a place needs. Raises BadInput where the offer does not go with what was asked."""
    offer = rasters_offered.offers()[name]
    if offer.is_tiled:
        return rasters_offered.tiles(offer, _boxes(place, data), url)
    if place.box is not None:
        raise BadInput("is offered per country", "add --country ISO3 or --site SITE_ID", value=name)
    codes = [place.country] if place.country else sorted(set(_sites(place, data)["country_iso3"].dropna()))
    return [rasters_offered.country_file(offer, str(code), url) for code in codes]


def fetch(
    name: str,
    place: Place,
    data: Path | None = None,
    *,
    url: str = "",
    again: bool = False,
    only_list: bool = False,
    progress: Callable[[str, int, int | None], None] = lambda *_: None,
    patience: fetching.Patience | None = None,
) -> dict[str, Any]:
    """The files of a place in the cache of the data folder, fetched where they are not there yet.

    Returns name, path (the folder, to be named as --dem or --population), sha256 (of the files' sums),
    bytes, files, not_offered (tiles that the publisher does not have, as a rule open sea) and licence.
    only_list: fetch nothing; `files` then holds names and addresses.
    """
    offer, files = rasters_offered.offers()[name], wanted(name, place, data, url)
    folder = (data or DATA) / "cache" / name
    answer: dict[str, Any] = {"name": name, "path": str(folder), "sha256": "", "bytes": 0}
    answer |= {"licence": offer.licence, "page": offer.page}
    if only_list:
        listed = [{"file": each.file, "url": each.url} for each in files]
        return answer | {"files": listed, "not_offered": [], "is_list": True}
    got, missing = [], []
    for number, each in enumerate(files):
        progress(name, number, len(files))
        try:
            options = {} if patience is None else {"patience": patience}
            got.append(fetching.fetch(each, folder, again=again, **options))
        except fetching.NotOffered:
            missing.append(each.file)
        except BadInput as error:
            raise _by_hand(offer, files, folder, error) from error
    progress(name, len(files), len(files))
    if not got:
        raise BadInput(
            "the publisher offers none of these files", "check the place", value=", ".join(missing[:3])
        )
    digest = hashlib.sha256("".join(sorted(each.sha256 for each in got)).encode()).hexdigest()
    listed = [{"file": each.path.name, "sha256": each.sha256, "bytes": each.bytes} for each in got]
    answer |= {"sha256": digest, "bytes": sum(each.bytes for each in got)}
    return answer | {"files": listed, "not_offered": missing, "is_list": False}


def _by_hand(offer: Offer, files: list[Download], folder: Path, error: BadInput) -> BadInput:
    """The same error, with all that is to be downloaded by hand and where it belongs."""
    names = ", ".join(each.file for each in files[:4]) + (
        f" and {len(files) - 4} more" if len(files) > 4 else ""
    )
    return BadInput(
        error.what,
        f"go to {offer.page}, {offer.by_hand}, and put them into {folder}: {names} (--list names all)",
        value=offer.name,
    )


def _boxes(place: Place, data: Path | None) -> list[Box]:
    if place.box is not None:
        try:
            west, south, east, north = (float(each) for each in place.box.split(","))
        except ValueError as error:
            raise BadInput(
                "is no box", "give W,S,E,N in degrees, e.g. 8,46,9,47", file="--box", value=place.box
            ) from error
        return [(west, south, east, north)]
    sites = _sites(place, data).dropna(subset=["lon", "lat"])
    if sites.empty:
        raise BadInput(
            "no facility with coordinates there", "give --box W,S,E,N", value=place.country or place.site_id
        )
    return [
        _around(float(lon), float(lat), place.around_km)
        for lon, lat in zip(sites["lon"], sites["lat"], strict=True)
    ]


def _sites(place: Place, data: Path | None) -> Any:
    sites = store.open_release(data).sites("facilities", ["site_id", "country_iso3", "lon", "lat"])
    column, value = (
        ("site_id", place.site_id) if place.site_id else ("country_iso3", str(place.country).upper())
    )
    found = sites[sites[column] == value]
    if found.empty:
        raise UnknownName("no such facility, or none of this country", "see lithoscope sites", value=value)
    return found


def _around(lon: float, lat: float, km: float) -> Box:
    """The box around a place, cut at the antimeridian."""
    east, north, _ = GEOD.fwd([lon] * 3, [lat] * 3, [90, 0, 180], [km * 1000] * 3)
    wide = abs((east[0] - lon + 180) % 360 - 180)
    low, high = sorted((north[1], north[2]))
    return (
        float(max(lon - wide, -180)),
        float(np.clip(low, -90, 90)),
        float(min(lon + wide, 180)),
        float(np.clip(high, -90, 90)),
    )


def plain_text(answer: dict[str, Any]) -> str:
    """The answer for people: files, then how to use the folder."""
    files = answer["files"]
    if answer["is_list"]:
        return "\n".join(each["url"] for each in files)
    option = "--population" if answer["name"].startswith("worldpop") else "--dem"
    lines = [
        f"{answer['path']}",
        f"{len(files)} files, {answer['bytes']:,} bytes; use it as {option} {answer['path']}",
    ]
    if answer["not_offered"]:
        lines.append(f"not offered, as a rule open sea: {', '.join(answer['not_offered'])}")
    return "\n".join([*lines, answer["licence"]])
