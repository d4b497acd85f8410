"""How many processors each thread computes on."""

from __future__ import annotations

import subprocess
import sys


def test_one_thread_alone_has_several_processors() -> None:
    """In a process of its own, for it holds for all of it."""
    code = """
from concurrent.futures import ThreadPoolExecutor
import torch
from backlight.serve.processors import give_processors_to
torch.set_num_threads(2)
with ThreadPoolExecutor(1) as quick, ThreadPoolExecutor(1) as other:
    give_processors_to(quick)
    print([pool.submit(torch.get_num_threads).result() for pool in (quick, other, quick)])
print(torch.get_num_threads())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[2, 1, 2]", "1"]
