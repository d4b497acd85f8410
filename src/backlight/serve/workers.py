"""The threads that heavy work runs in.

PyTorch computes with a team of threads for every thread that asks it to. Teams of more threads than
there are processors no longer wait awake for the next operation (libgomp), and a pass through a
network takes twice as long. So one worker alone has a team: the one for what takes a moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Workers:
    """Threads of which each does one piece of work at a time; the first idle one gets the next.

    Args:
        count: how many there are.
    """

    def __init__(self, count: int) -> None:
        self._threads = [
            ThreadPoolExecutor(1, thread_name_prefix=f"backlight-work-{k}") for k in range(count)
        ]
        self._idle = set(range(count))
        self._lock = threading.Lock()

    def submit(self, function: Callable[..., T], *given: object) -> Future[T]:
        """Have a worker call `function`; where all are busy, after what the first one does.

        Raises:
            RuntimeError: `close` was called.
        """
        with self._lock:
            chosen = min(self._idle, default=0)
            self._idle.discard(chosen)
            work = self._threads[chosen].submit(function, *given)
        work.add_done_callback(lambda _: self._rest(chosen))
        return work

    def share_processors(self) -> None:
        """From now on the first worker alone computes by PyTorch on several processors; the others,
        and threads that are yet to compute, on one each. This holds for the whole process."""
        import torch

        def take(count: int) -> None:
            torch.get_num_threads()  # a thread's first call takes what was set last by any
            torch.set_num_threads(count)

        team = torch.get_num_threads()
        for worker, count in [(self._threads[0], team), *((t, 1) for t in self._threads[1:])]:
            worker.submit(take, count).result()
        torch.set_num_threads(1)

    def close(self) -> None:
        """No further work is begun."""
        for thread in self._threads:
            thread.shutdown(wait=False, cancel_futures=True)

    def _rest(self, worker: int) -> None:
        with self._lock:
            self._idle.add(worker)
