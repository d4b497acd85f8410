"""Every refusal: one line that can be read, whatever was sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from backlight.serve.app import create_app


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{nope", "the request is no JSON: Expecting property name"),
        (b'{"photo":', "the request is no JSON: Expecting value at character 9"),
        (b"[" * 100_000, "nested a few levels deep"),
        (b'{"photo": ' + b"9" * 6000 + b"}", "numbers of a usual length"),
        (b'{"photo": "\xff"}', "expected JSON in UTF-8"),
        (b'{"photo": "\\ud800", "model": "a"}', "photo: input should be a valid string"),
        (b"null", "the request: input should be a valid dictionary"),
        (b"", "the request: field required"),
        (b'{"' + b"k" * 100_000 + b'": 1}', "kkk…: extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_short_line(
    client: TestClient, content: bytes, words: str
) -> None:
    answer = client.post(
        "/api/explain", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    message = answer.json()["error"]["message"]
    assert words in message
    assert len(message) <= 1000
    assert "\n" not in message


def test_numbers_that_json_has_no_word_for_are_refused(client: TestClient) -> None:
    asked = b'{"sizes":[1,1],"hidden":[],"parameters":[NaN,1e999],"x":[Infinity],"t":[0]}'
    answer = client.post("/api/sweep", content=asked, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "parameters.0: input should be a finite number" in answer.json()["error"]["message"]
