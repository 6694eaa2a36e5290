"""Child process that reads one binary file under limits of time and memory and writes plain Arrow rows.

Started by `files.run_child`: a request as JSON on standard input, the answer as JSON on standard output,
the rows in an Arrow stream of text columns. It may die of a crafted file; then only it is lost. It
opens nothing but the copy that it is given, whose name is ours.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from lithoscope.domain.errors import BadInput
from lithoscope.sources.limits import Limits


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    limits = Limits(**request.pop("limits"))
    _confine(limits)
    form, copy, result = request.pop("form"), Path(request.pop("path")), Path(request.pop("result"))
    try:
        answer = _read(form, copy, result, request, limits)
    except BadInput as error:
        answer = {
            "refused": error.what,
            "remedy": error.remedy,
            "row": error.row,
            "column": error.column,
            "value": None if error.value is None else str(error.value)[:80],
            "unsafe": type(error).__name__ == "UnsafeFile",
        }
    json.dump(answer, sys.stdout)


def _confine(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(form: str, copy: Path, result: Path, options: dict[str, Any], limits: Limits) -> dict[str, Any]:
    if form == "xlsx":
        from lithoscope.sources import sheets

        return sheets.read(copy, result, limits=limits, **options)
    from lithoscope.sources import vectors

    if form == "parquet":
        return vectors.read_parquet(copy, result, limits=limits)
    if form == "wkt":
        return vectors.read_wkt(copy, result, limits=limits)
    return vectors.read_vector(copy, result, form=form, layer=options.get("sheet"), limits=limits)


if __name__ == "__main__":
    main()
