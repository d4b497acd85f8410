"""What one gradient costs: calls of the function, time, and peak memory."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backlight.gradients.containers import Nest
from backlight.gradients.method import Method

_MOST_REPEATS: Final = 50
# Watching every allocation slows a run down; runs longer than this (seconds) go unwatched.
_LONGEST_WATCHED: Final = 2.0
# Allocations are watched in the whole process, for one thread at a time.
_watching = threading.Lock()


def median_seconds(run: Callable[[], Any], patience: float) -> float:
    """The median time of some runs after a first, a few hundredths of a second in all; where one
    takes longer than `patience` (seconds) there are no more."""
    run()  # the first run pays for imports and warming up
    taken: list[float] = []
    end = time.perf_counter() + 0.03
    while len(taken) < 3 or (time.perf_counter() < end and len(taken) < 15):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
        if taken[-1] > patience:
            break
    return float(np.median(taken))


@dataclass(frozen=True)
class Measured:
    """A gradient and its cost: see `Row` for the units."""

    gradient: Any
    evaluations: int
    seconds: float
    memory: int | None


def measured(way: Method, f: Callable[[Any], Any], nest: Nest, budget: float) -> Measured:
    """The gradient in this way, with its calls of f, its median time and its peak memory."""
    calls = 0

    def counted(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return f(x)

    x = nest.rebuild(nest.leaves)
    start = time.perf_counter()
    gradient = way.gradient(counted, x)
    first = time.perf_counter() - start
    evaluations = calls
    times: list[float] = []
    end = time.perf_counter() + budget
    while time.perf_counter() + first < end and len(times) < _MOST_REPEATS:
        start = time.perf_counter()
        way.gradient(f, x)
        times.append(time.perf_counter() - start)
    # The first run pays for imports and warming up: it counts only where it is the only one.
    seconds = float(np.median(times or [first]))
    memory = None
    if seconds < _LONGEST_WATCHED:
        watch = _tensor_peak if nest.is_torch else _array_peak
        memory = watch(lambda: way.gradient(f, x), nest)
    return Measured(gradient, evaluations, seconds, memory)


def _array_peak(run: Callable[[], Any], nest: Nest) -> int | None:
    """Peak bytes of Python's and NumPy's allocations above the start, by tracemalloc."""
    if not _watching.acquire(blocking=False):  # another thread's count
        return None
    try:
        if tracemalloc.is_tracing():  # someone else's count, not ours to reset
            return None
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            run()
            return max(0, tracemalloc.get_traced_memory()[1] - before)
        finally:
            tracemalloc.stop()
    finally:
        _watching.release()


def _tensor_peak(run: Callable[[], Any], nest: Nest) -> int | None:
    """Peak bytes of tensors above the start, as the CUDA allocator counts them. PyTorch keeps no
    such count for the CPU."""
    import torch

    device = nest.leaves[0].device
    if device.type != "cuda":
        return None
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run()
    torch.cuda.synchronize(device)
    return int(torch.cuda.max_memory_allocated(device) - before)
