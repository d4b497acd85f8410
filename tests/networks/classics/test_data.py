"""What the published runs start from: data, start weights, and the gradient at the start."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError, MissingExtraError
from backlight.gradients.examples import EXAMPLES
from backlight.gradients.method import gradient
from backlight.networks.classics import CLASSICS, find_classic
from backlight.networks.classics.demofox import named
from backlight.networks.classics.mccaffrey import DELTAS, four_five_three, generated_rows

DEMOFOX = ["example-1", "example-2", "example-3", "example-4"]


@pytest.mark.parametrize("name", CLASSICS)
def test_data_and_start_fit_the_network(name: str) -> None:
    classic = CLASSICS[name]
    assert classic.name == name
    assert classic.X.shape == (len(classic.T), classic.network.sizes[0])
    assert classic.T.shape == (len(classic.X), classic.network.sizes[-1])
    classic.network.check(classic.start)
    assert classic.title
    assert classic.source


@pytest.mark.parametrize("name", DEMOFOX)
def test_the_network_has_the_cost_and_the_gradient_of_the_worked_example(name: str) -> None:
    classic, example = CLASSICS[name], EXAMPLES[name]
    cost = classic.network.cost(classic.start, classic.X, classic.T)
    assert cost == pytest.approx(example.f(example.x), rel=1e-15)
    assert example.by_hand is not None
    by_hand = named(classic.network.sizes, example.by_hand(example.x))
    found = gradient(lambda p: classic.network.cost(p, classic.X, classic.T), classic.start)
    for key, expected in by_hand.items():
        np.testing.assert_allclose(found[key], expected, rtol=1e-13, atol=1e-17, err_msg=key)


def test_example_4_starts_where_the_reference_says() -> None:
    start = CLASSICS["example-4"].start
    np.testing.assert_array_equal(start["weights_1"], [[0.15, 0.25], [0.20, 0.30]])
    np.testing.assert_array_equal(start["weights_2"], [[0.40, 0.50], [0.45, 0.55]])
    np.testing.assert_array_equal(start["biases_1"], [0.35, 0.35])
    np.testing.assert_array_equal(start["biases_2"], [0.60, 0.60])


def test_the_start_of_4_5_3_is_the_first_numbers_of_dotnets_generator() -> None:
    flat = CLASSICS["mccaffrey"].network.flat(CLASSICS["mccaffrey"].start)
    shares = np.array([0.726243269967960, 0.817325359590969, 0.768022689394663])
    np.testing.assert_allclose(flat[:3], 0.0001 + 0.0009 * shares, rtol=1e-14)
    assert flat.shape == (43,)
    assert flat.min() >= 0.0001
    assert flat.max() < 0.001


def test_every_reading_of_a_start_begins_anew() -> None:
    classic = CLASSICS["mccaffrey"]
    first, random = classic.make_start()
    assert random is not None
    random.next()
    again, fresh = classic.make_start()
    assert fresh is not None
    assert fresh is not random
    np.testing.assert_array_equal(first["weights_1"], again["weights_1"])
    assert not np.array_equal(fresh.state, random.state)


def test_another_seed_has_other_weights_and_the_same_data() -> None:
    one, two = (four_five_three("x", "x", "diagonal", (), seed=seed) for seed in (0, 1))
    assert not np.array_equal(one.start["weights_1"], two.start["weights_1"])
    np.testing.assert_array_equal(one.X, two.X)


def test_the_generated_data_are_those_of_the_article() -> None:
    rows = generated_rows()
    counts = rows.T.sum(axis=0) + rows.test_T.sum(axis=0)
    np.testing.assert_array_equal(counts, [27, 626, 347])
    assert rows.X.shape == (800, 4)
    assert rows.test_X.shape == (200, 4)
    assert np.abs(rows.X).max() <= 10


def test_iris_is_split_into_120_and_30_without_a_flower_twice() -> None:
    rows = CLASSICS["iris-4-7-3"].rows
    assert (len(rows.X), len(rows.test_X)) == (120, 30)
    np.testing.assert_array_equal(rows.T.sum(axis=0) + rows.test_T.sum(axis=0), [50, 50, 50])


def test_iris_without_scikit_learn_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r"scikit-learn.*backlight\[train\]"):
        CLASSICS["iris-4-7-3"].make_rows()


def test_the_three_deltas_are_the_three_of_the_articles() -> None:
    assert list(DELTAS) == ["diagonal", "squared-error", "cross-entropy"]


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    assert find_classic("Iris_4-7-3") is CLASSICS["iris-4-7-3"]
    with pytest.raises(InputError, match="no published run 'mccafrey'; did you mean 'mccaffrey'"):
        find_classic("mccafrey")
