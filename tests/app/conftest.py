"""The server without a port, called as a server would; and its pages on a release, without a browser."""

import asyncio
import functools
import gzip
import json
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from lithoscope.app import guard, serving
from lithoscope.pipelines import shelf as shelves
from lithoscope.pipelines.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.raw) if self.headers.get("content-encoding") == "gzip" else self.raw

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """Answers requests: server.get("/healthz") -> Answer."""

    def __init__(self, settings: Settings) -> None:
        stack = [Middleware(each, settings=settings) for each in (guard.SecurityHeaders, guard.Limits)]
        self._app = Starlette(routes=serving.ROUTES, middleware=stack)

    def get(self, address: str, *, client: str = "127.0.0.1", **headers: str) -> Answer:
        path, _, query = address.partition("?")
        named = {"host": "here.example", "accept-encoding": "gzip"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": (client, 1),
            "server": ("here.example", 80),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        start = next(each for each in sent if each["type"] == "http.response.start")
        body = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
        return Answer(
            start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body
        )


@pytest.fixture(scope="session", autouse=True)
def _components_sought_once():
    """Each run of an AppTest looks for components in every package that is installed: here once is enough."""
    once = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def shelf_on(monkeypatch):
    """shelf_on(folder, **settings) -> its shelf, which pages and routes of this test read."""

    def take(folder, **chosen) -> shelves.Shelf:
        shelf = shelves.Shelf(Settings(data=folder, **chosen))
        monkeypatch.setattr(shelves, "shelf", lambda: shelf)
        return shelf

    return take


@pytest.fixture
def serve(shelf_on):
    """serve(data, **settings) -> Server on that data folder."""
    return lambda data, **chosen: Server(shelf_on(data, **chosen).settings)


@pytest.fixture
def pages_on(shelf_on):
    """pages_on(folder) -> run, and run("site", lang="fr", site="tsf:t:0") -> the page, run once."""

    def of(folder, seconds=60):
        shelf_on(folder)

        def run(path: str, /, **params: str) -> AppTest:
            script = f"from lithoscope.app import shell\nshell.run(first={path!r})"
            test = AppTest.from_string(script, default_timeout=seconds)
            for name, value in params.items():
                test.query_params[name] = value
            return test.run()

        return run

    return of
