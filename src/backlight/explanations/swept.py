"""Raw maps by backpropagation: one forward pass, cut at the layers, then sweeps from the scores."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from backlight.errors import InputError
from backlight.explanations.cam import grad_cam, mean_gradients
from backlight.explanations.capture import Capture, capture, check_connected, gradients
from backlight.explanations.grid import Layout
from backlight.explanations.layer import layout_of
from backlight.explanations.maps import Asked, Found, answers_of, check_maps, in_the_faster_order
from backlight.explanations.replica import Replica
from backlight.explanations.rules import Revealed, exchange
from backlight.explanations.survey import survey
from backlight.explanations.targets.base import Scored
from backlight.explanations.tensors import walk


def swept(asked: Asked) -> Found:
    """The maps by backpropagation.

    Raises:
        InputError: the method differentiates by pixels, and these are integers.
        OutputError: a score leads back to nothing, or a map is not finite or zero everywhere.
    """
    spec, batch = asked.spec, asked.batch
    if spec.by_pixels and not batch.image.is_floating_point():
        kind = str(batch.image.dtype).removeprefix("torch.")
        raise InputError(
            f"{spec.name} differentiates by the pixels, which are {kind}: give a floating-point "
            "tensor, or use method='grad-cam'"
        )
    # One pass forward; then every target is swept back to the layers, to the pixels, or both.
    asked.course.expect(1 + len(asked.targets) * (spec.by_layer + spec.by_pixels))
    runs = survey(asked.replica, batch).runs

    def run(replica: Replica, memory_format: torch.memory_format) -> Capture:
        with Revealed() if spec.rule else contextlib.nullcontext():
            return capture(
                replica,
                batch,
                asked.layers,
                by_pixels=spec.by_pixels,
                memory_format=memory_format,
                runs=runs,
            )

    found = in_the_faster_order(run, asked)
    layouts = {
        name: layout_of(name, found.cuts[name], asked.replica, batch) for name in asked.layers
    }
    answers = answers_of(asked, found.output)
    asked.course.advance(1)
    # The maps keep their precision where the caller's autocast would lower it.
    with torch.autocast(batch.image.device.type, enabled=False):
        maps, weights = _raw_maps(asked, found, layouts, answers)
    return Found(found.output, answers, layouts, maps, weights)


def _raw_maps(
    asked: Asked, run: Capture, layouts: dict[str, Layout], answers: Sequence[Scored]
) -> tuple[list[Tensor], list[Tensor]]:
    """The maps, and for each layer what its feature maps were weighed by."""
    spec, batch = asked.spec, asked.batch
    roots = [answer.root for answer in answers]
    check_connected(roots)
    back = functools.partial(
        _swept_back,
        roots,
        [answer.cotangent for answer in answers],
        after=asked.course.advance,
    )
    weighed: list[Tensor] = []
    weights: list[Tensor] = []
    if spec.by_layer:
        cuts = [run.cuts[name] for name in layouts]
        found = back(cuts, keep_graph=spec.by_pixels)
        for name, cut, by_cut in zip(layouts, cuts, found, strict=True):
            weights.append(_weights(by_cut, layouts[name]))
            weighed.append(grad_cam(layouts[name].maps(cut.detach()), weights[-1]))
    if spec.rule:
        exchange(roots, spec.rule, [tensor for _, tensor in walk(run.output)])
    for name, coarse in zip(layouts, weighed, strict=True):
        check_maps(coarse, answers, f"{spec.name} map at {name!r}", batch)
    if run.pixels is None:
        return weighed, weights
    slopes = back([run.pixels])[0]
    check_maps(slopes, answers, f"{spec.name} map", batch)
    if not spec.by_layer:
        return [slopes], []
    products = [slopes * _enlarged(coarse, run.pixels).unsqueeze(2) for coarse in weighed]
    for product in products:  # zero where nothing at the layer is positive, as Grad-CAM is there
        check_maps(product, answers, f"{spec.name} map", batch, may_vanish=True)
    return products, weights


def _swept_back(
    roots: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    wrt: Sequence[Tensor],
    *,
    keep_graph: bool = False,
    after: Callable[[int], object] | None = None,
) -> list[Tensor]:
    """As `gradients`; what would vanish in float16 on the way is enlarged first.

    The score of a word that is said for certain hardly moves with anything: slopes of 1e-6 are
    below what float16 knows as soon as they are multiplied by a weight. Sweeps are linear, and
    the backward rules scale along, so a power of two goes in and comes out again.
    """
    powers = [_power(cotangent) for cotangent in cotangents]
    if not any(powers):
        return gradients(roots, cotangents, wrt, keep_graph=keep_graph, after=after)
    enlarged = [
        (cotangent.float() * 2.0**power).to(cotangent.dtype) if power else cotangent
        for cotangent, power in zip(cotangents, powers, strict=True)
    ]
    found = gradients(roots, enlarged, wrt, keep_graph=keep_graph, after=after)
    shrink = torch.tensor([2.0**-power for power in powers], device=roots[0].device)
    return [by.float() * shrink.reshape(-1, *[1] * (by.ndim - 1)) for by in found]


def _power(cotangent: Tensor) -> int:
    """By which power of two a cotangent in float16 is enlarged to be about 1."""
    if cotangent.dtype != torch.float16:
        return 0
    largest = float(cotangent.abs().max())
    return max(0, -math.floor(math.log2(largest))) if largest > 0 else 0


def _weights(by_cut: Tensor, layout: Layout) -> Tensor:
    """α for every target, (T, B, C), from the derivatives by what the layer returned."""
    slopes = layout.maps(by_cut.flatten(0, 1))
    return mean_gradients(slopes.reshape(*by_cut.shape[:2], *slopes.shape[1:]))


def _enlarged(coarse: Tensor, pixels: Tensor) -> Tensor:
    """Rectified maps (T, B, h, w) at the input's resolution, bilinearly (section 3.2)."""
    return F.interpolate(coarse.clamp(min=0), pixels.shape[2:], mode="bilinear")
