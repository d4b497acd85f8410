"""Which parameters a function is differentiated by."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

from backlight.commands.given import Given
from backlight.commands.parameters import (
    differentiated_by,
    gradient_of_one_argument,
    of_one_argument,
    taken,
)
from backlight.errors import InputError


def one(x: Any) -> Any: ...
def configured(x: Any, steps: int = 3) -> Any: ...
def two(a: Any, b: Any, scale: float = 1.0) -> Any:
    return scale * (a + 10 * b)


def all_defaulted(a: float = 1.0, b: float = 2.0) -> Any: ...
def mixed(a: Any, /, b: Any, *rest: Any, c: Any, **more: Any) -> Any:
    return (a, b, rest, c, more)


def anything(*values: Any) -> Any: ...
def nothing() -> Any: ...


class Callable:
    def __call__(self, weights: Any) -> Any: ...
    def method(self, bias: Any) -> Any: ...


@pytest.mark.parametrize(
    ("f", "names"),
    [
        (one, ["x"]),
        (configured, ["x"]),
        (two, ["a", "b"]),
        (all_defaulted, ["a"]),
        (mixed, ["a", "b", "c"]),
        (anything, ["x"]),
        (Callable(), ["weights"]),
        (Callable().method, ["bias"]),
        (functools.partial(two, b=1.0), ["a"]),
        (math.exp, ["x"]),
        (np.sin, ["x"]),
    ],
)
def test_those_without_a_default_or_else_the_first(f: Any, names: list[str]) -> None:
    assert [p.name for p in differentiated_by(f, "f")] == names


def test_a_function_without_parameters_is_refused() -> None:
    with pytest.raises(InputError, match="f takes no argument: expected a function of"):
        differentiated_by(nothing, "f")
    with pytest.raises(InputError, match="f is a method of a class: name that of an instance"):
        differentiated_by(Callable.method, "f")


def test_several_are_one_mapping_and_the_function_keeps_its_name() -> None:
    f = of_one_argument(two, differentiated_by(two, "two"))
    assert f({"a": 1, "b": 2}) == 21
    assert f.__name__ == "two"
    assert f.__wrapped__ is two  # type: ignore[attr-defined]
    g = of_one_argument(mixed, differentiated_by(mixed, "mixed"))
    assert g({"a": 1, "b": 2, "c": 3}) == (1, 2, (), 3, {})
    assert of_one_argument(one, differentiated_by(one, "one")) is one


def test_a_gradient_of_several_is_written_for_them_or_for_the_mapping() -> None:
    by = differentiated_by(two, "two")

    def in_order(a: Any, b: Any) -> Any:
        return [a, b]

    def of_mapping(p: Any) -> Any:
        return {"a": p["a"], "b": p["b"]}

    x = {"a": 5.0, "b": 7.0}
    assert gradient_of_one_argument(in_order, by)(x) == x
    assert gradient_of_one_argument(of_mapping, by)(x) == x
    assert gradient_of_one_argument(x, by) is x
    assert gradient_of_one_argument(in_order, by[:1]) is in_order


def test_what_is_given_goes_before_a_default() -> None:
    by = differentiated_by(all_defaulted, "f")
    assert taken(all_defaulted, by, None, "f").value == 1.0
    assert taken(all_defaulted, by, None, "f").origin == "the default of a"
    given = Given(9.0, "here")
    assert taken(all_defaulted, by, given, "f") is given
