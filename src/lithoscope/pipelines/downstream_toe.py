"""Other ways down, where a dam's place is only known to some hundred metres or kilometres.

Starts are laid on two rings within the stated precision. Those whose way joins the path of the stated
place change nothing; the others drain elsewhere and are other answers to the same question.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lithoscope.domain.earth import GEOD
from lithoscope.domain.errors import BadInput
from lithoscope.pipelines.downstream_terrain import Path, Terrain, cells_from

BEARINGS = tuple(range(0, 360, 45))
RINGS = (0.5, 1.0)
_LOOK_M = 10_000.0
"""How far two ways are followed to see whether they join; or ten times the precision, if that is more."""


@dataclass(frozen=True)
class OtherWay:
    """A start that drains another way, and the share of all starts that go with it."""

    lon: float
    lat: float
    share: float


def other_ways(
    terrain: Terrain,
    path: Path,
    lon: float,
    lat: float,
    precision_km: float,
    rings: Sequence[float] = RINGS,
) -> list[OtherWay]:
    """Ways down within the precision that do not join the path, the most likely first.

    rings: on which parts of the precision starts are laid; within a cell the outermost says all.
    """
    look_m = max(_LOOK_M, 10_000 * precision_km)
    stated = cells_from(terrain, lon, lat, path.length_m)
    ways: list[tuple[float, float, set[tuple[int, int]], int]] = [(lon, lat, stated, 1)]
    for ring in rings:
        for bearing in BEARINGS:
            x, y, _ = GEOD.fwd(lon, lat, bearing, ring * precision_km * 1000)
            try:
                cells = cells_from(terrain, x, y, look_m)
            except BadInput:
                continue  # off the terrain, or on a gap in it
            joined = next((k for k, way in enumerate(ways) if way[2] & cells), None)
            if joined is None:
                ways.append((x, y, cells, 1))
            else:
                ways[joined] = (*ways[joined][:3], ways[joined][3] + 1)
    starts = sum(way[3] for way in ways)
    others = [OtherWay(x, y, count / starts) for x, y, _, count in ways[1:]]
    return sorted(others, key=lambda way: -way.share)
