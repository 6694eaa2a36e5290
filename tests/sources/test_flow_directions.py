"""Flow directions that a user gives: which files go with a terrain, and what their codes become."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from lithoscope.domain.errors import BadInput, UnsafeFile
from lithoscope.sources.flow_directions import open_directions
from lithoscope.sources.rasters import open_terrain


def write(path, cells, *, crs="EPSG:4326", left=8.0, top=47.0, cell=0.01, nodata=None):
    cells = np.asarray(cells)
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1, dtype=cells.dtype,
        crs=crs, transform=from_origin(left, top, cell, cell), nodata=nodata,
    ) as target:  # fmt: skip
        target.write(cells, 1)
    return path


@pytest.fixture
def terrain(tmp_path):
    return open_terrain(write(tmp_path / "dem.tif", np.full((4, 5), 100.0, "float32")))


def test_codes_lie_on_the_terrain_s_cells_whatever_the_extent(terrain, tmp_path):
    larger = np.arange(48).reshape(6, 8) % 8
    codes = (1 << larger).astype("uint8")
    found = open_directions(write(tmp_path / "d.tif", codes, left=7.98, top=47.01), terrain)
    assert np.array_equal(found.codes(terrain.grid), codes[1:5, 2:7])
    smaller = open_directions(write(tmp_path / "s.tif", codes[:2, :2], left=8.01, top=46.99), terrain)
    seen = smaller.codes(terrain.grid)
    assert np.array_equal(seen[1:3, 1:3], codes[:2, :2]) and (np.delete(seen, [1, 2], 0) == 247).all()


def test_signed_bytes_and_no_value_are_read_as_their_publishers_mean_them(terrain, tmp_path):
    signed = np.tile(np.array([1, -128, -1, -9, 0], "int8"), (4, 1))
    found = open_directions(write(tmp_path / "merit.tif", signed), terrain)
    assert found.codes(terrain.grid)[0].tolist() == [1, 128, 255, 247, 0]
    without = np.tile(np.array([1, 255, 255, 2, 0], "uint8"), (4, 1))
    tagged = open_directions(write(tmp_path / "tagged.tif", without, nodata=255), terrain)
    assert tagged.codes(terrain.grid)[0].tolist() == [1, 247, 247, 2, 0]


EAST = np.ones((4, 5), "uint8")
REFUSED = {
    "floats": ({"cells": EAST.astype("float32")}, r"d\.tif: float32: flow directions are whole numbers; "),
    "other codes": ({"cells": EAST * 3}, r"d\.tif: 3: is no D8 flow direction; give ESRI codes"),
    "another CRS": ({"cells": EAST, "crs": "EPSG:4258"}, r"cells of dem\.tif: their CRS differs; "),
    "cell size": ({"cells": EAST, "cell": 0.02}, r"their cells are 0\.02 x 0\.02, not 0\.01 x 0\.01; "),
    "half a cell off": ({"cells": EAST, "left": 8.005}, "shifted by a part of a cell; "),
    "elsewhere": ({"cells": EAST, "left": 9.0}, "they lie elsewhere; "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_what_to_do(name, terrain, tmp_path):
    options, words = REFUSED[name]
    options = dict(options)
    path = write(tmp_path / "d.tif", options.pop("cells"), **options)
    with pytest.raises(BadInput, match=words):
        open_directions(path, terrain)


def test_a_vrt_and_an_address_are_refused(terrain, tmp_path):
    disguised = tmp_path / "d.tif"
    disguised.write_text("<VRTDataset/>")
    for path in (disguised, "https://example.org/d.tif", "/vsicurl/https://example.org/d.tif"):
        with pytest.raises(UnsafeFile):
            open_directions(path, terrain)
