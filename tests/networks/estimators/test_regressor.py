"""Numbers: one or several for a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

import backlight as bl
from backlight.errors import InputError
from tests.networks.estimators.data import curve

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def quick(**settings: Any) -> bl.BackpropRegressor:
    return bl.BackpropRegressor(
        **{"learning_rate_init": 0.02, "max_iter": 300, "random_state": 0, **settings}
    )


def test_it_is_as_good_as_scikit_learns() -> None:
    X, y = load_diabetes(return_X_y=True)
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
    settings: dict[str, Any] = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.01}
    means, spreads = [], []
    for kind in (bl.BackpropRegressor, MLPRegressor):
        scores = cross_val_score(kind(random_state=0, **settings), X, y, cv=5)
        means.append(scores.mean())
        spreads.append(scores.std() / np.sqrt(5))
    assert min(means) > 0.3
    assert abs(means[0] - means[1]) < 2 * np.hypot(*spreads)


def test_without_a_hidden_layer_it_is_ridge_regression() -> None:
    X, y = curve()
    trained = quick(
        hidden_layer_sizes=(),
        solver="nesterov",
        batch_size=80,
        alpha=3.0,
        max_iter=5000,
        tol=0.0,
        n_iter_no_change=5000,
        learning_rate_init=0.1,
    ).fit(X, y)
    ridge = Ridge(alpha=3.0).fit(X, y)
    np.testing.assert_allclose(trained.coefs_[0][:, 0], ridge.coef_, rtol=1e-8)
    np.testing.assert_allclose(trained.intercepts_[0], ridge.intercept_, rtol=1e-8)


def test_two_numbers_are_predicted_side_by_side() -> None:
    X, Y = curve(outputs=2)
    trained = quick().fit(X, Y)
    assert trained.predict(X).shape == Y.shape
    assert trained.score(X, Y) > 0.95
    assert trained.n_outputs_ == 2


def test_a_column_is_taken_as_its_numbers_with_a_warning() -> None:
    X, y = curve()
    with pytest.warns(DataConversionWarning, match="1d array was expected"):
        trained = quick().fit(X, y[:, None])
    np.testing.assert_array_equal(trained.predict(X), quick().fit(X, y).predict(X))


def test_huber_is_not_led_astray_by_an_outlier() -> None:
    X, y = curve()
    spoilt = y.copy()
    spoilt[::20] += 50
    errors = {}
    for loss in ("huber", "squared-error"):
        trained = quick(loss=loss, hidden_layer_sizes=()).fit(X, spoilt)
        errors[loss] = np.abs(trained.predict(X) - y).mean()
    assert errors["huber"] < 0.2 * errors["squared-error"]


@pytest.mark.parametrize("loss", ["cross-entropy", "binary-cross-entropy"])
def test_losses_of_classes_are_refused(loss: str) -> None:
    with pytest.raises(InputError, match=f"{loss} needs an output of .*identity goes with"):
        quick(loss=loss).fit(*curve())


def test_rows_are_learnt_in_parts() -> None:
    X, y = curve()
    trained = quick(hidden_layer_sizes=(20,))
    for _ in range(300):
        trained.partial_fit(X[::2], y[::2]).partial_fit(X[1::2], y[1::2])
    assert trained.score(X, y) > 0.95


def test_weights_of_rows_decide_what_is_learnt_and_scored() -> None:
    X, y = curve()
    left = (X[:, 0] < 0).astype(float)
    trained = quick(hidden_layer_sizes=()).fit(X, y * left + 9 * (1 - left), left)
    assert trained.score(X, y, left) > 0.9
    assert trained.score(X, y, 1 - left) < trained.score(X, y, left)
