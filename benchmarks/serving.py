"""The web app: what a request costs beside the library's call, alone, with others, and for long.

The app runs in a process of its own, reached over loopback. `python -m benchmarks.serving` is that
process: it prints its port and serves until its standard input is closed.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import backlight as bl
from backlight.serve.explaining.photos import Photos
from backlight.show.encode import heat_bytes
from benchmarks.lines import Line, listed
from benchmarks.measuring import medians, medians_in_blocks

CASES = {"efficientnet-lite0": "sample:cat", "scenes-resnet": "scene:1000000"}
CLIENTS, EACH = 8, 12
WARM, LONG = 200, 1000


@dataclass(frozen=True)
class App:
    """The app in another process."""

    port: int
    process: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def resident(self) -> float:
        """Its resident memory, MB."""
        fields = Path(f"/proc/{self.process}/statm").read_text().split()
        return int(fields[1]) * 4096 / 2**20


def asked(connection: http.client.HTTPConnection, body: dict[str, Any], client: str = "") -> Any:
    """The answer to one request to explain."""
    headers = {"Content-Type": "application/json", "Cookie": f"backlight-client={client or 'one'}"}
    connection.request("POST", "/api/explain", json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {content[:300]!r}")
    return json.loads(content)


def got(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


@contextlib.contextmanager
def app() -> Iterator[App]:
    command = [sys.executable, "-m", "benchmarks.serving"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield App(int(process.stdout.readline()), process.pid)
        finally:
            process.stdin.close()


def cost_of_a_request(served: App, name: str) -> Iterator[Line]:
    """One person alone: the request against the call, both with the photo read already; then both
    with the map as it is laid over the photo."""
    model, photo = bl.load_model(name), Photos(10**8, 2**28).get(CASES[name])
    connection, body = served.connect(), {"photo": CASES[name], "model": name}

    def library_with_heat() -> bytes:
        why = bl.explain(model, photo)
        return heat_bytes(why.heatmap()[0].numpy(), signed=False)

    seconds = medians_in_blocks(
        {
            "library": lambda: bl.explain(model, photo),
            "request": lambda: asked(connection, body),
            "library + heat": library_with_heat,
            "request + heat": lambda: got(connection, asked(connection, body)["heat"]),
            "a request without work": lambda: got(connection, "/api/gradients"),
        },
        blocks=6,
    )
    nothing = 1e3 * seconds.pop("a request without work")
    print(
        f"{name}, one after the other: {listed(seconds)}; a request without work {nothing:.1f} ms"
    )
    yield Line(f"{name}: request / library", seconds["request"] / seconds["library"], 1.15)
    with_heat = seconds["request + heat"] / seconds["library + heat"]
    yield Line(f"{name}: request and heat / library and heat", with_heat, 1.15)


def eight_at_once(served: App, name: str) -> Iterator[Line]:
    """Eight people at once, one of whom asks for all at a time: how long each waits, how long the
    page takes meanwhile."""
    model, photo = bl.load_model(name), Photos(10**8, 2**28).get(CASES[name])
    alone = medians({"library": lambda: bl.explain(model, photo)}, rounds=9)["library"]
    photos = [f"scene:{index}" for index in range(CLIENTS)] if "scenes" in name else [CASES[name]]
    waits: dict[str, list[float]] = {f"client {i}": [] for i in range(CLIENTS)}
    together, pages, over = [], [], threading.Event()

    def ask(client: str, index: int, connection: http.client.HTTPConnection) -> None:
        body = {"photo": photos[index % len(photos)], "model": name, "target": index % 10}
        start = time.perf_counter()
        answer = asked(connection, body, client)
        waits[client].append(time.perf_counter() - start)
        together.append(answer["together"])

    def patient(client: str) -> None:
        connection = served.connect()
        for index in range(EACH):
            ask(client, index, connection)

    def greedy(client: str) -> None:
        with ThreadPoolExecutor(EACH) as pool:
            list(pool.map(lambda index: ask(client, index, served.connect()), range(EACH)))

    def look() -> None:
        connection = served.connect()
        while not over.is_set():
            start = time.perf_counter()
            got(connection, "/")
            pages.append(time.perf_counter() - start)
            over.wait(0.02)

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        looking = pool.submit(look)
        start = time.perf_counter()
        clients = list(waits)
        list(pool.map(lambda c: greedy(c) if c == clients[0] else patient(c), clients))
        took = time.perf_counter() - start
        over.set()
        looking.result()
    means = [statistics.mean(waits[client]) for client in clients[1:]]
    low, high = min(means), max(means)
    per_request = took / (CLIENTS * EACH)
    print(
        f"{name}, {CLIENTS} clients with {EACH} requests each, one of them all at a time: "
        f"{took:.2f} s, {1e3 * per_request:.1f} ms a request, {statistics.mean(together):.1f} "
        f"together in the mean; the others wait {1e3 * low:.0f} to {1e3 * high:.0f} ms; "
        f"the page {1e3 * statistics.median(pages):.1f} ms (longest {1e3 * max(pages):.0f} ms)"
    )
    yield Line(f"{name}, {CLIENTS} at once: a request / library", per_request / alone, 1.15)
    yield Line(
        f"{name}, {CLIENTS} at once: longest / shortest mean wait", max(means) / min(means), 1.5
    )


def memory_of_many(served: App, name: str) -> Iterator[Line]:
    """A thousand requests, each kept a while as any other."""
    connection = served.connect()

    def use(first: int, last: int) -> float:
        for index in range(first, last):
            body = {"photo": f"scene:{index % 50}", "model": name, "target": index % 10}
            got(connection, asked(connection, body)["heat"])
        return served.resident()

    before, after = use(0, WARM), use(WARM, LONG)
    print(f"{name}: {before:.0f} MB after {WARM} requests, {after:.0f} MB after {LONG}")
    yield Line(f"{name}: memory after {LONG} / after {WARM} requests", after / before, 1.05)


def run() -> list[Line]:
    """Everything, with a running commentary."""
    lines: list[Line] = []
    with app() as served:
        for name in CASES:
            lines += cost_of_a_request(served, name)
            lines += eight_at_once(served, name)
        lines += memory_of_many(served, "scenes-resnet")
    return lines


def _serve() -> None:
    from backlight.serve.app import create_app
    from backlight.serve.launching import running, take_process

    served = create_app()
    take_process(served)
    # Contenders take turns, and a connection is to outlast those of the others.
    with running(served, timeout_keep_alive=600) as address:
        print(address.rpartition(":")[2], flush=True)
        sys.stdin.read()  # until whoever started this is done
        os._exit(0)


if __name__ == "__main__":
    _serve()
