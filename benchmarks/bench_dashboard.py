"""The dashboard against the plain approach: bytes, reruns, start, and twenty viewers at once.

Plain is what the nearest rival does (one ScatterplotLayer with all columns of all rows as JSON, in the
same version of Streamlit): `--sizes 2000 20000 100000` rows each. Reruns and bytes are taken by a client
that speaks Streamlit's own websocket protocol, so that a slow browser does not blur them; the start is
taken in Chromium where there is one. Figures depend on the machine, so ratios are printed.

    python benchmarks/bench_dashboard.py [--sizes 2000 20000 100000] [--viewers 20] [--only start]
"""

import argparse
import asyncio
import contextlib
import gzip
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lithoscope.domain import registers
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.scales import CONSEQUENCE
from lithoscope.pipelines import store
from lithoscope.pipelines.tiles import Address, Classes, PointIndex, as_bytes, tile

ROOT = Path(__file__).resolve().parents[1]
PLAIN = """
import pandas as pd, pydeck as pdk, streamlit as st
frame = pd.read_parquet({table!r})
wanted = st.query_params.get("country", "")
shown = frame[frame["country_iso3"] == wanted] if wanted else frame
shown = shown.dropna(subset=["lon", "lat"])
layer = pdk.Layer("ScatterplotLayer", data=shown, get_position="[lon, lat]", get_radius=20000, pickable=True)
st.pydeck_chart(pdk.Deck([layer], map_provider=None, tooltip={{"text": "{{name}}"}}))
st.write(len(shown))
"""
WORLD = [(1, x, y) for x in (0, 1) for y in (0, 1)]
"""Tiles that the first view of the world shows."""


@dataclass(frozen=True)
class Run:
    """One run of a page: [s], bytes on the websocket."""

    seconds: float
    received: int


def made(n: int, data: Path) -> pd.DataFrame:
    """A release of n made-up facilities with the columns that registers fill; the table itself."""
    rng = np.random.default_rng(n)
    middles = np.array([[-44, -20], [-70, -30], [-112, 41], [27, -26], [120, -28], [105, 25], [20, 52]])
    codes = np.array(["BRA", "CHL", "USA", "ZAF", "AUS", "CHN", "POL"])
    which = rng.integers(0, len(codes), n)
    frame = pd.DataFrame(
        {
            "site_id": [f"tsf:made:{i}" for i in range(n)],
            "record_id": [f"made:{i}" for i in range(n)],
            "source_id": "made",
            "evidence": "simulated",
            "name": [f"Tailings storage facility {i}" for i in range(n)],
            "owner": [f"Company {i % 400}" for i in range(n)],
            "mine_name": [f"Mine {i % 900}" for i in range(n)],
            "country_iso3": codes[which],
            "status": rng.choice(["active", "closed", "abandoned", "unknown"], n),
            "raising_method": rng.choice(["upstream", "downstream", "centreline"], n),
            "classification_system": "GISTM",
            "consequence_class": rng.choice([*CONSEQUENCE.codes, None], n),
            "dam_height_m": rng.lognormal(3, 0.7, n),
            "stored_volume_m3": rng.lognormal(13, 2, n),
            "year_start": rng.integers(1950, 2020, n),
            "commodities": rng.choice(["gold", "copper", "iron; manganese"], n),
            "lon": middles[which, 0] + rng.normal(0, 4, n),
            "lat": middles[which, 1] + rng.normal(0, 3, n),
        }
    )
    facilities = registers.with_geometry(registers.conform(frame, "facilities"))
    source = SourceRecord("made", "Made for the benchmark", "the benchmark", "none", "CC0-1.0", "simulated")
    products = {
        "facilities": facilities,
        "facilities_records": facilities,
        "mines": registers.empty("mines"),
        "events": pd.DataFrame(columns=list(registers.EVENT_COLUMNS)),
    }
    store.write_release(products, [source], {}, data)
    return frame


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def serving(script: Path, data: Path, port: int | None = None) -> Iterator[tuple[str, float, int]]:
    """A server of that script: its address, how long until it was ready [s], its number."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "LITHOSCOPE_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"127.0.0.1:{port}", time.perf_counter() - began, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def cpu_seconds(process: int) -> float:
    """What a process has used of the processor, on Linux; NaN elsewhere. [s]"""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Viewer:
    """One viewer's websocket."""

    def __init__(self, address: str, page: str) -> None:
        self._address, self._page = address, page
        self._socket: websockets.ClientConnection | None = None

    async def __aenter__(self) -> "Viewer":
        self._socket = await websockets.connect(
            f"ws://{self._address}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            compression=None,
            origin=f"http://{self._address}",
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def run(self, query: str) -> Run:
        """Ask for the page with this query, as a change of its address does; wait for the end of the run."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = self._page
        message.rerun_script.context_info.url = f"http://{self._address}/{self._page}"
        message.rerun_script.context_info.timezone = "UTC"
        began, received = time.perf_counter(), 0
        await self._socket.send(message.SerializeToString())
        while True:
            frame = await asyncio.wait_for(self._socket.recv(), timeout=300)
            received += len(frame)
            answer = ForwardMsg()
            answer.ParseFromString(frame)
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished in (0, 2):
                return Run(time.perf_counter() - began, received)


async def reruns(address: str, page: str, times: int, process: int = 0) -> tuple[Run, list[Run], float]:
    """The first page, the runs after changes of a filter, and the processor's time for each of these. [s]"""
    async with Viewer(address, page) as viewer:
        first = await viewer.run("")
        countries = ["BRA", "CHL", "", "USA", "AUS", "", "POL"]
        changed = [f"country={countries[i % 7]}" if countries[i % 7] else "" for i in range(times)]
        used = cpu_seconds(process)
        runs = [await viewer.run(query) for query in changed]
        return first, runs, (cpu_seconds(process) - used) / max(times, 1)


async def together(address: str, page: str, viewers: int) -> list[float]:
    """How long each of several viewers waits when all change a filter at once. [s]"""
    async with contextlib.AsyncExitStack() as stack:
        all_viewers = [await stack.enter_async_context(Viewer(address, page)) for _ in range(viewers)]
        for viewer in all_viewers:
            await viewer.run("")
        countries = ["BRA", "CHL", "USA", "ZAF", "AUS", "CHN", "POL"]
        runs = await asyncio.gather(
            *(viewer.run(f"country={countries[i % 7]}") for i, viewer in enumerate(all_viewers))
        )
    return [run.seconds for run in runs]


def over_http(address: str, query: str) -> tuple[int, float]:
    """Bytes and seconds of the tiles that the world's view shows, fetched one after the other."""
    size, began = 0, time.perf_counter()
    for z, x, y in WORLD:
        url = f"http://{address}/tiles/facilities/{z}/{x}/{y}.geojson?{query}"
        asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as answer:
            size += len(answer.read())
    return size, time.perf_counter() - began


def compare(n: int, folder: Path) -> None:
    """(a) A filter change on the Facilities page, ours against plain, at one size."""
    table = made(n, folder)
    table.to_parquet(folder / "plain.parquet")
    (folder / "plain.py").write_text(PLAIN.format(table=str(folder / "plain.parquet")))
    with serving(ROOT / "app.py", folder) as (address, _, process):
        _first, ours, cpu = asyncio.run(reruns(address, "facilities", 7, process))
        http, http_seconds = over_http(address, "country=CHN")
        whole, _seconds = over_http(address, "")
    with serving(folder / "plain.py", folder) as (address, _, process):
        _first, plain, cpu_plain = asyncio.run(reruns(address, "", 7, process))
    mine, other = (statistics.median(run.seconds for run in runs) for runs in (ours, plain))
    most, most_plain = (max(run.received for run in runs) for runs in (ours, plain))
    print(
        f"(a) {n:>7,} facilities: rerun {mine:.2f} s against {other:.2f} s plain ({other / mine:.1f} times), "
        f"processor {cpu:.2f} s against {cpu_plain:.2f} s; "
        f"websocket at most {most / 1e3:.0f} KB against {most_plain / 1e3:,.0f} KB "
        f"({most_plain / most:.0f} times); tiles of one country {http / 1e3:.0f} KB in {http_seconds:.2f} s, "
        f"of all {whole / 1e3:.0f} KB{'' if most < 50_000 else '  ** over 50 KB **'}"
    )


def start(folder: Path) -> None:
    """(b) From the command to the first rendered page, warm, in a Chromium that is open already.

    Warm is the second start of the day: the browser knows the scripts of this address, as it does for
    whoever starts the server again. Beside a page with one word on it in the same version of Streamlit, the
    least that a start can take. Without Chromium, to the page's last byte on the websocket.
    """
    (folder / "least.py").write_text('import streamlit as st\n\nst.title("word")\n')
    taken: dict[Path, list[tuple[float, ...]]] = {ROOT / "app.py": [], folder / "least.py": []}
    ports = {script: free_port() for script in taken}
    with _chromium(folder / "profile") as browser:
        for script in [*taken] * 7:  # the first two rounds warm the disk and the browser
            taken[script].append(_started(script, folder, browser, ports[script]))
    ours, least = (
        [statistics.median(column) for column in zip(*runs[2:], strict=True)] for runs in taken.values()
    )
    print(
        f"(b) start, warm: the server answers after {ours[0]:.1f} s, the page stands after {ours[1]:.1f} s; "
        f"a page of one word {least[0]:.1f} and {least[1]:.1f} s ({ours[1] / least[1]:.1f} times)"
        f"{'' if ours[1] < 3 else '  ** over 3 s **'}"
        f"{'' if len(ours) < 3 else f'; our map, drawn by the processor alone, after {ours[2]:.1f} s'}; "
        f"in a browser that sees it for the first time {taken[ROOT / 'app.py'][0][1]:.1f} s"
    )


def _started(script: Path, folder: Path, browser: Any, port: int) -> tuple[float, ...]:
    """Seconds until the server answers, the heading of its page stands, and (of ours) its map."""
    began = time.perf_counter()
    with serving(script, folder, port) as (address, ready, _):
        if browser is None:
            asyncio.run(reruns(address, "", 0))
            return ready, time.perf_counter() - began
        page = browser.new_page()
        page.goto(f"http://{address}/")
        page.locator("h1").first.wait_for(timeout=120_000)
        taken = [ready, time.perf_counter() - began]
        if script == ROOT / "app.py":
            canvas = page.locator("[data-testid=stDeckGlJsonChart] canvas").first
            canvas.wait_for(state="attached", timeout=120_000)
            taken.append(time.perf_counter() - began)
        page.wait_for_timeout(3000)  # the browser keeps what it compiled only some time after
        page.close()
        return tuple(taken)


@contextlib.contextmanager
def _chromium(profile: Path) -> Iterator[Any]:
    """An open browser that keeps what it knows in a folder; None where there is no Chromium."""
    from playwright.sync_api import Error, sync_playwright

    system = Path("/usr/bin/chromium")
    arguments = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch_persistent_context(
                profile, executable_path=system if system.exists() else None, args=arguments
            )
        except Error:
            browser = None
        yield browser
        if browser is not None:
            browser.close()


def crowd(viewers: int, folder: Path) -> None:
    """(c) Several viewers changing a filter at once at 12,000 facilities, ours against plain."""
    table = made(12_000, folder)
    table.to_parquet(folder / "plain.parquet")
    (folder / "plain.py").write_text(PLAIN.format(table=str(folder / "plain.parquet")))
    with serving(ROOT / "app.py", folder) as (address, *_):
        mine = statistics.median(asyncio.run(together(address, "facilities", viewers)))
    with serving(folder / "plain.py", folder) as (address, *_):
        other = statistics.median(asyncio.run(together(address, "", viewers)))
    print(
        f"(c) {viewers} viewers at 12,000 facilities: median {mine:.2f} s against {other:.2f} s plain "
        f"({other / mine:.1f} times){'' if mine < 1 else '  ** over 1 s **'}"
    )


def million() -> None:
    """One tile of a million points, uncached."""
    rng = np.random.default_rng(1)
    began = time.perf_counter()
    index = PointIndex.of(rng.uniform(-180, 180, 1_000_000), rng.uniform(-60, 70, 1_000_000))
    built = time.perf_counter() - began
    classes = Classes(rng.integers(-1, 5, 1_000_000).astype(np.int16), 5, True)
    took = []
    for z, x, y in [(0, 0, 0), *WORLD, (6, 20, 30)]:
        began = time.perf_counter()
        body = as_bytes(
            tile(
                index,
                classes,
                Address(z=z, x=x, y=y),
                describe=lambda rows: [{"id": f"tsf:{row}", "name": f"Facility {row}"} for row in rows],
                describe_crowd=lambda crowd: {"name": str(crowd.size), "note": str(crowd.counts)},
            )
        )
        gzip.compress(body, 6)
        took.append(time.perf_counter() - began)
    print(
        f"    a million sites: index {built:.2f} s; tile of the whole {took[0] * 1e3:.0f} ms, "
        f"slowest of {len(took)} tiles {max(took) * 1e3:.0f} ms"
        f"{'' if took[0] < 0.15 else '  ** over 150 ms **'}"
    )


def main() -> None:
    """Run all of it in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000, 100_000])
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--only", choices=["million", "compare", "start", "crowd"])
    chosen = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        if chosen.only in (None, "million"):
            million()
        if chosen.only in (None, "compare"):
            for n in chosen.sizes:
                compare(n, _made_folder(folder, f"{n}"))
        if chosen.only in (None, "start"):
            at = _made_folder(folder, "start")
            made(chosen.sizes[0], at)
            start(at)
        if chosen.only in (None, "crowd"):
            crowd(chosen.viewers, _made_folder(folder, "crowd"))


def _made_folder(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


if __name__ == "__main__":
    main()
