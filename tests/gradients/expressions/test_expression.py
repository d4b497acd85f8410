"""A typed formula as a function: its values, its gradients by every way, its variables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import backlight as bl
from backlight.errors import ExpressionError, InputError
from backlight.gradients.examples import find_example
from backlight.gradients.expressions.expression import constant, expression
from backlight.gradients.expressions.text import as_text
from backlight.gradients.expressions.tree import (
    Binary,
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Variable,
)
from backlight.gradients.expressions.vocabulary import FUNCTIONS
from backlight.gradients.method import NAMES

# ------------------------------------------------------------------ trees of hypothesis

leaves = (
    st.sampled_from([Variable("x"), Variable("y"), Constant("pi"), Constant("e")])
    | st.floats(0, allow_nan=False, allow_infinity=False).map(Number)
    | st.sampled_from([0.5, 1.0, 2.0, 3.0]).map(Number)
)


def nested(of: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    one = [name for name, f in FUNCTIONS.items() if f.most == 1]
    return st.one_of(
        st.builds(Negative, of),
        st.builds(Binary, st.sampled_from("+-*/^"), of, of),
        st.builds(lambda name, a: Call(name, (a,)), st.sampled_from(one), of),
        st.builds(lambda a, b: Call("max", (a, b)), of, of),
    )


trees = st.recursive(leaves, nested, max_leaves=10)


@given(trees)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_the_text_of_a_tree_is_read_back_as_the_same_tree(tree: Node) -> None:
    text = as_text(tree)
    assume(len(text) <= 500)
    assert expression(text)._tree == tree


# Smooth everywhere, so that any point will do.
smooth_leaves = st.sampled_from([Variable("x"), Variable("y"), Number(2.0), Number(0.5)])
SMOOTH = ("sin", "cos", "tanh", "atan", "erf", "asinh")


def smoothly(of: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Negative, of),
        st.builds(Binary, st.sampled_from("+-*"), of, of),
        st.builds(lambda a, n: Binary("^", a, Number(n)), of, st.sampled_from([2.0, 3.0])),
        st.builds(lambda name, a: Call(name, (a,)), st.sampled_from(SMOOTH), of),
    )


@given(
    st.recursive(smooth_leaves, smoothly, max_leaves=7),
    st.floats(-1.5, 1.5),
    st.floats(-1.5, 1.5),
)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_values_and_gradients_are_those_of_computer_algebra(tree: Node, x: float, y: float) -> None:
    f = expression(as_text(tree))
    assume(f.variables)
    point = {name: {"x": x, "y": y}[name] for name in f.variables}
    written = sympy.sympify(str(f).replace("^", "**"), locals={"e": sympy.E})
    value = float(written.evalf(30, subs=point))
    assume(abs(value) < 1e6)
    assert float(f(point)) == pytest.approx(value, rel=1e-9, abs=1e-9)
    for way in ("backprop", "dual", "complex-step"):
        found = bl.gradient(f, point, way)
        for name in f.variables:
            slope = float(written.diff(sympy.Symbol(name)).evalf(30, subs=point))
            assert float(found[name]) == pytest.approx(slope, rel=1e-7, abs=1e-7)


# ------------------------------------------------------------------ values

CLOSED: dict[str, tuple[float, float]] = {  # at x = 0.3: the value and the slope, by hand
    "exp": (math.exp(0.3), math.exp(0.3)),
    "log": (math.log(0.3), 1 / 0.3),
    "log2": (math.log2(0.3), 1 / (0.3 * math.log(2))),
    "log10": (math.log10(0.3), 1 / (0.3 * math.log(10))),
    "log1p": (math.log(1.3), 1 / 1.3),
    "expm1": (math.exp(0.3) - 1, math.exp(0.3)),
    "sqrt": (0.3**0.5, 0.5 / 0.3**0.5),
    "cbrt": (0.3 ** (1 / 3), 0.3 ** (-2 / 3) / 3),
    "abs": (0.3, 1),
    "sin": (math.sin(0.3), math.cos(0.3)),
    "cos": (math.cos(0.3), -math.sin(0.3)),
    "tan": (math.tan(0.3), 1 / math.cos(0.3) ** 2),
    "asin": (math.asin(0.3), 1 / math.sqrt(1 - 0.09)),
    "acos": (math.acos(0.3), -1 / math.sqrt(1 - 0.09)),
    "atan": (math.atan(0.3), 1 / 1.09),
    "sinh": (math.sinh(0.3), math.cosh(0.3)),
    "cosh": (math.cosh(0.3), math.sinh(0.3)),
    "tanh": (math.tanh(0.3), 1 - math.tanh(0.3) ** 2),
    "asinh": (math.asinh(0.3), 1 / math.sqrt(1.09)),
    "atanh": (math.atanh(0.3), 1 / 0.91),
    "sigmoid": (1 / (1 + math.exp(-0.3)), math.exp(-0.3) / (1 + math.exp(-0.3)) ** 2),
    "relu": (0.3, 1),
    "softplus": (math.log(1 + math.exp(0.3)), 1 / (1 + math.exp(-0.3))),
    "erf": (math.erf(0.3), 2 / math.sqrt(math.pi) * math.exp(-0.09)),
    "acosh": (math.acosh(1.3), 1 / math.sqrt(0.69)),
    "min": (0.3, 1),
    "max": (2, 0),
    "atan2": (math.atan2(0.3, 2), 2 / 4.09),
    "hypot": (math.hypot(0.3, 2), 0.3 / math.hypot(0.3, 2)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_value_and_slope(name: str) -> None:
    second = ", 2" if FUNCTIONS[name].least == 2 else ""
    f = expression(f"{name}(x{' + 1' if name == 'acosh' else ''}{second})")
    value, slope = CLOSED[name]
    assert float(f(0.3)) == pytest.approx(value, rel=1e-14)
    assert float(bl.gradient(f, 0.3)) == pytest.approx(slope, rel=1e-13)
    assert float(bl.gradient(f, 0.3, "central")) == pytest.approx(slope, rel=1e-8, abs=1e-9)


def test_far_out_nothing_overflows() -> None:
    for x in (-800.0, 800.0):
        assert float(expression("sigmoid(x)")(x)) == float(x > 0)
        assert float(expression("softplus(x)")(x)) == max(x, 0)


@pytest.mark.parametrize("way", NAMES)
def test_the_published_examples_come_out_by_every_way(way: str) -> None:
    for text, name in (
        ("3x^2 - 2y^3", "polynomial"),
        ("sin(x*cos(2*y))/tan(z)", "trigonometric"),
    ):
        example = find_example(name)
        f = expression(text)
        assert float(f(example.x)) == pytest.approx(example.value, abs=5e-5)
        found = bl.gradient(f, example.x, way)
        for variable, slope in example.gradient.items():
            assert float(found[variable]) == pytest.approx(slope, abs=1e-4)


# ------------------------------------------------------------------ how it is called


def test_variables_are_found_and_ordered_by_name_and_number() -> None:
    assert expression("w10*y + w2*b - w1 + e").variables == ("b", "w1", "w2", "w10", "y")
    assert expression("2 pi").variables == ()


def test_x_is_a_mapping_a_vector_or_the_one_number() -> None:
    f = expression("y - 3x")
    assert float(f({"y": 10, "x": 2})) == 4
    assert float(f(np.array([2.0, 10.0]))) == 4
    assert bl.gradient(f, np.array([2.0, 10.0])).tolist() == [-3, 1]
    one = expression("t^2")
    assert float(one(3)) == float(one({"t": 3})) == float(one([3.0])) == 9
    assert bl.gradient(one, 3.0) == 6


def test_arrays_go_through_as_they_do_through_numpy() -> None:
    f = expression("x^2 + y")
    x, y = np.arange(3.0), np.ones(3)
    assert f({"x": x, "y": y}).tolist() == [1, 2, 5]
    ones = {"x": np.ones((1, 3)), "y": np.zeros((1, 3))}
    assert bl.derivatives(f, {"x": x, "y": y}, ones).tolist() == [[0, 2, 4]]


def test_second_derivatives_follow_it_too() -> None:
    hessian = bl.hessian(expression("x^2*y^3"), {"x": 2.0, "y": 3.0})
    assert float(hessian["x"]["y"]) == pytest.approx(6 * 2 * 9)
    assert float(hessian["y"]["y"]) == pytest.approx(6 * 4 * 3)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ({"x": 1}, "no value for y and z"),
        ({"x": 1, "y": 1, "z": 1, "zz": 1}, "has no variable 'zz'; did you mean 'z'?"),
        ({"x": 1, "y": 1, "z": 1, "q": 1}, "has no variable 'q': it has x, y and z"),
        (
            [1, 2],
            r"a function of x, y and z: expected a mapping of them or 3 numbers, got shape \(",
        ),
        (1.0, r"got shape \(\)"),
    ],
)
def test_an_x_that_does_not_fit_is_refused_in_words(x: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        expression("x + y*z")(x)


@pytest.mark.parametrize("text", ["1/x", "x^400^400", "log(x)", "x^-1"])
def test_a_value_that_is_not_finite_is_an_error_of_the_library(text: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(bl.BacklightError, match="expected a finite"):
        bl.compare(expression(text), 10.0 if "400" in text else 0.0)
    with np.errstate(all="ignore"):
        assert np.isnan(expression("x^0.5")(-1.0))  # Python's own numbers would turn complex


# ------------------------------------------------------------------ numbers that are typed


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("-2.5e-1", -0.25), ("pi/4", math.pi / 4), ("2^10", 1024), ("sqrt(2)/2", 0.5**0.5)],
)
def test_a_number_may_be_typed_as_a_formula(text: str, value: float) -> None:
    assert constant(text) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1/0", "is inf: expected a finite number"),
        ("2 + b", "holds the variable 'b': expected a number"),
        ("", "nothing was typed"),
    ],
)
def test_what_is_no_number_is_refused(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        constant(text)
