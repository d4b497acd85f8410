"""Which words of a text a score depends on, by derivatives through the words' embeddings.

A word enters a network as a vector. What is asked of every word is one number: how the score
changes when this vector is made longer, all others staying as they are. That is the gradient times
the input, summed over the vector; and as it is a derivative along one direction for each word,
every way to derivatives serves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backlight.errors import BacklightError, InputError, MethodError, OutputError, did_you_mean
from backlight.explanations.capture import untraced
from backlight.explanations.embedded import embedding_of
from backlight.explanations.inputs import Inputs, ModelLike, as_model, prepare
from backlight.explanations.replica import Replica
from backlight.explanations.tail import Tail
from backlight.explanations.targets.base import Context, Scored, Target
from backlight.explanations.targets.given import TargetLike, answered, as_target
from backlight.explanations.texts import Text, with_words
from backlight.explanations.tokens import asked_tokens_of, tokens_of
from backlight.gradients.backprop import Backprop
from backlight.gradients.method import Method as Way
from backlight.gradients.method import find_way, way_name
from backlight.models.model import Model
from backlight.models.vocabulary import Reader, Spoken

METHODS = ("gradient-x-input", "integrated-gradients")

Scores = Callable[[Any], Tensor]


@dataclass(frozen=True, eq=False)
class WordRelevance:
    """How much each word of the texts speaks for a score, and how much against.

    `relevance[0]` is the first image's list of `(word, value)`, in the order of its text.

    Attributes:
        words: for each image, its words with their values: positive for what raises the score.
        rest: for each image, what start marks, end marks and padding have, together.
        scores: the target's score for each image, (B,).
        baseline: the same with every embedding zero, (B,); None where the method has no baseline.
        names: what each image's score is of, in words.
        method, gradients: how it was computed.
    """

    words: tuple[tuple[tuple[str, float], ...], ...]
    rest: tuple[float, ...]
    scores: Tensor
    baseline: Tensor | None
    names: tuple[str, ...]
    method: str
    gradients: str

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, index: int) -> tuple[tuple[str, float], ...]:
        return self.words[index]

    @property
    def gap(self) -> Tensor:
        """What the values of each image lack of adding up to `scores - baseline`, (B,), as those
        of integrated gradients do but for the error of their sum.

        Raises:
            InputError: the method promises no sum.
        """
        if self.baseline is None:
            raise InputError(f"the values of {self.method} need not add up to anything")
        sums = [
            sum(value for _, value in row) + rest
            for row, rest in zip(self.words, self.rest, strict=True)
        ]
        return self.scores - self.baseline - torch.tensor(sums, dtype=self.scores.dtype)

    def __str__(self) -> str:
        """The words of every image, each with its value: `what -0.10 colour +1.25 …`."""
        return "\n".join(
            f"{name}: " + " ".join(f"{word} {value:+.2f}" for word, value in row)
            for name, row in zip(self.names, self.words, strict=True)
        )


def word_relevance(
    model: ModelLike,
    inputs: Any,
    target: TargetLike = None,
    *,
    text: Text | None = None,
    method: str = "gradient-x-input",
    steps: int = 32,
    gradients: str | Way | None = None,
) -> WordRelevance:
    """Which words of its text the model said that for: one signed number for each word.

    `gradient-x-input`: the gradient of the score by the word's embedding, times the embedding,
    summed over its numbers (Shrikumar et al. 2016, arXiv 1605.01713): how fast the score rises as
    the embedding grows. `integrated-gradients`: the mean of the same along the straight way on
    which all embeddings grow from zero to what they are, times the embedding (Sundararajan et al.
    2017, arXiv 1703.01365, with a baseline of zeros); the values of all tokens add up to the
    difference of the scores at both ends.

    A word that is cut into pieces has the sum of their values.

    Args:
        model, inputs, target: as for `explain`.
        text: the question, or caption, that goes into the model beside the image.
        method: "gradient-x-input" or "integrated-gradients".
        steps: at how many places of the way integrated gradients look (Gauss and Legendre's).
        gradients: the way to the derivatives, as for `explain`; backpropagation when left out.

    Raises:
        InputError: there is no text, or the model has no embedding layer that it goes into.
        MethodError: there is no such method, or the way does not lead through the model.
        TargetError, OutputError: as for `explain`.
    """
    model = as_model(model)
    wanted = as_target(target, model.task)
    batch = with_words(model, prepare(model, inputs), [wanted], text)
    return relevance_of(model, batch, wanted, method, steps, find_way(gradients or "backprop"))


def relevance_of(
    model: Model, batch: Inputs, target: Target, method: str, steps: int, way: Way
) -> WordRelevance:
    """The relevance of the words among these inputs: see `word_relevance`."""
    if method not in METHODS:
        hint = did_you_mean(method, METHODS) or f"; there are {' and '.join(METHODS)}"
        raise MethodError(f"no method {method!r} for words{hint}")
    if not isinstance(steps, int) or steps < 1:
        raise InputError(f"steps={steps}: expected a whole number, at least 1")
    tokens = asked_tokens_of(batch)
    if tokens is None:
        raise InputError(f"{model.name} was given no text whose words could matter: give text='…'")
    with untraced():
        name = embedding_of(model, batch, tokens)
        tail = Tail(Replica(model.module), batch, batch.image, name)
        context = Context(model.labels, model.encode, tokens_of(batch), batch.size)
        answer = answered(target, tail.output, context, batch)
        scores = _scores(target, answer, tail, context)
        whole = method == "integrated-gradients"
        nodes = _nodes(steps) if whole else [(1.0, 1.0)]
        found = sum(weight * _slopes(tail, scores, way, at) for at, weight in nodes)
        with torch.no_grad():
            baseline = scores(tail(torch.zeros_like(tail.cut))) if whole else None
    assert isinstance(found, Tensor)
    words, rest = _by_word(found.cpu(), tokens, model)
    return WordRelevance(
        words, rest, answer.scores.cpu(), baseline, answer.names, method, way_name(way)
    )


def _nodes(steps: int) -> list[tuple[float, float]]:
    """Places between 0 and 1 and what each weighs: Gauss–Legendre quadrature."""
    places, weights = np.polynomial.legendre.leggauss(steps)
    return [(float(p), float(w)) for p, w in zip((places + 1) / 2, weights / 2, strict=True)]


def _scores(target: Target, answer: Scored, tail: Tail, context: Context) -> Scores:
    """From the model's output to each image's score, (B,).

    Of a class the one that was asked for is kept wherever the words are moved to, also if it was
    the best one: its score is read from the root by the cotangent.
    """
    if not target.is_linear(tail.output):
        return lambda output: target(output, context)

    def kept(output: Any) -> Tensor:
        weighed = target.root(output, context) * answer.cotangent
        return weighed.reshape(len(weighed), -1).sum(1)

    return kept


def _slopes(tail: Tail, scores: Scores, way: Way, at: float) -> Tensor:
    """The derivative of each image's score by a factor on each of its embeddings, where all the
    factors are `at`: (B, T)."""
    batch, length = tail.cut.shape[:2]
    dtype = torch.promote_types(tail.cut.dtype, torch.float32)

    def grown(factors: Tensor) -> Tensor:
        return scores(tail((tail.cut * factors.unsqueeze(-1)).to(tail.cut.dtype)))

    try:
        if isinstance(way, Backprop):  # images do not depend on each other: one sweep for all
            start = torch.full((batch, length), at, dtype=dtype, device=tail.cut.device)
            found: Tensor = way.gradient(lambda factors: grown(factors).sum(), start)
            return found
        start = torch.full((length,), at, dtype=dtype, device=tail.cut.device)
        along = torch.eye(length, dtype=dtype, device=tail.cut.device)
        with torch.no_grad():
            moved: Tensor = way.derivatives(grown, start, along)
        return moved.T
    except OutputError:
        raise
    except BacklightError as error:
        raise MethodError(f"gradients={way_name(way)!r} does not go here: {error}") from error


def _by_word(
    values: Tensor, tokens: Tensor, model: Model
) -> tuple[tuple[tuple[tuple[str, float], ...], ...], tuple[float, ...]]:
    """The values of tokens (B, T) summed to words, and what is left for marks and padding."""
    rows, rest = [], []
    for row, ids in zip(values.double(), tokens.tolist(), strict=True):
        spoken = _spoken(model, ids)
        rows.append(tuple((word.word, float(row[word.start : word.stop].sum())) for word in spoken))
        rest.append(float(row.sum()) - sum(value for _, value in rows[-1]))
    return tuple(rows), tuple(rest)


def _spoken(model: Model, ids: Sequence[int]) -> list[Spoken]:
    """The words among token ids; the ids themselves where the model has no vocabulary."""
    if isinstance(model.encode, Reader):
        return model.encode.spoken(ids)
    return [Spoken(str(index), place, place + 1) for place, index in enumerate(ids)]
