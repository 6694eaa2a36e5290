"""Raw AIS (NMEA 0183 sentences) -> position reports and static messages.

Times stand beside the sentences: in a $PGHP sentence before them, in a tag block (c:), before or after them
on the line. Position reports of types 1, 2, 3, 18 and 27 are decoded many at a time; messages of several
parts and static ones (5, 19, 24) by pyais. Fields and bits: ITU-R M.1371.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from lithoscope.sources.ais_table import NOWHERE

BATCH = 200_000
_SENTENCE = re.compile(rb"!([A-Z]{2}VD[MO],(\d),(\d),(\d*),([^,]*),([^,]*),([0-5]))\*([0-9A-Fa-f]{2})")
_LOOKS_LIKE = re.compile(rb"![A-Z]{2}VD[MO]")
_PGHP = re.compile(rb"\$PGHP,\d+,(\d+),(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)")
_TAG = re.compile(rb"(?:^|[\\,])c:(\d{10,13})")
_TRAILING = re.compile(rb"[,\s](\d{10}(?:\.\d+)?|\d{13})\s*$")
_LEADING = re.compile(
    rb"^\s*\[?(\d{10}(?:\.\d+)?|\d{13}|"
    rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?[\s,;:]"
)
_POSITION = {1, 2, 3, 18, 27}
_LETTERS = {ord(chr(48 + kind)): kind for kind in (1, 2, 3, 18, 27)}
_LENGTH = {1: 28, 2: 28, 3: 28, 18: 28, 27: 16}


@dataclass
class Decoded:
    """What came of a stream: counts, and static messages (one dict per message). Units of the statics: m."""

    malformed: int = 0
    others: int = 0
    statics: list[dict[str, object]] = field(default_factory=list)


def is_nmea(head: bytes) -> bool:
    """Whether the start of a file holds AIS sentences."""
    return bool(_LOOKS_LIKE.search(head))


@dataclass
class _Batch:
    bodies: list[bytes] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)


def decode(lines: Iterable[bytes], result: Decoded) -> Iterator[pl.DataFrame]:
    """Position reports in batches (mmsi, t_ms, lon, lat, sog, cog, status); counts and statics go to
    `result`.

    Gap rule: t_ms is -1 without a time, lon and lat NOWHERE and sog and cog -1 where not available.
    """
    batch, now = _Batch(), -1
    parts: dict[bytes, dict[int, tuple[bytes, int]]] = {}
    for line in lines:
        if b"VD" not in line[:400]:
            now = _time_of(line, now)
            continue
        found = _SENTENCE.search(line)
        if found is None:
            result.malformed += bool(_LOOKS_LIKE.search(line))
            continue
        at = found.start()
        now = _time_of(line[:at], now) if at else now
        if len(line) > found.end() + 9:
            now = _after(line[found.end() :], now)
        body, total, number, group, channel, payload, _ = found.group(1, 2, 3, 4, 5, 6, 7)
        if total == b"1":
            kind = _LETTERS.get(payload[0], 0) if payload else -1
            if kind in _POSITION:
                batch.bodies.append(body)
                batch.sums.append(int(found.group(8), 16))
                batch.payloads.append(payload)
                batch.kinds.append(kind)
                batch.times.append(now)
            elif kind < 0 or _checksum(body) != int(found.group(8), 16):
                result.malformed += 1
            else:
                yield from _by_pyais([b"!" + found.group(0)[1:]], now, result)
        elif _checksum(body) != int(found.group(8), 16):
            result.malformed += 1
        else:
            yield from _part(
                parts,
                (total + b"," + group + b"," + channel),
                int(total),
                int(number),
                found.group(0),
                now,
                result,
            )
        if len(batch.bodies) >= BATCH:
            yield _positions(batch, result)
            batch = _Batch()
    if batch.bodies:
        yield _positions(batch, result)
    result.malformed += len(parts)


def _part(
    parts: dict[bytes, dict[int, tuple[bytes, int]]],
    key: bytes,
    total: int,
    number: int,
    sentence: bytes,
    now: int,
    result: Decoded,
) -> Iterator[pl.DataFrame]:
    if number == 1 and parts.pop(key, None) is not None:
        result.malformed += 1
    held = parts.setdefault(key, {})
    if number != len(held) + 1:
        del parts[key]
        result.malformed += 1
        return
    held[number] = (sentence, now)
    if number == total:
        del parts[key]
        yield from _by_pyais([held[index][0] for index in range(1, total + 1)], held[1][1], result)
    elif len(parts) > 1_000:
        del parts[next(iter(parts))]
        result.malformed += 1


def _checksum(body: bytes) -> int:
    return functools.reduce(int.__xor__, body, 0)


def _time_of(text: bytes, now: int) -> int:
    """Time said before a sentence, or the last one known."""
    if found := _PGHP.search(text):
        year, month, day, hour, minute, second, ms = (int(each) for each in found.groups())
        try:
            moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        except ValueError:
            return now
        return int(moment.timestamp()) * 1000 + min(ms, 999)
    if found := _TAG.search(text):
        return _epoch(found[1])
    if found := _LEADING.search(text):
        return _stamp(found[1], now)
    return now


def _after(text: bytes, now: int) -> int:
    found = _TRAILING.search(text)
    return _epoch(found[1]) if found else now


def _epoch(digits: bytes) -> int:
    number = float(digits)
    return int(number) if number > 1e11 else round(number * 1000)


def _stamp(text: bytes, now: int) -> int:
    if b"-" not in text:
        return _epoch(text)
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        return now
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _by_pyais(sentences: list[bytes], now: int, result: Decoded) -> Iterator[pl.DataFrame]:
    import pyais  # slow to import, and only raw AIS needs it
    from pyais.exceptions import AISBaseException

    try:
        message = pyais.decode(*sentences)
    except (AISBaseException, ValueError, IndexError, TypeError):
        result.malformed += 1
        return
    kind = int(message.msg_type)
    said: Callable[[str], object] = lambda name: getattr(message, name, None)  # noqa: E731  read once, used below
    if kind in (5, 19, 24):
        result.statics.append(_static(int(message.mmsi), now, said))
    else:
        result.others += kind not in _POSITION
    if kind in _POSITION or kind == 19:
        lon, lat, sog, cog = (float(str(said(name))) for name in ("lon", "lat", "speed", "course"))
        yield pl.DataFrame(
            {
                "mmsi": [int(message.mmsi)],
                "t_ms": [now],
                "lon": [lon if abs(lon) <= 180 else NOWHERE],
                "lat": [lat if abs(lat) <= 90 else NOWHERE],
                "sog": [sog if sog < 102.25 else -1.0],
                "cog": [cog if cog < 360 else -1.0],
                "status": [-1],
            }
        )


def _static(mmsi: int, now: int, said: Callable[[str], object]) -> dict[str, object]:
    def number(name: str) -> float:
        value = said(name)
        return float(value) if isinstance(value, int | float) else 0.0

    def text(name: str) -> str | None:
        return str(said(name) or "").replace("@", "").strip() or None

    length, width = number("to_bow") + number("to_stern"), number("to_port") + number("to_starboard")
    kind = said("ship_type")
    return {
        "mmsi": mmsi,
        "t_ms": now,
        "name": text("shipname"),
        "imo": int(number("imo")) or None,
        "callsign": text("callsign"),
        "ship_type": int(kind) if isinstance(kind, int) else None,
        "length_m": length or None,
        "width_m": width or None,
        "draught_m": number("draught") or None,
    }


def _positions(batch: _Batch, result: Decoded) -> pl.DataFrame:
    """Decode one batch of single-sentence position reports; malformed ones are counted."""
    kinds = np.array(batch.kinds)
    text = np.array(batch.bodies)
    letters = text.view(np.uint8).reshape(len(text), -1)
    right = np.bitwise_xor.reduce(letters, axis=1) == np.array(batch.sums)
    length = np.array([len(payload) for payload in batch.payloads])
    right &= length >= np.vectorize(_LENGTH.__getitem__)(kinds)
    payload = (
        np.array([each[:28].ljust(28, b"0") for each in batch.payloads]).view(np.uint8).reshape(len(text), 28)
    )
    right &= (((payload >= 48) & (payload <= 87)) | ((payload >= 96) & (payload <= 119))).all(axis=1)
    six = payload.astype(np.int64) - 48
    six -= np.where(six > 40, 8, 0)
    result.malformed += int((~right).sum())
    times = np.array(batch.times, dtype=np.int64)
    frames = []
    for kind, layout in (((1, 2, 3), _A), ((18,), _B), ((27,), _LONG_RANGE)):
        rows = right & np.isin(kinds, kind)
        if rows.any():
            frames.append(_fields(six[rows], times[rows], np.flatnonzero(rows), layout))
    if not frames:
        return pl.DataFrame(
            schema={"mmsi": pl.Int64, "t_ms": pl.Int64}
            | dict.fromkeys(("lon", "lat", "sog", "cog"), pl.Float64)
            | {"status": pl.Int64}
        )
    return pl.concat(frames).sort("row").drop("row")


@dataclass(frozen=True)
class _Layout:
    """First bit and number of bits of each field; units per degree and per knot."""

    sog: tuple[int, int]
    lon: tuple[int, int]
    lat: tuple[int, int]
    cog: tuple[int, int]
    status: tuple[int, int] | None
    per_degree: float
    per_knot: float
    per_course: float
    sog_most: int


_A = _Layout((50, 10), (61, 28), (89, 27), (116, 12), (38, 4), 600_000.0, 10.0, 10.0, 1022)
_B = _Layout((46, 10), (57, 28), (85, 27), (112, 12), None, 600_000.0, 10.0, 10.0, 1022)
_LONG_RANGE = _Layout((79, 6), (44, 18), (62, 17), (85, 9), (40, 4), 600.0, 1.0, 1.0, 62)


def _bits(six: npt.NDArray[np.int64], start: int, count: int) -> npt.NDArray[np.int64]:
    first, last = start // 6, (start + count - 1) // 6
    value = np.zeros(len(six), dtype=np.int64)
    for column in range(first, last + 1):
        value = (value << 6) | six[:, column]
    return (value >> ((last + 1) * 6 - start - count)) & ((1 << count) - 1)


def _signed(value: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    return np.where(value >= 1 << (count - 1), value - (1 << count), value)


def _fields(
    six: npt.NDArray[np.int64], times: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], layout: _Layout
) -> pl.DataFrame:
    lon = _signed(_bits(six, *layout.lon), layout.lon[1]) / layout.per_degree
    lat = _signed(_bits(six, *layout.lat), layout.lat[1]) / layout.per_degree
    sog, cog = _bits(six, *layout.sog), _bits(six, *layout.cog) / layout.per_course
    return pl.DataFrame(
        {
            "mmsi": _bits(six, 8, 30),
            "t_ms": times,
            "lon": np.where(np.abs(lon) <= 180, lon, NOWHERE),
            "lat": np.where(np.abs(lat) <= 90, lat, NOWHERE),
            "sog": np.where(sog <= layout.sog_most, sog / layout.per_knot, -1.0),
            "cog": np.where(cog < 360, cog, -1.0),
            "status": _bits(six, *layout.status) if layout.status else np.full(len(six), -1),
            "row": rows,
        }
    )
