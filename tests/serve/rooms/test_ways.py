"""The API of Three ways: what the library says, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import backlight as bl
from backlight.gradients.examples import EXAMPLES
from backlight.gradients.expressions.vocabulary import FUNCTIONS
from backlight.gradients.method import NAMES
from backlight.serve.app import create_app
from backlight.serve.turns import Stop, Stopped

POLYNOMIAL = {"formula": "3x^2 - 2y^3", "at": "x=5; y=2"}


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(), base_url="http://localhost")


def asked(client: TestClient, what: str, body: Any, status: int = 200) -> Any:
    answer = client.post(f"/api/ways/{what}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def streamed(client: TestClient, body: Any) -> list[tuple[str, Any]]:
    answer = client.post("/api/ways/cost", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.split("\n\n") if block]
    return [(name[7:], json.loads(data[6:])) for name, data in blocks]


# ------------------------------------------------------------------ what there is


def test_the_examples_are_listed_with_their_points(client: TestClient) -> None:
    found = client.get("/api/ways/functions").json()
    assert [one["name"] for one in found["examples"]] == list(EXAMPLES)
    polynomial = next(one for one in found["examples"] if one["name"] == "polynomial")
    assert polynomial["at"] == "x=5; y=2"
    assert polynomial["mathml"].startswith("<math")
    network = next(one for one in found["examples"] if one["name"] == "example-4")
    assert network["formula"] is None
    assert network["variables"] == [
        {"name": "weights", "count": 8},
        {"name": "biases", "count": 4},
    ]
    assert [one["wrong"] for one in found["examples"]].count(True) == 3
    assert [one["name"] for one in found["ways"]] == list(NAMES)
    assert {one["name"] for one in found["vocabulary"]} == set(FUNCTIONS)


def test_a_formula_is_read_as_it_is_typed(client: TestClient) -> None:
    found = asked(client, "parse", {"formula": "sin(y)/2w2"}, 200)
    assert "reads two ways" in found["wrong"]["message"]
    found = asked(client, "parse", {"formula": "sin(y) / (2w2)"})
    assert found["variables"] == ["w2", "y"]
    assert found["formula"] == "sin(y)/(2*w2)"
    assert "<mfrac>" in found["mathml"]
    assert found["wrong"] is None


def test_what_is_wrong_comes_with_its_place(client: TestClient) -> None:
    wrong = asked(client, "parse", {"formula": "2 + sine(x)"})["wrong"]
    assert (wrong["start"], wrong["end"]) == (4, 8)
    assert wrong["message"].startswith("unknown function 'sine' at character 5; did you mean 'sin'")


def test_names_cannot_carry_markup_into_the_page(client: TestClient) -> None:
    for formula in ("<script>alert(1)</script>", "x&lt;y", '"onload"'):
        assert asked(client, "parse", {"formula": formula})["mathml"] is None


# ------------------------------------------------------------------ the table


def test_the_table_holds_the_librarys_numbers(client: TestClient) -> None:
    found = asked(client, "compare", POLYNOMIAL)
    assert (found["value"], found["inputs"], found["truth"]) == (59, 2, "backprop")
    assert found["entries"] == ["x", "y"]
    f = bl.expression("3x^2 - 2y^3")
    rows = {row["way"]: row for row in found["ways"]}
    assert tuple(rows) == NAMES
    for way in NAMES:
        expected = bl.gradient(f, {"x": 5.0, "y": 2.0}, way)
        assert found["gradients"][way] == [expected["x"], expected["y"]]
        error = np.abs(np.array(found["gradients"][way]) - [30, -24]).max()
        assert rows[way]["absolute_error"] == pytest.approx(error, rel=1e-12)
        assert rows[way]["seconds"] > 0
        assert rows[way]["memory"] is None or rows[way]["memory"] > 0
    assert rows["central"]["evaluations"] == 4
    assert rows["richardson"]["evaluations"] == 8


def test_some_of_the_ways_may_be_asked_for(client: TestClient) -> None:
    found = asked(client, "compare", {**POLYNOMIAL, "ways": ["dual", "central"]})
    assert [row["way"] for row in found["ways"]] == ["dual", "central"]


def test_a_way_that_refuses_is_told_with_its_reason(client: TestClient) -> None:
    found = asked(client, "compare", {"formula": "|x|", "at": "x=2"})
    row = next(row for row in found["ways"] if row["way"] == "complex-step")
    assert "not analytic" in row["reason"]
    assert row["norm"] is None
    assert "complex-step" not in found["gradients"]


def test_published_numbers_stand_beside_the_measured_ones(client: TestClient) -> None:
    found = asked(client, "compare", {"example": "example-4"})
    assert found["claimed"]["title"] == "published"
    assert found["claimed"]["numbers"] == pytest.approx(found["gradients"]["backprop"], rel=1e-12)
    assert found["entries"][:2] == ["weights[0]", "weights[1]"]
    wrong = asked(client, "compare", {"example": "example-4-wrong-bias"})
    difference = np.array(wrong["claimed"]["numbers"]) - wrong["gradients"]["backprop"]
    assert abs(difference[-1]) == pytest.approx(0.0381, abs=1e-4)
    atan = asked(client, "compare", {"example": "dual-atan"})
    assert atan["claimed"]["value"] == pytest.approx(np.tan(0.5))
    moved = asked(client, "compare", {"example": "dual-atan", "at": "x=0.6"})
    assert moved["claimed"] is None


def test_an_error_relative_to_a_derivative_that_is_zero_is_null(client: TestClient) -> None:
    found = asked(client, "compare", {"formula": "abs(x - 5)", "at": "x=5"})
    rows = {row["way"]: row for row in found["ways"]}
    for way in ("forward", "backward"):
        assert (rows[way]["absolute_error"], rows[way]["relative_error"]) == (1, None)
    assert (rows["central"]["absolute_error"], rows["central"]["relative_error"]) == (0, 0)
    assert found["agreement"] == 0
    assert asked(client, "steps", {"formula": "abs(x - 5)", "at": "x=5"})["relative"] is False
    assert asked(client, "steps", POLYNOMIAL)["relative"] is True


# ------------------------------------------------------------------ the V


def test_the_error_falls_and_rises_again_with_the_best_step_marked(client: TestClient) -> None:
    found = asked(client, "steps", {"formula": "exp(x)*sin(x)", "at": "x=0.7"})
    curves = {curve["way"]: curve for curve in found["curves"]}
    assert list(curves) == ["forward", "central", "richardson", "complex-step"]
    best = {way: found["steps"][curve["best"]] for way, curve in curves.items()}
    assert 1e-9 < best["forward"] < 1e-6 < best["central"] < best["richardson"] < 0.1
    for way in ("forward", "central", "richardson"):
        errors = [error for error in curves[way]["errors"] if error is not None]
        assert errors[0] > 100 * min(errors) < errors[-1]
    assert max(curves["complex-step"]["errors"][:15]) < 1e-14


def test_the_errors_are_those_of_differences_with_these_steps(client: TestClient) -> None:
    found = asked(client, "steps", {"formula": "x^3", "at": "x=2"})
    forward = next(curve for curve in found["curves"] if curve["way"] == "forward")
    # ((x + h)³ - x³) / h = 3x² + 3xh + h²: a hundredth of a step further off than 12 by 6h + h².
    for step, error in list(zip(found["steps"], forward["errors"], strict=True))[-12:]:
        assert error == pytest.approx((6 * step + step**2) / 12, rel=1e-4)


def test_a_step_that_leaves_the_domain_has_no_error(client: TestClient) -> None:
    found = asked(client, "steps", {"formula": "log(x)", "at": "x=0.01"})
    central = next(curve for curve in found["curves"] if curve["way"] == "central")
    assert None not in central["errors"][:40]
    found = asked(client, "steps", {"formula": "sqrt(x - 1)", "at": "x=1.001"})
    central = next(curve for curve in found["curves"] if curve["way"] == "central")
    assert central["errors"][-1] is None


def test_the_v_of_many_variables_is_given_up_when_nobody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int] = []

    def check(stop: Stop) -> None:
        calls.append(1)
        if len(calls) > 50:
            raise Stopped("stopped: nobody waits for the answer any more")

    monkeypatch.setattr(Stop, "check", check)
    client = TestClient(create_app(), base_url="http://localhost")
    body = {"formula": "x*y*z", "at": "x=1; y=2; z=3"}
    asked(client, "steps", body, 499)
    assert len(calls) == 51


# ------------------------------------------------------------------ cost


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ({"formula": "x*sin(y)", "at": "x=1; y=2"}, "copies of the function, summed"),
        ({"example": "dual-atan"}, "copies of the function, summed"),
        ({"example": "example-4"}, "hidden neurons of a 2-n-2 network"),
    ],
)
def test_costs_come_one_by_one_as_they_are_measured(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, body: Any, title: str
) -> None:
    monkeypatch.setattr("backlight.gradients.comparing.growing.MOST", 100)
    (first, about), *costs, last = streamed(client, body)
    assert (first, last) == ("growing", ("done", {}))
    assert about["title"] == title
    assert {name for name, _ in costs} == {"cost"}
    points = [cost for _, cost in costs]
    assert [p["parameters"] for p in points if p["way"] == "backprop"] == about["sizes"]
    assert [p["way"] for p in points[: len(about["ways"])]] == about["ways"]
    assert all(p["seconds"] > 0 for p in points)


# ------------------------------------------------------------------ what cannot be done


@pytest.mark.parametrize("what", ["compare", "steps", "cost"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"formula": "x +", "at": "x=1"}, 400),
        ({"formula": "x", "at": "x=one"}, 400),
        ({"example": "nothing"}, 400),
        ({"formula": "x" * 501}, 422),
        ({"formula": "x", "at": "x=1;" * 2000}, 422),
        ({"formula": 3}, 422),
        ([], 422),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    client: TestClient, what: str, body: Any, status: int
) -> None:
    error = asked(client, what, body, status)["error"]
    assert error["message"]
    assert "\n" not in error["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"formula": "1/x", "at": "x=0"}, "f is inf at this x: expected a finite value"),
        ({"formula": "9^9^9^9 x", "at": "x=1"}, "f is inf at this x"),
        ({**POLYNOMIAL, "ways": ["duel"]}, "no way 'duel' to a gradient; did you mean 'dual'?"),
    ],
)
def test_what_has_no_gradient_is_said_in_the_librarys_words(
    client: TestClient, body: Any, said: str
) -> None:
    assert said in asked(client, "compare", body, 400)["error"]["message"]
    assert asked(client, "compare", {**POLYNOMIAL, "ways": []}, 422)


def test_a_function_whose_slope_is_infinite_is_refused_in_words(client: TestClient) -> None:
    rows = asked(client, "compare", {"formula": "sqrt(x)", "at": "x=0"})["ways"]
    told = {row["way"]: row["reason"] for row in rows}
    assert told["backprop"] == told["dual"] == "the derivative by x is inf"
    assert told["complex-step"].startswith("the derivative is infinite at this x")
    assert told["central"].startswith("f is nan where x is moved from 0.0 to -3.8")
