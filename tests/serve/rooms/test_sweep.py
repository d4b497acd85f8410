"""The sweep's part of the API: the library's numbers, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import backlight as bl
from backlight.networks.classics import CLASSICS
from backlight.serve.app import create_app

EXAMPLE_4 = {
    "sizes": [2, 2, 2],
    "hidden": ["sigmoid"],
    "output": "sigmoid",
    "loss": "squared-error",
    "parameters": [0.15, 0.25, 0.2, 0.3, 0.35, 0.35, 0.4, 0.5, 0.45, 0.55, 0.6, 0.6],
    "x": [0.05, 0.1],
    "t": [0.01, 0.99],
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), base_url="http://127.0.0.1:8484") as client:
        yield client


def refused(client: TestClient, path: str, body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert 400 <= answer.status_code < 500, answer.text[:300]
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_example_4_is_offered_first_and_every_classic(client: TestClient) -> None:
    offered = client.get("/api/sweep/networks").json()
    names = [network["name"] for network in offered["networks"]]
    assert names[0] == "example-4"
    assert sorted(names) == sorted(CLASSICS)
    cross_entropy = next(loss for loss in offered["losses"] if loss["name"] == "cross-entropy")
    assert cross_entropy["outputs"] == ["softmax"]


def test_example_4_begins_as_published(client: TestClient) -> None:
    begun = client.post("/api/sweep/published", json={"name": "example-4"}).json()
    assert {key: begun[key] for key in EXAMPLE_4} == EXAMPLE_4
    assert (begun["learning_rate"], begun["rows"]) == (0.5, 1)


def test_what_begins_can_be_swept_as_it_is(client: TestClient) -> None:
    for name in CLASSICS:
        begun = client.post("/api/sweep/published", json={"name": name}).json()
        swept = client.post("/api/sweep", json={**begun, "updates": 1})
        assert swept.status_code == 200, swept.text
        first, second = (sweep["cost"] for sweep in swept.json()["sweeps"])
        assert second < first


def test_the_sweep_has_the_published_numbers(client: TestClient) -> None:
    found = client.post("/api/sweep", json={**EXAMPLE_4, "updates": 2}).json()
    assert len(found["sweeps"]) == 3
    first = found["sweeps"][0]
    assert first["cost"] == pytest.approx(0.29837110876, abs=5e-12)
    assert first["layers"][0]["weight_slopes"][1][0] == pytest.approx(8.771354689486931e-4, 1e-13)
    assert first["layers"][1]["deltas"] == pytest.approx(
        [0.1384985616285569, -0.03809823651655624], rel=1e-13
    )
    assert found["steps"]["unit"][1]["words"].startswith("Forward: the net and the signal of unit")


def test_a_drawn_network_is_swept_with_the_library_s_gradient(client: TestClient) -> None:
    layers = {"sizes": [3, 4, 2], "hidden": ["relu"], "output": "softmax", "loss": "cross-entropy"}
    begun = client.post("/api/sweep/drawn", json={**layers, "seed": 3}).json()
    again = client.post("/api/sweep/drawn", json={**layers, "seed": 3}).json()
    assert begun == again
    found = client.post("/api/sweep", json={**begun, "updates": 0}).json()["sweeps"][0]
    network = bl.Network((3, 4, 2), "relu", "softmax")
    x, t = np.array([begun["x"]]), np.array([begun["t"]])
    expected = bl.gradient(
        lambda p: network.cost(network.named(p), x, t, "cross-entropy"),
        np.array(begun["parameters"]),
        "dual",
    )
    np.testing.assert_allclose(found["ways"]["backprop"][: network.size], expected, rtol=1e-12)


def test_changed_numbers_change_what_follows(client: TestClient) -> None:
    changed = {**EXAMPLE_4, "x": [0.0, 0.0], "updates": 0}
    first = client.post("/api/sweep", json=changed).json()["sweeps"][0]
    # With inputs of 0 the hidden signals are sigmoid(.35), whatever the weights.
    assert first["layers"][0]["signals"] == pytest.approx([1 / (1 + math.exp(-0.35))] * 2)
    assert first["layers"][0]["weight_slopes"] == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": [1.0]}, "the vector has shape (1,); expected (12,)"),
        ({"x": [1.0]}, "x has shape (1,); expected (2,)"),
        ({"loss": "cross-entropy"}, "cross-entropy needs an output of softmax, not sigmoid"),
        ({"output": "sigmoud"}, "no activation 'sigmoud'; did you mean 'sigmoid'"),
        ({"hidden": []}, "0 activations for 1 hidden layers"),
        ({"output": "identity", "parameters": [1e300] * 12}, "the cost is not finite"),
        ({"sizes": [60, 60, 60]}, "7,320 parameters are more than can be stepped through here"),
        ({"updates": 501}, "updates"),
        ({"sizes": [2]}, "sizes"),
        ({"sizes": [2, 65]}, "sizes"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"output": "x" * 10_000}, "output"),
    ],
)
def test_what_cannot_be_swept_is_answered_in_words(
    client: TestClient, change: dict[str, Any], words: str
) -> None:
    error = refused(client, "/api/sweep", {**EXAMPLE_4, **change})
    assert words in error["message"]
    assert "\n" not in error["message"]
    assert len(error["message"]) < 500


def test_numbers_that_are_none_are_refused(client: TestClient) -> None:
    body = '{"sizes": [1, 1], "hidden": [], "parameters": [NaN, 0], "x": [1], "t": [1]}'
    answer = client.post("/api/sweep", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_what_is_not_on_offer_is_refused(client: TestClient) -> None:
    error = refused(client, "/api/sweep/published", {"name": "exmple-4"})
    assert "no published run 'exmple-4'; did you mean 'example-4'" in error["message"]
    error = refused(client, "/api/sweep/published", {"name": "example-3", "row": 4})
    assert "example-3 has no row 4; its rows are 0 to 3" in error["message"]
    wide = {"sizes": [64, 64], "hidden": []}
    assert "4,160 parameters" in refused(client, "/api/sweep/drawn", wide)["message"]


def test_descent_that_diverges_ends_in_words(client: TestClient) -> None:
    linear = {
        "sizes": [1, 1], "hidden": [], "output": "identity", "parameters": [3.0, 0.0],
        "x": [1.0], "t": [1.0], "learning_rate": 1e9, "updates": 500,
    }  # fmt: skip
    found = client.post("/api/sweep", json=linear).json()
    assert "is too large" in found["ended"]
    assert 1 < len(found["sweeps"]) < 100
