"""When training ends, what is said of it, and which weights are kept."""

from __future__ import annotations

import _thread
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split

import backlight as bl
from backlight.errors import InputError
from backlight.networks.estimators.course import Teller
from tests.networks.estimators.data import blobs, curve, indicators, iris


def test_epochs_that_are_over_are_warned_of() -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(max_iter=3, random_state=0)
    with pytest.warns(ConvergenceWarning, match="max_iter=3 epochs; it has not converged") as told:
        trained.fit(X, y)
    assert told[0].filename == __file__
    assert trained.n_iter_ == len(trained.loss_curve_) == 3
    assert trained.stopped_ == "max_iter: 3 epochs are over"


def test_a_loss_that_falls_no_more_ends_training_without_a_warning() -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(
        max_iter=2000, n_iter_no_change=4, tol=1e-3, learning_rate_init=0.01, random_state=0
    ).fit(X, y)
    assert trained.stopped_ == "the loss did not fall by 0.001 for 5 epochs"
    assert trained.n_iter_ < 2000
    assert trained.best_loss_ == min(trained.loss_curve_)
    assert trained.validation_scores_ is None
    falls = -np.diff(np.minimum.accumulate(trained.loss_curve_))
    assert (falls[-5:] < 1e-3).all()


@pytest.mark.parametrize("kind", ["classes", "several labels", "numbers"])
def test_held_out_rows_decide_when_and_what(kind: str) -> None:
    estimator: Any = bl.BackpropRegressor if kind == "numbers" else bl.BackpropClassifier
    X, y = {"classes": iris(), "several labels": indicators(90), "numbers": curve(90)}[kind]
    trained = estimator(
        early_stopping=True,
        validation_fraction=0.3,
        max_iter=500,
        n_iter_no_change=15,
        learning_rate_init=0.01,
        random_state=7,
    ).fit(X, y)
    # The rows held out are the ones scikit-learn's own split takes, after one number is drawn.
    random = np.random.RandomState(7)
    random.randint(2**31 - 1)
    _, held_X, _, held_y = train_test_split(X, y, random_state=random, test_size=0.3)
    metric = r2_score if kind == "numbers" else accuracy_score
    assert metric(held_y, trained.predict(held_X)) == pytest.approx(trained.best_validation_score_)
    assert trained.best_validation_score_ == max(trained.validation_scores_)
    assert len(trained.validation_scores_) == trained.n_iter_ == len(trained.loss_curve_)
    assert trained.best_loss_ is None
    assert trained.stopped_ == "the validation score did not rise by 0.0001 for 16 epochs"


def test_two_classes_are_held_out_in_their_shares() -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = (np.arange(60) % 5 == 0).astype(int)  # nothing in X says which
    trained = bl.BackpropClassifier(
        early_stopping=True, validation_fraction=0.3, learning_rate_init=0.05, random_state=7
    ).fit(X, y)
    random = np.random.RandomState(7)
    random.randint(2**31 - 1)
    split = {"random_state": random, "test_size": 0.3, "stratify": y}
    train_X, held_X, train_y, held_y = train_test_split(X, y, **split)
    assert trained.score(held_X, held_y) == pytest.approx(trained.best_validation_score_)
    assert trained.score(train_X, train_y) != pytest.approx(trained.best_validation_score_)


def test_too_few_rows_to_hold_out_are_said() -> None:
    X, y = curve(8)
    with pytest.raises(InputError, match="1 of 8 rows would be held out, too few"):
        bl.BackpropRegressor(early_stopping=True).fit(X, y)


def test_held_out_rows_must_count() -> None:
    X, y = curve(40)
    random = np.random.RandomState(0)
    random.randint(2**31 - 1)
    _, held = train_test_split(np.arange(40), random_state=random, test_size=0.1)
    weights = np.ones(40)
    weights[held] = 0
    with pytest.raises(InputError, match="too few that count"):
        bl.BackpropRegressor(early_stopping=True, random_state=0).fit(X, y, weights)


# ------------------------------------------------------------------ cut short


class Interrupting(bl.BackpropClassifier):
    """As if Ctrl-C were pressed when the third score is taken."""

    asked = 0

    def _score_of(self, *given: Any) -> float:
        self.asked += 1
        if self.asked == 3:
            _thread.interrupt_main()
            for _ in range(10**8):  # until it is heard
                pass
        return super()._score_of(*given)


def test_ctrl_c_keeps_the_best_weights_and_warns() -> None:
    X, y = blobs()
    trained = Interrupting(early_stopping=True, random_state=0, learning_rate_init=0.05)
    with pytest.warns(UserWarning, match="Training interrupted by user, interrupted in epoch"):
        trained.fit(X, y)
    assert trained.stopped_ is not None
    assert trained.stopped_.startswith("interrupted in epoch")
    assert trained.n_iter_ in (2, 3)
    assert trained.score(X, y) > 0.5
    assert len(trained.validation_scores_) == 2


def test_ctrl_c_without_held_out_rows_keeps_those_of_the_least_loss(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    X, y = curve()
    # Steps too long: after the second the loss rises again.
    settings: dict[str, Any] = {"hidden_layer_sizes": (8,), "activation": "tanh", "random_state": 0}
    settings |= {"solver": "sgd", "momentum": 0, "learning_rate_init": 1.0}
    told = Teller.epoch_ended

    def tell(self: Teller, epoch: int, loss: float, scores: list[float]) -> None:
        told(self, epoch, loss, scores)
        if epoch == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(Teller, "epoch_ended", tell)
    trained = bl.BackpropRegressor(**settings, verbose=True)
    with pytest.warns(UserWarning, match="interrupted by user"):
        trained.fit(X, y)
    assert capsys.readouterr().out.count("Epoch") == 4
    assert trained.n_iter_ == 4
    monkeypatch.undo()
    assert np.argmin(trained.loss_curve_) == 1
    with pytest.warns(ConvergenceWarning):
        one = bl.BackpropRegressor(**settings, max_iter=1).fit(X, y)
    np.testing.assert_array_equal(trained.predict(X), one.predict(X))


def test_training_that_runs_off_says_why_and_keeps_weights_that_work() -> None:
    X, y = curve()
    trained = bl.BackpropRegressor(solver="sgd", learning_rate_init=1e3, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"diverged in epoch \d+.*learning rate of 1000"):
        trained.fit(1e3 * X, y)
    assert trained.stopped_ is not None
    assert trained.stopped_.startswith("diverged")
    assert np.isfinite(trained.predict(1e3 * X)).all()
    start = bl.BackpropRegressor(solver="sgd", learning_rate_init=1e-30, random_state=0, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        start.fit(1e3 * X, y)
    assert trained.score(1e3 * X, y) >= start.score(1e3 * X, y) - 1e-9


def test_weights_that_end_infinite_are_not_kept() -> None:
    X, y = curve()
    trained = bl.BackpropRegressor(
        (), solver="sgd", learning_rate_init=1e308, max_iter=1, momentum=0, random_state=0
    )
    with pytest.warns(ConvergenceWarning, match="diverged: the weights are no longer finite"):
        trained.fit(1e5 * X, y)
    assert np.isfinite(trained.coefs_[0]).all()


def test_where_all_epochs_made_it_worse_the_start_is_kept() -> None:
    """Each step overshoots the optimum of one weight by far, and always by more."""
    X, y = curve()
    settings: dict[str, Any] = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0}
    settings |= {"batch_size": 8, "random_state": 0}
    trained = bl.BackpropRegressor(learning_rate_init=100.0, n_iter_no_change=10**6, **settings)
    with pytest.warns(ConvergenceWarning, match="diverged in epoch"):
        trained.fit(X, y)
    assert trained.n_iter_ > 2
    still = bl.BackpropRegressor(learning_rate_init=1e-200, max_iter=1, **settings)
    with pytest.warns(ConvergenceWarning):
        still.fit(X, y)
    np.testing.assert_array_equal(trained.coefs_[0], still.coefs_[0])


def test_a_score_of_nets_that_are_not_finite_is_no_number() -> None:
    X, y = curve()
    trained = bl.BackpropRegressor(
        (), solver="sgd", learning_rate_init=1e308, max_iter=1, momentum=0, random_state=0,
        early_stopping=True,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match="diverged: the weights are no longer finite"):
        trained.fit(1e5 * X, y)
    assert np.isnan(trained.validation_scores_).tolist() == [True]
    assert np.isfinite(trained.coefs_[0]).all()


def test_numbers_too_large_for_any_weights_are_refused() -> None:
    X, y = curve()
    with pytest.raises(InputError, match="No weights are usable: scale X"):
        bl.BackpropRegressor(solver="sgd", random_state=0).fit(X, 1e200 * y)


# ------------------------------------------------------------------ going on, telling


def test_warm_start_goes_on_from_the_weights_there_are() -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(
        max_iter=5, warm_start=True, solver="sgd", momentum=0, shuffle=False, random_state=0
    )
    once = bl.BackpropClassifier(
        max_iter=15, solver="sgd", momentum=0, shuffle=False, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(3):
            trained.fit(X, y)
        once.fit(X, y)
    np.testing.assert_allclose(trained.predict_proba(X), once.predict_proba(X), rtol=1e-12)
    assert trained.n_iter_ == 5
    np.testing.assert_allclose(trained.loss_curve_, once.loss_curve_, rtol=1e-12)
    trained.set_params(hidden_layer_sizes=(3,))
    with pytest.raises(InputError, match=r"would now have sizes \(2, 3, 1\), but \(2, 100, 1\)"):
        trained.fit(X, y)


def test_weights_that_somebody_sets_are_where_training_goes_on() -> None:
    X, y = curve()
    trained = bl.BackpropRegressor((4,), random_state=0).partial_fit(X, y)
    kept = trained.coefs_
    before = [array.copy() for array in kept]
    trained.partial_fit(X, y)
    for array, copy in zip(kept, before, strict=True):
        np.testing.assert_array_equal(array, copy)  # what has been read off is not changed later
    trained.coefs_ = [np.zeros_like(array) for array in trained.coefs_]
    trained.intercepts_ = [np.zeros_like(array) for array in trained.intercepts_]
    np.testing.assert_array_equal(trained.predict(X), np.zeros(len(X)))
    assert trained.partial_fit(X, y).loss_ == pytest.approx(np.mean(y**2) / 2, rel=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_epochs_are_told_in_lines_or_by_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = blobs()
    bl.BackpropClassifier(max_iter=2, random_state=0).fit(X, y)
    assert capsys.readouterr() == ("", "")
    trained = bl.BackpropClassifier(max_iter=2, random_state=0, verbose=True).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"Epoch {k}, loss {trained.loss_curve_[k - 1]:.8f}" for k in (1, 2)]
    bl.BackpropClassifier(max_iter=2, early_stopping=True, progress=True).fit(X, y)
    said = capsys.readouterr()
    assert "2/2" in said.err
    assert "validation score" in said.err
    assert said.out == ""
