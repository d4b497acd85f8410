"""What is known of the words beside the images, and of which of them were explained."""

from __future__ import annotations

from dataclasses import dataclass

from backlight.explanations.inputs import Inputs
from backlight.explanations.targets.base import Context, Target
from backlight.models.vocabulary import Reader


@dataclass(frozen=True)
class TextFacts:
    """The words beside the images, and which of them were explained.

    Attributes:
        words: for each image the words as the model reads them; empty where only it knows them.
        positions: for each image the words that the target is about, as places among them; empty
            where it is about no single ones.
        own: whether the model said them by itself.
    """

    words: tuple[tuple[str, ...], ...] = ()
    positions: tuple[tuple[int, ...], ...] = ()
    own: bool = False

    def of(self, place: slice) -> TextFacts:
        """The same of some of the images."""
        return TextFacts(self.words[place], self.positions[place], self.own)


def text_facts(batch: Inputs, target: Target, context: Context) -> TextFacts | None:
    """What is known of the words beside the images; None where there are none."""
    if context.tokens is None:
        return None
    read = context.encode.spoken if isinstance(context.encode, Reader) else None
    rows = context.tokens.tolist() if read else []
    words = tuple(tuple(spoken.word for spoken in read(row)) for row in rows) if read else ()
    return TextFacts(words, target.positions(context), batch.own_words)
