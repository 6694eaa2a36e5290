"""Which column of an AIS table is what: recognised by usual headings, or said in a YAML mapping.

A mapping names our columns (mmsi, time, lat, lon, sog, cog, name, imo, ship_type, length_m...) and theirs:

    columns:
      mmsi: MMSI_NO
      sog: {column: SPEED, factor: 0.1}
    timezone: Europe/Copenhagen
    time_format: "%d.%m.%Y %H:%M"
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput

REQUIRED = ("mmsi", "time", "lat", "lon")
UNITS = {"kn": 1.0, "0.1 kn": 0.1, "m/s": 3600 / 1852, "km/h": 1000 / 1852}


@dataclass(frozen=True)
class Mapping:
    """What the user says of the columns. timezone: of times that carry none."""

    columns: dict[str, str] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)
    timezone: str = ""
    time_format: str = ""


@dataclass(frozen=True)
class Plan:
    """Our column -> the table's column, and factors that turn numbers into our units."""

    columns: dict[str, str]
    factors: dict[str, float]
    timezone: str
    time_format: str

    def factor(self, name: str) -> float:
        """Factor of a numeric column, 1 if none is said."""
        return self.factors.get(name, 1.0)


def reduced(heading: str) -> str:
    """A heading as it is compared: letters and digits, in lower case."""
    return re.sub("[^a-z0-9]", "", heading.lower())


def known_headings() -> dict[str, list[tuple[str, float]]]:
    """Our column -> usual headings in order of preference, with the factor into our unit."""
    known: dict[str, list[tuple[str, float]]] = {}
    rows = reference.load("ais_columns").rows
    for column, heading, factor in zip(rows["column"], rows["heading"], rows["factor"], strict=True):
        known.setdefault(str(column), []).append((str(heading), float(factor)))
    return known


def read_mapping(path: Path) -> Mapping:
    """The user's mapping; BadInput naming what is wrong with it."""
    name = path.name
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput("the mapping cannot be read", "give the path of a YAML file", file=name) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            "the mapping is not YAML", "write lines like 'mmsi: THEIR_COLUMN'", file=name
        ) from error
    if not isinstance(document, dict):
        raise BadInput("the mapping is empty", "write lines like 'mmsi: THEIR_COLUMN'", file=name)
    listed = document.get("columns", document)
    if not isinstance(listed, dict):
        raise BadInput(
            "columns is not a list of names", "write 'columns:' and below it 'mmsi: THEIR_COLUMN'", file=name
        )
    settings = {"timezone", "time_format", "columns", "speed_unit", "format"}
    columns, factors = {}, {}
    for ours, theirs in listed.items():
        if listed is document and ours in settings:
            continue
        column, factor = _entry(name, str(ours), theirs)
        target, source = _direction(name, str(ours), column)
        columns[target] = source
        if factor != 1.0:
            factors[target] = factor
    unit = document.get("speed_unit")
    if unit is not None:
        factors["sog"] = _unit(name, "speed_unit", unit)
    zone = str(document.get("timezone") or "")
    _check_zone(name, zone)
    return Mapping(columns, factors, zone, str(document.get("time_format") or ""))


def _entry(file: str, ours: str, theirs: object) -> tuple[str, float]:
    if isinstance(theirs, dict):
        column = theirs.get("column")
        if not isinstance(column, str):
            raise BadInput(
                "has no 'column'", "write {column: THEIR_COLUMN, factor: 0.1}", file=file, column=ours
            )
        if "unit" in theirs:
            return column, _unit(file, ours, theirs["unit"])
        factor = theirs.get("factor", 1.0)
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < 1e6:
            raise BadInput("factor is not a number above 0", "write e.g. factor: 0.1", file=file, column=ours)
        return column, float(factor)
    if theirs is None or isinstance(theirs, list):
        raise BadInput("names no column", "write the table's heading after the colon", file=file, column=ours)
    return str(theirs), 1.0


def _unit(file: str, column: str, unit: object) -> float:
    if str(unit) not in UNITS:
        raise BadInput(
            "is not a unit of speed", f"use one of {', '.join(UNITS)}", file=file, column=column, value=unit
        )
    return UNITS[str(unit)]


def _direction(file: str, left: str, right: str) -> tuple[str, str]:
    """(our column, their column), whichever side of the colon ours stands on."""
    for ours, theirs in ((left, right), (right, left)):
        for target, headings in known_headings().items():
            if ours == target or reduced(ours) in {heading for heading, _ in headings}:
                return target, theirs
    known = ", ".join(known_headings())
    raise BadInput("is not a column that is used", f"use one of {known}", file=file, column=left)


def _check_zone(file: str, zone: str) -> None:
    if zone and offset_minutes(zone) is None:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise BadInput(
                "is not a time zone",
                "write e.g. Europe/Copenhagen or +02:00",
                file=file,
                column="timezone",
                value=zone,
            ) from error


def offset_minutes(zone: str) -> int | None:
    """Minutes ahead of UTC of a zone written as an offset; None if it is a name."""
    if zone.upper() in ("", "Z", "UTC", "GMT"):
        return 0
    found = re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})?", zone)
    if not found:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return -minutes if found[1] == "-" else minutes


def plan_of(headings: Iterable[str], mapping: Mapping, *, file: str) -> Plan:
    """How the table's columns are read; BadInput naming the column that is missing."""
    present = list(headings)
    by_reduced: dict[str, str] = {}
    for heading in present:
        by_reduced.setdefault(reduced(heading), heading)
    columns: dict[str, str] = {}
    factors = dict(mapping.factors)
    for ours, theirs in mapping.columns.items():
        if theirs not in present:
            raise BadInput(
                f"the mapping names a column {theirs!r} that the table does not have",
                f"its headings are {_some(present)}",
                file=file,
                row=1,
                column=ours,
            )
        columns[ours] = theirs
    taken = set(columns.values())
    for ours, usual in known_headings().items():
        if ours in columns:
            continue
        for heading, factor in usual:
            if heading in by_reduced and by_reduced[heading] not in taken:
                columns[ours] = by_reduced[heading]
                taken.add(columns[ours])
                if factor != 1.0:
                    factors.setdefault(ours, factor)
                break
    for required in REQUIRED:
        if required not in columns:
            raise BadInput(
                f"no column holds the {_MEANING[required]}",
                f"give --mapping with a line '{required}: THEIR_COLUMN'; the headings are {_some(present)}",
                file=file,
                row=1,
                column=required,
            )
    return Plan(columns, factors, mapping.timezone, mapping.time_format)


_MEANING = {"mmsi": "MMSI", "time": "time", "lat": "latitude", "lon": "longitude"}


def _some(headings: list[str]) -> str:
    shown = ", ".join(heading.strip()[:30] or "(blank)" for heading in headings[:12])
    return shown + (", ..." if len(headings) > 12 else "")
