"""A bar on standard error while there is something to wait for; nothing where it is no terminal."""

from __future__ import annotations

import sys
import time
from typing import Any

from tqdm import tqdm

from backlight.commands.terminal import one_line, shorten

_NAME = 32  # columns of the longest description
_PATIENCE = 1.0  # seconds after which it is said how much of one thing is done


class Progress:
    """Shows how many of `total` are done, and what is being done; it vanishes at the end."""

    def __init__(self, first: str, total: int = 1, unit: str = "it") -> None:
        self._what, self._since = first, time.monotonic()
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
        self._what, self._since = what, time.monotonic()
        self._bar.set_description(_described(what))

    def part(self, done: int, total: int) -> None:
        """Say how much of it is done, once it has taken a while."""
        if time.monotonic() - self._since > _PATIENCE:
            self._bar.set_description(_described(self._what, f" {done}/{total}"))

    def done(self) -> None:
        """One more is done."""
        self._bar.update()

    def print(self, text: str) -> None:
        """Write a line to standard output at once, above the bar."""
        self._bar.write(text, file=sys.stdout)
        sys.stdout.flush()


def _described(what: str, how_far: str = "") -> str:
    return shorten(one_line(what), _NAME) + how_far + ": "
