"""Finding the elements of a gradient that are wrong, and what explains them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backlight.gradients.check import check
from backlight.gradients.checking.factors import factor_of, misplaced, rearranged

rng = np.random.default_rng(11)
SMALL = {"w": rng.normal(size=(4, 4)), "b": rng.normal(size=4)}
LARGE = {"w": rng.normal(size=(60, 40)), "b": rng.normal(size=60)}


def energy(p: dict[str, Any]) -> Any:
    left = np.linspace(0.5, 2, p["w"].shape[1])
    return np.sum(np.tanh(p["w"] @ left / len(left) + p["b"]) * np.arange(1, 1 + len(p["b"])))


def right(p: dict[str, Any]) -> dict[str, Any]:
    left = np.linspace(0.5, 2, p["w"].shape[1])
    slope = 1 - np.tanh(p["w"] @ left / len(left) + p["b"]) ** 2
    slope = slope * np.arange(1, 1 + len(slope))
    return {"w": np.outer(slope, left) / len(left), "b": slope}


def spoilt(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def gradient(p: dict[str, Any]) -> dict[str, Any]:
        found = right(p)
        change(found)
        return found

    return gradient


@pytest.mark.parametrize("x", [SMALL, LARGE], ids=["small", "large"])
def test_the_right_gradient_is_right(x: dict[str, Any]) -> None:
    assert check(energy, x, right).ok


@pytest.mark.parametrize("x", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("leaf", ["w", "b"])
def test_a_single_wrong_element_is_named(x: dict[str, Any], leaf: str) -> None:
    where = (2, 3)[: x[leaf].ndim]

    def change(g: dict[str, Any]) -> None:
        g[leaf][where] *= 1.05

    verdict = check(energy, x, spoilt(change))
    assert not verdict
    assert verdict.culprit is not None
    assert verdict.culprit.input == f"x[{leaf!r}]"
    assert verdict.culprit.element == where


def test_a_wrong_number_among_many_inputs_is_named_and_no_other_input() -> None:
    x = (1.5, np.linspace(0, 3, 300), 2.0)
    verdict = check(
        lambda p: p[0] * np.sum(np.sin(p[1])) + p[2] ** 2,
        x,
        lambda p: (np.sum(np.sin(p[1])), p[0] * np.cos(p[1]), 3 * p[2]),
    )
    assert verdict.culprit is not None
    assert verdict.culprit.input == "x[2]"
    assert verdict.culprit.factor == "is 3/2 × the right one"


FACTORS = {-1: "is −1 × the right one", 2: "is 2 × the right one", 0.25: "is 1/4 × the right one"}


@pytest.mark.parametrize("x", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("k", FACTORS)
def test_a_factor_on_one_array_is_named(x: dict[str, Any], k: float) -> None:
    verdict = check(energy, x, spoilt(lambda g: g.update(w=k * g["w"])))
    assert verdict.culprit is not None
    assert verdict.culprit.input == "x['w']"
    assert verdict.culprit.factor == FACTORS[k]
    assert FACTORS[k] in verdict.reason


def test_a_transposed_array_is_named() -> None:
    verdict = check(energy, SMALL, spoilt(lambda g: g.update(w=g["w"].T)))
    assert verdict.culprit is not None
    assert verdict.culprit.factor == "is transposed"


def test_a_reversed_and_a_shifted_array_are_named() -> None:
    verdict = check(energy, SMALL, spoilt(lambda g: g.update(b=g["b"][::-1])))
    assert verdict.culprit is not None
    assert verdict.culprit.factor == "is reversed"
    verdict = check(energy, SMALL, spoilt(lambda g: g.update(b=np.roll(g["b"], 1))))
    assert verdict.culprit is not None
    assert verdict.culprit.factor == "is rolled by 1: belongs to another index"


def test_a_missing_derivative_and_a_superfluous_one_are_named() -> None:
    verdict = check(energy, SMALL, spoilt(lambda g: g.update(b=0 * g["b"])))
    assert verdict.culprit is not None
    assert verdict.culprit.factor == "is 0: it is missing"
    verdict = check(lambda p: np.sum(p[0]), (np.ones(3), np.ones(2)), (np.ones(3), np.ones(2)))
    assert verdict.culprit is not None
    assert verdict.culprit.input == "x[1]"
    assert verdict.culprit.factor == "should be 0: f does not depend on it"


def test_factors_come_out_as_the_simplest_number_that_fits() -> None:
    t = rng.normal(size=20)
    u = np.full(20, 1e-9)
    for k, said in ((1.01, "1.01"), (1 / 3, "1/3"), (-0.5, "−1/2"), (3, "3"), (0.1234, "0.1234")):
        assert factor_of(k * t, t, u) == f"is {said} × the right one"
    assert factor_of(t, t, u) is None
    assert factor_of(t + rng.normal(size=20), t, u) is None


def test_derivatives_that_changed_places_are_named_with_both() -> None:
    t = np.array([1.0, 2.0, 3.0])
    names = ["a", "b", "c"]
    assert misplaced(t[[1, 0, 2]], t, np.full(3, 1e-9), names) == (
        "belongs to another index: by a stands what is by b"
    )
    assert misplaced(t + 1.5, t, np.full(3, 1e-9), names) is None


def test_a_rearrangement_is_told_from_a_few_elements() -> None:
    right_ones = rng.normal(size=(30, 30))
    places = [3, 77, 500]
    u = np.full(3, 1e-9)
    known = right_ones.reshape(-1)[places]
    assert rearranged(right_ones.T, places, known, u) == "is transposed"
    assert rearranged(right_ones, places, known, u) is None
