"""Fixtures that many tests share."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of publishers' real files beside the project; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the publishers' files (../shared/data) are not on this machine")
    return SHARED
