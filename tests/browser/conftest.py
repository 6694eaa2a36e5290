"""A real Chromium against the real server on a free port of this machine; nothing may leave it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader"),
    *("--enable-unsafe-swiftshader", "--force-color-profile=srgb"),
)
KNOWN = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit itself asks for these below a page's path and gets 404."""
COUNT_DRAWING = """
window.drawn = { instances: 0, elements: 0 };
for (const context of [WebGLRenderingContext, WebGL2RenderingContext]) {
  for (const [name, key] of [["drawArraysInstanced", "instances"], ["drawElementsInstanced", "instances"],
                             ["drawElements", "elements"]]) {
    const original = context.prototype[name];
    if (!original) continue;
    context.prototype[name] = function (...given) {
      window.drawn[key] += 1;
      return original.apply(this, given);
    };
  }
}
"""
"""Counts what is drawn: sites by deck.gl in instances, the basemap in elements."""


@dataclass(frozen=True)
class Served:
    """A running server."""

    address: str
    process: int


@contextmanager
def _running(data: Path, folder: Path) -> Iterator[Served]:
    """`streamlit run app.py` on this data folder, until the block ends."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "LITHOSCOPE_DATA": str(data)}, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process, folder / "server.log")
        yield Served(address, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait_until_healthy(address: str, process: subprocess.Popen, log: Path, seconds: float = 90) -> None:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def running():
    """running(data, folder): a server of one's own, until the block ends."""
    return _running


@pytest.fixture(scope="session")
def server(made_data, tmp_path_factory) -> Iterator[Served]:
    """The server on 200 made-up facilities."""
    with _running(made_data(200), tmp_path_factory.mktemp("server")) as served:
        yield served


@pytest.fixture(scope="session")
def chromium():
    """The browser; skips, saying so, where no Chromium is installed."""
    from playwright.sync_api import Error, sync_playwright

    system = Path("/usr/bin/chromium")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=system if system.exists() else None, headless=True, args=list(ARGUMENTS)
            )
        except Error as error:
            pytest.skip(f"no Chromium on this machine: {error}")
        yield browser
        browser.close()


@dataclass
class Visit:
    """One visitor's page, and what it did that it should not."""

    page: object
    origin: str
    tiles: list[str] = field(default_factory=list)
    awaited: set[object] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every console error, failed answer and request off this machine."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfinished", lambda request: self.awaited.discard(request))
        self.page.on("requestfailed", lambda request: self.awaited.discard(request))
        self.page.on("websocket", lambda socket: self._address(socket.url))

    def _console(self, message: object) -> None:
        where = (message.location or {}).get("url", "")
        if message.type == "error" and not urlsplit(where).path.endswith(KNOWN):
            self.wrong.append(f"console: {message.text} at {where}")

    def _request(self, request: object) -> None:
        self._address(request.url)
        if "/tiles/" in request.url or "/basemap/" in request.url:
            self.awaited.add(request)
        if "/tiles/" in request.url:
            self.tiles.append(request.url)

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self.origin).netloc:
            self.wrong.append(f"off this machine: {url}")

    def open(self, path: str) -> None:
        """Go to a page of the server and wait until its map stands."""
        self.page.goto(self.origin + path)
        self.map()

    def map(self) -> object:
        """The map's element, once its canvas stands and a tile of sites has been drawn."""
        canvas = self.page.locator("[data-testid=stDeckGlJsonChart] canvas").first
        canvas.wait_for(state="attached", timeout=60_000)
        self.until(lambda: self.page.evaluate("window.drawn.instances > 0"), "sites are drawn", 60)
        return self.page.locator("[data-testid=stDeckGlJsonChart]")

    def settle(self) -> None:
        """Wait until no tile is awaited from the server and the map's picture stays the same."""
        last = b""

        def stands() -> bool:
            nonlocal last
            former, last = last, self.map().screenshot()
            self.page.wait_for_timeout(500)
            return not self.awaited and former == last

        self.until(stands, "the map stands still", 60)

    def until(self, holds, what: str, seconds: float = 30) -> None:
        """Wait until it holds; fails saying what did not happen."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > seconds:
                pytest.fail(f"did not happen within {seconds:g} s: {what}; at {self.page.url}")
            self.page.wait_for_timeout(100)


@pytest.fixture
def visit(chromium, server):
    """visit(**options of the browser's context) -> Visit; fails if anything went wrong on the way."""
    visits: list[tuple[Visit, object]] = []

    def start(origin: str = server.address, **options) -> Visit:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.add_init_script(COUNT_DRAWING)
        found = Visit(context.new_page(), origin)
        found.watch()
        visits.append((found, context))
        return found

    yield start
    wrong = [each for found, _ in visits for each in found.wrong]
    for _, context in visits:
        context.close()
    assert not wrong, "\n".join(wrong)
