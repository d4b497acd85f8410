"""A run: that it learns, can be watched, stopped anywhere and taken up again to the bit."""

from __future__ import annotations

import _thread
import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from backlight import gradient
from backlight.errors import FileError, InputError
from backlight.networks.network import Network
from backlight.networks.optimisers import CODES
from backlight.networks.schedules import Cosine, Plateau, StepDecay
from backlight.networks.training import Training

NETWORK = Network((3, 5, 2), "tanh", "softmax")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3))
T = np.eye(2)[(X[:, 0] * X[:, 1] > 0).astype(int)]


def training_of(**settings: Any) -> Training:
    return Training(NETWORK, **{"loss": "cross-entropy", "learning_rate": 0.1, **settings})


def assert_equal(one: Training, other: Training) -> None:
    for name, array in one.state._asdict().items():
        np.testing.assert_array_equal(array, getattr(other.state, name), err_msg=name)
    np.testing.assert_array_equal(one.losses, other.losses)
    np.testing.assert_array_equal(one.order, other.order)


# ------------------------------------------------------------------ learning


@pytest.mark.parametrize("batch_size", [1, 10, 1000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_iris_is_learned(batch_size: int, dtype: Any) -> None:
    data = load_iris()
    inputs = ((data.data - data.data.mean(0)) / data.data.std(0)).astype(dtype)
    training = Training(
        Network((4, 7, 3), "tanh", "softmax"),
        loss="cross-entropy",
        optimiser="adam",
        batch_size=batch_size,
        dtype=dtype,
    )
    training.run(inputs, np.eye(3)[data.target], 400)
    outputs = training.network.outputs(training.parameters, inputs)
    assert np.mean(outputs.argmax(1) == data.target) > 0.97
    assert outputs.dtype == dtype
    assert training.epoch == len(training.losses) == 400
    assert training.losses[-1] < 0.1 < training.losses[0]


def test_the_loss_of_an_epoch_is_that_before_each_step_on_average() -> None:
    training = training_of(batch_size=len(X))
    before = NETWORK.cost(training.parameters, X, T, "cross-entropy")
    training.run(X, T, 1)
    assert training.losses[0] == pytest.approx(before, rel=1e-14)


def test_a_weight_of_a_row_scales_its_gradient() -> None:
    weights = RNG.uniform(size=len(X))
    training = training_of(batch_size=len(X), shuffle=False)
    start = {name: array.copy() for name, array in training.parameters.items()}
    found = gradient(lambda p: NETWORK.cost(p, X, T, "cross-entropy", weights), start)
    training.run(X, T, 1, row_weights=weights)
    for name, array in training.parameters.items():
        np.testing.assert_allclose(array, start[name] - 0.1 * found[name], rtol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_row_of_weight_0_changes_nothing(batch_size: int) -> None:
    weights = np.ones(len(X))
    weights[5] = 0
    spoilt = T.copy()
    spoilt[5] = [0.3, 0.7]
    one, other = (
        training_of(batch_size=batch_size).run(X, targets, 3, row_weights=weights)
        for targets in (T, spoilt)
    )
    assert_equal(one, other)


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    one, same, other = (training_of(seed=seed).run(X, T, 5) for seed in (1, 1, 2))
    assert_equal(one, same)
    assert not np.array_equal(one.losses, other.losses)


def test_every_epoch_takes_the_rows_in_another_order_unless_told_not_to() -> None:
    training = training_of()
    orders = {tuple(training.run(X, T, 1).order.tolist()) for _ in range(5)}
    assert len(orders) == 5
    assert all(sorted(order) == list(range(len(X))) for order in orders)
    assert training_of(shuffle=False).run(X, T, 3).order.tolist() == list(range(len(X)))


def test_the_last_batch_of_an_epoch_is_what_is_left() -> None:
    training = training_of(batch_size=10).run(X, T, 4)
    assert training.state.counts[2] == 4 * 3


def test_what_is_given_stays_as_it_is() -> None:
    parameters = NETWORK.start(3)
    kept = {name: array.copy() for name, array in parameters.items()}
    inputs, targets = X.copy(), T.copy()
    training_of(parameters=parameters).run(inputs, targets, 2)
    np.testing.assert_array_equal(inputs, X)
    np.testing.assert_array_equal(targets, T)
    for name, array in parameters.items():
        np.testing.assert_array_equal(array, kept[name])


def test_data_in_the_working_precision_are_not_copied() -> None:
    wide = Network((200, 2, 1))
    inputs, targets = np.ones((20_000, 200)), np.ones((20_000, 1))
    training = Training(wide, batch_size=100, learning_rate=1e-4).run(
        inputs[:100], targets[:100], 1
    )
    tracemalloc.start()
    training.run(inputs, targets, 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.1 * inputs.nbytes


def test_data_that_cannot_be_written_to_compile_nothing_new() -> None:
    from backlight.networks.training import train_online

    training_of().run(X, T, 1)
    compiled = len(train_online.signatures)
    locked = X.copy()
    locked.flags.writeable = False
    training_of().run(locked, T, 1)
    assert len(train_online.signatures) == compiled


# ------------------------------------------------------------------ stopping and going on


def test_where_the_compiled_loop_returns_changes_not_a_bit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from backlight.networks import training as module

    whole = module.train_online

    def loop(layout: Any, data: Any, rules: Any, state: Any, buffers: Any, most: int, *rest: Any):
        return whole(layout, data, rules, state, buffers, 5, *rest)

    loop.signatures = whole.signatures  # type: ignore[attr-defined]
    expected = training_of().run(X, T, 20)
    monkeypatch.setattr(module, "train_online", loop)
    assert_equal(training_of().run(X, T, 20), expected)


@settings(max_examples=40, deadline=None)
@given(
    batch_size=st.sampled_from([1, 4, 23]),
    optimiser=st.sampled_from(sorted(CODES)),
    before=st.integers(0, 6),
    after=st.integers(0, 6),
)
def test_a_run_in_two_parts_equals_one(
    tmp_path_factory: Any, batch_size: int, optimiser: str, before: int, after: int
) -> None:
    def begun() -> Training:
        schedule = StepDecay(0.05, every=2)
        return training_of(batch_size=batch_size, optimiser=optimiser, learning_rate=schedule)

    path = tmp_path_factory.mktemp("run") / "run.safetensors"
    begun().run(X, T, before).save(path)
    resumed = Training.load(path).run(X, T, after)
    assert_equal(resumed, begun().run(X, T, before + after))


def test_a_run_that_is_interrupted_within_an_epoch_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl-C comes while the compiled loop has done 7 of 23 rows of the third epoch."""
    from backlight.networks import training as module

    whole, rows = module.train_online, [23, 23, 7]

    def loop(layout: Any, data: Any, rules: Any, state: Any, buffers: Any, most: int, *rest: Any):
        ended = whole(layout, data, rules, state, buffers, rows.pop(0), *rest)
        if not rows:
            _thread.interrupt_main()
        return ended

    loop.signatures = whole.signatures  # type: ignore[attr-defined]
    interrupted = training_of()
    with monkeypatch.context() as patched:
        patched.setattr(module, "train_online", loop)
        interrupted.run(X, T, 9, on_epoch=lambda training: None)
    assert interrupted.stopped == "interrupted in epoch 3"
    assert interrupted.epoch == 2
    assert interrupted.state.counts[1] == 7
    interrupted.save(tmp_path / "run.safetensors")
    resumed = Training.load(tmp_path / "run.safetensors").run(X, T, 7)
    assert_equal(resumed, training_of().run(X, T, 9))


def test_after_an_interrupt_the_best_parameters_are_there() -> None:
    def interrupt(training: Training) -> None:
        if training.epoch == 4:
            raise KeyboardInterrupt

    training = training_of().run(X, T, 100, on_epoch=interrupt)
    assert training.stopped == "interrupted in epoch 5"
    best = int(np.argmin(training.losses)) + 1
    assert_best(training, training_of().run(X, T, best))


def assert_best(training: Training, expected: Training) -> None:
    for name, array in training.best_parameters.items():
        np.testing.assert_array_equal(array, expected.parameters[name])


def test_where_an_epoch_is_one_batch_the_best_parameters_are_those_of_the_least_loss() -> None:
    network = Network((3, 1))
    settings = {"learning_rate": 1.5, "batch_size": len(X), "seed": 3}
    targets = X[:, :1] + 1
    training = Training(network, **settings).run(X, targets, 30)
    best = int(np.argmin(training.losses))
    assert 0 < best < 29
    assert_best(training, Training(network, **settings).run(X, targets, best))
    cost = network.cost(training.best_parameters, X, targets)
    assert cost == pytest.approx(training.losses.min(), rel=1e-13)


def test_where_the_next_epoch_diverges_the_best_are_those_the_epoch_began_with() -> None:
    """Two rows and a rate that makes the second epoch end beyond all numbers."""
    network = Network((1, 1))
    rows = np.array([[1.0], [1e100]])
    parameters = {"weights_1": np.zeros((1, 1)), "biases_1": np.zeros(1)}
    training = Training(network, learning_rate=1e-3, shuffle=False, parameters=parameters)
    training.run(rows, np.ones((2, 1)), 9)
    assert training.epoch == 1
    assert str(training.stopped).startswith("diverged in epoch 2")
    assert training.parameters["weights_1"] == training.best_parameters["weights_1"] == 0


def test_diverging_training_is_stopped_and_keeps_its_best_parameters() -> None:
    network = Network((3, 5, 1), "relu")
    training = Training(network, learning_rate=Plateau(3.0), batch_size=4)
    training.run(X, X[:, :1] ** 2, 1000)
    assert training.stopped is not None
    assert training.stopped.startswith("diverged in epoch ")
    assert "at a learning rate of 3; the best parameters are kept, try 0.3" in training.stopped
    assert training.epoch < 1000
    for name, array in training.parameters.items():
        assert np.isfinite(array).all()
        np.testing.assert_array_equal(array, training.best_parameters[name])


def test_after_diverging_the_optimiser_begins_anew() -> None:
    network = Network((3, 4, 1))
    settings: dict[str, Any] = {"optimiser": "adam", "batch_size": 5, "shuffle": False}
    training = Training(network, **settings).run(X, X[:, :1], 3)
    training.run(X, np.full((len(X), 1), 1e200), 3)
    assert str(training.stopped).startswith("diverged in epoch 4")
    kept = {name: array.copy() for name, array in training.parameters.items()}
    training.run(X, X[:, :1], 3)
    fresh = Training(network, parameters=kept, **settings).run(X, X[:, :1], 3)
    np.testing.assert_array_equal(training.losses[3:], fresh.losses)
    for name, array in fresh.parameters.items():
        np.testing.assert_array_equal(training.parameters[name], array)


def test_patience_begins_anew_after_it_ended_a_run() -> None:
    training = training_of()
    for ended in (4, 7, 10):
        training.run(X, T, 50, validation=lambda: 0.5, patience=3)
        assert training.stopped == "no better validation score for 3 epochs"
        assert training.epoch == ended


def test_patience_ends_a_run_that_no_longer_gets_better() -> None:
    training = training_of().run(X, T, 10_000, patience=5, tolerance=1e-3)
    assert training.stopped == "no better loss for 5 epochs"
    losses = training.losses
    best = np.minimum.accumulate(losses)
    # None of the last five is lower than all before by the tolerance; the one before them was.
    assert all(losses[-k] >= best[-k - 1] - 1e-3 for k in range(1, 6))
    assert losses[-6] < best[-7] - 1e-3


def test_patience_does_not_begin_anew_with_a_run_that_is_taken_up_again(tmp_path: Path) -> None:
    expected = training_of().run(X, T, 10_000, patience=5, tolerance=1e-3)
    training = training_of().run(X, T, expected.epoch - 2, patience=5, tolerance=1e-3)
    assert training.stopped is None
    training.save(tmp_path / "run.safetensors")
    training = Training.load(tmp_path / "run.safetensors")
    assert_equal(training.run(X, T, 10_000, patience=5, tolerance=1e-3), expected)
    assert training.stopped == expected.stopped
    assert training.run(X, T, 3, patience=5, tolerance=1e-3).epoch == expected.epoch + 3


def test_a_schedule_is_told_what_an_interrupt_kept_from_it() -> None:
    schedule = Plateau(0.1, patience=1, tolerance=10.0, factor=0.5)
    interrupted = training_of(learning_rate=schedule)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Training, "tell_schedule", interrupt_in_epoch(4, Training.tell_schedule))
        interrupted.run(X, T, 9)
    assert interrupted.stopped == "interrupted in epoch 5"
    assert interrupted.told == 3
    assert_equal(interrupted.run(X, T, 5), training_of(learning_rate=schedule).run(X, T, 9))


def interrupt_in_epoch(epoch: int, whole: Any) -> Any:
    def tell_schedule(training: Training) -> None:
        if training.epoch == epoch:
            raise KeyboardInterrupt
        whole(training)

    return tell_schedule


def test_a_score_decides_what_is_best_where_there_is_one() -> None:
    scores = iter([0.1, 0.5, 0.3, 0.5, 0.2])
    seen: list[Any] = []

    def score() -> float:
        seen.append(training.state.parameters.copy())
        return next(scores)

    training = training_of()
    training.run(X, T, 10, validation=score, patience=3)
    assert training.stopped == "no better validation score for 3 epochs"
    assert training.epoch == 5
    np.testing.assert_array_equal(training.state.best, seen[1])


def test_whoever_asks_is_told_of_every_epoch() -> None:
    told: list[tuple[int, float]] = []
    training_of().run(X, T, 4, on_epoch=lambda t: told.append((t.epoch, float(t.losses[-1]))))
    assert [epoch for epoch, _ in told] == [1, 2, 3, 4]
    assert [loss for _, loss in told] == training_of().run(X, T, 4).losses.tolist()


def test_the_learning_rate_follows_its_schedule() -> None:
    """Of one weight and one row whose gradient stays the same, steps are the rates."""
    network, row = Network((1, 1)), np.ones((1, 1))
    schedule = Cosine(0.25, epochs=4)
    weights = [0.0]
    parameters = {"weights_1": np.zeros((1, 1)), "biases_1": np.zeros(1)}
    training = Training(network, loss="huber", learning_rate=schedule, parameters=parameters)

    def note(training: Training) -> None:
        weights.append(float(training.parameters["weights_1"][0, 0]))

    training.run(row, 100 * row, 6, on_epoch=note)
    expected = [0.125 * (1 + math.cos(math.pi * min(k, 4) / 4)) for k in range(6)]
    np.testing.assert_allclose(np.diff(weights), expected, atol=1e-15)


# ------------------------------------------------------------------ what cannot be used


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "squared"}, "no loss 'squared'; did you mean 'squared-error'"),
        ({"loss": "binary-cross-entropy"}, "needs an output of sigmoid, not softmax"),
        ({"optimiser": "adm"}, "no optimiser 'adm'; did you mean 'adam'"),
        ({"learning_rate": 0.0}, "rate of a learning rate must be above 0, not 0.0"),
        ({"learning_rate": "fast"}, "rate of a learning rate must be above 0, not 'fast'"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1, not 0"),
        ({"seed": -1}, "seed must be a whole number from 0, not -1"),
        ({"weight_decay": -0.1}, "weight_decay must be a number from 0, not -0.1"),
        ({"dtype": np.float16}, "dtype must be float64 or float32"),
        ({"output_delta": "diagonal"}, "'diagonal' is for a softmax with squared-error or huber"),
        ({"output_delta": "diag"}, "output_delta must be 'gradient' or 'diagonal', not 'diag'"),
        (
            {"parameters": {**NETWORK.start(0), "biases_2": np.array([np.nan, 0])}},
            "the parameters to start from are not all finite",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        training_of(**settings)


def changed(array: Any, row: int, column: int, value: float) -> Any:
    copy = array.copy()
    copy[row, column] = value
    return copy


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X[:, :2], T, 1), r"X has shape \(23, 2\); expected \(rows, 3\)"),
        ((X, T[:5], 1), r"T has shape \(5, 2\); expected \(23, 2\)"),
        ((X[:0], T[:0], 1), "X has no row"),
        ((changed(X, 4, 1, np.nan), T, 1), r"X holds nan in row 4, column 1 \(1 such in all\)"),
        ((X, changed(T, 2, 0, np.inf), 1), "T holds inf in row 2, column 0"),
        ((X, T * 2, 1), "cross-entropy needs targets from 0 to 1, not 0 to 2"),
        ((X, T, -1), "epochs must be a whole number from 0, not -1"),
    ],
)
def test_data_that_cannot_be_used_are_named(data: Any, message: str) -> None:
    training = training_of()
    before = training.state.parameters.copy()
    with pytest.raises(InputError, match=message):
        training.run(*data)
    np.testing.assert_array_equal(training.state.parameters, before)


def test_numbers_whose_sum_overflows_are_finite_all_the_same() -> None:
    network = Network((1, 1))
    Training(network, learning_rate=1e-300).run(np.full((4, 1), 1e308), np.zeros((4, 1)), 0)


def test_a_file_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    training_of().save(path)
    with pytest.raises(FileError, match="exists; pass overwrite=True"):
        training_of().save(path)
    training_of().save(path, overwrite=True)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    NETWORK_AND_START = NETWORK, NETWORK.start(0)
    from backlight.networks.saving import save_network

    save_network(path, *NETWORK_AND_START)
    with pytest.raises(InputError, match="holds a 'network'; expected a 'training'"):
        Training.load(path)
