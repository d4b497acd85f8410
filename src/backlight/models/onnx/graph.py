"""The graph of an ONNX file: what is computed from what, and what depends on the image."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from backlight.models.onnx.sessions import FLOATS, TensorType

Kind = Literal["constant", "sizes", "value", "image"]
# Read a tensor's shape, never its values.
_OF_SHAPE: Final = ("Shape", "Size")


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph of operations, in an order in which they can be computed.

    Attributes:
        proto: the model it belongs to.
        nodes: the operations.
        types: of every input and everything computed.
        outputs: by the file's name of an output, the tensor it is read from.
        image: the input that is looked at.
    """

    proto: Any
    nodes: tuple[Any, ...]
    types: Mapping[str, TensorType]
    outputs: Mapping[str, str]
    image: str

    @functools.cached_property
    def inputs(self) -> dict[str, Any]:
        """What the file is fed, by name; initializers may stand among its inputs too."""
        return {i.name: i for i in self.proto.graph.input if i.name not in self.initializers}

    @functools.cached_property
    def initializers(self) -> dict[str, Any]:
        graph = self.proto.graph
        sparse = {tensor.values.name: tensor for tensor in graph.sparse_initializer}
        return {**{tensor.name: tensor for tensor in graph.initializer}, **sparse}

    @functools.cached_property
    def maker(self) -> dict[str, int]:
        """By tensor, the number of the operation that computes it."""
        return {name: i for i, node in enumerate(self.nodes) for name in node.output if name}

    @functools.cached_property
    def reads(self) -> tuple[tuple[str, ...], ...]:
        """Per operation, the tensors it reads, also from inside its branches and loops."""
        return tuple(tuple(dict.fromkeys(reads_of(node))) for node in self.nodes)

    @functools.cached_property
    def kinds(self) -> dict[str, Kind]:
        """What every computed tensor depends on: nothing ("constant"), the sizes of other tensors
        only, the values of other inputs, or those of the image."""
        found: dict[str, Kind] = dict.fromkeys(self.initializers, "constant")
        found |= {name: "image" if name == self.image else "value" for name in self.inputs}
        order: tuple[Kind, ...] = ("constant", "sizes", "value", "image")
        for node, reads in zip(self.nodes, self.reads, strict=True):
            kind = max(
                (found.get(name, "constant") for name in reads), key=order.index, default=order[0]
            )
            if node.op_type in _OF_SHAPE and kind != "constant":
                kind = "sizes"
            found |= {name: kind for name in node.output if name}
        return found

    @functools.cached_property
    def needed(self) -> frozenset[int]:
        """The operations that some output depends on."""
        return self.ancestors(self.outputs.values())

    def ancestors(self, tensors: Iterable[str]) -> frozenset[int]:
        """The operations that these tensors depend on, in values or in sizes."""
        found: set[int] = set()
        waiting = [self.maker[name] for name in tensors if name in self.maker]
        while waiting:
            i = waiting.pop()
            if i not in found:
                found.add(i)
                waiting += [self.maker[name] for name in self.reads[i] if name in self.maker]
        return frozenset(found)

    def is_value(self, tensor: str) -> bool:
        """Whether it depends on values of the inputs, so that it is computed once and passed on;
        everything else is computed wherever it is read."""
        return self.kinds.get(tensor) in ("value", "image")

    def is_map(self, tensor: str) -> bool:
        """Whether it may be read as feature maps or tokens of the image."""
        kind = self.types.get(tensor, TensorType(None))
        return (
            self.kinds.get(tensor) == "image"
            and kind.element in FLOATS
            and len(kind.shape) in (3, 4)
        )

    def consumers(self, tensor: str) -> list[Any]:
        """The operations that read a tensor."""
        return [self.nodes[i] for i in self._readers.get(tensor, ())]

    @functools.cached_property
    def _readers(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for i, reads in enumerate(self.reads):
            for name in reads:
                found.setdefault(name, []).append(i)
        return found


def reads_of(node: Any) -> Iterator[str]:
    """The tensors an operation reads: its inputs, and what its branches take from around them."""
    yield from (name for name in node.input if name)
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs) if attribute.type in (5, 10) else ():
            own = {entry.name for entry in (*graph.input, *graph.initializer)}
            for inner in graph.node:
                yield from (name for name in reads_of(inner) if name not in own)
                own.update(inner.output)
            yield from (entry.name for entry in graph.output if entry.name not in own)
