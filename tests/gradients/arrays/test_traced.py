"""What derivatives cannot follow is refused, with what to write instead; never silently wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from scipy import special as sp

from backlight.errors import TraceError
from backlight.gradients.arrays.calls import unknown
from backlight.gradients.arrays.forward import pushforward
from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.rules import COMPOSITES, CONSTANTS, RULES

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
    "fft": (np.fft.fft, "fft is complex"),
    "nextafter": (lambda x: np.nextafter(x, 1.0), "nextafter"),
    "vectorize": (lambda x: np.vectorize(lambda v: v * 2)(x), "plain array"),
    "diff with prepend": (lambda x: np.diff(x, prepend=0.0), "prepend="),
    "quantile by another method": (lambda x: np.quantile(x, 0.5, method="lower"), "method="),
    "a special function without a rule": (sp.ellipk, "ellipk"),
    "a Bessel function by its order": (lambda x: sp.jv(x, 1.0), "by the order: hold it fixed"),
    "a Python function of scipy.special": (
        lambda x: sp.multigammaln(x + 3, 2),
        "multigammaln turns",
    ),
    "scipy.linalg": (lambda x: scipy.linalg.norm(x), r"scipy\.linalg\.norm turns its argument"),
    "put": (lambda x: np.put(np.zeros(3), [0], x[:1]), r"np\.where\(mask"),
    "pad by a statistic": (lambda x: np.pad(x, 1, mode="mean"), "'edge', 'reflect'"),
    "ravel by memory": (lambda x: np.ravel(x, order="K"), "goes by memory"),
}
REFUSED_OF_MATRICES = {
    "all singular vectors": (lambda a: np.linalg.svd(a[:2]), "full_matrices=False"),
    "complete QR": (lambda a: np.linalg.qr(a[:, :2], "complete"), "mode='reduced'"),
    "hermitian svd": (lambda a: np.linalg.svd(a, False, hermitian=True), "hermitian="),
    "eig": (np.linalg.eig, "np.linalg.eigh where symmetric"),
    "eigvals": (np.linalg.eigvals, "np.linalg.eigh where symmetric"),
}


def _first(value: Any) -> Any:
    return np.sum(value[0] if isinstance(value, tuple) else value)


@pytest.mark.parametrize(("function", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_followed_says_what_to_write(function: Any, hint: str) -> None:
    with pytest.raises(TraceError, match=hint):
        value_and_adjoints(lambda xs: _first(function(xs[0])), [X.copy()])
    with pytest.raises(TraceError, match=hint):
        pushforward(lambda xs: _first(function(xs[0])), [X.copy()], [np.eye(3)])


@pytest.mark.parametrize(
    ("function", "hint"), REFUSED_OF_MATRICES.values(), ids=REFUSED_OF_MATRICES
)
def test_linear_algebra_without_a_rule_is_refused(function: Any, hint: str) -> None:
    with pytest.raises(TraceError, match=hint):
        value_and_adjoints(lambda xs: _first(function(xs[0])), [M.copy()])


CONSTANT = {
    "comparison": lambda x: np.where(x > 1.0, 1.0, 0.0),
    "floor": np.floor,
    "argmax": lambda x: X[np.argmax(x)],
    "sign": np.sign,
    "round": lambda x: np.round(x, 1),
    "zeros_like": np.zeros_like,
    "full_like": lambda x: np.full_like(x, 2.0),
    "rank": lambda x: np.linalg.matrix_rank(np.outer(x, x)),
    "vector norm of order 0": lambda x: np.linalg.norm(x, 0),
    "imaginary part": lambda x: x.imag + np.imag(x) + np.angle(x),
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
    "interp at a sample": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 4.0, 2.0]), 1.0, 1.0),
    "interp at its end": (lambda x: np.interp(x, [0.0, 1.0], [0.0, 4.0]), 1.0, 2.0),
    "sort at a tie": (lambda x: np.sort(np.stack([1.0, x, 3.0]))[0], 1.0, 0.5),
    "median at a tie": (lambda x: np.median(np.stack([1.0, x, 3.0])), 1.0, 0.5),
    "partition at a tie": (lambda x: np.partition(np.stack([x, 1.0, 3.0]), 1)[1], 1.0, 0.5),
    "running maximum at a tie": (lambda x: np.maximum.accumulate(np.stack([x, 1.0]))[1], 1.0, 0.5),
    "median beside a tie of others": (lambda x: np.median(np.stack([1.0, x, 1.0])), 2.0, 0.0),
    "norm of order 3 at 0": (lambda x: np.linalg.norm(np.stack([x, x]), 3), 0.0, 0.0),
    "spectral norm at 0": (lambda x: np.linalg.norm(x * np.eye(2), 2), 0.0, 0.0),
    "nan median": (lambda x: np.nanmedian(np.stack([1.0, np.nan, x, 3.0])), 1.0, 0.5),
    "sinc at 0": (np.sinc, 0.0, 0.0),
    "huber at its bound": (lambda x: sp.huber(1.0, x), 1.0, 1.0),
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


def test_a_singular_matrix_has_slopes_of_singular_values_but_not_of_vectors() -> None:
    _, (g,) = value_and_adjoints(lambda xs: np.sum(np.linalg.svd(xs[0]).S), [2 * np.eye(3)])
    np.testing.assert_allclose(g, np.eye(3), atol=1e-12)
    with np.errstate(all="ignore"):
        _, (g,) = value_and_adjoints(lambda xs: np.linalg.svd(xs[0])[0][0, 1], [M[:2, :2] * 0 + 1])
    assert np.isfinite(g).all()  # its singular values 2 and 0 differ


def test_the_logarithm_of_a_determinant_does_not_overflow() -> None:
    a = 1e3 * np.eye(200)
    with np.errstate(over="ignore"):
        assert np.isinf(np.linalg.det(a))
    value, (g,) = value_and_adjoints(lambda xs: np.linalg.slogdet(xs[0])[1], [a])
    assert value == pytest.approx(200 * math.log(1e3))
    np.testing.assert_allclose(g, 1e-3 * np.eye(200), atol=1e-18)


def test_results_with_names_keep_their_names() -> None:
    def f(xs: Any) -> Any:
        a = xs[0]
        return (
            np.linalg.slogdet(a).logabsdet
            + np.sum(np.linalg.eigh(a).eigenvalues)
            + np.sum(np.linalg.svd(a).S)
            + np.linalg.qr(a).R[0, 0]
        )

    value, _ = value_and_adjoints(f, [M])
    assert value == pytest.approx(f([M]))


@pytest.mark.parametrize("x", [0.0, 1e-12, -1e-8, 1e-5, 0.03, 0.1, -0.0999])
def test_sinc_is_right_near_zero(x: float) -> None:
    _, (g,) = value_and_adjoints(lambda xs: np.sinc(xs[0]), [np.array(x)])
    z = np.pi * x
    series = sum(
        (-1) ** k * 2 * k * z ** (2 * k - 1) / math.factorial(2 * k + 1) for k in range(1, 9)
    )
    assert float(g) == pytest.approx(np.pi * series, rel=1e-12)


def test_a_list_of_plain_numbers_is_an_argument_like_any_other() -> None:
    _, (g,) = value_and_adjoints(lambda xs: np.sum(xs[0] ** [1, 2, 3] / [1.0, 2.0, 4.0]), [X])
    np.testing.assert_allclose(g, np.array([1, 2, 3]) * X ** [0, 1, 2] / [1.0, 2.0, 4.0])


def _dispatched() -> list[Any]:
    """NumPy's functions that hand a stand-in over."""
    found = []
    for module in (np, np.linalg, np.fft):
        functions = (getattr(module, name) for name in dir(module) if not name.startswith("_"))
        found += [f for f in functions if type(f).__name__ == "_ArrayFunctionDispatcher"]
    ufuncs = [f for f in vars(np).values() if isinstance(f, np.ufunc)]
    return list(dict.fromkeys([*found, *ufuncs]))


def test_every_function_of_numpy_has_a_rule_or_is_refused_in_words() -> None:
    without = [f for f in _dispatched() if f not in {*RULES, *COMPOSITES, *CONSTANTS}]
    assert 20 < len(without) < 70
    for f in without:
        message = str(unknown(f))
        assert f.__name__ in message
        assert message.endswith("or use method='central'")
        assert "\n" not in message
