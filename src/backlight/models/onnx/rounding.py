"""Quantised files: where values are rounded, and the same graph with its rounding written out.

A file in onnxruntime's operator format (QLinearConv, QGemm, …) passes eight-bit numbers from one
operation to the next, and there is nowhere to move a feature map by less than a quantum, or
below what the quantum can hold. `with_rounding_written_out` gives it the form that the other
format (QDQ) has from the start: dequantise, compute in floating point, quantise. The numbers
are the same, and onnxruntime joins the three to the same integer kernels wherever no cut lies
between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np

from backlight.models.onnx.packages import onnx_package

FLOAT: Final = "::float"  # what the dequantised twin of a tensor is called, after its own name

#: The step for differences across eight-bit rounding, as a part of the size (root mean square) of
#: the feature maps. Measured on EfficientNet-Lite0 quantised: at its last maps every step from 1/16
#: to 1/2 serves alike; further inside shorter ones are lost among the steps of the stairs, and to
#: look for the best by trying finds none.
EIGHT_BIT_STEP: Final = 1 / 4


def with_rounding_written_out(proto: Any) -> Any:
    """The same model, its quantised operations as dequantise, operate, quantise.

    Operations that have no such form, or whose scales are themselves computed, stay as they are.
    """
    if not any(node.op_type in _REWRITTEN for node in proto.graph.node):
        return proto
    changed = type(proto)()
    changed.CopyFrom(proto)
    rewriting = _Rewriting(changed)
    nodes = [new for node in proto.graph.node for new in rewriting.of(node)]
    del changed.graph.node[:]
    changed.graph.node.extend(nodes)
    return changed


def step_of(proto: Any) -> float | None:
    """The step that eight-bit rounding in a model asks for; None where nothing is rounded so.

    Weights that are merely stored in eight bits round nothing that is computed.
    """
    kinds = {node.op_type for node in proto.graph.node}
    if kinds & {"QuantizeLinear", "DynamicQuantizeLinear"} or any(
        kind.startswith(("QLinear", "QGemm", "QAttention")) for kind in kinds
    ):
        return EIGHT_BIT_STEP
    return None


def finest(nodes: Iterable[Any], output: str, is_table: bool) -> str:
    """The tensor that an output is read from: before its own rounding, which would hide what a
    small step does, and before a softmax over classes, since class scores are explained before it.

    Args:
        nodes: of the graph.
        output: the name of one of its outputs.
        is_table: whether it is a table (images, classes).
    """
    maker = {name: node for node in nodes for name in node.output}
    tensor = output
    while (node := maker.get(tensor)) is not None:
        before = maker.get(node.input[0]) if node.input else None
        if node.op_type == "DequantizeLinear" and before is not None:
            if before.op_type != "QuantizeLinear":
                break
            tensor = before.input[0]
        elif node.op_type == "Identity" or (node.op_type == "Softmax" and is_table):
            tensor = node.input[0]
        else:
            break
    return tensor


class _Rewriting:
    """Rewrites the nodes of one graph, and adds what they need to its initializers."""

    def __init__(self, proto: Any) -> None:
        onnx = onnx_package()
        self.graph, self.helper, self.numpy = proto.graph, onnx.helper, onnx.numpy_helper
        self.constants = {tensor.name: tensor for tensor in proto.graph.initializer}
        self.opset = max(
            (entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")),
            default=0,
        )
        self.twins: set[str] = set()

    def of(self, node: Any) -> list[Any]:
        rewrite = _REWRITTEN.get(node.op_type)
        attributes = {a.name: self.helper.get_attribute_value(a) for a in node.attribute}
        if rewrite is None or attributes.get("channels_last"):
            return [node]
        parameters = _scales(node)
        if not all(name in self.constants for name in parameters):
            return [node]
        if self.opset < 13 and any(self._per_channel(name) for name in parameters):
            return [node]  # DequantizeLinear knows no axis yet
        return list(rewrite(self, node, attributes))

    def dequantised(self, given: Any, axis: int = 0) -> tuple[str, list[Any]]:
        """The twin of a quantised (tensor, scale, zero point), and the node that makes it, once."""
        tensor, scale, *_ = given
        twin = f"{tensor}{FLOAT}"
        if twin in self.twins:
            return twin, []
        self.twins.add(twin)
        options = {"axis": axis} if self._per_channel(scale) else {}
        inputs = [name for name in given if name]
        return twin, [self.helper.make_node("DequantizeLinear", inputs, [twin], twin, **options)]

    def quantised(self, node: Any, made: str, scale: str, zero: str) -> Any:
        inputs = [name for name in (made, scale, zero) if name]
        return self.helper.make_node(
            "QuantizeLinear", inputs, list(node.output), f"{node.name}::rounding"
        )

    def operated(
        self, node: Any, kind: str, inputs: list[str], **attributes: Any
    ) -> tuple[str, Any]:
        """The operation proper: its result is called after what it is rounded to."""
        made = f"{node.output[0]}::unrounded"
        return made, self.helper.make_node(kind, inputs, [made], node.name, **attributes)

    def bias(self, name: str, factor: float, scales: tuple[str, str]) -> tuple[str, list[Any]]:
        """A bias in 32-bit integers, whose scale is the product of those of its factors."""
        one, other = (self.numpy.to_array(self.constants[scale]) for scale in scales)
        product = np.asarray(np.float32(factor) * one * other, np.float32)
        product = product.reshape(()) if product.size == 1 else product.reshape(-1)
        scale = f"{name}::scale"
        if scale not in self.constants:
            self.constants[scale] = self.numpy.from_array(product, scale)
            self.graph.initializer.append(self.constants[scale])
        return self.dequantised((name, scale))

    def _per_channel(self, scale: str) -> bool:
        return bool(scale) and int(np.prod(self.constants[scale].dims)) > 1


def _entry(node: Any, index: int) -> str:
    return node.input[index] if index < len(node.input) else ""


def _triple(node: Any, start: int) -> tuple[str, str, str]:
    return _entry(node, start), _entry(node, start + 1), _entry(node, start + 2)


def _scales(node: Any) -> list[str]:
    """The scales of an operation: what it reads that is neither a tensor nor a zero point."""
    places = _SCALES_AT.get(node.op_type)
    if places is None:  # concatenation: the result's, then those of (tensor, scale, zero) triples
        places = (0, *range(3, len(node.input), 3))
    return [name for place in places if (name := _entry(node, place))]


def _convolution(to: _Rewriting, node: Any, attributes: dict[str, Any]) -> Iterator[Any]:
    x, first = to.dequantised(_triple(node, 0))
    w, second = to.dequantised(_triple(node, 3))
    inputs = [x, w]
    more: list[Any] = []
    if bias := _entry(node, 8):
        b, more = to.bias(bias, 1.0, (node.input[1], node.input[4]))
        inputs.append(b)
    made, operation = to.operated(node, "Conv", inputs, **attributes)
    yield from (*first, *second, *more, operation)
    yield to.quantised(node, made, node.input[6], node.input[7])


def _linear(to: _Rewriting, node: Any, attributes: dict[str, Any]) -> Iterator[Any]:
    columns = 0 if attributes.get("transB") else 1
    a, first = to.dequantised(_triple(node, 0))
    b, second = to.dequantised(_triple(node, 3), columns)
    inputs = [a, b]
    more: list[Any] = []
    if bias := _entry(node, 6):
        factor = float(attributes.get("alpha", 1.0))
        c, more = to.bias(bias, factor, (node.input[1], node.input[4]))
        inputs.append(c)
    made, operation = to.operated(node, "Gemm", inputs, **attributes)
    if not _entry(node, 7):  # its result is not rounded
        operation.output[0] = node.output[0]
        yield from (*first, *second, *more, operation)
        return
    yield from (*first, *second, *more, operation)
    yield to.quantised(node, made, node.input[7], _entry(node, 8))


def _of_two(kind: str) -> Callable[[_Rewriting, Any, dict[str, Any]], Iterator[Any]]:
    def rewrite(to: _Rewriting, node: Any, attributes: dict[str, Any]) -> Iterator[Any]:
        a, first = to.dequantised(_triple(node, 0))
        b, second = to.dequantised(_triple(node, 3), -1)
        made, operation = to.operated(node, kind, [a, b])
        yield from (*first, *second, operation)
        yield to.quantised(node, made, node.input[6], _entry(node, 7))

    return rewrite


def _of_one(kind: str) -> Callable[[_Rewriting, Any, dict[str, Any]], Iterator[Any]]:
    def rewrite(to: _Rewriting, node: Any, attributes: dict[str, Any]) -> Iterator[Any]:
        x, first = to.dequantised(_triple(node, 0))
        attributes = {k: v for k, v in attributes.items() if k not in ("channels_last", "opset")}
        made, operation = to.operated(node, kind, [x], **attributes)
        yield from (*first, operation)
        yield to.quantised(node, made, node.input[3], _entry(node, 4))

    return rewrite


def _concatenation(to: _Rewriting, node: Any, attributes: dict[str, Any]) -> Iterator[Any]:
    parts = [to.dequantised(_triple(node, start)) for start in range(2, len(node.input), 3)]
    made, operation = to.operated(node, "Concat", [twin for twin, _ in parts], **attributes)
    for _, before in parts:
        yield from before
    yield operation
    yield to.quantised(node, made, node.input[0], node.input[1])


_REWRITTEN: Final[dict[str, Callable[[_Rewriting, Any, dict[str, Any]], Iterable[Any]]]] = {
    "QLinearConv": _convolution,
    "QGemm": _linear,
    "QLinearMatMul": _of_two("MatMul"),
    "QLinearAdd": _of_two("Add"),
    "QLinearMul": _of_two("Mul"),
    "QLinearGlobalAveragePool": _of_one("GlobalAveragePool"),
    "QLinearAveragePool": _of_one("AveragePool"),
    "QLinearLeakyRelu": _of_one("LeakyRelu"),
    "QLinearSigmoid": _of_one("Sigmoid"),
    "QLinearConcat": _concatenation,
}
_SCALES_AT: Final = {
    "QLinearConv": (1, 4, 6),
    "QGemm": (1, 4, 7),
    "QLinearMatMul": (1, 4, 6),
    "QLinearAdd": (1, 4, 6),
    "QLinearMul": (1, 4, 6),
    **dict.fromkeys(
        (
            "QLinearGlobalAveragePool",
            "QLinearAveragePool",
            "QLinearLeakyRelu",
            "QLinearSigmoid",
        ),
        (1, 3),
    ),
}
