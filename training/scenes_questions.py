"""Pictures of scenes with all questions about them, kept in the temporary folder."""

from __future__ import annotations

from typing import Final

import numpy as np

from backlight.scenes import ANSWERS, QUESTION_WORDS
from training.answering import Asked
from training.scenes_data import Part, gathered

KINDS: Final = ("colour", "shape", "texture", "relation", "presence", "count")
#: The longest question: "what colour is the thing left of the red square?".
LONGEST: Final = 10


def questions(
    count: int, *, seed: int = 0, level: str = "medium", start: int = 0, processes: int = 2
) -> Asked:
    """All questions of the scenes `start` to `start + count`, from the temporary folder if there.

    Token ids are places in `QUESTION_WORDS` and one more; answers places in `ANSWERS`; kinds places
    in `KINDS`.
    """
    made = Asked(*gathered("questions", _make, Part(seed, level, start, count), processes))
    return made._replace(of=made.of - start)


def _make(part: Part) -> Asked:
    """Questions name their scene by its number among all: parts can be joined as they are."""
    numbers = {word: place for place, word in enumerate(QUESTION_WORDS, 1)}
    images, rows = [], []
    for index, scene in enumerate(part.made(), part.start):
        images.append(scene.image.transpose(2, 0, 1))
        for question in scene.questions:
            words = [numbers[word] for word in question.words]
            words += [0] * (LONGEST - len(words))
            answer, kind = ANSWERS.index(question.answer), KINDS.index(question.kind)
            rows.append((index, words, answer, kind))
    return Asked(np.stack(images), *map(np.array, zip(*rows, strict=True)))
