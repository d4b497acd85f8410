"""From a model and its inputs to the raw maps: one forward pass, then sweeps from the scores."""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.errors import InputError, OutputError
from backlight.explanations.cam import grad_cam
from backlight.explanations.capture import Capture, capture, check_connected, gradients
from backlight.explanations.grid import Layout
from backlight.explanations.inputs import Inputs
from backlight.explanations.methods import Method
from backlight.explanations.replica import Replica
from backlight.explanations.rules import Revealed, exchange
from backlight.explanations.survey import survey
from backlight.explanations.target import Answer
from backlight.explanations.tensors import walk

# Models that call `view` on their maps count on the order these have in memory by default.
_by_default_order: weakref.WeakSet[nn.Module] = weakref.WeakSet()


def run_model(replica: Replica, batch: Inputs, names: Sequence[str], spec: Method) -> Capture:
    """The forward pass, cut at the layers `names`, as the method needs it.

    Raises:
        InputError: the method differentiates by pixels, and these are integers.
    """
    if spec.by_pixels and not batch.image.is_floating_point():
        kind = str(batch.image.dtype).removeprefix("torch.")
        raise InputError(
            f"{spec.name} differentiates by the pixels, which are {kind}: give a floating-point "
            "tensor, or use method='grad-cam'"
        )
    model, found = replica.original, survey(replica, batch)
    fast = found.prefers_channels_last(batch) and model not in _by_default_order
    run = functools.partial(capture, by_pixels=spec.by_pixels, runs=found.runs)
    with Revealed() if spec.rule else contextlib.nullcontext():
        if fast:
            try:
                return run(replica, batch, names, memory_format=torch.channels_last)
            except RuntimeError as error:
                if "view" not in str(error):
                    raise
            _by_default_order.add(model)
            replica = Replica(model)
        return run(replica, batch, names)


def raw_maps(
    spec: Method,
    run: Capture,
    layouts: dict[str, Layout],
    answers: Sequence[Answer],
    batch: Inputs,
) -> list[Tensor]:
    """Per layer (once for pixel methods), the raw maps of all targets: (T, B, …).

    Raises:
        OutputError: a score leads back to nothing, or a map is not finite or zero everywhere.
    """
    roots = [answer.root for answer in answers]
    check_connected(roots)
    back = functools.partial(gradients, roots, [answer.cotangent for answer in answers])
    weighed: list[Tensor] = []
    if spec.by_layer:
        cuts = [run.cuts[name] for name in layouts]
        found = back(cuts, keep_graph=spec.by_pixels)
        for name, cut, by_cut in zip(layouts, cuts, found, strict=True):
            weighed.append(_weighed(cut, by_cut, layouts[name]))
    if spec.rule:
        exchange(roots, spec.rule, [tensor for _, tensor in walk(run.output)])
    for name, coarse in zip(layouts, weighed, strict=True):
        _check(coarse, answers, f"{spec.name} map at {name!r}", batch)
    if run.pixels is None:
        return weighed
    slopes = back([run.pixels])[0]
    _check(slopes, answers, f"{spec.name} map", batch)
    if not spec.by_layer:
        return [slopes]
    products = [slopes * _enlarged(coarse, run.pixels).unsqueeze(2) for coarse in weighed]
    for product in products:  # zero where nothing at the layer is positive, as Grad-CAM is there
        _check(product, answers, f"{spec.name} map", batch, may_vanish=True)
    return products


def _weighed(cut: Tensor, by_cut: Tensor, layout: Layout) -> Tensor:
    features = layout.maps(cut.detach())
    slopes = layout.maps(by_cut.flatten(0, 1))
    return grad_cam(features, slopes.reshape(*by_cut.shape[:2], *slopes.shape[1:]))


def _enlarged(coarse: Tensor, pixels: Tensor) -> Tensor:
    """Rectified maps (T, B, h, w) at the input's resolution, bilinearly (section 3.2)."""
    fine = F.interpolate(coarse.clamp(min=0), pixels.shape[2:], mode="bilinear")
    return fine.to(pixels.dtype)


def _check(
    values: Tensor, answers: Sequence[Answer], what: str, batch: Inputs, may_vanish: bool = False
) -> None:
    """A map that is not finite, or zero everywhere, explains nothing: say so."""
    flat = values.detach().flatten(2)
    finite = torch.isfinite(flat).all(2)
    good = finite if may_vanish else finite & flat.any(2)
    if bool(good.all()):
        return
    target, image = (~good).nonzero()[0].tolist()
    name, place = answers[target].names[image], batch.name(image)
    if finite[target, image]:
        raise OutputError(
            f"the {what} of {name!r} is zero everywhere for {place}: the score does not depend "
            "on it there; try another layer or method"
        )
    raise OutputError(
        f"the {what} of {name!r} is not finite for {place}: the gradient overflowed or the model "
        "divides by zero"
    )
