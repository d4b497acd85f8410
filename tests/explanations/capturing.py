"""Shorthands for one forward pass of a model on seeded noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backlight.explanations.capture import Capture, capture, untraced
from backlight.explanations.inputs import Inputs, prepare
from backlight.explanations.replica import Replica
from backlight.models.model import Model

from .networks import photos


def batch_for(model: nn.Module, image: Tensor) -> Inputs:
    return prepare(Model(model), image)


def captured(
    model: nn.Module, *layers: str, image: Tensor | None = None, by_pixels: bool = False
) -> Capture:
    image = photos() if image is None else image
    with untraced():
        return capture(Replica(model), batch_for(model, image), layers, by_pixels=by_pixels)


def nodes_of(tensor: Tensor) -> list[str]:
    waiting, seen = [tensor.grad_fn], {}
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen[node] = node.name()
            waiting.extend(following for following, _ in node.next_functions)
    return list(seen.values())


def cotangents(output: Tensor, *classes: int) -> list[Tensor]:
    found = []
    for index in classes:
        found.append(torch.zeros_like(output))
        found[-1][:, index] = 1
    return found
