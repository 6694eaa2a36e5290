"""Fixtures that many tests share."""

import gc
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from xdist.scheduler import LoadScopeScheduling

from lithoscope import cli
from lithoscope.domain import registers
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.pipelines import store


class ByFile(LoadScopeScheduling):
    """Each file goes to the worker that is free, with what its tests share; all of the browser to one."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


BROWSER = "tests/browser/"
"""Two browsers would starve each other."""


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    """The longest parts first, the browser and then what stands at the top: nobody waits in the end."""
    items.sort(key=lambda item: (not item.nodeid.startswith(BROWSER), item.nodeid.count("/")))


def pytest_collection_finish():
    """What is loaded by now stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of publishers' real files beside the project; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the publishers' files (../shared/data) are not on this machine")
    return SHARED


@dataclass(frozen=True)
class Ran:
    """What a run of the command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def lithoscope(monkeypatch, capsys):
    """Runs the `lithoscope` command in this process: lithoscope("build", "--json") -> Ran."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lithoscope", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def made_data(tmp_path_factory):
    """A data folder whose release holds made-up sites: made_data(n) -> Path. The same n, the same folder.

    Facilities 0..n-1 around four places, every tenth without coordinates, classes in turn, then two unrated;
    a third as many mines; three failures. Facility 0 has a hostile name, facility 1 an accented one.
    """
    return _MadeData(tmp_path_factory)


class _MadeData:
    """Makes each release once."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._made: dict[int, Path] = {}

    def __call__(self, n: int) -> Path:
        if n not in self._made:
            self._made[n] = self._make(n, self._folders.mktemp(f"data{n}"))
        return self._made[n]

    def _make(self, n: int, folder: Path) -> Path:
        facilities = _made_sites(n, "tsf").assign(
            consequence_class=lambda frame: _in_turn(len(frame), [*CONSEQUENCE.codes, None, None]),
            consequence_class_high=lambda frame: frame["consequence_class"],
            dam_height_m=10.0 + np.arange(n) % 50,
        )
        mines = _made_sites(max(n // 3, 3), "mine").assign(status="abandoned")
        events = facilities.loc[facilities["lon"].notna(), ["site_id", "record_id", "source_id", "evidence"]]
        events = events.head(3).assign(kind="failure", year=[1998, 2015, 2019], event_id=["e1", "e2", "e3"])
        store.write_release(
            {
                "facilities": _register(facilities, "facilities"),
                "mines": _register(mines, "mines"),
                "facilities_records": _register(facilities, "facilities"),
                "mines_records": _register(mines, "mines"),
                "events": events.reindex(columns=list(registers.EVENT_COLUMNS)),
            },
            [SourceRecord("made", "Made for tests", "the tests", "none", "CC0-1.0", "simulated")],
            {},
            folder,
        )
        return folder


def _in_turn(n: int, values: list[Any]) -> list[Any]:
    return [values[i % len(values)] for i in range(n)]


def _made_sites(n: int, prefix: str) -> pd.DataFrame:
    middles = {"BRA": (-44.0, -20.0), "USA": (-112.0, 41.0), "ZAF": (27.0, -26.0), "AUS": (120.0, -28.0)}
    shift = np.arange(n) / max(n - 1, 1) - 0.5
    codes = _in_turn(n, list(middles))
    places = np.array([middles[code] for code in codes])
    frame = pd.DataFrame(
        {
            "site_id": [f"{prefix}:made:{i}" for i in range(n)],
            "record_id": [f"made:{prefix}{i}" for i in range(n)],
            "source_id": "made",
            "evidence": "simulated",
            "name": [f"Site {i}" for i in range(n)],
            "owner": _in_turn(n, ["Northern Metals", "Société du Sud"]),
            "country_iso3": codes,
            "status": _in_turn(n, ["active", "closed", "abandoned"]),
            "lon": places[:, 0] + 8 * shift,
            "lat": places[:, 1] + 5 * np.sin(20 * shift),
        }
    )
    frame.loc[frame.index[9::10], ["lon", "lat"]] = np.nan
    frame.loc[0, "name"] = "<img src=x onerror=alert(1)> @@=evil {name}"
    frame.loc[1, "name"] = "Saint-Étienne"
    return frame


def _register(frame: pd.DataFrame, layer: str) -> gpd.GeoDataFrame:
    return registers.with_geometry(registers.conform(frame, layer))
