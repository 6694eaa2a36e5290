"""Process that reads binary files under limits of time and memory and writes plain Arrow rows.

Started by `readers.py`. It loads the readers once, then answers requests, a line of JSON each on standard
input, until that ends: each by a fork of itself, so that nothing of one file is left when the next comes,
and a line on standard output says how the fork ended. The rows go to `result`, an Arrow stream of text
columns, what is said of them to `answer`, as JSON. A fork may die of a crafted file; then only it is lost.
It opens nothing but the copy that it is given, whose name is ours.
"""

import gc
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from lithoscope.domain.errors import BadInput
from lithoscope.sources import sheets, vectors
from lithoscope.sources.limits import Limits


def main() -> None:
    """Answer requests until there are no more."""
    gc.freeze()
    while line := sys.stdin.buffer.readline():
        fork = os.fork()
        if fork == 0:
            ended = 1
            try:
                _answer(json.loads(line))
                ended = 0
            finally:
                os._exit(ended)
        _, status = os.waitpid(fork, 0)
        os.write(sys.stdout.fileno(), b"%d\n" % os.waitstatus_to_exitcode(status))


def _answer(request: dict[str, Any]) -> None:
    """Read one file; whatever it makes of this process, the line to the next one's is cut."""
    for line in (sys.stdin, sys.stdout):
        os.dup2(sys.stderr.fileno(), line.fileno())
    limits = Limits(**request.pop("limits"))
    _confine(limits)
    form, copy, result, said = (request.pop(name) for name in ("form", "path", "result", "answer"))
    try:
        answer = _read(form, Path(copy), Path(result), request, limits)
    except BadInput as error:
        answer = {
            "refused": error.what,
            "remedy": error.remedy,
            "row": error.row,
            "column": error.column,
            "value": None if error.value is None else str(error.value)[:80],
            "unsafe": type(error).__name__ == "UnsafeFile",
        }
    Path(said).write_text(json.dumps(answer), encoding="utf-8")


def _confine(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(form: str, copy: Path, result: Path, options: dict[str, Any], limits: Limits) -> dict[str, Any]:
    if form == "xlsx":
        return sheets.read(copy, result, limits=limits, **options)
    if form == "parquet":
        return vectors.read_parquet(copy, result, limits=limits)
    if form == "wkt":
        return vectors.read_wkt(copy, result, limits=limits)
    return vectors.read_vector(copy, result, form=form, layer=options.get("sheet"), limits=limits)


if __name__ == "__main__":
    main()
