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
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader"),
    *("--enable-unsafe-swiftshader", "--disable-gpu-compositing", "--force-color-profile=srgb"),
)
"""No graphics card: the processor draws, the maps by SwiftShader, the rest without it, which is cheaper."""
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
def _running(data: Path, folder: Path, cache: Path) -> Iterator[Served]:
    """`streamlit run app.py` on this data folder, until the block ends; what all servers derive is kept."""
    cache.mkdir(exist_ok=True)
    if not (data / "cache").exists():
        (data / "cache").symlink_to(cache)
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
def running(tmp_path_factory):
    """running(data, folder): a server of one's own, until the block ends."""
    return partial(_running, cache=tmp_path_factory.getbasetemp() / "cache")


@pytest.fixture(scope="session")
def server(running, made_data, tmp_path_factory) -> Iterator[Served]:
    """The server on 200 made-up facilities."""
    with running(made_data(200), tmp_path_factory.mktemp("server")) as served:
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


NO_MAPS = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (type, ...given) {
  return type.startsWith("webgl") ? null : original.call(this, type, ...given);
};
"""
"""Of a browser without WebGL. Without a graphics card a map costs several seconds of the processor."""


class Tabs:
    """Tabs that stay open from one visit to the next: a new one compiles all scripts anew."""

    def __init__(self, browser: object) -> None:
        self._browser = browser
        self._free: dict[bool, list[object]] = {True: [], False: []}

    def taken(self, maps: bool) -> object:
        """An empty tab, with or without maps."""
        if self._free[maps]:
            return self._free[maps].pop()
        context = self._browser.new_context()
        context.add_init_script(COUNT_DRAWING if maps else NO_MAPS)
        return context.new_page()

    def give_back(self, tab: object, maps: bool) -> None:
        """Leave nothing of the visit in it."""
        tab.evaluate("location.protocol.startsWith('http') && localStorage.clear()")
        tab.context.clear_cookies()
        tab.goto("about:blank")
        self._free[maps].append(tab)


@pytest.fixture(scope="session")
def tabs(chromium) -> Tabs:
    return Tabs(chromium)


@dataclass
class Visit:
    """One visitor's page, and what it did that it should not."""

    page: object
    origin: str
    maps: bool = True
    tiles: list[str] = field(default_factory=list)
    awaited: set[object] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._watched = {
            "console": self._console,
            "pageerror": lambda error: self._note(f"script: {error}"),
            "request": self._request,
            "requestfinished": lambda request: self.awaited.discard(request),
            "requestfailed": lambda request: self.awaited.discard(request),
            "websocket": lambda socket: self._address(socket.url),
        }

    def watch(self) -> None:
        """Note every console error, failed answer and request off this machine."""
        for event, heard in self._watched.items():
            self.page.on(event, heard)

    def leave(self) -> None:
        """Note nothing any more."""
        for event, heard in self._watched.items():
            self.page.remove_listener(event, heard)

    def _note(self, wrong: str) -> None:
        if self.maps or "Failed to create WebGL context" not in wrong:
            self.wrong.append(wrong)

    def _console(self, message: object) -> None:
        where = (message.location or {}).get("url", "")
        if message.type == "error" and not urlsplit(where).path.endswith(KNOWN):
            self._note(f"console: {message.text} at {where}")

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

    def click(self, target, answered) -> None:
        """Click a place (x, y) or an element until it is answered: a busy machine may lose a click."""
        for _ in range(3):
            self.page.mouse.click(*target) if isinstance(target, tuple) else target.click()
            for _ in range(100):
                if answered():
                    return
                self.page.wait_for_timeout(150)
        pytest.fail(f"a click is not answered: {target}; at {self.page.url}")

    def until(self, holds, what: str, seconds: float = 30) -> None:
        """Wait until it holds; fails saying what did not happen."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > seconds:
                pytest.fail(f"did not happen within {seconds:g} s: {what}; at {self.page.url}")
            self.page.wait_for_timeout(100)


@pytest.fixture
def visit(tabs, server):
    """visit(origin, maps, viewport, color_scheme) -> Visit; fails if anything went wrong on the way.

    maps: False where no map is looked at: the browser then has no WebGL.
    """
    visits: list[Visit] = []

    def start(
        origin: str = server.address,
        *,
        maps: bool = True,
        viewport: tuple[int, int] = (1280, 900),
        color_scheme: str = "light",
    ) -> Visit:
        found = Visit(tabs.taken(maps), origin, maps)
        found.page.set_viewport_size(dict(zip(("width", "height"), viewport, strict=True)))
        found.page.emulate_media(color_scheme=color_scheme)
        found.watch()
        visits.append(found)
        return found

    yield start
    for found in visits:
        found.leave()
        tabs.give_back(found.page, found.maps)
    wrong = [each for found in visits for each in found.wrong]
    assert not wrong, "\n".join(wrong)
