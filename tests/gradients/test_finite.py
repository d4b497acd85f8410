"""Finite differences: steps that follow x, error estimates, and functions that mislead them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.errors import InputError, MethodError, OutputError
from backlight.gradients.finite import FiniteDifferences

SCHEMES = ("central", "forward", "backward", "richardson")
BOUND = {"central": 1e-9, "forward": 1e-7, "backward": 1e-7, "richardson": 1e-11}
schemes = pytest.mark.parametrize("scheme", SCHEMES)


@schemes
@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_default_steps_follow_the_scale_of_x(scheme: str, size: float) -> None:
    x = size * np.array([0.4, -1.3, 0.9])
    found = FiniteDifferences(scheme).gradient(lambda x: np.sum(np.sin(x / size)), x)
    np.testing.assert_allclose(found * size, np.cos(x / size), rtol=10 * BOUND[scheme])


@schemes
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_default_steps_are_powers_of_two_that_x_keeps(scheme: str, kind: Any) -> None:
    x = np.random.default_rng(0).normal(size=50).astype(kind)
    h = FiniteDifferences(scheme).steps(x)
    assert h.dtype == kind
    np.testing.assert_array_equal(np.frexp(h)[0], 0.5)
    np.testing.assert_allclose((x + h) - x, h, atol=4 * np.finfo(kind).eps, rtol=0)


@schemes
@given(
    st.lists(st.floats(-3, 3), min_size=1, max_size=5),
    st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_an_estimated_error_is_no_smaller_than_a_tenth_of_the_true_one(
    scheme: str, x: list[float], kind: Any
) -> None:
    point = np.array(x, kind)
    found, error = FiniteDifferences(scheme).with_error(
        lambda x: np.sum(np.exp(0.5 * x) * np.sin(x)), point
    )
    wide = point.astype(float)
    truth = np.exp(0.5 * wide) * (0.5 * np.sin(wide) + np.cos(wide))
    rounding = np.finfo(kind).eps * np.abs(truth)
    assert (np.abs(found - truth) <= 10 * error + rounding).all()
    assert (error < 0.1 if kind is np.float32 else error < 1e-4).all()


def test_an_error_estimate_is_nested_like_x() -> None:
    found, error = FiniteDifferences("richardson").with_error(
        lambda x: x["a"] ** 2 * np.sum(x["b"]), {"a": 3.0, "b": np.ones(2)}
    )
    assert found["a"] == pytest.approx(12.0, rel=1e-10)
    assert error["b"].shape == (2,)
    assert error["a"] < 1e-8


def test_the_complex_step_has_no_error_to_estimate() -> None:
    with pytest.raises(MethodError, match="richardson"):
        FiniteDifferences("complex-step").with_error(np.sum, np.ones(2))


@pytest.mark.parametrize("step", [0.0, -1e-3, float("nan"), float("inf")])
def test_a_step_is_a_length(step: float) -> None:
    with pytest.raises(InputError, match="expected a length above 0"):
        FiniteDifferences(step=step)


def test_an_unknown_scheme_is_answered_with_the_nearest() -> None:
    with pytest.raises(MethodError, match="did you mean 'richardson'"):
        FiniteDifferences("richardsen")


@pytest.mark.parametrize("scheme", [*SCHEMES, "complex-step"])
def test_a_random_function_is_noticed(scheme: str) -> None:
    rng = np.random.default_rng(0)
    way = FiniteDifferences(scheme)
    with pytest.raises(InputError, match="two evaluations of f at one x gave"):
        way.gradient(lambda x: np.sum(x * rng.normal(size=3)), np.ones(3))
    with pytest.raises(InputError, match="two evaluations"):
        way.derivatives(lambda x: x * rng.normal(size=3), np.ones(3), np.eye(3))


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x**2, 0.0),  # of h i the square is −h², not 0
        (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2 - 1, 0.7),
    ],
)
def test_terms_that_cancel_to_nothing_are_not_taken_for_random(f: Any, x: float) -> None:
    assert FiniteDifferences("complex-step").gradient(f, x) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("f", "x"), [(np.sqrt, 0.0), (lambda x: (x - 1) ** 0.75, 1.0)])
def test_where_a_root_begins_the_complex_step_finds_no_slope(f: Any, x: float) -> None:
    way = FiniteDifferences("complex-step")
    with pytest.raises(OutputError, match="the derivative is infinite at this x"):
        way.gradient(f, x)
    with pytest.raises(OutputError, match="the derivative is infinite at this x"):
        way.derivatives(f, np.array([x]), np.ones((1, 1)))


def test_a_steep_slope_is_no_infinite_one() -> None:
    found = FiniteDifferences("complex-step").gradient(lambda x: np.exp(40 * x), 1.0)
    assert found == pytest.approx(40 * np.exp(40), rel=1e-14)


@schemes
@pytest.mark.parametrize("n", [1, 3])
def test_a_function_that_writes_into_its_input_is_noticed(scheme: str, n: int) -> None:
    def f(x: Any) -> Any:
        x *= 2
        return np.sum(x)

    x = np.ones(n)
    with pytest.raises(InputError, match="f writes into its input"):
        FiniteDifferences(scheme).gradient(f, x)
    np.testing.assert_array_equal(x, 1.0)


@schemes
def test_a_function_that_takes_its_input_apart_is_noticed(scheme: str) -> None:
    x = {"a": np.ones(2), "b": np.ones(2)}
    with pytest.raises(InputError, match="takes its input apart"):
        FiniteDifferences(scheme).gradient(lambda x: np.sum(x.pop("a")), x)
    assert list(x) == ["a", "b"]


@schemes
def test_a_function_that_writes_later_is_noticed(scheme: str) -> None:
    def f(x: Any) -> Any:
        if x[2] != 1.0:
            x[0] = 7.0
        return np.sum(x)

    x = np.ones(3)
    with pytest.raises(InputError, match="writes into its input"):
        FiniteDifferences(scheme).gradient(f, x)
    np.testing.assert_array_equal(x, 1.0)


@schemes
def test_a_function_that_returns_one_buffer_every_time_is_right(scheme: str) -> None:
    buffer = np.zeros(())

    def f(x: Any) -> Any:
        np.sum(x**2, out=buffer)
        return buffer

    np.testing.assert_allclose(
        FiniteDifferences(scheme).gradient(f, np.array([1.0, 2.0])), [2.0, 4.0], rtol=1e-6
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_value_that_is_not_finite_at_a_step_is_named() -> None:
    x = {"a": np.array([1.0, 0.0])}
    with pytest.raises(OutputError, match=r"f is nan where x\['a'\] at \(1,\) is moved from 0.0"):
        FiniteDifferences("central").gradient(lambda x: np.sum(np.sqrt(x["a"])), x)


@schemes
def test_plain_python_code_can_be_differentiated(scheme: str) -> None:
    def f(x: Any) -> float:
        values = [float(v) for v in x]
        return sum(v * v if v > 0 else -v for v in values)

    found = FiniteDifferences(scheme).gradient(f, np.array([2.0, -1.0]))
    np.testing.assert_allclose(found, [4.0, -1.0], rtol=1e-6)


@schemes
def test_derivatives_do_not_depend_on_the_length_of_a_direction(scheme: str) -> None:
    way, x = FiniteDifferences(scheme), np.array([0.3, 0.8])
    d = np.array([[1.0, -2.0], [0.0, 0.0]])
    short = way.derivatives(np.sin, x, 1e-6 * d) * 1e6
    long = way.derivatives(np.sin, x, 1e6 * d) / 1e6
    np.testing.assert_allclose(short, np.cos(x) * d, rtol=1e-5)
    np.testing.assert_allclose(long, np.cos(x) * d, rtol=1e-5)


@schemes
@pytest.mark.parametrize("turned", [lambda x: x.T, lambda x: x[::-1, ::2]], ids=["T", "strided"])
def test_the_order_of_an_array_in_memory_does_not_matter(scheme: str, turned: Any) -> None:
    x = turned(np.arange(1.0, 13).reshape(3, 4))
    found = FiniteDifferences(scheme).gradient(lambda x: np.sum(np.sin(x) * x), x)
    np.testing.assert_allclose(found, np.sin(x) + x * np.cos(x), atol=1e3 * BOUND[scheme])
