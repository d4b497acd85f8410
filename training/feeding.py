"""Pictures as the networks take them."""

from __future__ import annotations

import torch
from torch import Tensor


def as_input(images: Tensor) -> Tensor:
    """As the networks' preprocessing does it: bytes to -1 to 1."""
    return ((images.float() - 127.5) / 127.5).contiguous(memory_format=torch.channels_last)
