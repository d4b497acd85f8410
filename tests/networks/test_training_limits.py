"""A run at the limits: very large and small numbers, many epochs, another way to judge."""

from __future__ import annotations

import _thread
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from backlight import gradient
from backlight.errors import InputError
from backlight.networks.network import Network
from backlight.networks.training import Training

NETWORK = Network((3, 4, 2))
RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3))
T = np.tanh(X[:, :2])


def training_of(**settings: Any) -> Training:
    return Training(NETWORK, **{"learning_rate": 0.05, **settings})


@pytest.mark.parametrize("scale", [1e306, 1e-300, 5e-324])
def test_of_weights_only_the_proportion_counts_however_large_they_are(scale: float) -> None:
    training = training_of().run(X, T, 3, row_weights=np.full(23, scale))
    np.testing.assert_allclose(training.losses, training_of().run(X, T, 3).losses, rtol=1e-12)


def test_weights_in_half_precision_are_summed_in_double() -> None:
    many = np.repeat(X, 3_000, axis=0), np.repeat(T, 3_000, axis=0)
    weights = np.full(len(many[0]), 2, np.float16)
    training = training_of().run(*many, 1, row_weights=weights)
    np.testing.assert_array_equal(training.losses, training_of().run(*many, 1).losses)


def test_weights_without_a_finite_sum_are_refused() -> None:
    weights = np.full(23, 1e308)
    with pytest.raises(InputError, match=r"as large as 1e\+308 have no finite sum: divide them"):
        training_of().run(X, T, 1, row_weights=weights)
    with pytest.raises(InputError, match="have no finite sum"):
        NETWORK.cost(NETWORK.start(0), X, T, weights=weights)


@pytest.mark.parametrize(("name", "X", "T"), [("X", 1e39 * X, T), ("T", X, -1e39 * T)])
def test_numbers_beyond_single_precision_are_refused_there(name: str, X: Any, T: Any) -> None:
    with pytest.raises(
        InputError, match=rf"{name} holds numbers as large as .*e\+3[89]; float32 ends"
    ):
        training_of(dtype=np.float32).run(X, T, 1)
    training_of(learning_rate=1e-300).run(X, T, 1)


def test_a_seed_may_be_any_whole_number_from_0() -> None:
    losses = [
        tuple(training_of(seed=seed, parameters=NETWORK.start(0)).run(X, T, 2).losses)
        for seed in (0, 2**63 - 1, 2**63, 2**64 - 1)
    ]
    assert len(set(losses)) == 4


def test_room_is_made_for_the_epochs_there_are_not_for_those_there_could_be() -> None:
    def twice(training: Training) -> None:
        if training.epoch == 2:
            raise KeyboardInterrupt

    training = training_of().run(X, T, 1)
    tracemalloc.start()
    training.run(X, T, 10**18, on_epoch=twice)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert training.epoch == 2
    assert peak < 1_000_000


def test_losses_of_many_short_runs_are_those_of_one() -> None:
    training = training_of()
    for epochs in (1, 2, 3, 5, 0, 7):
        training.run(X, T, epochs)
    np.testing.assert_array_equal(training.losses, training_of().run(X, T, 18).losses)


def test_the_least_loss_decides_again_after_a_run_that_scores_decided() -> None:
    training = training_of().run(X, T, 2, validation=lambda: 0.0).run(X, T, 20)
    assert np.argmin(training.losses) == 21
    for name, array in training.best_parameters.items():
        np.testing.assert_array_equal(array, training.parameters[name])
    assert training.state.sums[1] < math.inf


@pytest.mark.parametrize("scored", [False, True])
def test_an_interrupt_at_the_end_of_an_epoch_is_not_an_epoch_that_nobody_saw(
    scored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is heard when the compiled loop returns, before anybody is told of the epoch."""
    from backlight.networks import training as module

    def run(training: Training, epochs: int) -> Training:
        def score() -> float:
            return -float(NETWORK.cost(training.parameters, X, T))

        return training.run(
            X, T, epochs, validation=score if scored else None, patience=9, tolerance=0.1
        )

    whole = module.train_online

    def loop(*given: Any) -> int:
        ended = whole(*given)
        _thread.interrupt_main()
        return ended

    loop.signatures = whole.signatures  # type: ignore[attr-defined]
    expected = run(training_of(), 40)
    training = training_of()
    with monkeypatch.context() as patched:
        patched.setattr(module, "train_online", loop)
        for epoch in range(1, 6):
            run(training, 1)
            assert training.stopped == f"interrupted in epoch {epoch + 1}"
    run(training, 35)
    assert training.stopped == expected.stopped is not None
    assert (training.epoch, training.watched) == (expected.epoch, expected.watched)
    np.testing.assert_array_equal(training.state.best, expected.state.best)


def test_the_loss_of_a_sigmoid_that_is_surely_wrong_is_its_net() -> None:
    """-ln(1 - o) = z + ln(1 + e^-z), also where o is 1 to the last bit."""
    network = Network((1, 1), output="sigmoid")
    start = {"weights_1": np.full((1, 1), 40.0), "biases_1": np.zeros(1)}
    for batch_size in (1, 2):
        training = Training(
            network, loss="binary-cross-entropy", parameters=start, batch_size=batch_size
        )
        training.run(np.ones((2, 1)), np.zeros((2, 1)), 1)
        assert training.losses[0] == pytest.approx(40, rel=0.01)


def test_targets_that_do_not_sum_to_1_pull_a_softmax_by_their_sum() -> None:
    network, row = Network((2, 3), output="softmax"), np.ones((1, 2))
    T = np.array([[1.0, 1.0, 0.0]])
    start = network.start(0)
    slope = gradient(lambda p: network.cost(p, row, T, "cross-entropy"), start)
    training = Training(network, loss="cross-entropy", parameters=start, learning_rate=1.0).run(
        row, T, 1
    )
    for name, array in training.parameters.items():
        np.testing.assert_allclose(array, start[name] - slope[name], rtol=1e-12)
