"""Compiled training yields what the publications print."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from backlight.networks.classics import CLASSICS, Measured, replay
from backlight.networks.classics.classic import ERROR, Expected
from backlight.networks.classics.replaying import go_on, start
from backlight.networks.training import Training

from ..replayed import Replay

DELTAS = {
    "mccaffrey": "diagonal",
    "mccaffrey-squared-error": "squared-error",
    "mccaffrey-cross-entropy": "cross-entropy",
    "iris-4-7-3": "diagonal",
    "3-4-2": "tanh",
}
MOMENTUM = {"3-4-2": (0.9, 0.04)}


@pytest.mark.parametrize("name", CLASSICS)
def test_every_number_agrees(name: str) -> None:
    measured = list(replay(CLASSICS[name]))
    assert [one.expected for one in measured] == list(CLASSICS[name].expected)
    wrong = [(one.expected, one.value) for one in measured if one.agrees is False]
    assert wrong == []


# How long a difference in a last bit stays one.
@pytest.mark.parametrize(
    ("name", "epochs"),
    [("mccaffrey", 10), ("mccaffrey-squared-error", 2), ("iris-4-7-3", 50), ("3-4-2", 6)],
)
def test_the_first_epochs_are_those_of_the_plain_loops(name: str, epochs: int) -> None:
    classic = CLASSICS[name]
    plain = Replay(classic, DELTAS[name], *MOMENTUM.get(name, (0.05, 0.01)))
    plain.run(epochs)
    training = start(classic)
    go_on(classic, training, epochs)
    for (key, found), expected in zip(training.parameters.items(), plain.w, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=key)


@pytest.mark.parametrize("name", [name for name in DELTAS if name.startswith("mccaffrey")])
def test_the_first_hundred_steps_are_exact(name: str) -> None:
    classic = CLASSICS[name]
    plain = Replay(classic, DELTAS[name], 0.05, 0.01)
    plain.X, plain.T, plain.order = plain.X[:100], plain.T[:100], list(range(100))
    plain.run(1)
    training = start(classic)
    training.run(classic.X[:100], classic.T[:100], 1)
    for (key, found), expected in zip(training.parameters.items(), plain.w, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13, err_msg=key)


def test_the_first_gradient_of_example_4_is_that_of_the_reference() -> None:
    classic = CLASSICS["example-4"]
    training = start(classic)
    training.run(classic.X, classic.T, 1)
    moved = classic.start["weights_1"][0, 0] - training.parameters["weights_1"][0, 0]
    assert moved / 0.5 == pytest.approx(4.385677344743465e-4, abs=1e-7)  # single precision


def test_3_4_2_stops_as_soon_as_the_error_is_small_enough() -> None:
    classic = CLASSICS["3-4-2"]
    training = start(classic)
    go_on(classic, training, classic.epochs)
    assert training.epoch == 6
    assert classic.measure(ERROR, training.parameters) <= 0.01


def test_a_run_shuffled_by_dotnet_is_saved_and_taken_up_to_the_bit(tmp_path: Path) -> None:
    classic = CLASSICS["mccaffrey"]
    whole = start(classic).run(classic.X, classic.T, 5)
    saved = start(classic).run(classic.X, classic.T, 3).save(tmp_path / "run.safetensors")
    resumed = Training.load(saved).run(classic.X, classic.T, 2)
    for key, expected in whole.parameters.items():
        np.testing.assert_array_equal(resumed.parameters[key], expected, err_msg=key)
    np.testing.assert_array_equal(resumed.state.generator, whole.state.generator)


@pytest.mark.parametrize(
    ("tolerance", "value", "agrees"),
    [
        (0.01, 0.109, True),
        (0.01, 0.111, False),
        (None, 5.0, None),
        (0.01, math.nan, False),
    ],
)
def test_a_number_agrees_within_its_tolerance(
    tolerance: float | None, value: float, agrees: bool | None
) -> None:
    assert Measured(Expected(ERROR, 1, 0, 0.1, tolerance), value).agrees is agrees
