"""What a model's layers return: one inference run in which every module is watched."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backlight.explanations.capture import capture
from backlight.explanations.grid import Layout, read_layout
from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.explanations.tensors import is_float, main_tensor, walk


@dataclass
class Seen:
    """One tensor that modules returned during the run; several may have returned the same one.

    Attributes:
        names: the modules' dotted names, the innermost first.
        shape: of the tensor.
        layout: how it is read as feature maps; None without spatial extent.
        pooled: whether a pooling module made it.
        inner: whether only a module without children returned it.
        reaches: whether the output depends on the positions of the grid. In a transformer that
            reads its class token only, the last block's patch tokens lead nowhere.
    """

    names: list[str]
    shape: tuple[int, ...]
    pooled: bool = False
    inner: bool = True
    is_output: bool = False
    layout: Layout | None = None
    reaches: bool = True
    _tensor: Any = field(default=None, repr=False)
    _version: int = 0

    @property
    def name(self) -> str:
        """The outermost module that returned it, which people know best: `layer4`."""
        return self.names[-1]


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


@dataclass(frozen=True, eq=False)
class Survey:
    """All tensors in the order they were made, the grids of the maps among them, and the work."""

    seen: tuple[Seen, ...]
    grids: frozenset[tuple[int, int]]
    work: Work

    def prefers_channels_last(self, inputs: Inputs) -> bool:
        """Whether convolutions run faster with the channels last in memory.

        On a processor they do (oneDNN), but every call lays kernels out again. That pays where
        each weight is used at many positions; measured on VGG, ResNet, DenseNet, MobileNet and
        EfficientNet, the two are even at about 650.
        """
        image = inputs.image
        return (
            image.device.type == "cpu"
            and image.dtype == torch.float32
            and self.work.products * len(image) > 650 * self.work.weights
        )

    def find(self, name: str) -> Seen | None:
        """What the module of this name returned last."""
        return next((seen for seen in reversed(self.seen) if name in seen.names), None)


_surveys: weakref.WeakKeyDictionary[nn.Module, dict[Any, Survey]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def survey(replica: Replica, inputs: Inputs) -> Survey:
    """The survey of this model on inputs of this size; made once and remembered while the model
    lives and keeps its modules."""
    key = replica.fingerprint, tuple(inputs.image.shape[1:])
    with _lock:
        known = _surveys.setdefault(replica.original, {}).get(key)
    if known is None:
        known = _made(replica.original, inputs)
        with _lock:
            of_model = _surveys[replica.original]
            of_model.clear()
            of_model[key] = known
    return known


def _made(module: nn.Module, inputs: Inputs) -> Survey:
    # Layers are the same for every image, so one is enough, unless the batch size is fixed.
    try:
        seen, work = _watch(Replica(module), inputs.first)
        inputs = inputs.first
    except Exception:
        if inputs.image.shape[0] == 1:
            raise
        seen, work = _watch(Replica(module), inputs)
    size = inputs.size
    flat = {entry.shape[1] for entry in seen if len(entry.shape) == 3}
    grids = set()
    for entry in seen:
        if len(entry.shape) == 4 and not _is_attention(entry.shape, flat):
            entry.layout = read_layout(entry.shape, size)
            if entry.layout and entry.layout.positions > 1:
                grids.add((entry.layout.height, entry.layout.width))
    for entry in seen:
        if len(entry.shape) == 3:
            entry.layout = read_layout(entry.shape, size, grids)
    _mark_unreachable(Replica(module), inputs, seen)
    return Survey(tuple(seen), frozenset(grids), work)


def _is_attention(shape: tuple[int, ...], token_counts: set[int]) -> bool:
    """Attention weights, (B, heads, tokens, tokens), look like maps but are none."""
    return shape[2] == shape[3] and shape[2] in token_counts


def _watch(replica: Replica, inputs: Inputs) -> tuple[list[Seen], Work]:
    seen: list[Seen] = []
    work = Work()

    def watching(name: str, pooling: bool, is_leaf: bool) -> Any:
        def watch(module: nn.Module, _inputs: Any, output: Any) -> None:
            tensor = main_tensor(output)
            if tensor is None or not name:
                return
            if isinstance(module, nn.Conv2d):
                work.count(module, tensor)
            last = seen[-1] if seen else None
            if (
                last is None
                or last._tensor is None
                or last._tensor() is not tensor
                or last._version != tensor._version
            ):
                last = Seen([], tuple(tensor.shape))
                last._tensor, last._version = weakref.ref(tensor), tensor._version
                seen.append(last)
            last.names.append(name)
            last.pooled |= pooling
            last.inner &= is_leaf

        return watch

    for name, module in replica.module.named_modules():
        is_leaf = next(module.children(), None) is None
        replica.hook(module, watching(name, "Pool" in type(module).__name__, is_leaf))
    with torch.no_grad():
        output = inputs.run(replica.module, inputs.image.clone())
    returned = {id(tensor) for _, tensor in walk(output)}
    for entry in seen:
        tensor = entry._tensor()
        entry.is_output = tensor is not None and id(tensor) in returned
        entry._tensor = None
    return seen, work


def _mark_unreachable(replica: Replica, inputs: Inputs, seen: list[Seen]) -> None:
    """Find the grids whose positions the output does not depend on, by one backward pass."""
    maps = {entry.name: entry for entry in seen if entry.layout and not entry.is_output}
    if not maps:
        return
    run = capture(replica, inputs, list(maps))
    # Any output will do; different factors keep a softmax's constant sum from cancelling.
    probe = [
        (tensor * torch.linspace(-1.0, 1.0, tensor.numel()).to(tensor).view_as(tensor)).sum()
        for _, tensor in walk(run.output)
        if is_float(tensor) and tensor.requires_grad
    ]
    for entry in maps.values():
        entry.reaches = bool(probe)
    if not probe:
        return
    wrt = [run.cuts[name] for name in maps]
    total = torch.stack([part.float() for part in probe]).sum()
    found = torch.autograd.grad(total, wrt, allow_unused=True)
    for entry, gradient in zip(maps.values(), found, strict=True):
        assert entry.layout is not None
        entry.reaches = gradient is not None and bool(entry.layout.maps(gradient).any())
