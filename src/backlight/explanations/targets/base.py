"""What a target is: from a model's output to one score per image, and the way back from there.

A target names the tensor of the output that its scores are made from, its root. Targets that share
a root are swept back together. What it makes of the root may be any differentiable function; its
derivative there, the cotangent, stands for it in every way to a gradient.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from backlight.models.vocabulary import Encoder


@dataclass(frozen=True)
class Context:
    """What is known beside a model's output.

    Attributes:
        labels: the names of the classes, answers or actions; None when unknown.
        encode: the model's vocabulary or tokenizer; None when it has none.
        tokens: what the model was fed with as text, (B, T), integers; None for images alone.
        size: (H, W) of the image that the model saw.
    """

    labels: Sequence[str] | None = None
    encode: Encoder | None = None
    tokens: Tensor | None = None
    size: tuple[int, int] | None = None


NOTHING = Context()


@dataclass(frozen=True)
class Scored:
    """A target met with one output.

    Attributes:
        scores: one per image, shape (B,).
        root: the tensor of the graph that the way back starts from, (B, …). Class scores all
            start from the model's one table of them, so that many can be swept back together.
        cotangent: d scores.sum() / d root, shaped like the root.
        names: what each image's score is of, in words: `tabby, tabby cat`, `not tabby`.
        classes: each image's class index; None where the score is not one class's.
    """

    scores: Tensor
    root: Tensor
    cotangent: Tensor
    names: tuple[str, ...]
    classes: tuple[int | None, ...]


class Target(ABC):
    """What is explained. `str(target)` says it in words, `target(output)` is its scores."""

    #: Whether the score is turned round: the map shows what speaks against.
    counterfactual = False

    @property
    def text(self) -> str | None:
        """The text that the model must be fed with for this target to have a score."""
        return None

    def parts(self) -> tuple[Target, ...]:
        """The targets that this one is made of; itself where it is made of none."""
        return (self,)

    def prepared(self, embed: Callable[[Any], Tensor]) -> Target:
        """This target, with other inputs that it compares with embedded by the model."""
        return self

    @property
    def reads_tokens(self) -> bool:
        """Whether the score is about words that the model was fed with."""
        return False

    @property
    def is_several(self) -> bool:
        """Whether it stands for several targets, `each` of which is explained by itself."""
        return False

    def each(self, context: Context) -> tuple[Target, ...]:
        """The targets that it stands for, of what the model was fed with; itself as a rule."""
        return (self,)

    def of(self, index: int) -> Target:
        """What was asked about one image of the batch."""
        return self

    def is_linear(self, output: Any) -> bool:
        """Whether the score is the root times the cotangent, also where the root moves, once it is
        settled which class, box or pixels are meant."""
        return False

    def positions(self, context: Context) -> tuple[tuple[int, ...], ...]:
        """For each image the words that the score is about, as places among those that the model
        was fed with; empty where it is about no single ones."""
        return ()

    @abstractmethod
    def root(self, output: Any, context: Context) -> Tensor:
        """What of the output the scores are made from, (B, …): see `Scored`.

        The same tensor of every output of one model: what depends on values is settled by
        `scored`, in the cotangent.

        Raises:
            TargetError: the output has no such thing.
        """

    @abstractmethod
    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        """The score of every image, and the way back.

        Raises:
            TargetError: the output has no such thing.
        """

    @abstractmethod
    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        """The score of every image, (B,), inside of the output's graph."""


class OfRoot(Target):
    """A target that is a differentiable function of its root."""

    @abstractmethod
    def score(self, root: Tensor, context: Context) -> Tensor:
        """The score of every image, (B,)."""

    @abstractmethod
    def names(self, root: Tensor, context: Context) -> tuple[str, ...]:
        """What each image's score is of, in words."""

    def classes(self, root: Tensor, context: Context) -> tuple[int | None, ...]:
        """Each image's class index; None where the score is not one class's."""
        return (None,) * len(root)

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        root = self.root(output, context)
        with torch.inference_mode(False), torch.enable_grad():
            leaf = root.detach().clone().requires_grad_()
            scores = self.score(leaf, context)
            (cotangent,) = torch.autograd.grad(scores.sum(), leaf)
            names, classes = self.names(leaf, context), self.classes(leaf, context)
        return Scored(scores.detach(), root, cotangent, names, classes)

    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        return self.score(self.root(output, context), context)
