"""What a browser gets for the address of a page: Streamlit's own page, in which all is drawn, made ours."""

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lithoscope.app import assets

FIRST = "overview"
"""The page without a name in its address."""
ABSENT = "absent"
"""Name in the address of the first page: which page was asked for that there is not."""
_NAMES = {path.stem for path in (Path(__file__).parent / "pages").glob("[a-z]*.py")} - {FIRST}


class Entrance:
    """Adds our style to the page of Streamlit: one that comes later would move all that stands by then.

    An address without a page leads to the overview, which says so in the reader's language.
    """

    _UNHEARD = (b"accept-encoding", b"if-none-match", b"if-modified-since")
    """The page is asked for whole and plain, whatever the browser keeps of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; change what comes back if it is a page."""
        is_visit = scope["type"] == "http" and scope["method"] == "GET"
        if not is_visit or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        page = b""

        async def with_style(message: Message) -> None:
            nonlocal start, page
            if message["type"] == "http.response.start":
                start = message
                if not _is_page(start):
                    await send(message)
            elif not _is_page(start):
                await send(message)
            else:
                page += message.get("body", b"")
                if not message.get("more_body"):
                    elsewhere = _elsewhere(scope)
                    await (elsewhere(scope, receive, send) if elsewhere else _send_page(start, page, send))

        plain = [pair for pair in scope["headers"] if pair[0] not in self._UNHEARD]
        await self._app({**scope, "headers": plain}, receive, with_style)


def _is_page(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


def _elsewhere(scope: Scope) -> Response | None:
    """Where an address leads that is no page's, to which Streamlit would say so in English; else None."""
    name = str(scope["path"]).rpartition("/")[2]
    if not name or name in _NAMES:
        return None
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    if name != FIRST:
        asked[ABSENT] = name
    return RedirectResponse(f"./?{urlencode(asked)}", headers={"Cache-Control": "no-store"})


async def _send_page(start: Message, page: bytes, send: Send) -> None:
    link = f'<link rel="stylesheet" href="./{assets.address("page.css")}">'  # Streamlit's come first
    page = page.replace(b"<title>Streamlit</title>", b"<title>Lithoscope</title>", 1)
    page = page.replace(b"</body>", link.encode() + b"</body>", 1)
    headers = MutableHeaders(scope=start)
    headers["Content-Length"] = str(len(page))
    for stale in ("ETag", "Last-Modified"):
        del headers[stale]
    await send(start)
    await send({"type": "http.response.body", "body": page})
