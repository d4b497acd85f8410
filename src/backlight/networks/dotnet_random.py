"""The random numbers of .NET Framework, so that programs written for it can be replayed exactly.

`System.Random` is Knuth's subtractive method (The Art of Computer Programming, volume 2, section
3.2.2, algorithm A): each number is the one drawn 55 draws ago less another, modulo 2³¹ − 1. Three
things are .NET's own: the second number is that of 34 draws ago, where Knuth has 24; numbers never
equal the modulus; and the seed is scrambled starting from 161803398.

A generator's state is an array of int64: its place, then the last 55 numbers in a ring. The
functions take it, so that they can be compiled as they stand (`compiled/dotnet_shuffling.py`);
`DotNetRandom` holds one.
"""

from __future__ import annotations

import operator
from typing import Any, Final

import numpy as np

from backlight.errors import InputError

MODULUS: Final = 2**31 - 1
RING: Final = 55
SHUFFLING: Final = 2  # its code in `compiled/shuffling.py`
LAG: Final = 21  # places ahead in a ring of 55: 34 draws ago

_SCRAMBLER: Final = 161803398  # 10⁸ times the golden ratio
_STRIDE: Final = 21


def seeded(seed: int) -> Any:
    """The state (56,) that .NET's constructor makes of a seed.

    Args:
        seed: a whole number of 32 bits; its sign makes no difference.

    Raises:
        InputError: it is something else.
    """
    try:
        whole = operator.index(seed)
    except TypeError:
        raise InputError(f"a seed must be a whole number, not {seed!r}") from None
    if not -(2**31) <= whole < 2**31:
        raise InputError(f"a seed must fit into 32 bits, -2147483648 to 2147483647, not {whole}")
    number, following = _SCRAMBLER - min(abs(whole), MODULUS), 1
    ring = [0] * (RING + 1)  # from 1, as in the original
    ring[RING] = number
    for i in range(1, RING):
        place = _STRIDE * i % RING
        ring[place] = following
        number, following = following, _raised(_in_32_bits(number - following))
    for _ in range(4):
        for i in range(1, RING + 1):
            ring[i] = _raised(_in_32_bits(ring[i] - ring[1 + (i + 30) % RING]))
    return np.array([0, *ring[1:]], np.int64)


def draw(state: Any) -> int:
    """The next whole number, from 0 to 2³¹ − 2."""
    place = int(state[0]) + 1
    if place > RING:
        place = 1
    ahead = place + LAG
    if ahead > RING:
        ahead -= RING
    number = int(state[place]) - int(state[ahead])
    if number == MODULUS:
        number -= 1
    if number < 0:
        number += MODULUS
    state[0] = place
    state[place] = number
    return number


def sample(state: Any) -> float:
    """The next number in [0, 1)."""
    return draw(state) * (1.0 / MODULUS)


def shuffle(order: Any, state: Any) -> None:
    """Change places at random, in place: each with one from itself on (Fisher and Yates)."""
    count = len(order)
    for place in range(count):
        drawn = place + int(sample(state) * (count - place))
        order[place], order[drawn] = order[drawn], order[place]


class DotNetRandom:
    """`new Random(seed)` of .NET Framework; also of later .NET, when it is given a seed.

    Args:
        seed: a whole number of 32 bits; its sign makes no difference.

    Attributes:
        state: (56,), int64; what the functions of this module take.
        shuffling: the code by which compiled loops know the generator.

    Raises:
        InputError: the seed is something else.
    """

    shuffling: Final = SHUFFLING

    def __init__(self, seed: int) -> None:
        self.state = seeded(seed)

    def next(self) -> int:
        """From 0 to 2³¹ − 2: `Next()`."""
        return draw(self.state)

    def sample(self) -> float:
        """In [0, 1): `NextDouble()`."""
        return sample(self.state)

    def below(self, high: int) -> int:
        """From 0 to high − 1 (0 where high is 0): `Next(high)`."""
        return self.between(0, high)

    def between(self, low: int, high: int) -> int:
        """From low to high − 1 (low where both are the same): `Next(low, high)`.

        Raises:
            InputError: high is below low, or 2³¹ or more above it.
        """
        if not 0 <= high - low <= MODULUS:
            raise InputError(f"expected low <= high, at most {MODULUS} apart, not {low} and {high}")
        return low + int(self.sample() * (high - low))

    def uniform(self, low: float, high: float, count: int) -> Any:
        """So many numbers in [low, high), (count,)."""
        return np.array([(high - low) * self.sample() + low for _ in range(count)])

    def shuffle(self, order: Any) -> None:
        """Change places at random, in place; see `shuffle`."""
        shuffle(order, self.state)


def _in_32_bits(number: int) -> int:
    """As a signed integer of 32 bits overflows."""
    return (number + 2**31) % 2**32 - 2**31


def _raised(number: int) -> int:
    return number + MODULUS if number < 0 else number
