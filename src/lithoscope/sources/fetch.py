"""Fetches a publisher's file over HTTP(S): resumed where it broke off, checked, kept, with progress.

The only module that reaches out to a network, and only when asked. What arrives is untrusted: the scheme
stays HTTP or HTTPS (never down from HTTPS) through every redirect, the size is capped, a server that only
drips is left, and a web page in place of a table is refused. A file is complete or not there at all.
"""

import hashlib
import http.client
import json
import os
import shutil
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from lithoscope import __version__
from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput, UnknownName, UnsafeFile
from lithoscope.sources import files
from lithoscope.sources.limits import INGEST, MIB

Progress = Callable[[int, int | None], None]
BLOCK = 256 * 1024
SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Download:
    """One row of data/reference/downloads.csv: what to fetch, or what to do by hand where url is empty.

    member: file inside the archive that is unpacked beside it. sha256: as the publisher prints it, or empty.
    """

    name: str
    url: str
    file: str
    member: str = ""
    sha256: str = ""
    page: str = ""
    by_hand: str = ""


@dataclass(frozen=True)
class Patience:
    """How long a server may take: seconds without a byte, tries, least bytes in a window of seconds."""

    seconds: float = 30.0
    tries: int = 4
    pause: float = 1.0
    window: float = 60.0
    least_bytes: int = 60_000
    most_bytes: int = 4 * 1024 * MIB


@dataclass(frozen=True)
class Fetched:
    """A file that is whole and checked; `path` is the table itself, unpacked if it came in an archive."""

    name: str
    path: Path
    sha256: str
    bytes: int
    url: str
    retrieved: str


class NotOffered(BadInput):
    """The publisher's server says that it has no such file."""


class _BrokeOff(Exception):
    """The transfer ended before its end; what has come is kept."""


class _SameKind(urllib.request.HTTPRedirectHandler):
    """Follows redirects to HTTP(S) only, never from HTTPS down to HTTP, at most five."""

    max_redirections = 5

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        scheme = urlsplit(newurl).scheme.lower()
        if scheme not in SCHEMES or (req.type == "https" and scheme != "https"):
            raise _not_followed(req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _not_followed(url: str) -> UnsafeFile:
    return UnsafeFile(
        "the server sends us on to an address that is not HTTP or is less safe, which is not followed",
        "get the file from the publisher's page by hand",
        file=urlsplit(url).hostname,
    )


def download_of(name: str) -> Download:
    """The row of a source in the table of downloads; UnknownName if it has none."""
    rows = reference.load("downloads").rows.astype("str").fillna("")
    found = rows[rows["name"] == name]
    if found.empty:
        raise UnknownName("has no download", f"use one of {', '.join(rows['name'])}", value=name)
    return Download(**{str(key): str(value) for key, value in found.iloc[0].items()})


def fetch(
    what: Download,
    folder: Path,
    *,
    again: bool = False,
    progress: Progress = lambda *_: None,
    patience: Patience = Patience(),
) -> Fetched:
    """The file in `folder`, fetched if it is not there yet or `again` is set.

    Raises BadInput, with what to download by hand and where to put it, when there is no address, no
    network, or no end of the transfer; UnsafeFile for a wrong checksum, a web page or a forbidden address.
    What has come of a broken transfer is kept and the next call goes on from there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / _plain_name(what.file)
    if not again and (kept := _kept(what, target)) is not None:
        return kept
    if not what.url:
        raise BadInput("is not offered at a lasting address", _by_hand(what, folder), value=what.name)
    _check_address(what.url)
    part = target.with_name(target.name + ".part")
    _transfer(what, folder, part, progress, patience)
    digest = _sha256(part)
    _check_content(what, part, digest)
    part.replace(target)
    _about(part).unlink(missing_ok=True)
    table = _unpack(what, target)
    fetched = Fetched(
        what.name, table, digest, target.stat().st_size, what.url, datetime.now(UTC).date().isoformat()
    )
    record = {**asdict(fetched), "path": table.name}
    _about(target).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return fetched


def _plain_name(name: str) -> str:
    if not name or Path(name).name != name or name.startswith("."):
        raise UnsafeFile("is no plain file name", "name a file without folders", value=name)
    return name


def _about(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _kept(what: Download, target: Path) -> Fetched | None:
    """The file as fetched before, if it is still what it was then."""
    try:
        record = json.loads(_about(target).read_text(encoding="utf-8"))
        kept = Fetched(**{**record, "path": target.with_name(_plain_name(record["path"]))})
        is_same = kept.path.exists() and _sha256(target) == kept.sha256 and kept.url == what.url
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if is_same and what.sha256 in ("", kept.sha256) else None


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.lower() not in SCHEMES or not parts.hostname or parts.username:
        raise UnsafeFile("is no plain HTTP or HTTPS address", "give an address of the publisher", value=url)


def _by_hand(what: Download, folder: Path) -> str:
    how = what.by_hand or "download the file"
    return f"go to {what.page or what.url}, {how}, and put it into {folder} as {what.file}"


def _transfer(what: Download, folder: Path, part: Path, progress: Progress, patience: Patience) -> None:
    """Fill the part file to its end, in several tries that go on from each other."""
    reason = ""
    for attempt in range(patience.tries):
        if attempt:
            time.sleep(patience.pause * attempt)
        try:
            _one_try(what.url, part, progress, patience)
            return
        except (_BrokeOff, urllib.error.URLError, http.client.HTTPException, OSError) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                if "not allowed" in str(error.reason):
                    raise _not_followed(what.url) from error
                if error.code == 404:
                    error.close()
                    raise NotOffered(
                        "the server answers 404: it has no such file", _by_hand(what, folder), value=what.file
                    ) from None
                reason = f"the server answers {error.code}"
                break
            reason = str(getattr(error, "reason", error)) or type(error).__name__
    came = part.stat().st_size if part.exists() else 0
    kept = f"; {came} bytes are kept, the next try goes on from there" if came else ""
    host = urlsplit(what.url).hostname
    raise BadInput(
        f"cannot be fetched from {host} ({reason[:120]}{kept})", _by_hand(what, folder), value=what.name
    )


def _one_try(url: str, part: Path, progress: Progress, patience: Patience) -> None:
    done, known = _resumable(url, part)
    headers = {"User-Agent": f"lithoscope/{__version__}", "Accept-Encoding": "identity"}
    if done and known:
        headers |= {"Range": f"bytes={done}-", "If-Range": known}
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor(), _SameKind(),
        urllib.request.UnknownHandler(),
    ):  # fmt: skip
        opener.add_handler(handler)
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  the scheme was checked
    with opener.open(request, timeout=patience.seconds) as answer:
        is_rest = answer.status == 206 and _starts_at(answer.headers.get("Content-Range", ""), done)
        done = done if is_rest else 0
        length = answer.headers.get("Content-Length", "")
        total = done + int(length) if length.isdigit() else None
        if (total or 0) > patience.most_bytes:
            raise UnsafeFile(
                f"the file has {total} bytes, the limit is {patience.most_bytes}", "get it by hand"
            )
        validator = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        known = "" if validator.startswith("W/") else validator
        _about(part).write_text(json.dumps({"url": url, "known": known}), encoding="utf-8")
        with part.open("ab" if is_rest else "wb") as stream:
            _copy(answer, stream, done, total, progress, patience)
            stream.flush()
            os.fsync(stream.fileno())


def _resumable(url: str, part: Path) -> tuple[int, str]:
    """Bytes that have come, and the server's mark of the version that they are of; 0 if that is not known."""
    try:
        about = json.loads(_about(part).read_text(encoding="utf-8"))
        done = part.stat().st_size
    except (OSError, ValueError):
        return 0, ""
    return (done, about["known"]) if about.get("url") == url and about.get("known") else (0, "")


def _starts_at(content_range: str, start: int) -> bool:
    return content_range.strip().lower().startswith(f"bytes {start}-")


def _copy(
    answer: Any, stream: IO[bytes], done: int, total: int | None, progress: Progress, patience: Patience
) -> None:
    window_from, window_done = time.monotonic(), done
    while True:
        block = answer.read1(BLOCK)
        if not block:
            break
        stream.write(block)
        done += len(block)
        progress(done, total)
        if done > patience.most_bytes:
            raise UnsafeFile(f"the file has over {patience.most_bytes} bytes", "get it by hand")
        if (now := time.monotonic()) - window_from > patience.window:
            if done - window_done < patience.least_bytes:
                raise _BrokeOff("the server is too slow")
            window_from, window_done = now, done
    if total is not None and done < total:
        raise _BrokeOff(f"the transfer ended after {done} of {total} bytes")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_content(what: Download, part: Path, digest: str) -> None:
    """Remove the part and raise UnsafeFile if it is not what was asked for."""
    with part.open("rb") as stream:
        head = stream.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    problem = ""
    if what.sha256 and digest != what.sha256.lower():
        problem = f"the checksum is {digest[:12]}..., expected {what.sha256[:12].lower()}..."
    elif not head:
        problem = "the server sent an empty file"
    elif head.startswith((b"<!doctype", b"<html", b"<head")):
        problem = "the server sent a web page in place of the file"
    if problem:
        part.unlink()
        _about(part).unlink(missing_ok=True)
        raise UnsafeFile(
            problem, f"nothing was kept; get it by hand from {what.page or what.url}", file=what.file
        )


def _unpack(what: Download, target: Path) -> Path:
    """The member of the archive that holds the table, beside it; the file itself if it is no archive."""
    if not what.member:
        return target
    table = target.with_name(_plain_name(what.member))
    fresh = table.with_name(table.name + ".part")
    members = {member.filename: member for member in files.archive_members(target)}
    if what.member not in members:
        raise UnsafeFile(
            "the archive lacks its table", "see the publisher's page", file=target.name, value=what.member
        )
    if shutil.disk_usage(target.parent).free < members[what.member].file_size + MIB:
        raise BadInput("the disk is full", "make room, then try again", file=table.name)
    with zipfile.ZipFile(target) as archive:
        files.unpack(target, archive, members[what.member], fresh, INGEST.unpacked_bytes)
    fresh.replace(table)
    return table
