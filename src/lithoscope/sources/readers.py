"""Processes that read binary files, kept ready: to load the readers takes longer than to read most files.

Each file is read by a fork of such a process (`reader_child.py`). One is kept when its file is done; threads
that read at once have one each. They end with this process; an interrupted read ends its own.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

_KNOWN = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")
"""What a reader learns of our environment."""
_TURN = threading.Lock()


class Reader:
    """One such process, and the line to it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in _KNOWN if name in os.environ}
        environment |= {
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "OMP_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
        }
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "lithoscope.sources.reader_child"],
                stdin=theirs,
                stdout=theirs,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )

    def ask(self, request: dict[str, Any], seconds: float) -> int | None:
        """How the fork for this request ended; None if the reader itself did. Raises TimeoutError."""
        self._line.settimeout(seconds)
        with suppress(BrokenPipeError, ConnectionResetError):
            self._line.sendall(json.dumps(request).encode() + b"\n")
            if ended := self._line.recv(16):
                return int(ended)
        return None

    def stop(self) -> None:
        """End it and its fork."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._line.close()


_idle: list[Reader] = []


def read(request: dict[str, Any], seconds: float) -> int:
    """Have one request answered; the exit code of the fork that did, the negative signal if one ended it.

    Raises TimeoutError if it takes longer; whatever runs for it is then ended, as at an interrupt.
    """
    reader = _taken()
    ended = None
    try:
        ended = reader.ask(request, seconds)
    finally:
        if ended is None:
            reader.stop()
    if ended is None:
        return -signal.SIGKILL
    with _TURN:
        if not _idle:
            _idle.append(reader)
            return ended
    reader.stop()
    return ended


def _taken() -> Reader:
    with _TURN:
        while _idle:
            reader = _idle.pop()
            if reader.process.poll() is None:
                return reader
            reader.stop()
    return Reader()


def _stop_idle() -> None:
    while _idle:
        _idle.pop().stop()


atexit.register(_stop_idle)
os.register_at_fork(after_in_child=_idle.clear)
