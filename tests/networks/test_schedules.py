"""Learning rates epoch by epoch, in closed form."""

from __future__ import annotations

from typing import Any

import pytest

from backlight.errors import InputError
from backlight.networks.schedules import (
    SCHEDULES,
    Cosine,
    Exponential,
    InverseScaling,
    Plateau,
    Schedule,
    StepDecay,
    find_schedule,
    schedule_of,
)


def rates(schedule: Schedule, errors: list[float]) -> list[float]:
    memory: list[float] = []
    found = []
    for epoch, error in enumerate(errors):
        found.append(schedule.at(epoch, memory))
        memory = schedule.after(error, memory)
    return found


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(0.5), [0.5, 0.5, 0.5, 0.5, 0.5]),
        (StepDecay(1.0, every=2, factor=0.1), [1, 1, 0.1, 0.1, 0.01]),
        (Exponential(1.0, factor=0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
        (InverseScaling(1.0, power=1.0), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
        (Cosine(1.0, epochs=2, least=0.2), [1, 0.6, 0.2, 0.2, 0.2]),
    ],
    ids=lambda given: given.name if isinstance(given, Schedule) else "",
)
def test_the_rate_of_each_epoch(schedule: Schedule, expected: list[float]) -> None:
    assert rates(schedule, [1.0] * 5) == pytest.approx(expected)


def test_a_plateau_lowers_the_rate_after_some_epochs_without_progress() -> None:
    errors = [1.0, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]
    expected = [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01]
    assert rates(Plateau(1.0, patience=2, factor=0.1), errors) == pytest.approx(expected)


def test_a_plateau_does_not_lower_the_rate_below_its_least() -> None:
    assert min(rates(Plateau(1.0, patience=1, factor=0.1, least=0.05), [1.0] * 9)) == 0.05


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_the_same_after_being_written_down(name: str) -> None:
    schedule = SCHEDULES[name](0.125)
    assert schedule_of(schedule.record()) == schedule
    assert find_schedule(schedule) is schedule


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Schedule(-1.0), "rate of a learning rate must be above 0, not -1.0"),
        (lambda: Schedule(0.0), "rate of a learning rate must be above 0, not 0.0"),
        (lambda: Schedule(float("nan")), "rate of a learning rate must be"),
        (lambda: Exponential(1.0, factor=2.0), "factor of a learning rate must be from 0 to 1"),
        (lambda: StepDecay(1.0, every=0), "every of a learning rate must be from 1, not 0"),
        (lambda: schedule_of({"name": "cosin", "rate": 1.0}), "did you mean 'cosine'"),
        (lambda: schedule_of({"name": "cosine", "speed": 1.0}), "cannot be made of"),
    ],
)
def test_what_is_no_schedule_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
