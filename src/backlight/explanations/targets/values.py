"""The target of policies that is not an action: how good the state is."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backlight.explanations.targets.base import Context, OfRoot
from backlight.explanations.targets.forms import state_values


class Value(OfRoot):
    """The value of the state, as the policy's network puts it.

    Of a network with a value for each state (actor and critic) that one: the entry that goes by
    `value`, or the only tensor with one number for each observation. Of one with a value for each
    action (Q) the largest, V(s) = max Q(s, a).
    """

    def root(self, output: Any, context: Context) -> Tensor:
        return state_values(output)

    def score(self, root: Tensor, context: Context) -> Tensor:
        return root if root.ndim == 1 else root.amax(1)

    def names(self, root: Tensor, context: Context) -> tuple[str, ...]:
        return (str(self),) * len(root)

    def __str__(self) -> str:
        return "the value"

    def __repr__(self) -> str:
        return "Value()"
