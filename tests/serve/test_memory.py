"""Freed memory stays with the app's process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from backlight.serve.memory import keep_freed_memory

_CODE = """
import resource
import torch
from backlight.serve.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        blocks = [torch.ones(2 * 2**20) for _ in range(3)]  # of 8 MB
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults(), keep_freed_memory(), faults() * 0 + faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator is not glibc's")
def test_what_was_freed_is_used_again_without_asking_the_system() -> None:
    """In a process of its own, for it holds for all of it; it maps each block anew at first, as
    glibc does by itself now and then. A block has 2,048 pages."""
    mapping = {"MALLOC_MMAP_THRESHOLD_": str(2**17), "MALLOC_TRIM_THRESHOLD_": str(2**17)}
    command = [sys.executable, "-c", _CODE]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | mapping
    )
    before, told, after = done.stdout.split()
    assert told == "True"
    assert int(before) > 5 * 6000
    assert int(after) < 5 * 50


def test_other_allocators_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr("ctypes.CDLL", None)  # whatever is called would fail
    assert keep_freed_memory() is False
