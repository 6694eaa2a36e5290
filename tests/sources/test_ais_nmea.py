"""Raw AIS: decoded fields, times beside sentences, messages of several parts, broken sentences."""

import gzip

import polars as pl
import pyais
import pytest

from lithoscope.sources import ais_nmea
from lithoscope.sources.ais_nmea import Decoded, decode


def sentence(**fields) -> str:
    kind = fields.pop("type")
    return pyais.encode_dict({"msg_type": kind, **fields}, talker_id="AI", radio_channel="A")[0]


def position(mmsi=219000001, **fields) -> str:
    return sentence(
        **{"type": 1, "mmsi": mmsi, "lon": 10.5, "lat": -55.25, "speed": 2.3, "course": 91.5, **fields}
    )


def read(*lines: str) -> tuple[pl.DataFrame, Decoded]:
    result = Decoded()
    frames = list(decode([line.encode() + b"\r\n" for line in lines], result))
    return (pl.concat(frames) if frames else pl.DataFrame()), result


def test_fields_of_a_class_a_report():
    found, _ = read("1384257600 " + position())
    row = found.row(0, named=True)
    assert row["mmsi"] == 219000001
    assert row["t_ms"] == 1384257600000
    assert row["lon"] == pytest.approx(10.5, abs=1e-6)
    assert row["lat"] == pytest.approx(-55.25, abs=1e-6)
    assert (row["sog"], row["cog"]) == (2.3, 91.5)


@pytest.mark.parametrize("kind", [1, 2, 3, 18, 27])
def test_every_kind_of_position_agrees_with_the_library(kind):
    line = sentence(type=kind, mmsi=244123456, lon=-3.5, lat=51.75, speed=7.0, course=200.0)
    found, _ = read(line)
    theirs = pyais.decode(line)
    assert found["lon"][0] == pytest.approx(theirs.lon, abs=1e-4)
    assert found["lat"][0] == pytest.approx(theirs.lat, abs=1e-4)
    assert found["sog"][0] == pytest.approx(theirs.speed)
    assert found["cog"][0] == pytest.approx(theirs.course)


def test_not_available_is_unknown():
    found, _ = read(position(lon=181, lat=91, speed=102.3, course=360))
    assert found.row(0) == (219000001, -1, 999.0, 999.0, -1.0, -1.0, 15)


PGHP = "$PGHP,1,2013,11,12,12,0,5,219,219,,2190067,1,62*26"


@pytest.mark.parametrize(
    "lines",
    [
        (PGHP, position()),
        ("\\s:2190067,c:1384257605*5A\\" + position(),),
        ("\\g:1-1-5,c:1384257605000*5A\\", position()),
        (position() + ",r003669945,1384257605",),
        ("2013-11-12 12:00:05 " + position(),),
        ("2013-11-12T13:00:05+01:00," + position(),),
    ],
)
def test_times_stand_before_in_or_after_the_sentence(lines):
    found, _ = read(*lines)
    assert found["t_ms"][0] // 1000 == 1384257605


def test_static_message_of_two_parts():
    parts = pyais.encode_dict(
        {
            "msg_type": 5,
            "mmsi": 244476000,
            "imo": 9285366,
            "shipname": "SAND ONE",
            "ship_type": 33,
            "to_bow": 90,
            "to_stern": 27,
            "draught": 6.3,
        },
        talker_id="AI",
        radio_channel="A",
        seq_id=3,
    )
    assert len(parts) == 2
    _, result = read(PGHP, *parts)
    (static,) = result.statics
    assert static["name"] == "SAND ONE"
    assert (static["imo"], static["ship_type"], static["length_m"]) == (9285366, 33, 117.0)
    assert static["draught_m"] == pytest.approx(6.3)


def test_broken_sentences_are_counted_and_the_rest_is_read():
    good = position()
    wrong_sum = good[:-1] + ("0" if good[-1] != "0" else "1")
    found, result = read(good, wrong_sum, good[:25], "noise", "!AIVDM,2,2,4,A,88888888880,2*20")
    assert found.height == 1
    assert result.malformed == 3


def test_the_danish_sample_is_read_whole(shared_data):
    result = Decoded()
    with gzip.open(shared_data / "ais-dma-2013" / "ais-sample.nmea.txt.gz") as lines:
        found = pl.concat(list(decode(lines, result)))
    theirs = pl.read_parquet(shared_data / "ais-dma-2013" / "positions.parquet")
    assert found.height == theirs.height == 24_688
    assert (found["mmsi"] == theirs["mmsi"]).all()
    assert (found["lon"] - theirs["lon"]).abs().max() < 1e-6
    assert (found["t_ms"] == theirs["t"].dt.timestamp("ms")).all()
    assert (theirs["sog"] == 102.3).sum() == 65 == ((found["sog"] < 0).sum())


def test_what_is_nmea():
    assert ais_nmea.is_nmea(b"\\si:X*3F\\\r\n!BSVDM,1,1,,A,13@:`L001N0ded0O6Fp8wW<00<0t,0*62")
    assert not ais_nmea.is_nmea(b"MMSI,LAT,LON\n")
