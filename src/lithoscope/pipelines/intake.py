"""What comes before a build: the mapping of an unknown table, and fetching a publisher's file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lithoscope.domain.errors import BadInput
from lithoscope.domain.folders import DATA
from lithoscope.sources import fetch as fetching
from lithoscope.sources import proposal


def propose(file: Path, out: Path | None = None) -> tuple[str, dict[str, Any]]:
    """The proposed mapping as YAML, and as plain values; written to `out` if given.

    Raises BadInput for a file that cannot be read or whose headings say nothing.
    """
    mapping = proposal.propose(file)
    text = (
        f"# How Lithoscope reads {file.name}. Check each line, then: --source table={file.name}:THIS_FILE\n"
    )
    text += mapping.to_yaml()
    if out is not None:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise BadInput(
                f"cannot be written: {error.strerror}", "choose another place", file=out.name
            ) from error
    return text, mapping.model_dump(exclude_defaults=True)


def fetch(
    name: str,
    data: Path | None = None,
    *,
    url: str = "",
    sha256: str = "",
    again: bool = False,
    progress: Callable[[int, int | None], None] = lambda *_: None,
) -> dict[str, Any]:
    """A source's file, fetched into the cache of the data folder: name, path, sha256, bytes, retrieved.

    url, sha256: a mirror and the checksum that the file must have, in place of the table's.
    """
    what = fetching.download_of(name)
    if url or sha256:
        what = replace(what, url=url or what.url, sha256=sha256 or what.sha256)
    found = fetching.fetch(what, (data or DATA) / "cache" / name, again=again, progress=progress)
    return {
        "name": found.name,
        "path": str(found.path),
        "sha256": found.sha256,
        "bytes": found.bytes,
        "retrieved": found.retrieved,
    }
