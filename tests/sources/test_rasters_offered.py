"""Open rasters for a place: names of tiles, and the fetching of them from a server on loopback."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest

from lithoscope import cli
from lithoscope.domain import registers
from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.pipelines import downstream_rasters, store
from lithoscope.pipelines.downstream_rasters import Place
from lithoscope.sources import rasters, rasters_offered
from lithoscope.sources.fetch import Patience
from terrains import write

HASTY = Patience(seconds=1.0, tries=1, pause=0.01)
GLO30 = "copernicus_glo30"


@pytest.mark.parametrize(
    ("box", "names"),
    [
        ((8.1, 46.2, 8.9, 46.8), ["N46_00_E008"]),
        ((7.5, 46.5, 8.5, 47.5), ["N47_00_E007", "N47_00_E008", "N46_00_E007", "N46_00_E008"]),
        ((-70.5, -33.5, -70.2, -33.1), ["S34_00_W071"]),
        ((-0.5, -0.5, 0.5, 0.5), ["N00_00_W001", "N00_00_E000", "S01_00_W001", "S01_00_E000"]),
    ],
)
def test_tiles_bear_their_south_west_corner(box, names):
    found = rasters_offered.tiles(rasters_offered.offers()[GLO30], [box, box])
    assert [each.file for each in found] == [f"Copernicus_DSM_COG_10_{name}_00_DEM.tif" for name in names]
    assert all(
        each.url.startswith("https://") and each.file in each.url and "{" not in each.url for each in found
    )


def test_every_name_is_one_that_the_reader_of_rasters_knows():
    for offer in rasters_offered.offers().values():
        if offer.is_tiled:
            file = rasters_offered.tiles(offer, [(8.1, 46.1, 8.2, 46.2)])[0].file
            assert rasters.COPERNICUS.match(file)
        else:
            assert rasters.WORLDPOP.match(rasters_offered.country_file(offer, "per").file)
        assert offer.licence and offer.page.startswith("https://")


def test_places_that_are_none_say_so():
    offer = rasters_offered.offers()[GLO30]
    for box in ((9, 46, 8, 47), (8, 46, 9, 97), (float("nan"), 0, 1, 1)):
        with pytest.raises(BadInput, match="no box"):
            rasters_offered.tiles(offer, [box])
    with pytest.raises(BadInput, match="tiles"):
        rasters_offered.tiles(offer, [(-180, -80, 180, 80)])
    with pytest.raises(BadInput, match="alpha-3"):
        rasters_offered.country_file(rasters_offered.offers()["worldpop_1km"], "../")
    with pytest.raises(BadInput, match="for a place"):
        Place()
    with pytest.raises(BadInput, match="per country"):
        downstream_rasters.wanted("worldpop_1km", Place(box="8,46,9,47"))
    with pytest.raises(BadInput, match="no box"):
        downstream_rasters.wanted(GLO30, Place(box="eight"))


@pytest.fixture
def mirror(tmp_path):
    """A server that has the tile of 46 N 8 E and nothing else, and what was asked of it."""
    tile = write(
        tmp_path / "tile.tif", np.full((20, 20), 500.0), crs="EPSG:4326", left=8.0, top=47.0, cell=0.05
    ).read_bytes()
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            has_it = "N46_00_E008" in self.path or "per_ppp" in self.path
            self.send_response(200 if has_it else 404)
            body = tile if has_it else b"no such key"
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def address(mirror):
    return mirror[0] + "/Copernicus_DSM_COG_10_{ns}{lat}_00_{ew}{lon}_00_DEM.tif"


def test_tiles_are_fetched_into_a_folder_that_the_terrain_reader_takes(mirror, tmp_path):
    place = Place(box="7.5,46.2,8.5,46.8")
    got = downstream_rasters.fetch(GLO30, place, tmp_path, url=address(mirror), patience=HASTY)
    assert [each["file"] for each in got["files"]] == ["Copernicus_DSM_COG_10_N46_00_E008_00_DEM.tif"]
    assert got["not_offered"] == ["Copernicus_DSM_COG_10_N46_00_E007_00_DEM.tif"]
    assert got["bytes"] > 0 and len(got["sha256"]) == 64
    assert rasters.open_terrain(got["path"]).holds(8.5, 46.5)
    asked = len(mirror[1])
    downstream_rasters.fetch(GLO30, place, tmp_path, url=address(mirror), patience=HASTY)
    assert len(mirror[1]) == asked + 1, "only the tile that is not there is asked for again"


def test_without_network_it_says_what_to_download_and_where_it_belongs(tmp_path):
    nowhere = "http://127.0.0.1:9/{ns}{lat}{ew}{lon}.tif"
    with pytest.raises(BadInput) as error:
        downstream_rasters.fetch(GLO30, Place(box="7,46,9,47"), tmp_path, url=nowhere, patience=HASTY)
    said = str(error.value)
    assert "Copernicus_DSM_COG_10_N46_00_E007_00_DEM.tif" in said and str(tmp_path / "cache" / GLO30) in said
    assert "dataspace.copernicus.eu" in said


def test_country_and_site_take_the_tiles_around_facilities(tmp_path):
    rows = [
        {"site_id": "tsf:t:0", "lon": 8.5, "lat": 46.5, "country_iso3": "CHE"},
        {"site_id": "tsf:t:1", "lon": -75.5, "lat": -10.5, "country_iso3": "PER"},
    ]
    frame = pd.DataFrame(rows).assign(evidence="official", source_id="t")
    sites = registers.with_geometry(registers.conform(frame, "facilities"))
    store.write_release({"facilities": sites, "mines": registers.empty("mines")}, [], {}, tmp_path)
    near = downstream_rasters.wanted(GLO30, Place(country="che", around_km=10), tmp_path)
    assert [each.file for each in near] == ["Copernicus_DSM_COG_10_N46_00_E008_00_DEM.tif"]
    wide = downstream_rasters.wanted(GLO30, Place(site_id="tsf:t:1"), tmp_path)
    assert len(wide) == 9 and all("_S" in each.file and "_W" in each.file for each in wide)
    people = downstream_rasters.wanted("worldpop_100m", Place(site_id="tsf:t:1"), tmp_path)
    assert [each.file for each in people] == ["per_ppp_2020.tif"]
    with pytest.raises(UnknownName):
        downstream_rasters.wanted(GLO30, Place(country="FRA"), tmp_path)


def test_command_lists_and_fetches(mirror, tmp_path, capsys, monkeypatch):
    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["lithoscope", "fetch", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, printed.err

    common = ("--url", address(mirror), "--data", tmp_path)
    status, out, _ = command(GLO30, "--box", "8.1,46.1,8.2,46.2", "--list", *common)
    assert status == 0 and out.strip().endswith("N46_00_E008_00_DEM.tif") and not mirror[1]
    status, out, err = command(GLO30, "--box", "8.1,46.1,8.2,46.2", "--json", *common)
    document = json.loads(out)
    assert status == 0 and {"name", "path", "sha256", "bytes"} <= set(document)
    status, out, err = command(GLO30, "--data", tmp_path)
    assert status == 2 and "--country" in err and out == ""
