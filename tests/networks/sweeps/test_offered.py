"""The networks a sweep is offered of."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks.classics import CLASSICS
from backlight.networks.sweeps.offered import Offer, drawn, offer, offered_names
from backlight.networks.sweeps.sweep import swept

from ..examples import example_4


def test_example_4_comes_first_then_every_other_published_run() -> None:
    assert offered_names()[0] == "example-4"
    assert sorted(offered_names()) == sorted(CLASSICS)


def test_example_4_is_as_published() -> None:
    network, parameters, X, T = example_4()
    found = offer("example-4")
    assert found.network == network
    for name, value in parameters.items():
        np.testing.assert_array_equal(found.parameters[name], value)
    np.testing.assert_array_equal(found.x, X[0])
    np.testing.assert_array_equal(found.t, T[0])
    assert (found.loss, found.learning_rate, found.rows) == ("squared-error", 0.5, 1)


@pytest.mark.parametrize("name", offered_names())
def test_every_one_can_be_swept(name: str) -> None:
    found = offer(name)
    sweep = swept(
        found.network, found.parameters, found.x, found.t, found.loss, found.learning_rate
    )
    assert 0 < sweep.next().cost < sweep.cost


def test_a_row_is_chosen() -> None:
    np.testing.assert_array_equal(offer("example-3", 2).x, [1, 0])
    np.testing.assert_array_equal(offer("example-3", 2).t, [1, 0])
    with pytest.raises(InputError, match="example-3 has no row 4; its rows are 0 to 3"):
        offer("example-3", 4)
    with pytest.raises(InputError, match="no published run 'exmple-3'; did you mean 'example-3'"):
        offer("exmple-3")


def test_that_a_publication_takes_another_delta_is_told() -> None:
    assert "only the diagonal; this sweep takes all of it" in offer("mccaffrey").remark
    assert offer("mccaffrey-cross-entropy").remark == ""


def test_a_network_is_drawn_of_any_sizes_and_the_seed_decides() -> None:
    def with_seed(seed: int) -> Offer:
        return drawn((3, 4, 2), "relu", "softmax", "cross-entropy", seed)

    found, again, other = with_seed(5), with_seed(5), with_seed(6)
    assert found.network.sizes == (3, 4, 2)
    assert found.network.activations == ("relu", "softmax")
    assert found.title == "3-4-2 relu, softmax"
    np.testing.assert_array_equal(found.t, [1, 0])
    np.testing.assert_array_equal(found.x, again.x)
    np.testing.assert_array_equal(found.parameters["weights_1"], again.parameters["weights_1"])
    assert not np.array_equal(found.parameters["weights_1"], other.parameters["weights_1"])
    assert not np.array_equal(found.x, other.x)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError, match="cross-entropy needs an output of softmax, not sigmoid"):
        drawn((2, 2), loss="cross-entropy")
    with pytest.raises(InputError, match="seed must be a whole number from 0, not -1"):
        drawn((2, 2), seed=-1)
