"""Targets about text: a word of a caption, the whole caption.

The model is fed with the caption (teacher forcing) and gives, at each place, scores for the word
that comes next, (B, T, V). A word's score is its log-probability given the words before it; a
caption's is the sum of them (Selvaraju et al. 2017, section 8.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from backlight.errors import InputError, TargetError, did_you_mean
from backlight.explanations.targets.base import Context, OfRoot
from backlight.explanations.targets.forms import token_logits
from backlight.models.vocabulary import Reader, Spoken


class OfTokens(OfRoot):
    """Log-probabilities of tokens that the model was fed with."""

    @property
    def reads_tokens(self) -> bool:
        return True

    def root(self, output: Any, context: Context) -> Tensor:
        logits = token_logits(output)
        if context.tokens is None:
            raise TargetError(
                f"{self} needs the words that the model was fed with: give them as text=, or "
                "token ids (batch, length) among the inputs"
            )
        fed = tuple(context.tokens.shape)
        if tuple(logits.shape[:2]) != fed:
            raise TargetError(
                f"the model was fed with tokens of shape {fed}, but its scores of words are "
                f"{tuple(logits.shape)}: expected {(*fed, logits.shape[2])}"
            )
        return logits

    def picked(self, image: int, ids: list[int], context: Context) -> list[tuple[int, int]]:
        """The place of each token in one image's row, and the token scored there."""
        raise NotImplementedError

    def score(self, root: Tensor, context: Context) -> Tensor:
        assert context.tokens is not None
        wide = torch.promote_types(root.dtype, torch.float32)
        likely = root.to(wide).log_softmax(-1)
        scores = []
        for image, ids in enumerate(context.tokens.tolist()):
            pairs = self.picked(image, ids, context)
            before = torch.tensor([place - 1 for place, _ in pairs], device=root.device)
            tokens = torch.tensor([token for _, token in pairs], device=root.device)
            scores.append(likely[image, before, tokens].sum())
        return torch.stack(scores)


class Word(OfTokens):
    """One word of a caption: its log-probability given the image and the words before it.

    ``bl.explain(model, "photo.jpg", bl.Word("circle"), text="a red circle")``; without `text`
    a model that can speak for itself (`generate`) is asked about its own caption.

    Args:
        which: the word (or several that follow each other), its first place in the caption
            counts; or its position, counted from 0.
        at: the position at which the score of `which` is wanted whatever word the caption has
            there: ``bl.Difference(bl.Word("circle"), bl.Word("square", at=2))``.

    Raises:
        TargetError: the caption has no such word or position (when met with an output).
    """

    def __init__(self, which: str | int, at: int | None = None) -> None:
        if isinstance(which, bool) or not isinstance(which, str | int):
            kind = type(which).__name__
            raise TargetError(f"Word takes a word or its position in the caption, not {kind}")
        if at is not None and not isinstance(which, str):
            raise TargetError(f"Word({which}, at={at}): at= goes with a word, not a position")
        if isinstance(which, str) and not which.strip():
            raise TargetError(f"Word({which!r}) is empty: expected a word of the caption")
        self.which, self.at = which, at

    def picked(self, image: int, ids: list[int], context: Context) -> list[tuple[int, int]]:
        if isinstance(self.which, str) and self.at is not None:
            return [(self._span(self.at, ids, context).start, self._instead(context))]
        span = (
            self._found(self.which, ids, context)
            if isinstance(self.which, str)
            else self._span(self.which, ids, context)
        )
        return [(place, ids[place]) for place in range(span.start, span.stop)]

    def positions(self, context: Context) -> tuple[tuple[int, ...], ...]:
        if context.tokens is None or not isinstance(context.encode, Reader):
            return ()
        return tuple(self._positions(ids, context) for ids in context.tokens.tolist())

    def _positions(self, ids: list[int], context: Context) -> tuple[int, ...]:
        if self.at is not None or isinstance(self.which, int):
            return (int(self.which) if self.at is None else self.at,)
        reader, span = _reader(self, context), self._found(self.which, ids, context)
        words = enumerate(reader.spoken(ids))
        return tuple(i for i, word in words if span.start <= word.start < span.stop)

    def _found(self, wanted: str, ids: list[int], context: Context) -> Spoken:
        """Where the words stand first in the caption."""
        reader = _reader(self, context)
        words = reader.spoken(ids)
        said = [spoken.word.casefold() for spoken in words]
        goal = [spoken.word.casefold() for spoken in reader.spoken(_ids(reader, wanted))]
        if not goal:
            raise TargetError(f"{wanted!r} is no word but a mark: expected a word of the caption")
        for first in range(len(said) - len(goal) + 1):
            if said[first : first + len(goal)] == goal:
                return Spoken(wanted, words[first].start, words[first + len(goal) - 1].stop)
        caption = " ".join(spoken.word for spoken in words)
        raise TargetError(
            f"the caption {caption!r} has no word {wanted!r}{did_you_mean(wanted, said)}; "
            f"bl.Word({wanted!r}, at=0) asks for it at a position"
        )

    def _span(self, position: int, ids: list[int], context: Context) -> Spoken:
        """The word at a position; without a vocabulary, the token after that many and the start."""
        if isinstance(context.encode, Reader):
            words = context.encode.spoken(ids)
        else:
            words = [Spoken(str(token), i, i + 1) for i, token in enumerate(ids) if i > 0]
        if not 0 <= position < len(words):
            caption = " ".join(spoken.word for spoken in words)
            raise TargetError(
                f"no word at position {position}: the caption {caption!r} has {len(words)}, "
                f"0 to {len(words) - 1}"
            )
        span = words[position]
        if span.start == 0:
            raise TargetError(
                f"the first token, {span.word!r}, is what the model starts from, and has no "
                "score: the tokens fed must begin with a start mark"
            )
        return span

    def _instead(self, context: Context) -> int:
        ids = _ids(_reader(self, context), str(self.which))
        if len(ids) > 1:
            raise TargetError(
                f"{self.which!r} is {len(ids)} tokens, and at= takes one: feed the model with it, "
                "in text="
            )
        return ids[0]

    def names(self, root: Tensor, context: Context) -> tuple[str, ...]:
        if isinstance(self.which, str):
            return (str(self),) * len(root)
        assert context.tokens is not None
        spans = [self._span(self.which, ids, context) for ids in context.tokens.tolist()]
        return tuple(f"the word '{span.word}'" for span in spans)

    def __str__(self) -> str:
        if isinstance(self.which, int):
            return f"word {self.which}"
        return f"the word '{self.which}'" + ("" if self.at is None else f" at {self.at}")

    def __repr__(self) -> str:
        return f"Word({self.which!r}{'' if self.at is None else f', at={self.at}'})"


class Caption(OfTokens):
    """A whole caption: its log-probability, end mark included.

    ``bl.explain(model, "photo.jpg", bl.Caption("a red circle"))``.

    Args:
        text: the model is fed with it; when left out, with `explain`'s `text`, or else with the
            caption that the model makes by itself.

    Raises:
        TargetError: `text` is no text.
    """

    def __init__(self, text: str | None = None) -> None:
        if text is not None and not isinstance(text, str):
            raise TargetError(f"Caption takes a text, not {type(text).__name__}")
        self._text = text

    @property
    def text(self) -> str | None:
        return self._text

    def picked(self, image: int, ids: list[int], context: Context) -> list[tuple[int, int]]:
        stop = len(ids)
        if isinstance(context.encode, Reader):
            words = context.encode.spoken(ids)
            # Behind the end mark is padding.
            stop = min(stop, (words[-1].stop if words else 1) + context.encode.ends)
        if stop <= 1:
            raise TargetError(
                f"{self} has no words that have a score: the tokens of image {image} are {ids}"
            )
        return [(place, ids[place]) for place in range(1, stop)]

    def names(self, root: Tensor, context: Context) -> tuple[str, ...]:
        if self._text is not None or not isinstance(context.encode, Reader):
            return (str(self),) * len(root)
        assert context.tokens is not None
        return tuple(
            f"“{' '.join(spoken.word for spoken in context.encode.spoken(ids))}”"
            for ids in context.tokens.tolist()
        )

    def __str__(self) -> str:
        return "the caption" if self._text is None else f"“{self._text}”"

    def __repr__(self) -> str:
        return f"Caption({'' if self._text is None else repr(self._text)})"


def _reader(target: object, context: Context) -> Reader:
    if not isinstance(context.encode, Reader):
        raise TargetError(
            f"{target} needs the model's vocabulary: give bl.Model(…, encode=bl.Vocabulary(words)) "
            "or encode=bl.Tokens(tokenizer); bl.Word(position) goes without"
        )
    return context.encode


def _ids(reader: Reader, words: str) -> Sequence[int]:
    try:
        return reader.ids(words)
    except InputError as error:
        raise TargetError(str(error)) from None
