"""The answers beside the pages: map tiles, the basemap, a small JSON API, health (addresses: `serving.py`).

Every parameter is validated before anything is looked up; a parameter that is not known is refused,
since a filter that is silently ignored shows the wrong sites.
"""

import gzip
import hashlib
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lithoscope.app import cached, map_tiles, sand_routes, state_map
from lithoscope.app.guard import problem
from lithoscope.domain.errors import BadInput, BadRelease
from lithoscope.domain.fields import SITES
from lithoscope.pipelines import basemap, sand_tiles
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import settings
from lithoscope.pipelines.shelf import COLOUR_BY, MAP_LAYERS
from lithoscope.pipelines.tiles import Address, as_bytes

DAY = 86_400
_STRICT = ConfigDict(frozen=True, extra="forbid")


class TileQuery(BaseModel):
    """What a tile's address says beside its selection; v is the release that the page shows."""

    model_config = _STRICT

    colour: Annotated[str, Field(pattern=f"^({'|'.join(COLOUR_BY)})$")] = "consequence_class"
    lang: Literal["en", "fr"] = "en"
    v: Annotated[str, Field(max_length=60)] = ""


class StatesQuery(BaseModel):
    """What the address of the areas of States says beside its selection: see `country_classes.Shown`."""

    model_config = _STRICT

    layer: Literal["facilities", "mines"] = "facilities"
    name: Annotated[str, Field(max_length=40)]
    code: Annotated[str, Field(max_length=20)]
    bound: Annotated[str, Field(max_length=10)] = "least"
    count: Annotated[str, Field(max_length=10)] = "number"
    part: state_map.Part = "areas"
    lang: Literal["en", "fr"] = "en"
    v: Annotated[str, Field(max_length=60)] = ""


class NamesQuery(BaseModel):
    """What the address of a tile of names says."""

    model_config = _STRICT

    lang: Literal["en", "fr"] = "en"


class SitesQuery(BaseModel):
    """What a request of sites says beside its selection."""

    model_config = _STRICT

    layer: Literal["facilities", "mines"] = "facilities"
    limit: Annotated[int, Field(ge=1, le=settings().api_rows_most)] = settings().api_rows
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class StyleQuery(BaseModel):
    """What a request of the basemap's style says: the scheme that the browser sees."""

    model_config = _STRICT

    scheme: Literal["http", "https"] = "http"


def _refused(error: Exception) -> Response:
    """The answer to a request that cannot be served: 422, or 503 while there is no release."""
    if isinstance(error, BadRelease):
        return problem(503, "No release yet", str(error), Retry_After="5")
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(422, "Not a valid request", f"{where}: {first['msg']}" if where else first["msg"])
    return problem(422, "Not a valid request", str(error))


def _split(request: Request, model: type[BaseModel]) -> tuple[Any, Selection]:
    """The request's own parameters, and its selection."""
    given = dict(request.query_params)
    chosen = {key: value for key, value in given.items() if key in Selection.model_fields}
    rest = {key: value for key, value in given.items() if key not in chosen}
    return model.model_validate(rest), Selection.from_params(chosen)


def tile(request: Request) -> Response:
    """GET /tiles/LAYER/Z/X/Y.geojson?FILTERS: the sites of one tile."""
    layer = request.path_params["layer"]
    if layer not in MAP_LAYERS:
        return problem(404, "Not found", f"no such layer; there are {', '.join(MAP_LAYERS)}")
    try:
        asked, selection = _split(request, TileQuery)
        address = Address.model_validate({axis: request.path_params[axis] for axis in "zxy"})
        held = cached.holdings()
        release_id = held.release.release_id
        key = (layer, selection, asked.colour, asked.lang, address)
        body, tag = held.tiles.get(
            key, lambda: _packed(map_tiles.tile(held, layer, selection, address, asked.colour, asked.lang))
        )
    except (BadInput, BadRelease, ValidationError) as error:
        return _refused(error)
    lasting = f"public, max-age={DAY}" if asked.v == release_id else "no-cache"
    return _answer(request, body, tag, "application/geo+json", lasting)


def sand_tile(request: Request) -> Response:
    """GET /tiles/sand/KIND/Z/X/Y.geojson?first&last&vessel: effort, tracks or dark gaps of one tile."""
    kind = request.path_params["kind"]
    if kind not in sand_tiles.KINDS:
        return problem(404, "Not found", f"no such kind; there are {', '.join(sand_tiles.KINDS)}")
    try:
        asked = sand_routes.SandQuery.model_validate(dict(request.query_params))
        address = Address.model_validate({axis: request.path_params[axis] for axis in "zxy"})
        held = cached.holdings()
        key = ("sand", kind, address, asked)
        body, tag = held.tiles.get(key, lambda: _packed(sand_routes.tile(held, kind, address, asked)))
    except (BadInput, BadRelease, ValidationError) as error:
        return _refused(error)
    lasting = f"public, max-age={DAY}" if asked.v == held.release.release_id else "no-cache"
    return _answer(request, body, tag, "application/geo+json", lasting)


def states(request: Request) -> Response:
    """GET /tiles/states.geojson?FILTERS&layer&name&code&bound&count&part: States by the classes of sites."""
    try:
        asked, selection = _split(request, StatesQuery)
        shown = state_map.shown_of(asked.layer, asked.name, asked.code, asked.bound, asked.count)
        held = cached.holdings()
        key = ("states", selection, shown, asked.lang, asked.part)
        body, tag = held.tiles.get(
            key, lambda: _packed(state_map.features(held, selection, shown, asked.lang, asked.part))
        )
    except (BadInput, BadRelease, ValidationError) as error:
        return _refused(error)
    lasting = f"public, max-age={DAY}" if asked.v == held.release.release_id else "no-cache"
    return _answer(request, body, tag, "application/geo+json", lasting)


def style(request: Request) -> Response:
    """GET /basemap/THEME.json: the style of the light or dark basemap."""
    theme = request.path_params["theme"]
    if theme not in get_args(basemap.Theme):
        return problem(404, "Not found", "the themes are light and dark")
    try:
        asked = StyleQuery.model_validate(dict(request.query_params))
    except ValidationError as error:
        return _refused(error)
    origin = f"{asked.scheme}://{request.headers.get('host', '')}{request.scope.get('root_path', '')}"
    return JSONResponse(basemap.style(theme, origin), headers={"Cache-Control": "no-cache", "Vary": "Host"})


def basemap_tile(request: Request) -> Response:
    """GET /basemap/VERSION/Z/X/Y.pbf: land, lakes and borders."""
    if request.path_params["version"] != basemap.VERSION:
        return problem(404, "Not found", f"the basemap's version is {basemap.VERSION}")
    try:
        address = basemap.Address.model_validate({axis: request.path_params[axis] for axis in "zxy"})
    except ValidationError as error:
        return _refused(error)
    body = basemap.tile(address, cached.data())
    lasting = f"public, max-age={365 * DAY}, immutable"
    return _answer(request, body, _tag(body), "application/x-protobuf", lasting)


def names_tile(request: Request) -> Response:
    """GET /basemap/names/Z/X/Y.geojson?lang: names of countries and towns."""
    try:
        asked = NamesQuery.model_validate(dict(request.query_params))
        address = basemap.NamesAddress.model_validate({axis: request.path_params[axis] for axis in "zxy"})
    except ValidationError as error:
        return _refused(error)
    body, tag = _packed(as_bytes(basemap.names(address, asked.lang)))
    return _answer(request, body, tag, "application/geo+json", f"public, max-age={DAY}")


def sites(request: Request) -> Response:
    """GET /api/sites?FILTERS&layer&limit&offset: sites in the order of their ids."""
    try:
        asked, selection = _split(request, SitesQuery)
        held = cached.holdings()
        shown = held.shown(asked.layer, selection)
    except (BadInput, BadRelease, ValidationError) as error:
        return _refused(error)
    page = shown.sort_values("site_id").iloc[asked.offset : asked.offset + asked.limit]
    document = {
        "release": held.release.release_id,
        "layer": asked.layer,
        "count": len(shown),
        "offset": asked.offset,
        "truncated": asked.offset + len(page) < len(shown),
        "sites": map_tiles.as_records(page),
        "sources": [source.as_dict() for source in held.release.sources],
    }
    return JSONResponse(document, headers={"Cache-Control": "no-cache"})


def health(request: Request) -> Response:
    """GET /healthz: 200 with the release's id, or 503 while there is none."""
    try:
        held = cached.holdings()
    except BadRelease as error:
        return _refused(error)
    counts = {layer: len(held.sites(layer)) for layer in SITES}
    return JSONResponse(
        {"status": "ok", "release": held.release.release_id, "sites": counts},
        headers={"Cache-Control": "no-store"},
    )


def absent(request: Request) -> Response:
    """Whatever else is asked below our paths: 404, and not the page of Streamlit."""
    return problem(404, "Not found", "nothing is served at this address")


def _packed(body: bytes) -> tuple[bytes, str]:
    packed = gzip.compress(body, compresslevel=6, mtime=0)
    return packed, _tag(packed)


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def _answer(request: Request, body: bytes, tag: str, kind: str, lasting: str) -> Response:
    """A gzipped body with its tag; 304 without a body if the browser has it already."""
    headers = {"ETag": tag, "Cache-Control": lasting, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(body), media_type=kind, headers=headers)
    return Response(body, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
