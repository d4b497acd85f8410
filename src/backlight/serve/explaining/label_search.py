"""A class among a thousand, by what a person types of its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backlight.errors import nearest


def found_labels(typed: str, labels: Sequence[str], limit: int) -> list[int]:
    """The classes that may be meant, the likeliest first.

    An index in digits; a whole name; whole words of a label, in any order; the beginning of a name;
    the beginnings of words, in any order; a part of a name; where there is none of these, names
    that look alike. Names are synonyms, which labels part by commas; case counts nowhere. Nothing
    typed means all, in order.

    Args:
        typed: what was typed.
        labels: the name of each class.
        limit: how many are wanted at most.
    """
    wanted = " ".join(typed.casefold().split())
    if not wanted:
        return list(range(min(limit, len(labels))))
    found = {index: rank for index, label in enumerate(labels) if (rank := _rank(wanted, label))}
    best = sorted(found, key=lambda index: (found[index], len(labels[index]), index))
    if wanted.isascii() and wanted.isdecimal() and int(wanted[:12]) < len(labels):
        index = int(wanted[:12])
        best = [index, *(other for other in best if other != index)]
    return (best or _alike(wanted, labels, limit))[:limit]


def _rank(wanted: str, label: str) -> int:
    """How well a label fits, the lower the better; 0 where it does not."""
    names = [" ".join(name.casefold().split()) for name in label.split(",")]
    if wanted in names:
        return 1
    words, parts = re.findall(r"\w+", label.casefold()), re.findall(r"\w+", wanted)
    if parts and set(parts) <= set(words):
        return 2
    if any(name.startswith(wanted) for name in names):
        return 3
    if parts and all(any(word.startswith(part) for word in words) for part in parts):
        return 4
    return 5 if any(wanted in name for name in names) else 0


def _alike(wanted: str, labels: Sequence[str], limit: int) -> list[int]:
    synonyms: dict[str, int] = {}
    for index, label in enumerate(labels):
        for name in label.split(","):
            synonyms.setdefault(name.strip(), index)
    return list(dict.fromkeys(synonyms[name] for name in nearest(wanted, synonyms, limit)))
