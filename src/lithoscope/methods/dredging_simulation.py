"""Simulated ships: where they are and what they do, minute by minute, as a truth to measure against.

Pure: a generator of random numbers in, way points out. The habits (speeds, durations) are ours, after the
trade's own descriptions; they are not fitted to any feed. pipelines/fleet.py turns them into AIS with noise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lithoscope.methods.dredging_states import KNOT_M_S

KM_PER_DEGREE = 111.195
BERTH, SAIL, LOAD, DISCHARGE, TRAWL, STATION, SURVEY, SWING = (
    "berth",
    "sail",
    "load",
    "discharge",
    "trawl",
    "station",
    "survey",
    "swing",
)


@dataclass(frozen=True)
class Site:
    """A port and a ground at sea, in degrees; every way between them is straight. dump: place of dumping."""

    name: str
    port: tuple[float, float]
    ground: tuple[float, float]
    dump: tuple[float, float] | None = None


@dataclass
class Voyage:
    """Way points of one ship: seconds since the start, lon, lat, and what it does from each to the next.

    loads: (start_s, end_s) of each loading that was carried to a discharge. loadings: of every loading.
    """

    seconds: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    doing: list[str] = field(default_factory=list)
    loadings: list[tuple[float, float]] = field(default_factory=list)
    discharged: list[bool] = field(default_factory=list)

    def begin(self, at: tuple[float, float], doing: str) -> None:
        """Put the ship somewhere."""
        self.seconds, self.lon, self.lat, self.doing = [0.0], [at[0]], [at[1]], [doing]

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return self.seconds[-1]

    @property
    def here(self) -> tuple[float, float]:
        """Where the ship is."""
        return self.lon[-1], self.lat[-1]

    def wait(self, seconds: float, doing: str) -> None:
        """Stay."""
        self._to(self.here, seconds, doing)

    def go(self, to: tuple[float, float], knots: float, doing: str) -> None:
        """Sail straight at a speed."""
        metres = distance_m(self.here, to)
        self._to(to, max(metres / (knots * KNOT_M_S), 1.0), doing)

    def _to(self, to: tuple[float, float], seconds: float, doing: str) -> None:
        self.doing[-1] = doing
        self.seconds.append(self.now + seconds)
        self.lon.append(to[0])
        self.lat.append(to[1])
        self.doing.append(doing)


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of near points on a plane. [m]"""
    x = (b[0] - a[0]) * np.cos(np.radians((a[1] + b[1]) / 2))
    return float(np.hypot(x, b[1] - a[1]) * KM_PER_DEGREE * 1000)


def offset(at: tuple[float, float], km: float, bearing_deg: float) -> tuple[float, float]:
    """A point some km away."""
    angle = np.radians(bearing_deg)
    lat = at[1] + km * np.cos(angle) / KM_PER_DEGREE
    return float(at[0] + km * np.sin(angle) / KM_PER_DEGREE / np.cos(np.radians(at[1]))), float(lat)


def _manoeuvre(voyage: Voyage, to: tuple[float, float], knots: float, rng: np.random.Generator) -> None:
    """Sail, slowing down over the last mile as ships do."""
    total = distance_m(voyage.here, to)
    if total > 4000:
        share = 1 - 1500 / total
        before = voyage.here
        slow = (before[0] + (to[0] - before[0]) * share, before[1] + (to[1] - before[1]) * share)
        voyage.go(slow, knots, SAIL)
        voyage.go(to, rng.uniform(4.5, 7), SAIL)
    else:
        voyage.go(to, min(knots, 7), SAIL)


def hopper(site: Site, seconds: float, rng: np.random.Generator) -> Voyage:
    """A trailing suction hopper dredger: berth, sail, load on lanes with turns, sail, discharge, again."""
    voyage = Voyage()
    voyage.begin(site.port, BERTH)
    voyage.wait(rng.uniform(0.2, 4) * 3600, BERTH)
    bearing, speed = rng.uniform(0, 180), rng.uniform(9, 14)
    while voyage.now < seconds:
        for _ in range(int(rng.integers(3, 9))):
            if voyage.now >= seconds:
                break
            _cycle(voyage, site, bearing, speed, rng)
        if distance_m(voyage.here, site.port) > 50:
            _manoeuvre(voyage, site.port, speed, rng)
        voyage.wait(rng.uniform(3, 14) * 3600, BERTH)
    return voyage


def _cycle(voyage: Voyage, site: Site, bearing: float, speed: float, rng: np.random.Generator) -> None:
    start = offset(site.ground, rng.uniform(0, 2), rng.uniform(0, 360))
    _manoeuvre(voyage, start, speed, rng)
    began, length = voyage.now, rng.uniform(55, 150) * 60
    knots, lane_km, heading = rng.uniform(1.1, 2.6), rng.uniform(1.5, 4.0), bearing
    while voyage.now - began < length:
        voyage.go(offset(voyage.here, lane_km, heading), knots * rng.uniform(0.9, 1.1), LOAD)
        turn = offset(voyage.here, rng.uniform(0.1, 0.25), heading + 90)
        voyage.go(turn, rng.choice([0.5, 1.2, 2.0, 3.4]), LOAD)
        heading += 180
    voyage.loadings.append((began, voyage.now))
    if site.dump is not None:
        _manoeuvre(voyage, offset(site.dump, rng.uniform(0, 0.8), rng.uniform(0, 360)), speed * 0.92, rng)
        minutes = rng.uniform(5, 15)
        voyage.go(offset(voyage.here, minutes / 60 * 0.9 * 1.852, rng.uniform(0, 360)), 0.9, DISCHARGE)
    else:
        _manoeuvre(voyage, site.port, speed * 0.92, rng)
        voyage.wait(rng.uniform(40, 150) * 60, DISCHARGE)
    voyage.discharged.append(True)


def cutter(site: Site, seconds: float, rng: np.random.Generator) -> Voyage:
    """A cutter suction dredger: swings on its spud, hardly moving; AIS shows no speed."""
    voyage = Voyage()
    voyage.begin(offset(site.port, 1, rng.uniform(0, 360)), SWING)
    while voyage.now < seconds:
        voyage.go(offset(voyage.here, 0.02, rng.uniform(0, 360)), 0.08, SWING)
    return voyage


def fishing(site: Site, seconds: float, rng: np.random.Generator) -> Voyage:
    """A trawler: steams out, tows at 2 to 4.5 knots for hours, hauls, comes home."""
    voyage = Voyage()
    voyage.begin(site.port, BERTH)
    voyage.wait(rng.uniform(0, 8) * 3600, BERTH)
    while voyage.now < seconds:
        _manoeuvre(voyage, offset(site.ground, rng.uniform(5, 15), rng.uniform(0, 360)), 9.5, rng)
        for _ in range(int(rng.integers(3, 8))):
            knots, heading, end = (
                rng.uniform(2.0, 4.5),
                rng.uniform(0, 360),
                voyage.now + rng.uniform(1.5, 4) * 3600,
            )
            while voyage.now < end:
                heading += rng.normal(0, 25)
                voyage.go(offset(voyage.here, 1.0, heading), knots * rng.uniform(0.85, 1.15), TRAWL)
            voyage.wait(rng.uniform(10, 35) * 60, STATION)
        _manoeuvre(voyage, site.port, 9.5, rng)
        voyage.wait(rng.uniform(6, 20) * 3600, BERTH)
    return voyage


def cargo(site: Site, seconds: float, rng: np.random.Generator) -> Voyage:
    """A cargo ship: long legs, anchorage, berth."""
    voyage = Voyage()
    voyage.begin(offset(site.ground, 90, rng.uniform(0, 360)), SAIL)
    while voyage.now < seconds:
        _manoeuvre(voyage, offset(site.port, 6, rng.uniform(0, 360)), rng.uniform(11, 17), rng)
        voyage.wait(rng.uniform(1, 12) * 3600, BERTH)
        voyage.go(site.port, rng.uniform(4.5, 6), SAIL)
        voyage.wait(rng.uniform(8, 30) * 3600, BERTH)
        _manoeuvre(voyage, offset(site.ground, 120, rng.uniform(0, 360)), rng.uniform(11, 17), rng)
    return voyage


def tug(site: Site, seconds: float, rng: np.random.Generator) -> Voyage:
    """A harbour tug: short moves at all speeds, pushing, waiting."""
    voyage = Voyage()
    voyage.begin(site.port, BERTH)
    while voyage.now < seconds:
        voyage.wait(rng.uniform(0.3, 5) * 3600, BERTH)
        for _ in range(int(rng.integers(2, 6))):
            voyage.go(offset(site.port, rng.uniform(0.5, 4), rng.uniform(0, 360)), rng.uniform(2, 9), SAIL)
            voyage.wait(rng.uniform(3, 20) * 60, STATION)
        voyage.go(site.port, rng.uniform(4, 8), SAIL)
    return voyage


def research(site: Site, seconds: float, rng: np.random.Generator) -> Voyage:
    """A research ship that declares type 33: stations, drifting, and survey lines at 4 to 6 knots."""
    voyage = Voyage()
    voyage.begin(site.port, BERTH)
    voyage.wait(rng.uniform(0.5, 6) * 3600, BERTH)
    while voyage.now < seconds:
        for _ in range(int(rng.integers(4, 10))):
            _manoeuvre(voyage, offset(site.ground, rng.uniform(2, 40), rng.uniform(0, 360)), 10, rng)
            if rng.random() < 0.5:
                minutes = rng.uniform(20, 80)
                knots = rng.uniform(0.05, 0.6)
                voyage.go(
                    offset(voyage.here, knots * 1.852 * minutes / 60, rng.uniform(0, 360)), knots, STATION
                )
            else:
                heading, knots = rng.uniform(0, 180), rng.uniform(4.2, 6)
                for line in range(int(rng.integers(4, 10))):
                    voyage.go(
                        offset(voyage.here, rng.uniform(4, 9), heading + 180 * (line % 2)), knots, SURVEY
                    )
                    voyage.go(offset(voyage.here, 0.3, heading + 90), knots, SURVEY)
        _manoeuvre(voyage, site.port, 10, rng)
        voyage.wait(rng.uniform(6, 30) * 3600, BERTH)
    return voyage


KINDS: dict[str, Callable[[Site, float, np.random.Generator], Voyage]] = {
    "hopper": hopper,
    "cutter": cutter,
    "fishing": fishing,
    "cargo": cargo,
    "tug": tug,
    "research": research,
}
