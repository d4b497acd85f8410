"""A bar on standard error while there is something to wait for; nothing where it is no terminal."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm

from backlight.commands.terminal import one_line, shorten

_NAME = 32  # columns of the longest description


class Progress:
    """Shows how many of `total` are done, and what is being done; it vanishes at the end."""

    def __init__(self, first: str, total: int = 1, unit: str = "it") -> None:
        self._bar: Any = tqdm(
            desc=_described(first),
            total=total,
            unit=unit,
            disable=None,  # tqdm's word for: only on a terminal
            leave=False,
            bar_format=None if total > 1 else "{desc}{elapsed}",
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def doing(self, what: str) -> None:
        """Say what is being done now."""
        self._bar.set_description(_described(what))

    def done(self) -> None:
        """One more is done."""
        self._bar.update()

    def print(self, text: str) -> None:
        """Write a line to standard output at once, above the bar."""
        self._bar.write(text, file=sys.stdout)
        sys.stdout.flush()


def _described(what: str) -> str:
    return shorten(one_line(what), _NAME) + ": "
