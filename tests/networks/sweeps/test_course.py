"""Sweep after sweep: the cost falls, everything is plain, limits are told."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks.network import Network
from backlight.networks.sweeps.course import MOST_NUMBERS, course, numbers_of

from ..examples import example_4, problem


def course_of_example_4(**options: Any) -> Any:
    network, parameters, X, T = example_4()
    return course(network, parameters, X[0], T[0], **options)


def test_each_sweep_begins_where_the_one_before_ended() -> None:
    found = course_of_example_4(updates=3)
    assert len(found.sweeps) == 4
    for before, after in zip(found.sweeps, found.sweeps[1:], strict=False):
        for name, value in before.parameters.items():
            np.testing.assert_array_equal(
                after.parameters[name], value - 0.5 * before.gradient[name]
            )
    assert found.costs == sorted(found.costs, reverse=True)
    assert found.ended == ""


def test_fifty_updates_are_usual() -> None:
    assert len(course_of_example_4().sweeps) == 51


def test_a_quadratic_is_descended_as_its_closed_form_says() -> None:
    # C = ½ (w − 1)²  with the bias's slope alike: both move by η (w + b − 1).
    found = course(
        Network((1, 1)),
        {"weights_1": [[3.0]], "biases_1": [0.0]},
        [1.0],
        [1.0],
        learning_rate=0.1,
        updates=20,
    )
    np.testing.assert_allclose(found.costs, [2.0 * 0.8 ** (2 * k) for k in range(21)], rtol=1e-12)


def test_descent_that_diverges_ends_and_says_so() -> None:
    found = course(
        Network((1, 1)),
        {"weights_1": [[3.0]], "biases_1": [0.0]},
        [1.0],
        [1.0],
        learning_rate=1e60,
        updates=20,
    )
    assert 1 < len(found.sweeps) < 20
    assert np.isfinite(found.costs).all()
    assert found.ended == (
        f"update {len(found.sweeps)} leads to numbers that are not finite: the learning rate "
        "1e+60 is too large"
    )


def test_everything_is_plain_values() -> None:
    found = course_of_example_4(updates=2)
    plain = json.loads(json.dumps(found.plain(), allow_nan=False))
    assert plain["sizes"] == [2, 2, 2]
    assert plain["formulas"]["slopes"] == ["a (1 − a)", "a (1 − a)"]
    for sweep, shown in zip(found.sweeps, plain["sweeps"], strict=True):
        assert shown["cost"] == sweep.cost
        for layer, listed in zip(sweep.layers, shown["layers"], strict=True):
            assert listed["nets"] == layer.nets.tolist()
            assert listed["deltas"] == layer.deltas.tolist()
            assert listed["weight_slopes"] == layer.weight_slopes.tolist()
        assert {way: len(flat) for way, flat in shown["ways"].items()} == {
            "backprop": 14,
            "dual": 14,
            "central": 14,
        }
    after = plain["sweeps"][1]["layers"][0]
    assert plain["sweeps"][0]["layers"][0]["updated_weights"] == after["weights"]
    assert plain["sweeps"][0]["layers"][0]["updated_biases"] == after["biases"]


def count(plain: Any) -> int:
    if isinstance(plain, dict):
        return sum(map(count, plain.values()))
    if isinstance(plain, list):
        return sum(map(count, plain))
    return isinstance(plain, float)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (40, 30, 10)])
def test_the_numbers_of_a_sweep_are_foreseen(sizes: tuple[int, ...]) -> None:
    network, parameters, X, T = problem(sizes, "tanh", "sigmoid")
    plain = course(network, parameters, X[0], T[0], updates=0).plain()
    found = count(plain["sweeps"])
    # Its estimate is not below what there is, and not far above.
    assert found <= numbers_of(network) <= 1.4 * found


def test_a_large_network_has_fewer_updates_and_no_comparison_and_says_so() -> None:
    network, parameters, X, T = problem((784, 30, 10), "sigmoid", "softmax", rows=1)
    found = course(network, parameters, X[0], T[0])
    assert len(found.sweeps) == MOST_NUMBERS // numbers_of(network)
    assert found.ended == "recorded updates: 1; a page has no room for more of 23,860 parameters"
    plain = found.plain()
    assert plain["sweeps"][0]["ways"] is None
    assert "up to 1,000 parameters; these are 23,860" in plain["not_compared"]


def test_more_updates_than_a_page_can_hold_are_refused() -> None:
    with pytest.raises(InputError, match=r"5,000 updates of 12 parameters .*; up to 1,[0-9]+ of"):
        course_of_example_4(updates=5_000)
    with pytest.raises(InputError, match="updates must be a whole number from 0, not -1"):
        course_of_example_4(updates=-1)
