"""The mark, the style and scripts of the page's own parts (tables, panel, shell), kept by the browser.

Streamlit would send a component's script and style again with every part and every change; here it sends
one line that imports them from this server, by an address that changes when they do. Its own page, in
which all is drawn, names our style from the start.
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
PARTS = ("shell", "table", "panel")
FILES = {"page.css": "text/css", **{f"{name}.js": "text/javascript" for name in PARTS}}


@cache
def content(file: str) -> str:
    """What is served: a style, or a part's script with its style inside as `STYLE`."""
    text = (STATIC / file).read_text(encoding="utf-8")
    if not file.endswith(".js"):
        return text
    style = json.dumps((STATIC / file.replace(".js", ".css")).read_text(encoding="utf-8"))
    return f"const STYLE = {style};\n{text}"


@cache
def address(file: str) -> str:
    """Where it is served, from any page: pages stand one step below the server's root or base path."""
    return f"assets/{hashlib.sha256(content(file).encode()).hexdigest()[:12]}/{file}"


def component(name: str) -> Callable[..., Any]:
    """The part, ready to be drawn. Registered once for all viewers."""
    return _component(name, address(f"{name}.js"))


@st.cache_resource(show_spinner=False)
def _component(name: str, at: str) -> Callable[..., Any]:
    load = f'import(new URL("{at}", document.location.href).href).then((part) => part.default(component))'
    js = f"export default function (component) {{\n{load};\n}}\n"  # one line would be taken for a path
    return st.components.v2.component(f"lithoscope_{name}", js=js)


def serve(request: Request) -> Response:
    """GET /assets/VERSION/FILE"""
    file = request.path_params["file"]
    if file not in FILES or address(file) != f"assets/{request.path_params['version']}/{file}":
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    lasting = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content(file), media_type=FILES[file], headers=lasting)


def mark(request: Request) -> Response:
    """GET /favicon.png, as Streamlit's script names it on all pages; a browser goes by the type."""
    lasting = {"Cache-Control": "public, max-age=86400"}
    return Response((STATIC / "mark.svg").read_bytes(), media_type="image/svg+xml", headers=lasting)
