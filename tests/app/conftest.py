"""The server without a port: its routes and what stands before them, called as a server would."""

import asyncio
import gzip
import json
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from lithoscope.app import guard, routes
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
        self._app = Starlette(routes=routes.ROUTES, middleware=stack)

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


@pytest.fixture
def serve(monkeypatch):
    """serve(data, **settings) -> Server on that data folder."""

    def start(data, **chosen) -> Server:
        settings = Settings(data=data, **chosen)
        shelf = shelves.Shelf(settings)
        monkeypatch.setattr(shelves, "shelf", lambda: shelf)
        return Server(settings)

    return start
