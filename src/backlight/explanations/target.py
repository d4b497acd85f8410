"""What is explained: a score for every image, made from the model's output.

A target is anything that turns the output into one score per image. Written down, it is a class
index, a label, a list with one of these per image, a callable, or `Not` one of them; left out,
it is every image's own top class.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backlight.errors import OutputError, TargetError
from backlight.explanations.tensors import describe, main_tensor
from backlight.models.labels import find_label

TargetLike = Any


@dataclass(frozen=True)
class Answer:
    """A target met with one output.

    Attributes:
        scores: one per image, shape (B,).
        root: the tensor of the graph that the way back starts from.
        cotangent: d scores.sum() / d root, shaped like the root. Class scores all start from the
            model's one table of them, so that many can be swept back together.
        names: what each image's score is of, in words: `tabby, tabby cat`, `not tabby`.
        classes: each image's class index; None where the score is not one class's.
    """

    scores: Tensor
    root: Tensor
    cotangent: Tensor
    names: tuple[str, ...]
    classes: tuple[int | None, ...]


class Target(ABC):
    """What is explained. `str(target)` says it in words."""

    #: Whether the score is turned round: the map shows what speaks against.
    counterfactual = False

    @abstractmethod
    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        """The score of every image.

        Raises:
            TargetError: the output has no such thing.
        """


class TopClass(Target):
    """Every image's own best class."""

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        table = class_scores(output)
        return _of_classes(table, table.argmax(1).tolist(), labels)

    def __str__(self) -> str:
        return "the top class"


@dataclass(frozen=True)
class Class(Target):
    """A class by its index or its label, the same for every image or one for each."""

    entries: tuple[int | str, ...]

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        table = class_scores(output)
        batch, count = table.shape
        if len(self.entries) not in (1, batch):
            raise TargetError(f"{len(self.entries)} targets were given for {batch} images")
        indices = [_index(entry, count, labels) for entry in self.entries]
        return _of_classes(table, indices * batch if len(indices) == 1 else indices, labels)

    def __str__(self) -> str:
        return ", ".join(map(str, self.entries))


@dataclass(frozen=True)
class Score(Target):
    """A callable from the model's output to one score per image, shape (B,)."""

    function: Callable[[Any], Tensor]

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
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
        if not scores.requires_grad:
            raise TargetError(f"the target {self} returns a constant: nothing leads back from it")
        scores = scores.reshape(-1)
        count = len(scores)
        ones = torch.ones_like(scores)
        return Answer(scores, scores, ones, (str(self),) * count, (None,) * count)

    def __str__(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__).replace(
            "<lambda>", "custom score"
        )


class Not(Target):
    """The counterfactual: what, were it taken away, would make the target's score rise.

    The score is negated, and with it the gradient (Selvaraju et al. 2017, section 3.3).

    Args:
        target: what `explain` takes as a target; every image's top class when left out.
    """

    def __init__(self, target: TargetLike = None) -> None:
        self.inner = as_target(target)
        self.counterfactual = not self.inner.counterfactual

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        positive = self.inner.answer(output, labels)
        return dataclasses.replace(
            positive,
            scores=-positive.scores,
            cotangent=-positive.cotangent,
            names=tuple(f"not {name}" for name in positive.names),
        )

    def __str__(self) -> str:
        return f"not {self.inner}"

    def __repr__(self) -> str:
        return f"Not({self.inner})"


def as_target(given: TargetLike) -> Target:
    """A target from what a caller may write for one.

    Raises:
        TargetError: it is nothing that a target can be made from.
    """
    if given is None:
        return TopClass()
    if isinstance(given, Target):
        return given
    if isinstance(given, bool):
        raise TargetError(f"a target is a class, a label or a callable, not {given}")
    if isinstance(given, int | np.integer):
        return Class((int(given),))
    if isinstance(given, str):
        return Class((given,))
    if isinstance(given, Tensor | np.ndarray) and given.ndim <= 1:
        given = given.reshape(-1).tolist()
    if isinstance(given, list | tuple) and given:
        entries = [entry.item() if isinstance(entry, np.integer) else entry for entry in given]
        if all(isinstance(entry, int | str) and not isinstance(entry, bool) for entry in entries):
            return Class(tuple(entries))
        raise TargetError(
            "a list as target holds one class index or label per image; "
            "for several explanations of the same images use targets=[…]"
        )
    if callable(given):
        return Score(given)
    raise TargetError(
        f"a target is a class index, a label, a list of these, a callable on the output "
        f"or Not(target), not {type(given).__name__}"
    )


def answered(target: Target, output: Any, labels: Sequence[str] | None, batch: int) -> Answer:
    """The target's answer, checked: one finite score for each of `batch` images."""
    answer = target.answer(output, labels)
    if len(answer.scores) != batch:
        raise TargetError(f"{target} has {len(answer.scores)} scores for {batch} images")
    finite = torch.isfinite(answer.scores.detach())
    if not bool(finite.all()):
        image = int((~finite).nonzero()[0])
        value = float(answer.scores[image])
        raise OutputError(f"the score of {answer.names[image]!r} is {value} for image {image}")
    return answer


def class_scores(output: Any) -> Tensor:
    """The (B, classes) table of class scores inside an output.

    Raises:
        TargetError: the output holds none; it is described, and how to write a callable.
    """
    table = main_tensor(output)
    if table is not None and table.ndim > 2 and table[0].numel() == table.shape[1]:
        table = table.flatten(1)
    if table is None or table.ndim != 2:
        raise TargetError(
            f"the output has no (batch, classes) scores: {describe(output)}; "
            "give a callable such as target=lambda output: output[…].mean((1, 2))"
        )
    return table


def _of_classes(table: Tensor, indices: list[int], labels: Sequence[str] | None) -> Answer:
    column = torch.tensor(indices, device=table.device).unsqueeze(1)
    cotangent = torch.zeros_like(table).scatter_(1, column, 1.0)
    scores = table.detach().gather(1, column).squeeze(1)
    names = tuple(class_name(i, labels) for i in indices)
    return Answer(scores, table, cotangent, names, tuple(indices))


def class_name(index: int, labels: Sequence[str] | None) -> str:
    """A class in words; by its number where the model came without labels."""
    return labels[index] if labels is not None and index < len(labels) else f"class {index}"


def _index(entry: int | str, count: int, labels: Sequence[str] | None) -> int:
    if isinstance(entry, str):
        if labels is None and not entry.isdigit():
            raise TargetError(
                f"this model came without labels, so {entry!r} is unknown: "
                f"give a class index, 0 to {count - 1}, or a Model with labels"
            )
        entry = int(entry) if labels is None else find_label(entry, labels)
    if not 0 <= entry < count:
        raise TargetError(f"no class {entry}: this model has classes 0 to {count - 1}")
    return entry
