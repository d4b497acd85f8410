"""Memory that was freed is kept for the next explanation.

An explanation takes some twenty megabytes and frees them again. Once others are kept, glibc gives
such memory back to the system each time and gets it, page by page, anew: thousands of page faults,
a quarter of the time that a network's pass takes.
"""

from __future__ import annotations

import ctypes
import platform
from typing import Final

# Of glibc's malloc.h. Its largest threshold for blocks that are mapped each by itself is 32 MB.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_SETTINGS: Final = {
    _TRIM_THRESHOLD: 256 * 2**20,
    _MMAP_THRESHOLD: 32 * 2**20,
    # Threads share what is kept; each would keep as much for itself.
    _ARENA_MAX: 1,
}


def keep_freed_memory() -> bool:
    """From now on up to 256 MB of freed memory stay with the process, for the whole process.

    Returns:
        Whether the system's memory allocator could be told so: glibc's can.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    taken = [mallopt(name, value) for name, value in _SETTINGS.items()]
    return all(taken)
