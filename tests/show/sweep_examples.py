"""Sweeps that tests draw: plain values, as a network tells them."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.networks.network import Network
from backlight.networks.sweeps.offered import offer
from backlight.show.sweep_shown import SweepShown, sweep


def example_4(updates: int = 3) -> SweepShown:
    found = offer("example-4")
    return sweep(found.network, found.parameters, found.x, found.t, updates=updates)


def large() -> SweepShown:
    """20-12-10: more units in every layer than are drawn."""
    network = Network((20, 12, 10), "tanh", "softmax")
    x, t = np.linspace(-1, 1, 20), np.eye(10)[3]
    return sweep(network, network.start(0), x, t, loss="cross-entropy", updates=1)


def of(sizes: tuple[int, ...], hidden: str, output: str, **options: Any) -> SweepShown:
    network = Network(sizes, hidden, output)
    x, t = np.linspace(-1, 1, sizes[0]), np.eye(sizes[-1])[0]
    return sweep(network, network.start(1), x, t, **options)
