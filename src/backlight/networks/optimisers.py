"""Optimisers by name, with their numbers. What each does stands in `compiled/updates`."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from backlight.errors import InputError
from backlight.networks.names import find

CODES: Final = {"sgd": 0, "momentum": 1, "nesterov": 2, "previous-step": 3, "adam": 4, "adamw": 5}


@dataclass(frozen=True)
class Optimiser:
    """An optimiser.

    - `sgd`: w ← w - η g.
    - `momentum`: v ← μ v - η g, w ← w + v (Polyak 1964).
    - `nesterov`: the gradient is taken where the velocity leads (Sutskever et al. 2013, equations 3
      and 4); the parameters kept are those at that place, so w ← w + μ v - η g.
    - `previous-step`: w ← w - η g + μ times the step -η g before, which does not add up
      (McCaffrey 2015).
    - `adam`: Kingma and Ba 2015, algorithm 1.
    - `adamw`: Adam with its decay outside of the gradient (Loshchilov and Hutter 2019).

    Attributes:
        name: as above.
        momentum: μ, or Adam's β₁; from 0 to below 1.
        square_momentum: Adam's β₂; from 0 to below 1.
        epsilon: Adam's ε, above 0.

    Raises:
        InputError: the name is unknown (the nearest is named), or a number is out of its range.
    """

    name: str = "sgd"
    momentum: float = 0.9
    square_momentum: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        find("optimiser", self.name, CODES)
        object.__setattr__(self, "name", self.name.replace("_", "-").lower())
        for what in ("momentum", "square_momentum"):
            value = getattr(self, what)
            if not (isinstance(value, int | float) and 0 <= value < 1):
                raise InputError(f"{what} must be a number from 0 to below 1, not {value!r}")
        if not (isinstance(self.epsilon, int | float) and 0 < self.epsilon < math.inf):
            raise InputError(f"epsilon must be a number above 0, not {self.epsilon!r}")

    @property
    def code(self) -> int:
        """The number that stands for it in compiled loops."""
        return CODES[self.name]

    def record(self) -> dict[str, Any]:
        """As JSON knows it; `Optimiser(**record)` is the same again."""
        return asdict(self)


def find_optimiser(given: str | Optimiser) -> Optimiser:
    """The optimiser of this name with its usual numbers, or the optimiser itself.

    Raises:
        InputError: there is none (the nearest is named).
    """
    return given if isinstance(given, Optimiser) else Optimiser(given)
