"""Exchanged backward rules: guided backpropagation and the deconvnet, on autograd's own graph.

The graph that autograd recorded names every operation. A rule is hung onto the nodes of the
rectifiers in it, so it meets `nn.ReLU`, `F.relu`, `x.relu()`, in-place and re-used ones,
`torch.clamp(min=0)` and ReLU6 alike, and the model is not touched: the graph belongs to one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from backlight.errors import MethodError

Gradients = tuple[Tensor | None, ...]

# What autograd calls the operations that let positive values pass and hold negative ones back.
# The sharp ones first; then the smooth and leaky ones, which hold back softly.
RECTIFIERS = frozenset(
    (
        *("Relu", "Threshold", "Hardtanh", "Clamp", "ClampMin"),
        *("LeakyRelu", "PreluKernel", "RreluWithNoise", "Elu", "Celu"),
        *("Gelu", "Silu", "Mish", "Softplus", "Hardswish"),
    )
)
# The inside of a checkpointed block is not in the graph: its rectifiers would silently be missed.
_OPAQUE = frozenset(("CheckpointFunction",))


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

    def passed(_before: Gradients, after: Gradients) -> Gradients:
        count = len(_before)
        return (*_positive(after[:1]), *([None] * (count - 1)))

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


def exchange(roots: Sequence[Tensor], rule: Rule) -> int:
    """Hang the rule onto every rectifier that the roots of the scores depend on.

    Returns:
        How many rectifiers were met.

    Raises:
        MethodError: none was met, so the result would be the plain gradient under another name;
            or a part of the network hides its operations.
    """
    met = 0
    for node in _nodes(roots):
        kind = node.name().partition("Backward")[0]
        if kind in _OPAQUE:
            raise MethodError(
                f"{rule.name} cannot see into a checkpointed block (reentrant activation "
                "checkpointing): switch checkpointing off"
            )
        if kind in RECTIFIERS and not _only_bounded_above(kind, node):
            rule.hang(node)
            met += 1
    if not met:
        raise MethodError(
            f"{rule.name} met no rectifier (ReLU, ReLU6, leaky ReLU, GELU, SiLU, …) between the "
            "score and the input: it would be the plain gradient; use method='gradient'"
        )
    return met


def _only_bounded_above(kind: str, node: Any) -> bool:
    """`clamp(max=6)` alone holds nothing negative back."""
    return kind == "Clamp" and node._saved_min is None


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
