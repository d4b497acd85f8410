"""Which thread computes on the machine's processors.

PyTorch computes with a team of threads for every thread that asks it to. Teams of more threads than
there are processors no longer wait awake for the next operation (libgomp), and a pass through a
network takes twice as long. So one thread alone has a team: the one for what takes a moment.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def give_processors_to(pool: ThreadPoolExecutor) -> None:
    """From now on the pool's single thread computes by PyTorch on all processors, and threads that
    are yet to compute on one each. This holds for the whole process.

    Args:
        pool: of one thread.
    """
    import torch

    def take(count: int) -> None:
        torch.get_num_threads()  # a thread's first call takes what was set last by any
        torch.set_num_threads(count)

    pool.submit(take, torch.get_num_threads()).result()
    torch.set_num_threads(1)
