"""Where an ONNX graph can be looked at: the tensors that everything passes through, and the names
that people know tensors by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from backlight.errors import LayerError, did_you_mean
from backlight.models.onnx.graph import Graph
from backlight.models.onnx.rounding import FLOAT
from backlight.models.onnx.sessions import FLOATS

# Change each value by itself (or by what stands at its channel): a map before one of them is not
# yet what the network makes of it, as a convolution's is before its activation.
_POINTWISE: Final = frozenset(
    (
        *("Abs", "Add", "BatchNormalization", "Cast", "Celu", "Clip", "Div", "Dropout", "Elu"),
        *("Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Log"),
        *("Max", "Min", "Mish", "Mul", "Neg", "PRelu", "Pow", "Relu", "Selu", "Sigmoid"),
        *("Softplus", "Softsign", "Sqrt", "Sub", "Tanh", "ThresholdedRelu"),
        *("DequantizeLinear", "QuantizeLinear", "DynamicQuantizeLinear"),
    )
)
_POOLS: Final = frozenset(("AveragePool", "MaxPool", "LpPool"))
# After these no positions are left.
_GLOBAL: Final = frozenset(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"))
_MAKERS_OF_MAPS: Final = frozenset(
    (
        *("Conv", "ConvTranspose", "BatchNormalization", "InstanceNormalization"),
        *("Resize", "Upsample", "DepthToSpace", "SpaceToDepth", "LRN", *_POOLS),
    )
)

Origin = Literal["map", "pool", ""]


def boundaries(graph: Graph) -> list[str]:
    """The tensors that every path from the image to the outputs passes through, in order: feature
    maps and tokens, the pointwise operations that follow them done.

    Outputs that are finished earlier do not count as paths.
    """
    found: list[str] = []
    for tensor, following in _narrow_places(graph):
        if found and all(graph.nodes[i].op_type in _POINTWISE for i in following):
            found.pop()
        found.append(tensor)
    results = set(graph.outputs.values())
    return [
        tensor
        for tensor in found
        if graph.is_map(tensor)
        and tensor not in results
        and not any(node.op_type in _GLOBAL for node in _before(graph, tensor))
        and _all_is_read(graph, tensor)
    ]


def _all_is_read(graph: Graph, tensor: str) -> bool:
    """False for tokens (images, tokens, channels) of which only one is read: what follows works on
    each by itself and then picks one, the class token."""
    if len(graph.types[tensor].shape) != 3:
        return True
    waiting, seen = [tensor], {tensor}
    while waiting:
        name = waiting.pop()
        if name in graph.outputs.values():
            return True
        for node in graph.consumers(name):
            if _picks_one(graph, node, name):
                continue
            if not _is_per_token(graph, node, name):
                return True
            waiting += set(node.output) - seen
            seen.update(node.output)
    return False


def _picks_one(graph: Graph, node: Any, tokens: str) -> bool:
    if node.op_type not in ("Gather", "Slice") or node.input[0] != tokens:
        return False
    before, after = graph.types[tokens].shape, graph.types[node.output[0]].shape
    return after in ((before[0], before[2]), (before[0], 1, before[2]))


def _is_per_token(graph: Graph, node: Any, tokens: str) -> bool:
    if node.op_type == "MatMul":
        return node.input[0] == tokens and graph.kinds.get(node.input[1]) == "constant"
    if node.op_type == "ReduceMean":  # over channels, in a normalisation written out
        return graph.types[node.output[0]].shape == (*graph.types[tokens].shape[:2], 1)
    return node.op_type in _POINTWISE or node.op_type == "LayerNormalization"


def _narrow_places(graph: Graph) -> Iterator[tuple[str, list[int]]]:
    """Every tensor that is the only one between what is before and after it, with the
    operations since the last such."""
    path = [
        i for i in sorted(graph.needed) if "image" in map(graph.kinds.get, graph.nodes[i].output)
    ]
    last: dict[str, int] = {}
    for i in path:
        last |= {name: i for name in graph.reads[i] if graph.kinds.get(name) == "image"}
    live = {graph.image}
    since: list[int] = []
    for i in path:
        since.append(i)
        live = {name for name in live if last.get(name, -1) > i}
        live |= {name for name in graph.nodes[i].output if last.get(name, -1) > i}
        if len(live) == 1 and graph.image not in live:
            yield next(iter(live)), since
            since = []


def _before(graph: Graph, tensor: str) -> Iterator[Any]:
    """What made a tensor, back through pointwise operations to the first that is none."""
    while tensor in graph.maker:
        node = graph.nodes[graph.maker[tensor]]
        yield node
        if node.op_type not in _POINTWISE:
            return
        tensor = next((n for n in node.input if graph.kinds.get(n) == "image"), "")


def origin(graph: Graph, tensor: str) -> Origin:
    """What kind of operation made a tensor: one whose result is a map (images, channels, height,
    width) for certain, a pooling one, or another."""
    last = list(_before(graph, tensor))
    kind = last[-1].op_type if last else ""
    if kind in _POOLS:
        return "pool"
    first = any(node.op_type in _MAKERS_OF_MAPS for node in last)
    return "map" if first and len(graph.types[tensor].shape) == 4 else ""


def labels(graph: Graph, tensors: Sequence[str]) -> dict[str, str]:
    """What to call tensors: by the operation that makes them, where it has a name of its own, else
    by their own names."""
    counts = Counter(node.name for node in graph.nodes)
    found: dict[str, str] = {}
    for tensor in tensors:
        node = graph.nodes[graph.maker[tensor]]
        if tensor.endswith(FLOAT):  # called after the operation whose result was rounded
            own = tensor.removesuffix(FLOAT)
            node = graph.nodes[graph.maker[own]] if own in graph.maker else node
        name = node.name.removesuffix("::rounding")
        single = len(node.output) == 1 and counts[node.name] == 1
        found[tensor] = name if name and single and name not in found.values() else tensor
    return found


def find(graph: Graph, asked: str) -> str:
    """The tensor that an operation's or a tensor's name stands for, to cut at.

    What is rounded is taken dequantised.

    Raises:
        LayerError: there is no such name (the nearest is given), or it is no tensor of
            floating-point numbers between the image and the outputs.
    """
    for tensor in _meant(graph, asked):
        if graph.types[tensor].element not in FLOATS:
            continue
        if graph.kinds[tensor] != "image":
            raise LayerError(f"layer {asked!r} does not depend on the image {graph.image!r}")
        if tensor in graph.outputs.values():
            raise LayerError(f"layer {asked!r} is the output itself: give one that comes before")
        if graph.maker[tensor] not in graph.needed:
            raise LayerError(f"layer {asked!r} leads to none of the outputs that are explained")
        return tensor
    known = [name for node in graph.nodes for name in (node.name, *node.output) if name]
    if asked not in known:
        raise LayerError(f"no layer {asked!r} in this file{did_you_mean(asked, known)}")
    raise LayerError(
        f"layer {asked!r} holds no floating-point numbers: give one that does; "
        f"the last ones are {', '.join(_last_names(graph))}"
    )


def _meant(graph: Graph, asked: str) -> Iterator[str]:
    own = [name for node in graph.nodes if node.name == asked for name in node.output]
    for tensor in [asked] if asked in graph.maker else own:
        yield tensor
        for node in graph.consumers(tensor):
            if node.op_type == "DequantizeLinear" and node.input[0] == tensor:
                yield node.output[0]


def _last_names(graph: Graph) -> list[str]:
    tensors = boundaries(graph)
    return list(labels(graph, tensors).values())[-3:]
