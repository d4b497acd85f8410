"""Small networks made of parts and a way to run them, and what a watched run tells of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from backlight.explanations.capture import untraced
from backlight.explanations.inputs import prepare
from backlight.explanations.replica import Replica
from backlight.explanations.survey import Survey, survey
from backlight.models.model import Model

from .networks import seeded


def surveyed(network: nn.Module, given: Any) -> Survey:
    inputs = prepare(Model(network), given)
    with untraced():
        return survey(Replica(network), inputs)


def names(found: Survey) -> list[list[str]]:
    return [entry.names for entry in found.seen]


def conv(inside: int, outside: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, size, padding=size // 2)


class Network(nn.Module):
    """Parts by name, and how they are run."""

    def __init__(self, run: Callable[[Any, Tensor], Any], **parts: nn.Module) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, *inputs: Tensor) -> Any:
        return self.run(self, *inputs)


def network(run: Callable[..., Any], **parts: nn.Module) -> nn.Module:
    return seeded(lambda: Network(run, **parts))


def read(net: Any, maps: Tensor) -> Any:
    return net.fc(maps.mean((2, 3)))
