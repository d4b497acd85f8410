"""Functions written in terms of others, so that they need no rule of their own.

They are evaluated on traced values only; plain arrays go to NumPy as always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backlight.gradients.rules.multiplying import MULTIPLYING
from backlight.gradients.rules.reducing import REDUCING, log_sum_exp
from backlight.gradients.rules.shaping import SHAPING

COMPOSITES: dict[Any, Callable[..., Any]] = {**SHAPING, **MULTIPLYING, **REDUCING}

__all__ = ["COMPOSITES", "log_sum_exp"]
