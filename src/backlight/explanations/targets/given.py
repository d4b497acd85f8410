"""From what a caller may write for a target to the target, and its answer, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backlight.errors import OutputError, TargetError
from backlight.explanations.inputs import Inputs
from backlight.explanations.targets.answers import Answer
from backlight.explanations.targets.base import NOTHING, Context, Scored, Target
from backlight.explanations.targets.classes import Class, TopClass, is_entry
from backlight.explanations.targets.words import Caption
from backlight.explanations.tensors import describe, walk
from backlight.models.tasks import Task

TargetLike = Any


class Score(Target):
    """A callable from the model's output to one score per image, shape (B,)."""

    def __init__(self, function: Callable[[Any], Tensor]) -> None:
        self.function = function

    def root(self, output: Any, context: Context) -> Tensor:
        try:
            scores = self.function(output)
        except Exception as error:
            raise TargetError(
                f"the target {self} failed with {type(error).__name__}: {error}; "
                f"the output is {describe(output)}"
            ) from error
        if not isinstance(scores, Tensor) or scores.ndim > 1:
            given = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
            raise TargetError(f"the target {self} must return one score per image, not {given}")
        return scores.reshape(-1)

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        scores = self.root(output, context)
        # A whole output without gradients is the model's doing, and found where it is swept back.
        if not scores.requires_grad and any(t.requires_grad for _, t in walk(output)):
            raise TargetError(f"the target {self} returns a constant: nothing leads back from it")
        count, ones = len(scores), torch.ones_like(scores)
        return Scored(scores.detach(), scores, ones, (str(self),) * count, (None,) * count)

    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        return self.root(output, context)

    def __reduce__(self) -> Any:
        # Most callables cannot be pickled; a result keeps the name.
        return _unpickled, (str(self),)

    def __str__(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__).replace(
            "<lambda>", "custom score"
        )


def _unpickled(name: str) -> Score:
    def gone(output: Any) -> Tensor:
        raise TargetError(f"the target {name} was pickled without its function")

    gone.__name__ = name
    return Score(gone)


def as_target(given: TargetLike, task: Task = "classify") -> Target:
    """A target from what a caller may write for one.

    Args:
        given: where it is None, what a model of that task says by itself: its caption, its answer;
            else each image's top class or action.
        task: of the model.

    Raises:
        TargetError: it is nothing that a target can be made from.
    """
    if given is None:
        own: dict[str, type[Target]] = {"caption": Caption, "vqa": Answer}
        return own.get(task, TopClass)()
    if isinstance(given, Target):
        return given
    if is_entry(given):
        return Class(given)
    if isinstance(given, Tensor | np.ndarray) and given.ndim == 1:
        given = given.tolist()
    if isinstance(given, list | tuple):
        if given and all(map(is_entry, given)):
            return Class(given)
        raise TargetError(
            "a list as target holds one class index or label per image, and Not goes around it: "
            "Not([…]); for several explanations of the same images use targets=[…]"
        )
    if callable(given) and not isinstance(given, type):
        return Score(given)
    kind = given if isinstance(given, bool) else type(given).__name__
    raise TargetError(
        "a target is a class index, a label, a list of these, a callable on the output "
        f"or Not(target), not {kind}{_meant(given)}"
    )


def _meant(given: Any) -> str:
    """`: did you mean bl.Value()?`, where a kind of target was given in place of a target."""
    is_kind = isinstance(given, type) and issubclass(given, Target)
    return f": did you mean bl.{given.__name__}(…)?" if is_kind else ""


def answered(target: Target, output: Any, context: Context, inputs: Inputs) -> Scored:
    """The target's answer, checked: one finite score for each image of the inputs."""
    answer = target.scored(output, context)
    batch = inputs.image.shape[0]
    if len(answer.scores) != batch:
        raise TargetError(f"{target} has {len(answer.scores)} scores for {batch} images")
    finite = torch.isfinite(answer.scores.detach())
    if not bool(finite.all()):
        image = int((~finite).nonzero()[0])
        value = float(answer.scores[image])
        raise OutputError(
            f"the score of {answer.names[image]!r} is {value} for {inputs.name(image)}"
        )
    return answer
