"""One argument in any nesting, taken apart and put together; bad arguments named."""

from __future__ import annotations

from collections import OrderedDict, namedtuple

import numpy as np
import pytest
import torch

from backlight.errors import InputError
from backlight.gradients.containers import take_apart, take_directions

Layer = namedtuple("Layer", "weight bias")


@pytest.mark.parametrize(
    "x",
    [
        np.ones(3),
        1.5,
        (np.ones(2), [np.zeros((1, 2)), 3.0]),
        {"w": np.ones(2), "more": {"b": np.zeros(1)}},
        Layer(np.ones(2), np.zeros(1)),
        OrderedDict(b=np.ones(1), a=np.ones(2)),
        [0.1, 0.2],
    ],
)
def test_a_nesting_is_put_together_as_it_was(x: object) -> None:
    nest = take_apart(x)
    again = nest.rebuild(nest.leaves)
    assert isinstance(again, type(x))
    assert nest.paths == take_apart(again).paths
    for leaf, same in zip(nest.leaves, take_apart(again).leaves, strict=True):
        np.testing.assert_array_equal(leaf, same)


def test_paths_say_where_an_array_stands() -> None:
    nest = take_apart({"w": [np.ones(1), np.ones(2)], "b": 1.0})
    assert nest.paths == ["x['w'][0]", "x['w'][1]", "x['b']"]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([], "x holds no array"),
        ({}, "x holds no array"),
        (np.arange(3), "integer type int64, which has no derivative: give x as float"),
        ({"n": 3}, r"x\['n'\] has integer type"),
        ([1.0, np.array([True])], r"x\[1\] has integer type bool"),
        (True, "x is a bool"),
        (np.ones(2) * 1j, "complex128: expected real"),
        (1j, "complex128: expected real"),
        (np.array([1.0, "a"], dtype=object), "type object"),
        ("text", "x is a str: expected an array or a number"),
        (None, "x is a NoneType"),
        ([np.ones(2), None], r"x\[1\] is a NoneType"),
        (np.array([1.0, np.nan]), r"x is nan at \(1,\)"),
        (np.array([[1.0], [-np.inf]]), r"x is -inf at \(1, 0\)"),
        ([np.ones(1), torch.ones(1)], "mixes NumPy arrays and torch tensors"),
        (torch.arange(3), "torch.int64, which has no derivative"),
        (torch.ones(2, dtype=torch.complex64), "complex64: expected real"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "masked array"),
    ],
)
def test_what_cannot_be_differentiated_by_is_refused_in_one_line(x: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as problem:
        take_apart(x)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("directions", "message"),
    [
        ([np.ones((2, 3))], "nest them alike"),
        ({"w": np.ones((2, 3))}, r"directions has arrays at \['w'\], x at \['w'\], \['b'\]"),
        ({"w": np.ones(3), "b": np.ones(2)}, r"give it as directions\['w'\]\[None\]"),
        ({"w": np.ones((2, 4)), "b": np.ones(2)}, r"shape \(2, 4\), expected \(k, 3\)"),
        ({"w": np.ones((2, 3)), "b": np.ones(3)}, "2 and 3 directions"),
        ({"w": np.ones((0, 3)), "b": np.ones(0)}, "no direction"),
        ({"w": np.ones((1, 3)) * np.nan, "b": np.ones(1)}, "NaN or infinity"),
        ({"w": np.ones((1, 3)) * 1j, "b": np.ones(1)}, "expected real numbers"),
        ({"w": torch.ones(1, 3), "b": np.ones(1)}, "give one kind"),
    ],
)
def test_directions_that_do_not_fit_are_refused(directions: object, message: str) -> None:
    nest = take_apart({"w": np.ones(3), "b": 1.0})
    with pytest.raises(InputError, match=message):
        take_directions(directions, nest)


def test_directions_take_the_type_of_x() -> None:
    nest = take_apart(np.ones(3, np.float32))
    (found,) = take_directions(np.eye(3, dtype=int), nest)
    assert found.dtype == np.float32
