"""Grad-CAM of the same classes at the same layer, by Backlight and by its peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

import backlight as bl

GradCam = Callable[[Tensor, Sequence[int]], object]


def contenders(network: nn.Module, layer: str) -> dict[str, GradCam]:
    """By name, a function that computes the maps of several classes for a batch."""
    return {
        "backlight": by_way(network, layer),
        "captum": _captum(network, layer),
        "torchcam": _torchcam(network, layer),
        "grad-cam": _pytorch_grad_cam(network, layer),
    }


def by_way(network: nn.Module, layer: str, way: str = "backprop") -> GradCam:
    """Backlight's, by any way to the derivatives."""

    def run(images: Tensor, classes: Sequence[int]) -> object:
        return bl.explain(network, images, targets=list(classes), layer=layer, gradients=way)

    return run


def forward(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """The network's own eager inference, the yardstick of all."""

    def run(images: Tensor) -> Tensor:
        with torch.no_grad():
            return network(images)

    return run


def _captum(network: nn.Module, layer: str) -> GradCam:
    from captum.attr import LayerGradCam

    method = LayerGradCam(network, network.get_submodule(layer))

    def run(images: Tensor, classes: Sequence[int]) -> object:
        return [method.attribute(images, target=index) for index in classes]

    return run


def _torchcam(network: nn.Module, layer: str) -> GradCam:
    from torchcam.methods import GradCAM

    def run(images: Tensor, classes: Sequence[int]) -> object:
        with GradCAM(network, layer) as method:
            scores = network(images)
            return [method(index, scores, retain_graph=True) for index in classes]

    return run


def _pytorch_grad_cam(network: nn.Module, layer: str) -> GradCam:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    def run(images: Tensor, classes: Sequence[int]) -> object:
        with GradCAM(network, [network.get_submodule(layer)]) as method:
            return [
                method(images, [ClassifierOutputTarget(index)] * len(images)) for index in classes
            ]

    return run
