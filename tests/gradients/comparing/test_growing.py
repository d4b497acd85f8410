"""What a gradient costs as its function grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backlight as bl
from backlight.gradients.comparing import growing
from backlight.gradients.comparing.growing import WAYS, Cost, copies, growing_costs, network
from backlight.gradients.expressions.expression import expression


def curve(found: list[Cost], way: str) -> dict[int, float]:
    return {c.parameters: c.seconds for c in found if c.way == way and c.seconds is not None}


def test_copies_of_a_function_have_its_gradient_each() -> None:
    f, x = copies(expression("3x^2 - 2y^3"), {"x": 5.0, "y": 2.0}).made(4)
    assert float(f(x)) == 4 * 59
    found = bl.gradient(f, x)
    assert found["x"].tolist() == [30] * 4
    assert found["y"].tolist() == [-24] * 4


def test_the_network_has_a_right_gradient_by_as_many_numbers_as_it_says() -> None:
    grown = network()
    f, x = grown.made(6)
    assert sum(np.size(part) for part in x.values()) == grown.parameters(6) == 32
    assert bl.check(f, x)
    f, x = grown.made(300)
    swept, carried = bl.gradient(f, x), bl.gradient(f, x, "dual")
    for name in x:
        np.testing.assert_allclose(carried[name], swept[name], rtol=1e-11, atol=1e-16)


def test_sizes_double_and_each_begins_with_one_evaluation() -> None:
    found = list(growing_costs(network(), most=100))
    assert [c.way for c in found] == ["evaluation", *WAYS] * 5
    assert sorted(curve(found, "central")) == [7, 12, 22, 42, 82]
    assert all(c.seconds is not None and c.seconds > 0 for c in found)


def test_differences_pay_for_every_parameter_and_backpropagation_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    f, evaluated = expression("x*sin(y)"), 0

    def counted(x: Any) -> Any:
        nonlocal evaluated
        evaluated += 1
        return f(x)

    def evaluations(run: Callable[[], object], patience: float) -> float:
        nonlocal evaluated
        evaluated = 0
        run()
        return evaluated

    # In place of a clock: how often the function is evaluated, which no other program disturbs.
    monkeypatch.setattr(growing, "median_seconds", evaluations)
    found = list(growing_costs(copies(counted, {"x": 1.0, "y": 2.0}), most=600, patience=1e9))
    sizes = [2**k for k in range(1, 10)]
    assert curve(found, "evaluation") == dict.fromkeys(sizes, 1)
    assert curve(found, "backprop") == dict.fromkeys(sizes, 1)
    # Two for each parameter, or one and one at the point; and one that shows what is returned.
    assert curve(found, "central") == {n: 2 * n + 1 for n in sizes}
    assert curve(found, "forward") == {n: n + 2 for n in sizes}


def test_a_way_that_refuses_says_why_once() -> None:
    found = list(growing_costs(copies(expression("relu(x)"), {"x": 1.0}), most=8))
    (refused,) = [c for c in found if c.seconds is None]
    assert (refused.way, refused.parameters) == ("complex-step", 1)
    assert "not analytic" in str(refused.reason)


@pytest.mark.parametrize("patience", [0.0])
def test_a_way_that_takes_too_long_is_not_tried_on_more(patience: float) -> None:
    found = list(growing_costs(network(), most=100, patience=patience))
    assert [c.way for c in found] == ["evaluation", *WAYS]
