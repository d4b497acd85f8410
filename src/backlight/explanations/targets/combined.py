"""Targets made of other targets: the counterfactual, and why one rather than the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from backlight.errors import TargetError
from backlight.explanations.targets.base import NOTHING, Context, Scored, Target
from backlight.explanations.targets.given import TargetLike, as_target


class Not(Target):
    """The counterfactual: what, were it taken away, would make the target's score rise.

    The score is negated, and with it the gradient (Selvaraju et al. 2017, section 3.3).

    Args:
        target: what `explain` takes as a target; every image's top class when left out. `Not`
            of a `Not` is the target itself.
    """

    def __init__(self, target: TargetLike = None) -> None:
        self.inner = as_target(target)
        self.counterfactual = not self.inner.counterfactual

    def parts(self) -> tuple[Target, ...]:
        return self.inner.parts()

    def prepared(self, embed: Callable[[Any], Tensor]) -> Target:
        return Not(self.inner.prepared(embed))

    @property
    def is_several(self) -> bool:
        return self.inner.is_several

    def each(self, context: Context) -> tuple[Target, ...]:
        return tuple(Not(target) for target in self.inner.each(context))

    def positions(self, context: Context) -> tuple[tuple[int, ...], ...]:
        return self.inner.positions(context)

    def of(self, index: int) -> Target:
        return Not(self.inner.of(index))

    def is_linear(self, output: Any) -> bool:
        return self.inner.is_linear(output)

    def root(self, output: Any, context: Context) -> Tensor:
        return self.inner.root(output, context)

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        if isinstance(self.inner, Not):
            return self.inner.inner.scored(output, context)
        positive = self.inner.scored(output, context)
        return dataclasses.replace(
            positive,
            scores=-positive.scores,
            cotangent=-positive.cotangent,
            names=tuple(f"not {name}" for name in positive.names),
        )

    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        return -self.inner(output, context)

    def __str__(self) -> str:
        return str(self.inner.inner) if isinstance(self.inner, Not) else f"not {self.inner}"

    def __repr__(self) -> str:
        return f"Not({self.inner})"


class Difference(Target):
    """Why one target rather than another: the score of the first minus that of the second.

    Positive regions speak more for the first than for the second.

    Args:
        target, other: what `explain` takes as a target, of any two kinds that the output has.
    """

    def __init__(self, target: TargetLike, other: TargetLike) -> None:
        self.target, self.other = as_target(target), as_target(other)

    def parts(self) -> tuple[Target, ...]:
        return (*self.target.parts(), *self.other.parts())

    def prepared(self, embed: Callable[[Any], Tensor]) -> Target:
        return Difference(self.target.prepared(embed), self.other.prepared(embed))

    def positions(self, context: Context) -> tuple[tuple[int, ...], ...]:
        return self.target.positions(context)

    def of(self, index: int) -> Target:
        return Difference(self.target.of(index), self.other.of(index))

    def is_linear(self, output: Any) -> bool:
        return self.target.is_linear(output) and self.other.is_linear(output)

    def root(self, output: Any, context: Context) -> Tensor:
        one, other = self.target.root(output, context), self.other.root(output, context)
        return one if one is other else _side_by_side(one, other)

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        one, other = self.target.scored(output, context), self.other.scored(output, context)
        if len(one.scores) != len(other.scores):
            raise TargetError(
                f"{self.target} has {len(one.scores)} scores and {self.other} "
                f"{len(other.scores)}: a difference needs as many"
            )
        shared = one.root is other.root
        names = zip(one.names, other.names, strict=True)
        return Scored(
            scores=one.scores - other.scores,
            root=one.root if shared else _side_by_side(one.root, other.root),
            cotangent=one.cotangent - other.cotangent
            if shared
            else _side_by_side(one.cotangent, -other.cotangent),
            names=tuple(f"{a} rather than {b}" for a, b in names),
            classes=(None,) * len(one.scores),
        )

    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        return self.target(output, context) - self.other(output, context)

    def __str__(self) -> str:
        return f"{self.target} rather than {self.other}"

    def __repr__(self) -> str:
        return f"Difference({self.target!r}, {self.other!r})"


def _side_by_side(one: Tensor, other: Tensor) -> Tensor:
    """Two roots (B, …) as one, (B, N)."""
    return torch.cat([one.reshape(len(one), -1), other.reshape(len(other), -1)], 1)
