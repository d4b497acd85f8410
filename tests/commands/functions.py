"""Functions and modules to differentiate, as `commands.functions:NAME` finds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import backlight as bl

x = np.array([0.5, -1.5, 2.0])
whole = [5, 2]
words = "abc"
point = {"w": np.array([1.0, 2.0]), "b": 3}


def elsewhere() -> Any:
    return np.array([0.25, 4.0])


def cubes(x: Any) -> Any:
    """Σ x³; its x stands above."""
    return np.sum(x**3)


def cubes_slope(x: Any) -> Any:
    return 3 * x**2


def cubes_slope_wrong(x: Any) -> Any:
    return 3 * x**2 + np.array([0.0, 0.1, 0.0])


def cubes_again(x: Any) -> Any:
    return np.sum(x * x * x)


def cubes_off(x: Any) -> Any:
    return np.sum(x**3) + 1


def squares(y: Any) -> Any:
    """Σ y²; there is no y."""
    return np.sum(np.asarray(y) ** 2) if isinstance(y, list) else np.sum(y**2)


def product(whole: Any) -> Any:
    return whole[0] * whole[1] ** 2


def defaulted(z: Any = 3, power: int = 2) -> Any:
    return z**power


def bilinear(w: Any, b: Any, *, scale: float = 2.0) -> Any:
    return scale * np.sum(w) * b


def bilinear_slope(w: Any, b: Any) -> Any:
    return np.full(w.shape, 2 * b), np.full(np.shape(b), 2 * np.sum(w))


def bilinear_slope_wrong(w: Any, b: Any) -> Any:
    return {"w": np.full(w.shape, 2 * b), "b": np.full(np.shape(b), 3 * np.sum(w))}


def named_only(*, q: Any) -> Any:
    return np.sum(np.exp(q))


def gathered(*args: Any) -> Any:
    return np.sum(args[0])


def of_mapping(p: Any) -> Any:
    return np.sum(p["w"]) * p["b"]


def kinked(x: Any) -> Any:
    return np.sum(np.maximum(x, 0))


def loud(x: Any) -> Any:
    print("a word of the function's own")
    return np.sum(x)


def vector(x: Any) -> Any:
    return np.sin(x)


def logarithm(x: Any) -> Any:
    return np.sum(np.log(x))


def absolute(x: Any) -> Any:
    return np.sum(np.abs(x))


def raises(x: Any) -> Any:
    raise KeyError("the first line\nand a second")


def leaves(x: Any) -> Any:
    raise SystemExit(3)


def no_argument() -> int:
    return 3


def tanh(w: Any) -> Any:
    return torch.tanh(w).sum()


def annotated(w: Tensor) -> Any:
    return w.sum() * 2


def either(w: Any) -> Any:
    return (w * w).sum()


def in_double(w: Any = torch.tensor([0.5], dtype=torch.float64)) -> Any:  # noqa: B008
    return torch.tanh(w).sum()


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, v: Tensor) -> Tensor:
        return v + v

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return 3 * g


class Wrong(nn.Module):
    def forward(self, v: Tensor) -> Any:
        return Doubled.apply(v)


class Net(nn.Module):
    """Weights that are drawn when it is built."""

    def __init__(self, width: int = 5) -> None:
        super().__init__()
        self.first = nn.Linear(4, width)
        self.last = nn.Linear(width, 2)

    def forward(self, v: Tensor, scale: Tensor | float = 1.0) -> Any:
        return self.last(torch.tanh(self.first(v))) * scale


class WrongNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 3)
        self.tail = Wrong()

    def forward(self, v: Tensor) -> Any:
        return self.tail(self.first(v))


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.vectors = nn.Embedding(6, 3)

    def forward(self, words: Tensor) -> Any:
        return torch.tanh(self.vectors(words))


def build(width: int = 5) -> nn.Module:
    return Net(width)


def wrapped() -> bl.Model:
    return bl.Model(Net().double())


instance = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Tanh())
double = nn.Tanh()


class Needy(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()


class Plain:
    """Not a module."""

    def __call__(self, x: Any) -> Any:
        return np.sum(x)


callable_instance = Plain()
