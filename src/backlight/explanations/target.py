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
from backlight.explanations.inputs import Inputs
from backlight.explanations.tensors import describe, is_float, main_tensor, walk
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
    def root(self, output: Any, labels: Sequence[str] | None) -> Tensor:
        """What of the output the scores are made from, times a cotangent: see `Answer`."""

    @abstractmethod
    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        """The score of every image.

        Raises:
            TargetError: the output has no such thing.
        """


class _OfClasses(Target):
    """Scores out of the model's table of class scores."""

    def root(self, output: Any, labels: Sequence[str] | None) -> Tensor:
        return _class_scores(output, labels)


class TopClass(_OfClasses):
    """Every image's own best class."""

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        table = _class_scores(output, labels)
        return _of_classes(table, table.argmax(1).tolist(), labels)

    def __str__(self) -> str:
        return "the top class"


@dataclass(frozen=True)
class Class(_OfClasses):
    """A class by its index or its label, the same for every image or one for each."""

    entries: tuple[int | str, ...]

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        table = _class_scores(output, labels)
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

    def root(self, output: Any, labels: Sequence[str] | None) -> Tensor:
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

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        scores = self.root(output, labels)
        # A whole output without gradients is the model's doing, and found where it is swept back.
        if not scores.requires_grad and any(t.requires_grad for _, t in walk(output)):
            raise TargetError(f"the target {self} returns a constant: nothing leads back from it")
        count = len(scores)
        ones = torch.ones_like(scores)
        return Answer(scores, scores, ones, (str(self),) * count, (None,) * count)

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

    def root(self, output: Any, labels: Sequence[str] | None) -> Tensor:
        return self.inner.root(output, labels)

    def answer(self, output: Any, labels: Sequence[str] | None) -> Answer:
        if isinstance(self.inner, Not):
            return self.inner.inner.answer(output, labels)
        positive = self.inner.answer(output, labels)
        return dataclasses.replace(
            positive,
            scores=-positive.scores,
            cotangent=-positive.cotangent,
            names=tuple(f"not {name}" for name in positive.names),
        )

    def __str__(self) -> str:
        return str(self.inner.inner) if isinstance(self.inner, Not) else f"not {self.inner}"

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
    if isinstance(given, str) or _is_index(given):
        return Class((_entry(given),))
    if isinstance(given, Tensor | np.ndarray) and given.ndim == 1:
        given = given.tolist()
    if isinstance(given, list | tuple):
        if given and all(isinstance(entry, str) or _is_index(entry) for entry in given):
            return Class(tuple(map(_entry, given)))
        raise TargetError(
            "a list as target holds one class index or label per image, and Not goes around it: "
            "Not([…]); for several explanations of the same images use targets=[…]"
        )
    if callable(given) and not isinstance(given, type):
        return Score(given)
    kind = given if isinstance(given, bool) else type(given).__name__
    raise TargetError(
        "a target is a class index, a label, a list of these, a callable on the output "
        f"or Not(target), not {kind}"
    )


def _is_index(entry: Any) -> bool:
    """Whether it is one whole number, of Python, NumPy or PyTorch."""
    if isinstance(entry, Tensor | np.ndarray):
        whole = not (entry.is_floating_point() if isinstance(entry, Tensor) else False)
        return entry.ndim == 0 and whole and _is_index(entry.item())
    return isinstance(entry, int | np.integer) and not isinstance(entry, bool)


def _entry(entry: Any) -> int | str:
    return str(entry) if isinstance(entry, str) else int(entry)


def answered(target: Target, output: Any, labels: Sequence[str] | None, inputs: Inputs) -> Answer:
    """The target's answer, checked: one finite score for each image of the inputs."""
    answer = target.answer(output, labels)
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


def score_table(output: Any) -> Tensor | None:
    """The (B, classes) table inside an output; None where it holds none."""
    table = main_tensor(output)
    if table is not None and table.ndim > 2 and table[0].numel() == table.shape[1]:
        table = table.flatten(1)
    return table if table is not None and table.ndim == 2 else None


def _class_scores(output: Any, labels: Sequence[str] | None) -> Tensor:
    """The table that class targets pick from.

    Raises:
        TargetError: there is none (the output is described, and how to write a callable), or it
            has not one column for every label.
    """
    table = score_table(output)
    if table is None:
        raise TargetError(
            f"the output has no (batch, classes) scores: {describe(output)}; "
            f"give a callable, such as target=lambda output: {_example(output)}"
        )
    if labels is not None and len(labels) != table.shape[1]:
        raise TargetError(
            f"the model has {len(labels)} labels, but {table.shape[1]} scores for each image: "
            "give a Model with one label for each score"
        )
    return table


def _example(output: Any) -> str:
    """An expression that makes one score per image of some tensor in the output."""
    path, tensor = next(
        ((path, tensor) for path, tensor in walk(output) if is_float(tensor) and tensor.ndim),
        ("output", None),
    )
    if tensor is None:
        return "output.mean((1, 2))"
    if tensor.ndim == 4:  # one channel of a segmentation or a map
        return f"{path}[:, 0].mean((1, 2))"
    if tensor.ndim == 1:
        return path
    dims = ", ".join(map(str, range(1, tensor.ndim)))
    return f"{path}.sum(({dims},))" if tensor.ndim == 2 else f"{path}.sum(({dims}))"


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
        if labels is None and not entry.isdecimal():
            raise TargetError(
                f"this model came without labels, so {entry!r} is unknown: "
                f"give a class index, 0 to {count - 1}, or a Model with labels"
            )
        entry = int(entry) if labels is None else find_label(entry, labels)
    if not 0 <= entry < count:
        raise TargetError(f"no class {entry}: this model has classes 0 to {count - 1}")
    return entry
