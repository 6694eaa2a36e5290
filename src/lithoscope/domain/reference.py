"""Loads a cited table of data/reference; a table without a source is refused.

A table is a CSV whose first lines are `# key: value`: title, source, locator are required;
unit, boundary and note are optional. Thresholds and code lists live there, so that somebody
who does not program can review and correct one row.
"""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from lithoscope.domain.errors import BadReference

DATA = Path(__file__).resolve().parents[3] / "data"
"""The checkout's own data folder: cited tables, corrections, the starter register."""


@dataclass(frozen=True)
class ReferenceTable:
    """Rows with the citation that they rest on.

    `note` says what is not certain ("to be confirmed against the source") and is shown to users.
    """

    name: str
    title: str
    source: str
    locator: str
    unit: str
    boundary: str
    note: str
    _rows: pd.DataFrame

    @property
    def rows(self) -> pd.DataFrame:
        """The rows, as a copy that the caller may change."""
        return self._rows.copy()


def load_file(path: Path) -> ReferenceTable:
    """Read one cited CSV; BadReference if it has no title, source or locator."""
    header: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadReference(f"{path.name}: cannot be read: {error.strerror}") from error
    body_from = 0
    for body_from, line in enumerate(lines):  # noqa: B007  the index is the result
        if not line.startswith("#"):
            break
        key, _, value = line.removeprefix("#").partition(":")
        header[key.strip()] = value.strip()
    for required in ("title", "source", "locator"):
        if not header.get(required):
            raise BadReference(f"{path.name}: no '# {required}:' line; a table without it is not loaded")
    try:
        rows = pd.read_csv(io.StringIO("\n".join(lines[body_from:])), keep_default_na=False, na_values=[""])
    except ValueError as error:
        raise BadReference(f"{path.name}: {error}") from error
    optional = {key: header.get(key, "") for key in ("unit", "boundary", "note")}
    return ReferenceTable(
        path.stem, header["title"], header["source"], header["locator"], **optional, _rows=rows
    )


@cache
def load(name: str) -> ReferenceTable:
    """The table data/reference/`name`.csv."""
    return load_file(DATA / "reference" / f"{name}.csv")


def names() -> list[str]:
    """All tables of data/reference, in alphabetical order."""
    return sorted(path.stem for path in (DATA / "reference").glob("*.csv"))
