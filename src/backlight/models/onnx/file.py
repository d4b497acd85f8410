"""An ONNX file, read once: its graph, ready to be cut, and what it takes and returns."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backlight.errors import ModelError
from backlight.models.onnx.batch import batch_of, free_batch
from backlight.models.onnx.graph import Graph
from backlight.models.onnx.read import parse
from backlight.models.onnx.rounding import finest, step_of, with_rounding_written_out
from backlight.models.onnx.sessions import TensorType, find_types, take_out


class OnnxFile:
    """What every network made of one file shares.

    Args:
        proto: the `onnx.ModelProto`, which becomes this object's own.
        path: of the file.
        weights: what was taken out of the model already; its large weights are when left out.

    Attributes:
        graph: the graph, quantised operations written out.
        batch: how many images it takes at once; None where that is free.
        weights: the large ones, by name; taken out of the model.
        relative_step: see `OnnxNetwork`.
        networks: made of this file, by where they are cut; guarded by `lock`.

    Raises:
        ModelError: onnxruntime cannot run the file, or it takes nothing that can be looked at.
    """

    def __init__(self, proto: Any, path: Path, weights: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self.networks: dict[tuple[str, ...], Any] = {}
        self.lock = threading.Lock()
        proto = with_rounding_written_out(proto)
        self.weights = take_out(proto) if weights is None else weights
        types = find_types(proto, path, self.weights)
        image = _image(proto, types, path)
        self.batch = batch_of(types[image])
        if self.batch is not None:
            free_batch(proto, types)
        nodes = tuple(proto.graph.node)
        outputs = {
            output.name: finest(nodes, output.name, len(types[output.name].shape) == 2)
            for output in proto.graph.output
            if output.name in types
        }
        graph = Graph(proto, nodes, types, outputs, image)
        values = {name: tensor for name, tensor in outputs.items() if graph.is_value(tensor)}
        if not any(tensor in graph.maker for tensor in values.values()):
            raise ModelError(f"{str(path)!r} computes nothing from its inputs")
        self.graph = Graph(proto, nodes, types, values, image)
        self.relative_step = step_of(proto)

    def __reduce__(self) -> Any:
        return _again, (self.graph.proto.SerializeToString(), self.path, self.weights)

    def __deepcopy__(self, memo: dict[int, Any]) -> OnnxFile:
        return self


def _again(content: bytes, path: Path, weights: Mapping[str, Any]) -> OnnxFile:
    return OnnxFile(parse(content, path), path, weights)


def _image(proto: Any, types: Mapping[str, TensorType], path: Path) -> str:
    """The input that is looked at: the first with four dimensions, or else the first."""
    constants = {tensor.name for tensor in proto.graph.initializer}
    fed = [entry.name for entry in proto.graph.input if entry.name not in constants]
    if not fed:
        raise ModelError(f"{str(path)!r} takes no input")
    for name in fed:
        if types[name].element is None:
            raise ModelError(f"{str(path)!r} takes {name!r}, which is no tensor of numbers")
    pictures = [name for name in fed if len(types[name].shape) == 4]
    return str((pictures or fed)[0])
