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
        (b'{"photo": "\\ud800", "model": "a"}', "photo: should be a valid string"),
        (b"null", "the request: should be a valid dictionary"),
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


RUN = {"kind": "table", "table": "sample:moons", "target": "moon"}
RUNS, SWEEP, MAP = "/api/train/runs", "/api/sweep", "/api/mountain/map"


@pytest.mark.parametrize(
    ("path", "asked", "field", "message"),
    [
        (RUNS, {**RUN, "epochs": 0}, "epochs", "should be at least 1, not 0"),
        (
            RUNS,
            {**RUN, "hidden": [3, 0]},
            "hidden.1",
            "should be at least 1, not 0",
        ),
        (RUNS, {**RUN, "hidden": [1] * 9}, "hidden", "list should have at most 6 items, not 9"),
        (RUNS, {**RUN, "table": 7}, "table", "should be a valid string, not 7"),
        (RUNS, {"kind": "table", "table": "x"}, "target", "field required"),
        (RUNS, {**RUN, "kind": "tabel"}, "kind", "expected one of 'classic', 'table', not 'tabel'"),
        (RUNS, {"table": "sample:moons"}, "kind", "field required"),
        (SWEEP, {"sizes": [], "hidden": [], "parameters": [], "x": [], "t": []}, "sizes",
         "list should have at least 2 items, not 0"),
        (MAP, {"where": {"offer": "wrong-dip", "reach": "far"}}, "where.reach",
         "should be a valid number, unable to parse string as a number, not 'far'"),
        (MAP, {"where": {}}, "where", "give either an offer or a network"),
    ],
)  # fmt: skip
def test_the_field_at_fault_is_named_as_it_was_sent_and_in_plain_words(
    client: TestClient, path: str, asked: dict[str, object], field: str, message: str
) -> None:
    answer = client.post(path, json=asked)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["field"] == field
    assert error["message"] == f"{field}: {message}"


def test_what_no_field_is_to_blame_for_names_none(client: TestClient) -> None:
    for answer in (
        client.post(RUNS, json={**RUN, "target": "mon"}),
        client.post(RUNS, content=b"{", headers={"content-type": "application/json"}),
        client.post(SWEEP, json=[]),
        client.get("/api/train/runs/none"),
    ):
        assert set(answer.json()["error"]) == {"kind", "message"}


def test_the_api_s_own_document_tells_of_the_field(client: TestClient) -> None:
    failure = client.get("/openapi.json").json()["components"]["schemas"]["Failure"]
    assert failure["required"] == ["kind", "message"]
    assert "hidden.0" in failure["properties"]["field"]["description"]


def test_numbers_that_json_has_no_word_for_are_refused(client: TestClient) -> None:
    asked = b'{"sizes":[1,1],"hidden":[],"parameters":[NaN,1e999],"x":[Infinity],"t":[0]}'
    answer = client.post("/api/sweep", content=asked, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "parameters.0: should be a finite number" in answer.json()["error"]["message"]
