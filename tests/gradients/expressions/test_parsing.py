"""Formulas as people write them: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

import ast
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.errors import ExpressionError, InputError
from backlight.gradients.expressions.expression import expression
from backlight.gradients.expressions.parsing import DEEPEST
from backlight.gradients.expressions.tokens import LONGEST
from backlight.gradients.expressions.vocabulary import FUNCTIONS

# ------------------------------------------------------------------ precedence

NAMES = ("x", "y", "w10", "theta")
VALUES = dict(zip(NAMES, map(np.float64, (0.7, -1.3, 2.5, 0.2)), strict=True))
CALLED = ("sin", "cos", "exp", "tanh", "arctan")
OPERATIONS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}

atoms = st.sampled_from(NAMES) | st.sampled_from(["1", "2", "0.5", ".25", "3.", "1e-2", "2E1"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    spaces = st.sampled_from(["", " "])
    signs = st.sampled_from(["+", "-", "*", "/", "**"])
    return st.one_of(
        st.builds(lambda a, s, g, b: f"{a}{s}{g}{s}{b}", inner, spaces, signs, inner),
        st.builds(lambda s, a: f"{s}{a}", st.sampled_from(["-", "+"]), inner),
        st.builds(lambda a: f"({a})", inner),
        st.builds(lambda f, a: f"{f}({a})", st.sampled_from(CALLED), inner),
    )


written = st.recursive(atoms, grown, max_leaves=12)


def as_python_reads_it(node: ast.AST) -> Any:
    """The value of Python's own syntax tree, in NumPy's numbers."""
    match node:
        case ast.Expression(body):
            return as_python_reads_it(body)
        case ast.Constant(value):
            return np.float64(value)
        case ast.Name(name):
            return VALUES[name]
        case ast.UnaryOp(ast.USub(), operand):
            return -as_python_reads_it(operand)
        case ast.UnaryOp(ast.UAdd(), operand):
            return as_python_reads_it(operand)
        case ast.BinOp(left, operation, right):
            return OPERATIONS[type(operation)](as_python_reads_it(left), as_python_reads_it(right))
        case ast.Call(ast.Name(name), [argument]):
            return getattr(np, name)(as_python_reads_it(argument))
    raise AssertionError(ast.dump(node))


@given(written)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_a_formula_in_pythons_syntax_has_pythons_value(text: str) -> None:
    f = expression(text)
    with np.errstate(all="ignore"):
        expected = as_python_reads_it(ast.parse(text, mode="eval"))
        found = f({name: VALUES[name] for name in f.variables})
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("3x^2 - 2y^3", "3*(x^2) - 2*(y^3)"),
        ("-x^2", "-(x^2)"),
        ("2^3^2", "2^(3^2)"),
        ("x^-1", "x^(-1)"),
        ("x**2", "x^2"),
        ("2^-3^2", "2^(-(3^2))"),
        ("2*-x", "2*(-x)"),
        ("a/b*c", "(a/b)*c"),
        ("a - b - c", "(a - b) - c"),
        ("2(x + 1)(y - 2)", "(2*(x + 1))*(y - 2)"),
        ("2sin(x)cos(y)", "(2*sin(x))*cos(y)"),
        ("2 pi r", "(2*pi)*r"),
        ("x^2y", "(x^2)*y"),
        ("(x + 1)y", "(x + 1)*y"),
        ("a*b c", "(a*b)*c"),
        ("2e", "2*e"),
        ("2e3x", "2000*x"),
        ("|x|", "abs(x)"),
        ("||x| - 1|", "abs(abs(x) - 1)"),
        ("2|x||y|", "(2*abs(x))*abs(y)"),
        ("|(|x|)|", "abs(abs(x))"),
        ("3x² − 2·y³", "3*(x^2) - 2*(y^3)"),
        ("x⁻¹²", "x^(-12)"),
        ("x × y ÷ z", "(x*y)/z"),
        ("πr²", "πr^2"),
        ("π r²", "pi*(r^2)"),
        ("ln(x) + arctan(y)", "log(x) + atan(y)"),
        ("+x", "x"),
    ],
)
def test_a_short_form_means_the_one_with_every_bracket(text: str, means: str) -> None:
    assert expression(text) == expression(means)


def test_trees_that_are_computed_otherwise_are_not_equal() -> None:
    assert expression("x + 1") != expression("1 + x")
    assert expression("a - (b - c)") != expression("a - b - c")
    assert expression("x") != "x"
    assert len({expression("3x"), expression("3*x"), expression("3 x")}) == 1


# ------------------------------------------------------------------ what is refused, and where


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("2 + sine(x)", "unknown function 'sine' at character 5; did you mean 'sin'", "sine"),
        ("f(x)", "'f' at character 1 is no function: write f*(…)", "f"),
        ("pi(x + 1)", "'pi' at character 1 is no function: write pi*(…)", "pi"),
        ("sin x", "'sin' at character 1 needs brackets: write sin(x)", "sin"),
        ("sin^2(x)", "'sin' at character 1 needs brackets: write sin(x)^2", "sin"),
        ("1/2x", "at character 2 reads two ways: write (…/2)*x or …/(2*x)", "/"),
        ("y + a/b sin(x)", "the division at character 6 reads two ways", "/"),
        ("1/2(x + 1)", "write (…/2)*(…) or …/(2*(…))", "/"),
        ("2(x + 1", "the bracket at character 2 is not closed: expected ')'", "("),
        ("(|x)", "the bar at character 2 is not closed: expected '|'", "|"),
        ("x + 1)", "the bracket at character 6 closes nothing", ")"),
        ("x 2", "a number right after a factor, '2' at character 3", "2"),
        ("1.2.3", "a number right after a factor, '.3' at character 4", ".3"),
        ("np.sin(x)", "unexpected '.' at character 3: a name has no parts", "."),
        ("y = 3x", "unexpected '=' at character 3: type what stands right", "="),
        ("x[0]", "unexpected '[' at character 2: brackets are round", "["),
        ("__class__", "unexpected '_' at character 1", "_"),
        ("x; y", "unexpected ';' at character 2", ";"),
        ("'x'", 'unexpected "\'" at character 1', "'"),
        ("max(x)", "max at character 1 takes 2 or more arguments, got 1", "max"),
        ("sin(x, y)", "sin at character 1 takes 1 argument, got 2", "sin"),
        ("hypot(x, y, z)", "hypot at character 1 takes 2 arguments, got 3", "hypot"),
        ("exp()", "nothing between the brackets at character 5", ")"),
        ("3,5x", "a comma at character 2: it stands between the arguments", ","),
        ("x + * y", "unexpected '*' at character 5: expected a number, a name", "*"),
        ("x +", "the formula ends at character 4: expected a number, a name", ""),
        ("   ", "nothing was typed", ""),
        ("1e999", "the number 1e999 at character 1 is too large", "1e999"),
        ("a" * 41, "the name at character 1 has 41 characters", "a" * 41),
        ("(" * 41 + "x" + ")" * 41, "too deep at character 41", "("),
        ("-" * 41 + "x", "too deep at character 41", "-"),
        ("x^" * 41 + "x", "too deep at character 82", "^"),
        ("x" * 501, "a formula of 501 characters: expected at most 500", "x"),
        ("+".join(f"v{i}" for i in range(51)), "51 variables: expected at most 50", None),
    ],
)
def test_an_error_says_what_is_wrong_and_where(text: str, said: str, place: str | None) -> None:
    with pytest.raises(ExpressionError) as raised:
        expression(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    if place is not None:
        assert text[raised.value.start : raised.value.end] == place
    assert isinstance(raised.value, InputError)


@given(st.text(alphabet="xyep12.3+-*/^()|, ²⁻πsin_=[é", max_size=60) | st.text(max_size=40))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_whatever_is_typed_is_a_formula_or_an_error_with_its_place(text: str) -> None:
    try:
        found = expression(text)
    except ExpressionError as error:
        place = (error.start, error.end)
    else:
        assert expression(str(found)) == found
        place = (0, len(text))
    assert 0 <= place[0] <= place[1] <= len(text)


def test_the_longest_and_the_deepest_are_read_and_evaluated() -> None:
    long = "x" + "+x" * ((LONGEST - 1) // 2)
    assert expression(long)(1.0) == (LONGEST + 1) // 2
    deep = "(" * (DEEPEST - 1) + "-x" + ")" * (DEEPEST - 1)
    assert expression(deep)(1.0) == -1
    assert "<mo>+</mo>" in expression(long).mathml()


def test_what_looks_like_code_is_never_run() -> None:
    for text in ("__import__('os').getcwd()", "x.__class__", "lambda: 1", "open(x)", "eval(x)"):
        with pytest.raises(ExpressionError):
            expression(text)


def test_every_function_says_what_it_is_and_has_a_name_that_is_read() -> None:
    for name, function in FUNCTIONS.items():
        assert function.meaning
        arguments = ", ".join(["x"] * function.least)
        assert str(expression(f"{name}({arguments})")) == f"{name}({arguments})"
