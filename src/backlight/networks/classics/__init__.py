"""The published training runs by name, and their replay by compiled back-propagation."""

from __future__ import annotations

from typing import Any, Final

from backlight.networks.classics.classic import Classic
from backlight.networks.classics.demofox import DEMOFOX
from backlight.networks.classics.iris import IRIS
from backlight.networks.classics.mccaffrey import (
    CROSS_ENTROPY,
    PUBLISHED,
    SQUARED_ERROR,
    THREE_FOUR_TWO,
)
from backlight.networks.classics.replaying import Measured, replay
from backlight.networks.names import find

__all__ = ["CLASSICS", "Classic", "Measured", "find_classic", "replay"]

CLASSICS: Final[dict[str, Classic]] = {
    classic.name: classic
    for classic in (*DEMOFOX, PUBLISHED, SQUARED_ERROR, CROSS_ENTROPY, THREE_FOUR_TWO, IRIS)
}


def find_classic(name: Any) -> Classic:
    """The published run of this name.

    Raises:
        InputError: there is none (the nearest is named).
    """
    return find("published run", name, CLASSICS)
