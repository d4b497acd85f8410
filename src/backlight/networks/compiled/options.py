"""How every function of this folder is compiled, and the words for indices that count from 0."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numba.core.options import DefaultOptions


def _can_be_kept() -> bool:
    """Whether Numba finds a folder for compiled code: beside this file, or the user's own."""
    try:
        njit(cache=True)(_nothing)
    except (RuntimeError, OSError):
        return False
    return True


def _nothing() -> None:
    pass


# Kept on disk after the first call, where there is room for it. Division follows IEEE 754, as
# NumPy's does; a product and a sum may become one fused instruction, nothing else is reordered.
COMPILED: Final[dict[str, Any]] = {
    "cache": _can_be_kept(),
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
}

# For what makes no arrays, not even views: nothing is counted in or out. Numba otherwise counts
# references to every array around each step, two atomic instructions each, which took more than
# half of the time of a small network's step. It is faster only; without the option all works.
_UNCOUNTED: Final = {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}
LOOPS: Final[dict[str, Any]] = {**COMPILED, **_UNCOUNTED}
# For what is called for every row or number: no call is left of it.
INLINED: Final[dict[str, Any]] = {**LOOPS, "forceinline": True}

# An unsigned index cannot count from the end, so that no access has to ask whether it does: the
# loops of a 4-5-3 network take a third less, those of an 8-16-3 network half.
Index: Final = np.uintp
FIRST: Final = np.uintp(0)
ONE: Final = np.uintp(1)
