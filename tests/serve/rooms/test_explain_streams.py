"""The Explain room's API as a stream: progress, then the result or what failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from backlight.serve.app import create_app
from backlight.serve.recent import NotThere
from backlight.serve.settings import Settings

from ..explaining.networks import HELD
from .asking import explained, photo_sent


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(Settings(models=(HELD,))), base_url="http://localhost")


@pytest.fixture(scope="module")
def sent(client: TestClient) -> str:
    return photo_sent(client)


def events(text: str) -> list[tuple[str, Any]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [
        (first.removeprefix("event: "), json.loads(second.removeprefix("data: ")))
        for first, second in blocks
    ]


def test_the_stream_tells_of_progress_and_then_the_result(client: TestClient, sent: str) -> None:
    asked = {"photo": sent, "model": HELD, "gradients": "dual", "target": 1}
    answer = client.post("/api/explain", json=asked, headers={"accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.text)
    assert [name for name, _ in told[:-1]] == ["progress"] * (len(told) - 1)
    done = [data["done"] for _, data in told[:-1]]
    assert done == sorted(done)
    assert all(set(data) == {"done", "total", "queued"} for _, data in told[:-1])
    name, found = told[-1]
    assert name == "result"
    plain = explained(client, **asked)
    own = ("explanation", "heat", "seconds")
    assert {k: v for k, v in found.items() if k not in own} == {
        k: v for k, v in plain.items() if k not in own
    }


def test_the_stream_ends_with_the_error(client: TestClient, sent: str) -> None:
    asked = {"photo": sent, "model": HELD, "target": "bea"}
    answer = client.post("/api/explain", json=asked, headers={"accept": "text/event-stream"})
    assert answer.status_code == 200
    name, data = events(answer.text)[-1]
    assert name == "failure"
    assert data["kind"] == "TargetError"
    assert "did you mean" in data["message"]


def test_a_request_that_is_wrong_from_the_start_is_no_stream(client: TestClient) -> None:
    for asked, status in (
        ({"photo": "0" * 32, "model": HELD}, 404),
        ({"photo": "scene:1", "model": "nothing"}, 400),
        ({"photo": "scene:1"}, 422),
    ):
        answer = client.post("/api/explain", json=asked, headers={"accept": "text/event-stream"})
        assert answer.status_code == status
        assert answer.json()["error"]["message"]


def test_a_photo_that_went_while_its_turn_was_awaited_is_told_in_the_stream(
    client: TestClient, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(photo: str) -> Any:
        raise NotThere("no photo of that name in memory any more")

    photos = client.app.state.explaining.photos  # type: ignore[attr-defined]
    monkeypatch.setattr(photos, "get", gone)
    asked = {"photo": sent, "model": HELD}
    answer = client.post("/api/explain", json=asked, headers={"accept": "text/event-stream"})
    assert events(answer.text)[-1] == (
        "failure",
        {"kind": "RequestError", "message": "no photo of that name in memory any more"},
    )
    assert client.post("/api/explain", json=asked).status_code == 404
