"""The classic worked examples by name, and published mistakes that a checker must catch.

Networks are small and written out; every function is plain NumPy. The numbers they must yield are
those of the sources, recomputed in double precision.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backlight.errors import InputError, did_you_mean

Parameters = dict[str, Any]

_GRADIENTS: Final = (
    "A. Wolfe (demofox), Neural Network Gradients: Backpropagation, Dual Numbers, Finite "
    "Differences, 2017"
)
_TRAINING: Final = "A. Wolfe (demofox), How to Train Neural Networks With Backpropagation, 2017"
_DUALS: Final = "A. Wolfe (demofox), Multivariable Dual Numbers & Automatic Differentiation, 2017"
_CODING: Final = "J. McCaffrey, Coding Neural Network Back-Propagation Using C#, 2015"


@dataclass(frozen=True)
class Example:
    """A function with the place it is differentiated at.

    Attributes:
        name: kebab-case.
        title: what it is, in a line.
        source: the publication.
        f: a scalar function of one argument.
        x: the argument: a number, or a mapping of numbers and read-only arrays.
        by_hand: the gradient as somebody wrote it down, x -> nested like x; None where nobody did.
        second: an evaluation of f as somebody else wrote it down; None where nobody did.
        value: f(x), to the digits known; None where the source has no number.
        gradient: the right gradient, nested like x, to the digits known.
        formula: f as it may be typed; None for what takes arrays.
        rows: what a network learns from, inputs (rows, inputs) and targets (rows, outputs); None
            for what is no network.
    """

    name: str
    title: str
    source: str
    f: Callable[[Any], Any]
    x: Any
    by_hand: Callable[[Any], Any] | None = None
    second: Callable[[Any], Any] | None = None
    value: float | None = None
    gradient: Any = None
    rows: tuple[Any, Any] | None = None
    formula: str | None = None


def find_example(name: str) -> Example:
    """The example of this name.

    Raises:
        InputError: there is none (the nearest is named).
    """
    if name not in EXAMPLES:
        hint = did_you_mean(name, EXAMPLES) or f": expected {', '.join(EXAMPLES)}"
        raise InputError(f"no example {name!r}{hint}")
    return EXAMPLES[name]


def _array(*values: Any) -> Any:
    array = np.array(values, float)
    array.setflags(write=False)
    return array


def sigmoid(z: Any) -> Any:
    """1 / (1 + e⁻ᶻ)."""
    return 1 / (1 + np.exp(-z))


# ------------------------------------------------------------------ one neuron, two neurons

_BOTH: Final = _array(0, 1)
_PAIRS: Final = _array((0, 0), (0, 1), (1, 0), (1, 1))
_OR_AND: Final = _array((0, 0), (1, 0), (1, 0), (1, 1))


def example_1(p: Parameters) -> Any:
    """½(target - output)² of one neuron, input 1, target 0."""
    return 0.5 * (0 - sigmoid(p["weight"] * 1 + p["bias"])) ** 2


def example_1_by_hand(p: Parameters) -> Parameters:
    """δ = (o - t) o (1 - o), times the input."""
    o = sigmoid(p["weight"] * 1 + p["bias"])
    delta = (o - 0) * o * (1 - o)
    return {"weight": delta * 1, "bias": delta}


def example_2(p: Parameters) -> Any:
    """The mean of ½(target - output)² of one neuron over the inputs 0 and 1, targets 1 and 0."""
    return np.mean(0.5 * ((1 - _BOTH) - sigmoid(p["weight"] * _BOTH + p["bias"])) ** 2)


def example_2_by_hand(p: Parameters) -> Parameters:
    """The mean of what example 1 does for each."""
    o = sigmoid(p["weight"] * _BOTH + p["bias"])
    delta = (o - (1 - _BOTH)) * o * (1 - o)
    return {"weight": np.mean(delta * _BOTH), "bias": np.mean(delta)}


def example_3(p: Parameters) -> Any:
    """The mean of ½‖target - output‖² of two neurons over all pairs of bits; weights (4,): two of
    the first neuron, which learns OR, two of the second, which learns AND; biases (2,)."""
    o = sigmoid(_PAIRS @ np.reshape(p["weights"], (2, 2)).T + p["biases"])
    return np.sum(0.5 * (_OR_AND - o) ** 2) / 4


def example_3_by_hand(p: Parameters) -> Parameters:
    """The mean over the pairs of δ, and of δ times the inputs."""
    o = sigmoid(_PAIRS @ p["weights"].reshape(2, 2).T + p["biases"])
    delta = (o - _OR_AND) * o * (1 - o) / 4
    return {"weights": (delta.T @ _PAIRS).ravel(), "biases": delta.sum(axis=0)}


# ------------------------------------------------------------------ the 2-2-2 network

_INPUT, _TARGET = _array(0.05, 0.10), _array(0.01, 0.99)
_NETWORK: Final = {
    "weights": _array(0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55),
    "biases": _array(0.35, 0.35, 0.60, 0.60),
}
_NETWORK_GRADIENT: Final = {
    "weights": _array(
        *(4.385677344743465e-4, 8.771354689486931e-4, 4.977127352608599e-4),
        *(9.954254705217198e-4, 0.08216704056423077, 0.08266762784753325),
        *(-0.02260254047747507, -0.02274024221597822),
    ),
    "biases": _array(
        0.00877135468948693, 0.009954254705217196, 0.1384985616285569, -0.03809823651655624
    ),
}


def _of_network(p: Parameters, output_biases: Any) -> Any:
    weights, biases = p["weights"], p["biases"]
    hidden = sigmoid(np.reshape(weights[:4], (2, 2)) @ _INPUT + biases[:2])
    output = sigmoid(np.reshape(weights[4:], (2, 2)) @ hidden + output_biases)
    return 0.5 * np.sum((_TARGET - output) ** 2)


def example_4(p: Parameters) -> Any:
    """½‖target - output‖² of a 2-2-2 sigmoid network; weights (8,): two of each neuron, hidden
    ones first; biases (4,)."""
    return _of_network(p, p["biases"][2:])


def example_4_wrong_bias(p: Parameters) -> Any:
    """As published: output 1 uses the bias of output 0."""
    biases = p["biases"]
    return _of_network(p, np.stack([biases[2], biases[2]]))


def example_4_by_hand(p: Parameters) -> Parameters:
    """Back-propagation, with the bias of output 1 where it belongs."""
    first, last = p["weights"][:4].reshape(2, 2), p["weights"][4:].reshape(2, 2)
    h = sigmoid(first @ _INPUT + p["biases"][:2])
    o = sigmoid(last @ h + p["biases"][2:])
    delta_o = (o - _TARGET) * o * (1 - o)
    delta_h = (last.T @ delta_o) * h * (1 - h)
    weights = np.concatenate([np.outer(delta_h, _INPUT).ravel(), np.outer(delta_o, h).ravel()])
    return {"weights": weights, "biases": np.concatenate([delta_h, delta_o])}


# ------------------------------------------------------------------ dual numbers


def polynomial(p: Parameters) -> Any:
    """3x² - 2y³."""
    return 3 * p["x"] ** 2 - 2 * p["y"] ** 3


def trigonometric(p: Parameters) -> Any:
    """sin(x cos 2y) / tan z."""
    return np.sin(p["x"] * np.cos(2 * p["y"])) / np.tan(p["z"])


def arctangent(x: Any) -> Any:
    """What a dual number's atan must have as its value."""
    return np.arctan(x)


def published_atan(real: Any, dual: Any) -> tuple[Any, Any]:
    """As published: the dual part is right, the real part is that of tan."""
    return np.tan(real), dual / (1 + real**2)


def _part(of: Callable[[Any, Any], tuple[Any, Any]], index: int) -> Callable[[Any], Any]:
    """The real (0) or the dual part (1) of a function of one dual number, x + 1ε."""

    @functools.wraps(of)
    def part(x: Any) -> Any:
        return of(x, 1.0)[index]

    return part


# ------------------------------------------------------------------ tanh and softmax

_COUNTED: Final = np.arange(1, 44) / 100  # weights .01, .02 … .43, in the order of the article
_FEATURES, _CLASS = _array(1, 2, 3, 4), _array(0, 1, 0)
_SOFTMAX_NETWORK: Final = {
    "input_hidden": _array(*_COUNTED[:20].reshape(4, 5)),
    "hidden_biases": _array(*_COUNTED[20:25]),
    "hidden_output": _array(*_COUNTED[25:40].reshape(5, 3)),
    "output_biases": _array(*_COUNTED[40:]),
}


def softmax_error(p: Parameters) -> Any:
    """½‖target - output‖² of a 4-5-3 network, tanh then softmax, input (1, 2, 3, 4), target
    (0, 1, 0); a row of weights for each input, (4, 5) and (5, 3)."""
    h = np.tanh(_FEATURES @ p["input_hidden"] + p["hidden_biases"])
    e = np.exp(h @ p["hidden_output"] + p["output_biases"])
    return 0.5 * np.sum((_CLASS - e / np.sum(e)) ** 2)


def softmax_delta(p: Parameters) -> Parameters:
    """As published: of softmax's Jacobian only the diagonal, (o - t) o (1 - o)."""
    h = np.tanh(_FEATURES @ p["input_hidden"] + p["hidden_biases"])
    e = np.exp(h @ p["hidden_output"] + p["output_biases"])
    o = e / np.sum(e)
    delta_o = (o - _CLASS) * o * (1 - o)
    delta_h = (p["hidden_output"] @ delta_o) * (1 - h**2)
    return {
        "input_hidden": np.outer(_FEATURES, delta_h),
        "hidden_biases": delta_h,
        "hidden_output": np.outer(h, delta_o),
        "output_biases": delta_o,
    }


# ------------------------------------------------------------------ the table

_NEURON: Final = {"weight": 0.3, "bias": 0.5}
_TWO_NEURONS: Final = {"weights": _array(0.2, 0.8, 0.6, 0.4), "biases": _array(0.5, 0.1)}
_THREE: Final = {"x": 7.12, "y": 8.93, "z": 12.01}

_ALL = (
    Example("example-1", "one neuron learns 1 → 0", _TRAINING, example_1, _NEURON,
            example_1_by_hand, rows=(_array((1,)), _array((0,))),
            formula="0.5*(0 - sigmoid(weight*1 + bias))^2"),
    Example("example-2", "one neuron learns 0 → 1 and 1 → 0", _TRAINING, example_2, _NEURON,
            example_2_by_hand, rows=(_BOTH[:, None], _BOTH[::-1, None])),
    Example("example-3", "two neurons learn OR and AND", _TRAINING, example_3, _TWO_NEURONS,
            example_3_by_hand, rows=(_PAIRS, _OR_AND)),
    Example("example-4", "a 2-2-2 network, its gradient written out", _GRADIENTS, example_4,
            _NETWORK, example_4_by_hand, None, 0.29837110876, _NETWORK_GRADIENT,
            (_INPUT[None], _TARGET[None])),
    Example("polynomial", "3x² − 2y³ at (5, 2)", _DUALS, polynomial, {"x": 5.0, "y": 2.0},
            value=59.0, gradient={"x": 30.0, "y": -24.0}, formula="3x^2 - 2y^3"),
    Example("trigonometric", "sin(x cos 2y) / tan z at (7.12, 8.93, 12.01)", _DUALS, trigonometric,
            _THREE, value=1.1167, gradient={"x": 0.6352, "y": 13.7691, "z": 2.4902},
            formula="sin(x*cos(2y)) / tan(z)"),
    Example("example-4-wrong-bias", "WRONG: output 1 uses the bias of output 0", _GRADIENTS,
            example_4_wrong_bias, _NETWORK, example_4_by_hand),
    Example("dual-atan", "WRONG: a dual number's atan has the value of tan", _DUALS, arctangent,
            0.5, _part(published_atan, 1), _part(published_atan, 0), formula="atan(x)"),
    Example("softmax-delta", "WRONG: of softmax's Jacobian only the diagonal", _CODING,
            softmax_error, _SOFTMAX_NETWORK, softmax_delta),
)  # fmt: skip

EXAMPLES: Final = {example.name: example for example in _ALL}
