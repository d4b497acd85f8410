"""The numbers of .NET Framework's `System.Random`, to the last bit.

The witnesses are numbers printed by .NET, and a second, literal account of its algorithm.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks import dotnet_random
from backlight.networks.compiled.dotnet_shuffling import shuffle_dotnet
from backlight.networks.dotnet_random import DotNetRandom

LARGEST = 2**31 - 1


def drawn(seed: int) -> Iterator[int]:
    """Word by word as published: two indices walk a list of 55, counted from 1."""

    def overflow(number: int) -> int:
        return int(np.array(number, np.int64).astype(np.int32))

    numbers = {55: 161803398 - seed}
    last, now = numbers[55], 1
    for i in range(1, 55):
        at = 21 * i % 55
        numbers[at] = now
        last, now = now, overflow(last - now)
        now += LARGEST if now < 0 else 0
    for _ in range(4):
        for i in range(1, 56):
            numbers[i] = overflow(numbers[i] - numbers[1 + (i + 30) % 55])
            numbers[i] += LARGEST if numbers[i] < 0 else 0
    i, j = 0, 21
    while True:
        i = 1 if i == 55 else i + 1
        j = 1 if j == 55 else j + 1
        number = numbers[i] - numbers[j]
        number -= 1 if number == LARGEST else 0
        number += LARGEST if number < 0 else 0
        numbers[i] = number
        yield number


@pytest.mark.parametrize(
    ("seed", "first"),
    [
        (0, [1559595546, 1755192844, 1649316166]),
        (1, [534011718, 237820880, 1002897798]),
    ],
)
def test_the_first_whole_numbers_are_those_of_dotnet(seed: int, first: list[int]) -> None:
    random = DotNetRandom(seed)
    assert [random.next() for _ in first] == first


def test_the_first_shares_are_those_of_dotnet() -> None:
    random = DotNetRandom(0)
    shares = [random.sample() for _ in range(3)]
    np.testing.assert_allclose(
        shares, [0.726243269967960, 0.817325359590969, 0.768022689394663], rtol=0, atol=6e-16
    )


@pytest.mark.parametrize("seed", [0, 1, 42, 161803398, 161803399, 2_000_000_000, LARGEST])
def test_many_numbers_are_those_of_the_published_algorithm(seed: int) -> None:
    random, expected = DotNetRandom(seed), drawn(seed)
    for _ in range(200):
        assert random.next() == next(expected)


def test_the_sign_of_a_seed_makes_no_difference_and_the_lowest_counts_as_the_highest() -> None:
    assert DotNetRandom(-7).next() == DotNetRandom(7).next()
    assert DotNetRandom(-(2**31)).next() == DotNetRandom(LARGEST).next()


def test_bounded_numbers_are_the_shares_scaled_and_cut_off() -> None:
    shares, random = DotNetRandom(5), DotNetRandom(5)
    for _ in range(100):
        assert random.between(-3, 14) == int(shares.sample() * 17) - 3
        assert random.below(9) == int(shares.sample() * 9)


def test_an_empty_range_yields_its_lower_end() -> None:
    assert DotNetRandom(0).between(4, 4) == 4
    assert DotNetRandom(0).below(0) == 0


def test_uniform_numbers_lie_in_their_range_one_draw_each() -> None:
    numbers, random = DotNetRandom(2).uniform(-10, 10, 50), DotNetRandom(2)
    np.testing.assert_array_equal(numbers, [20 * random.sample() - 10 for _ in range(50)])
    assert numbers.min() >= -10
    assert numbers.max() < 10


def test_a_shuffle_changes_each_place_with_one_from_itself_on() -> None:
    order, random = list("backlight"), DotNetRandom(1)
    for place in range(9):
        other = random.between(place, 9)
        order[place], order[other] = order[other], order[place]
    shuffled = list("backlight")
    DotNetRandom(1).shuffle(shuffled)
    assert shuffled == order
    assert sorted(order) == sorted("backlight")
    assert order != list("backlight")


def test_compiled_it_shuffles_alike_and_leaves_the_generator_in_the_same_place() -> None:
    plain, compiled = DotNetRandom(3), DotNetRandom(3)
    expected, order = np.arange(800), np.arange(800)
    for _ in range(3):
        plain.shuffle(expected)
        shuffle_dotnet(order, compiled.state)
    np.testing.assert_array_equal(order, expected)
    np.testing.assert_array_equal(compiled.state, plain.state)


def test_the_functions_and_the_class_share_one_state() -> None:
    random = DotNetRandom(9)
    state = random.state.copy()
    assert dotnet_random.draw(state) == random.next()
    assert state.dtype == np.int64


@pytest.mark.parametrize("seed", [2**31, -(2**31) - 1])
def test_a_seed_of_more_than_32_bits_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match=f"32 bits.*not {seed}"):
        DotNetRandom(seed)


def test_a_seed_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(InputError, match=r"whole number, not 0\.5"):
        DotNetRandom(0.5)  # type: ignore[arg-type]


def test_a_range_upside_down_is_refused() -> None:
    with pytest.raises(InputError, match=r"low <= high.*not 3 and 2"):
        DotNetRandom(0).between(3, 2)
