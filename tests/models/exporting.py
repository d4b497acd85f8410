"""A small network and the files that PyTorch makes of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x)).relu()


class Small(nn.Module):
    """Two blocks, pooling, dropout and a linear layer: (n, 3, h, w) to (n, 5)."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1 = Block(3, 4)
        self.layer2 = Block(4, 8)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.dropout(self.layer2(self.layer1(x)).mean((2, 3))))


def small() -> Small:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = Small().eval()
        for buffer in (module.layer1.norm.running_mean, module.layer2.norm.running_mean):
            nn.init.normal_(buffer)
    return module


def export(module: nn.Module, path: Path, *, free: bool = True) -> Path:
    """Write a .pt2 file; with `free`, of any number of images of any height."""
    dim = torch.export.Dim
    shapes = {"x": {0: dim("n"), 2: dim("h", min=4, max=64)}} if free else None
    program = torch.export.export(module, (torch.zeros(2, 3, 16, 16),), dynamic_shapes=shapes)
    torch.export.save(program, path)
    return path


def rewritten(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same archive, each member passed through `change`."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()
