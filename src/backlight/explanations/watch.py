"""One run in which every module is watched: what each returned, and which return the same."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backlight.explanations.grid import Layout, Order
from backlight.explanations.replica import Replica
from backlight.explanations.tensors import is_float, main_tensor, walk

_MAKERS_OF_MAPS = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d)


@dataclass(eq=False)
class Seen:
    """One tensor that modules returned during the run; several may have returned the same one.

    Attributes:
        names: the modules' dotted names, the innermost first, as far as their last run counts.
        shape: of the tensor.
        order: where its channels are, if the kind of module tells.
        layout: how it is read as feature maps; None without spatial extent, and where the
            tensor does not come from the image (a question's words, a table of positions).
        pooled: whether a pooling module made it, or a part of one.
        norm: whether a normalising module made it.
        inner: whether only a module without children returned it.
        is_output: whether it is the model's own output.
        reaches: whether the output depends on the positions of the grid. In a transformer that
            reads its class token only, the last block's patch tokens lead nowhere.
        apart: whether it is a sequence of something else than places in the picture: words, or
            the boxes that a detector may find.
    """

    names: list[str]
    shape: tuple[int, ...]
    order: Order | None = None
    pooled: bool = False
    norm: bool = False
    inner: bool = True
    is_output: bool = False
    layout: Layout | None = None
    reaches: bool = True
    apart: bool = False
    _tensor: Any = field(default=None, repr=False)
    _version: int = 0
    _edge: Any = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The outermost module that returned it, which people know best: `layer4`."""
        return self.names[-1]

    def is_of(self, tensor: Tensor) -> bool:
        """Whether `tensor` is the one seen, and unchanged since."""
        return (
            self._tensor is not None
            and self._tensor() is tensor
            and self._version == _version(tensor)
        )


@dataclass
class Work:
    """What the convolutions of one run cost, for one image.

    Attributes:
        products: multiplications.
        weights: of kernels larger than 1×1 that join channels.
    """

    products: int = 0
    weights: int = 0

    def count(self, module: nn.Conv2d, output: Tensor) -> None:
        self.products += module.weight[0].numel() * output[0].numel()
        if module.groups < module.in_channels and module.kernel_size != (1, 1):
            self.weights += module.weight.numel()


class Watch:
    """Writes down what every module of a replica returns, until it is closed."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.seen: list[Seen] = []
        self.work = Work()
        self.runs: Counter[str] = Counter()
        self.again: dict[str, Seen] = {}
        self._last: Seen | None = None
        self._latest: dict[str, Seen | None] = {}
        self._closed = False
        modules = dict(replica.module.named_modules())
        pools = [f"{name}." for name, m in modules.items() if name and _pools(m) and _small(m)]
        for name, module in modules.items():
            if name:
                inside = name.startswith(tuple(pools))
                replica.hook(module, self._watcher(name, inside))

    def _watcher(self, name: str, in_pool: bool) -> Any:
        def watch(module: nn.Module, arguments: Any, output: Any) -> None:
            if self._closed:  # checkpointed blocks run once more during the backward pass
                return
            self.runs[name] += 1
            tensor = main_tensor(output)
            if tensor is None or tensor.is_nested or tensor.layout != torch.strided:
                self._last = None
                return
            if isinstance(module, nn.Conv2d):
                self.work.count(module, tensor)
            known = next((entry for entry in reversed(self.seen) if entry.is_of(tensor)), None)
            if known is not None and any(argument is tensor for argument in arguments):
                return  # It only passes on what it was given.
            self._last = self._noted(module, name, tensor, known, _is_all(output, tensor))
            self._latest[name] = self._last
            if self._last is not None:
                self._last.pooled |= in_pool or (_pools(module) and self._pooled(arguments, tensor))
                self._last.inner &= next(module.children(), None) is None

        return watch

    def _noted(
        self, module: nn.Module, name: str, tensor: Tensor, known: Seen | None, is_all: bool
    ) -> Seen | None:
        if known is None:
            norm = "Norm" in type(module).__name__
            entry = Seen([name], tuple(tensor.shape), _order(module), norm=norm)
            entry._tensor, entry._version = weakref.ref(tensor), _version(tensor)
            if tensor.requires_grad:
                entry._edge = torch.autograd.graph.get_gradient_edge(tensor)
            self.seen.append(entry)
            return entry
        # To cut at an outer module is to cut at the inner one only if nothing has been made of
        # the tensor in between, neither by a module nor beside it in the same result.
        if known is self._last and is_all:
            known.names.append(name)
            return known
        self.again[name] = known
        return None

    def _pooled(self, arguments: Any, tensor: Tensor) -> bool:
        """Whether a pooling module really pooled, or was given what had been pooled before."""
        before = arguments[0] if arguments else None
        if not isinstance(before, Tensor) or before.shape[1:] != tensor.shape[1:]:
            return True
        return any(entry.pooled and entry.is_of(before) for entry in self.seen)

    def close(self, scores: Sequence[Tensor]) -> None:
        """Stop watching. Of a module that ran several times, the last run counts."""
        self._closed = True
        for tensor in scores:
            for entry in self.seen:
                entry.is_output |= entry.is_of(tensor)
        for entry in self.seen:
            entry.names = [name for name in entry.names if self._latest[name] is entry]
        self.seen = [entry for entry in self.seen if entry.names]
        self.again = {
            name: entry
            for name, entry in self.again.items()
            if self._latest[name] is None and entry.names
        }


def _version(tensor: Tensor) -> int:
    """How often it was written to; what a model makes under inference_mode does not count."""
    return 0 if tensor.is_inference() else tensor._version


def _order(module: nn.Module) -> Order | None:
    # By name too: frozen batch norms, layer norms over channels, convolutions of one's own.
    if isinstance(module, _MAKERS_OF_MAPS) or type(module).__name__.endswith(("Conv2d", "Norm2d")):
        return "channels first"
    return "channels last" if type(module) in (nn.Linear, nn.LayerNorm) else None


def _pools(module: nn.Module) -> bool:
    kind = type(module).__name__
    return "Pool" in kind and "PoolFormer" not in kind


def _small(module: nn.Module) -> bool:
    """A pooling module proper, rather than a network that ends in pooling."""
    return not any(isinstance(part, nn.Conv2d) for part in module.modules())


def _is_all(output: Any, tensor: Tensor) -> bool:
    """Whether a module's result holds no other floating-point tensor than this."""
    return all(entry is tensor for _, entry in walk(output) if is_float(entry))
