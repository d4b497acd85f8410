"""Small networks, good and bad, as `--model commands.factories:NAME` finds them."""

from __future__ import annotations

import signal

import torch
from torch import Tensor, nn

import backlight as bl

LABELS = ("cat", "dog", "a very " + "long " * 30 + "name", "犬と猫")


def bare() -> nn.Module:
    """32×32 photos to four scores, without preprocessing or labels."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, 2),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, 2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 4),
        )


def ready(module: nn.Module, name: str) -> bl.Model:
    return bl.Model(module, preprocess=bl.Preprocess(size=32), labels=LABELS, name=name)


def small() -> bl.Model:
    return ready(bare(), "small")


def unlabelled() -> bl.Model:
    return bl.Model(bare(), preprocess=bl.Preprocess(size=32))


def constant() -> bl.Model:
    """Its scores do not depend on the photo."""
    module = bare()
    nn.init.zeros_(module[6].weight)
    return ready(module, "constant")


def against() -> bl.Model:
    """Everything in its maps speaks against "cat", and the bias for it."""
    module = bare()
    nn.init.ones_(module[2].bias)
    with torch.no_grad():
        module[6].weight[0] = -1.0
        module[6].bias[0] = 100.0
    return ready(module, "against")


class NotANumber(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = bare()

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) * float("nan")


def not_a_number() -> bl.Model:
    return ready(NotANumber(), "not-a-number")


class Raises(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("the first line\nand a second")


def raises() -> bl.Model:
    return ready(Raises(), "raises")


class RaisesNothingSaid(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError


def raises_nothing_said() -> bl.Model:
    return ready(RaisesNothingSaid(), "raises")


class DislikesRed(nn.Module):
    """Raises for photos that are red at the top left."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = bare()

    def forward(self, x: Tensor) -> Tensor:
        if bool(x[0, 0, 0, 0] > x[0, 1, 0, 0] + 1):
            raise RuntimeError("red")
        return self.inner(x)


def dislikes_red() -> bl.Model:
    return ready(DislikesRed(), "dislikes-red")


def no_scores() -> bl.Model:
    """Returns a map instead of class scores."""
    return ready(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)), "no-scores")


def interrupted() -> bl.Model:
    signal.raise_signal(signal.SIGINT)
    raise AssertionError("the signal raises")


def fails() -> bl.Model:
    raise ZeroDivisionError("no model today")


def number() -> int:
    return 3
