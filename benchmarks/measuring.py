"""Measuring: contenders take turns, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

import gc
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Contender = Callable[[], object]


_PAUSE = 0.1  # seconds


def medians(contenders: Mapping[str, Contender], rounds: int, warm_up: int = 1) -> dict[str, float]:
    """Median seconds of each contender over `rounds` in which each has one turn."""
    for run in contenders.values():
        for _ in range(warm_up):
            run()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            gc.collect()
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def medians_in_blocks(
    contenders: Mapping[str, Contender], blocks: int, each: int = 8, dropped: int = 2
) -> dict[str, float]:
    """The same where contenders compute in different processes: each has its turns in a row.

    The threads of one that has just computed wait awake for more, some milliseconds long, and take
    the processors from the next one. So there is a pause before each block, and its first turns do
    not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(blocks):
        for name, run in contenders.items():
            gc.collect()
            time.sleep(_PAUSE)
            for turn in range(dropped + each):
                start = time.perf_counter()
                run()
                if turn >= dropped:
                    seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


@dataclass
class PeakMemory:
    """The largest resident memory inside a `with` block, above what it was on entry, in MB."""

    megabytes: float = 0.0

    def __enter__(self) -> PeakMemory:
        gc.collect()
        self._running = True
        self._before = _resident()
        self._peak = self._before
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running = False
        self._thread.join()
        self.megabytes = (self._peak - self._before) / 2**20

    def _watch(self) -> None:
        while self._running:
            self._peak = max(self._peak, _resident())
            time.sleep(0.0005)


def _resident() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096
