"""How right predictions are, held against scikit-learn's metrics."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from backlight.networks.tables.evaluation import judge_classes, judge_numbers


def test_classes_are_judged_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    found = judge_classes(predicted, true, ("a", "b", "c"), "b")
    assert found.confusion.tolist() == metrics.confusion_matrix(true, predicted).tolist()
    assert found.accuracy == metrics.accuracy_score(true, predicted)
    assert found.baseline == metrics.accuracy_score(true, np.ones(200, dtype=int))
    assert found.recalls == pytest.approx(metrics.recall_score(true, predicted, average=None))
    assert (found.rows, found.unseen) == (200, 0)


def test_a_class_that_was_not_seen_in_training_counts_as_wrong() -> None:
    found = judge_classes(np.array([0, 1, 1, 0]), np.array([0, 1, -1, -1]), ("a", "b", "c"), "a")
    assert (found.rows, found.right, found.unseen) == (4, 2, 2)
    assert (found.accuracy, found.baseline) == (0.5, 0.25)
    assert found.recalls == (1.0, 1.0, None)


def test_numbers_are_judged_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(size=50)
    predicted = true + rng.normal(size=50)
    found = judge_numbers(predicted, true, 0.25)
    assert found.r2 == pytest.approx(metrics.r2_score(true, predicted))
    assert found.error == pytest.approx(metrics.mean_absolute_error(true, predicted))
    assert found.baseline == pytest.approx(metrics.mean_absolute_error(true, np.full(50, 0.25)))
    assert found.rows == 50


def test_numbers_that_do_not_vary_have_no_coefficient_of_determination() -> None:
    assert judge_numbers(np.array([1.0, 2.0]), np.array([2.0, 2.0]), 1.0).r2 is None


@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_numbers_of_every_size_are_judged(scale: float) -> None:
    true, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    near_1 = judge_numbers(predicted, true, 2.0)
    found = judge_numbers(predicted * scale, true * scale, 2.0 * scale)
    assert found.r2 == pytest.approx(near_1.r2)
    assert found.error == pytest.approx(near_1.error * scale)
