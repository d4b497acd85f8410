"""Step by step the same as scikit-learn's perceptrons, where both define the same.

Both start from the same weights and take the rows in order; then nothing is left to chance, and
every rule (gradient, penalty, momentum, rates, when to end) shows in the weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.neural_network import MLPClassifier, MLPRegressor

import backlight as bl
from tests.networks.estimators.data import blobs, curve, indicators

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DATA = {
    "two classes": blobs(40, 2),
    "three classes": blobs(60, 3),
    "several labels": indicators(40),
    "one number": curve(40),
    "two numbers": curve(40, 2),
}
CLASSES = ("two classes", "three classes", "several labels")
# Where Adam divides by the root of a mean that is not yet unbiased, scikit-learn adds ε before that
# is mended and the paper's algorithm 1 after it. An ε of no weight leaves nothing between them.
NO_WEIGHT = 1e-200


def both_trained(X: Any, y: Any, sample_weight: Any = None, **settings: Any) -> tuple[Any, Any]:
    """Ours and scikit-learn's, after as many epochs from the same start."""
    settings = {"hidden_layer_sizes": (5, 4), "shuffle": False, "max_iter": 5, **settings}
    classes = (y.ndim == 2 and set(np.unique(y)) == {0, 1}) or y.dtype.kind == "i"
    ours = (bl.BackpropClassifier if classes else bl.BackpropRegressor)(
        random_state=1, warm_start=True, **settings
    )
    theirs = (MLPClassifier if classes else MLPRegressor)(warm_start=True, **settings)
    assert is_classifier(ours) == classes
    start_alike(ours, theirs, X, y)
    return ours.fit(X, y, sample_weight), theirs.fit(X, y, sample_weight)


def start_alike(ours: Any, theirs: Any, X: Any, y: Any) -> None:
    """Give both the same weights; of what happened before they remember nothing."""
    settings = ours.get_params()
    plain = {"max_iter": 1, "early_stopping": False, "verbose": False}
    for estimator in (ours, theirs):
        estimator.set_params(**plain).fit(X, y)
        estimator.set_params(**{name: settings[name] for name in plain})
    rng = np.random.default_rng(2)
    theirs.coefs_ = [0.5 * rng.normal(size=w.shape) for w in theirs.coefs_]
    theirs.intercepts_ = [0.1 * rng.normal(size=b.shape) for b in theirs.intercepts_]
    ours.coefs_ = [w.copy() for w in theirs.coefs_]
    ours.intercepts_ = [b.copy() for b in theirs.intercepts_]
    ours.loss_curve_, theirs.loss_curve_ = [], []
    theirs.t_, theirs.best_loss_, theirs._no_improvement_count = 0, np.inf, 0
    theirs.validation_scores_, theirs.best_validation_score_ = [], -np.inf


def assert_same_weights(ours: Any, theirs: Any, atol: float = 1e-10) -> None:
    for mine, other in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=0, atol=atol)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("data", DATA)
def test_full_steps_are_the_same(data: str, activation: str) -> None:
    X, y = DATA[data]
    ours, theirs = both_trained(
        X,
        y,
        solver="sgd",
        momentum=0,
        learning_rate_init=0.1,
        activation=activation,
        batch_size=len(X),
    )
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False},
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": True},
        {"solver": "sgd"},
        {"solver": "adam", "epsilon": NO_WEIGHT},
        {"solver": "adam", "epsilon": NO_WEIGHT, "beta_1": 0.7, "beta_2": 0.9},
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
        {"solver": "sgd", "alpha": 2.0},
        {"solver": "sgd", "alpha": 2.0, "batch_size": 10},
        {"solver": "sgd", "batch_size": 7, "alpha": 0.0},
        {"solver": "sgd", "batch_size": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("data", ["three classes", "two numbers"])
def test_steps_of_every_rule_are_the_same(data: str, settings: dict[str, Any]) -> None:
    X, y = DATA[data]
    # A gradient of exactly 0, as a rectifier has, is nothing over nothing to Adam without ε.
    ours, theirs = both_trained(X, y, activation="tanh", learning_rate_init=0.05, **settings)
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("data", DATA)
def test_rows_with_weights_and_a_penalty_count_the_same(data: str) -> None:
    X, y = DATA[data]
    weights = np.random.default_rng(6).integers(0, 4, len(X)).astype(float)
    ours, theirs = both_trained(
        X, y, weights, solver="sgd", alpha=3.0, learning_rate_init=0.1, batch_size=len(X)
    )
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("data", ["two classes", "three classes", "several labels", "one number"])
def test_the_loss_curve_is_the_same(data: str) -> None:
    X, y = DATA[data]
    ours, theirs = both_trained(X, y, solver="sgd", alpha=0.0, batch_size=8)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    assert ours.best_loss_ == pytest.approx(theirs.best_loss_, rel=1e-10)
    assert ours.t_ == theirs.t_


def test_the_loss_sums_over_outputs_where_scikit_learn_takes_their_mean() -> None:
    X, y = DATA["two numbers"]
    ours, theirs = both_trained(X, y, solver="sgd", alpha=0.0)
    np.testing.assert_allclose(ours.loss_curve_, 2 * np.array(theirs.loss_curve_), rtol=1e-10)


@pytest.mark.parametrize(
    "settings",
    [
        {"tol": 0.01},
        {"tol": 0.02, "n_iter_no_change": 3},
        {"tol": 0.05, "learning_rate": "adaptive", "n_iter_no_change": 2},
        {"n_iter_no_change": np.inf, "max_iter": 60},
    ],
    ids=str,
)
@pytest.mark.parametrize("data", ["two classes", "one number"])
def test_training_ends_in_the_same_epoch(data: str, settings: dict[str, Any]) -> None:
    X, y = DATA[data]
    ours, theirs = both_trained(
        X,
        y,
        **{"solver": "sgd", "alpha": 0.0, "learning_rate_init": 0.05, "max_iter": 500, **settings},
    )
    assert ours.n_iter_ == theirs.n_iter_
    assert 1 < ours.n_iter_ < 500
    assert_same_weights(ours, theirs)


def test_partial_fit_goes_on_with_the_optimisers_memory() -> None:
    X, y = DATA["three classes"]
    settings = {"activation": "tanh", "solver": "adam", "epsilon": NO_WEIGHT, "shuffle": False}
    ours = bl.BackpropClassifier((5,), random_state=1, warm_start=True, **settings)
    theirs = MLPClassifier((5,), warm_start=True, **settings)
    start_alike(ours, theirs, X, y)
    ours.set_params(max_iter=2).fit(X, y)
    theirs.set_params(max_iter=2).fit(X, y)
    for k in range(6):
        rows = slice(10 * k, 10 * k + 10)
        ours.partial_fit(X[rows], y[rows])
        theirs.partial_fit(X[rows], y[rows])
    assert_same_weights(ours, theirs)
