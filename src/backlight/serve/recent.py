"""Things kept in memory while they are among the last that were used."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from starlette.exceptions import HTTPException

V = TypeVar("V")


class NotThere(HTTPException):
    """What was named is not kept, or no longer."""

    def __init__(self, message: str) -> None:
        super().__init__(404, message)


class Recent(Generic[V]):
    """Values by name, the last used ones, from any thread.

    Args:
        most_bytes: how much all may weigh together. The last one is kept whatever it weighs.
        weigh: what a value is made of, each part by what it is, and its bytes. A part that several
            values share counts once.
        most: how many are kept; None for any number.
    """

    def __init__(
        self,
        most_bytes: int,
        weigh: Callable[[V], Mapping[Hashable, int]],
        most: int | None = None,
    ) -> None:
        self._most_bytes, self._most, self._weigh = most_bytes, most, weigh
        self._kept: OrderedDict[str, tuple[V, Mapping[Hashable, int]]] = OrderedDict()
        self._uses: Counter[Hashable] = Counter()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """What all weigh together."""
        return self._bytes

    def put(self, name: str, value: V) -> None:
        """Keep a value; those used longest ago go where there is no room for it."""
        parts = self._weigh(value)
        with self._lock:
            self._take_out(name)
            self._kept[name] = value, parts
            for part, size in parts.items():
                self._bytes += 0 if self._uses[part] else size
                self._uses[part] += 1
            while len(self._kept) > 1 and self._is_full():
                self._take_out(next(iter(self._kept)))

    def get(self, name: str) -> V | None:
        """The value of that name, used just now; None where it is gone or never was."""
        with self._lock:
            if name not in self._kept:
                return None
            self._kept.move_to_end(name)
            return self._kept[name][0]

    def _is_full(self) -> bool:
        too_many = self._most is not None and len(self._kept) > self._most
        return too_many or self._bytes > self._most_bytes

    def _take_out(self, name: str) -> None:
        _, parts = self._kept.pop(name, (None, {}))
        for part, size in parts.items():
            self._uses[part] -= 1
            if not self._uses[part]:
                del self._uses[part]
                self._bytes -= size
