"""The app with many at once, with people who leave, and for long: in the end all is as before."""

from __future__ import annotations

import gc
import json
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import torch
from starlette.testclient import TestClient

from backlight.serve.app import create_app
from backlight.serve.settings import Limits, Settings

from ..conftest import running
from ..explaining.networks import HELD, MANY, gate, photo
from ..explaining.test_photos import png

ASKED = {"photo": "scene:1", "model": HELD, "target": 1}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(Settings(models=(HELD,), limits=Limits(waiting=250))) as base:
        httpx.post(f"{base}/api/explain", json=ASKED, timeout=60)  # loaded and surveyed
        yield base


def at_once(base: str, count: int, asked: dict[str, Any] = ASKED) -> list[httpx.Response]:
    def ask(index: int) -> httpx.Response:
        headers = {"cookie": f"backlight-client=number {index % 8}"}
        body = {**asked, "target": index % 5}
        return httpx.post(f"{base}/api/explain", json=body, headers=headers, timeout=120)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))


def test_two_hundred_at_once_are_all_answered(address: str) -> None:
    answers = at_once(address, 200)
    assert Counter(answer.status_code for answer in answers) == {200: 200}
    maps: dict[int, list[float]] = {}
    for answer in answers:
        found = answer.json()
        expected = maps.setdefault(found["target"]["class"], found["map"]["values"])
        assert found["map"]["values"] == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert set(maps) == set(range(5))
    assert max(answer.json()["together"] for answer in answers) > 1


def test_more_than_may_wait_are_turned_away_and_the_app_goes_on() -> None:
    settings = Settings(models=(HELD,), limits=Limits(waiting=5))
    with running(settings) as base:
        httpx.post(f"{base}/api/explain", json=ASKED, timeout=60)
        with gate() as (begun, go_on, _), ThreadPoolExecutor(1) as pool:
            asking = pool.submit(at_once, base, 40)
            assert begun.wait(30)
            while pool_is_behind(base):
                pass
            go_on.release(MANY)
            answers = asking.result()
        counts = Counter(answer.status_code for answer in answers)
        assert set(counts) == {200, 429}
        turned_away = next(answer for answer in answers if answer.status_code == 429)
        assert "try again" in turned_away.json()["error"]["message"]
        assert turned_away.headers["retry-after"] == "5"
        assert httpx.post(f"{base}/api/explain", json=ASKED, timeout=60).status_code == 200


def pool_is_behind(base: str) -> bool:
    """Whether nobody has been turned away yet: then one more may still wait."""
    try:
        answer = httpx.post(f"{base}/api/explain", json=ASKED, timeout=0.5)
    except httpx.TimeoutException:
        return True
    return answer.status_code != 429


def test_the_page_answers_while_networks_run(address: str) -> None:
    with gate() as (begun, go_on, _), ThreadPoolExecutor(1) as pool:
        asking = pool.submit(at_once, address, 12)
        assert begun.wait(30)
        for path in ("/", "/api/methods", "/api/photos/scene:1", "/static/app/app.js"):
            assert httpx.get(address + path, timeout=30).status_code == 200
        assert not asking.done()
        go_on.release(MANY)
        assert {answer.status_code for answer in asking.result()} == {200}


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_who_leaves_in_the_middle_ends_the_run(address: str, accept: str) -> None:
    asked = {**ASKED, "gradients": "dual"}
    with gate() as (_, go_on, sizes):
        go_on.release(MANY)
        assert httpx.post(f"{address}/api/explain", json=asked, timeout=60).status_code == 200
        whole = len(sizes)
    with gate() as (begun, go_on, sizes):
        leave_when(begun, address, asked, accept)
        for _ in range(5):  # behind these, the app has seen who left
            httpx.get(f"{address}/api/methods", timeout=30)
        go_on.release(MANY)
        # Both workers are free again: two runs go on at the same time.
        assert {answer.status_code for answer in at_once(address, 2)} == {200}
        of_that_run = [size for size in sizes if size == sizes[0]]
        assert len(of_that_run) - 2 < whole


def leave_when(begun: Any, base: str, asked: dict[str, Any], accept: str) -> None:
    """Send a request by hand, and close the connection when it is being worked on."""
    place = urlsplit(base)
    body = json.dumps(asked).encode()
    head = (
        f"POST /api/explain HTTP/1.1\r\nHost: {place.netloc}\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
        connection.sendall(head.encode() + body)
        assert begun.wait(30)


def test_who_leaves_before_all_is_sent_does_no_harm(address: str) -> None:
    place = urlsplit(address)
    for start in (
        b"POST /api/photos HTTP/1.1\r\n",
        b"POST /api/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
        b"Content-Type: multipart/form-data; boundary=abc\r\n\r\n--abc\r\nContent-Disposition: ",
        b"POST /api/explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{",
    ):
        with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
            connection.sendall(start)
    assert httpx.post(f"{address}/api/explain", json=ASKED, timeout=60).status_code == 200


def test_memory_does_not_grow_with_the_requests() -> None:
    """Neither by tensors that live on nor by what is kept on purpose."""
    limits = Limits(results=10, photos_bytes=2 * 2**20)
    with TestClient(
        create_app(Settings(models=(HELD,), limits=limits)), base_url="http://localhost"
    ) as client:
        state = client.app.state.explaining

        def use(count: int, start: int) -> int:
            for index in range(start, start + count):
                sent = client.post("/api/photos", files={"file": png(photo(index, 120, 90))}).json()
                asked = {"photo": sent["photo"], "model": HELD, "target": index % 5}
                made = client.post("/api/explain", json=asked)
                assert made.status_code == 200
                path = f"/api/explanations/{made.json()['explanation']}"
                client.post(f"{path}/spot", json={"x": 1, "y": 1})
                client.get(f"{path}/heat.png")
            gc.collect()
            # By type: asking a proxy of something that is gone for its class fails.
            return sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects())

        first, later = use(40, 0), use(200, 40)
        assert len(state.results) == 10
        assert state.photos._files.bytes + state.photos._read.bytes <= 2 * 2**20
        assert not state.together._waiting
        assert later <= first + 5
