"""Threads for heavy work: which gets what, and how many processors each computes on."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from backlight.serve.workers import Workers


def name() -> str:
    return threading.current_thread().name


def test_the_first_worker_is_preferred_and_others_help_while_it_is_busy() -> None:
    workers = Workers(2)
    begun, go_on = threading.Event(), threading.Event()

    def held() -> str:
        begun.set()
        assert go_on.wait(20)
        return name()

    assert workers.submit(name).result(20).startswith("backlight-work-0")
    first = workers.submit(held)
    assert begun.wait(20)
    assert workers.submit(name).result(20).startswith("backlight-work-1")
    assert workers.submit(name).result(20).startswith("backlight-work-1")
    go_on.set()
    assert first.result(20).startswith("backlight-work-0")
    assert workers.submit(name).result(20).startswith("backlight-work-0")
    workers.close()
    with pytest.raises(RuntimeError):
        workers.submit(name)


def test_a_worker_is_idle_again_after_an_error() -> None:
    workers = Workers(1)
    with pytest.raises(ZeroDivisionError):
        workers.submit(lambda: 1 / 0).result(20)
    assert workers.submit(name).result(20).startswith("backlight-work-0")
    workers.close()


def test_one_worker_alone_has_several_processors() -> None:
    """In a process of its own, for it holds for all of it."""
    code = """
import threading, torch
from backlight.serve.workers import Workers
torch.set_num_threads(2)
workers = Workers(3)
workers.share_processors()
begun, go_on = threading.Barrier(4), threading.Event()
def held():
    begun.wait(); go_on.wait(); return torch.get_num_threads()
found = [workers.submit(held) for _ in range(3)]
begun.wait(); go_on.set()
print([one.result() for one in found])
other = []
thread = threading.Thread(target=lambda: other.append(torch.get_num_threads()))
thread.start(); thread.join()
print(other)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[2, 1, 1]", "[1]"]
