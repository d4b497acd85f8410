"""What a model's layers are good for: one watched run, and the way back through it.

It tells which outputs are feature maps, how they are laid out, and which of them matter: those
that depend on the image and whose positions the model's output depends on.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from backlight.explanations.grid import Grid, read_layout
from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.explanations.targets.forms import is_list_of_detections
from backlight.explanations.tensors import is_float, main_tensor, walk
from backlight.explanations.tokens import moved_by_text, text_lengths
from backlight.explanations.watch import Seen, Watch, Work

# What autograd calls the operations that only arrange, pick, add up or squash what they are given.
_PASSING_ON = frozenset(
    (
        *("View", "UnsafeView", "ReshapeAlias", "Permute", "Transpose", "T", "Expand", "Clone"),
        *(
            "Squeeze",
            "Unsqueeze",
            "Flatten",
            "Cat",
            "Stack",
            "Split",
            "SplitWithSizes",
            "Unbind",
            "Alias",
            "ToCopy",
        ),
        *("Select", "Slice", "Index", "IndexSelect", "Gather", "Topk", "Sort", "Max", "Add", "Mul"),
        *("Sigmoid", "Softmax", "LogSoftmax", "Sqrt", "ConstantPadNd"),
        *("UpsampleBilinear2D", "UpsampleNearest2D", "UpsampleBicubic2D"),
    )
)


@dataclass(frozen=True, eq=False)
class Survey:
    """What one run showed.

    Attributes:
        seen: all tensors in the order they were made.
        grids: of the maps among them that are certain to be maps.
        work: what the convolutions cost.
        runs: how often each module ran, by name; those that did not are left out.
        again: of modules that returned what another had returned before, and that had been used
            in between: by name, what was returned.
        texts: the lengths of the texts among the inputs.
    """

    seen: tuple[Seen, ...]
    grids: frozenset[tuple[int, int]]
    work: Work
    runs: Mapping[str, int]
    again: Mapping[str, Seen]
    texts: frozenset[int] = frozenset()

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
    """The survey of this model on images and texts of these sizes; made once and remembered while
    the model lives and keeps its modules."""
    texts = tuple(sorted(text_lengths(inputs)))
    key = replica.fingerprint, tuple(inputs.image.shape[1:]), texts
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
    # Layers are the same for every image, so one is enough, unless the batch size is fixed. The
    # gradient tells what matters; a model that has none before some layer still has layers.
    runs = [inputs] if inputs.image.shape[0] == 1 else [inputs.first, inputs]
    attempts = [(run, by_gradient) for by_gradient in (True, False) for run in runs]
    for run, by_gradient in attempts[:-1]:
        try:
            found = _surveyed(module, run, by_gradient)
        except Exception:  # whatever it was, the last attempt raises it again
            continue
        if found is not None:
            return found
    found = _surveyed(module, *attempts[-1])
    assert found is not None
    return found


def _surveyed(module: nn.Module, inputs: Inputs, by_gradient: bool) -> Survey | None:
    """None where a gradient was wanted and nothing in the model has one by the image."""
    by_gradient &= inputs.image.is_floating_point()
    watch = Watch(Replica(module))
    image = inputs.image.detach().requires_grad_(by_gradient)
    with torch.set_grad_enabled(by_gradient):
        output = inputs.run(watch.replica, image.clone())
    scores = _scores(output)
    watch.close(scores)
    total = _probe(scores) if by_gradient else None
    if by_gradient and total is None:
        return None
    texts = text_lengths(inputs)
    grids = _lay_out(watch.seen, inputs, by_gradient, texts)
    _set_apart(watch, inputs, texts, _queries(output), grids)
    if total is not None:
        _mark_reaching(watch.seen, total, image)
    if is_list_of_detections(output) or (len(scores) == 1 and scores[0].ndim == 4):
        _mark_outputs_in_disguise(watch.seen, scores)
    for entry in watch.seen:
        entry._tensor = entry._edge = None
    return Survey(
        seen=tuple(watch.seen),
        grids=frozenset(grids),
        work=watch.work,
        runs=dict(watch.runs),
        again=watch.again,
        texts=frozenset(texts),
    )


def _lay_out(seen: list[Seen], inputs: Inputs, by_gradient: bool, texts: set[int]) -> set[Grid]:
    """Work out every layout; the grids that are certain, because convolutions made them."""
    batch = len(inputs.image)
    # Windows of attention are a batch of their own, and constants come from no image.
    usable = [
        entry
        for entry in seen
        if len(entry.shape) in (3, 4)
        and entry.shape[0] == batch
        and (entry._edge is not None or not by_gradient)
    ]
    grids: set[tuple[int, int]] = set()
    for entry in usable:
        if entry.order == "channels first" and len(entry.shape) == 4:
            entry.layout = read_layout(entry.shape, inputs.size, (), entry.order)
            if entry.layout:
                grids.add((entry.layout.height, entry.layout.width))
    tokens = {entry.shape[1] for entry in usable if len(entry.shape) == 3}
    for entry in usable:
        if entry.layout is None and (grids or not _is_attention(entry.shape, tokens)):
            order = entry.order if entry.order == "channels last" else None
            entry.layout = read_layout(entry.shape, inputs.size, grids, order, texts)
    return grids


def _set_apart(
    watch: Watch, inputs: Inputs, texts: set[int], queries: set[int], grids: set[Grid]
) -> None:
    """Sequences as long as the text, or as the boxes are many, are no grids by accident. Where a
    grid that is certain is as long as the text, the words are told by their depending on it."""
    doubtful: list[Seen] = []
    for entry in watch.seen:
        certain = entry.layout and (entry.layout.height, entry.layout.width) in grids
        if len(entry.shape) == 3 and entry.shape[1] in texts | queries:
            entry.apart = not certain
        if certain and _may_be_words(entry, texts):
            doubtful.append(entry)
    if doubtful:
        names = [entry.name for entry in doubtful]
        moved = moved_by_text(watch.replica.original, inputs, names)
        for entry in doubtful:
            entry.apart = entry.name in moved
    for entry in watch.seen:
        if entry.apart:
            entry.layout = None


def _may_be_words(entry: Seen, texts: set[int]) -> bool:
    """A sequence as long as the text, or weights of attention among its words, (B, heads, T, T)."""
    shape = entry.shape
    if len(shape) == 4:
        return entry.order is None and shape[2] == shape[3] and shape[2] in texts
    return len(shape) == 3 and shape[1] in texts


def _mark_outputs_in_disguise(seen: list[Seen], scores: list[Tensor]) -> None:
    """A segmentation before it is enlarged, the scores of all places before those of boxes are
    picked: what the model says, not what it says it from. Nothing is computed in between."""
    entries = {entry._edge.node: entry for entry in seen if entry._edge is not None}
    waiting = [score.grad_fn for score in scores if score.grad_fn is not None]
    known = set(waiting)
    while waiting:
        node = waiting.pop()
        if node in entries:
            entries[node].is_output = True
        if node.name().rstrip("0123456789").removesuffix("Backward") in _PASSING_ON:
            following = {after for after, _ in node.next_functions if after is not None} - known
            known |= following
            waiting += following


def _queries(output: Any) -> set[int]:
    """How many boxes a detector looks for, where it returns one for each of its queries."""
    boxes = output.get("pred_boxes") if isinstance(output, Mapping) else None
    return {int(boxes.shape[1])} if isinstance(boxes, Tensor) and boxes.ndim == 3 else set()


def _mark_reaching(seen: list[Seen], total: Tensor, image: Tensor) -> None:
    """Find the grids whose positions the output depends on, by one backward pass."""
    maps = [entry for entry in seen if entry.layout and entry._edge is not None]
    for entry in maps:
        entry.reaches = False
        entry._edge.node.register_prehook(_reporter(entry))
    try:
        torch.autograd.grad(total, image, allow_unused=True)
    except RuntimeError:  # Something in the model has no derivative: then nothing is known.
        for entry in maps:
            entry.reaches = True


def _reporter(entry: Seen) -> Any:
    number, layout = entry._edge.output_nr, entry.layout
    assert layout is not None

    def report(gradients: tuple[Tensor | None, ...]) -> None:
        gradient = gradients[number]
        if gradient is not None and gradient.shape == entry.shape:
            entry.reaches |= bool(layout.maps(gradient).any())

    return report


def _scores(output: Any) -> list[Tensor]:
    """What of an output is explained, without what may come along with it: a table of class
    scores; those of words, of pixels, of boxes, with the boxes; those of detections; the embedding
    of a network without scores. Of an output in no such form, everything."""
    if is_list_of_detections(output):
        return [found["scores"] for found in output]
    table = main_tensor(output)
    if table is not None and table.ndim == 2:
        return [table]
    if isinstance(output, Mapping) and isinstance(output.get("pooler_output"), Tensor):
        return [output["pooler_output"]]
    if isinstance(output, Mapping) and table is not None:
        has_logits = isinstance(output.get("logits"), Tensor)
        names = ("logits", "pred_boxes") if has_logits else ("out",)
        output = {name: output[name] for name in names if name in output} or output
    return [tensor for _, tensor in walk(output) if is_float(tensor)]


def _probe(scores: list[Tensor]) -> Tensor | None:
    """A number that depends on all scores; different factors keep a softmax's constant sum from
    cancelling."""
    parts = [
        (t.float().flatten() * torch.linspace(1.0, 2.0, t.numel(), device=t.device)).sum()
        for t in scores
        if t.requires_grad
    ]
    return torch.stack(parts).sum() if parts else None


def _is_attention(shape: tuple[int, ...], token_counts: Iterable[int]) -> bool:
    """Queries and weights of attention, (B, heads, tokens, …), look like maps but are none."""
    return len(shape) == 4 and shape[2] in token_counts
