"""J. McCaffrey's 4-7-3 network on Fisher's iris: 120 rows to learn from, 30 held back, 50 epochs.

His split and start are not known to us; ours are made as the 4-5-3 run makes them.
Measurements are centimetres, as they are.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from backlight.errors import MissingExtraError
from backlight.networks.classics.classic import SQUARES, Classic, Rows
from backlight.networks.classics.mccaffrey import (
    DELTAS,
    ONLINE,
    beginning,
    ending,
    small_weights,
    split,
)
from backlight.networks.network import Network

NETWORK: Final = Network((4, 7, 3), "tanh", "softmax")


def iris_rows() -> Rows:
    """The 150 flowers, 120 of them to learn from.

    Raises:
        MissingExtraError: scikit-learn, which brings the data, is not installed.
    """
    try:
        from sklearn.datasets import load_iris
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "train") from error
    flowers = load_iris()
    return split(flowers.data, np.eye(3)[flowers.target], 120)


IRIS: Final = Classic(
    "iris-4-7-3",
    "4-7-3 on Fisher's iris, 120 rows to learn from and 30 held back",
    "J. McCaffrey's program on other data; of his runs on them we have no numbers",
    NETWORK,
    iris_rows,
    lambda: small_weights(NETWORK, 0),
    {**ONLINE, **DELTAS["diagonal"]},
    50,
    SQUARES,
    (
        *beginning(
            {
                0: 0.6666682265112421,
                1: 0.6660729213126416,
                10: 0.2721467370142411,
                50: 0.17116470456522612,
            }
        ),
        # A thousandth: not one flower more or less.
        *ending(50, 105 / 120, 26 / 30, (0.001, 0.001), published=False),
    ),
    remark="Steps are long for these data: accuracies still jump from one epoch to the next.",
)
