"""Second derivatives: duals over backpropagation, against differences of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rule_cases import CASES, Case
from scipy import special as sp
from test_rules import inputs, projected

from backlight.errors import InputError, OutputError
from backlight.gradients.arrays.forward import pushforward
from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.second_order import hessian, hessian_vector_product

IDS = [f"{i}-{case.name}" for i, case in enumerate(CASES)]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_duals_over_backprop_are_the_change_of_the_gradient(case: Case) -> None:
    arrays = inputs(case, case.shapes[0], 5)
    linear = projected(case, arrays, 5)

    def f(xs: Any) -> Any:
        return np.square(linear(xs)) + linear(xs)

    rng = np.random.default_rng(7)
    v = [rng.normal(size=a.shape) for a in arrays]
    found = hessian_vector_product(f, arrays, v)
    step = 1e-6
    ahead = value_and_adjoints(f, [a + step * d for a, d in zip(arrays, v, strict=True)])[1]
    behind = value_and_adjoints(f, [a - step * d for a, d in zip(arrays, v, strict=True)])[1]
    for h, p, m in zip(found, ahead, behind, strict=True):
        expected = (p - m) / (2 * step)
        scale = 1 + np.abs(expected).max()
        np.testing.assert_allclose(h, expected, rtol=1e-4, atol=1e-5 * scale)


def test_a_derivative_inside_another_is_not_confused_with_it() -> None:
    """d/dx [x · d/dy (x + y)] is 1; mixing up the two perturbations gives 2."""

    def inner(x: Any) -> Any:
        return pushforward(lambda ys: x + ys[0], [np.array(3.0)], [np.ones(1)])[1][0]

    assert pushforward(lambda xs: xs[0] * inner(xs[0]), [np.array(2.0)], [np.ones(1)])[1] == [1.0]
    assert value_and_adjoints(lambda xs: xs[0] * inner(xs[0]), [np.array(2.0)])[1] == [1.0]

    def inner_reverse(x: Any) -> Any:
        return value_and_adjoints(lambda ys: x * ys[0], [np.array(3.0)])[1][0]

    outer = value_and_adjoints(lambda xs: xs[0] * inner_reverse(xs[0]), [np.array(2.0)])[1]
    assert outer == [4.0]


def test_the_hessian_of_a_nesting_is_nested_twice() -> None:
    def f(p: Any) -> Any:
        return np.sum(p["w"] @ p["b"]) ** 2 + np.sum(np.exp(p["b"]))

    x = {"w": np.ones((2, 3)), "b": np.array([0.1, 0.2, 0.3])}
    h = hessian(f, x)
    assert h["w"]["b"].shape == (2, 3, 3)
    np.testing.assert_allclose(h["w"]["b"], np.moveaxis(h["b"]["w"], 0, -1))
    np.testing.assert_allclose(h["b"]["b"], 2 * 4 * np.ones((3, 3)) + np.diag(np.exp(x["b"])))


def test_the_hessian_of_log_sum_exp_is_the_covariance_of_softmax() -> None:
    x = np.array([0.3, -1.0, 2.0])
    p = sp.softmax(x)
    np.testing.assert_allclose(hessian(np.logaddexp.reduce, x), np.diag(p) - np.outer(p, p))


def test_the_second_derivative_of_digamma_is_a_polygamma() -> None:
    found = hessian(lambda x: np.sum(sp.digamma(x)), np.array([0.7, 2.0]))
    np.testing.assert_allclose(found, np.diag(sp.polygamma(2, [0.7, 2.0])), rtol=1e-13)


def test_a_large_hessian_is_carried_in_parts() -> None:
    x = np.linspace(0.1, 1.0, 600)
    found = hessian(lambda x: np.sum(x**3) + np.prod(x[:2]), x)
    expected = np.diag(6 * x)
    expected[0, 1] = expected[1, 0] = 1.0
    np.testing.assert_allclose(found, expected, atol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_not_finite_is_named_the_value_first() -> None:
    x = np.array([1.0, 0.0])
    with pytest.raises(OutputError, match="f is -inf"):
        hessian(lambda x: np.sum(np.log(x)), x)
    with pytest.raises(OutputError, match=r"by x is inf at \(1,\)"):
        hessian(lambda x: np.sum(np.sqrt(x)), x)
    with pytest.raises(OutputError, match=r"by x is (inf|nan) at \(1, [01]\)"):
        hessian(lambda x: np.sum(x**1.5), x)
    with pytest.raises(OutputError, match=r"by x is inf at \(1,\)"):
        hessian_vector_product(lambda x: np.sum(x**1.5), x, np.array([0.0, 1.0]))


def test_a_scalar_is_asked_for() -> None:
    with pytest.raises(InputError, match="reduce it"):
        hessian(lambda x: x * 2, np.ones(3))


def test_a_vector_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="expected those of x"):
        hessian_vector_product(np.sum, np.ones(3), np.ones(2))
