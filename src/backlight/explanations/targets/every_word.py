"""Several words of one caption, each explained by itself."""

from __future__ import annotations

from typing import Any, NoReturn

from backlight.errors import TargetError
from backlight.explanations.targets.base import NOTHING, Context, Target
from backlight.explanations.targets.words import Word
from backlight.models.vocabulary import Reader


class Words(Target):
    """Every word of a caption: as many explanations as there are words, from one run.

    ``bl.explain(model, "photo.jpg", bl.Words()).save("words.html")`` asks about each word that
    the model itself says of the photo; with `text` about the words of another caption. Of several
    images the captions must have as many words.

    Args:
        which: only these words, or the words at these positions: see `Word`.

    Raises:
        TargetError: as `Word` does; when met with an output, the captions differ in length.
    """

    def __init__(self, *which: str | int) -> None:
        self.words = tuple(Word(entry) for entry in which)

    @property
    def reads_tokens(self) -> bool:
        return True

    @property
    def is_several(self) -> bool:
        return True

    def each(self, context: Context) -> tuple[Target, ...]:
        if self.words:
            return self.words
        return tuple(Word(position) for position in range(_length(context)))

    def root(self, output: Any, context: Context) -> NoReturn:
        raise TargetError(
            f"{self} are several targets and have no score together: "
            "bl.Word(position) is one of them, bl.Caption() is all as one"
        )

    def scored(self, output: Any, context: Context = NOTHING) -> NoReturn:
        self.root(output, context)

    def __call__(self, output: Any, context: Context = NOTHING) -> NoReturn:
        self.root(output, context)

    def __str__(self) -> str:
        return ", ".join(map(str, self.words)) or "the words of the caption"

    def __repr__(self) -> str:
        named = (repr(word).removeprefix("Word(").removesuffix(")") for word in self.words)
        return f"Words({', '.join(named)})"


def _length(context: Context) -> int:
    """How many words each caption has."""
    assert context.tokens is not None
    if not isinstance(context.encode, Reader):
        raise TargetError(
            "to tell the words of a caption apart the model's vocabulary is needed: give "
            "bl.Model(…, encode=bl.Vocabulary(words)), or positions, bl.Words(0, 1, 2)"
        )
    counts = {len(context.encode.spoken(ids)) for ids in context.tokens.tolist()}
    if len(counts) > 1:
        lengths = " and ".join(map(str, sorted(counts)))
        raise TargetError(
            f"the captions of these images have {lengths} words: explain one image at a time, "
            "or give positions that all of them have, bl.Words(0, 1, 2)"
        )
    count = counts.pop()
    if not count:
        raise TargetError("the caption has no words: there is nothing to explain")
    return count
