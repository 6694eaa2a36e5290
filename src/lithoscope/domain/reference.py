"""Loads a cited table of data/reference; a table without a source is refused.

A table is a CSV whose first lines are `# key: value`: title, source, locator are required;
unit, boundary and note are optional. Thresholds and code lists live there, so that somebody
who does not program can review and correct one row.
"""

import io
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from lithoscope.domain.errors import BadReference
from lithoscope.domain.folders import DATA

WORDED = frozenset(
    [
        *(
            "ard",
            "basis",
            "commodity",
            "contaminants",
            "element",
            "era",
            "fibrous",
            "group",
            "label",
            "layer",
        ),
        *("metal", "process", "question", "radioactive", "status", "sulphide", "toxic_metal"),
    ]
)
"""Columns whose cells are words that people read; the others hold codes or numbers."""
LISTED = ("ard", "contaminants")
"""Those of them whose cells hold several items, '; ' between."""
OTHER_LANGUAGES = ("_fr",)
"""Endings of columns that hold the words of another column in another language."""
_WORD = re.compile("[a-z]{3}")


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

    @property
    def texts(self) -> list[str]:
        """All of the table that readers see in words: what is said of it, heads of columns, worded cells.

        Left out are symbols and numbers, and columns that the table itself has in other languages.
        """
        columns = [name for name in self._rows.columns if not name.endswith(OTHER_LANGUAGES)]
        about = (self.title, self.source, self.locator, self.unit, self.boundary, self.note)
        found = [*about, *map(head_of, columns)]
        for name in WORDED.intersection(columns):
            if not any(f"{name}{ending}" in self._rows for ending in OTHER_LANGUAGES):
                found += [item for text in self._rows[name].dropna().unique() for item in items(name, text)]
        return list(dict.fromkeys(text for text in found if _WORD.search(text)))


def items(column: str, text: object) -> list[str]:
    """What a worded cell holds: several items where the column lists them."""
    return str(text).split("; ") if column in LISTED else [str(text)]


def head_of(column: str) -> str:
    """A column's name as people read it."""
    return column.replace("_", " ")


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
