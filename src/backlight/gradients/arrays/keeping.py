"""Plain arrays that are needed again later, kept as they are when they are used.

A backward sweep reads the operands of what was recorded. By then the function may have changed
them in place: a scratch buffer filled anew, `b += 1`, `out=b`. So a small operand is copied. A
large one is read-only until the sweep is over, and what writes into it meanwhile is refused.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

import numpy as np

from backlight.errors import TraceError

# Bytes up to which a copy costs no more than making an array read-only and writeable again.
_SMALL = 2**14


class _Hold:
    """An array that owns its memory, read-only with its views while `users` keepers need it."""

    __slots__ = ("array", "locked", "users")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.users = 0
        self.locked: list[Any] = []

    def lock(self, array: Any) -> None:
        if array.flags.writeable:
            array.setflags(write=False)
            self.locked.append(array)


# By the identity of what owns the memory. Several threads, or nested derivatives, may need one
# array: the last of them gives it back.
_HOLDS: dict[int, _Hold] = {}
_GUARD = threading.Lock()


class Keeper:
    """Keeps values until the end of its `with` block, where arrays are given back as they were."""

    __slots__ = ("_mine",)

    def __init__(self) -> None:
        self._mine: dict[int, _Hold] = {}

    def keep(self, value: Any) -> Any:
        """The value, or a copy: what is returned does not change."""
        if type(value) is np.ndarray:
            return value.copy("K") if value.nbytes <= _SMALL else self._locked(value)
        if type(value) is list or type(value) is tuple:
            return type(value)(map(self.keep, value))
        return value.copy() if isinstance(value, np.ndarray) else value

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: Any, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._mine:
            return
        with _GUARD:
            for key, hold in self._mine.items():
                hold.users -= 1
                if not hold.users:
                    del _HOLDS[key]
                    for array in hold.locked:  # the owner first: views follow it
                        array.setflags(write=True)
        if problem is not None and "read-only" in str(problem) and isinstance(problem, ValueError):
            raise TraceError(
                "f changes an array in place that its derivative needs as it was: write b = b + c "
                "for b += c, np.where or a new array for b[i] = c, or use b.copy() before"
            ) from problem

    def _locked(self, array: Any) -> Any:
        owner = array
        while type(owner.base) is np.ndarray:
            owner = owner.base
        key = id(owner)
        with _GUARD:
            hold = _HOLDS.get(key)
            if not _can_be_locked(array, owner, hold):
                return array.copy("K")
            if hold is None:
                hold = _HOLDS[key] = _Hold(owner)
                hold.lock(owner)
            if key not in self._mine:
                self._mine[key] = hold
                hold.users += 1
            if array is not owner:
                hold.lock(array)
        return array


def _can_be_locked(array: Any, owner: Any, hold: _Hold | None) -> bool:
    """Whether an array can be made read-only, and writeable again, at no cost to others.

    Memory that something else than NumPy owns cannot be given back, nor a view of what its user
    made read-only. Of memory that is mostly outside of this array, other threads may be writing
    the rest.
    """
    if owner.base is not None or 2 * array.nbytes <= owner.nbytes:
        return False
    if array is owner or not array.flags.writeable:
        return True
    return owner.flags.writeable or (hold is not None and bool(hold.locked))
