"""An ONNX graph in pieces: each a model of its own, from one boundary to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from backlight.models.onnx.graph import Graph
from backlight.models.onnx.packages import onnx_package

#: What the shape of a tensor is called where it is passed on without its values.
SHAPE: Final = "::shape"


@dataclass(frozen=True)
class Piece:
    """A part of a graph.

    Attributes:
        inputs: the tensors it takes; names that end in `::shape` stand for the shape of one.
        outputs: the tensors it makes that are needed later or are outputs, the boundary first.
        nodes: the numbers of its operations.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[int, ...]

    @property
    def main(self) -> str:
        """The tensor that a layer of this piece returns."""
        return self.outputs[0]


def split(graph: Graph, cuts: Sequence[str]) -> list[Piece]:
    """Cut a graph at computed tensors, given in an order in which they are computed.

    What a boundary's tensor needs comes before it, everything else after. What is needed on both
    sides is passed along; what depends on no values is computed on either side.
    """
    groups: list[frozenset[int]] = []
    done: frozenset[int] = frozenset()
    for wanted in [graph.ancestors([cut]) for cut in cuts] + [graph.needed]:
        own = wanted - done
        done |= own
        groups.append(frozenset(i for i in own if any(map(graph.is_value, graph.nodes[i].output))))
    groups = [group for group in groups if group]
    ends = [*cuts, next(iter(graph.outputs.values()))]
    drafts = [_draft(graph, group) for group in groups]
    return [
        _piece(graph, draft, end, drafts[index + 1 :])
        for index, (draft, end) in enumerate(zip(drafts, ends, strict=False))
    ]


@dataclass(frozen=True)
class _Draft:
    """The operations of a piece; what they make, and what they take from outside."""

    nodes: tuple[int, ...]
    makes: frozenset[str]
    takes: tuple[str, ...]


def _draft(graph: Graph, group: frozenset[int]) -> _Draft:
    makes = frozenset(name for i in group for name in graph.nodes[i].output if name)
    nodes, waiting = set(group), sorted(group)
    takes: dict[str, None] = {}
    shapes: dict[str, None] = {}
    while waiting:
        i = waiting.pop()
        measured = not any(map(graph.is_value, graph.nodes[i].output))
        for name in graph.reads[i]:
            if name in makes:
                continue
            if graph.is_value(name):
                (shapes if measured else takes)[name] = None
            elif name in graph.maker and graph.maker[name] not in nodes:
                nodes.add(graph.maker[name])
                waiting.append(graph.maker[name])
    wanted = [*takes, *(f"{name}{SHAPE}" for name in shapes if name not in takes)]
    return _Draft(tuple(sorted(nodes)), makes, tuple(sorted(wanted)))


def _piece(graph: Graph, draft: _Draft, end: str, later: Sequence[_Draft]) -> Piece:
    wanted = {name for other in later for name in other.takes} | set(graph.outputs.values())
    passed = {name for name in wanted if name in draft.makes}
    passed |= {name for name in wanted if name.removesuffix(SHAPE) in draft.makes}
    return Piece(draft.takes, (end, *sorted(passed - {end})), draft.nodes)


def as_model(graph: Graph, piece: Piece) -> Any:
    """The `onnx.ModelProto` of a piece, the first size of all it takes left free."""
    onnx = onnx_package()
    model = type(graph.proto)(ir_version=graph.proto.ir_version)
    model.opset_import.extend(graph.proto.opset_import)
    own = model.graph
    own.name = "piece"
    made = {name for i in piece.nodes for name in graph.nodes[i].output}
    taken = set(piece.inputs)
    for i in piece.nodes:
        node = graph.nodes[i]
        source = node.input[0] if node.op_type in ("Shape", "Size") else ""
        known = not source or source in made or source in taken or not graph.is_value(source)
        own.node.extend([node] if known else _from_shape(onnx, node, own))
    for name in piece.outputs:
        if name.endswith(SHAPE):
            own.node.append(onnx.helper.make_node("Shape", [name.removesuffix(SHAPE)], [name]))
    _add_initializers(graph, piece, own)
    own.input.extend(_value_info(onnx, graph, name) for name in piece.inputs)
    own.output.extend(onnx.ValueInfoProto(name=name) for name in piece.outputs)
    return model


def _add_initializers(graph: Graph, piece: Piece, own: Any) -> None:
    for name in dict.fromkeys(name for i in piece.nodes for name in graph.reads[i]):
        tensor = graph.initializers.get(name)
        if tensor is not None:
            dense = hasattr(tensor, "raw_data")
            (own.initializer if dense else own.sparse_initializer).append(tensor)


def _value_info(onnx: Any, graph: Graph, name: str) -> Any:
    make = onnx.helper.make_tensor_value_info
    if name.endswith(SHAPE):
        return make(name, onnx.TensorProto.INT64, [None])
    kind = graph.types[name]
    shape = [None, *kind.shape[1:]] if kind.shape else None
    return make(name, kind.element, shape)


def _from_shape(onnx: Any, node: Any, own: Any) -> list[Any]:
    """Shape or Size of a tensor of which only the shape has been passed on."""
    shape, made = f"{node.input[0]}{SHAPE}", node.output[0]
    make = onnx.helper.make_node
    if node.op_type == "Size":
        return [make("ReduceProd", [shape], [made], keepdims=0)]
    ends = {attribute.name: attribute.i for attribute in node.attribute}
    bounds = [f"{made}::start", f"{made}::end"]
    for name, value in zip(bounds, (ends.get("start", 0), ends.get("end", 2**31)), strict=True):
        own.initializer.append(onnx.helper.make_tensor(name, onnx.TensorProto.INT64, [1], [value]))
    return [make("Slice", [shape, *bounds], [made])]
