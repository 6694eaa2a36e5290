"""Fetching from a server on loopback that misbehaves: slow, cut off, changed, redirecting, lying."""

import hashlib
import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lithoscope.domain.errors import BadInput, UnknownName, UnsafeFile
from lithoscope.sources import fetch
from lithoscope.sources.fetch import Download, Patience

CONTENT = b"name,lat,lon\n" + b"".join(b"dam %d,1,2\n" % number for number in range(60_000))
DIGEST = hashlib.sha256(CONTENT).hexdigest()
HASTY = Patience(seconds=1.0, tries=3, pause=0.01, window=0.4, least_bytes=50_000)


class Server:
    """A server whose behaviour a test sets; it writes down what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.behave: Callable[[BaseHTTPRequestHandler, int], None] = whole
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Range")))
                outer.behave(self, len(outer.asked))

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/dams.csv"


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.server.shutdown()
    running.server.server_close()


def send(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, length: int | None = None, etag: str = '"one"', **more: str) -> None:  # fmt: skip  # noqa: E501
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    if etag:
        handler.send_header("ETag", etag)
    for name, text in more.items():
        handler.send_header(name.replace("_", "-"), text)
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler: BaseHTTPRequestHandler, call: int, content: bytes = CONTENT, etag: str = '"one"') -> None:
    asked = handler.headers.get("Range")
    if asked and handler.headers.get("If-Range") == etag:
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        send(handler, content[start:], status=206, etag=etag, Content_Range=span)
    else:
        send(handler, content, etag=etag)


def what(server: Server, **changes: str) -> Download:
    return Download(
        **(
            {"name": "us_nid", "url": server.url, "file": "dams.csv", "page": "https://publisher.example"}
            | changes
        )
    )


def test_a_file_is_fetched_checked_and_kept(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    found = fetch.fetch(
        what(server, sha256=DIGEST), tmp_path, progress=lambda *now: told.append(now), patience=HASTY
    )
    assert found.path.read_bytes() == CONTENT and (found.sha256, found.bytes) == (DIGEST, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT)) and len(told) > 1
    again = fetch.fetch(what(server, sha256=DIGEST), tmp_path, patience=HASTY)
    assert again == found and len(server.asked) == 1, "a second call needs no network"
    fetch.fetch(what(server), tmp_path, again=True, patience=HASTY)
    assert len(server.asked) == 2
    assert not list(tmp_path.glob("*.part*"))


def test_a_file_that_was_altered_on_disk_is_fetched_again(server: Server, tmp_path: Path) -> None:
    fetch.fetch(what(server), tmp_path, patience=HASTY).path.write_bytes(b"altered")
    assert fetch.fetch(what(server), tmp_path, patience=HASTY).path.read_bytes() == CONTENT


def test_a_transfer_that_is_cut_off_goes_on_where_it_ended(server: Server, tmp_path: Path) -> None:
    def cut(handler: BaseHTTPRequestHandler, call: int) -> None:
        if call == 1:
            send(handler, CONTENT[:300_000], length=len(CONTENT))
        else:
            whole(handler, call)

    server.behave = cut
    assert fetch.fetch(what(server, sha256=DIGEST), tmp_path, patience=HASTY).path.read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=300000-"]


def test_the_next_call_goes_on_too(server: Server, tmp_path: Path) -> None:
    server.behave = lambda handler, call: send(handler, CONTENT[:200_000], length=len(CONTENT))
    once = Patience(**{**vars(HASTY), "tries": 1})
    with pytest.raises(BadInput, match="200000 bytes are kept"):
        fetch.fetch(what(server), tmp_path, patience=once)
    assert not (tmp_path / "dams.csv").exists()
    server.behave = whole
    assert fetch.fetch(what(server), tmp_path, patience=once).sha256 == DIGEST
    assert server.asked[-1][1] == "bytes=200000-"


def test_a_file_that_changed_meanwhile_starts_anew(server: Server, tmp_path: Path) -> None:
    other = CONTENT.replace(b"dam", b"DAM")

    def changed(handler: BaseHTTPRequestHandler, call: int) -> None:
        if call == 1:
            send(handler, CONTENT[:300_000], length=len(CONTENT))
        else:
            whole(handler, call, other, '"two"')

    server.behave = changed
    assert fetch.fetch(what(server), tmp_path, patience=HASTY).path.read_bytes() == other


def test_a_server_that_answers_another_range_is_not_believed(server: Server, tmp_path: Path) -> None:
    def lying(handler: BaseHTTPRequestHandler, call: int) -> None:
        if call == 1:
            send(handler, CONTENT[:300_000], length=len(CONTENT))
        elif call == 2:
            send(handler, CONTENT, status=206, Content_Range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")

    server.behave = lying
    assert fetch.fetch(what(server, sha256=DIGEST), tmp_path, patience=HASTY).path.read_bytes() == CONTENT


def test_a_server_without_a_mark_of_its_version_is_asked_anew(server: Server, tmp_path: Path) -> None:
    def unmarked(handler: BaseHTTPRequestHandler, call: int) -> None:
        send(handler, CONTENT[: 100_000 if call == 1 else None], length=len(CONTENT), etag="")

    server.behave = unmarked
    assert fetch.fetch(what(server), tmp_path, patience=HASTY).sha256 == DIGEST
    assert [asked for _, asked in server.asked] == [None, None]


def test_a_wrong_checksum_keeps_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UnsafeFile, match="checksum"):
        fetch.fetch(what(server, sha256="0" * 64), tmp_path, patience=HASTY)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_leaves_the_former_one(server: Server, tmp_path: Path) -> None:
    fetch.fetch(what(server), tmp_path, patience=HASTY)
    server.behave = lambda handler, call: send(handler, b"<!DOCTYPE html><html>please log in</html>")
    with pytest.raises(UnsafeFile, match="web page"):
        fetch.fetch(what(server), tmp_path, again=True, patience=HASTY)
    assert (tmp_path / "dams.csv").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "data:text/plain,x"]
)
def test_a_redirect_to_another_scheme_is_not_followed(server: Server, tmp_path: Path, target: str) -> None:
    server.behave = lambda handler, call: send(handler, b"", status=302, Location=target)
    with pytest.raises(UnsafeFile, match="not followed"):
        fetch.fetch(what(server), tmp_path, patience=HASTY)
    assert len(server.asked) == 1 and not (tmp_path / "dams.csv").exists()


def test_a_redirect_to_http_is_followed_and_a_circle_is_left(server: Server, tmp_path: Path) -> None:
    def moved(handler: BaseHTTPRequestHandler, call: int) -> None:
        if handler.path == "/dams.csv":
            send(handler, b"", status=302, Location="/other.csv")
        else:
            whole(handler, call)

    server.behave = moved
    assert fetch.fetch(what(server), tmp_path, patience=HASTY).sha256 == DIGEST
    server.behave = lambda handler, call: send(handler, b"", status=302, Location=f"/{call}.csv")
    server.asked.clear()
    with pytest.raises(BadInput, match="cannot be fetched"):
        fetch.fetch(what(server), tmp_path, again=True, patience=HASTY)
    assert len(server.asked) <= 6 * HASTY.tries


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://host/x", "/etc/passwd", "http://", "http://user:pw@host/x", "javascript:1"],
)
def test_another_address_is_refused(server: Server, tmp_path: Path, url: str) -> None:
    with pytest.raises(UnsafeFile, match="address"):
        fetch.fetch(what(server, url=url), tmp_path, patience=HASTY)


def test_a_server_that_drips_is_left(server: Server, tmp_path: Path) -> None:
    def drip(handler: BaseHTTPRequestHandler, call: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        for place in range(100):
            handler.wfile.write(CONTENT[place : place + 1])
            handler.wfile.flush()
            time.sleep(0.05)

    server.behave = drip
    started = time.monotonic()
    with pytest.raises(BadInput, match="too slow"):
        fetch.fetch(what(server), tmp_path, patience=Patience(**{**vars(HASTY), "tries": 1}))
    assert time.monotonic() - started < 5


def test_a_server_that_says_nothing_is_left(server: Server, tmp_path: Path) -> None:
    server.behave = lambda handler, call: time.sleep(3)
    started = time.monotonic()
    with pytest.raises(BadInput, match="cannot be fetched"):
        fetch.fetch(what(server), tmp_path, patience=Patience(**{**vars(HASTY), "tries": 1, "seconds": 0.5}))
    assert time.monotonic() - started < 2.5


def test_a_file_without_end_is_left(server: Server, tmp_path: Path) -> None:
    small = Patience(**{**vars(HASTY), "most_bytes": 100_000})
    with pytest.raises(UnsafeFile, match="limit is 100000"):
        fetch.fetch(what(server), tmp_path, patience=small)
    assert not (tmp_path / "dams.csv").exists()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_answer_of_failure_says_what_to_do_by_hand(server: Server, tmp_path: Path, status: int) -> None:
    server.behave = lambda handler, call: send(handler, b"no", status=status)
    with pytest.raises(BadInput, match=r"go to https://publisher\.example, .* put it into") as caught:
        fetch.fetch(what(server), tmp_path, patience=HASTY)
    assert "\n" not in str(caught.value) and len(server.asked) == (1 if status < 500 else HASTY.tries)


def test_without_a_network_it_says_what_to_do_by_hand(server: Server, tmp_path: Path) -> None:
    port = server.server.server_port
    server.server.shutdown()
    server.server.server_close()
    with pytest.raises(
        BadInput, match=r"go to https://publisher\.example, download the file, and put it into"
    ):
        fetch.fetch(what(server, url=f"http://127.0.0.1:{port}/x"), tmp_path, patience=HASTY)


def test_a_source_without_an_address_says_what_to_do_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not offered at a lasting address; go to https"):
        fetch.fetch(fetch.download_of("gem_coal"), tmp_path)


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return buffer.getvalue()


def test_the_table_of_an_archive_is_unpacked(server: Server, tmp_path: Path) -> None:
    server.behave = lambda handler, call: whole(handler, call, archive(mrds_csv=CONTENT[:20_000]))
    entry = what(server, file="mrds.zip", member="mrds.csv")
    found = fetch.fetch(entry, tmp_path, patience=HASTY)
    assert found.path == tmp_path / "mrds.csv" and found.path.read_bytes() == CONTENT[:20_000]
    assert fetch.fetch(entry, tmp_path, patience=HASTY).path == found.path and len(server.asked) == 1


@pytest.mark.parametrize(
    "packed", [archive(other_csv=b"x"), archive(mrds_csv=b"\0" * 30_000_000), b"PK\x03\x04 no archive"]
)
def test_an_archive_that_is_wrong_is_refused(server: Server, tmp_path: Path, packed: bytes) -> None:
    server.behave = lambda handler, call: whole(handler, call, packed)
    with pytest.raises(UnsafeFile):
        fetch.fetch(what(server, file="mrds.zip", member="mrds.csv"), tmp_path, patience=HASTY)
    assert not (tmp_path / "mrds.csv").exists()


@pytest.mark.parametrize("name", ["../x.csv", "/tmp/x.csv", "", ".hidden"])
def test_a_file_name_with_folders_is_refused(server: Server, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeFile, match="file name"):
        fetch.fetch(what(server, file=name), tmp_path, patience=HASTY)


def test_every_source_has_a_row_in_the_table_of_downloads() -> None:
    from lithoscope import sources

    for name in sources.NAMES:
        if name != "table":
            entry = fetch.download_of(name)
            assert entry.file and entry.page.startswith("https://") and entry.by_hand
            assert not entry.url or entry.url.startswith("https://")
    with pytest.raises(UnknownName):
        fetch.download_of("nothing")


def test_the_command_line(server: Server, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from lithoscope.cli import app

    arguments = ["fetch", "us_nid", "--url", server.url, "--data", str(tmp_path), "--json"]
    answer = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert (answer["name"], answer["sha256"], answer["bytes"]) == ("us_nid", DIGEST, len(CONTENT))
    assert Path(answer["path"]).read_bytes() == CONTENT and tmp_path in Path(answer["path"]).parents
