"""Answers that come piece by piece."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.testclient import TestClient

from backlight.errors import InputError
from backlight.serve.app import create_app
from backlight.serve.streams import Tell, streamed
from backlight.serve.turns import Stop

Work = Callable[[Stop, Tell], None]


def app_with(work: Work) -> Any:
    router = APIRouter()

    @router.post("/api/piecewise")
    async def piecewise(request: Request) -> StreamingResponse:
        return streamed(request, work)

    app = create_app()
    app.include_router(router)
    return app


def events_of(work: Work) -> list[tuple[str, Any]]:
    client = TestClient(app_with(work), base_url="http://localhost")
    answer = client.post("/api/piecewise")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.text.split("\n\n")
    assert blocks.pop() == ""
    found = []
    for block in blocks:
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_what_is_told_comes_in_order_and_ends_with_done() -> None:
    def work(stop: Stop, tell: Tell) -> None:
        for i in range(3):
            tell("piece", {"number": i, "text": "a\nb"})

    assert events_of(work) == [
        *(("piece", {"number": i, "text": "a\nb"}) for i in range(3)),
        ("done", {}),
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("no such\nthing"), {"kind": "InputError", "message": "no such thing"}),
        (
            ZeroDivisionError("a secret of the machine"),
            {"kind": "InternalError", "message": "the app failed; its log shows where"},
        ),
    ],
)
def test_what_goes_wrong_on_the_way_is_the_last_event(
    error: Exception, told: dict[str, str]
) -> None:
    def work(stop: Stop, tell: Tell) -> None:
        tell("piece", 1)
        raise error

    assert events_of(work) == [("piece", 1), ("failure", told)]


def test_pieces_arrive_while_the_work_goes_on_and_it_ends_when_nobody_listens(
    serving: Callable[[Any], str],
) -> None:
    ended = threading.Event()

    def work(stop: Stop, tell: Tell) -> None:
        try:
            end = time.monotonic() + 20
            while time.monotonic() < end:
                tell("piece", 1)
                stop.check()
        finally:
            if stop.asked:
                ended.set()

    with httpx.stream("POST", f"{serving(app_with(work))}/api/piecewise", timeout=10) as answer:
        assert next(answer.iter_text()).startswith("event: piece\ndata: 1\n\n")
    assert ended.wait(10)
