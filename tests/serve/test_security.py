"""Who may ask, and what every answer carries."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import Request
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backlight.serve.app import create_app
from backlight.serve.settings import Limits, Settings
from backlight.serve.turns import left

TOKEN = "a-token-of-tests"


def app_with_echo(settings: Settings) -> TestClient:
    """The app and a route that reads what it is sent."""
    app = create_app(settings)

    @app.post("/api/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    return TestClient(app, base_url="http://localhost", follow_redirects=False)


@pytest.fixture
def local() -> TestClient:
    return app_with_echo(Settings(limits=Limits(body_bytes=1000)))


@pytest.fixture
def guarded() -> TestClient:
    return app_with_echo(Settings(host="0.0.0.0", token=TOKEN))


def test_every_answer_forbids_scripts_from_elsewhere_and_inline(local: TestClient) -> None:
    for path in ("/", "/openapi.json", "/nothing"):
        policy = local.get(path).headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("host", ["localhost", "localhost:99", "127.0.0.1:8484", "[::1]:8484"])
def test_this_machine_s_own_names_are_answered(local: TestClient, host: str) -> None:
    assert local.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8484", "", "[::2]"])
def test_another_name_that_points_here_is_not(local: TestClient, host: str) -> None:
    answer = local.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "localhost" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
    ],
)
def test_other_sites_pages_may_not_write(local: TestClient, headers: dict[str, str]) -> None:
    assert local.post("/api/echo", headers=headers, content=b"x").status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "same-origin"}, {"origin": "http://localhost"}]
)
def test_the_app_s_own_pages_and_programs_may(local: TestClient, headers: dict[str, str]) -> None:
    assert local.post("/api/echo", headers=headers, content=b"x").json() == 1


def test_a_body_that_says_it_is_too_long_is_not_read(local: TestClient) -> None:
    assert local.post("/api/echo", content=b"x" * 1000).json() == 1000
    answer = local.post("/api/echo", content=b"x" * 1001)
    assert answer.status_code == 413
    assert answer.json()["error"]["message"].startswith("the request is larger than")


def test_neither_is_one_that_does_not_say_how_long_it_is(local: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    assert local.post("/api/echo", content=pieces()).status_code == 413


def test_without_the_token_nothing_is_answered(guarded: TestClient) -> None:
    for path in ("/", "/static/app/app.js", "/openapi.json", "/?token=another"):
        answer = guarded.get(path)
        assert answer.status_code == 401
        assert "token" in answer.json()["error"]["message"]


def test_the_token_in_the_address_becomes_a_cookie(guarded: TestClient) -> None:
    answer = guarded.get(f"/sweep?eta=1&token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sweep?eta=1"
    assert guarded.get("/sweep").status_code == 200


def test_no_address_with_the_token_leads_to_another_host(guarded: TestClient) -> None:
    answer = guarded.get(f"http://localhost//evil.example/?token={TOKEN}")
    assert answer.headers["location"] == "/evil.example/"


def test_programs_send_the_token_as_a_bearer(guarded: TestClient) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/openapi.json", headers=headers).status_code == 200
    assert guarded.get("/openapi.json", headers={"authorization": "Bearer no"}).status_code == 401


@pytest.mark.parametrize("origin", ["http://[", "http://]", "http://\u2100.example"])
def test_an_origin_that_is_no_address_is_another_site_s(local: TestClient, origin: str) -> None:
    answer = local.post("/api/echo", content=b"a", headers={"origin": origin.encode()})
    assert answer.status_code == 403


def test_a_length_of_thousands_of_digits_is_too_long(local: TestClient) -> None:
    answer = local.post("/api/echo", content=b"a", headers={"content-length": "9" * 5000})
    assert answer.status_code == 413


def test_only_a_form_may_be_as_long_as_a_photo() -> None:
    client = app_with_echo(Settings(limits=Limits(body_bytes=5000, json_bytes=1000)))
    form = {"content-type": "multipart/form-data; boundary=a"}
    assert client.post("/api/echo", content=b"a" * 4000, headers=form).json() == 4000
    assert client.post("/api/echo", content=b"a" * 1000).json() == 1000
    for content in (b"a" * 1001, iter([b"a" * 1001])):
        answer = client.post("/api/echo", content=content)
        assert answer.status_code == 413
        assert "larger than" in answer.json()["error"]["message"]


def test_a_body_that_never_ends_is_given_up(serving: Callable[[Any], str]) -> None:
    address = serving(create_app(Settings(limits=Limits(body_seconds=0.2))))
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(
            b"POST /api/sweep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")


def test_an_answer_that_takes_longer_than_a_body_may_is_still_given() -> None:
    client = app_with_echo(Settings(limits=Limits(body_seconds=0.05)))

    @client.app.get("/api/left")  # type: ignore[attr-defined, untyped-decorator]
    async def waits(request: Request) -> str:
        await request.body()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await left(request)
        return "here"

    assert client.get("/api/left").json() == "here"


def test_a_web_socket_is_closed_before_it_is_open(local: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as closed, local.websocket_connect("/"):
        raise AssertionError("it was opened")
    assert closed.value.code == 1008
