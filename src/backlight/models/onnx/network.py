"""An ONNX file as a module: a chain of parts, each a layer, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from backlight.errors import LayerError, ModelError
from backlight.models.array_calls import cross
from backlight.models.checkpoints import fingerprint
from backlight.models.model import Model
from backlight.models.onnx.describe import described
from backlight.models.onnx.feed import feed, shape_of_image
from backlight.models.onnx.file import OnnxFile
from backlight.models.onnx.piece_runs import PieceCall, PieceRuns
from backlight.models.onnx.pieces import split
from backlight.models.onnx.places import boundaries, find, labels, origin
from backlight.models.onnx.read import read_proto


class OnnxNetwork(nn.Module):
    """A network from an ONNX file, cut into parts where all of it passes through one tensor.

    Called with the file's inputs, in its order or by its names; images are always (n, channels,
    height, width). Returns the output, or a dict of outputs by name where there are several. Two
    things are read before the end: class scores before a softmax, and what a quantised
    network returns before its last rounding, which would hide from small steps what they change.
    Nothing in it can be differentiated; its sessions may be used by several threads.

    Args:
        file: the file.
        cuts: the tensors where it is cut, in an order in which they are computed; where all of
            it passes through one map when left out.

    Attributes:
        black: True: no derivative passes through.
        relative_step: for differences, the step as a part of the size (root mean square) of the
            feature maps; None for the one that serves best, found by trying.
    """

    black = True

    def __init__(self, file: OnnxFile, cuts: Sequence[str] | None = None) -> None:
        super().__init__()
        self.file = file
        self.cuts = tuple(boundaries(file.graph) if cuts is None else cuts)
        self.relative_step = file.relative_step
        pieces = split(file.graph, self.cuts)
        names = labels(file.graph, [piece.main for piece in pieces])
        self._order: list[str] = []
        for piece in pieces:
            part = _part(PieceRuns(file, piece))
            self._order.append(_add(self, names[piece.main], part))

    def forward(self, *inputs: Any, **named: Any) -> Any:
        held = feed(self.file, inputs, named)
        count = len(held[self.file.graph.image])
        for name in self._order:
            part = self.get_submodule(name)
            assert isinstance(part, OnnxPart)
            piece = part.runs.piece
            made = part(*(held[given] for given in piece.inputs), count=count)
            held |= dict(
                zip(piece.outputs, (made,) if isinstance(made, Tensor) else made, strict=True)
            )
        found = {name: held[tensor] for name, tensor in self.file.graph.outputs.items()}
        return found if len(found) > 1 else next(iter(found.values()))

    def cut_at(self, *asked: str) -> tuple[OnnxNetwork, tuple[str, ...]]:
        """The same network with no parts but those that end at these layers and the last.

        Args:
            asked: names of parts, or of operations or tensors in the file. What a cut leaves out
                (a shortcut beside it) is passed along to what needs it.

        Returns:
            The network, and for each of `asked` the name of the part that ends there.

        Raises:
            LayerError: there is no such name, or it stands for nothing that can be looked at.
        """
        known = dict(zip(self._order, self.cuts, strict=False))
        graph = self.file.graph
        tensors = [known[name] if name in known else find(graph, name) for name in asked]
        cuts = tuple(sorted(set(tensors), key=lambda tensor: graph.maker[tensor]))
        if len({graph.maker[tensor] for tensor in cuts}) < len(cuts):
            raise LayerError(f"layers {', '.join(asked)} are results of one operation: give one")
        with self.file.lock:
            made = self.file.networks.get(cuts)
            if made is None:
                made = self.file.networks[cuts] = OnnxNetwork(self.file, cuts)
        names = dict(zip(cuts, made._order, strict=False))
        return made, tuple(names[tensor] for tensor in tensors)

    def _apply(self, fn: Any, recurse: bool = True) -> OnnxNetwork:
        import torch

        probe = fn(torch.zeros(1))
        if probe.device.type != "cpu":
            raise ModelError(f"ONNX files run on the CPU here, not on {str(probe.device)!r}")
        if probe.dtype != torch.float32:
            kind = str(probe.dtype).removeprefix("torch.")
            raise ModelError(f"an ONNX file keeps its own precision: it cannot be made {kind}")
        return self


class OnnxPart(nn.Module):
    """A part of the file that ends in one tensor, the part's output."""

    def __init__(self, runs: PieceRuns) -> None:
        super().__init__()
        self.runs = runs

    def forward(self, *given: Tensor, count: int) -> Tensor | tuple[Tensor, ...]:
        made = cross(PieceCall(self.runs, count), given)
        return made if len(made) > 1 else made[0]


# What looks for layers knows kinds of modules by what their names end in or contain.
class OnnxConv2d(OnnxPart):
    """A part whose output is a map (images, channels, height, width) for certain."""


class OnnxPool(OnnxPart):
    """A part whose output has been pooled."""


def _part(runs: PieceRuns) -> OnnxPart:
    kinds: Mapping[str, type[OnnxPart]] = {"map": OnnxConv2d, "pool": OnnxPool}
    return kinds.get(origin(runs.file.graph, runs.piece.main), OnnxPart)(runs)


def _add(root: nn.Module, label: str, part: OnnxPart) -> str:
    """Put a part where `get_submodule` finds it by its label; returns that name."""
    words = label.split(".")
    if not all(words) or any(hasattr(nn.Module, word) for word in words):
        words = [label.replace(".", "_") + "_"]
    parent = root
    for word in words[:-1]:
        if word not in parent._modules:
            parent.add_module(word, nn.Module())
        parent = parent.get_submodule(word)
    there = parent._modules.get(words[-1])
    if there is not None:  # parts of that name's own, met before it
        part._modules.update(there._modules)
    parent._modules[words[-1]] = part
    return ".".join(words)


def load_onnx(content: bytes, path: Path) -> Model:
    """The network in an ONNX file, run by onnxruntime on the CPU.

    Args:
        content: the whole file, without what it keeps beside itself.
        path: where it came from.

    Returns:
        A `Model` with the preprocessing and labels that `describe_onnx` wrote into the file, if
        it did.

    Raises:
        ModelError: the file is damaged, or onnxruntime cannot run it.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    proto, beside = read_proto(content, path)
    file = OnnxFile(proto, path)
    model = Model(
        module=OnnxNetwork(file),
        name=path.stem,
        version=fingerprint(content, *beside),
        source=str(path),
        input_shape=shape_of_image(file),
    )
    return described(model, proto)
