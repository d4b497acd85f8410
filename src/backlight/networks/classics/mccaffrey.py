"""The runs of J. McCaffrey: 4-5-3 on data of a random network of the same shape, and 3-4-2.

The 4-5-3 program goes by .NET's generator, seeded three times: 1 for the network and the inputs
that the data are made of, 1 again to shuffle these before they are split, 0 for the start weights,
which then goes on to shuffle the rows of every epoch. It takes of softmax's Jacobian the diagonal
alone, and its momentum repeats a part of the previous gradient's step, not of all that was added
then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from backlight.networks.classics.classic import (
    ABSOLUTE,
    ACCURACY,
    ERROR,
    SQUARES,
    STEPS,
    TEST_ACCURACY,
    Classic,
    Expected,
    Rows,
)
from backlight.networks.dotnet_random import DotNetRandom
from backlight.networks.network import Network
from backlight.networks.optimisers import Optimiser

_CODING: Final = "J. McCaffrey, Coding Neural Network Back-Propagation Using C#, 2015"
_EXPLAINED: Final = "J. McCaffrey, Neural Network Back-Propagation for Programmers, 2012"
FOUR_FIVE_THREE: Final = Network((4, 5, 3), "tanh", "softmax")
_ROWS: Final = 1000
_DATA_SEED: Final = 1

# A step for each row.
ONLINE: Final[Mapping[str, Any]] = {
    "optimiser": Optimiser("previous-step", momentum=0.01),
    "learning_rate": 0.05,
    "batch_size": 1,
}

# The three output deltas of the three articles: what `Training` is told for each.
DELTAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "diagonal": {"loss": "squared-error", "output_delta": "diagonal"},
    "squared-error": {"loss": "squared-error"},
    "cross-entropy": {"loss": "cross-entropy"},
}


def generated_rows() -> Rows:
    """1,000 rows, 800 to learn from: inputs uniform in ±10, the class that a network with weights
    uniform in ±10 finds largest."""
    random = DotNetRandom(_DATA_SEED)
    generator = FOUR_FIVE_THREE.named(random.uniform(-10, 10, FOUR_FIVE_THREE.size))
    X = random.uniform(-10, 10, _ROWS * 4).reshape(_ROWS, 4)
    classes = np.argmax(FOUR_FIVE_THREE.outputs(generator, X), axis=1)
    return split(X, np.eye(3)[classes], _ROWS * 8 // 10)


def split(X: Any, T: Any, count: int) -> Rows:
    """The rows, shuffled, the first `count` of them to learn from."""
    order = np.arange(len(X))
    DotNetRandom(_DATA_SEED).shuffle(order)
    X, T = X[order], T[order]
    return Rows(X[:count], T[:count], X[count:], T[count:])


def small_weights(network: Network, seed: int) -> tuple[dict[str, Any], DotNetRandom]:
    """Parameters uniform in [.0001, .001), and the generator as it is after them."""
    random = DotNetRandom(seed)
    return network.named(random.uniform(0.0001, 0.001, network.size)), random


def four_five_three(
    name: str, title: str, delta: str, expected: Sequence[Expected], seed: int = 0, remark: str = ""
) -> Classic:
    """The 4-5-3 run with one of DELTAS; another seed has other start weights and shuffles."""
    return Classic(
        name,
        title,
        _CODING,
        FOUR_FIVE_THREE,
        generated_rows,
        lambda: small_weights(FOUR_FIVE_THREE, seed),
        {**ONLINE, **DELTAS[delta]},
        1000,
        SQUARES,
        expected,
        remark=remark,
    )


def beginning(errors: Mapping[int, float], tolerance: float = 1e-9) -> tuple[Expected, ...]:
    """The errors after so many epochs, as the program's loops yield them in plain double
    precision."""
    return tuple(
        Expected(ERROR, after, after, error, tolerance, published=False)
        for after, error in errors.items()
    )


def ending(
    epochs: int, train: float, test: float, near: tuple[float, float], published: bool = True
) -> tuple[Expected, ...]:
    """The accuracies at the end, and how near ours must come."""
    return (
        Expected(ACCURACY, epochs, epochs, train, near[0], published),
        Expected(TEST_ACCURACY, epochs, epochs, test, near[1], published),
    )


_CHAOTIC: Final = (
    "The run is chaotic: a difference in the last bit of one sum grows to the size of the error "
    "itself within {} epochs. What comes before is compared digit by digit, the end by accuracy."
)
# As far as runs that differ in roundings alone, or in the seed, end from one another.
_NEAR: Final = (0.015, 0.035)
_NEAR_SQUARED_ERROR: Final = (0.02, 0.05)
_NEAR_CROSS_ENTROPY: Final = (0.035, 0.06)
_ERRORS: Final = (0.0420, 0.0446, 0.0203, 0.0293, 0.0204, 0.0171, 0.0208, 0.0167, 0.0193)

PUBLISHED: Final = four_five_three(
    "mccaffrey",
    "4-5-3 by the diagonal of softmax's Jacobian, as published",
    "diagonal",
    (
        *beginning(
            {
                0: 0.6666296262666481,
                1: 0.22078798036743613,
                2: 0.15677385832346696,
                5: 0.12154826107104459,
                10: 0.09626017110375538,
            }
        ),
        *(Expected(ERROR, 100 * k, 100 * k - 1, e, None) for k, e in enumerate(_ERRORS, 1)),
        *ending(1000, 0.9888, 0.9900, _NEAR),
    ),
    remark=_CHAOTIC.format(30),
)
SQUARED_ERROR: Final = four_five_three(
    "mccaffrey-squared-error",
    "4-5-3, corrected: the gradient of the squared error that is printed",
    "squared-error",
    (
        *beginning({0: 0.6666296262666481, 1: 0.19865286596009576, 2: 0.15016011904604296}),
        *ending(1000, 0.9850, 0.9600, _NEAR_SQUARED_ERROR, published=False),
    ),
    remark=_CHAOTIC.format(7),
)
CROSS_ENTROPY: Final = four_five_three(
    "mccaffrey-cross-entropy",
    "4-5-3, corrected: the gradient of the cross-entropy",
    "cross-entropy",
    (
        *beginning({0: 0.6666296262666481}),
        *beginning({1: 0.21477863553270346}, tolerance=1e-3),
        *ending(1000, 0.9912, 0.9700, _NEAR_CROSS_ENTROPY, published=False),
    ),
    remark=_CHAOTIC.format(3),
)


def _three_four_two() -> tuple[dict[str, Any], None]:
    """Weights .1, .2 … 1.2 and 1.3 … 2.0; nothing is shuffled."""
    weights = np.arange(1, 21) / 10
    return {
        "weights_1": weights[:12].reshape(3, 4),
        "biases_1": np.array([-2.0, -6.0, -1.0, -7.0]),
        "weights_2": weights[12:].reshape(4, 2),
        "biases_2": np.array([-2.5, -5.0]),
    }, None


THREE_FOUR_TWO: Final = Classic(
    "3-4-2",
    "sigmoid then tanh learn (1, 2, 3) → (−.85, .75)",
    _EXPLAINED,
    Network((3, 4, 2), "sigmoid", "tanh"),
    lambda: Rows(np.array([[1.0, 2.0, 3.0]]), np.array([[-0.85, 0.75]])),
    _three_four_two,
    {
        "loss": "squared-error",
        "optimiser": Optimiser("previous-step", momentum=0.04),
        "learning_rate": 0.9,
        "batch_size": 1,
    },
    1000,
    ABSOLUTE,
    (
        *beginning({0: 3.2003993476600554, 1: 1.5938302375909297, 2: 0.06551851834117373}),
        Expected(STEPS, 6, 6, 6, 0, published=False),
        Expected(ERROR, 7, 6, 0.009604938199434088, 1e-9, published=False),
    ),
    enough=0.01,
)
