"""The file of weights, and beside it a record of how they were made and how good they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

import backlight.models.reference

#: Where the package looks for them.
WEIGHTS = Path(backlight.models.reference.__file__).parent / "weights"


def halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as they are kept: floating-point numbers in half precision."""
    return {
        key: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for key, tensor in state.items()
    }


def round_to_file(network: nn.Module) -> None:
    """Make the network's numbers those that its file will hold: it is measured as shipped."""
    with torch.no_grad():
        for tensor in (*network.parameters(), *network.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(tensor.half())


def write(network: nn.Module, name: str, facts: Mapping[str, Any], folder: Path) -> Path:
    """Write `name.safetensors` and `name.json` into a folder; returns the first's path.

    The record is `facts`, and the SHA-256 of the weights that it is about.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = save(halved(network.state_dict()))
    record = {"name": name, **facts, "sha256": hashlib.sha256(content).hexdigest()}
    path = folder / f"{name}.safetensors"
    path.write_bytes(content)
    path.with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path
