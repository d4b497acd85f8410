"""Small ONNX files, written operation by operation, and the PyTorch networks they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
from torch import Tensor, nn

Sizes = list[int | str]


class Residual(nn.Module):
    """Two convolutions, a shortcut round the second, pooling and a linear layer: (n, 3, h, w) to
    (n, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.body = nn.Conv2d(6, 6, 3, padding=1)
        self.head = nn.Linear(6, 4)

    def maps(self, x: Tensor) -> Tensor:
        first = self.stem(x).relu()
        return (first + self.body(first)).relu()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.maps(x).mean((2, 3)))


def residual() -> Residual:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return Residual().eval()


def write(path: Path, nodes: list[Any], weights: dict[str, Any], image: Sizes, **more: Any) -> Path:
    """Write a graph from `image`, and other inputs (`more`: name to (type, sizes)), to `scores`."""
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, image)]
    inputs += [helper.make_tensor_value_info(name, *kind) for name, kind in more.items()]
    outputs = [onnx.ValueInfoProto(name="scores")]
    tensors = [numpy_helper.from_array(np.asarray(w), name) for name, w in weights.items()]
    graph = helper.make_graph(nodes, "net", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def residual_nodes() -> list[Any]:
    node = helper.make_node
    return [
        node(
            "Conv", ["image", "w1", "b1"], ["c1"], "stem",
            kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4,
        ),
        node("Relu", ["c1"], ["r1"], "stem.relu"),
        node("Conv", ["r1", "w2", "b2"], ["c2"], "body", kernel_shape=[3, 3], pads=[1] * 4),
        node("Add", ["r1", "c2"], ["sum"], "join"),
        node("Relu", ["sum"], ["maps"], "top"),
        node("GlobalAveragePool", ["maps"], ["pooled"], "pool"),
        node("Flatten", ["pooled"], ["flat"], "flat"),
        node("Gemm", ["flat", "w3", "b3"], ["scores"], "head", transB=1),
    ]  # fmt: skip


def residual_weights(net: Residual) -> dict[str, np.ndarray]:
    parts = (net.stem, net.body, net.head)
    return {
        f"{kind}{i + 1}": value.detach().numpy()
        for i, part in enumerate(parts)
        for kind, value in (("w", part.weight), ("b", part.bias))
    }


def write_residual(path: Path, *, batch: int | str = "n", softmax: bool = False) -> Path:
    """The file of `residual()`, for 16×24 pixels."""
    nodes = residual_nodes()
    if softmax:
        nodes[-1].output[0] = "logits"
        nodes.append(helper.make_node("Softmax", ["logits"], ["scores"], "softmax"))
    return write(path, nodes, residual_weights(residual()), [batch, 3, 16, 24])


class Photos(CalibrationDataReader):
    """What a quantiser takes its ranges from."""

    def __init__(self, name: str, images: Tensor) -> None:
        self._each: Iterator[Tensor] = iter(images)
        self._name = name

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self._each, None)
        return None if image is None else {self._name: image[None].numpy()}


def quantise(path: Path, out: Path, images: Tensor, form: str = "QDQ") -> Path:
    """Eight bits for weights and activations, in one of the two forms that onnxruntime writes."""
    name = onnx.load(path, load_external_data=False).graph.input[0].name
    quantize_static(
        path, out, Photos(name, images), quant_format=QuantFormat[form], per_channel=True
    )
    return out
