"""Filter-normalised random directions, and landscapes along weights and between networks."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks.landscapes.directions import random_directions
from backlight.networks.landscapes.of_networks import (
    Task,
    along_random,
    along_weights,
    slice_between,
)
from backlight.networks.network import Network

NETWORK = Network((2, 2, 1), "tanh", "sigmoid")
TASK = Task(NETWORK, [[0.0, 1.0], [2.0, -1.0]], [[0.0], [1.0]], decay=0.01)
FIRST, SECOND = NETWORK.start(0), NETWORK.start(1)


def test_each_neuron_s_direction_is_as_long_as_its_weights_worked_out_by_hand() -> None:
    network = Network((2, 1))
    # The weights coming into the one neuron are 3 and 4 long: 5. What is drawn is d, of length |d|.
    drawn = np.random.default_rng(7).normal(size=2)
    expected = 5 * drawn / np.sqrt(drawn[0] ** 2 + drawn[1] ** 2)
    known = {"weights_1": [[3.0], [4.0]], "biases_1": [9.0]}
    (found,) = random_directions(network, known, 7, count=1)
    np.testing.assert_allclose(found, [*expected, 0.0], rtol=1e-15)


def test_neurons_are_normalised_one_by_one_and_biases_stay() -> None:
    network = Network((3, 4, 2), "tanh")
    known = {k: (1 + np.arange(v.size).reshape(v.shape)) * 1.0 for k, v in network.start(0).items()}
    directions = random_directions(network, known, 3)
    assert directions.shape == (2, network.size)
    for direction in directions:
        parts = network.named(direction)
        for name in ("weights_1", "weights_2"):
            np.testing.assert_allclose(
                np.linalg.norm(parts[name], axis=0), np.linalg.norm(known[name], axis=0)
            )
        assert not parts["biases_1"].any()
        assert not parts["biases_2"].any()
    assert abs(np.corrcoef(directions)[0, 1]) < 0.9


def test_a_neuron_whose_weights_are_zero_does_not_move() -> None:
    known = {"weights_1": np.array([[0.0, 3.0], [0.0, 4.0]]), "biases_1": np.zeros(2)}
    (found,) = random_directions(Network((2, 2)), known, 0, count=1)
    assert found[[0, 2]].tolist() == [0, 0]
    assert np.linalg.norm(found[[1, 3]]) == pytest.approx(5)


def test_a_slice_between_two_networks_has_their_costs_at_its_ends() -> None:
    between = slice_between(TASK, FIRST, SECOND, names=("this", "that"))
    middle = {name: (FIRST[name] + SECOND[name]) / 2 for name in FIRST}
    np.testing.assert_allclose(
        between.heights([[0.0], [1.0], [0.5]]),
        [TASK.cost(p) for p in (FIRST, SECOND, middle)],
        rtol=1e-14,
    )
    assert [(mark.name, mark.at) for mark in between.marks] == [("this", (0.0,)), ("that", (1.0,))]


def test_along_a_weight_the_coordinate_is_its_value() -> None:
    plane = along_weights(TASK, FIRST, ["weights_1[1, 0]", "biases_2[0]"], reach=3)
    changed = {name: value.copy() for name, value in FIRST.items()}
    changed["weights_1"][1, 0], changed["biases_2"][0] = 2.5, -0.5
    assert plane.heights([[2.5, -0.5]])[0] == pytest.approx(TASK.cost(changed), rel=1e-14)
    assert plane.marks[0].at == (FIRST["weights_1"][1, 0], FIRST["biases_2"][0])
    assert [(a.name, a.low, a.high) for a in plane.axes] == [
        *(("weights_1[1, 0]", -3, 3), ("biases_2[0]", -3, 3)),
    ]


def test_the_parameters_are_the_origin_of_a_random_plane() -> None:
    plane = along_random(TASK, FIRST, seed=2)
    assert plane.heights([[0.0, 0.0]])[0] == pytest.approx(TASK.cost(FIRST), rel=1e-14)
    moved = NETWORK.flat(FIRST) + np.array([0.3, -0.2]) @ random_directions(NETWORK, FIRST, 2)
    expected = TASK.cost(NETWORK.named(moved))
    assert plane.heights([[0.3, -0.2]])[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["weights_1[0, 9]"], r"no weight 'weights_1\[0, 9\]'; did you mean 'weights_1\[0, "),
        (["weights_1[0, 0]"] * 2, "one weight for a slice or two for a plane"),
        ([], "one weight for a slice or two for a plane"),
    ],
)
def test_weights_that_are_not_there_are_refused_in_words(names: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        along_weights(TASK, FIRST, names)


def test_a_slice_needs_two_ends() -> None:
    with pytest.raises(InputError, match="both ends of the slice are the same"):
        slice_between(TASK, FIRST, FIRST)
