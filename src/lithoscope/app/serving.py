"""The server's addresses beside the pages. All that answers them is loaded once the server listens.

Loading the libraries takes longer than the browser takes for Streamlit's own scripts: so both happen at once.
"""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from lithoscope.app import assets, entrance
from lithoscope.app.guard import Limits, SecurityHeaders
from lithoscope.pipelines.settings import settings

_LOADING = threading.RLock()


def loaded(name: str) -> ModuleType:
    """A module of `lithoscope.app`, by whoever asks first; two threads that load at once may see halves."""
    with _LOADING:
        return import_module(f"lithoscope.app.{name}")


def _by(module: str, function: str) -> Callable[[Request], Response]:
    """Answers with that function, which is loaded for the first request."""

    def answer(request: Request) -> Response:
        return getattr(loaded(module), function)(request)

    return answer


def _begin() -> None:
    """Load the shell and the first page, open the release (or begin to build the starter register)."""
    loaded("shell").begin()
    gc.freeze()  # what is loaded by now stays: no collection, in whose turn it comes, looks through it again


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[Mapping[str, Any] | None]:
    """Begin to load as soon as the server starts to listen."""
    loading = asyncio.create_task(asyncio.to_thread(_begin))
    yield None
    await loading


ROUTES: list[BaseRoute] = [
    Route("/tiles/{layer}/{z:int}/{x:int}/{y:int}.geojson", _by("routes", "tile")),
    Route("/tiles/states.geojson", _by("routes", "states")),
    Route("/tiles/sand/{kind}/{z:int}/{x:int}/{y:int}.geojson", _by("routes", "sand_tile")),
    Route("/basemap/{theme}.json", _by("routes", "style")),
    Route("/basemap/names/{z:int}/{x:int}/{y:int}.geojson", _by("routes", "names_tile")),
    Route("/basemap/{version}/{z:int}/{x:int}/{y:int}.pbf", _by("routes", "basemap_tile")),
    Route("/api/sites", _by("routes", "sites")),
    Route("/assets/{version}/{file}", _by("assets", "serve")),
    Route("/favicon.png", assets.mark),
    Route("/healthz", _by("routes", "health")),
    *(
        Route(f"/{ours}/{{rest:path}}", _by("routes", "absent"))
        for ours in ("tiles", "basemap", "api", "assets")
    ),
]
MIDDLEWARE = [
    Middleware(entrance.Entrance),
    Middleware(SecurityHeaders, settings=settings()),
    Middleware(Limits, settings=settings()),
]
