"""A function may use a plain array and change it afterwards: the derivative is of what it used."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.errors import InputError, TraceError
from backlight.gradients.arrays.keeping import Keeper
from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.backprop import Backprop
from backlight.gradients.method import gradient
from backlight.gradients.second_order import hessian

SMALL, LARGE = 4, 5000


def _filled(b: Any) -> None:
    b[:] = 7.0


def _element(b: Any) -> None:
    b[0] = 7.0


def _increased(b: Any) -> None:
    b += 7.0


def _written_out(b: Any) -> None:
    np.multiply(b, 7.0, out=b)


def _copied_to(b: Any) -> None:
    np.copyto(b, 7.0)


def _filled_by_method(b: Any) -> None:
    b.fill(7.0)


def _sorted(b: Any) -> None:
    b[::-1].sort()


def _through_a_new_view(b: Any) -> None:
    b.reshape(2, -1)[0] = 7.0


CHANGES = [
    *(_filled, _element, _increased, _written_out, _copied_to, _filled_by_method, _sorted),
    _through_a_new_view,
]
every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)


def _ramp(size: int) -> Any:
    return np.linspace(1.0, 2.0, size)


# ------------------------------------------------------------------ small: right all the same


@every_change
def test_a_small_array_may_be_changed_after_it_was_used(change: Callable[[Any], None]) -> None:
    def f(x: Any) -> Any:
        b = _ramp(SMALL)
        y = np.sum(x * b)
        change(b)
        return y + 0.0 * np.sum(b)

    np.testing.assert_array_equal(gradient(f, np.ones(SMALL)), _ramp(SMALL))


def test_a_scratch_buffer_may_be_filled_anew_in_a_loop() -> None:
    def f(x: Any) -> Any:
        scratch, total = np.empty(SMALL), 0.0
        for i in range(5):
            scratch[:] = i
            total = total + np.sum(np.sin(x * scratch))
        return total

    x = np.array([0.1, 0.2, 0.3, 0.4])
    expected = sum(i * np.cos(i * x) for i in range(5))
    np.testing.assert_allclose(gradient(f, x), expected, rtol=1e-14)


def test_an_older_view_of_a_small_array_does_no_harm() -> None:
    def f(x: Any) -> Any:
        b = _ramp(SMALL)
        view = b[1:]
        y = np.sum(x * b)
        view[:] = 9.0
        return y

    np.testing.assert_array_equal(gradient(f, np.ones(SMALL)), _ramp(SMALL))


USES = {
    "factor": (lambda x, b: np.sum(x * b), lambda b: b),
    "factor on the left": (lambda x, b: np.sum(b * x), lambda b: b),
    "divisor": (lambda x, b: np.sum(x / b), lambda b: 1 / b),
    "vector product": (lambda x, b: b @ x, lambda b: b),
    "function of two": (lambda x, b: np.sum(np.arctan2(x, b)), lambda b: b / (1 + b * b)),
    "einsum": (lambda x, b: np.einsum("i,i->", x, b), lambda b: b),
    "matrix": (lambda x, b: np.sum(np.outer(b, b) @ x), lambda b: b.sum() * b),
    "solve": (lambda x, b: np.sum(np.linalg.solve(np.diag(b), x)), lambda b: 1 / b),
    "condition": (lambda x, b: np.sum(np.where(b > 1.5, x, 0.0)), lambda b: (b > 1.5) * 1.0),
    "list": (lambda x, b: np.sum(x * b.tolist()), lambda b: b),
}


@pytest.mark.parametrize(("use", "expected"), USES.values(), ids=USES)
def test_whatever_it_was_used_for(use: Any, expected: Any) -> None:
    def f(x: Any) -> Any:
        b = _ramp(SMALL)
        y = use(x, b)
        b[:] = 0.1
        return y

    np.testing.assert_allclose(
        gradient(f, np.ones(SMALL)), expected(_ramp(SMALL)), rtol=1e-13, atol=1e-15
    )


def test_positions_masks_and_lists_are_kept_too() -> None:
    def f(x: Any) -> Any:
        places, mask, numbers, order = np.array([0, 2]), np.array([True, False] * 2), [2.0] * 4, [1]
        y = np.sum(x[places]) + 10 * np.sum(x[mask]) + 100 * np.sum(x * numbers)
        y = y + 1000 * np.sum(np.flip(x[None], order)[0, :1])
        places[:], mask[:], numbers[0], order[0] = 3, True, 5.0, 0
        return y

    np.testing.assert_array_equal(gradient(f, np.ones(4)), [211, 200, 211, 1200])


# ------------------------------------------------------------------ large: refused in words


@every_change
def test_a_large_array_cannot_be_changed_after_it_was_used(change: Callable[[Any], None]) -> None:
    b = _ramp(LARGE)

    def f(x: Any) -> Any:
        y = np.sum(x * b)
        change(b)
        return y

    with pytest.raises(TraceError, match=r"write b = b \+ c for b \+= c"):
        gradient(f, np.ones(LARGE))
    change(b)  # now it can
    assert not np.array_equal(b, _ramp(LARGE))


def test_a_large_array_may_be_changed_before_it_is_used_and_where_its_values_do_not_count() -> None:
    def f(x: Any) -> Any:
        b = np.zeros(LARGE)
        b += 2.0
        y = x + b - b
        b[:] = 3.0
        return np.sum(y * b)

    np.testing.assert_array_equal(gradient(f, np.ones(LARGE)), np.full(LARGE, 3.0))


def test_a_copy_is_the_way_out() -> None:
    def f(x: Any) -> Any:
        b = _ramp(LARGE)
        y = np.sum(x * b.copy())
        b[:] = 0.0
        return y

    np.testing.assert_array_equal(gradient(f, np.ones(LARGE)), _ramp(LARGE))


def test_what_a_view_is_of_cannot_be_changed_either() -> None:
    base = np.ones((2, LARGE))

    def f(x: Any) -> Any:
        y = np.sum(x * base.T)
        base[0] = 5.0
        return y

    with pytest.raises(TraceError, match="in place"):
        gradient(f, np.ones((LARGE, 2)))
    assert base.flags.writeable


def test_of_a_small_part_a_copy_is_taken_and_the_rest_stays_free() -> None:
    ring = np.zeros((10, LARGE))
    ring[3] = _ramp(LARGE)

    def f(x: Any) -> Any:
        y = np.sum(x * ring[3])
        ring[:] = 8.0  # as another thread might
        return y

    np.testing.assert_array_equal(gradient(f, np.ones(LARGE)), _ramp(LARGE))


def test_memory_that_is_not_numpys_is_copied() -> None:
    tensor = torch.linspace(1.0, 2.0, LARGE, dtype=torch.float64)
    b = tensor.numpy()

    def f(x: Any) -> Any:
        y = np.sum(x * b)
        tensor.zero_()
        return y

    expected = b.copy()
    np.testing.assert_array_equal(gradient(f, np.ones(LARGE)), expected)
    assert b.flags.writeable


def test_the_complaint_of_an_array_that_was_read_only_before_is_numpys_own() -> None:
    constant = np.ones(3)
    constant.setflags(write=False)

    def f(x: Any) -> Any:
        constant[0] = 2.0
        return np.sum(x * constant)

    with pytest.raises(ValueError, match="read-only") as caught:
        gradient(f, np.ones(3))
    assert not isinstance(caught.value, TraceError | InputError)


# ------------------------------------------------------------------ given back as it was


def _raising(x: Any) -> Any:
    raise KeyError("not here")


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (lambda y: np.sum(y), None),
        (lambda y: y, InputError),
        (_raising, KeyError),
        (lambda y: float(y[0]), TraceError),
    ],
    ids=["value", "not scalar", "error", "refusal"],
)
def test_arrays_are_writeable_again_however_it_ends(end: Any, error: Any) -> None:
    base = np.ones(2 * LARGE)
    view = base[:-1]

    def f(x: Any) -> Any:
        y = x * view
        assert not base.flags.writeable
        assert not view.flags.writeable
        return end(y)

    x = np.ones(2 * LARGE - 1)
    if error is None:
        gradient(f, x)
    else:
        with pytest.raises(error):
            gradient(f, x)
    assert base.flags.writeable
    assert view.flags.writeable
    assert x.flags.writeable


def test_what_was_read_only_stays_so() -> None:
    constant = np.ones(LARGE)
    view = constant[:]  # made before, so it can be written through
    constant.setflags(write=False)
    gradient(lambda x: np.sum(x * constant) + np.sum(x * view), np.ones(LARGE))
    assert not constant.flags.writeable
    assert view.flags.writeable


def test_an_inner_derivative_does_not_give_back_what_the_outer_one_needs() -> None:
    b = _ramp(LARGE)

    def inner(y: Any) -> Any:
        return value_and_adjoints(lambda ys: np.sum(ys[0] * b), [y])[1][0]

    def f(x: Any) -> Any:
        y = np.sum(x * b) + np.sum(inner(np.ones(LARGE)))
        b[0] = 5.0
        return y

    with pytest.raises(TraceError, match="in place"):
        gradient(f, np.ones(LARGE))
    assert b.flags.writeable


def test_second_derivatives_keep_their_operands() -> None:
    def f(x: Any) -> Any:
        b = _ramp(SMALL)
        y = np.sum(b * x**3)
        b[:] = 0.0
        return y

    x = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(hessian(f, x), np.diag(6 * _ramp(SMALL) * x), rtol=1e-14)


def test_threads_share_a_large_constant() -> None:
    b = _ramp(LARGE)
    first_has_it, second_is_done = threading.Event(), threading.Event()
    found: dict[str, Any] = {}

    def first(x: Any) -> Any:
        y = np.sum(x * b)
        first_has_it.set()
        assert second_is_done.wait(60)
        found["writeable"] = b.flags.writeable
        return y

    def second(x: Any) -> Any:
        assert first_has_it.wait(60)
        return np.sum(x * b)

    def run_second() -> None:
        found["second"] = gradient(second, np.ones(LARGE))
        second_is_done.set()

    thread = threading.Thread(target=run_second)
    thread.start()
    found["first"] = gradient(first, np.ones(LARGE))
    thread.join()
    np.testing.assert_array_equal(found["first"], _ramp(LARGE))
    np.testing.assert_array_equal(found["second"], _ramp(LARGE))
    assert not found["writeable"]
    assert b.flags.writeable


def test_many_keepers_in_many_threads_leave_no_trace() -> None:
    arrays = [np.ones(LARGE) for _ in range(3)]
    views = [a[1:] for a in arrays]

    def work() -> None:
        for _ in range(200):
            with Keeper() as keeper:
                for a in (*views, *arrays):
                    assert keeper.keep(a) is a

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(a.flags.writeable for a in (*arrays, *views))


# ------------------------------------------------------------------ x itself


@pytest.mark.parametrize("way", ["backprop", "dual"])
def test_x_is_what_it_was_when_it_was_given(way: str) -> None:
    x = np.array([1.0, 2.0])

    def f(z: Any) -> Any:
        x[:] = 100.0
        return np.sum(z**3)

    np.testing.assert_array_equal(gradient(f, x, way), [3.0, 12.0])


@pytest.mark.parametrize("way", ["backprop", "dual"])
def test_a_large_x_cannot_be_changed_meanwhile(way: str) -> None:
    x = np.ones(LARGE)

    def f(z: Any) -> Any:
        x[0] += 1.0
        return np.sum(z**2)

    with pytest.raises(TraceError, match="in place"):
        gradient(f, x, way)
    assert x[0] == 1.0
    assert x.flags.writeable


def test_all_sweeps_of_a_vector_valued_function_are_at_one_x() -> None:
    x = np.array([1.0, 2.0])

    def f(z: Any) -> Any:
        x[:] = x + 1.0
        return z**2

    found = Backprop().derivatives(f, x, np.eye(2))
    np.testing.assert_array_equal(found, np.diag([2.0, 4.0]))


def test_gradients_are_arrays_of_their_own() -> None:
    a, b = np.ones(3), np.ones(3)
    first, second = gradient(lambda x: np.sum(x[0] + x[1]), [a, b])
    first *= 2.0
    np.testing.assert_array_equal(second, np.ones(3))
    wide = gradient(lambda x: np.sum(np.sum(x, axis=0)), np.ones((2, 3)))
    wide[0, 0] = 5.0
    assert wide.sum() == 10.0


def test_what_was_recorded_is_let_go_at_once() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = np.exp(x)
        seen.append(weakref.ref(y.primal))
        return np.sum(y)

    gc.disable()
    try:
        gradient(f, np.ones(3))
        value_and_adjoints(lambda xs: f(xs[0]) * 0 and 3.0, [np.ones(3)])
    finally:
        gc.enable()
    assert [ref() for ref in seen] == [None, None]


# ------------------------------------------------------------------ any program


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    size=st.sampled_from([1, SMALL, LARGE]),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["*", "/", "+", "maximum"]),
            st.sampled_from([None, *CHANGES[:6]]),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_a_program_that_changes_its_buffer_is_differentiated_or_refused(
    size: int, steps: Any
) -> None:
    operations = {"*": np.multiply, "/": np.divide, "+": np.add, "maximum": np.maximum}

    def program(x: Any, used: Callable[[Any], Any]) -> Any:
        b = _ramp(size)
        for name, change, on_the_left in steps:
            pair = (used(b), x) if on_the_left else (x, used(b))
            x = np.tanh(operations[name](*pair))
            if change is not None:
                change(b)
        return np.sum(x)

    start = np.linspace(0.5, 1.5, size)
    expected = gradient(lambda x: program(x, lambda b: b.copy()), start)
    try:
        found = gradient(lambda x: program(x, lambda b: b), start)
    except TraceError:
        assert size == LARGE
    else:
        np.testing.assert_array_equal(found, expected)
