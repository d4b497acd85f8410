"""torchvision next to a CPU build of torch fails to import unless two operators are declared."""

from __future__ import annotations

import contextlib

import pytest
import torch

# Small networks gain nothing from more threads, and threads that wait for each other cost minutes
# on a machine that is busy.
torch.set_num_threads(1)

# Kept for the life of the process: the operators vanish with the library.
_LIBRARIES: list[torch.library.Library] = []


@pytest.fixture(scope="session", autouse=True)
def _torchvision_imports() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    arguments = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for name in ("nms", "qnms"):
        with contextlib.suppress(RuntimeError):  # Declared already, by torchvision or before.
            library.define(name + arguments)
    _LIBRARIES.append(library)
