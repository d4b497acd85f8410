"""The order of rows: SplitMix64 by its published numbers, and that no order is preferred."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from backlight.networks.compiled import shuffling
from backlight.networks.compiled.shuffling import IN_ORDER, SHUFFLED, shuffle


def order(rows: int) -> np.ndarray:
    return np.arange(rows).astype(np.uintp)


def test_the_generator_yields_what_splitmix64_is_published_to_yield() -> None:
    state = np.array([0], np.int64)
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [int(shuffling._next(state)) & (2**64 - 1) for _ in expected] == expected


@pytest.mark.parametrize("rows", [1, 2, 3, 1000])
def test_every_row_stays_in(rows: int) -> None:
    shuffled = order(rows)
    shuffle(SHUFFLED, shuffled, np.array([7], np.int64))
    assert sorted(shuffled) == list(range(rows))


def test_all_orders_of_four_rows_come_equally_often() -> None:
    state, counts = np.array([3], np.int64), dict.fromkeys(itertools.permutations(range(4)), 0)
    for _ in range(24_000):
        shuffled = order(4)
        shuffle(SHUFFLED, shuffled, state)
        counts[tuple(int(row) for row in shuffled)] += 1
    # χ² of 23 degrees of freedom is above 50 once in a thousand; the seed is fixed.
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 50


def test_rows_in_order_stay_so() -> None:
    untouched, state = order(9), np.array([1], np.int64)
    shuffle(IN_ORDER, untouched, state)
    assert list(untouched) == list(range(9))
    assert state[0] == 1
