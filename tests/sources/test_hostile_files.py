"""Files from strangers who mean harm: each gives a clear refusal or is read as harmless text.

Each file is made here. A server on loopback counts the requests that a reader was talked into (none may
come), a secret file must never be read, and no file may take longer than its limits allow.
"""

# ruff: noqa: E501  a hostile file is easier to judge in one line

import contextlib
import json
import os
import signal
import sqlite3
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import xlsxwriter

from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.sources import files, mapping, readers, table
from lithoscope.sources.limits import INGEST, MIB, Limits
from lithoscope.sources.mapping import Mapping

SECRET = "root-of-all-secrets"
QUICK = Limits(
    file_bytes=10 * MIB,
    rows=10_000,
    columns=300,
    cell_chars=100_000,
    unpacked_bytes=50 * MIB,
    vertices=10_000,
    all_vertices=100_000,
    seconds=20,
    memory_bytes=2 * 1024 * MIB,
)


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """A server that writes down every request; its address and the list."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text(f"name,lat,lon\n{SECRET},1,1\n")
    return path


def refused(path: Path, limits: Limits = QUICK, *, also_propose: bool = False) -> str:
    """The one-line refusal of reading a file, and of proposing a mapping for it."""
    attempts = [lambda: table.read(path, Mapping(layer="facilities"), limits=limits)]
    attempts += [lambda: table.propose(path, limits=limits)] if also_propose else []
    said = []
    for attempt in attempts:
        with pytest.raises(BadInput) as caught:
            attempt()
        said.append(str(caught.value))
    assert all("\n" not in text and len(text) < 500 and SECRET not in text for text in said)
    assert all(str(path.parent) not in text for text in said), "a folder of the server is nobody's business"
    return said[0]


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["innocent.geojson", "innocent.csv", "innocent.gpkg", "innocent.vrt"])
def test_a_virtual_format_that_names_another_file(tmp_path: Path, secret: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>')  # fmt: skip
    assert "XML" in refused(path)


def test_xml_that_asks_a_server(tmp_path: Path, trap: tuple[str, list[str]]) -> None:
    address, seen = trap
    texts = [
        f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>",
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "{address}/dtd">]><kml>&x;</kml>',
        f'<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand><SimpleSource><SourceFilename>/vsicurl/{address}/x.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>',
    ]
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.geojson"
        path.write_text(text)
        refused(path)
    assert seen == []


@pytest.mark.parametrize(
    "form", ["{}/x.geojson", "/vsicurl/{}/x.geojson", "GeoJSON:{}/x", "/vsizip/{}/x.zip", "WFS:{}", "CSV:{}"]
)
def test_an_address_is_no_path(trap: tuple[str, list[str]], form: str) -> None:
    address, seen = trap
    with pytest.raises(BadInput, match="no such file"):
        table.propose(Path(form.format(address)))
    assert seen == []


def test_geojson_that_names_an_address_is_only_text(tmp_path: Path, trap: tuple[str, list[str]]) -> None:
    address, seen = trap
    path = tmp_path / "a.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": f"/vsicurl/{address}", "crs": address},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    document = {
        "type": "FeatureCollection",
        "features": [feature],
        "crs": {"type": "link", "properties": {"href": f"{address}/crs"}},
    }
    path.write_text(json.dumps(document))
    with contextlib.suppress(BadInput):
        table.read(path, limits=QUICK)
    assert seen == []


@pytest.mark.parametrize("kind", ["fifo", "device", "folder link"])
def test_what_is_no_plain_file(tmp_path: Path, secret: Path, kind: str) -> None:
    if kind == "fifo":
        os.mkfifo(tmp_path / "pipe.csv")
        path = tmp_path / "pipe.csv"
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        path = tmp_path / "folder"
        path.mkdir()
        (path / "x.csv").symlink_to(secret)
    with pytest.raises(BadInput):
        table.read(path)


def with_link(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo("layer.shp")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/hostname")
    return path


def lying(path: Path) -> Path:
    """An archive whose headers say that the shape is small."""
    zipped(path, {"layer.shp": b"\0" * 3_000_000, "layer.dbf": b"x"})
    plain = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        plain[plain.find(mark) + offset : plain.find(mark) + offset + 4] = struct.pack("<I", 10)
    path.write_bytes(plain)
    return path


ARCHIVES = {
    "ratio": lambda path: zipped(path, {"layer.shp": b"\0" * 20_000_000}),
    "unpacked": lambda path: zipped(path, {"layer.shp": os.urandom(9_000_000), "b.dbf": b"\0" * 45_000_000}),
    "members": lambda path: zipped(
        path, {"layer.shp": b"x"} | {f"{number}.txt": b"x" for number in range(60)}
    ),
    "outside": lambda path: zipped(path, {"../../layer.shp": b"x"}),
    "absolute": lambda path: zipped(path, {"/tmp/layer.shp": b"x"}),
    "backslash": lambda path: zipped(path, {"..\\layer.shp": b"x"}),
    "drive": lambda path: zipped(path, {"C:\\layer.shp": b"x"}),
    "link": with_link,
    "nested": lambda path: zipped(path, {"layer.shp": b"x", "more.zip": b"PK"}),
    "lying": lying,
    "empty": lambda path: zipped(path, {}),
    "no table": lambda path: zipped(path, {"readme.txt": b"x"}),
    "two layers": lambda path: zipped(path, {"a.shp": b"x", "b.shp": b"x"}),
    "not a shape": lambda path: zipped(path, {"a.shp": b"x" * 200, "a.dbf": b"y" * 200}),
    "cut off": lambda path: path.write_bytes(zipped(path, {"a.shp": b"x" * 500}).read_bytes()[:60]) and path,
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives(tmp_path: Path, kind: str) -> None:
    before = set(Path("/tmp").iterdir())
    refused(ARCHIVES[kind](tmp_path / "a.zip"))
    assert not [path for path in set(Path("/tmp").iterdir()) - before if path.name.endswith((".shp", ".dbf"))]


def test_geometry_nested_without_end(tmp_path: Path) -> None:
    deep = 100_000
    path = tmp_path / "a.csv"
    text = "GEOMETRYCOLLECTION (" * deep + "POINT (1 1)" + ")" * deep
    path.write_text(
        f'name,wkt\nfine,POINT (1 2)\nbad,"{text[:90_000]}"\nmild,"POLYGON ((0 0, 0 1, 1 1, 0 0))"\n'
    )
    reading = table.read(
        path, Mapping(layer="facilities", place={"wkt": "wkt"}, fields={"name": "name"}), limits=QUICK
    )
    assert reading.records["facilities"]["lon"].isna().tolist() == [False, True, False]
    assert reading.findings[["row", "code"]].to_numpy().tolist() == [[3, "bad_coordinates"]]


@pytest.mark.parametrize("depth", [12, 20_000])
def test_geojson_nested_without_end(tmp_path: Path, depth: int) -> None:
    shape = (
        '{"type":"GeometryCollection","geometries":[' * depth
        + '{"type":"Point","coordinates":[1,1]}'
        + "]}" * depth
    )
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"x"},"geometry":' + shape + "}]}")  # fmt: skip
    try:
        reading = table.read(path, Mapping(layer="facilities"), limits=QUICK)
    except BadInput as error:
        assert "nested" in str(error) or "read" in str(error)
    else:
        assert reading.records["facilities"]["lon"].isna().all()


def test_too_many_vertices_and_a_ring_that_is_slow_to_repair(tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 20_001)
    large = gpd.GeoDataFrame(
        {"name": ["a"]}, geometry=[shapely.Polygon(np.c_[np.cos(angle), np.sin(angle)])], crs=4326
    )
    large.to_file(tmp_path / "large.gpkg")
    assert "vertices" in refused(tmp_path / "large.gpkg")
    random = np.random.default_rng(1).uniform(-1, 1, (500, 2))
    tangled = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Polygon(random)], crs=4326)
    tangled.to_file(tmp_path / "tangled.gpkg")
    try:
        assert table.read(tmp_path / "tangled.gpkg", Mapping(layer="facilities"), limits=QUICK).rows_read == 1
    except UnsafeFile as error:
        assert "limits" in str(error) or "seconds" in str(error)


def database(path: Path, *statements: str) -> Path:
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(1, 1)], crs=4326).to_file(path, layer="dams")
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


def test_a_geopackage_whose_view_would_run_functions(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.gpkg",
        "CREATE VIEW spy AS SELECT 1 AS fid, ogr_geocode('x') AS name",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('spy', 'attributes', 'spy')",
    )
    assert "view" in refused(path)


def test_a_database_that_is_no_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE dams (name, lat, lon)")
    connection.close()
    assert "GeoPackage" in refused(path)
    path.write_bytes(b"SQLite format 3\x00" + os.urandom(5_000))
    refused(path)


def test_parquet_that_is_damaged_or_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + os.urandom(2_000) + b"PAR1")
    refused(path)
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    wkb = [
        b"\x01\x01\x00\x00\x00" + struct.pack("<2d", 1, 2),
        b"\x01\x07\x00\x00\x00\xff\xff\xff\x7f",
        os.urandom(50),
        b"",
    ]
    pq.write_table(
        pa.table({"name": list("abcd"), "geometry": wkb}).replace_schema_metadata({"geo": json.dumps(geo)}),
        path,
    )
    reading = table.read(path, Mapping(layer="facilities", fields={"name": "name"}), limits=QUICK)
    assert reading.records["facilities"]["lon"].isna().tolist() == [False, True, True, True]


def workbook_with(path: Path, member: str, text: str) -> Path:
    """A workbook of which one part was replaced by a stranger's text."""
    plain = path.with_name("plain.xlsx")
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet("Dams").write_row(0, 0, ["TSF", "Latitude", "Longitude"])
    with zipfile.ZipFile(plain) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    return zipped(path, parts | {member: text.encode()})


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def test_a_workbook_with_one_cell_in_its_last_corner(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>TSF</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = workbook_with(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", SHEET.format(rows))
    refused(path, QUICK)


def test_a_workbook_with_entities_that_grow(tmp_path: Path) -> None:
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    text = f"<?xml version='1.0'?><!DOCTYPE sst [{entities}]><sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>&i;</t></si></sst>"
    path = workbook_with(tmp_path / "a.xlsx", "xl/sharedStrings.xml", text)
    try:
        table.read(path, Mapping(layer="facilities"), limits=QUICK)
    except BadInput as error:
        assert "\n" not in str(error)


def test_a_workbook_of_random_bytes(tmp_path: Path) -> None:
    refused(workbook_with(tmp_path / "a.xlsx", "xl/workbook.xml", "<workbook"))


TEXTS = {
    "empty": b"",
    "only spaces": b"  \n \n",
    "only headings": b"TSF,Lat,Lon\n",
    "binary": bytes(range(256)) * 20,
    "NUL": b"TSF,Lat,Lon\na\x00,1,1\n",
    "JSON list": b'[{"name": 1}]',
    "PDF": b"%PDF-1.7 ...",
    "old Excel": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
    "gzip": b"\x1f\x8b" + b"\0" * 100,
    "5000 columns": ",".join(f"c{number}" for number in range(5_000)).encode()
    + b"\n"
    + b"1," * 4_999
    + b"1\n",
    "huge cell": b"TSF,Lat,Lon\n" + b"a" * 200_000 + b",1,1\n",
    "open quote": b'TSF,Lat,Lon\n"a,1,1\n' + b"b,2,2\n" * 40_000,
    "too many rows": b"TSF,Lat,Lon\n" + b"a,1,1\n" * 10_001,
    "too large": b"TSF,Lat,Lon\n" + b"a,1,1\n" * 2_000_000,
    "broken GeoJSON": b'{"type": "FeatureCollection", "features": [{"type": "Fea',
    "JSON object": b'{"a": 1}',
    "half UTF-16": "TSF,Lat,Lon\na,1,1\n".encode("utf-16") + b"\x00",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_that_is_no_table(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXTS[kind])
    refused(path, also_propose=True)


def test_text_that_looks_like_code_stays_text(tmp_path: Path) -> None:
    cells = [
        '=HYPERLINK("http://x")',
        "@@=alert(1)",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE dams; --",
        "{{7*7}}",
        "%s%n",
        "(",
        "\u202egnp.exe",
    ]
    path = tmp_path / "a.csv"
    rows = [f'"{cell.replace(chr(34), chr(34) * 2)}",1,1' for cell in cells]
    path.write_text("TSF,Lat,Lon\n" + "\n".join(rows) + "\n", encoding="utf-8")
    records = table.read(path, limits=QUICK).records["facilities"]
    assert records["name"].tolist() == cells
    assert [json.loads(text)["TSF"] for text in records["raw"]] == cells


def test_headings_that_look_like_code_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('TSF,Lat,Lon,%s,{0},"a""b",__class__,geometry:wkt\na,1,1,p,q,r,s,t\n')
    raw = json.loads(table.read(path, limits=QUICK).records["facilities"]["raw"][0])
    assert (raw["%s"], raw["{0}"], raw['a"b'], raw["__class__"]) == ("p", "q", "r", "s")


def test_a_utf16_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("TSF;Lat;Lon\nÑ;1;1\n".encode("utf-16"))
    assert table.read(path).records["facilities"]["name"].tolist() == ["Ñ"]


def test_a_hostile_mapping_reaches_no_file(secret: Path) -> None:
    for text in (
        f"layer: !!python/name:os.system\nsource: {secret}",
        f"layer: facilities\nsheet: !include {secret}",
        "layer: facilities\nfields: {raw: x}",
    ):
        with pytest.raises(BadInput) as caught:
            mapping.parse(text)
        assert SECRET not in str(caught.value)


def test_only_the_allowed_drivers_are_there() -> None:
    files.assert_drivers()
    import pyogrio

    assert set(pyogrio.list_drivers()) <= files.ALLOWED_DRIVERS
    assert {"GPKG", "GeoJSON", "ESRI Shapefile", "FlatGeobuf"} <= set(pyogrio.list_drivers())


def test_a_child_that_takes_too_much_is_ended_and_the_next_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    turn = np.linspace(0, 2 * np.pi, 900_000)
    ring = shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]))
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[ring], crs=4326).to_file(path)
    narrow = Limits(**{**INGEST.model_dump(), "memory_bytes": 150_000_000})
    with pytest.raises(UnsafeFile, match="limits of time and memory"):
        table.propose(path, limits=narrow)
    assert table.propose(path).place.columns() == []


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    hurried = Limits(**{**INGEST.model_dump(), "seconds": 1})
    with pytest.raises(UnsafeFile, match="takes longer than 1 seconds"):
        files.run_child("wkt", endless, tmp_path / "rows.arrow", {}, limits=hurried, file="a.csv")


def test_an_interrupted_read_leaves_no_process(tmp_path: Path) -> None:
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    started = []
    original = readers.Reader.ask

    def interrupted(reader: readers.Reader, request: dict[str, Any], seconds: float) -> int | None:
        started.append(reader.process)
        signal.setitimer(signal.ITIMER_REAL, 1)
        return original(reader, request, seconds)

    former = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(readers.Reader, "ask", interrupted)
            files.run_child("wkt", endless, tmp_path / "rows.arrow", {}, limits=INGEST, file="a.csv")
    finally:
        signal.signal(signal.SIGALRM, former)
    assert started[0].returncode == -signal.SIGKILL
    for _ in range(50):
        try:
            os.close(os.open(endless, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return  # nobody reads any more
        time.sleep(0.1)
    pytest.fail("the fork still reads")


def test_readers_that_were_killed_meanwhile_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(1, 1)], crs=4326).to_file(path)
    table.propose(path)
    (waiting,) = readers._idle
    waiting.process.kill()
    waiting.process.wait()
    assert table.propose(path).place.columns() == []


def test_several_threads_read_at_once(tmp_path: Path) -> None:
    def read(k: int) -> list[str]:
        path = tmp_path / f"{k}.gpkg"
        points = gpd.points_from_xy(range(k + 1), range(k + 1))
        gpd.GeoDataFrame({"name": [f"{k}-{i}" for i in range(k + 1)]}, geometry=points, crs=4326).to_file(
            path
        )
        return list(files.open_table(path).frame()["name"])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(4))) == [[f"{k}-{i}" for i in range(k + 1)] for k in range(4)]
    assert len(readers._idle) == 1


def geoparquet(path: Path, geo: object, **columns: object) -> Path:
    """A Parquet file that says `geo` of its geometry."""
    held = {"name": ["a"], "geometry": [shapely.to_wkb(shapely.Point(-44, -20))]} | columns
    pq.write_table(pa.table(held).replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


@pytest.mark.parametrize("crs", [{"type": "nonsense"}, "EPSG:999999", ["x"]])
def test_a_reference_system_that_nobody_knows(tmp_path: Path, crs: object) -> None:
    about = {"encoding": "WKB", "geometry_types": [], "crs": crs}
    path = geoparquet(tmp_path / "a.parquet", {"columns": {"geometry": about}})
    assert "column geometry" in (said := refused(path))
    assert "reproject the layer to WGS 84" in said


@pytest.mark.parametrize(
    ("geo", "columns"),
    [
        ({"columns": [1]}, {}),
        ({"columns": {"geometry": "x"}}, {}),
        ({"columns": {"geometry": {"encoding": "WKB"}}}, {"geometry": ["POINT (1 2)"]}),
        ({"columns": {"geometry": {"encoding": "WKB"}}}, {"geometry": [5]}),
    ],
)
def test_metadata_that_lie_of_the_geometry(tmp_path: Path, geo: object, columns: dict[str, Any]) -> None:
    assert "is not written as WKB" in refused(geoparquet(tmp_path / "a.parquet", geo, **columns))


def test_times_that_no_calendar_holds(tmp_path: Path) -> None:
    late = pa.array([9 * 10**18], pa.timestamp("us"))
    assert "cannot be read; check" in refused(geoparquet(tmp_path / "a.parquet", None, built=late))


def test_empty_shapes_have_no_place(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    shapes = [shapely.Point(), shapely.Polygon(), shapely.GeometryCollection(), shapely.Point(-44, -20)]
    gpd.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs=4326).to_file(path)
    (records,) = table.read(path).records.values()
    assert records["lon"].isna().tolist() == [True, True, True, False]


@pytest.mark.parametrize("name", ["geometry:lon", "geometry:wkt", "source row", "cells beyond the headings"])
def test_headings_that_are_our_own(tmp_path: Path, name: str) -> None:
    rows = pd.DataFrame({"name": ["a", "b"], name: ["=1", "x"], "lat": [-20, -21], "lon": [-44, -45]})
    rows.to_csv(tmp_path / "a.csv", index=False)
    points = gpd.points_from_xy(rows["lon"], rows["lat"])
    gpd.GeoDataFrame(rows, geometry=points, crs=4326).to_file(tmp_path / "a.geojson")
    for file in ("a.csv", "a.geojson"):
        (records,) = table.read(tmp_path / file).records.values()
        assert records["lat"].tolist() == [-20, -21]
        assert json.loads(records["raw"].iloc[0])[f"{name} (2)"] == "=1"


def test_a_count_beyond_all_counting(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,number of embankments\na,1e308\nb,99999999999999999999\nc,3\n")
    reading = table.read(path, Mapping(layer="facilities", fields={"name": "name", "embankments_count": "number of embankments"}))  # fmt: skip
    assert reading.records["facilities"]["embankments_count"].tolist() == [pd.NA, pd.NA, 3]
    assert reading.findings.loc[reading.findings["code"].eq("not_a_number"), "row"].tolist() == [2, 3]


def test_a_quote_that_is_never_closed_swallows_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('name,lat,lon\na,-20,-44\n"b,-21,-45\nc,-22,-46\n')
    assert "row 3: a quote opens in this row and is never closed" in refused(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_line_and_mark_of_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(["name,lat,lon", "Águas,-20,-44", "b,-21,-45", ""]).encode(encoding))
    (records,) = table.read(path).records.values()
    assert records[["name", "lat"]].values.tolist() == [["Águas", -20], ["b", -21]]
