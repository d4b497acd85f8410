"""The Explain room's API, asked for what it should answer."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from ..explaining.networks import photo
from ..explaining.test_photos import png


def photo_sent(client: TestClient) -> str:
    """The app's name for a photo that was sent to it: `photo(5)`."""
    answer = client.post("/api/photos", files={"file": ("ant.png", png(photo(5)))})
    assert answer.status_code == 200, answer.text
    name: str = answer.json()["photo"]
    return name


def explained(client: TestClient, **asked: Any) -> dict[str, Any]:
    """What the app answers to a request that nothing is wrong with."""
    answer = client.post("/api/explain", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
