"""Pictures of scenes with all questions about them, kept in the temporary folder."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

import numpy as np

from backlight.scenes import ANSWERS, QUESTION_WORDS, scenes
from training.answering import Asked
from training.scenes_data import kept

Array = np.ndarray[Any, np.dtype[Any]]

KINDS: Final = ("colour", "shape", "texture", "relation", "presence", "count")
#: The longest question: "what colour is the thing left of the red square?".
LONGEST: Final = 10

_CHUNK = 500  # scenes that a process makes at a time


def questions(
    count: int, *, seed: int = 0, level: str = "medium", start: int = 0, processes: int = 2
) -> Asked:
    """All questions of the scenes `start` to `start + count`, from the temporary folder if there.

    Token ids are places in `QUESTION_WORDS` and one more; answers places in `ANSWERS`; kinds places
    in `KINDS`.
    """
    path = kept(f"asked-{level}-{seed}-{start}-{count}")
    if path.exists():
        with np.load(path) as file:
            return Asked(*(file[name] for name in Asked._fields))
    parts = [
        (seed, level, first, min(_CHUNK, start + count - first))
        for first in range(start, start + count, _CHUNK)
    ]
    whole = _joined(_in_parts(parts, processes))
    path.parent.mkdir(exist_ok=True)
    # Whole or not at all: a run that is stopped here leaves no half file under the name.
    draft = path.with_suffix(f".{multiprocessing.current_process().pid}.npz")
    np.savez(draft, **whole._asdict())
    draft.replace(path)
    return whole


def _in_parts(parts: list[tuple[int, str, int, int]], processes: int) -> list[Asked]:
    if processes == 1 or len(parts) == 1:
        return [_make(part) for part in parts]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return list(pool.map(_make, parts))


def _joined(parts: list[Asked]) -> Asked:
    before = np.cumsum([0, *(len(part.images) for part in parts)])
    moved = [part._replace(of=part.of + first) for part, first in zip(parts, before, strict=False)]
    return Asked(*(np.concatenate(arrays) for arrays in zip(*moved, strict=True)))


def _make(part: tuple[int, str, int, int]) -> Asked:
    seed, level, start, count = part
    numbers = {word: place for place, word in enumerate(QUESTION_WORDS, 1)}
    images, rows = [], []
    for index, scene in enumerate(scenes(count, seed, level, start=start)):
        images.append(scene.image.transpose(2, 0, 1))
        for question in scene.questions:
            words = [numbers[word] for word in question.words]
            words += [0] * (LONGEST - len(words))
            answer, kind = ANSWERS.index(question.answer), KINDS.index(question.kind)
            rows.append((index, words, answer, kind))
    return Asked(np.stack(images), *map(np.array, zip(*rows, strict=True)))
