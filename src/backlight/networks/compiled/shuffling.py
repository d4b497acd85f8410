"""The order of rows, shuffled in place; the state of a generator is an array of int64."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from backlight.networks.compiled.dotnet_shuffling import shuffle_dotnet
from backlight.networks.compiled.options import INLINED, LOOPS
from backlight.networks.dotnet_random import SHUFFLING as DOTNET

IN_ORDER: Final = 0
SHUFFLED: Final = 1

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)


@njit(**INLINED)
def _next(state: Any) -> Any:
    """SplitMix64 (Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, 2014)."""
    grown = np.uint64(state[0]) + _GOLDEN
    state[0] = np.int64(grown)
    z = (grown ^ (grown >> np.uint64(30))) * _FIRST_FACTOR
    z = (z ^ (z >> np.uint64(27))) * _SECOND_FACTOR
    return z ^ (z >> np.uint64(31))


@njit(**LOOPS)
def shuffle(kind: int, order: Any, state: Any) -> None:
    """Fisher and Yates's shuffle, by the generator that `kind` names."""
    count = order.shape[0]
    if kind == SHUFFLED:
        for place in range(count - 1):
            # 32 random bits times the number of rows left, its upper half: below that number.
            left = np.uint64(count - place)
            drawn = place + np.int64(((_next(state) >> np.uint64(32)) * left) >> np.uint64(32))
            order[place], order[drawn] = order[drawn], order[place]
    elif kind == DOTNET:
        shuffle_dotnet(order, state)
