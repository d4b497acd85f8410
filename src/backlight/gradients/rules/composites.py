"""Functions written in terms of others, so that they need no rule of their own.

They are evaluated on traced values only; plain arrays go to NumPy as always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backlight.gradients.rules.choosing import CHOOSING
from backlight.gradients.rules.joining import JOINING
from backlight.gradients.rules.multiplying import MULTIPLYING
from backlight.gradients.rules.numerical import NUMERICAL
from backlight.gradients.rules.reducing import REDUCING
from backlight.gradients.rules.shaping import SHAPING
from backlight.gradients.rules.solving import SOLVING
from backlight.gradients.rules.statistics import STATISTICS

COMPOSITES: dict[Any, Callable[..., Any]] = {
    **SHAPING,
    **JOINING,
    **CHOOSING,
    **MULTIPLYING,
    **SOLVING,
    **REDUCING,
    **STATISTICS,
    **NUMERICAL,
}
