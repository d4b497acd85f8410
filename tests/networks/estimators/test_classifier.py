"""Classes: what is learnt, in whatever form labels come, and what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import accuracy_score
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier

import backlight as bl
from backlight.errors import InputError
from backlight.networks.estimators.labels import class_weights
from backlight.networks.losses import LOSSES
from tests.networks.estimators.data import blobs, cancer, indicators, iris

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def quick(**settings: Any) -> bl.BackpropClassifier:
    """Learns blobs in a few steps."""
    return bl.BackpropClassifier(
        **{"learning_rate_init": 0.05, "max_iter": 60, "random_state": 0, **settings}
    )


# ------------------------------------------------------------------ learning


@pytest.mark.parametrize("data", [iris, cancer])
def test_it_is_as_accurate_as_scikit_learns(data: Any) -> None:
    X, y = data()
    settings: dict[str, Any] = {"hidden_layer_sizes": (20,), "learning_rate_init": 0.01}
    means, spreads = [], []
    for kind in (bl.BackpropClassifier, MLPClassifier):
        scores = cross_val_score(kind(random_state=0, **settings), X, y, cv=5)
        means.append(scores.mean())
        spreads.append(scores.std() / np.sqrt(5))
    assert min(means) > 0.93
    assert abs(means[0] - means[1]) < 2 * np.hypot(*spreads)


@pytest.mark.parametrize(
    "names",
    [("no", "yes"), (False, True), (-1, 1), (1.0, 3.0), ("a", "b", "c"), (7, 3, 5), "αβγδ"],
    ids=str,
)
@pytest.mark.parametrize("kind", [None, object])
def test_labels_of_any_kind_come_back_as_they_were(names: Any, kind: Any) -> None:
    X, places = blobs(60, len(names))
    y = np.array(list(names), dtype=kind)[places]
    if kind is object and not isinstance(names[0], str):
        y = y.tolist()
    found = quick().fit(X, y).predict(X)
    assert accuracy_score(y, found) == 1
    assert found.dtype == quick().fit(X, y).classes_.dtype
    assert sorted(set(found.tolist())) == sorted(names)


def test_classes_are_in_order_as_are_their_probabilities() -> None:
    X, places = blobs(60, 3)
    y = np.array(["pear", "apple", "fig"])[places]
    trained = quick().fit(X, y)
    assert trained.classes_.tolist() == ["apple", "fig", "pear"]
    shares = trained.predict_proba(X)
    assert shares.shape == (60, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(trained.classes_[shares.argmax(axis=1)], y)


def test_two_classes_share_one_output() -> None:
    X, y = blobs(60, 2)
    trained = quick().fit(X, y)
    assert trained.n_outputs_ == 1
    assert trained.out_activation_ == "logistic"
    shares = trained.predict_proba(X)
    assert shares.shape == (60, 2)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(shares[:, 1] > 0.5, y == 1)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, np.ndarray.tolist], ids=str)
def test_a_row_may_have_several_labels_or_none(form: Any) -> None:
    X, Y = indicators()
    assert (Y.sum(axis=1) == 0).any()
    assert (Y.sum(axis=1) > 1).any()
    trained = quick(max_iter=200).fit(X, form(Y))
    assert trained.score(X, Y) > 0.9
    assert set(np.unique(trained.predict(X))) == {0, 1}
    assert trained.out_activation_ == "logistic"
    shares = trained.predict_proba(X)
    np.testing.assert_array_equal(shares > 0.5, trained.predict(X) == 1)
    np.testing.assert_allclose(trained.predict_log_proba(X), np.log(shares), atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_logarithms_stay_finite_where_probabilities_end(classes: int) -> None:
    X, y = blobs(60, classes)
    trained = quick(max_iter=10).fit(X, y)
    np.testing.assert_allclose(trained.predict_log_proba(X), np.log(trained.predict_proba(X)))
    far = trained.predict_log_proba(1e4 * X)
    assert trained.predict_proba(1e4 * X).min() == 0
    assert np.isfinite(far).all()
    assert far.min() < np.log(np.finfo(float).tiny)


@pytest.mark.parametrize("loss", ["squared-error", "squared_error", "huber"])
@pytest.mark.parametrize("classes", [2, 3])
def test_other_losses_teach_classes_too(loss: str, classes: int) -> None:
    X, y = blobs(60, classes)
    trained = quick(loss=loss, warm_start=True).fit(X, y)
    assert trained.score(X, y) == 1
    trained.set_params(max_iter=1, learning_rate_init=1e-15).fit(X, y)
    outputs = trained.predict_proba(X)[:, -trained.n_outputs_ :]
    targets = (y == 1)[:, None] if classes == 2 else np.eye(3)[y]
    expected = LOSSES[loss.replace("_", "-")].function(outputs, targets.astype(float)).mean()
    assert trained.loss_ == pytest.approx(expected, rel=1e-9)


# ------------------------------------------------------------------ weights


def test_a_weight_is_worth_as_many_rows() -> None:
    X, y = blobs(30, 3)
    weights = np.arange(30) % 4
    weighed = quick().fit(X, y, sample_weight=weights)
    repeated = quick().fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighed.predict_proba(X), repeated.predict_proba(X), rtol=1e-9)


def test_balanced_classes_count_the_same_however_many_rows_they_have() -> None:
    X, y = blobs(60, 3)
    kept = (y != 2) | (np.arange(60) % 2 == 0)  # half of the third class
    X, y = X[kept], y[kept]
    counts = np.bincount(y)
    balanced = quick(class_weight="balanced").fit(X, y)
    by_hand = quick().fit(X, y, sample_weight=len(y) / (3 * counts[y]))
    np.testing.assert_array_equal(balanced.predict_proba(X), by_hand.predict_proba(X))


def test_weights_of_classes_and_of_rows_are_multiplied() -> None:
    X, y = blobs(60, 2)
    names = np.array(["no", "yes"])[y]
    rows = 1.0 + np.arange(60) % 3
    both = quick(class_weight={"yes": 5}).fit(X, names, rows)
    by_hand = quick().fit(X, names, rows * np.where(y == 1, 5, 1))
    np.testing.assert_array_equal(both.predict_proba(X), by_hand.predict_proba(X))
    assert not np.allclose(both.predict_proba(X), quick().fit(X, names, rows).predict_proba(X))


def test_balance_takes_rows_weights_into_account() -> None:
    X, y = blobs(40, 2)
    weights = np.arange(40) % 3
    weighed = quick(class_weight="balanced").fit(X, y, weights)
    repeated = quick(class_weight="balanced").fit(
        np.repeat(X, weights, axis=0), np.repeat(y, weights)
    )
    np.testing.assert_allclose(weighed.predict_proba(X), repeated.predict_proba(X), rtol=1e-9)


def test_balance_leaves_the_sum_of_weights_as_it_is_also_where_a_class_does_not_count() -> None:
    targets, rows = np.eye(3)[[0, 0, 0, 1, 2]], np.array([1.0, 1, 2, 2, 0])
    weights = class_weights("balanced", targets, np.arange(3), False, rows)
    np.testing.assert_allclose(weights, [0.75, 0.75, 1.5, 3, 0], rtol=1e-14)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("balance", r"must be None, 'balanced' or a weight for each label, not 'balance'"),
        ({"yess": 2}, r"class_weight names 'yess', no class of y; did you mean 'yes'\?"),
        ({3: 2}, r"class_weight names 3, no class of y; there are \['no', 'yes'\]"),
        ({"yes": -1}, "class_weight of 'yes' must be a number from 0, not -1"),
        ({"yes": 0, "no": 0}, "are zero for all rows"),
    ],
)
def test_weights_of_classes_that_cannot_be_used_are_named(class_weight: Any, message: str) -> None:
    X, y = blobs(60, 2)
    with pytest.raises(InputError, match=message):
        quick(class_weight=class_weight).fit(X, np.array(["no", "yes"])[y])


def test_weights_of_classes_need_one_label_a_row() -> None:
    X, Y = indicators()
    with pytest.raises(InputError, match="class_weight is for one label a row"):
        quick(class_weight="balanced").fit(X, Y)


# ------------------------------------------------------------------ a part at a time


def test_parts_are_learnt_one_after_the_other() -> None:
    X, y = blobs(90, 3)
    trained = quick()
    for _ in range(40):
        for k in range(3):
            trained.partial_fit(X[k::9], y[k::9], classes=[0, 1, 2])
    assert trained.score(X, y) > 0.95
    assert trained.n_iter_ == 1
    assert len(trained.loss_curve_) == 120
    assert trained.loss_curve_[-1] < 0.2 * trained.loss_curve_[0]
    assert trained.stopped_ is None


def test_a_class_may_be_seen_later() -> None:
    X, y = blobs(60, 3)
    trained = quick().partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert trained.predict_proba(X).shape == (60, 3)
    for _ in range(100):
        trained.partial_fit(X, y)
    assert trained.score(X, y) == 1


def test_several_labels_are_learnt_in_parts() -> None:
    X, Y = indicators()
    trained = quick()
    for _ in range(200):
        trained.partial_fit(X, Y, classes=[0, 1, 2])
    assert trained.score(X, Y) > 0.9


def test_what_cannot_be_learnt_in_parts_is_said() -> None:
    X, y = blobs(60, 3)
    with pytest.raises(InputError, match="classes must be given in the first call"):
        quick().partial_fit(X, y)
    with pytest.raises(InputError, match="one class only, 0"):
        quick().partial_fit(X, y, classes=[0])
    with pytest.raises(InputError, match=r"y holds 2, which is none of the classes \[0, 1\]"):
        quick().partial_fit(X, y, classes=[0, 1])
    begun = quick().partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(InputError, match=r"classes are \[0, 1\]; expected \[0, 1, 2\]"):
        begun.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(InputError, match="y holds '0', which is none of the classes"):
        begun.partial_fit(X, y.astype(str))
    with pytest.raises(InputError, match=r"y holds '0', which cannot be one of \[0, 1, 2\]"):
        begun.partial_fit(X, y.astype(str).astype(object))
    with pytest.raises(InputError, match="set early_stopping=False"):
        quick(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(InputError, match="'balanced' needs all rows at once"):
        quick(class_weight="balanced").partial_fit(X, y, classes=[0, 1, 2])


def test_a_first_call_that_failed_leaves_no_classes_behind() -> None:
    X, y = blobs(60, 3)
    trained = quick()
    with pytest.raises(ValueError, match="NaN"):
        trained.partial_fit(np.full_like(X, np.nan), y, classes=[0, 1, 2, 3])
    with pytest.raises(InputError, match="none of the classes"):
        trained.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(InputError, match="classes must be given"):
        trained.partial_fit(X, y)
    assert trained.fit(X, y).classes_.tolist() == [0, 1, 2]


# ------------------------------------------------------------------ labels that do not do


def test_one_class_is_refused_by_its_name() -> None:
    with pytest.raises(InputError, match="y holds one class only, 'yes'"):
        quick().fit(blobs(4)[0], ["yes"] * 4)


def test_numbers_to_predict_are_no_classes() -> None:
    X, y = blobs(20)
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        quick().fit(X, y + 0.3 * X[:, 0])


def test_several_columns_of_several_classes_are_refused() -> None:
    X, y = blobs(30, 3)
    with pytest.raises(InputError, match="a column of 0 and 1 for each label"):
        quick().fit(X, np.stack([y, 2 - y], axis=1))


def test_a_loss_that_does_not_go_with_the_output_is_told_what_does() -> None:
    X, y = blobs(30, 3)
    with pytest.raises(InputError, match="binary-cross-entropy needs an output of sigmoid"):
        quick(loss="binary-cross-entropy").fit(X, y)
    with pytest.raises(InputError, match="no loss 'log_loss'"):
        quick(loss="log_loss").fit(X, y)
