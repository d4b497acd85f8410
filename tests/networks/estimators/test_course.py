"""Between epochs: what counts as a gain, and when that is enough."""

from __future__ import annotations

import math

import pytest

from backlight.networks.estimators.course import Course


def course(**changed: float | str) -> Course:
    settings = {"rule": "constant", "first_rate": 0.5, "power": 0.5, "tolerance": 0.25}
    return Course(**{**settings, "patience": 2, **changed})  # type: ignore[arg-type]


def test_a_gain_is_as_large_as_the_tolerance() -> None:
    watched = course()
    for loss, waited in ((1.0, 0), (0.75, 0), (0.51, 1), (0.26, 0), (0.5, 1), (0.02, 2)):
        assert watched.epoch_ended(loss, 10) is None
        assert watched.waited == waited, loss
    assert watched.epoch_ended(0.0, 10) == "the loss did not fall by 0.25 for 3 epochs"
    assert watched.rows == 70


def test_small_gains_add_up_only_against_the_best() -> None:
    watched = course(patience=10)
    for loss in (1.0, 0.9, 0.8, 0.7):  # each less than the best by a tenth, never by a quarter
        watched.epoch_ended(loss, 1)
    assert watched.waited == 3


def test_scores_take_the_place_of_losses_and_rise() -> None:
    watched = course(patience=1)
    reasons = []
    for score in (0.5, 0.75, 0.9, 0.9):
        watched.scores.append(score)
        reasons.append(watched.epoch_ended(9.0, 1))
    assert reasons[:3] == [None] * 3
    assert reasons[3] == "the validation score did not rise by 0.25 for 2 epochs"


def test_a_score_that_is_no_number_is_no_gain_and_is_forgotten() -> None:
    watched = course()
    for score in (math.nan, 0.5, math.nan):
        watched.scores.append(score)
        watched.epoch_ended(1.0, 1)
    assert (watched.waited, watched.best) == (1, -0.5)


def test_an_adaptive_rate_falls_where_training_would_end_until_it_is_small() -> None:
    watched = course(rule="adaptive", patience=1, first_rate=4e-6)
    told = [watched.epoch_ended(1.0, 1) for _ in range(5)]
    assert told[:4] == [None] * 4
    assert watched.rate == pytest.approx(8e-7)
    assert told[4] == "the loss did not fall by 0.25 for 2 epochs"
