"""What all tests share: threads, torchvision beside a CPU build of torch, one browser."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import torch

# Small networks gain nothing from more threads, and threads that wait for each other cost minutes
# on a machine that is busy.
torch.set_num_threads(1)

# Kept for the life of the process: the operators vanish with the library.
_LIBRARIES: list[torch.library.Library] = []


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session", autouse=True)
def _torchvision_imports() -> None:
    """torchvision next to a CPU build of torch fails to import unless two operators are there."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    arguments = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for name in ("nms", "qnms"):
        with contextlib.suppress(RuntimeError):  # Declared already, by torchvision or before.
            library.define(name + arguments)
    _LIBRARIES.append(library)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; tests that need it say so where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium to open pages in")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
