"""Parameters: the names that people who come from MLPClassifier know, and those that are new."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor

import backlight as bl
from backlight.networks.optimisers import CODES, Optimiser
from backlight.networks.schedules import SCHEDULES, Cosine, Plateau, Schedule
from tests.networks.estimators.data import blobs, curve

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(bl.BackpropClassifier, MLPClassifier), (bl.BackpropRegressor, MLPRegressor)],
)
def test_names_and_defaults_are_those_of_scikit_learn(ours: Any, theirs: Any) -> None:
    mine, known = ours().get_params(), theirs().get_params()
    del known["max_fun"]  # of a solver that is none of ours
    known.pop("loss", None)  # "squared_error", which ours knows too, is what "auto" means
    assert {name: mine[name] for name in known} == known
    new = {"loss", "initialiser", "progress"}
    assert set(mine) - set(known) == new | ({"class_weight"} if "class_weight" in mine else set())


def curve_of(**settings: Any) -> Any:
    """The losses of a few epochs."""
    X, y = curve()
    settings = {"activation": "tanh", "random_state": 0, "max_iter": 6, "batch_size": 20} | settings
    return bl.BackpropRegressor((4,), **settings).fit(X, y).loss_curve_


@pytest.mark.parametrize("name", CODES)
def test_every_optimiser_can_be_asked_for_as_solver(name: str) -> None:
    expected = Optimiser(name)
    if name == "sgd":
        assert curve_of(solver="sgd", momentum=0) == curve_of(solver=expected)
        assert curve_of(solver="sgd") == curve_of(solver=Optimiser("nesterov"))
        plain = curve_of(solver="sgd", nesterovs_momentum=False)
        assert plain == curve_of(solver=Optimiser("momentum"))
    else:
        assert curve_of(solver=name) == curve_of(solver=expected)
        assert curve_of(solver=name.replace("-", "_")) == curve_of(solver=expected)


def test_optimisers_of_the_same_name_differ_by_their_numbers() -> None:
    assert curve_of(solver="momentum", momentum=0.5) != curve_of(solver="momentum")
    assert curve_of(solver="adam", beta_1=0.5) != curve_of()
    assert curve_of(solver="adam", beta_2=0.5) != curve_of()
    assert curve_of(solver="adam", epsilon=0.5) != curve_of()


def test_a_schedule_brings_its_own_rate() -> None:
    constant = curve_of(learning_rate=Schedule(0.02))
    assert constant == curve_of(learning_rate_init=0.02)
    assert constant == curve_of(learning_rate=Schedule(0.02), learning_rate_init=7.0)
    assert constant != curve_of(learning_rate=Cosine(0.02, epochs=4))


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_can_be_cloned_and_trained_with(name: str) -> None:
    estimator = bl.BackpropRegressor((4,), learning_rate=SCHEDULES[name](0.01), random_state=0)
    X, y = curve()
    assert clone(estimator).fit(X, y).loss_ < clone(estimator).partial_fit(X, y).loss_


def test_a_schedule_that_watches_the_loss_is_shown_it() -> None:
    # No loss falls by 9, so that the rate is divided by ten after each epoch.
    watched = curve_of(learning_rate=Plateau(0.1, patience=1, factor=0.1, tolerance=9.0))
    assert watched[:2] == curve_of(learning_rate_init=0.1)[:2]
    assert watched[2:] != curve_of(learning_rate_init=0.1)[2:]


def test_one_activation_serves_all_layers_or_each_has_its_own() -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier((4, 3), ("tanh", "gelu"), max_iter=1).fit(X, y)
    assert trained.network_.hidden == ("tanh", "gelu")
    assert bl.BackpropClassifier((4, 3), "logistic", max_iter=1).fit(X, y).network_.hidden == (
        "sigmoid",
        "sigmoid",
    )


@pytest.mark.parametrize("sizes", [5, (5,), [5], np.array([5]), np.int64(5)], ids=str)
def test_sizes_of_layers_come_in_any_sequence(sizes: Any) -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(sizes, max_iter=1).fit(X, y)
    assert trained.network_.sizes == (2, 5, 1)
    assert trained.n_layers_ == 3


def test_an_initialiser_is_a_name_or_a_function() -> None:
    X, y = blobs()

    def ones(rng: Any, fan_in: int, fan_out: int) -> Any:
        return np.ones((fan_in, fan_out)), np.zeros(fan_out)

    settings: dict[str, Any] = {"learning_rate_init": 1e-12, "max_iter": 1, "random_state": 0}
    trained = bl.BackpropClassifier(initialiser=ones, **settings).fit(X, y)
    np.testing.assert_allclose(trained.coefs_[0], 1)
    he = bl.BackpropClassifier(initialiser="he-normal", **settings).fit(X, y)
    glorot = bl.BackpropClassifier(**settings).fit(X, y)
    assert he.coefs_[0].std() == pytest.approx(1, rel=0.2)  # √(2 / 2)
    assert glorot.coefs_[0].std() == pytest.approx(np.sqrt(2 / 102), rel=0.2)


def test_a_seed_makes_a_run_the_same_again_and_another_seed_another() -> None:
    assert curve_of(random_state=3) == curve_of(random_state=3)
    assert curve_of(random_state=np.random.RandomState(3)) == curve_of(random_state=3)
    assert curve_of(random_state=3) != curve_of(random_state=4)
    assert curve_of(random_state=None) != curve_of(random_state=None)


def test_a_batch_larger_than_the_data_is_all_of_them_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="batch_size is 500, but there are 80 rows"):
        clipped = curve_of(batch_size=500, shuffle=False)
    assert clipped == curve_of(batch_size=80, shuffle=False)
    assert clipped == curve_of(batch_size="auto", shuffle=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": (3, 0)}, r"hidden_layer_sizes must be whole numbers.*\(3, 0\)"),
        ({"hidden_layer_sizes": 2.5}, "hidden_layer_sizes must be whole numbers.*2.5"),
        ({"hidden_layer_sizes": "9"}, "hidden_layer_sizes must be whole numbers.*'9'"),
        ({"activation": "rleu"}, "no activation 'rleu'; did you mean 'relu'"),
        ({"solver": "adma"}, "no solver 'adma'; did you mean 'adam'"),
        ({"solver": "lbfgs"}, "no solver 'lbfgs'.*there are sgd, momentum"),
        ({"solver": 3}, "solver must be a name"),
        ({"alpha": -1.0}, "alpha must be a number from 0, not -1.0"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1, not 0"),
        ({"batch_size": "all"}, "batch_size must be 'auto' or a whole number from 1, not 'all'"),
        ({"learning_rate": "adaptiv"}, "learning_rate must be .*did you mean 'adaptive'"),
        ({"learning_rate": 0.1}, "a number is given as learning_rate_init"),
        ({"learning_rate_init": 0.0}, "learning_rate_init must be a number above 0, not 0.0"),
        ({"power_t": -1.0}, "power_t must be a number from 0"),
        ({"max_iter": 0}, "max_iter must be a whole number from 1, not 0"),
        ({"tol": np.nan}, "tol must be a number from 0, not nan"),
        ({"solver": "sgd", "momentum": 1.0}, "momentum must be a number from 0 to below 1"),
        ({"beta_1": 1.0}, "beta_1 must be a number from 0 to below 1, not 1.0"),
        ({"beta_2": "x"}, "beta_2 must be a number from 0 to below 1, not 'x'"),
        ({"epsilon": 0.0}, "epsilon must be a number above 0, not 0.0"),
        ({"validation_fraction": 1.0}, "validation_fraction must be above 0 and below 1"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be a whole number from 1"),
        ({"initialiser": "he"}, "no initialiser 'he'; did you mean"),
        ({"loss": "hubber"}, "no loss 'hubber'; did you mean 'huber'"),
        ({"random_state": "x"}, "'x' cannot be used to seed"),
        ({"activation": None}, "activation must be a name, or one for each .* not None"),
        ({"shuffle": "no"}, "shuffle must be True or False, not 'no'"),
        ({"early_stopping": "false"}, "early_stopping must be True or False, not 'false'"),
        ({"nesterovs_momentum": 0}, "nesterovs_momentum must be True or False, not 0"),
    ],
    ids=str,
)
def test_what_a_parameter_cannot_be_is_said_in_fit_not_before(
    settings: dict[str, Any], message: str
) -> None:
    X, y = curve()
    estimator = bl.BackpropRegressor(**settings)
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y)


def test_validation_fraction_matters_only_with_early_stopping() -> None:
    # scikit-learn allows 0 where nothing is held out.
    assert curve_of(validation_fraction=0.0) == curve_of()


@pytest.mark.parametrize("changed", [{}, {"solver": "sgd"}, {"loss": "huber"}], ids=str)
def test_parameters_may_be_changed_between_parts(changed: dict[str, Any]) -> None:
    X, y = curve()
    trained = bl.BackpropRegressor((4,), random_state=0).partial_fit(X, y)
    moved = []
    for rate in (1e-9, 1e-3):
        before = trained.coefs_[0].copy()
        trained.set_params(learning_rate_init=rate, **changed).partial_fit(X, y)
        moved.append(np.abs(trained.coefs_[0] - before).max())
    assert 0 < moved[0] < 1e-8
    assert moved[1] > 1e-5
    network, parameters = trained.to_network()
    loss = changed.get("loss", "squared-error")
    expected = float(network.cost(parameters, X, 9 * y[:, None], loss))
    assert trained.partial_fit(X, 9 * y).loss_ == pytest.approx(expected, rel=1e-12)


def test_the_loss_of_an_untrained_network_is_its_cost() -> None:
    X, y = curve()
    first = curve_of(max_iter=1, batch_size=80)
    rng = np.random.RandomState(0)
    seed = int(rng.randint(2**31 - 1))
    network = bl.Network((2, 4, 1), "tanh")
    assert first[0] == pytest.approx(float(network.cost(network.start(seed), X, y[:, None])))
