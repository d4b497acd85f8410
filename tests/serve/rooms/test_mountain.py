"""The Mountain room's part of the HTTP API: the library's numbers, and clear refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from backlight.networks.landscapes.climbing import Gait, climb, spread
from backlight.networks.landscapes.offers import NETWORKS, OFFERS, find_offer, view
from backlight.networks.landscapes.recording import climbs_record, map_record
from backlight.networks.landscapes.survey import survey
from backlight.serve.app import create_app


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), base_url="http://localhost") as client:
        yield client


def climbs(**asked: Any) -> dict[str, Any]:
    return {"where": {"offer": "wrong-dip"}, "gait": {"rate": 0.1, "steps": 30}, **asked}


def test_what_is_on_offer_is_what_the_library_offers(client: TestClient) -> None:
    told = client.get("/api/mountain").json()
    assert [entry["name"] for entry in told["landscapes"]] == list(OFFERS)
    assert [entry["name"] for entry in told["networks"]] == list(NETWORKS)
    for entry in told["networks"]:
        network = NETWORKS[entry["name"]].network
        assert len(entry["weights"]) == network.size
    toward = {entry["name"]: entry["toward"] for entry in told["networks"]}
    assert toward == {"xor": ["xor-stuck"], "xor-stuck": ["xor"], "iris": []}


@pytest.mark.parametrize(
    "where",
    [
        {"offer": "wrong-dip"},
        {"network": "xor", "weights": ["weights_1[0, 0]"]},
        {"network": "xor", "weights": ["weights_1[0, 0]", "biases_2[0]"], "reach": 5.0},
        {"network": "xor", "directions": 4, "reach": 0.5},
        {"network": "xor-stuck", "toward": "xor"},
    ],
    ids=str,
)
def test_a_map_is_the_library_s_survey_in_full_precision(
    client: TestClient, where: dict[str, Any]
) -> None:
    if "offer" in where:
        landscape = find_offer(where["offer"]).make()
    else:
        landscape = view(**{**where, "weights": tuple(where.get("weights", ()))})
    answer = client.post("/api/mountain/map", json={"where": where})
    assert answer.status_code == 200
    assert answer.json() == map_record(survey(landscape))


def test_climbs_are_the_library_s_from_the_given_and_the_drawn_starts(client: TestClient) -> None:
    gait = Gait("uphill", 0.05, 0.5, 0.2, 40, 3)
    answer = client.post(
        "/api/mountain/climbs",
        json=climbs(gait=gait.record(), starts=[[0.3]], drawn=5, draw_seed=2),
    )
    assert answer.status_code == 200
    relief = survey(find_offer("wrong-dip").make())
    starts = np.concatenate([[[0.3]], spread(relief.landscape, 5, 2)])
    assert answer.json() == climbs_record(relief, climb(relief.landscape, starts, gait))


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("map", {"where": {}}, 422, "give either an offer or a network"),
        ("map", {"where": {"offer": "wrong-dip", "network": "xor"}}, 422, "give either"),
        ("map", {"where": {"offer": "wrong-dop"}}, 400, "did you mean 'wrong-dip'"),
        ("map", {"where": {"network": "xor"}}, 400, "ask for one of these"),
        ("map", {"where": {"network": "../../etc", "directions": 1}}, 400, "no network"),
        ("map", {"where": {"network": "xor", "weights": ["a", "b", "c"]}}, 422, "weights"),
        ("map", {"where": {"network": "x" * 10_000, "directions": 1}}, 422, "at most 40"),
        ("map", {"where": {"network": "xor", "directions": 1, "reach": 0}}, 422, "reach"),
        ("map", {"where": {"offer": "wrong-dip"}, "more": 1}, 422, "more"),
        ("climbs", climbs(), 422, "0 climbers: expected 1 to 200"),
        ("climbs", climbs(starts=[[0.0, 1.0]]), 400, "has 2 coordinates; a slice has 1"),
        ("climbs", climbs(starts=[[9.0]]), 400, "off the map"),
        ("climbs", climbs(starts=[[]]), 422, "starts.0"),
        ("climbs", climbs(drawn=201), 422, "drawn"),
        ("climbs", climbs(drawn=150, starts=[[0.0]] * 51), 422, "201 climbers"),
        (
            *("climbs", climbs(gait={"rate": 1, "steps": 1000}, drawn=100)),
            *(422, "is more than 40,000"),
        ),
        ("climbs", climbs(gait={"rate": 0}, drawn=1), 422, "gait.rate"),
        ("climbs", climbs(gait={"rate": 1, "momentum": 1}, drawn=1), 422, "gait.momentum"),
        ("climbs", climbs(gait={"rate": 1, "direction": "up"}, drawn=1), 422, "gait.direction"),
    ],
)
def test_what_cannot_be_done_is_said(
    client: TestClient, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post(f"/api/mountain/{path}", json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_numbers_beyond_all_bounds_are_no_server_error(client: TestClient) -> None:
    for text in ("1e999", "NaN", "-Infinity"):
        body = f'{{"where": {{"offer": "wrong-dip"}}, "gait": {{"rate": 1}}, "starts": [[{text}]]}}'
        answer = client.post(
            "/api/mountain/climbs", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422, text
    gait = {"rate": 1e6, "noise": 1e6, "momentum": 0.99, "steps": 5}
    answer = client.post("/api/mountain/climbs", json=climbs(gait=gait, drawn=20))
    assert answer.status_code == 200
    assert answer.json()["tally"] == [{"how": "left", "place": None, "count": 20}]
