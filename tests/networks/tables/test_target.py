"""What is predicted: classes or numbers, and what the network is trained towards."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas
import pytest

from backlight.errors import InputError
from backlight.networks.tables.reading import Table
from backlight.networks.tables.target import Target, decide


def table(values: Any) -> Table:
    return Table.from_frame(pandas.DataFrame({"species": values, "x": range(len(values))}), "t.csv")


def target(values: Any, task: Any) -> Target:
    return Target.learn(table(values).column("species"), task)


@pytest.mark.parametrize(
    ("values", "task", "why"),
    [
        (["a", "b", "a", "b"], "classify", "words"),
        ([True, False, True], "classify", "true and false"),
        (pandas.Categorical([3, 1, 3, 1]), "classify", "words"),
        ([0.0, 1.0, 0.0, 1.0], "regress", "numbers"),
        ([0, 1, 1, 0], "classify", "2 different whole numbers"),
        ([0, 1, 2] * 3, "classify", "3 different whole numbers"),
        ([0, 1, 2, 0, 1, 2, 0, 1], "regress", "3 different whole numbers"),
        (list(range(20)) * 20, "classify", "20 different whole numbers"),
        (list(range(21)) * 30, "regress", "21 different whole numbers"),
        (list(range(1000)), "regress", "1,000 different whole numbers"),
        (pandas.array([0, 1, None, 1], dtype="Int64"), "classify", "2 different whole numbers"),
    ],
)
def test_the_column_decides_between_classes_and_numbers(values: Any, task: str, why: str) -> None:
    assert decide(table(values), "species") == (task, why)


def test_a_task_that_is_asked_for_is_taken() -> None:
    assert decide(table([0, 1, 1, 0]), "species", "regress") == ("regress", "as asked")
    assert decide(table([0.5, 1.0, 0.5, 1.0]), "species", "classify") == ("classify", "as asked")
    assert target([0.5, 1.0, 0.5, 1.0], "classify").classes == ("0.5", "1")


def test_two_rows_a_class_are_enough_on_average_and_fewer_are_not() -> None:
    assert decide(table(["a", "b", "c", "d"] * 2), "species") == ("classify", "words")
    with pytest.raises(InputError, match="'species' has 4 classes in 7 rows"):
        decide(table(["a", "b", "c", "d", "a", "b", "c"]), "species")


@pytest.mark.parametrize(
    ("values", "task", "said"),
    [
        (["a", "a"], None, "'species' is 'a' in every row: expected two classes or more"),
        ([1, 1, 1, 1], None, "'species' is '1' in every row: expected two classes or more"),
        ([2.5, 2.5, None], None, "'species' is 2.5 in every row: there is nothing to learn"),
        ([2.5, None], None, "'species' has a value in one row only: expected two rows or more"),
        (["a", None], None, "'species' has a value in one row only: expected two rows or more"),
        ([None, None], None, "'species' is empty: there is nothing to learn"),
        ([1.5, np.inf], None, "'species' is inf in row 2"),
        (["a", "b"], "regress", "'species' holds words: they can be classified, not regressed"),
        (["a", "b"], "clasify", "no task 'clasify'; did you mean 'classify'?"),
        (["a", "b"], "q", "no task 'q': classify or regress"),
        (
            [str(row) + "a" for row in range(30)],
            None,
            "'species' has 30 classes in 30 rows: is it the target?",
        ),
        (
            [0.5, 1.5, 2.5, 3.5],
            "classify",
            "'species' has 4 classes in 4 rows: task='regress' takes it as a number",
        ),
        (
            pandas.to_datetime(["2020-01-01", "2020-01-02"]),
            None,
            "'species' holds dates or times: expected classes or numbers",
        ),
    ],
)
def test_what_cannot_be_predicted_is_refused(values: Any, task: str | None, said: str) -> None:
    with pytest.raises(InputError) as error:
        decide(table(values), "species", task)
    assert str(error.value) == said


def test_a_target_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^t.csv has no column 'specie'; did you mean 'species'"):
        decide(table(["a", "b"]), "specie")


def test_classes_are_one_hot_in_order_and_a_class_unseen_in_training_is_none_of_them() -> None:
    learned = target([10, 2, 10], "classify")
    assert (learned.classes, learned.usual, learned.outputs) == (("2", "10"), "10", 2)
    column = table(pandas.array([2, 10, 3, None], dtype="Int64")).column("species")
    assert learned.encode(column).tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]
    assert learned.places(column).tolist() == [0, 1, -1, -2]


def test_numbers_are_standardised_and_put_back() -> None:
    values = np.random.default_rng(0).normal(1e6, 3.0, size=200)
    learned = target(values, "regress")
    column = table(values).column("species")
    coded = learned.encode(column)
    assert coded.shape == (200, 1)
    assert (coded.mean(), coded.std()) == pytest.approx((0, 1), abs=1e-9)
    assert learned.decode(coded) == pytest.approx(values, rel=1e-14)
    with pytest.raises(InputError, match="holds words, but numbers are predicted"):
        learned.encode(table(["a", "b"]).column("species"))


def test_numbers_that_do_not_vary_are_refused() -> None:
    with pytest.raises(InputError, match=r"'species' is 2.5 in every training row"):
        target([2.5, 2.5], "regress")


@pytest.mark.parametrize(
    ("values", "task"), [(["b", "a", "b"], "classify"), ([0.1, 0.7, 1e-300], "regress")]
)
def test_a_target_is_the_same_after_json(values: Any, task: str) -> None:
    learned = target(values, task)
    assert Target.from_record(json.loads(json.dumps(learned.record()))) == learned
