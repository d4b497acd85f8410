"""Models from .pt2 files, as torch.export writes them: the graph and the weights in one file."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import torch
from torch.export import ExportedProgram
from torch.export.passes import move_to_device_pass

from backlight.errors import ModelError
from backlight.models.archives import refuse_code
from backlight.models.checkpoints import fingerprint
from backlight.models.model import Model
from backlight.models.quiet import quiet


def load_exported(content: bytes, path: Path, device: torch.device | None = None) -> Model:
    """The network in a .pt2 file, its modules in their original tree, so that layers can be found.

    Args:
        content: the whole file.
        path: where it came from.
        device: where the network should run; None leaves it where it was exported. The graph may
            name devices, so this must be known when it is loaded.

    Returns:
        A `Model` without preprocessing or labels, which such a file does not hold; its
        `input_shape` is that of the first input, None in place of a size that was exported as free.

    Raises:
        ModelError: the file is damaged, written by another version of PyTorch, or refused since
            opening it could run code.
    """
    name = repr(str(path))
    refuse_code(content, name)
    try:
        with quiet("torch.export", "torch._export"), warnings.catch_warnings():
            # PyTorch calls what it deprecated itself.
            warnings.simplefilter("ignore", FutureWarning)
            program = torch.export.load(io.BytesIO(content))
            if device is not None:
                program = move_to_device_pass(program, device)
            module = torch.export.unflatten(program)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{name} cannot be loaded by torch {torch.__version__}: {reason}"
        ) from error
    return Model(
        module=module,
        name=path.stem,
        version=fingerprint(content),
        source=str(path),
        input_shape=_input_shape(program),
    )


def _input_shape(program: ExportedProgram) -> tuple[int | None, ...] | None:
    inputs = program.graph_signature.user_inputs
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in inputs:
            value = node.meta.get("val")
            if isinstance(value, torch.Tensor):
                return tuple(side if isinstance(side, int) else None for side in value.shape)
    return None
