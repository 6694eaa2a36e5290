"""Fixtures that many tests share."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lithoscope import cli

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
