"""A target for each image of a batch: different questions about different photos, in one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from backlight.errors import TargetError
from backlight.explanations.targets.base import NOTHING, Context, Scored, Target
from backlight.explanations.targets.given import TargetLike, as_target


class Respective(Target):
    """Of each image its own target.

    Args:
        targets: what `explain` takes as a target, one for each image; all are made from the same
            part of the output, as classes and their differences are.

    Raises:
        TargetError: there is none; when met with an output, there are not as many as images, or
            they are made from different parts of it.
    """

    def __init__(self, targets: Sequence[TargetLike]) -> None:
        self.targets = tuple(as_target(target) for target in targets)
        if not self.targets:
            raise TargetError("an empty list of targets was given: expected one for each image")

    def parts(self) -> tuple[Target, ...]:
        return tuple(part for target in self.targets for part in target.parts())

    def prepared(self, embed: Callable[[Any], Tensor]) -> Target:
        return Respective([target.prepared(embed) for target in self.targets])

    def is_linear(self, output: Any) -> bool:
        return all(target.is_linear(output) for target in self.targets)

    def of(self, index: int) -> Target:
        return self.targets[index]

    def root(self, output: Any, context: Context) -> Tensor:
        return self.targets[0].root(output, context)

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        found = [target.scored(output, context) for target in self.targets]
        first = found[0]
        if len(found) != len(first.scores):
            raise TargetError(f"{len(found)} targets were given for {len(first.scores)} images")
        for target, one in zip(self.targets, found, strict=True):
            if one.root is not first.root:
                raise TargetError(
                    f"{self.targets[0]} and {target} are made from different parts of the output: "
                    "explain them one after the other"
                )
        return Scored(
            scores=torch.stack([one.scores[i] for i, one in enumerate(found)]),
            root=first.root,
            cotangent=torch.stack([one.cotangent[i] for i, one in enumerate(found)]),
            names=tuple(one.names[i] for i, one in enumerate(found)),
            classes=tuple(one.classes[i] for i, one in enumerate(found)),
        )

    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        return torch.stack([target(output, context)[i] for i, target in enumerate(self.targets)])

    def __str__(self) -> str:
        return ", ".join(map(str, self.targets))

    def __repr__(self) -> str:
        return f"Respective([{', '.join(map(repr, self.targets))}])"
