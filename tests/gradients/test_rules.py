"""Every rule, in reverse and forwards, against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_cases import CASES, Case

from backlight.gradients.arrays.forward import pushforward
from backlight.gradients.arrays.one_hot import OneHot
from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.rules import COMPOSITES, RULES
from backlight.gradients.rules.special import special_rules

LAYOUTS = ("plain", "reversed", "transposed")
IDS = [f"{i}-{case.name}" for i, case in enumerate(CASES)]
every_case = pytest.mark.parametrize("case", CASES, ids=IDS)


def laid_out(a: Any, layout: str) -> Any:
    """The same numbers in another memory layout: negative strides, or columns first."""
    if a.ndim and layout == "reversed":
        turn = (slice(None, None, -1),) * a.ndim
        return a[turn].copy()[turn]
    return np.asfortranarray(a) if a.ndim > 1 and layout == "transposed" else a


def inputs(
    case: Case, shapes: Any, seed: int, layout: str = "plain", dtype: Any = float
) -> list[Any]:
    """No two numbers are nearer to each other than differences step: between them is a kink of
    whatever sorts or chooses."""
    rng = np.random.default_rng(seed)
    sizes = [int(np.prod(shape)) for shape in shapes]
    places = rng.permutation(sum(sizes)) + rng.uniform(0.25, 0.75, sum(sizes))
    low, high = case.span
    values = low + (high - low) * places / max(1, sum(sizes))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return [
        laid_out(part.reshape(shape).astype(dtype), layout)
        for part, shape in zip(parts, shapes, strict=True)
    ]


def projected(case: Case, arrays: list[Any], seed: int) -> Any:
    """A scalar of the function's value: its inner product with random numbers."""
    shape = np.shape(case.function(*arrays))
    c = np.random.default_rng(seed + 1).uniform(0.5, 1.5, shape)
    return lambda xs: np.sum(c * case.function(*xs))


def differences(f: Any, arrays: list[Any], step: float = 1e-5) -> list[Any]:
    """Central differences, one coordinate at a time."""
    found = []
    for place, a in enumerate(arrays):
        g = np.zeros(a.shape)
        for i in np.ndindex(a.shape):
            ends = []
            for sign in (1, -1):
                moved = np.array(a, dtype=float)
                moved[i] += sign * step
                ends.append(f([*arrays[:place], moved, *arrays[place + 1 :]]))
            g[i] = (ends[0] - ends[1]) / (2 * step)
        found.append(g)
    return found


def dense_tangents(arrays: list[Any]) -> list[Any]:
    total, start, tangents = sum(a.size for a in arrays), 0, []
    for a in arrays:
        seeds = np.zeros((a.size, total))
        seeds[np.arange(a.size), start + np.arange(a.size)] = 1
        tangents.append(seeds.reshape(*a.shape, total))
        start += a.size
    return tangents


@every_case
@settings(max_examples=6, deadline=None, derandomize=True)
@given(data=st.data())
def test_reverse_duals_and_differences_agree(case: Case, data: st.DataObject) -> None:
    shapes = data.draw(st.sampled_from(case.shapes))
    seed = data.draw(st.integers(0, 10_000))
    arrays = inputs(case, shapes, seed, data.draw(st.sampled_from(LAYOUTS)))
    f = projected(case, arrays, seed)
    expected = differences(f, arrays)
    value, adjoints = value_and_adjoints(f, arrays)
    np.testing.assert_allclose(value, f(arrays), rtol=1e-12)
    for g, e, a in zip(adjoints, expected, arrays, strict=True):
        assert np.shape(g) == a.shape
        np.testing.assert_allclose(g, e, rtol=1e-5, atol=case.tolerance)
    value, moved = pushforward(f, arrays, dense_tangents(arrays))
    np.testing.assert_allclose(value, f(arrays), rtol=1e-12)
    flat = np.concatenate([np.ravel(g) for g in adjoints])
    np.testing.assert_allclose(moved, flat, rtol=1e-9, atol=1e-10)
    for place, a in enumerate(arrays):
        tangents: list[Any] = [None] * len(arrays)
        tangents[place] = OneHot(np.arange(a.size), np.ones(a.size), a.shape)
        _, moved = pushforward(f, arrays, tangents)
        moved = np.zeros(a.size) if moved is None else moved
        np.testing.assert_allclose(moved, np.ravel(adjoints[place]), rtol=1e-9, atol=1e-10)


@every_case
def test_the_derivatives_of_a_function_of_float32_are_float32_and_near(case: Case) -> None:
    arrays = inputs(case, case.shapes[0], 3)
    c = np.random.default_rng(4).uniform(0.5, 1.5, np.shape(case.function(*arrays)))
    small = [np.asarray(a, np.float32)[()] for a in arrays]
    _, exact = value_and_adjoints(lambda xs: np.sum(c * case.function(*xs)), arrays)
    _, found = value_and_adjoints(
        lambda xs: np.sum(c.astype(np.float32) * case.function(*xs)), small
    )
    for g, e in zip(found, exact, strict=True):
        assert g.dtype == np.float32
        np.testing.assert_allclose(g, e, rtol=2e-3, atol=2e-3)


def test_every_rule_and_composite_has_a_case() -> None:
    covered = {case.covers for case in CASES}
    lacking = {*RULES, *special_rules(), *COMPOSITES} - covered
    assert not lacking
