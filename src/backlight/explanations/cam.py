"""The class-activation family: each method is a way to weigh the feature maps."""

from __future__ import annotations

import torch
from torch import Tensor


def grad_cam(maps: Tensor, weights: Tensor) -> Tensor:
    """Grad-CAM: every feature map weighed by its mean gradient.

    α_k is the mean over all positions of ∂y/∂A_k, and the map is Σ_k α_k·A_k (Selvaraju et al.
    2017, equations 1 and 2). The ReLU of equation 2 is left to the picture: the map is raw
    and signed. On a network that ends in global average pooling and one linear layer it is CAM
    (Zhou et al. 2016) divided by the number of positions.

    Args:
        maps: A, shape (B, C, h, w).
        weights: α for every target, shape (T, B, C), by any way to a derivative.

    Returns:
        The maps, shape (T, B, h, w); computed in float32 where the model is half-precision.
    """
    precision = torch.promote_types(maps.dtype, torch.float32)
    return torch.einsum("tbc,bchw->tbhw", weights.to(precision), maps.to(precision))


def mean_gradients(gradients: Tensor) -> Tensor:
    """α of Grad-CAM from what a backward pass yields.

    Args:
        gradients: ∂y/∂A for every target, shape (T, B, C, h, w).

    Returns:
        Their means over positions, (T, B, C), in float32 where the model is half-precision.
    """
    return gradients.mean((-2, -1), dtype=torch.promote_types(gradients.dtype, torch.float32))
