"""Reading an ONNX file: what stands in it."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from backlight.errors import ModelError
from backlight.models.onnx.packages import one_line, onnx_package

_SMALL: Final = 4096  # numbers


def read_proto(content: bytes, path: Path) -> tuple[Any, list[Path]]:
    """The `onnx.ModelProto` in a file, local functions written out, and the files beside it that
    hold weights; all but the small ones are left there.

    Raises:
        ModelError: the file is damaged or no ONNX model, or the files beside it are missing.
        MissingExtraError: the package onnx is not installed.
    """
    name, proto = repr(str(path)), parse(content, path)
    if proto.functions:
        proto = importlib.import_module("onnx.inliner").inline_local_functions(proto)
    beside = external_files(proto)
    for location in beside:
        if not (path.parent / location).is_file():
            raise ModelError(f"{name} keeps its weights in {location!r}, which is not beside it")
    _bring_in_small(proto, path)
    return proto, [path.parent / location for location in beside]


def parse(content: bytes, path: Path) -> Any:
    """The `onnx.ModelProto` in a file, as it stands there.

    Raises:
        ModelError: the file is damaged or no ONNX model.
        MissingExtraError: the package onnx is not installed.
    """
    onnx = onnx_package()
    name = repr(str(path))
    try:
        proto = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own kind of error differs between its versions
        raise ModelError(f"{name} is damaged or not an ONNX file") from error
    if not proto.graph.node or not proto.graph.output or not proto.opset_import:
        raise ModelError(f"{name} is damaged or not an ONNX file: it holds no graph of operations")
    return proto


def _bring_in_small(proto: Any, path: Path) -> None:
    """Read what is no weight but a size or a scale, which the graph is understood by."""
    helper = importlib.import_module("onnx.external_data_helper")
    for tensor in _external(proto):
        if math.prod(tensor.dims) <= _SMALL:
            try:
                helper.load_external_data_for_tensor(tensor, str(path.parent))
            except Exception as error:  # cut short, or outside the folder, which onnx refuses
                raise ModelError(
                    f"{str(path)!r} cannot read {tensor.name!r} beside it: {one_line(error)}"
                ) from error
            tensor.data_location = onnx_package().TensorProto.DEFAULT
            del tensor.external_data[:]


def external_files(proto: Any) -> list[str]:
    """The names of the files that hold weights, relative to the folder of the ONNX file."""
    return list(
        dict.fromkeys(
            entry.value
            for tensor in _external(proto)
            for entry in tensor.external_data
            if entry.key == "location"
        )
    )


def _external(proto: Any) -> Iterator[Any]:
    external = onnx_package().TensorProto.EXTERNAL
    return (tensor for tensor in proto.graph.initializer if tensor.data_location == external)
