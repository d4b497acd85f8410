"""The app as a whole: its pages, its assets, its words when something does not exist."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from backlight.serve.app import ROOMS, create_app


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(), base_url="http://localhost")


@pytest.mark.parametrize("path", ["/", *(f"/{room}" for room in ROOMS)])
def test_every_room_has_an_address_of_its_own(client: TestClient, path: str) -> None:
    for ask in (client.get, client.head):
        answer = ask(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_page_module(client: TestClient, room: str) -> None:
    answer = client.get(f"/static/app/rooms/{room}.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert "export async function mount" in answer.text


def test_an_asset_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/static/app/app.js")
    again = client.get("/static/app/app.js", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path",
    ["/static/app/../app.py", "/static/app/%2e%2e/settings.py", "/static/show//etc/passwd", "/no"],
)
def test_no_path_leads_out_of_the_assets(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"]


def test_the_page_asks_for_nothing_from_elsewhere(client: TestClient) -> None:
    text = client.get("/").text
    assert "http" not in text.replace("http-equiv", "")
    assert "<script>" not in text
    assert "style=" not in text


def test_the_api_tells_of_itself(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["info"]["title"] == "Backlight"
    assert all(path.startswith("/api/") for path in document["paths"])
    told = {
        f"{method} {path}": operation["summary"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert told["post /api/photos"] == "Send a photo"
    assert told["get /api/stored/{number}"] == "What was asked and answered"
    assert told["get /api/mountain"] == "The landscapes and networks on offer"
    # None is called by a function's name.
    assert not [line for line in told.values() if line.istitle() and " " in line]
