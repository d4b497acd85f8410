"""SciPy's Python functions follow derivatives, and are otherwise what they were."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from scipy.special import logsumexp, softmax

from backlight.errors import TraceError
from backlight.gradients.arrays.scipy_functions import FOLLOWED, hand_over
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import gradient

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.1, -0.4]])


def fresh(code: str) -> str:
    """What a new Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# ------------------------------------------------------------------ however they are imported


IMPORTS = {
    "before backlight": "from scipy.special import logsumexp\nimport backlight as bl",
    "after backlight": "import backlight as bl\nfrom scipy.special import logsumexp",
    "after a trace": "import backlight as bl\nbl.gradient(np.sum, x)\n"
    "from scipy.special import logsumexp",
    "by the old path": "import scipy.special, backlight as bl\nlogsumexp = scipy.special.logsumexp",
}


@pytest.mark.parametrize("imports", IMPORTS.values(), ids=IMPORTS)
def test_an_imported_name_is_followed_whenever_it_was_imported(imports: str) -> None:
    code = "import numpy as np\nx = np.array([1.0, 2.0])\n"
    printed = fresh(f"{code}{imports}\nprint(bl.gradient(logsumexp, x).round(9).tolist())")
    assert printed == "[0.268941421, 0.731058579]"


@pytest.mark.parametrize("way", ["backprop", "dual", "complex-step"])
def test_a_function_may_import_scipy_itself_while_it_is_traced(way: str) -> None:
    code = f"""
import sys
import numpy as np, backlight as bl
def f(x):
    from scipy.special import logsumexp
    return logsumexp(x)
assert "scipy.special" not in sys.modules
print(bl.gradient(f, np.array([1.0, 2.0]), {way!r}).round(9).tolist())
"""
    assert fresh(code) == "[0.268941421, 0.731058579]"


def test_where_scipy_wraps_its_functions_they_are_followed_or_refused_in_words() -> None:
    code = """
import os
os.environ["SCIPY_ARRAY_API"] = "1"
import numpy as np, backlight as bl
from scipy.special import expit, logsumexp
print(bl.gradient(logsumexp, np.array([1.0, 2.0])).round(9).tolist())
try:
    print(bl.gradient(lambda x: np.sum(expit(x)), np.zeros(2)).tolist())
except bl.BacklightError as problem:
    print("plain array" in str(problem))
"""
    assert fresh(code).splitlines() in (
        ["[0.268941421, 0.731058579]", "True"],
        ["[0.268941421, 0.731058579]", "[0.25, 0.25]"],
    )


# ------------------------------------------------------------------ what they were before


def test_signature_documentation_source_and_name_are_as_before() -> None:
    code = """
import inspect, pickle
from scipy import special
names = ("logsumexp", "softmax", "log_softmax", "polygamma")
def facts():
    return [
        (f.__doc__, str(inspect.signature(f)), f.__name__, f.__qualname__, f.__module__,
         inspect.getsource(f), inspect.getsourcelines(f)[1], f.__dict__, f.__defaults__,
         f.__kwdefaults__, pickle.dumps(f), id(f))
        for f in (getattr(special, name) for name in names)
    ]
before = facts()
import backlight.gradients.arrays.scipy_functions as s
assert s.hand_over() is True
assert s.hand_over() is False
assert all(f.__code__.co_firstlineno for f in map(special.__dict__.get, names))
print(facts() == before)
"""
    assert fresh(code) == "True"


def test_they_are_pickled_by_name_and_copied_as_themselves() -> None:
    gradient(logsumexp, X)
    assert pickle.loads(pickle.dumps(logsumexp)) is logsumexp
    assert copy.deepcopy(softmax) is softmax
    assert inspect.unwrap(logsumexp) is special.logsumexp


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    rows=st.integers(0, 3),
    columns=st.integers(1, 4),
    axis=st.sampled_from([None, 0, 1, -1, (0, 1)]),
    weighted=st.booleans(),
    keepdims=st.booleans(),
    seed=st.integers(0, 99),
)
def test_plain_arrays_have_the_results_they_had(
    rows: int, columns: int, axis: Any, weighted: bool, keepdims: bool, seed: int
) -> None:
    hand_over()
    dispatch = next(c for c in logsumexp.__code__.co_consts if callable(c))
    inside = {c.cell_contents for c in dispatch.__closure__ if inspect.isfunction(c.cell_contents)}
    (original,) = inside - {FOLLOWED["logsumexp"]}
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(rows, columns)) * 300
    b = rng.choice([-1.0, 0.0, 2.0], size=a.shape) if weighted else None
    options: dict[str, Any] = {"axis": axis, "b": b, "keepdims": keepdims}
    for more in ({}, {"return_sign": True}):
        found = _outcome(logsumexp, a, {**options, **more})
        assert found == _outcome(original, a, {**options, **more})


def _outcome(f: Any, a: Any, options: Any) -> str:
    try:
        with np.errstate(all="ignore"):
            return repr([np.asarray(v).tolist() for v in np.atleast_1d(f(a, **options))])
    except Exception as problem:
        return repr(problem)


def test_plain_numbers_lists_and_complex_numbers_go_to_scipy() -> None:
    gradient(logsumexp, X)
    assert special.logsumexp([1, 2], b=[1, -1], return_sign=True)[1] == -1.0
    np.testing.assert_allclose(special.softmax([0, 0]), [0.5, 0.5])
    assert special.polygamma(1, 1.0) == pytest.approx(np.pi**2 / 6)
    assert np.iscomplexobj(special.log_softmax(np.array([1j, 2.0])))
    with pytest.raises(TypeError, match="unexpected keyword"):
        special.softmax([1.0], axes=0)


# ------------------------------------------------------------------ closed forms


def test_the_gradient_of_logsumexp_is_softmax_and_its_hessian_the_covariance() -> None:
    from backlight.gradients.second_order import hessian

    x = X[0]
    p = np.exp(x) / np.exp(x).sum()
    np.testing.assert_allclose(gradient(logsumexp, x), p, rtol=1e-14)
    np.testing.assert_allclose(hessian(logsumexp, x), np.diag(p) - np.outer(p, p), atol=1e-15)


def test_large_and_small_numbers_do_not_overflow() -> None:
    x = np.array([1e4, 1e4 - 1.0, -1e4])
    p = [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0.0]
    np.testing.assert_allclose(gradient(logsumexp, x), p, rtol=1e-13)
    np.testing.assert_allclose(gradient(lambda x: softmax(x)[0], x)[0], p[0] * p[1], rtol=1e-13)
    found = gradient(lambda x: special.log_softmax(x)[2], x)
    np.testing.assert_allclose(found, [-p[0], -p[1], 1.0], rtol=1e-13)


def test_equal_numbers_share_as_softmax_says_and_minus_infinity_has_no_part() -> None:
    np.testing.assert_allclose(gradient(logsumexp, np.zeros(4)), np.full(4, 0.25))
    f = lambda x: logsumexp(np.where([True, False, True], x, -np.inf))  # noqa: E731
    np.testing.assert_allclose(gradient(f, np.zeros(3)), [0.5, 0.0, 0.5])
    np.testing.assert_allclose(gradient(f, np.zeros(3), "dual"), [0.5, 0.0, 0.5])


def test_weights_may_be_traced_zero_and_negative() -> None:
    a, b = np.array([0.3, 1.0, -0.5]), np.array([2.0, 0.0, -0.5])
    total = np.sum(b * np.exp(a))
    found = gradient(lambda p: logsumexp(p[0], b=p[1]), (a, b))
    np.testing.assert_allclose(found[0], b * np.exp(a) / total, rtol=1e-14)
    np.testing.assert_allclose(found[1], np.exp(a) / total, rtol=1e-14)


def test_a_negative_sum_has_a_logarithm_of_its_size_and_a_sign() -> None:
    a, b = np.array([0.3, 1.0]), np.array([2.0, -3.0])
    seen = []

    def f(a: Any) -> Any:
        size, sign = logsumexp(a, b=b, return_sign=True)
        seen.append(sign)
        return size * sign

    total = np.sum(b * np.exp(a))
    np.testing.assert_allclose(gradient(f, a), -b * np.exp(a) / total, rtol=1e-14)
    assert seen == [-1.0]


def test_an_infinite_constant_of_weight_zero_adds_nothing() -> None:
    f = lambda x: logsumexp(np.where([True, False], x, np.inf), b=[2.0, 0.0])  # noqa: E731
    np.testing.assert_allclose(gradient(f, np.array([0.3, 1.0])), [1.0, 0.0])


def test_numbers_in_a_list_are_followed() -> None:
    found = gradient(lambda x: logsumexp([x[0], 0.0, 2 * x[1]]), np.zeros(2))
    np.testing.assert_allclose(found, [1 / 3, 2 / 3])


def test_the_complex_step_follows_them_too() -> None:
    way = FiniteDifferences("complex-step")
    np.testing.assert_allclose(way.gradient(logsumexp, X), special.softmax(X), rtol=1e-14)
    found = way.gradient(lambda x: special.log_softmax(x, 1)[0, 1], X)
    np.testing.assert_allclose(found[0], [0, 1, 0] - special.softmax(X[0]), atol=1e-15)


def test_the_order_of_polygamma_is_no_variable() -> None:
    with pytest.raises(TraceError, match="by n: hold it fixed"):
        gradient(lambda n: special.polygamma(n, 1.0), 1.0)


# ------------------------------------------------------------------ threads


def test_threads_that_begin_at_once_are_all_followed() -> None:
    code = """
import threading, numpy as np
import backlight as bl
from backlight.gradients.method import gradient
from scipy.special import logsumexp, softmax
gate, found = threading.Barrier(8), []
def run(k):
    gate.wait()
    x = np.arange(4.0) + k
    found.append(np.abs(gradient(logsumexp, x) - softmax(x)).max())
threads = [threading.Thread(target=run, args=(k,)) for k in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(len(found), max(found) < 1e-15)
"""
    assert fresh(code) == "8 True"


def test_other_threads_go_on_with_plain_arrays_meanwhile() -> None:
    stop, wrong = threading.Event(), []

    def plain() -> None:
        expected = softmax(X)
        while not stop.is_set():
            if not np.array_equal(softmax(X), expected):
                wrong.append(1)

    thread = threading.Thread(target=plain)
    thread.start()
    for _ in range(50):
        gradient(lambda x: np.sum(softmax(x) ** 2), X)
    stop.set()
    thread.join()
    assert wrong == []
