"""Scripts of the page's own parts (tables, shell), served once and kept by the browser.

Streamlit would send a component's script and style again with every part and every change; here it sends
one line that imports them from this server, by an address that changes when they do.
"""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).with_name("static")
NAMES = ("shell", "table")


@cache
def script(name: str) -> str:
    """A part's script with its style inside, as `STYLE`."""
    style = json.dumps((STATIC / f"{name}.css").read_text(encoding="utf-8"))
    return f"const STYLE = {style};\n" + (STATIC / f"{name}.js").read_text(encoding="utf-8")


@cache
def version(name: str) -> str:
    """What changes when the script does."""
    return hashlib.sha256(script(name).encode()).hexdigest()[:12]


def component(name: str) -> Callable[..., Any]:
    """The part, ready to be drawn. Registered once for all viewers."""
    return _component(name, version(name))


@st.cache_resource(show_spinner=False)
def _component(name: str, at_version: str) -> Callable[..., Any]:
    # Pages stand one step below the server's root, so that this address also holds below a base path.
    address = f'new URL("assets/{at_version}/{name}.js", document.location.href)'
    load = f"import({address}.href).then((part) => part.default(component))"
    js = f"export default function (component) {{\n{load};\n}}\n"  # one line would be taken for a path
    return st.components.v2.component(f"lithoscope_{name}", js=js)


def serve(request: Request) -> Response:
    """GET /assets/VERSION/NAME.js"""
    name = request.path_params["name"]
    if name not in NAMES or request.path_params["version"] != version(name):
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    lasting = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(script(name), media_type="text/javascript", headers=lasting)
