"""How many threads the matrix products of a run may take."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Iterator
from typing import Any, Final

from backlight.networks.network import Network

# Multiplications in one product. Below it a second thread gains little where it is free, and where
# it is not, both wait for each other: a 64-100-10 network took up to fifty times as long.
_WORTH_IT: Final = 2**26


def is_small(network: Network, rows: int) -> bool:
    """Whether the products of so many rows are not worth a second thread."""
    sizes = network.sizes
    widest = max(a * b for a, b in itertools.pairwise(sizes))
    return rows * widest < _WORTH_IT


@contextlib.contextmanager
def threads_for(network: Network, rows: int) -> Iterator[None]:
    """One thread for the products of a small network, in the whole process, then as before.

    Of runs that overlap in several threads the first to begin decides (threadpoolctl sees to it).
    """
    if not is_small(network, rows):
        yield
        return
    with _controller().limit(limits=1, user_api="blas"):
        yield


@functools.cache
def _controller() -> Any:
    import scipy.linalg.cython_blas  # noqa: F401  (whose products Numba calls; only now is it seen)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
