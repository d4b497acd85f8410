"""Every spelling of every rectifier, with the unit and its derivative written down in NumPy, and
the way back through a network of two of them by hand.

The network is two linear layers with the same unit after each, and a weighing of the result:
y = v · f(W₂ f(W₁ x + b₁) + b₂). Its way back takes five lines without any autograd.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import special
from torch import Tensor, nn
from torch.nn import functional as F

Array = Any
HIDDEN, CLASSES = 24, 3
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def normal_density(z: Array) -> Array:
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def tanh_gelu_slope(z: Array) -> Array:
    c, k = math.sqrt(2 / math.pi), 0.044715
    t = np.tanh(c * (z + k * z**3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * c * (1 + 3 * k * z**2)


def mish_slope(z: Array) -> Array:
    t = np.tanh(np.log1p(np.exp(z)))
    return t + z * (1 - t**2) * sigmoid(z)


def leaky(slope: float) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    return lambda z: np.where(z > 0, z, slope * z), lambda z: np.where(z > 0, 1.0, slope)


RELU = (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0))
RELU6 = (lambda z: np.clip(z, 0, 6), lambda z: np.where((z > 0) & (z < 6), 1.0, 0.0))
HARDTANH = (lambda z: np.clip(z, -1, 1), lambda z: np.where(np.abs(z) < 1, 1.0, 0.0))
THRESHOLD = (lambda z: np.where(z > 0.3, z, -0.2), lambda z: np.where(z > 0.3, 1.0, 0.0))
ELU = (
    lambda z: np.where(z > 0, z, 0.7 * np.expm1(z)),
    lambda z: np.where(z > 0, 1.0, 0.7 * np.exp(z)),
)
SELU = (
    lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(z)),
    lambda z: SELU_SCALE * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(z)),
)
CELU = (
    lambda z: np.where(z > 0, z, 1.5 * np.expm1(z / 1.5)),
    lambda z: np.where(z > 0, 1.0, np.exp(z / 1.5)),
)
GELU = (
    lambda z: z * special.ndtr(z),
    lambda z: special.ndtr(z) + z * normal_density(z),
)
TANH_GELU = (
    lambda z: 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    tanh_gelu_slope,
)
SILU = (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z))))
MISH = (lambda z: z * np.tanh(np.log1p(np.exp(z))), mish_slope)
SOFTPLUS = (lambda z: 2 * np.log1p(np.exp(z / 2)), lambda z: sigmoid(z / 2))
HARDSWISH = (
    lambda z: z * np.clip(z + 3, 0, 6) / 6,
    lambda z: np.where(z < -3, 0.0, np.where(z > 3, 1.0, (2 * z + 3) / 6)),
)


class Swish(torch.autograd.Function):
    """A memory-saving swish in Python, as EfficientNet packages have it."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        ctx.save_for_backward(z)
        return z * torch.sigmoid(z)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (z,) = ctx.saved_tensors
        s = torch.sigmoid(z)
        return gradient * s * (1 + z * (1 - s))


def zero(z: Tensor) -> Tensor:
    return torch.zeros(1, dtype=z.dtype)


# Every spelling of every unit, and the unit with its derivative in NumPy.
UNITS: dict[str, tuple[Callable[[Tensor], Tensor], Any]] = {
    "nn.ReLU": (nn.ReLU(), RELU),
    "nn.ReLU in place": (nn.ReLU(inplace=True), RELU),
    "F.relu": (F.relu, RELU),
    "F.relu in place": (lambda z: F.relu(z, inplace=True), RELU),
    "F.relu_": (F.relu_, RELU),
    "x.relu()": (lambda z: z.relu(), RELU),
    "x.relu_()": (lambda z: z.relu_(), RELU),
    "torch.relu": (torch.relu, RELU),
    "torch.clamp(min=0)": (lambda z: torch.clamp(z, min=0), RELU),
    "x.clamp_(min=0)": (lambda z: z.clamp_(min=0), RELU),
    "x.clip(0)": (lambda z: z.clip(0), RELU),
    "torch.clamp(min=tensor)": (lambda z: torch.clamp(z, min=zero(z)), RELU),
    "torch.clamp_min": (lambda z: torch.clamp_min(z, 0), RELU),
    "torch.clamp_min of a tensor": (lambda z: torch.clamp_min(z, zero(z)), RELU),
    "torch.maximum(x, 0)": (lambda z: torch.maximum(z, torch.zeros_like(z)), RELU),
    "torch.maximum(0, x)": (lambda z: torch.maximum(zero(z), z), RELU),
    "torch.max(x, 0)": (lambda z: torch.max(z, zero(z)), RELU),
    "torch.fmax(x, 0)": (lambda z: torch.fmax(z, zero(z)), RELU),
    "ReLU6": (nn.ReLU6(), RELU6),
    "ReLU6 in place": (nn.ReLU6(inplace=True), RELU6),
    "clamp(0, 6)": (lambda z: z.clamp(0, 6), RELU6),
    "hardtanh": (nn.Hardtanh(), HARDTANH),
    "F.threshold": (lambda z: F.threshold(z, 0.3, -0.2), THRESHOLD),
    "leaky ReLU": (nn.LeakyReLU(0.1), leaky(0.1)),
    "leaky ReLU in place": (nn.LeakyReLU(0.1, inplace=True), leaky(0.1)),
    "PReLU": (nn.PReLU(init=0.25).double(), leaky(0.25)),
    "RReLU": (nn.RReLU(0.1, 0.3).eval(), leaky(0.2)),
    "ELU": (nn.ELU(0.7), ELU),
    "ELU in place": (nn.ELU(0.7, inplace=True), ELU),
    "SELU": (nn.SELU(), SELU),
    "CELU": (nn.CELU(1.5), CELU),
    "GELU": (nn.GELU(), GELU),
    "GELU by tanh": (nn.GELU(approximate="tanh"), TANH_GELU),
    "SiLU": (nn.SiLU(), SILU),
    "SiLU in place": (nn.SiLU(inplace=True), SILU),
    "a swish of one's own": (Swish.apply, SILU),
    "Mish": (nn.Mish(), MISH),
    "softplus": (nn.Softplus(beta=0.5), SOFTPLUS),
    "hard-swish": (nn.Hardswish(), HARDSWISH),
}


class TwoLayers(nn.Module):
    """y = V f(W₂ f(W₁ x + b₁) + b₂), pre-activations spread over about ±5."""

    def __init__(self, unit: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.first = nn.Linear(48, HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)
        self.last = nn.Linear(HIDDEN, CLASSES)
        self.unit = unit
        self.double()
        with torch.no_grad():
            for parameter in self.parameters():
                if parameter.ndim == 2 or len(parameter) in (HIDDEN, CLASSES):
                    spread = 2.5 / parameter.shape[-1] ** 0.5
                    parameter.copy_(
                        spread
                        * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                    )

    def forward(self, image: Tensor) -> Tensor:
        first = self.unit(self.first(image.flatten(1)))
        return self.last(self.unit(self.second(first)))


def by_hand(net: TwoLayers, image: Tensor, target: int, unit: Any, rule: str) -> Array:
    """The gradient of the target's score by the pixels, the rule applied at both units."""
    f, slope = unit
    w1, b1, w2, b2, v = (p.detach().numpy() for p in list(net.parameters())[:5])
    at_first = image.numpy().reshape(len(image), -1) @ w1.T + b1
    at_second = f(at_first) @ w2.T + b2

    def through(gradient: Array, z: Array) -> Array:
        if rule == "guided-backprop":
            return np.maximum(gradient, 0) * slope(z)
        return np.maximum(gradient, 0) if rule == "deconvnet" else gradient * slope(z)

    gradient = np.tile(v[target], (len(image), 1))
    gradient = through(gradient, at_second) @ w2
    return (through(gradient, at_first) @ w1).reshape(image.shape)
