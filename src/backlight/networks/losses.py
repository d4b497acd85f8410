"""Losses: how far the output signals o of each row are from its targets t, summed over the units.

A cost is computed from the nets z of the output layer, not from its signals. So a logarithm of a
sigmoid or softmax is written as one function of z, which stays finite and keeps its digits where
the signal itself has become 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy import special

from backlight.errors import InputError
from backlight.networks.activations import ACTIVATIONS, find_activation
from backlight.networks.names import find

Array = Any
HUBER_THRESHOLD: Final = 1.0


@dataclass(frozen=True)
class Loss:
    """A loss.

    Attributes:
        name: what it is asked for by.
        code: the number that stands for it in compiled loops.
        function: signals (rows, units), targets (rows, units) -> losses (rows,).
        outputs: the activations that an output layer may have before it.
        formula: what it computes for a row, to be read.
        stable: for an output activation, the same from nets instead of signals, without overflow.
        shares: whether targets are shares, 0 to 1.
    """

    name: str
    code: int
    function: Callable[[Array, Array], Array]
    outputs: tuple[str, ...]
    formula: str
    stable: Mapping[str, Callable[[Array, Array], Array]] = field(default_factory=dict, repr=False)
    shares: bool = False

    def check_output(self, output: str) -> None:
        """Raise an InputError that names the allowed ones, if this output activation is not."""
        if output not in self.outputs:
            fitting = [loss.name for loss in LOSSES.values() if output in loss.outputs]
            raise InputError(
                f"{self.name} needs an output of {' or '.join(self.outputs)}, not {output}; "
                f"{output} goes with {', '.join(fitting)}"
            )

    def check_targets(self, targets: Array) -> None:
        """Raise an InputError if targets (plain numbers) are outside of what the loss is for."""
        if self.shares and np.size(targets):
            low, high = np.min(targets), np.max(targets)
            if not (low >= 0 and high <= 1):
                raise InputError(
                    f"{self.name} needs targets from 0 to 1, not {low:g} to {high:g}; "
                    "squared-error and huber take any"
                )

    def of_nets(self, nets: Array, targets: Array, output: str) -> Array:
        """The losses (rows,) from the nets z (rows, units) of a layer with this activation.

        Raises:
            InputError: the loss does not go with this output.
        """
        name = find_activation(output).name
        self.check_output(name)
        if name in self.stable:
            return self.stable[name](nets, targets)
        return self.function(ACTIVATIONS[name].function(nets), targets)


def _squared_error(o: Array, t: Array) -> Array:
    return 0.5 * np.sum((o - t) ** 2, axis=-1)


def _huber(o: Array, t: Array) -> Array:
    return np.sum(special.huber(HUBER_THRESHOLD, o - t), axis=-1)


def _binary_cross_entropy(o: Array, t: Array) -> Array:
    return -np.sum(special.xlogy(t, o) + special.xlog1py(1 - t, -o), axis=-1)


def _binary_of_sigmoid(z: Array, t: Array) -> Array:
    # 1 - sigmoid(z) = sigmoid(-z)
    return -np.sum(t * special.log_expit(z) + (1 - t) * special.log_expit(-z), axis=-1)


def _cross_entropy(o: Array, t: Array) -> Array:
    return -np.sum(special.xlogy(t, o), axis=-1)


def _cross_entropy_of_softmax(z: Array, t: Array) -> Array:
    return -np.sum(t * special.log_softmax(z, axis=-1), axis=-1)


_ALL = (
    Loss("squared-error", 0, _squared_error, tuple(ACTIVATIONS), "½ Σ (o - t)²"),
    Loss(
        "binary-cross-entropy",
        1,
        _binary_cross_entropy,
        ("sigmoid",),
        "Σ -t log o - (1 - t) log(1 - o)",
        {"sigmoid": _binary_of_sigmoid},
        shares=True,
    ),
    Loss(
        "cross-entropy",
        2,
        _cross_entropy,
        ("softmax",),
        "-Σ t log o",
        {"softmax": _cross_entropy_of_softmax},
        shares=True,
    ),
    # Huber 1964.
    Loss(
        "huber",
        3,
        _huber,
        tuple(ACTIVATIONS),
        "Σ ½ (o - t)² up to |o - t| = 1, |o - t| - ½ beyond",
    ),
)
LOSSES: Final[dict[str, Loss]] = {loss.name: loss for loss in _ALL}


def find_loss(name: str, output: str | None = None) -> Loss:
    """The loss of this name; underscores count as hyphens.

    Args:
        name: the loss.
        output: the activation of the output layer it is for.

    Raises:
        InputError: there is none (the nearest is named), or it does not go with this output.
    """
    loss = find("loss", name, LOSSES)
    if output is not None:
        loss.check_output(find_activation(output).name)
    return loss
