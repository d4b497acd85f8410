"""What derivatives cannot follow is refused, with what to write instead; never silently wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import special as sp

from backlight.errors import TraceError
from backlight.gradients.forward import pushforward
from backlight.gradients.reverse import value_and_adjoints

X = np.array([0.5, 1.5, 2.5])
M = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 3.0]])


def _filled(x: Any) -> Any:
    buffer = np.zeros(3)
    buffer[0] = x[0]
    return buffer


def _assigned(x: Any) -> Any:
    x[0] = 1.0
    return x


def _changed(x: Any) -> Any:
    x += 1.0
    return x


def _added_into(x: Any) -> Any:
    total = np.zeros(3)
    total += x
    return total


def _listed(x: Any) -> Any:
    return np.array([x[0], x[1]])


REFUSED = {
    "float": (lambda x: float(x[0]), "keep the value"),
    "math.exp": (lambda x: math.exp(x[0]), "np.exp"),
    "int": (lambda x: int(x[0]), "loses the derivative"),
    "item": (lambda x: x[0].item(), "loses the derivative"),
    "tolist": (lambda x: x.tolist(), "loses the derivative"),
    "buffer": (_filled, "np.stack"),
    "assignment": (_assigned, "np.where"),
    "in place": (_changed, r"x = x \+ y"),
    "into a plain array": (_added_into, "array = array"),
    "np.array of a list": (_listed, "np.stack"),
    "np.asarray": (np.asarray, "x itself"),
    "out": (lambda x: np.exp(x, out=np.empty(3)), "y = f"),
    "out of a function": (lambda x: np.sum(x, out=np.empty(())), "y = f"),
    "where of a ufunc": (lambda x: np.exp(x, where=[True, False, True]), "where="),
    "where of a sum": (lambda x: np.sum(x, where=[True, False, True]), "where="),
    "initial": (lambda x: np.max(x, initial=2.0), "initial="),
    "dtype": (lambda x: np.sum(x, dtype=np.float32), "dtype="),
    "astype int": (lambda x: x.astype(int), "no derivative"),
    "sort in place": (lambda x: x.sort(), r"np.sort\(x\)"),
    "flat": (lambda x: x.flat, "flat"),
    "fill": (lambda x: x.fill(1.0), "fill"),
    "view": (lambda x: x.view(int), "view"),
    "copyto": (lambda x: np.copyto(np.zeros(3), x), "copyto"),
    "add.at": (lambda x: np.add.at(np.zeros(3), [0, 1, 2], x), r"add\.at"),
    "reduceat": (lambda x: np.add.reduceat(x, [0, 1]), "reduceat"),
    "histogram": (np.histogram, "histogram"),
    "unique": (np.unique, "unique"),
    "gradient": (np.gradient, "gradient"),
    "insert": (lambda x: np.insert(x, 1, 0.0), "insert"),
    "unwrap": (np.unwrap, "unwrap"),
    "choose": (lambda x: np.choose([0, 1, 0], [x, x]), "choose"),
    "apply_along_axis": (lambda x: np.apply_along_axis(np.sum, 0, x), "apply_along_axis"),
    "fft": (np.fft.fft, "fft"),
    "frexp": (np.frexp, "frexp"),
    "nextafter": (lambda x: np.nextafter(x, 1.0), "nextafter"),
    "vectorize": (lambda x: np.vectorize(lambda v: v * 2)(x), "plain array"),
    "diff with prepend": (lambda x: np.diff(x, prepend=0.0), "prepend="),
    "quantile by another method": (lambda x: np.quantile(x, 0.5, method="lower"), "method="),
    "interp by xp": (lambda x: np.interp(0.7, x, X), "xp"),
    "logsumexp": (sp.logsumexp, r"np\.logaddexp\.reduce\(x, axis\)"),
    "softmax": (sp.softmax, r"np\.exp\(x - np\.logaddexp\.reduce"),
    "log_softmax": (sp.log_softmax, r"x - np\.logaddexp\.reduce"),
    "a special function without a rule": (sp.j0, "j0"),
}
REFUSED_OF_MATRICES = {
    "svd": np.linalg.svd,
    "qr": np.linalg.qr,
    "pinv": np.linalg.pinv,
    "lstsq": lambda a: np.linalg.lstsq(a, np.ones(3))[0],
    "eig": np.linalg.eig,
    "spectral norm": lambda a: np.linalg.norm(a, 2),
    "nuclear norm": lambda a: np.linalg.norm(a, "nuc"),
    "cond": np.linalg.cond,
    "matrix_rank of a tolerance": np.linalg.matrix_rank,
    "upper cholesky": lambda a: np.linalg.cholesky(a, upper=True),
}


def _first(value: Any) -> Any:
    return np.sum(value[0] if isinstance(value, tuple) else value)


@pytest.mark.parametrize(("function", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_followed_says_what_to_write(function: Any, hint: str) -> None:
    with pytest.raises(TraceError, match=hint):
        value_and_adjoints(lambda xs: _first(function(xs[0])), [X.copy()])
    with pytest.raises(TraceError, match=hint):
        pushforward(lambda xs: _first(function(xs[0])), [X.copy()], [np.eye(3)])


@pytest.mark.parametrize("function", REFUSED_OF_MATRICES.values(), ids=REFUSED_OF_MATRICES)
def test_linear_algebra_without_a_rule_is_refused(function: Any) -> None:
    with pytest.raises(TraceError):
        value_and_adjoints(lambda xs: _first(function(xs[0])), [M.copy()])


CONSTANT = {
    "comparison": lambda x: np.where(x > 1.0, 1.0, 0.0),
    "floor": np.floor,
    "argmax": lambda x: X[np.argmax(x)],
    "sign": np.sign,
    "round": lambda x: np.round(x, 1),
    "zeros_like": np.zeros_like,
    "shape": lambda x: float(x.shape[0]) + np.ndim(x) + np.size(x),
    "print": lambda x: len(f"{x[0]:.3f} {x!r}"),
}


@pytest.mark.parametrize("function", CONSTANT.values(), ids=CONSTANT)
def test_steps_and_look_ups_have_the_derivative_zero(function: Any) -> None:
    _, (g,) = value_and_adjoints(lambda xs: np.sum(function(xs[0])) + 0.0 * xs[0][0], [X])
    np.testing.assert_array_equal(g, 0.0)


KINKS = {
    "abs at 0": (np.abs, 0.0, 0.0),
    "relu at 0": (lambda x: np.maximum(x, 0.0), 0.0, 0.5),
    "minimum at a tie": (lambda x: np.minimum(1.0, x), 1.0, 0.5),
    "clip at its lower bound": (lambda x: np.clip(x, -1.0, 1.0), -1.0, 0.5),
    "clip at its upper bound": (lambda x: np.clip(x, -1.0, 1.0), 1.0, 0.5),
    "norm at 0": (lambda x: np.linalg.norm(np.stack([x, x])), 0.0, 0.0),
    "hypot at 0": (lambda x: np.hypot(x, 0.0), 0.0, 0.0),
    "std of equal numbers": (lambda x: np.std(np.stack([x, 2.0])), 2.0, 0.0),
    "leaky relu by where": (lambda x: np.where(x > 0, x, 0.1 * x), 0.0, 0.1),
    "x log x at 0 by y": (lambda y: sp.xlogy(0.0, y), 0.0, 0.0),
    "0 to a power": (lambda b: np.power(0.0, b), 2.0, 0.0),
    "power 0": (lambda x: x**0, 0.0, 0.0),
    "power 1 at 0": (lambda x: x**1 + np.power(x, 2.0), 0.0, 1.0),
}


@pytest.mark.parametrize(("function", "x", "slope"), KINKS.values(), ids=KINKS)
def test_at_a_kink_the_slope_is_the_mean_of_those_on_either_side(
    function: Any, x: float, slope: float
) -> None:
    _, (g,) = value_and_adjoints(lambda xs: function(xs[0]), [np.array(x)])
    _, t = pushforward(lambda xs: function(xs[0]), [np.array(x)], [np.ones(1)])
    assert g == slope
    np.testing.assert_array_equal(t, [slope])


@pytest.mark.parametrize("function", [np.max, lambda a: np.sort(a)[1:].mean() * 1.0])
def test_ties_are_right_along_the_direction_that_keeps_them(function: Any) -> None:
    _, (g,) = value_and_adjoints(lambda xs: function(xs[0]), [np.array([1.0, 1.0, 1.0])])
    assert g.sum() == pytest.approx(1.0)


def test_equal_maxima_share_evenly() -> None:
    _, (g,) = value_and_adjoints(lambda xs: np.max(xs[0]), [np.array([3.0, 1.0, 3.0])])
    np.testing.assert_array_equal(g, [0.5, 0.0, 0.5])


@pytest.mark.parametrize("function", [np.sqrt, np.cbrt, lambda x: np.power(x, 0.5)])
def test_an_infinite_slope_is_infinite(function: Any) -> None:
    with np.errstate(divide="ignore"):
        _, (g,) = value_and_adjoints(lambda xs: function(xs[0]), [np.array(0.0)])
    assert np.isinf(g)


def test_equal_eigenvalues_have_a_trace_but_no_vectors() -> None:
    _, (g,) = value_and_adjoints(lambda xs: np.sum(np.linalg.eigh(xs[0])[0]), [np.eye(3)])
    np.testing.assert_allclose(g, np.eye(3), atol=1e-12)
