"""Tangents with a single entry each stay right where their factor broadcasts."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.gradients.arrays.forward import pushforward
from backlight.gradients.arrays.one_hot import OneHot


def _coordinates(shape: tuple[int, ...]) -> OneHot:
    size = int(np.prod(shape))
    return OneHot(np.arange(size), np.ones(size), shape)


@pytest.mark.parametrize("factor", [(), (3,), (3, 1), (1, 3), (3, 3), (1, 1)])
def test_a_factor_that_broadcasts_is_read_where_each_points(
    factor: tuple[int, ...],
) -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 3)), rng.normal(size=factor), rng.normal(size=(3, 3))
    _, moved = pushforward(lambda xs: np.sum(c * (xs[0] * b)), [a], [_coordinates((3, 3))])
    np.testing.assert_allclose(moved, np.ravel(c * np.broadcast_to(b, (3, 3))))


def test_written_out_a_direction_has_one_entry() -> None:
    dense = OneHot(np.array([2, 0]), np.array([5.0, 7.0]), (3,)).dense()
    np.testing.assert_array_equal(dense, [[0.0, 7.0], [0.0, 0.0], [5.0, 0.0]])
