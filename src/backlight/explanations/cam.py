"""The class-activation family: each method is a way to weigh the feature maps."""

from __future__ import annotations

import torch
from torch import Tensor


def grad_cam(maps: Tensor, gradients: Tensor) -> Tensor:
    """Grad-CAM: every feature map weighed by its mean gradient.

    α_k is the mean over all positions of ∂y/∂A_k, and the map is Σ_k α_k·A_k (Selvaraju et al.
    2017, equations 1 and 2). The ReLU of equation 2 is left to the picture: the map is raw
    and signed. On a network that ends in global average pooling and one linear layer it is CAM
    (Zhou et al. 2016) divided by the number of positions.

    Args:
        maps: A, shape (B, C, h, w).
        gradients: ∂y/∂A for every target, shape (T, B, C, h, w).

    Returns:
        The maps, shape (T, B, h, w); computed in float32 where the model is half-precision.
    """
    precision = torch.promote_types(maps.dtype, torch.float32)
    weights = gradients.mean((-2, -1), dtype=precision)
    return torch.einsum("tbc,bchw->tbhw", weights, maps.to(precision))
