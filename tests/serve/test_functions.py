"""The function and the point that a request names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.errors import BacklightError, ExpressionError, InputError
from backlight.gradients.examples import EXAMPLES
from backlight.serve.functions import Asked, arguments, chosen, point_text


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_stands_at_its_own_point_also_where_that_is_sent(name: str) -> None:
    example = EXAMPLES[name]
    for at in ("", point_text(example.x)):
        found = chosen(Asked(example=name, at=at))
        assert found.example is example
        assert found.f is example.f
        for part, own in arguments(example.x).items():
            np.testing.assert_array_equal(arguments(found.x)[part], own)


def test_an_example_at_another_point_comes_without_its_published_numbers() -> None:
    found = chosen(Asked(example="example-4", at="biases=0, 0, 0, pi/4"))
    assert found.example is None
    assert found.x["biases"].tolist() == [0, 0, 0, np.pi / 4]
    assert found.x["weights"].tolist() == EXAMPLES["example-4"].x["weights"].tolist()


def test_a_formula_is_a_function_of_its_variables() -> None:
    found = chosen(Asked(formula="x*y^2", at="y=3; x=2"))
    assert float(found.f(found.x)) == 18
    assert found.x == {"x": 2, "y": 3}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(), "expected either an example or a formula: neither was given"),
        (Asked(example="polynomial", formula="x"), "an example or a formula: both were given"),
        (Asked(example="polynomal"), "no example 'polynomal'; did you mean 'polynomial'"),
        (Asked(formula="x*y", at="x=1"), "no value for y: add y=1 to the point"),
        (Asked(formula="x", at="x=1; z=2"), "no variable 'z': it has x"),
        (Asked(formula="x", at="x=1; x=2"), "x stands twice"),
        (Asked(formula="x", at="1"), "1: expected name=value"),
        (Asked(formula="x", at="x="), "x: no number was typed"),
        (Asked(formula="x", at="x=1, 2"), "x: expected 1 number, got 2"),
        (Asked(formula="x", at="x=b"), "x: 'b' holds the variable 'b': expected a number"),
        (Asked(formula="x", at="x=1/0"), "x: '1/0' is inf: expected a finite number"),
        (Asked(example="example-4", at="biases=1"), "biases: expected 4 numbers, got 1"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(asked: Asked, said: str) -> None:
    with pytest.raises(InputError) as raised:
        chosen(asked)
    assert said in str(raised.value)


@pytest.mark.parametrize("formula", ["", "x +", "2 * 3", "open('/etc/passwd')"])
def test_what_is_no_function_is_refused(formula: str) -> None:
    with pytest.raises(ExpressionError):
        chosen(Asked(formula=formula, at="x=1"))


@given(st.text(max_size=30), st.text(alphabet="xy=;,.0123456789epi-/ ", max_size=40))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_whatever_is_sent_is_a_function_or_an_error_in_words(formula: str, at: str) -> None:
    try:
        found = chosen(Asked(formula=formula, at=at))
    except BacklightError as error:
        said = str(error)
    else:
        said = str(found.typed)
    assert said
