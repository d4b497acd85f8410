"""Rows to train on and rows held out."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks.tables.split import split

NONE = "expected a row or more on either side, or a share of 0 to hold out none"


def test_every_row_is_on_one_side_in_ascending_order() -> None:
    training, test = split(103, 0.2, seed=4)
    assert (len(training), len(test)) == (82, 21)
    assert sorted([*training, *test]) == list(range(103))
    for rows in (training, test):
        assert (np.diff(rows) > 0).all()


def test_the_seed_decides_and_every_row_is_held_out_equally_often() -> None:
    assert split(50, 0.3, seed=1)[1].tolist() == split(50, 0.3, seed=1)[1].tolist()
    assert split(50, 0.3, seed=1)[1].tolist() != split(50, 0.3, seed=2)[1].tolist()
    counts = np.zeros(10)
    for seed in range(2000):
        counts[split(10, 0.3, seed)[1]] += 1
    assert counts == pytest.approx(np.full(10, 600.0), abs=5 * np.sqrt(2000 * 0.3 * 0.7))


def test_classes_are_held_out_in_proportion() -> None:
    classes = np.array(["a"] * 50 + ["b"] * 30 + ["c"] * 20)
    order = np.random.default_rng(0).permutation(100)
    _, test = split(100, 0.2, 0, classes[order])
    assert np.unique(classes[order][test], return_counts=True)[1].tolist() == [10, 6, 4]


def test_remainders_go_to_the_largest_and_a_single_row_is_trained_on() -> None:
    classes = np.array([0] * 7 + [1] * 6 + [2])
    training, test = split(14, 0.25, 0, classes)  # 1.75, 1.5 and 0.25 rows; 4 (3.5) in all
    assert np.bincount(classes[test], minlength=3).tolist() == [2, 2, 0]
    assert 13 in training


@pytest.mark.parametrize("seed", range(5))
def test_no_class_is_held_out_whole(seed: int) -> None:
    classes = np.random.default_rng(seed).integers(0, 12, 40)
    training, test = split(40, 0.6, seed, classes)
    assert set(classes[training]) == set(classes)
    assert len(test) == 24


def test_nothing_is_held_out_where_nothing_is_asked_for() -> None:
    training, test = split(5, 0.0)
    assert (training.tolist(), test.tolist()) == ([0, 1, 2, 3, 4], [])


@pytest.mark.parametrize(
    ("rows", "share", "said"),
    [
        (10, 1.0, "the share of rows to hold out is 1: expected 0 to below 1"),
        (10, -0.1, "the share of rows to hold out is -0.1: expected 0 to below 1"),
        (10, float("nan"), "the share of rows to hold out is nan: expected 0 to below 1"),
        (2, 0.2, f"0.2 of 2 rows to hold out is 0: {NONE}"),
        (2, 0.9, f"0.9 of 2 rows to hold out is 2: {NONE}"),
    ],
)
def test_a_share_that_leaves_one_side_empty_is_refused(rows: int, share: float, said: str) -> None:
    with pytest.raises(InputError) as error:
        split(rows, share)
    assert str(error.value) == said
