"""How far a long computation has come, told to whoever waits for it, who may also end it.

What is counted are the pieces that a run is made of: one for the pass forward and one for each
sweep back; by the other ways one for each direction that is tried or taken. How many there are is
known piece by piece, as layers and texts are reached, so the total may grow; what is done never
falls.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tqdm import tqdm

#: Is told (done, total). What it raises ends the run.
Progress = Callable[[int, int], object]

# A bar is shown where it takes longer than this (seconds).
_PATIENCE = 1.0


class Course:
    """The course of one run."""

    def __init__(self, report: Progress | None = None) -> None:
        self.done = self.total = 0
        self._report = report

    def expect(self, count: int) -> None:
        """So many more pieces are to come."""
        self.total += count
        self.tell()

    def advance(self, count: int) -> None:
        """So many more are done."""
        self.done += count
        self.tell()

    def drop(self) -> None:
        """What was still to come is not needed."""
        self.total = self.done

    def tell(self) -> None:
        """Say how far it has come; also a moment at which the run can be ended."""
        if self._report is None:
            return
        try:
            self._report(self.done, self.total)
        except BaseException as error:
            raise _Ended(error) from error


class _Ended(BaseException):
    """The run is to end. No `Exception`: whatever handles errors of models must let it pass."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


@contextlib.contextmanager
def course(report: Progress | None, doing: str = "") -> Iterator[Course]:
    """A run's course; what `report` raises in it comes out as it is.

    Args:
        report: who is told. When left out, and `doing` is not, a bar on a terminal.
        doing: what takes the time, in words.
    """
    bar = _Bar(doing) if report is None and doing else None
    try:
        yield Course(bar if report is None else report)
    except _Ended as ended:
        raise ended.error from None
    finally:
        if bar is not None:
            bar.close()


class _Bar:
    """A bar on a terminal where it takes long."""

    def __init__(self, doing: str) -> None:
        self._bar: Any = tqdm(
            desc=doing,
            unit="channel",
            leave=False,
            delay=_PATIENCE,
            disable=None,
            file=sys.stderr,
        )

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()
