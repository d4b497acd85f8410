"""The first call of a compiled function, which waits until Numba has loaded or compiled it."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def loading(loop: Any) -> Iterator[None]:
    """Put off collecting garbage while Numba loads or compiles a function for the first time.

    It makes half a million objects that stay; collections among them are a third of the wait.
    """
    if loop.signatures or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
