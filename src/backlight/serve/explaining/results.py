"""Explanations kept in memory, so that they can be downloaded, looked into and stored."""

from __future__ import annotations

import secrets
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from backlight.explanations.explanation import Explanation
from backlight.serve.recent import NotThere, Recent

# What is not counted one by one: names, facts, the JSON of a thousand scores.
_BESIDES = 64 * 1024


@dataclass(frozen=True)
class Result:
    """An explanation that was made for a request.

    Attributes:
        why: of one photo.
        photo: what the photo is called.
        asked: the request, as plain values.
        answer: what was answered, as plain values.
    """

    why: Explanation
    photo: str
    asked: dict[str, Any]
    answer: dict[str, Any]


class Results:
    """The last results, by names that nobody can guess.

    Args:
        most: how many are kept.
        most_bytes: how much they may take together.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._kept: Recent[Result] = Recent(most_bytes, _parts, most)

    def __len__(self) -> int:
        return len(self._kept)

    @staticmethod
    def new_name() -> str:
        """What the next one is called."""
        return secrets.token_urlsafe(12)

    def put(self, name: str, result: Result) -> None:
        """Keep a result; the oldest goes where there are too many."""
        self._kept.put(name, result)

    def get(self, name: str) -> Result:
        """The result of that name.

        Raises:
            NotThere: it is not in memory, or no longer.
        """
        found = self._kept.get(name)
        if found is None:
            raise NotThere(
                f"no explanation {name[:40]!r} in memory: the oldest go first; explain the photo "
                "again"
            )
        return found


def _parts(result: Result) -> dict[Hashable, int]:
    """Its photo, which other results may share; all else, with the feature maps that a spot asks
    for."""
    why = result.why
    tensors = [why.map, why.image, why.image, why.logits, why.weights]
    count = sum(tensor.nbytes for tensor in tensors if tensor is not None)
    if why.weights is not None and why.map.ndim == 3:
        count += why.weights[0].numel() * why.map[0].numel() * why.weights.element_size()
    pictures = [photo.picture for photo in why.photos]
    parts: dict[Hashable, int] = {
        id(picture): 3 * picture.width * picture.height for picture in pictures
    }
    parts[id(result)] = count + _BESIDES
    return parts
