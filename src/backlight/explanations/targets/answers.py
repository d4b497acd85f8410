"""The target of question answering: one answer to the question that was asked."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backlight.errors import TargetError
from backlight.explanations.targets.base import NOTHING, Context, Scored, Target
from backlight.explanations.targets.classes import Named
from backlight.explanations.targets.forms import is_spoken
from backlight.explanations.targets.words import Caption


class Answer(Target):
    """An answer to the question that the model was asked.

    ``bl.explain(model, "photo.jpg", bl.Answer("red"), text="what colour is the circle?")``.

    Of a model with one score for each answer it is that answer's logit; of a model that spells
    its answers, the answer's log-probability, the model being fed with it.

    Args:
        which: the answer; of a model with a score for each answer also its index, or a list with
            one for each image. The model's own answer when left out.

    Raises:
        TargetError: the model has no such answer; the nearest are named.
    """

    def __init__(self, which: Any = None) -> None:
        self.is_own = which is None
        self.which = _Best() if which is None else _Column(which)
        entries = (None,) if which is None else self.which.entries
        only = entries[0] if len(entries) == 1 else 0
        self._spoken = None if isinstance(only, int) else Caption(only)

    @property
    def answer(self) -> str | None:
        """The answer that a model which spells its answers is fed with; None for its own."""
        return self._spoken.text if self._spoken else None

    def of(self, index: int) -> Answer:
        return self if self.is_own else Answer(self.which.of(index).entries[0])

    def root(self, output: Any, context: Context) -> Tensor:
        return self._as(output).root(output, context)

    def is_linear(self, output: Any) -> bool:
        return self._as(output).is_linear(output)

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        return self._as(output).scored(output, context)

    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        return self._as(output)(output, context)

    def _as(self, output: Any) -> Target:
        if not is_spoken(output):
            return self.which
        if self._spoken is None:
            raise TargetError(f"this model spells its answers: give one as text, not {self}")
        return self._spoken

    def __str__(self) -> str:
        return str(self.which)

    def __repr__(self) -> str:
        return repr(self.which)


class _Column(Named):
    """An answer among those that the model has a score for."""

    kind = "answer"


class _Best(_Column):
    """Every image's own best answer."""

    def __init__(self) -> None:
        self.entries = ()

    def picked(self, root: Tensor, context: Context) -> list[int]:
        best: list[int] = root.detach().argmax(1).tolist()
        return best

    def __str__(self) -> str:
        return "the answer"

    def __repr__(self) -> str:
        return "Answer()"
