"""The counted multiplications: both orders are carried out, number by number, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from backlight.networks.sweeps.multiplications import Product, backwards, forwards
from backlight.networks.sweeps.sweep import Sweep, swept

from ..examples import problem

Matrix = Sequence[Sequence[Any]]
NETWORKS = [
    ((2, 2, 2), "sigmoid", "sigmoid"),
    ((1, 1), "tanh", "identity"),
    ((4, 5, 3), "tanh", "softmax"),
    ((3, 4, 3, 2), "softmax", "sigmoid"),
    ((2, 3, 4, 3, 2), "tanh", "softmax"),
]


class Number:
    """A number that counts its products; the ints 0 and 1 stand for what is so by construction."""

    counted = 0

    def __init__(self, value: float) -> None:
        self.value = float(value)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, int):
            return self if other else 0
        Number.counted += 1
        return Number(self.value * other.value)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Number:
        return self if isinstance(other, int) else Number(self.value + other.value)

    __radd__ = __add__


def product(left: Matrix, right: Matrix) -> list[list[Any]]:
    columns = list(zip(*right, strict=True))
    return [[sum(a * b for a, b in zip(row, c, strict=True)) for c in columns] for row in left]


def numbers(array: Any) -> list[list[Any]]:
    return [[Number(entry) for entry in row] for row in np.atleast_2d(array)]


def jacobian(slopes: Any) -> list[list[Any]]:
    """∂a_k/∂z_i, rows k."""
    if slopes.ndim == 2:
        return numbers(slopes.T)
    return [[Number(s) if i == k else 0 for i in range(len(slopes))] for k, s in enumerate(slopes)]


def example(sizes: tuple[int, ...], hidden: str, output: str) -> Sweep:
    network, parameters, X, T = problem(sizes, hidden, output)
    return swept(network, parameters, X[0], T[0])


def values(matrix: Matrix) -> Any:
    return np.array([[getattr(entry, "value", entry) for entry in row] for row in matrix])


def done(what: str, layer: int, left: Matrix, right: Matrix) -> tuple[list[list[Any]], Product]:
    before = Number.counted
    found = product(left, right)
    shapes = (len(left), len(left[0])), (len(right), len(right[0]))
    return found, Product(what, layer, *shapes, Number.counted - before)


@pytest.mark.parametrize("case", NETWORKS, ids=str)
def test_backwards_every_product_is_a_vector_by_a_matrix(case: Any) -> None:
    sweep = example(*case)
    products, gradient = [], {}
    carried = numbers(sweep.layers[-1].pulls)
    for number, layer in reversed(list(enumerate(sweep.layers, 1))):
        carried, one = done("activation", number, carried, jacobian(layer.slopes))
        products.append(one)
        inputs = [list(row) for row in zip(*numbers(layer.inputs), strict=True)]
        slopes, one = done("gradient", number, inputs, carried)
        products.append(one)
        gradient[f"weights_{number}"] = values(slopes)
        gradient[f"biases_{number}"] = values(carried)[0]
        if number > 1:
            carried, one = done("weights", number, carried, numbers(layer.weights.T))
            products.append(one)
    assert backwards(sweep.network) == tuple(products)
    np.testing.assert_allclose(
        sweep.network.flat(gradient), sweep.ways["backprop"][: sweep.network.size], rtol=1e-10
    )


@pytest.mark.parametrize("case", NETWORKS, ids=str)
def test_forwards_every_product_is_a_matrix_by_a_matrix(case: Any) -> None:
    sweep = example(*case)
    products: list[Product] = []
    carried: list[list[Any]] = [[] for _ in sweep.x]
    for number, layer in enumerate(sweep.layers, 1):
        if number > 1:
            carried, one = done("weights", number, numbers(layer.weights.T), carried)
            products.append(one)
        units = len(layer.nets)
        carried = carried if number > 1 else [[] for _ in range(units)]
        own = [*map(Number, layer.inputs), 1]  # of its weights, and of its bias
        for unit, row in enumerate(carried):
            for entry in own:
                row += [entry if k == unit else 0 for k in range(units)]
        carried, one = done("activation", number, jacobian(layer.slopes), carried)
        products.append(one)
    carried, one = done("cost", number, numbers(sweep.layers[-1].pulls), carried)
    products.append(one)
    assert forwards(sweep.network) == tuple(products)
    np.testing.assert_allclose(
        values(carried)[0], sweep.ways["backprop"][: sweep.network.size], rtol=1e-9, atol=1e-15
    )


def test_the_larger_the_network_the_dearer_it_is_to_go_forwards() -> None:
    def ratio(width: int) -> float:
        network = problem((width, width, width), "tanh", "identity").network
        return sum(p.count for p in forwards(network)) / sum(p.count for p in backwards(network))

    assert ratio(2) > 2
    # Backwards costs width², forwards width³.
    assert ratio(40) / ratio(20) == pytest.approx(2, rel=0.1)
