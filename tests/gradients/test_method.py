"""Every way gives the same gradient through one call; what cannot be differentiated is refused."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from backlight.errors import InputError, MethodError, OutputError
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import NAMES, Method, derivatives, find_way, gradient

Layer = namedtuple("Layer", "weight bias")
TOLERANCE = {"forward": 1e-6, "backward": 1e-6, "central": 1e-9, "richardson": 1e-10}
ways = pytest.mark.parametrize("way", NAMES)


@ways
def test_a_way_is_found_by_its_name(way: str) -> None:
    assert isinstance(find_way(way), Method)


def test_an_instance_is_taken_as_it_is() -> None:
    way = FiniteDifferences("forward", 1e-4)
    assert find_way(way) is way


def test_an_unknown_way_is_answered_with_the_nearest() -> None:
    with pytest.raises(MethodError, match="no way 'centrel' to a gradient; did you mean 'central'"):
        gradient(np.sum, np.ones(2), "centrel")
    with pytest.raises(MethodError, match="there are backprop, dual"):
        gradient(np.sum, np.ones(2), "zzz")
    with pytest.raises(MethodError, match="not int"):
        gradient(np.sum, np.ones(2), 3)  # type: ignore[arg-type]


@ways
def test_gradients_come_in_the_nesting_of_x(way: str) -> None:
    x = {"layers": [Layer(np.array([[1.0, 2.0]]), 0.5)], "scale": (2.0,)}

    def f(x: Any) -> Any:
        layer = x["layers"][0]
        return x["scale"][0] * np.sum(layer.weight**2) + np.exp(layer.bias)

    found = gradient(f, x, way)
    tolerance = 10 * TOLERANCE.get(way, 1e-13)
    layer = found["layers"][0]
    assert type(layer) is Layer
    np.testing.assert_allclose(layer.weight, [[4.0, 8.0]], rtol=tolerance)
    np.testing.assert_allclose(layer.bias, np.exp(0.5), rtol=tolerance)
    np.testing.assert_allclose(found["scale"][0], 5.0, rtol=tolerance)
    assert np.ndim(layer.bias) == 0


@ways
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_gradients_have_the_type_of_x(way: str, kind: Any) -> None:
    x = np.array([0.3, -0.7, 1.1], kind)
    found = gradient(lambda x: np.sum(np.sin(x)), x, way)
    assert found.dtype == kind
    loose = kind is np.float32 and way in TOLERANCE
    bound = {"forward": 2e-3, "backward": 2e-3}.get(way, 1e-4) if loose else 2e-7
    np.testing.assert_allclose(found, np.cos(x.astype(float)), rtol=bound)


@ways
def test_a_number_has_a_number_as_derivative(way: str) -> None:
    found = gradient(lambda x: x**3, 2.0, way)
    assert np.shape(found) == ()
    assert float(found) == pytest.approx(12.0, rel=1e-6)


@ways
def test_a_list_of_floats_is_a_nesting(way: str) -> None:
    found = gradient(lambda x: x[0] * x[1], [2.0, 3.0], way)
    assert isinstance(found, list)
    np.testing.assert_allclose(found, [3.0, 2.0], rtol=1e-6)


@ways
def test_an_empty_array_has_an_empty_gradient(way: str) -> None:
    assert gradient(lambda x: np.sum(x) + 1.0, np.ones((0, 2)), way).shape == (0, 2)


@ways
def test_a_constant_has_the_gradient_zero(way: str) -> None:
    np.testing.assert_array_equal(gradient(lambda x: 3.0, np.ones(2), way), [0.0, 0.0])
    np.testing.assert_array_equal(gradient(lambda x: np.float64(3), np.ones(2), way), [0.0, 0.0])


@ways
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x, r"f returned shape \(2,\): reduce it"),
        (lambda x: [x[0], x[1]], "f returned a list of 2"),
        (lambda x: None, "NoneType"),
        (lambda x: "text", "str"),
        (lambda x: 2j, "complex number"),
    ],
)
def test_a_value_that_is_no_real_scalar_is_refused(way: str, f: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gradient(f, np.ones(2), way)


@ways
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_value_that_is_not_finite_is_named(way: str) -> None:
    with pytest.raises(OutputError, match="f is inf"):
        gradient(lambda x: np.sum(x) / 0.0, np.ones(2), way)
    with pytest.raises(OutputError, match="f is nan"):
        gradient(lambda x: np.sum(np.sqrt(x)), -np.ones(2), way)


@pytest.mark.parametrize("way", ["backprop", "dual"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_derivative_that_is_not_finite_is_named(way: str) -> None:
    x = {"a": np.ones(1), "b": np.array([4.0, 0.0])}
    with pytest.raises(OutputError, match=r"by x\['b'\] is inf at \(1,\)"):
        gradient(lambda x: np.sum(np.sqrt(x["b"])), x, way)


@ways
def test_integers_are_refused(way: str) -> None:
    with pytest.raises(InputError, match="give x as float"):
        gradient(np.sum, np.arange(3), way)


@ways
def test_derivatives_along_directions_agree_for_an_array_valued_function(way: str) -> None:
    rng = np.random.default_rng(1)
    x = {"w": rng.normal(size=(2, 3)), "b": rng.normal(size=2)}
    v = rng.normal(size=3)
    directions = {"w": rng.normal(size=(4, 2, 3)), "b": rng.normal(size=(4, 2))}
    found = find_way(way).derivatives(lambda x: np.tanh(x["w"] @ v + x["b"]), x, directions)
    slope = 1 - np.tanh(x["w"] @ v + x["b"]) ** 2
    expected = slope * (directions["w"] @ v + directions["b"])
    assert found.shape == (4, 2)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@ways
def test_derivatives_along_the_axes_are_the_gradient(way: str) -> None:
    x = np.array([0.5, -2.0, 3.0])
    found = find_way(way).derivatives(lambda x: np.sum(x**3), x, np.eye(3, dtype=int))
    np.testing.assert_allclose(found, 3 * x**2, rtol=1e-6)


@ways
def test_derivatives_are_asked_for_by_name(way: str) -> None:
    x = np.array([0.5, -2.0, 3.0])
    found = derivatives(lambda x: x**3, x, np.eye(3), way)
    np.testing.assert_allclose(found, np.diag(3 * x**2), rtol=1e-6, atol=1e-6)


def test_derivatives_are_dual_numbers_by_default() -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append(type(x).__name__)
        return x * 2

    np.testing.assert_array_equal(derivatives(f, np.ones(2), np.ones((1, 2))), [[2.0, 2.0]])
    assert seen == ["Dual"]


@ways
def test_directions_of_the_wrong_shape_are_refused(way: str) -> None:
    with pytest.raises(InputError, match=r"expected \(k, 3\)"):
        find_way(way).derivatives(np.sum, np.ones(3), np.ones((2, 4)))
