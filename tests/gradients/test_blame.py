"""An infinite slope names the entry of x that is to blame, by every exact way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from backlight.errors import OutputError
from backlight.gradients.dual import DualNumbers
from backlight.gradients.method import find_way, gradient

EXACT = ("backprop", "dual")
ways = pytest.mark.parametrize("way", EXACT)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

Z = np.array([4.0, 0.0, 1.0])
MIXED = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [2.0, 0.0, 1.0]])
INFINITE = {
    "sqrt": (lambda x: np.sum(np.sqrt(x)), Z, "x is inf at (1,)"),
    "after a matrix with zeros": (
        lambda x: np.sum(np.sqrt(MIXED.T @ x)),
        np.array([1.0, 2.0, 0.0]),
        "the derivative by x is nan",
    ),
    "a diagonal matrix": (lambda x: np.sum(np.sqrt(np.eye(3) @ x)), Z, "x is inf at (1,)"),
    "before a matrix with zeros": (lambda x: np.sum(np.eye(3) @ np.sqrt(x)), Z, "at (1,)"),
    "negative": (lambda x: -np.sum(np.cbrt(x)), Z, "x is -inf at (1,)"),
    "logarithm of what is not looked at": (
        lambda x: np.sum(np.where(x > 0, np.log(np.maximum(x, 1e-300)), np.sqrt(x))),
        Z,
        "inf at (1,)",
    ),
    "power": (lambda x: np.sum(x**0.5), Z, "x is inf at (1,)"),
    "nested": (
        lambda x: np.sum(x["a"]) * np.sqrt(x["b"][0]),
        {"a": np.ones(2), "b": [0.0]},
        "x['b'][0] is inf",
    ),
}


@ways
@pytest.mark.parametrize(("f", "x", "named"), INFINITE.values(), ids=INFINITE)
def test_the_entry_with_an_infinite_slope_is_named(f: Any, x: Any, named: str, way: str) -> None:
    with pytest.raises(OutputError) as problem:
        gradient(f, x, way)
    assert named in str(problem.value)


@pytest.mark.parametrize("way", [*EXACT, DualNumbers(chunk=7)])
@pytest.mark.parametrize("place", [0, 63, 64, 149])
def test_it_is_found_among_many(way: Any, place: int) -> None:
    x = np.ones((15, 10))
    x.reshape(-1)[place] = 0.0
    where = rf"inf at \({place // 10}, {place % 10}\)"
    with pytest.raises(OutputError, match=where):
        gradient(lambda x: np.sum(np.sqrt(x.T)) + np.mean(x) * 2, x, way)


@ways
def test_the_first_of_several_is_named(way: str) -> None:
    x = np.array([1.0, 2.0, 0.0, 0.0])
    with pytest.raises(OutputError, match=r"inf at \(2,\)"):
        gradient(lambda x: np.sum(np.sqrt(x * 2)), x, way)
    with pytest.raises(OutputError, match=r"nan at \(2,\)"):
        gradient(lambda x: np.sum(np.sqrt(np.abs(x))), x, way)


@ways
def test_torch_names_it_too(way: str) -> None:
    x = {"a": torch.ones(1), "b": torch.tensor([4.0, 0.0])}
    with pytest.raises(OutputError, match=r"by x\['b'\] is inf at \(1,\)"):
        gradient(lambda x: x["b"].sqrt().sum() + x["a"].sum(), x, way)
    with pytest.raises(OutputError, match=r"by x is inf at \(0,\)"):
        gradient(lambda x: x.sqrt().sum() * 2, torch.zeros(3), way)


@ways
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_a_derivative_along_a_direction_that_is_infinite_names_the_direction(
    way: str, kind: str
) -> None:
    x = Z if kind == "numpy" else torch.tensor(Z)
    directions = np.eye(3)[[1]] if kind == "numpy" else torch.eye(3)[[1]]
    with pytest.raises(OutputError, match=r"along direction 0 is (inf|nan)"):
        find_way(way).derivatives(lambda x: (x**0.5).sum(), x, directions)
