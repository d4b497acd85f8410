"""Exchanged backward rules: guided backpropagation and the deconvnet, on autograd's own graph.

The graph that autograd recorded names every operation. A rule is hung onto the nodes of the
rectifiers in it, so it meets `nn.ReLU`, `F.relu`, `x.relu()`, in-place and re-used ones,
`torch.clamp(min=0)` and ReLU6 alike, and the model is not touched: the graph belongs to one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode

from backlight.errors import MethodError

Gradients = tuple[Tensor | None, ...]

# What autograd calls the operations that let positive values pass and hold negative ones back.
# The sharp ones first; then the smooth and leaky ones, which hold back softly.
RECTIFIERS = frozenset(
    (
        *("Relu", "Threshold", "Hardtanh", "Clamp", "ClampMin", "Maximum", "Fmax"),
        *("LeakyRelu", "PreluKernel", "RreluWithNoise", "Elu", "Celu"),
        *("Gelu", "Silu", "Mish", "Softplus", "Hardswish"),
    )
)
# Functions written in Python (memory-saving swish units, for one) are known by their names.
_WORDS = ("relu", "gelu", "selu", "celu", "silu", "swish", "mish", "softplus")
# What is inside these is not in the graph: their rectifiers would silently be missed.
_OPAQUE = {
    "CheckpointFunction": "a checkpointed block (reentrant activation checkpointing): "
    "switch checkpointing off",
    "CompiledFunction": "a compiled part of the model: give the model as it was before "
    "torch.compile",
    "DifferentiableGraph": "a function compiled by torch.jit.script: give the plain function",
}
# Those that can work in place: asked with inplace=True, or in a form that ends in an underscore.
_ASKED_TO = frozenset(
    (
        *("relu", "relu6", "threshold", "_threshold", "hardtanh", "leaky_relu", "rrelu"),
        *("elu", "selu", "celu", "silu", "mish", "hardswish"),
    )
)
_IN_PLACE = frozenset(f"{name}_" for name in (*_ASKED_TO, "clamp", "clamp_min", "clip"))


@dataclass(frozen=True)
class Rule:
    """What happens to a gradient at a rectifier instead of the chain rule.

    Attributes:
        name: as in `method=`.
        hang: puts the rule on one node of the graph.
        source: where it was published.
    """

    name: str
    hang: Callable[[Any], None]
    source: str


def _positive(gradients: Gradients) -> Gradients:
    return tuple(None if g is None else g.clamp(min=0) for g in gradients)


def _hang_guided(node: Any) -> None:
    """Only what is positive enters; then the unit's own derivative acts as always."""
    node.register_prehook(_positive)


def _hang_deconvnet(node: Any) -> None:
    """Only what is positive passes, whatever the unit saw on the way forward."""
    edges = [edge for edge, _ in node.next_functions]
    place = next(index for index, edge in enumerate(edges) if edge is not None)

    def passed(before: Gradients, after: Gradients) -> Gradients:
        (positive,) = _positive(after[:1])
        if positive is not None and before[place] is not None:
            positive = positive.sum_to_size(before[place].shape)  # type: ignore[union-attr]
        return tuple(positive if index == place else None for index in range(len(before)))

    node.register_hook(passed)


GUIDED = Rule(
    "guided-backprop",
    _hang_guided,
    "Springenberg et al. 2015, arXiv 1412.6806, section 3.4",
)
DECONVNET = Rule(
    "deconvnet",
    _hang_deconvnet,
    "Zeiler and Fergus 2014, arXiv 1311.2901, section 2.1",
)


class Revealed(TorchFunctionMode):
    """Rectifiers that work in place on a view are recorded as themselves.

    Of `y.view(…).relu_()` the graph only says that a part of `y` was changed, not by what; and the
    output of a linear layer on tokens is such a view. Under this mode the unit works out of
    place and its result is written back: the same values, the same derivative, but visible to
    `exchange`. The forward pass whose graph a rule is to be hung onto runs under it.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name not in _IN_PLACE and not (name in _ASKED_TO and kwargs.get("inplace")):
            return func(*args, **kwargs)
        tensor = args[0] if args else kwargs.get("input")
        if not (isinstance(tensor, Tensor) and tensor._is_view()):
            return func(*args, **kwargs)
        # The unit may keep what it was given, which is about to be written over.
        args, kwargs = (
            (tensor.clone(), *args[1:]),
            {k: v for k, v in kwargs.items() if k != "input"},
        )
        if name in _IN_PLACE:
            return tensor.copy_(_out_of_place(name.removesuffix("_"))(*args, **kwargs))
        return tensor.copy_(func(*args, **{**kwargs, "inplace": False}))


def _out_of_place(name: str) -> Any:
    homes = (torch, Tensor, torch._C._nn)
    return next(getattr(home, name) for home in homes if hasattr(home, name))


def exchange(roots: Sequence[Tensor], rule: Rule, outputs: Sequence[Tensor] = ()) -> int:
    """Hang the rule onto every rectifier that the roots of the scores depend on.

    Met are ReLU, ReLU6, hardtanh and threshold units, clamps whose lower bound is 0 or less,
    `torch.maximum` (and `fmax`) with constant zeros, leaky ReLU, PReLU, RReLU, ELU, SELU, CELU,
    GELU, SiLU, Mish, softplus, hard-swish, as modules, functions, methods, or in place (on views
    where the forward pass ran under `Revealed`); and Python functions named after one of them.

    Not met, because the graph does not say what they are: `torch.where(x > 0, x, 0)` and
    `x * (x > 0)`, of which it keeps a mask that could be any; products written out, such as
    `x * torch.sigmoid(x)`, which look like any gate; maxout and max pooling, which choose among
    values. A clamp with a positive lower bound guards a division and is left alone.

    Args:
        roots: the tensors that the way back starts from.
        rule: what is hung.
        outputs: what the network returned. Rectifiers after it, such as the clamp in the overlap
            of two boxes, are a part of the score, not of the network, and left alone.

    Returns:
        How many rectifiers were met.

    Raises:
        MethodError: none was met, so the result would be the plain gradient under another name;
            or a part of the network hides its operations.
    """
    met = 0
    inside = set(_nodes(outputs))
    for node in _nodes(roots):
        if outputs and node not in inside:
            continue
        kind = node.name().rpartition("::")[2].partition("Backward")[0]
        if kind in _OPAQUE:
            raise MethodError(f"{rule.name} cannot see into {_OPAQUE[kind]}")
        if _rectifies(kind, node):
            rule.hang(node)
            met += 1
    if not met:
        raise MethodError(
            f"{rule.name} met no rectifier (ReLU, ReLU6, leaky ReLU, GELU, SiLU, …) between the "
            "score and the input: it would be the plain gradient; use method='gradient'"
        )
    return met


def _rectifies(kind: str, node: Any) -> bool:
    if isinstance(node, BackwardCFunction):
        return any(word in kind.lower() for word in _WORDS)
    if kind in ("Clamp", "ClampMin"):
        low = node._saved_min
        return low is not None and bool((torch.as_tensor(low) <= 0).all())
    if kind in ("Maximum", "Fmax"):
        (one, _), (other, _) = node.next_functions
        zeros = node._saved_self if one is None else node._saved_other if other is None else None
        return zeros is not None and not bool(zeros.any())
    return kind in RECTIFIERS


def _nodes(roots: Sequence[Tensor]) -> Iterator[Any]:
    waiting = [root.grad_fn for root in roots]
    seen = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        waiting.extend(next_node for next_node, _ in node.next_functions)
