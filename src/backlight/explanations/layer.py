"""Where to look: the layers whose feature maps can explain, ranked, and the one that was asked for.

Deep layers know what, shallow layers know where. Grad-CAM looks at the last layer that still knows
where (Selvaraju et al. 2017, section 3): the last feature map before its positions are pooled
or flattened away, and, in a transformer that reads one class token, the last grid of patch tokens
that still reaches it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from backlight.errors import LayerError, did_you_mean
from backlight.explanations.capture import untraced
from backlight.explanations.grid import Layout, read_layout
from backlight.explanations.inputs import Inputs, ModelLike, as_model, prepare
from backlight.explanations.replica import Replica
from backlight.explanations.sizes import sizes_told
from backlight.explanations.survey import Survey, survey
from backlight.explanations.texts import Text, with_words
from backlight.explanations.watch import Seen
from backlight.models.model import Model

LayerLike = str | nn.Module


@dataclass(frozen=True)
class Candidate:
    """A layer that can be looked at.

    Attributes:
        name: dotted, as `module.get_submodule` takes it.
        shape: of its output, the batch first.
        grid: the same read as feature maps: `7×7×1280`, height × width × channels.
        reason: why it stands where it stands in the ranking.
    """

    name: str
    shape: tuple[int, ...]
    grid: str
    reason: str


def layers(model: ModelLike, inputs: Any, *, text: Text | None = None) -> list[Candidate]:
    """The layers that class-activation methods can look at, the best first.

    They are found by running the model once on the first of the inputs; the model is left as
    it was.

    Args:
        model: a module, a `Model`, a name that `load_model` knows, or a pair of callables
            (features, tail).
        inputs: what `explain` takes: a photo, a tensor (B, C, H, W), several inputs.
        text: what goes into a model with a vocabulary beside the image.

    Raises:
        LayerError: no layer returns maps with spatial extent.
    """
    model = as_model(model)
    batch = with_words(model, prepare(model, inputs), [], text)
    with sizes_told(model, batch), untraced():
        return list(ranked(survey(Replica(model.module), batch)))


@functools.lru_cache(maxsize=32)
def ranked(found: Survey) -> list[Candidate]:
    """The candidates of a survey, best first."""
    maps = [entry for entry in found.seen if _has_extent(entry)]
    if not maps:
        raise LayerError(
            "no layer of this model returns maps with spatial extent; "
            "the pixel methods (gradient, guided-backprop) need none"
        )
    best = _best(maps, meets_others=any(entry.apart for entry in found.seen))
    ends = _stage_ends(maps, best)
    order = {id(entry): index for index, entry in enumerate(maps)}

    def rank(entry: Seen) -> tuple[int, int]:
        if entry is best:
            place = 0
        elif not entry.reaches:
            place = 4
        elif entry.pooled:
            place = 3
        else:
            place = 1 if id(entry) in ends else 2
        return place, -order[id(entry)]

    return [
        Candidate(entry.name, entry.shape, str(entry.layout), _reason(entry, found, best, ends))
        for entry in sorted(maps, key=rank)
    ]


def _has_extent(entry: Seen) -> bool:
    return bool(entry.layout and entry.layout.positions > 1 and not entry.is_output)


def _best(maps: list[Seen], meets_others: bool = False) -> Seen:
    """The last map that reaches the output, not already pooled. Where the last grid of tokens is
    cut off, or words or boxes are made of it (`meets_others`), the end of the last whole block
    before it, or the norm through which all that follows reads the same tokens: without it the few
    channels that are large everywhere drown the others (of `scenes-vit`, see docs/models.md,
    twice as many maps then point at the object)."""
    useful = [entry for entry in maps if entry.reaches] or maps
    unpooled = [entry for entry in useful if not entry.pooled] or useful
    cut_off = useful[-1] is not maps[-1] and _is_tokens(maps[-1])
    if cut_off or (meets_others and _is_tokens(unpooled[-1])):
        blocks = [entry for entry in unpooled if not entry.inner and _is_tokens(entry)]
        return _read_through(blocks[-1], unpooled) if blocks else unpooled[-1]
    return unpooled[-1]


def _read_through(block: Seen, useful: list[Seen]) -> Seen:
    """The only norm behind the block that sees the tokens that it returned; else the block."""
    after = useful[useful.index(block) + 1 :]  # compared by identity
    norms = [entry for entry in after if entry.norm and entry.shape == block.shape]
    return norms[0] if len(norms) == 1 else block


def _is_tokens(entry: Seen) -> bool:
    return entry.layout is not None and entry.layout.kind == "tokens"


def _stage_ends(maps: list[Seen], best: Seen) -> set[int]:
    """The last useful map at every other resolution than the best one's, of the outermost modules
    that have one there: a stage, a block, rather than a convolution in the block that follows."""
    by_size: dict[tuple[int, int], Seen] = {}
    for entry in maps:
        if entry.layout and entry.reaches and not entry.pooled:
            size = entry.layout.height, entry.layout.width
            if size not in by_size or entry.name.count(".") <= by_size[size].name.count("."):
                by_size[size] = entry
    if best.layout:
        by_size.pop((best.layout.height, best.layout.width), None)
    return {id(entry) for entry in by_size.values()}


def _reason(entry: Seen, found: Survey, best: Seen, ends: set[int]) -> str:
    if not entry.reaches:
        return f"{entry.layout}, but its positions do not reach the output"
    if entry.pooled:
        return f"{entry.layout}, already pooled"
    if entry is best:
        kind = "last grid of tokens" if _is_tokens(entry) else "last map with spatial extent"
        return f"{kind}, {entry.layout}, {_what_follows(entry, found)}"
    if id(entry) in ends and entry.layout:
        return f"last map at {entry.layout.height}×{entry.layout.width}, {entry.layout}"
    return f"inside a stage, {entry.layout}"


def _what_follows(entry: Seen, found: Survey) -> str:
    after = found.seen[found.seen.index(entry) + 1 :]  # compared by identity
    if _is_tokens(entry) and any(later.layout and not later.reaches for later in after):
        return "after which only the class token is read"
    if _is_tokens(entry) and any(later.apart for later in after):
        return "before words or boxes are made with it"
    pooled = next((later for later in after if later.pooled), None)
    if pooled is None:
        return "before its positions are merged"
    return "before pooling" if _has_extent(pooled) else "before global pooling"


def cut_there(
    model: Model, layer: LayerLike | Sequence[LayerLike] | None
) -> tuple[Model, LayerLike | Sequence[LayerLike] | None]:
    """The model and its layers. One whose module can be cut at any of its tensors (an ONNX file) is
    cut at those that are asked for by names that no layer has yet.

    Raises:
        LayerError: there is no such tensor (the nearest is named).
    """
    cut_at = getattr(model.module, "cut_at", None)
    if cut_at is None:
        return model, layer
    several = list(layer) if isinstance(layer, list | tuple) else [layer]
    names = [entry for entry in several if isinstance(entry, str)]
    known = {name for name, _ in model.module.named_modules()}
    if len(names) < len(several) or known.issuperset(names):
        return model, layer
    module, found = cut_at(*names)
    model = dataclasses.replace(model, module=module)
    return model, list(found) if isinstance(layer, list | tuple) else found[0]


def chosen(
    replica: Replica, inputs: Inputs, layer: LayerLike | Sequence[LayerLike] | None
) -> list[tuple[str, str]]:
    """The (name, reason) of each layer asked for; of the best candidate when none was.

    Raises:
        LayerError: a layer that the model does not have (the nearest ones are named).
    """
    found = survey(replica, inputs)
    if layer is None:
        best = ranked(found)[0]
        return [(best.name, best.reason)]
    several = list(layer) if isinstance(layer, list | tuple) else [layer]
    if not several:
        raise LayerError("an empty list of layers was given: expected at least one")
    names = [_name(replica.original, entry) for entry in several]
    return [_place(replica.original, name, found) for name in names]


def _place(module: nn.Module, name: str, found: Survey) -> tuple[str, str]:
    """The layer itself; or, where it returns what a part of it returned before and used since (a
    backbone and its pooler), that part: the same tensor, with all that was made of it."""
    _check_run(module, name, found)
    same = found.again.get(_first_name(module, name))
    return (name, "as asked for") if same is None else (same.name, f"what {name!r} returns")


def _check_run(module: nn.Module, name: str, found: Survey) -> None:
    """A container such as ModuleList is never called itself: name a part of it that is."""
    if _first_name(module, name) in found.runs:
        return
    kind = type(module.get_submodule(name)).__name__
    parts = [entry.name for entry in found.seen if entry.name.startswith(f"{name}.")]
    hint = ""
    if parts:
        depth = min(part.count(".") for part in parts)
        last = next(part for part in reversed(parts) if part.count(".") == depth)
        hint = f"; the last part of it that was is {last!r}"
    raise LayerError(f"layer {name!r} ({kind}) was never run on these inputs{hint}")


def _first_name(module: nn.Module, name: str) -> str:
    """The name that comes first of those a module has: one that is shared may have several."""
    wanted = module.get_submodule(name)
    names: Iterator[str] = (first for first, part in module.named_modules() if part is wanted)
    return next(names)


def _name(module: nn.Module, layer: Any) -> str:
    if isinstance(layer, str):
        name: str = str(layer)
        names = [name for name, _ in module.named_modules(remove_duplicate=False) if name]
        if layer not in names:
            hint = did_you_mean(layer, names) or f"; the last ones are {', '.join(names[-3:])}"
            raise LayerError(f"no layer {layer!r} in {type(module).__name__}{hint}")
        return name
    if isinstance(layer, nn.Module):
        found: str = next((name for name, m in module.named_modules() if m is layer), "")
        if not found:
            kind = type(layer).__name__
            what = "the model itself" if layer is module else f"no part of {type(module).__name__}"
            raise LayerError(f"the {kind} given as layer is {what}: give one of its submodules")
        return found
    raise LayerError(f"a layer is a dotted name or a module, not {type(layer).__name__}")


def layout_of(name: str, tensor: Tensor, replica: Replica, inputs: Inputs) -> Layout:
    """How to read what the layer returned as maps.

    Raises:
        LayerError: it has no spatial extent; the best layer that has one is named.
    """
    found = survey(replica, inputs)
    seen = found.find(name) or found.find(_first_name(replica.original, name))
    if seen is not None and seen.shape[1:] == tensor.shape[1:]:
        layout = seen.layout
    else:  # a module that only passes on what it was given
        layout = read_layout(tensor.shape, inputs.size, found.grids, texts=found.texts)
    if layout is None or layout.positions == 1 or len(tensor) != len(inputs.image):
        best = ranked(found)[0]
        raise LayerError(
            f"layer {name!r} returns {tuple(tensor.shape)}, which cannot be read as maps of the "
            f"image: it has no spatial extent; try {best.name!r}: {best.reason}"
        )
    return layout
