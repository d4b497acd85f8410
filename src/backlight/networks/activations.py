"""Activations: what a layer makes of its nets z, unit by unit (softmax: row by row).

Each is plain NumPy and SciPy, so every way to a gradient follows it. (The complex step follows the
smooth ones; a rectifier's kink it refuses in words.) At a kink the slope is the mean of those on
either side, as everywhere in `backlight.gradients`. None overflows, however large the nets are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import special

from backlight.networks.names import find

Array = Any
LEAKY_SLOPE: Final = 0.01
_ROOT_HALF: Final = math.sqrt(0.5)


@dataclass(frozen=True)
class Activation:
    """An activation.

    Attributes:
        name: what it is asked for by.
        code: the number that stands for it in compiled loops.
        function: nets (rows, units) -> signals (rows, units).
        formula: what it computes, to be read.
    """

    name: str
    code: int
    function: Callable[[Array], Array]
    formula: str


def _identity(z: Array) -> Array:
    return z


def _relu(z: Array) -> Array:
    return np.maximum(z, 0.0)


def _leaky_relu(z: Array) -> Array:
    return np.maximum(z, LEAKY_SLOPE * z)


def _gelu(z: Array) -> Array:
    # 1 + erf(x) = erfc(-x), which keeps its digits where erf is near -1.
    return 0.5 * z * special.erfc(-_ROOT_HALF * z)


def _softmax(z: Array) -> Array:
    return special.softmax(z, axis=-1)


_ALL = (
    Activation("identity", 0, _identity, "z"),
    Activation("tanh", 1, np.tanh, "tanh z"),
    Activation("sigmoid", 2, special.expit, "1 / (1 + e⁻ᶻ)"),
    Activation("relu", 3, _relu, "max(z, 0)"),
    Activation("leaky-relu", 4, _leaky_relu, f"max(z, {LEAKY_SLOPE} z)"),
    # Hendrycks and Gimpel 2016, without their approximation by tanh.
    Activation("gelu", 5, _gelu, "½ z (1 + erf(z / √2))"),
    Activation("softmax", 6, _softmax, "eᶻ / Σ eᶻ, over the units of a row"),
)
ACTIVATIONS: Final[dict[str, Activation]] = {activation.name: activation for activation in _ALL}

_ALIASES: Final = {"logistic": "sigmoid", "linear": "identity"}


def find_activation(name: str) -> Activation:
    """The activation of this name; `logistic` is sigmoid, underscores count as hyphens.

    Raises:
        InputError: there is none (the nearest is named).
    """
    return find("activation", name, ACTIVATIONS, _ALIASES)
