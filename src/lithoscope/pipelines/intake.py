"""What comes before a build: the mapping of an unknown table."""

from pathlib import Path
from typing import Any

from lithoscope.domain.errors import BadInput
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
