"""Files that were written down for a fixed number of images, most often one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backlight.models.onnx.packages import onnx_package
from backlight.models.onnx.sessions import TensorType


def batch_of(image: TensorType) -> int | None:
    """How many images a file takes at once; None where that is free."""
    return image.shape[0] if image.shape else None


def free_batch(proto: Any, types: Mapping[str, TensorType]) -> None:
    """Let every Reshape to fixed sizes follow the number of images, in place.

    With the fixed number the result is the same. Whether a larger one is then understood is for
    a trial to find out: other operations may have the number written down too.
    """
    onnx = onnx_package()
    known = {tensor.name: tensor for tensor in proto.graph.initializer}
    known |= {
        node.output[0]: attribute.t
        for node in proto.graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }
    for node in proto.graph.node:
        if node.op_type != "Reshape" or node.input[1] not in known:
            continue
        if any(attribute.name == "allowzero" and attribute.i for attribute in node.attribute):
            continue
        sizes = onnx.numpy_helper.to_array(known[node.input[1]]).tolist()
        freed = _freed(sizes, types[node.output[0]].shape)
        if freed is not None:
            name = f"{node.output[0]}::free"
            kind = onnx.TensorProto.INT64
            proto.graph.initializer.append(onnx.helper.make_tensor(name, kind, [len(freed)], freed))
            node.input[1] = name


def _freed(sizes: list[int], made: tuple[int | None, ...]) -> list[int] | None:
    """The sizes of what is made, the first left to follow from the others."""
    known = len(made) == len(sizes) and all(made[1:])
    return [-1, *(side for side in made[1:] if side)] if known and sizes[0] != 0 else None
