"""How much each word of a question mattered, as the question is written."""

from __future__ import annotations

from collections.abc import Sequence

from backlight.explanations.explanation import Explanation

Weighed = tuple[tuple[str, float], ...]


def question_relevance(why: Explanation) -> tuple[Weighed, ...]:
    """For each image the words of its question, each with its relevance to the answer (see
    `word_relevance`). Costs one more run, by differences one for each word. Empty where it cannot
    be computed: there is no model left, or no embedding that the words go into."""
    try:
        found = why.word_relevance()
    except Exception:  # it is an extra: without it the question is shown, and the page is whole
        return ()
    return tuple(
        as_written(text, words) for text, words in zip(why.texts, found.words, strict=True)
    )


def as_written(text: str, words: Sequence[tuple[str, float]]) -> Weighed:
    """The words of a text as they are written there, by blanks, each with the sum of the values of
    what the model reads of it. The words as they are read where they are not in the text."""
    written = text.split()
    values = [0.0] * len(written)
    place, start = 0, 0
    for word, value in words:
        read = word.casefold()
        while place < len(written) and read not in written[place].casefold()[start:]:
            place, start = place + 1, 0
        if place == len(written):
            return tuple(words)
        values[place] += value
        start = written[place].casefold().index(read, start) + len(read)
    return tuple(zip(written, values, strict=True))
