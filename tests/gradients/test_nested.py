"""A gradient inside another, by any of the ways, is the second derivative."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp

from backlight.errors import OutputError, TraceError
from backlight.gradients.dual import DualNumbers
from backlight.gradients.finite import SCHEMES, FiniteDifferences
from backlight.gradients.method import find_way, gradient
from backlight.gradients.second_order import hessian, hessian_vector_product

EXACT = ("backprop", "dual")
pairs = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(EXACT, EXACT)))
inside = pytest.mark.parametrize("inner", EXACT)

RNG = np.random.default_rng(8)
W, V = RNG.normal(size=(3, 4)), RNG.normal(size=4)
X = RNG.normal(size=4)


def sines(x: Any) -> Any:
    return np.sum(np.sin(W @ x) ** 3) + x[0] * x[1]


def network(x: Any) -> Any:
    hidden = np.tanh(W @ x)
    return logsumexp(hidden * x[:3]) + np.linalg.norm(x) + np.prod(x[1:]) - np.max(x**2)


def algebra(x: Any) -> Any:
    a = np.outer(x, x) + np.diag(np.exp(x))
    return np.linalg.slogdet(a)[1] + x @ np.linalg.solve(a, V) + np.sort(x)[::2] @ x[:2]


FUNCTIONS = (sines, network, algebra)


@pairs
@pytest.mark.parametrize("f", FUNCTIONS)
def test_the_slope_of_the_gradient_is_the_hessian_times_a_vector(
    f: Any, outer: str, inner: str
) -> None:
    found = gradient(lambda x: np.sum(gradient(f, x, inner) * V), X, outer)
    expected = hessian_vector_product(f, X, V)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pairs
def test_the_second_derivative_of_a_cube_is_known(outer: str, inner: str) -> None:
    x = np.array([0.5, -2.0])
    found = gradient(lambda x: gradient(lambda y: np.sum(y**3), x, inner) @ x, x, outer)
    np.testing.assert_allclose(found, 9 * x**2, rtol=1e-15)


@pytest.mark.parametrize("ways", list(itertools.product(EXACT, repeat=3)))
def test_three_deep(ways: tuple[str, str, str]) -> None:
    one, two, three = ways

    def first(x: Any) -> Any:
        return gradient(lambda y: y**4 * np.exp(y), x, one)

    def second(x: Any) -> Any:
        return gradient(first, x, two)

    x = 0.7
    found = gradient(second, x, three)
    expected = (x**4 + 12 * x**3 + 36 * x**2 + 24 * x) * np.exp(x)
    assert float(found) == pytest.approx(expected, rel=1e-14)


@pairs
def test_perturbations_are_not_confused(outer: str, inner: str) -> None:
    """d/dx [x · d/dy (x + y)] is 1; mixing up the two gives 2."""
    found = gradient(lambda x: x * gradient(lambda y: x + y, 3.0, inner), 2.0, outer)
    assert float(found) == 1.0


@pairs
def test_what_the_inner_function_holds_of_the_outer_is_followed(outer: str, inner: str) -> None:
    def f(x: Any) -> Any:
        return np.sum(gradient(lambda y: np.sum(x * y**2), np.arange(1.0, 5.0), inner) ** 2)

    np.testing.assert_allclose(gradient(f, X, outer), 8 * X * np.arange(1.0, 5.0) ** 2, rtol=1e-14)


@pairs
def test_nestings_and_single_precision(outer: str, inner: str) -> None:
    x = {"a": np.array([0.5, 1.5], np.float32), "b": (np.float32(2.0),)}

    def f(x: Any) -> Any:
        return np.sum(x["a"] ** 3) * x["b"][0] ** 2

    def slopes(x: Any) -> Any:
        g = gradient(f, x, inner)
        return np.sum(g["a"]) + g["b"][0]

    found = gradient(slopes, x, outer)
    a, b = x["a"], x["b"][0]
    np.testing.assert_allclose(found["a"], 6 * a * b**2 + 6 * b * a**2, rtol=1e-6)
    np.testing.assert_allclose(
        found["b"][0], 2 * np.sum(3 * a**2) * b + 2 * np.sum(a**3), rtol=1e-6
    )
    assert found["a"].dtype == np.float32


@pairs
def test_many_inputs_are_carried_in_chunks(outer: str, inner: str) -> None:
    x = RNG.normal(size=(12, 9))
    v = RNG.normal(size=x.shape)

    def f(x: Any) -> Any:
        return np.sum(np.tanh(x @ x.T))

    ways = {"dual": DualNumbers(chunk=50), "backprop": find_way("backprop")}
    found = gradient(lambda x: np.sum(gradient(f, x, ways[inner]) * v), x, ways[outer])
    expected = hessian_vector_product(f, x, v)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


@pairs
def test_derivatives_along_directions_nest_also_in_the_directions(outer: str, inner: str) -> None:
    def f(x: Any) -> Any:
        return find_way(inner).derivatives(sines, x, np.stack([x, V]))[0]

    found = gradient(f, X, outer)
    expected = hessian(sines, X) @ X + gradient(sines, X)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    along = find_way(outer).derivatives(lambda x: gradient(sines, x, inner), X, np.eye(4))
    np.testing.assert_allclose(along, hessian(sines, X), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("outer", EXACT)
def test_third_derivatives_by_a_hessian_inside(outer: str) -> None:
    found = gradient(
        lambda x: np.sum(hessian_vector_product(lambda y: np.sum(y**4), x, x)), X, outer
    )
    np.testing.assert_allclose(found, 36 * X**2, rtol=1e-13)
    found = gradient(lambda x: np.trace(hessian(lambda y: np.sum(y**4), x)), X, outer)
    np.testing.assert_allclose(found, 24 * X, rtol=1e-13)


# ------------------------------------------------------------------ differences


@inside
@pytest.mark.parametrize("scheme", ["central", "forward", "backward", "richardson"])
def test_differences_outside_are_of_plain_gradients(scheme: str, inner: str) -> None:
    found = gradient(lambda x: gradient(sines, x, inner) @ V, X, scheme)
    tolerance = {"richardson": 1e-8, "central": 1e-7}.get(scheme, 1e-4)
    np.testing.assert_allclose(found, hessian_vector_product(sines, X, V), atol=tolerance)


@inside
def test_the_complex_step_outside_goes_through_gradients_of_analytic_functions(inner: str) -> None:
    found = gradient(lambda x: gradient(sines, x, inner) @ V, X, "complex-step")
    np.testing.assert_allclose(found, hessian_vector_product(sines, X, V), rtol=1e-13)
    with pytest.raises(TraceError, match="not analytic"):
        gradient(
            lambda x: np.sum(gradient(lambda y: np.sum(np.abs(y)), x, inner)), X, "complex-step"
        )


@pytest.mark.parametrize("outer", EXACT)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_differences_inside_of_what_the_outer_is_taken_by_are_refused(
    outer: str, scheme: str
) -> None:
    way = FiniteDifferences(scheme)
    refused = pytest.raises(TraceError, match="use method='dual' or 'backprop' for the inner one")
    with refused:
        gradient(lambda x: np.sum(way.gradient(sines, x)), X, outer)
    with refused:
        gradient(lambda x: np.sum(way.gradient(lambda y: np.sum(x * y**2), np.ones(4))), X, outer)
    with refused:
        gradient(lambda x: np.sum(way.derivatives(sines, np.ones(4), x[None])), X, outer)
    with refused:
        gradient(lambda x: np.sum(way.derivatives(lambda y: x * y, X, np.eye(4))), X, outer)


@pytest.mark.parametrize("outer", [*EXACT, *SCHEMES])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_differences_inside_of_something_else_are_constants(outer: str, scheme: str) -> None:
    way = FiniteDifferences(scheme)
    found = gradient(lambda x: np.sum(x) * way.gradient(lambda y: y**2, 3.0), X, outer)
    np.testing.assert_allclose(found, 6.0, rtol=1e-5)


@pytest.mark.parametrize("scheme", ["central", "forward", "richardson"])
def test_differences_inside_differences_are_second_differences(scheme: str) -> None:
    way = FiniteDifferences(scheme, 1e-3)
    found = gradient(lambda x: way.gradient(np.exp, x), 0.5, FiniteDifferences("central", 1e-3))
    assert float(found) == pytest.approx(np.exp(0.5), rel=1e-3)


@pairs
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_infinite_slope_inside_is_named(outer: str, inner: str) -> None:
    x = np.array([1.0, 0.0])
    with pytest.raises(OutputError, match=r"by x is (inf|nan) at \(1,\)"):
        gradient(lambda x: np.sum(gradient(lambda y: np.sum(np.sqrt(y)), x, inner)), x, outer)
