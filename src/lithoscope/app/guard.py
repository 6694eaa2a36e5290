"""What stands before every request: security headers, limits of rate and size, errors as problem+json."""

import base64
import hashlib
import re
import time
from collections import OrderedDict
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lithoscope.pipelines.settings import Settings

OURS = ("/api/", "/tiles/", "/basemap/", "/healthz")
MOST_CLIENTS = 10_000
MOST_ADDRESS = 4_000
"""Length of path and query at most [bytes]."""
MINUTE = 60.0


def problem(status: int, title: str, detail: str = "", **headers: str) -> JSONResponse:
    """An error as RFC 9457 problem+json."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    more = {"Cache-Control": "no-store", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return JSONResponse(content, status, more, media_type="application/problem+json")


class SecurityHeaders:
    """Adds the headers that a browser is to obey (SECURITY.md) to every answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_policy(settings),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Strict-Transport-Security": "max-age=31536000",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers to what comes back."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in self._headers.items():
                    headers[name] = text
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def content_policy(settings: Settings) -> str:
    """The Content-Security-Policy: this server only, and the hosts of an online style if one is set."""
    online = " ".join(
        dict.fromkeys([*re.findall(r"^https://[^/]+", settings.online_style), *settings.online_hosts])
    )
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' blob: 'wasm-unsafe-eval' {_inline_scripts()}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob: {online}",
        "font-src": "'self' data:",
        "connect-src": f"'self' blob: data: {online}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(settings.frame_ancestors) or "'none'",
    }
    return "; ".join(f"{name} {rule}".strip() for name, rule in rules.items())


@cache
def _inline_scripts() -> str:
    """Hashes of the scripts inside Streamlit's own page, so that no other inline script runs."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


class Limits:
    """Refuses what is too large or comes too often, on the routes that are ours."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._allowed = {"/api/": settings.api_per_minute, "/tiles/": settings.tiles_per_minute}
        self._seen: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with 413, 422 or 429."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        path = scope["path"]
        if not path.startswith(OURS):
            return None
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > self._settings.body_bytes:
            return problem(413, "Content too large", f"send at most {self._settings.body_bytes} bytes")
        if len(path) + len(scope.get("query_string", b"")) > MOST_ADDRESS:
            return problem(422, "Address too long", f"keep it under {MOST_ADDRESS} bytes")
        for kind, allowed in self._allowed.items():
            if path.startswith(kind) and (wait := self._wait(kind, self._client(scope), allowed)):
                return problem(429, "Too many requests", f"try again in {wait} s", Retry_After=str(wait))
        return None

    def _wait(self, kind: str, client: str, allowed: int) -> int:
        """Seconds until this client may ask again; 0 if it may now."""
        now = time.monotonic()
        began, count = self._seen.pop((kind, client), (now, 0))
        if now - began >= MINUTE:
            began, count = now, 0
        self._seen[kind, client] = (began, count + 1)
        while len(self._seen) > MOST_CLIENTS:
            self._seen.popitem(last=False)
        return 0 if count < allowed else int(MINUTE - (now - began)) + 1

    def _client(self, scope: Scope) -> str:
        """The address that asks; what the operator's own proxies say of it, if there are any."""
        peer = scope["client"][0] if scope.get("client") else ""
        hops = [each.strip() for each in Headers(scope=scope).get("x-forwarded-for", "").split(",")]
        proxies = self._settings.trusted_proxies
        return hops[-proxies] if proxies and len(hops) >= proxies and hops[-proxies] else peer
