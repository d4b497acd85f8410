"""Running ONNX models with onnxruntime: sessions, the weights they share, the types they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from backlight.errors import ModelError
from backlight.models.onnx.packages import one_line, onnx_package, runtime_package

# ONNX's own numbers (`onnx.TensorProto.FLOAT` and so on) for types, by onnxruntime's names.
ELEMENTS: Final = {
    "float": 1,
    "uint8": 2,
    "int8": 3,
    "uint16": 4,
    "int16": 5,
    "int32": 6,
    "int64": 7,
    "bool": 9,
    "float16": 10,
    "double": 11,
    "uint32": 12,
    "uint64": 13,
}
FLOATS: Final = frozenset((1, 10, 11))

Array = np.ndarray[Any, Any]

_LARGE: Final = 2**16  # bytes: below that a copy in every model costs nothing
_PLACE: Final = "held in memory"
_TYPES: Final[dict[int, np.dtype[Any]]] = {
    1: np.dtype("<f4"),
    2: np.dtype("u1"),
    3: np.dtype("i1"),
    6: np.dtype("<i4"),
    7: np.dtype("<i8"),
    10: np.dtype("<f2"),
    11: np.dtype("<f8"),
}


@dataclass(frozen=True)
class TensorType:
    """What a tensor of the graph is.

    Attributes:
        element: ONNX's number for its type; None for what has no counterpart in NumPy, or is
            no tensor.
        shape: None in place of a size that is free; empty also where nothing is known.
    """

    element: int | None
    shape: tuple[int | None, ...] = ()


def take_out(proto: Any) -> dict[str, Array]:
    """Take the large weights out of a model, in place; it then says that they lie elsewhere."""
    external = onnx_package().TensorProto.EXTERNAL
    found: dict[str, Array] = {}
    for tensor in proto.graph.initializer:
        if tensor.data_type in _TYPES and len(tensor.raw_data) > _LARGE:
            content = tensor.raw_data
            found[tensor.name] = np.frombuffer(content, _TYPES[tensor.data_type]).reshape(
                tensor.dims
            )
            tensor.ClearField("raw_data")
            tensor.data_location = external
            tensor.external_data.add(key="location", value=_PLACE)
    return found


def _lend(options: Any, proto: Any, weights: Mapping[str, Array]) -> None:
    """Tell a session's options where the weights lie that were taken out of its model."""
    names = [tensor.name for tensor in proto.graph.initializer if tensor.name in weights]
    if names:
        make = runtime_package().OrtValue.ortvalue_from_numpy
        options.add_external_initializers(names, [make(weights[name]) for name in names])


def new_session(
    proto: Any,
    path: Path,
    weights: Mapping[str, Any],
    *,
    threads: int = 0,
    joined: bool = True,
) -> Any:
    """An `onnxruntime.InferenceSession` on the processor.

    Args:
        proto: the model.
        path: of the file it comes from: weights kept beside the file are looked for there.
        weights: what was taken out of the model (`onnx_weights`).
        threads: how many share the work of one operation; 0 leaves it to onnxruntime.
        joined: whether operations may be joined to faster ones, and weights laid out for them.

    Raises:
        ModelError: onnxruntime cannot run the model; its reason in one line.
        MissingExtraError: the package onnxruntime is not installed.
    """
    runtime = runtime_package()
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised
    options.intra_op_num_threads = threads
    # Several sessions take turns: one that waits busily takes the processor from the next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(path.resolve().parent)
    )
    _lend(options, proto, weights)
    if not joined:
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.add_session_config_entry("session.disable_prepacking", "1")
    try:
        content = proto.SerializeToString()
        return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(f"onnxruntime cannot run {str(path)!r}: {one_line(error)}") from error


def find_types(proto: Any, path: Path, weights: Mapping[str, Any]) -> dict[str, TensorType]:
    """The type of every input and of everything that is computed, as onnxruntime infers it.

    Raises:
        ModelError: onnxruntime cannot run the model.
    """
    onnx = onnx_package()
    # In place, for the moment: a file may be large.
    outputs = list(proto.graph.output)
    known = {output.name for output in outputs}
    proto.graph.output.extend(
        onnx.ValueInfoProto(name=name)
        for name in dict.fromkeys(name for node in proto.graph.node for name in node.output)
        if name and name not in known
    )
    try:
        session = new_session(proto, path, weights, joined=False)
    finally:
        del proto.graph.output[len(outputs) :]
    return {entry.name: _type(entry) for entry in _entries(session)}


def _entries(session: Any) -> Iterator[Any]:
    yield from session.get_inputs()
    yield from session.get_outputs()


def _type(entry: Any) -> TensorType:
    kind = str(entry.type)
    element = ELEMENTS.get(kind.removeprefix("tensor(").removesuffix(")"))
    return TensorType(element, _sides(entry.shape or ()))


def _sides(shape: Iterable[Any]) -> tuple[int | None, ...]:
    return tuple(side if isinstance(side, int) else None for side in shape)
