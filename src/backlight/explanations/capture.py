"""Run the model once, cut at layers, and differentiate scores by what was cut.

What lies before the first cut runs as plain inference: nothing in it requires a gradient, so
autograd records nothing. From the cut on, the graph is recorded, for inputs only, never for
parameters. The cut is made on a private replica (`replica.py`), so the model is left untouched.
"""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backlight.errors import LayerError, OutputError
from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.explanations.tensors import main_tensor, replaced, walk

# The gradients of many targets are swept back together while they fit in this much memory.
_BATCHED_BYTES = 64 * 2**20


@dataclass
class Capture:
    """One forward pass, held open for differentiation.

    Attributes:
        output: what the model returned, its structure kept.
        pixels: the image the gradient can be taken by, (B, C, H, W); None unless asked for, or
            where the image is integers.
        cuts: by layer name, the layer's raw output inside the graph. Of a layer that runs
            several times, the last run counts.
    """

    output: Any
    pixels: Tensor | None
    cuts: dict[str, Tensor] = field(default_factory=dict)


@contextlib.contextmanager
def untraced() -> Iterator[None]:
    """Gradients on and inference mode off, whatever the caller's modes are."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def capture(
    replica: Replica,
    inputs: Inputs,
    layers: Sequence[str] = (),
    *,
    by_pixels: bool = False,
    memory_format: torch.memory_format = torch.preserve_format,
    runs: Mapping[str, int] | None = None,
) -> Capture:
    """Run the replica on the inputs, cut at each of `layers`; `memory_format` is the image's.

    A layer downstream of another cut, or of pixels that a gradient is wanted by, stays connected
    to it; otherwise its output becomes a leaf and everything before it is plain inference. `runs`
    tells how often layers run, as far as that is known: then only the last run is cut.

    Raises:
        LayerError: a layer was never run, or returned no floating-point tensor.
    """
    cuts = {name: _Cut(name, (runs or {}).get(name, 1)) for name in layers}
    for name, cut in cuts.items():
        cut.hang(replica, replica.module.get_submodule(name))
    # The model gets a copy, so one that normalises its input in place leaves the caller's alone.
    by_pixels = by_pixels and inputs.image.is_floating_point()
    pixels = inputs.image.detach().clone().requires_grad_() if by_pixels else None
    image = (inputs.image if pixels is None else pixels).clone(memory_format=memory_format)
    output = inputs.run(replica, image)
    if any(0 < cut.ran < cut.runs for cut in cuts.values()):  # not as often as was known
        again, form = Replica(replica.original), memory_format
        return capture(again, inputs, layers, by_pixels=by_pixels, memory_format=form)
    found = {name: cut.kept for name, cut in cuts.items() if cut.kept is not None}
    for name in layers:
        if name not in found:
            raise LayerError(f"layer {name!r} was never run on these inputs")
    return Capture(output, pixels, found)


class _Cut:
    """Holds on to what a layer returns in its last run, and passes on a copy that leads there."""

    def __init__(self, name: str, runs: int) -> None:
        self.name, self.runs, self.ran = name, runs, 0
        self.kept: Tensor | None = None
        self._going: tuple[weakref.ref[Tensor], int] | None = None

    def hang(self, replica: Replica, module: nn.Module) -> None:
        if not module._forward_hooks:
            replica.hook(module, self._count_and_cut)
            return
        # The model's own hooks may keep the output for later, or return another: the one they
        # see must lead back to the cut, and so must what they return.
        replica.hook(module, self._count_and_cut, first=True)
        replica.hook(module, self._cut)

    def _count_and_cut(self, module: nn.Module, inputs: Any, output: Any) -> Any:
        self.ran += 1
        return self._cut(module, inputs, output)

    def _cut(self, _module: nn.Module, inputs: Any, output: Any) -> Any:
        if self.ran < self.runs:
            return None
        tensor = main_tensor(output)
        if tensor is None:
            kind = type(output).__name__
            raise LayerError(f"layer {self.name!r} returns {kind}, not a floating-point tensor")
        if self._going and self._going[0]() is tensor and self._going[1] == tensor._version:
            return None
        # Models that run their backbone under no_grad or inference_mode are cut there all the same.
        with untraced():
            kept = tensor if tensor.requires_grad else tensor.detach()
            # A layer that works in place returns its input, which the model may change later.
            if kept.is_inference() or any(_same_storage(kept, t) for _, t in walk(inputs)):
                kept = kept.clone()
            self.kept = kept if kept.requires_grad else kept.requires_grad_()
            # What follows may work in place (ReLU(inplace=True)); what was kept must stay.
            going = self.kept.clone()
        self._going = weakref.ref(going), going._version
        return replaced(output, tensor, going)


def _same_storage(one: Tensor, other: Tensor) -> bool:
    strided = one.layout == other.layout == torch.strided
    return strided and one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def check_connected(roots: Sequence[Tensor]) -> None:
    """Raise an OutputError where a score does not lead back to anything at all."""
    if not all(root.requires_grad for root in roots):
        raise OutputError(
            "no gradient leads back from the score: the model computes it under torch.no_grad or "
            "torch.inference_mode, or through detach, .data or an operation without a derivative"
        )


def gradients(
    roots: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    wrt: Sequence[Tensor],
    *,
    keep_graph: bool = False,
    after: Callable[[int], object] | None = None,
) -> list[Tensor]:
    """Every target's vector-Jacobian product: its cotangent swept back from its root.

    Args:
        roots: per target, the tensor of the graph that the sweep starts from.
        cotangents: per target, d score / d root, shaped like its root.
        wrt: tensors of the graph, each of any shape (B, ...).
        keep_graph: whether the graph is needed again afterwards.
        after: told of how many targets each sweep was, when it is over.

    Returns:
        For every w a tensor of shape (targets, *w.shape).

    Raises:
        OutputError: a score does not depend on what it should be differentiated by.
    """
    size = max(tensor.numel() * tensor.element_size() for tensor in wrt)
    chunk = max(1, _BATCHED_BYTES // size)
    parts, done = [], 0
    while done < len(roots):
        root = roots[done]
        same = done + 1
        while same < min(len(roots), done + chunk) and roots[same] is root:
            same += 1
        keep = keep_graph or same < len(roots)
        parts.append(_sweep(root, cotangents[done:same], wrt, keep))
        if after is not None:
            after(same - done)
        done = same
    return [torch.cat(part) if len(part) > 1 else part[0] for part in zip(*parts, strict=True)]


def _sweep(
    root: Tensor, cotangents: Sequence[Tensor], wrt: Sequence[Tensor], keep_graph: bool
) -> list[Tensor]:
    """One batched backward pass for all cotangents, or one each where batching cannot go."""
    back = functools.partial(torch.autograd.grad, root, wrt, allow_unused=True)
    if len(cotangents) > 1:
        # A custom backward function may refuse to be batched; then they go one at a time.
        with contextlib.suppress(RuntimeError):
            stacked = torch.stack(list(cotangents))
            return _used(back(stacked, retain_graph=True, is_grads_batched=True))
    last = len(cotangents) - 1
    single = [
        _used(back(cotangent, retain_graph=keep_graph or index < last))
        for index, cotangent in enumerate(cotangents)
    ]
    return [
        torch.stack(part) if len(part) > 1 else part[0].unsqueeze(0)
        for part in zip(*single, strict=True)
    ]


def _used(found: Sequence[Tensor | None]) -> list[Tensor]:
    used = [tensor for tensor in found if tensor is not None]
    if len(used) < len(found):
        raise OutputError(
            "the score does not depend on what it should be differentiated by: "
            "no gradient leads from it to the layer or the input"
        )
    return used
