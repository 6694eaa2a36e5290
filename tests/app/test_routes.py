"""Routes: what a browser or a stranger may ask, and what comes back."""

import json

import pytest
from pydantic import ValidationError

from lithoscope.app import guard
from lithoscope.app.state_map import shapes
from lithoscope.pipelines import basemap, country_classes, store
from lithoscope.pipelines import shelf as shelves
from lithoscope.pipelines.query import Selection
from lithoscope.pipelines.settings import Settings

SITES = 200


@pytest.fixture
def server(serve, made_data):
    return serve(made_data(SITES))


def _features(answer):
    return [each for each in answer.json["features"] if each["geometry"]]


def _count(answer):
    return sum(each["properties"]["n"] for each in _features(answer))


def test_tiles_of_a_zoom_hold_every_placed_site(server):
    answers = [server.get(f"/tiles/facilities/1/{x}/{y}.geojson") for x in (0, 1) for y in (0, 1)]
    assert {each.status for each in answers} == {200}
    assert sum(_count(each) for each in answers) == SITES - SITES // 10


@pytest.mark.parametrize(
    "params",
    [
        {"country": "BRA"},
        {"country": "BRA,USA", "status": "active"},
        {"consequence": "extreme,high"},
        {"consequence": "unrated"},
        {"q": "etienne"},
        {"owner": "societe"},
        {"group": "African"},
        {"height_min": "30", "height_max": "40"},
    ],
)
def test_tile_api_and_selection_agree_on_every_filter(server, made_data, params):
    frame = store.open_release(made_data(SITES)).sites("facilities")
    groups = {"African": ["ZAF"]}
    shown = frame[Selection.from_params(params).mask(frame, groups)]
    query = "&".join(f"{key}={value}" for key, value in params.items())
    assert len(shown)
    assert server.get(f"/api/sites?{query}").json["count"] == len(shown)
    assert _count(server.get(f"/tiles/facilities/0/0/0.geojson?{query}")) == shown["lon"].notna().sum()


def test_a_failure_is_on_its_own_layer_and_opens_its_facility(server):
    features = _features(server.get("/tiles/events/0/0/0.geojson"))
    assert len(features) == 3
    assert {each["properties"]["id"] for each in features} == {"tsf:made:0", "tsf:made:1", "tsf:made:2"}
    assert "2015" in features[1]["properties"]["note"] + features[0]["properties"]["note"]


def test_failures_of_facilities_that_a_filter_hides_are_hidden(server):
    assert _count(server.get("/tiles/events/0/0/0.geojson?country=BRA")) == 1


def test_class_numbers_are_places_on_the_scale(server):
    features = _features(server.get("/tiles/facilities/0/0/0.geojson?consequence=extreme"))
    assert {each["properties"]["c"] for each in features} == {4}
    features = _features(server.get("/tiles/facilities/0/0/0.geojson?consequence=unrated"))
    assert {each["properties"]["c"] for each in features} == {-1}


def test_a_tooltip_speaks_the_language_that_was_asked_for(server):
    english = server.get("/tiles/facilities/0/0/0.geojson?country=BRA&lang=en").json
    french = server.get("/tiles/facilities/0/0/0.geojson?country=BRA&lang=fr").json
    assert english["features"][1]["properties"]["note"].endswith("Brazil")
    assert french["features"][1]["properties"]["note"].endswith("Brésil")


def test_names_of_countries_come_as_tiles_in_both_languages(server):
    english = server.get("/basemap/names/0/0/0.geojson").json["features"]
    french = server.get("/basemap/names/0/0/0.geojson?lang=fr").json["features"]
    assert "Brazil" in {each["properties"]["t"] for each in english}
    assert "Brésil" in {each["properties"]["t"] for each in french}


def test_a_hostile_name_comes_back_as_harmless_text(server):
    answer = server.get("/tiles/facilities/0/0/0.geojson?q=onerror")
    assert b"<" not in answer.body
    assert _features(answer)[0]["properties"]["name"] == "<img src=x onerror=alert(1)> @@=evil {name}"
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "address",
    [
        "/tiles/facilities/1/0/9.geojson",
        "/tiles/facilities/15/0/0.geojson",
        "/tiles/facilities/1/99999999999999999999/0.geojson",
        "/tiles/facilities/0/0/0.geojson?colour=pink",
        "/tiles/facilities/0/0/0.geojson?lang=xx",
        "/tiles/facilities/0/0/0.geojson?consequence=lowish",
        "/tiles/facilities/0/0/0.geojson?status=asleep",
        "/tiles/facilities/0/0/0.geojson?height_min=nan",
        "/tiles/facilities/0/0/0.geojson?height_min=abc",
        "/tiles/facilities/0/0/0.geojson?contry=BRA",
        "/tiles/facilities/0/0/0.geojson?q=" + "a" * 101,
        "/tiles/facilities/0/0/0.geojson?country=" + ",".join(["BRA"] * 61),
        "/api/sites?limit=0",
        "/api/sites?limit=1001",
        "/api/sites?limit=ten",
        "/api/sites?offset=-1",
        "/api/sites?layer=users",
        "/api/sites?contry=BRA",
        "/api/sites?q=" + "a" * 5_000,
        "/tiles/facilities/" + "9" * 5_000 + "/0/0.geojson",
        "/basemap/light.json?scheme=file",
        "/basemap/1/0/1/0.pbf",
        "/basemap/1/8/0/0.pbf",
        "/basemap/names/1/2/0.geojson",
        "/basemap/names/0/0/0.geojson?lang=de",
        "/basemap/names/0/0/0.geojson?v=1",
    ],
)
def test_what_is_not_valid_is_refused_as_a_problem(server, address):
    answer = server.get(address)
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == 422
    assert answer.json["detail"]


@pytest.mark.parametrize(
    "address",
    [
        *("/tiles/users/0/0/0.geojson", "/tiles/facilities/0/0.geojson", "/tiles/../x", "/api/", "/api/site"),
        *("/basemap/pink.json", "/basemap/0/0/0/0.pbf", "/basemap/../../etc/passwd"),
    ],
)
def test_what_does_not_exist_is_no_page_of_streamlit(server, address):
    answer = server.get(address)
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["(", "[a-z", "\\", "%00", "' or 1=1", "{x}", "__import__('os')"])
def test_search_text_is_never_a_pattern_nor_code(server, text):
    answer = server.get("/api/sites?q=" + text.replace(" ", "%20"))
    assert answer.status == 200
    assert answer.json["count"] == (1 if text in "<img src=x onerror=alert(1)> @@=evil {name}" else 0)


def test_rows_are_cut_and_the_answer_says_so(server):
    answer = server.get("/api/sites").json
    assert (len(answer["sites"]), answer["count"], answer["truncated"]) == (100, SITES, True)
    rest = server.get("/api/sites?limit=1000&offset=100").json
    assert (len(rest["sites"]), rest["truncated"]) == (SITES - 100, False)
    assert not {each["site_id"] for each in answer["sites"]} & {each["site_id"] for each in rest["sites"]}


def test_sites_without_coordinates_are_in_the_answer_as_null(server):
    sites = server.get("/api/sites?place=unknown").json["sites"]
    assert len(sites) == SITES // 10
    assert {each["lon"] for each in sites} == {None}


def test_sites_name_their_source_and_its_licence(server):
    answer = server.get("/api/sites?limit=1").json
    assert answer["sites"][0]["source_id"] == answer["sources"][0]["source_id"] == "made"
    assert answer["sources"][0]["licence"] == "CC0-1.0"


def test_a_tile_is_kept_by_the_browser_as_long_as_the_release_is_the_same(server, made_data):
    release = store.open_release(made_data(SITES)).release_id
    answer = server.get(f"/tiles/facilities/0/0/0.geojson?v={release}")
    assert "max-age=86400" in answer.headers["cache-control"]
    assert "no-cache" in server.get("/tiles/facilities/0/0/0.geojson?v=other").headers["cache-control"]
    again = server.get(f"/tiles/facilities/0/0/0.geojson?v={release}", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    plain = server.get("/tiles/facilities/0/0/0.geojson", accept_encoding="identity")
    assert plain.raw == answer.body


def test_a_newer_release_is_served_without_a_restart(serve, made_data, monkeypatch, tmp_path):
    import shutil

    from lithoscope.pipelines import shelf as shelves

    monkeypatch.setattr(shelves, "LOOK_SECONDS", -1.0)
    data = tmp_path / "data"
    shutil.copytree(made_data(SITES), data)
    server = serve(data)
    assert server.get("/healthz").json["sites"]["facilities"] == SITES
    smaller = store.open_release(made_data(50))
    products = {name: smaller.sites(name) for name in ("facilities", "mines")}
    store.write_release(products, smaller.sources, {}, data)
    assert server.get("/healthz").json["sites"]["facilities"] == 50
    assert _count(server.get("/tiles/facilities/0/0/0.geojson")) == 45
    assert _count(server.get("/tiles/events/0/0/0.geojson")) == 0


def test_without_a_release_the_answer_is_unavailable_not_empty(serve, tmp_path):
    server = serve(tmp_path)
    for address in ("/healthz", "/api/sites", "/tiles/facilities/0/0/0.geojson"):
        assert server.get(address).status == 503
        assert "lithoscope build" in server.get(address).json["detail"]


def test_every_answer_has_the_security_headers(server):
    for address in ("/healthz", "/api/nothing", "/basemap/light.json", "/elsewhere"):
        headers = server.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "'unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"].startswith("max-age=")


def test_embedding_and_online_hosts_are_what_the_settings_say(tmp_path):
    chosen = Settings(
        data=tmp_path,
        frame_ancestors=("https://observatory.example",),
        online_style="https://tiles.example/style.json",
    )
    policy = guard.content_policy(chosen)
    assert "frame-ancestors https://observatory.example" in policy
    assert "connect-src 'self' blob: data: https://tiles.example" in policy


@pytest.mark.parametrize("style", ["http://x.example/s.json", "https://x.example/a;script-src *", "x"])
def test_an_online_style_that_could_widen_the_policy_is_refused(style):
    with pytest.raises(ValidationError):
        Settings(online_style=style)


def test_too_many_requests_are_told_when_to_come_back(serve, made_data):
    server = serve(made_data(SITES), api_per_minute=2, tiles_per_minute=100)
    statuses = [server.get("/api/sites?limit=1").status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert 0 < int(server.get("/api/sites").headers["retry-after"]) <= 61
    assert server.get("/tiles/facilities/0/0/0.geojson").status == 200
    assert server.get("/api/sites?limit=1", client="10.0.0.9").status == 200
    assert server.get("/api/sites?limit=1", x_forwarded_for="10.0.0.8").status == 429


def test_behind_a_trusted_proxy_the_visitor_is_counted_not_the_proxy(serve, made_data):
    server = serve(made_data(SITES), api_per_minute=1, trusted_proxies=1)
    assert server.get("/api/sites", x_forwarded_for="10.0.0.1").status == 200
    assert server.get("/api/sites", x_forwarded_for="10.0.0.2").status == 200
    assert server.get("/api/sites", x_forwarded_for="made-up, 10.0.0.1").status == 429


@pytest.mark.parametrize("length", ["64001", "-1", "many"])
def test_a_large_body_is_refused_before_it_is_read(server, length):
    answer = server.get("/api/sites", content_length=length)
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_style_speaks_of_the_host_that_was_asked(server):
    style = json.loads(server.get("/basemap/dark.json?scheme=https").body)
    assert style["sources"]["earth"]["tiles"] == [
        f"https://here.example/basemap/{basemap.VERSION}/{{z}}/{{x}}/{{y}}.pbf"
    ]


def test_basemap_tiles_are_kept_for_long(server):
    answer = server.get(f"/basemap/{basemap.VERSION}/0/0/0.pbf")
    assert answer.status == 200
    assert "immutable" in answer.headers["cache-control"]
    assert len(answer.body) > 10_000
    again = server.get(f"/basemap/{basemap.VERSION}/0/0/0.pbf", if_none_match=answer.headers["etag"])
    assert again.status == 304


def test_sensitive_sites_are_coarse_on_tiles_and_in_json(serve, made_data):
    fine = serve(made_data(SITES)).get("/api/sites?country=BRA&limit=1000").json["sites"]
    server = serve(made_data(SITES), coarsen_resolution=4, coarsen_where="country=BRA")
    coarse = server.get("/api/sites?country=BRA&limit=1000").json["sites"]
    moved = [
        (a, b) for a, b in zip(fine, coarse, strict=True) if a["lon"] is not None and a["lon"] != b["lon"]
    ]
    assert len(moved) > 30
    assert all(b["coordinate_precision_km"] > 20 for _, b in moved)
    drawn = {
        tuple(each["geometry"]["coordinates"])
        for each in _features(server.get("/tiles/facilities/0/0/0.geojson?country=BRA"))
    }
    assert drawn == {(round(b["lon"], 6), round(b["lat"], 6)) for b in coarse if b["lon"] is not None}
    elsewhere = server.get("/api/sites?country=USA&limit=1").json["sites"][0]
    assert elsewhere["coordinate_precision_km"] is None


STATES = "/tiles/states.geojson?layer=facilities&name=consequence_class&code=high"


def test_areas_of_states_say_what_the_table_says(serve, made_data):
    server = serve(made_data(200))
    answer = server.get(STATES)
    assert answer.status == 200
    assert len(answer.raw) < 300_000
    features = [each for each in answer.json["features"] if each["geometry"]]
    areas = {
        each["properties"]["id"]: each["properties"]
        for each in features
        if each["geometry"]["type"].endswith("Polygon")
    }
    table = country_classes.by_state(shelves.shelf().holdings().sites("facilities"), "consequence_class")
    for row in table.itertuples():
        said = f"at least {row.at_least}, at most {row.at_most} of {row.sites}"
        assert areas[row.country_iso3]["note"] == said
        assert areas[row.country_iso3]["c"] >= 3
    assert areas["FRA"] == {
        "id": "FRA",
        "name": "France",
        "note": "no source speaks of it: unknown, not nought",
        "c": 0,
    }
    silent = {code for code, said in areas.items() if said["c"] == 0}
    hollow = {each["properties"]["id"] for each in features if each["properties"].get("h")}
    assert hollow == {code for code in silent if shapes()[code]["dot"]}
    lines = [each for each in server.get(f"{STATES}&part=hatching").json["features"] if each["geometry"]]
    assert {each["geometry"]["type"] for each in lines} == {"MultiLineString"}
    assert len(lines) == sum(shapes()[code]["hatch"] is not None for code in silent) > 100
    french = server.get(f"{STATES}&lang=fr&bound=most&count=share&group=GRULAC").json["features"][1:]
    assert {each["properties"]["id"] for each in french} < set(areas)


@pytest.mark.parametrize(
    "strange",
    [
        "&name=thi_high",
        "&code=huge",
        "&bound=perhaps",
        "&count=nan",
        "&layer=dredging",
        "&part=middle",
        "&colour=red",
        "&lang=de",
    ],
)
def test_areas_that_are_not_offered_are_refused(serve, made_data, strange):
    name, _, value = strange.removeprefix("&").partition("=")
    parts = {"layer": "facilities", "name": "consequence_class", "code": "high", name: value}
    answer = serve(made_data(60)).get(
        "/tiles/states.geojson?" + "&".join(f"{key}={each}" for key, each in parts.items())
    )
    assert answer.status == 422
