"""What data may be: arrays and frames, in which precision, how often copied, what is refused."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

import backlight as bl
from backlight.errors import InputError
from tests.networks.estimators.data import blobs, curve

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BOTH = pytest.mark.parametrize("kind", [bl.BackpropClassifier, bl.BackpropRegressor])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
@BOTH
def test_frames_are_taken_and_their_columns_held_to_their_names(kind: Any, frame: Any) -> None:
    X, y = blobs()
    named = frame({"width": X[:, 0], "height": X[:, 1]})
    swapped = frame({"height": X[:, 1], "width": X[:, 0]})
    trained = kind(max_iter=3, random_state=0).fit(named, y)
    assert trained.feature_names_in_.tolist() == ["width", "height"]
    plain = kind(max_iter=3, random_state=0).fit(X, y)
    np.testing.assert_array_equal(trained.predict(named), plain.predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        trained.predict(swapped)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        trained.predict(X)


@pytest.mark.parametrize("series", [pd.Series, pl.Series])
def test_labels_may_come_as_a_column_of_a_frame(series: Any) -> None:
    X, y = blobs()
    names = np.array(["no", "yes"])[y]
    trained = bl.BackpropClassifier(learning_rate_init=0.05, random_state=0)
    assert trained.fit(X, series(names.tolist())).score(X, names) == 1


@BOTH
@pytest.mark.parametrize(
    ("given", "trained_in"),
    [("float32", "float32"), ("float64", "float64"), ("int8", "float64"), ("bool", "float64")],
)
def test_single_precision_stays_single_and_all_else_is_double(
    kind: Any, given: str, trained_in: str
) -> None:
    X, y = blobs()
    X = (10 * X).round().astype(given)
    trained = kind(max_iter=2, random_state=0).fit(X, y)
    assert {w.dtype.name for w in trained.coefs_ + trained.intercepts_} == {trained_in}
    answer = trained.predict_proba(X) if hasattr(trained, "predict_proba") else trained.predict(X)
    assert answer.dtype == trained_in
    trained.set_params(solver="sgd").partial_fit(X.astype(float), y)
    assert trained.coefs_[0].dtype == trained_in


def test_both_precisions_learn_the_same() -> None:
    X, y = curve()
    double = bl.BackpropRegressor(random_state=0, max_iter=50).fit(X, y)
    single = bl.BackpropRegressor(random_state=0, max_iter=50).fit(X.astype(np.float32), y)
    np.testing.assert_allclose(single.predict(X), double.predict(X), atol=1e-4)


def peak_over_size(X: Any, call: Any) -> float:
    """The most that is allocated in a call, in sizes of X in float64."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / (X.shape[0] * X.shape[1] * 8)
    finally:
        tracemalloc.stop()


WIDE = np.random.default_rng(0).normal(size=(20_000, 100))
SMALL_NETWORK: dict[str, Any] = {"hidden_layer_sizes": (4,), "max_iter": 1, "random_state": 0}


@pytest.mark.parametrize(
    ("form", "copies"),
    [
        (lambda X: X, 0),
        (lambda X: X.astype(np.float32), 0),
        (np.asfortranarray, 1),
        (lambda X: (10 * X).astype(np.int32), 1),
        (lambda X: np.asfortranarray((10 * X).astype(np.int32)), 1),
        (pd.DataFrame, 1),
    ],
    ids=["float64", "float32", "by columns", "whole numbers", "both", "frame"],
)
def test_X_is_copied_once_at_most(form: Any, copies: int) -> None:
    X, y = form(WIDE), WIDE[:, 0] > 0
    bl.BackpropClassifier(**SMALL_NETWORK).fit(X[:50], y[:50])  # what is compiled is no copy
    trained = bl.BackpropClassifier(**SMALL_NETWORK)
    assert copies <= peak_over_size(X, lambda: trained.fit(X, y)) + 0.01 < copies + 0.3
    assert peak_over_size(X, lambda: trained.partial_fit(X, y)) < copies + 0.3


def test_holding_rows_out_copies_X_once() -> None:
    X, y = WIDE, WIDE[:, 0] > 0
    trained = bl.BackpropClassifier(early_stopping=True, **SMALL_NETWORK)
    assert peak_over_size(X, lambda: trained.fit(X, y)) < 1.3


def test_predictions_need_no_room_for_the_signals_of_all_rows() -> None:
    X, y = WIDE[:, :4].copy(), WIDE[:, 0]
    trained = bl.BackpropRegressor((500, 500), max_iter=1).fit(X[:100], y[:100])
    numbers = peak_over_size(np.empty((20_000, 1000)), lambda: trained.predict(X))
    assert numbers < 0.3


def test_X_is_left_as_it_was() -> None:
    X, y = blobs()
    before = X.copy()
    X.flags.writeable = False
    bl.BackpropClassifier(max_iter=2).fit(X, y)
    np.testing.assert_array_equal(X, before)


# ------------------------------------------------------------------ what is refused


@BOTH
def test_sparse_data_are_refused_with_the_way_out(kind: Any) -> None:
    X, y = blobs()
    with pytest.raises(TypeError, match=r"dense data is required. Use '.toarray\(\)'"):
        kind().fit(sparse.csr_array(X), y)


@BOTH
@pytest.mark.parametrize(("number", "what"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_numbers_that_are_none_are_refused(kind: Any, number: float, what: str) -> None:
    X, y = blobs()
    spoilt = X.copy()
    spoilt[3, 1] = number
    with pytest.raises(ValueError, match=f"Input X contains {what}"):
        kind().fit(spoilt, y)
    with pytest.raises(ValueError, match=f"Input X contains {what}"):
        kind(max_iter=1).fit(X, y).predict(spoilt)


@BOTH
def test_another_number_of_columns_is_refused(kind: Any) -> None:
    X, y = blobs()
    trained = kind(max_iter=1).fit(X, y)
    for call in (trained.predict, lambda X: trained.partial_fit(X, y)):
        with pytest.raises(ValueError, match=r"X has 1 features, but .* is expecting 2 features"):
            call(X[:, :1])


@BOTH
def test_a_column_that_never_changes_does_no_harm(kind: Any) -> None:
    X, y = blobs()
    X = np.hstack([X, np.full((len(X), 1), 5.0)])
    assert kind(learning_rate_init=0.05, random_state=0).fit(X, y).score(X, y) > 0.9


@BOTH
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), r"weights has shape \(3,\); expected \(60,\)"),
        (np.zeros(60), "sample_weight is zero for all rows"),
        (-np.ones(60), "must be finite and not negative"),
        (np.full(60, np.nan), "Input sample_weight contains NaN"),
    ],
    ids=["too few", "zero", "negative", "nan"],
)
def test_weights_that_cannot_be_used_are_refused(kind: Any, weights: Any, message: str) -> None:
    X, y = blobs()
    with pytest.raises(ValueError, match=message):
        kind().fit(X, y, sample_weight=weights)


def test_one_weight_is_for_all_rows() -> None:
    X, y = blobs()
    weighed = bl.BackpropRegressor(random_state=0, alpha=0.0).fit(X, y, sample_weight=3.0)
    plain = bl.BackpropRegressor(random_state=0, alpha=0.0).fit(X, y)
    np.testing.assert_allclose(weighed.predict(X), plain.predict(X), rtol=1e-12)


def test_several_outputs_stay_as_many() -> None:
    X, Y = curve(outputs=2)
    trained = bl.BackpropRegressor(max_iter=1).fit(X, Y)
    with pytest.raises(InputError, match=r"would now have sizes \(2, 100, 1\)"):
        trained.partial_fit(X, Y[:, 0])


def test_a_fit_that_fails_leaves_the_estimator_as_it_was() -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(max_iter=3, random_state=0).fit(X, y)
    before, said = dict(vars(trained)), trained.predict(X)
    trained.hidden_layer_sizes = 0
    with pytest.raises(InputError, match="hidden_layer_sizes"):
        trained.fit(np.hstack([X, X]), np.where(y, "yes", "no"))
    trained.hidden_layer_sizes = (100,)
    assert vars(trained) == before
    np.testing.assert_array_equal(trained.predict(X), said)
    new = bl.BackpropClassifier(hidden_layer_sizes=0)
    with pytest.raises(InputError, match="hidden_layer_sizes"):
        new.fit(X, y)
    assert not hasattr(new, "classes_")
