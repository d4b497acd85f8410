"""How the publications measure, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.networks.classics.classic import (
    ABSOLUTE,
    ACCURACY,
    DISTANCE,
    ERROR,
    SQUARES,
    TEST_ACCURACY,
    Classic,
    Rows,
)
from backlight.networks.network import Network

O = np.array([[3.0, 0.0], [0.0, 1.0]])  # noqa: E741  outputs, as everywhere
T = np.array([[0.0, 4.0], [0.0, 1.0]])


def test_errors_are_means_over_the_rows() -> None:
    assert DISTANCE.of(O, T) == pytest.approx(5 / 2)
    assert SQUARES.of(O, T) == pytest.approx(25 / 2)
    assert ABSOLUTE.of(O, T) == pytest.approx(7 / 2)


def test_accuracies_count_the_rows_whose_largest_output_is_the_target() -> None:
    X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]])
    rows = Rows(X, np.eye(2)[[0, 1, 1]], X[:2], np.eye(2)[[1, 1]])
    network = Network((2, 2))
    itself = {"weights_1": np.eye(2), "biases_1": np.zeros(2)}
    classic = Classic(
        *("x", "x", "x", network, lambda: rows, lambda: (itself, None), {}, 1, SQUARES, ())
    )
    assert classic.measure(ACCURACY, itself) == pytest.approx(2 / 3)
    assert classic.measure(TEST_ACCURACY, itself) == pytest.approx(1 / 2)
    assert classic.measure(ERROR, itself) == pytest.approx((0 + 0 + (4 + 1)) / 3)
