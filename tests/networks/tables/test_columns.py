"""From columns to inputs: learned on training rows, applied to any."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from backlight.errors import InputError
from backlight.networks.tables.columns import Preparation
from backlight.networks.tables.reading import Table


def table(**columns: Any) -> Table:
    return Table.from_frame(pandas.DataFrame(columns), "t.csv")


def learned(**columns: Any) -> Preparation:
    return Preparation.learn(table(**columns))


def mixed(rows: int, seed: int = 0) -> pandas.DataFrame:
    rng = np.random.default_rng(seed)
    return pandas.DataFrame(
        {
            "age": rng.normal(40, 12, rows),
            "colour": rng.choice(["red", "green", "blue"], rows),
            "grade": rng.integers(1, 6, rows),
            "member": rng.random(rows) < 0.3,
        }
    )


# ------------------------------------------------------------------ numbers and words


def test_inputs_are_those_of_scikit_learns_scaler_and_encoder() -> None:
    train, new = mixed(200), mixed(30, seed=1)
    theirs = ColumnTransformer(
        [
            ("age", StandardScaler(), ["age"]),
            ("colour", OneHotEncoder(sparse_output=False), ["colour"]),
            ("grade", StandardScaler(), ["grade"]),
            ("member", OneHotEncoder(sparse_output=False), ["member"]),
        ]
    ).fit(train)
    ours = Preparation.learn(Table.from_frame(train))
    assert ours.inputs == (
        *("age", "colour=blue", "colour=green", "colour=red"),
        *("grade", "member=False", "member=True"),
    )
    for data in (train, new):
        found = ours.apply(Table.from_frame(data)).inputs
        assert found == pytest.approx(theirs.transform(data), abs=1e-12)


def test_only_the_training_rows_are_learned_from() -> None:
    whole = table(x=[0.0, 2.0, 100.0], w=["a", "b", "c"])
    preparation = Preparation.learn(whole.take(np.array([0, 1])))
    prepared = preparation.apply(whole)
    assert preparation.inputs == ("x", "w=a", "w=b")
    assert prepared.inputs.tolist() == [[-1, 1, 0], [1, 0, 1], [99, 0, 0]]
    assert prepared.unseen == {"w": 1}


def test_a_missing_number_is_the_mean_and_says_so_where_training_had_missing_ones() -> None:
    with_missing = learned(x=[0.0, 2.0, None])
    without = learned(x=[0.0, 2.0])
    new = table(x=[2.0, None])
    assert with_missing.inputs == ("x", "x missing")
    assert with_missing.apply(new).inputs.tolist() == [[1, 0], [0, 1]]
    assert without.apply(new).inputs.tolist() == [[1], [0]]


def test_a_missing_word_is_a_word_of_its_own_where_training_had_missing_ones() -> None:
    with_missing = learned(w=["a", "b", None])
    new = table(w=["b", None, "c"])
    assert with_missing.inputs == ("w=a", "w=b", "w missing")
    prepared = with_missing.apply(new)
    assert prepared.inputs.tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert prepared.unseen == {"w": 1}
    prepared = learned(w=["a", "b"]).apply(new)
    assert prepared.inputs.tolist() == [[0, 1], [0, 0], [0, 0]]
    assert prepared.unseen == {"w": 2}


def test_a_constant_column_is_0_in_every_table() -> None:
    noise = 0.1 + np.array([0, 1, -1, 2]) * 1e-17  # no more than rounding
    preparation = learned(x=[3.0] * 4, y=[1, 2, 3, 4], z=noise)
    assert preparation.constant == ("x", "z")
    inputs = preparation.apply(table(x=[3.0, 7.0], y=[1, 2], z=[0.1, 5.0])).inputs
    assert inputs[:, [0, 2]].tolist() == [[0, 0], [0, 0]]
    assert inputs[0, 1] != 0


def test_columns_of_another_kind_are_taken_where_they_mean_the_same() -> None:
    words = learned(w=["1", "2", "x"])
    assert words.apply(table(w=[2, 1])).inputs.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert words.apply(table(w=[2.0, np.nan])).inputs.tolist() == [[0, 1, 0], [0, 0, 0]]
    numbers = learned(x=[0, 1, 2, 1])
    for x in ([True, False], [1.0, 0.0]):
        assert numbers.apply(table(x=x)).inputs[:, 0] == pytest.approx([0, -np.sqrt(2)])
    assert numbers.apply(table(x=[None, None])).inputs.tolist() == [[0], [0]]
    truth = learned(t=[True, False])
    assert truth.apply(table(t=["False", "True"])).inputs.tolist() == [[1, 0], [0, 1]]


# ------------------------------------------------------------------ what is left out


def test_columns_that_tell_rows_apart_are_left_out_and_said() -> None:
    rows = 300
    rng = np.random.default_rng(0)
    preparation = learned(
        name=[f"person {row}" for row in range(rows)],
        town=[f"town {row % 100}" for row in range(rows)],
        street=[f"street {row % 99}" for row in range(rows)],
        Id=rng.permutation(rows) + 1000,
        number=rng.permutation(rows),
        when=pandas.date_range("2020-01-01", periods=rows),
        nothing=[None] * rows,
    )
    assert preparation.left_out == {
        "name": "holds another word in every row",
        "town": "holds 100 different words",
        "Id": "numbers the rows",
        "when": "holds dates or times",
        "nothing": "is empty",
    }
    assert [column.name for column in preparation.columns] == ["street", "number"]


def test_row_numbers_are_left_out_also_where_only_some_rows_are_learned_from() -> None:
    rows = table(**{"column 1": range(12), "customer id": range(0, 24, 2), "x": range(12)})
    some = rows.take(np.array([0, 1, 4, 8, 9, 11]))
    assert set(Preparation.learn(some).left_out) == {"column 1", "customer id"}
    # A count of another name may be what a number depends on: a day, a distance.
    assert Preparation.learn(some).inputs == ("x",)


def test_words_that_look_like_numbers_with_thousands_separators_are_said_to() -> None:
    said = "(they look like numbers with thousands separators: write them without)"
    prepared = learned(
        x=range(40),
        comma=[f"{n:,}" for n in range(900, 40900, 1000)],
        plain=[f"{n},{n}" for n in range(40)],
        decimal=[f"0,{n}" for n in range(1000, 1040)],
        word=["1,234", *(f"w{n}" for n in range(39))],
    )
    assert prepared.left_out == {
        "comma": f"holds another word in every row {said}",
        "plain": "holds another word in every row",
        "decimal": "holds another word in every row",
        "word": "holds another word in every row",
    }
    prepared = learned(x=range(120), dot=[f"{n}.234,5" for n in range(1, 121)])
    assert prepared.left_out == {"dot": f"holds another word in every row {said}"}
    prepared = learned(x=range(240), comma=[f"{n},234" for n in range(1, 121)] * 2)
    assert prepared.left_out == {"comma": f"holds 120 different words {said}"}


def test_few_words_are_kept_in_few_rows() -> None:
    assert learned(w=["a", "b", "c"]).inputs == ("w=a", "w=b", "w=c")
    twenty = [f"w{row % 11}" for row in range(20)]
    with pytest.raises(InputError, match=r"^t.csv has no column to learn from: 'w' holds 11 diff"):
        learned(w=twenty)


def test_the_target_and_ignored_columns_are_not_learned_from() -> None:
    preparation = Preparation.learn(table(x=[1, 2], y=[1, 2], z=[3, 4]), "y", {"z"})
    assert preparation.inputs == ("x",)
    assert preparation.left_out == {"z": "is ignored"}
    assert preparation.extra(table(x=[1], z=[1], q=[1])) == ("q",)
    with pytest.raises(InputError, match="no column to learn from: none is given"):
        Preparation.learn(table(y=[1, 2]), "y")


# ------------------------------------------------------------------ what is refused


def test_values_that_cannot_be_standardised_are_refused_with_their_place() -> None:
    with pytest.raises(InputError, match=r"^'x' is -inf in row 2: expected a finite number, or"):
        learned(x=[1.0, -np.inf, 2.0])
    with pytest.raises(InputError, match=r"^'x' is inf in row 1: "):
        learned(x=[1.0, 2.0]).apply(table(x=[np.inf]))
    with pytest.raises(InputError, match=r"^1e\+308 in 'x', row 2, is too far from the mean"):
        learned(x=[1.0, 1 + 1e-9]).apply(table(x=[1.0, 1e308]))
    with pytest.raises(InputError, match=r"^1.7e\+308 in 'x', row 2, is too far from the mean"):
        learned(x=[-1.7e308, 1.7e308, -1.7e308]).apply(table(x=[0.0, 1.7e308]))


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e150, 1e307])
def test_numbers_of_every_size_are_standardised(scale: float) -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    near_1 = learned(x=values).apply(table(x=values)).inputs
    scaled = learned(x=values * scale).apply(table(x=values * scale)).inputs
    assert scaled == pytest.approx(near_1, rel=1e-12)


def test_numbers_with_a_few_words_among_them_are_refused() -> None:
    ages = [str(age) for age in range(30)]
    with pytest.raises(
        InputError,
        match=r"^'age' holds 'old' in row 31 where other rows hold numbers: clear the cell or "
        r"ignore the column \(--ignore age\)$",
    ):
        learned(age=[*ages, "old", *ages])


def test_codes_with_leading_zeros_are_words_and_no_numbers_with_words_among_them() -> None:
    codes = [f"{n:05d}" for n in range(9990, 10040)] * 4
    prepared = learned(zip=codes + ["unknown"] * 4)
    assert len(prepared.inputs) == 51
    assert prepared.inputs[:2] == ("zip=09990", "zip=09991")
    assert len(learned(zip=codes).inputs) == 50


def test_what_was_a_number_in_training_may_have_leading_zeros_later() -> None:
    numbers = learned(month=[1, 2, 12, 5])
    apart = numbers.apply(table(month=["01", "02", "12", "05"])).inputs
    assert apart.tolist() == numbers.apply(table(month=[1, 2, 12, 5])).inputs.tolist()
    assert numbers.apply(table(month=["01", None])).inputs[1].tolist() == [0]
    with pytest.raises(InputError, match=r"'month' holds 'x' in row 2: the model was trained on"):
        numbers.apply(table(month=["01", "x"]))


def test_columns_that_are_not_there_or_hold_another_kind_are_refused() -> None:
    preparation = learned(length=[1.0, 2.0], colour=["a", "b"])
    for columns, said in (
        ({"lenght": [1]}, "t.csv has no column 'length' (and 1 more); did you mean 'lenght'?"),
        ({"colour": ["a"]}, "t.csv has no column 'length', which the model was trained on"),
        (
            {"length": [None, "abc"], "colour": ["a", "b"]},
            "'length' holds 'abc' in row 2: the model was trained on numbers",
        ),
        (
            {"length": pandas.to_datetime(["2020-01-01"]), "colour": ["a"]},
            "'length' holds dates or times in row 1: the model was trained on numbers",
        ),
        (
            {"length": [1.0], "colour": pandas.to_datetime(["2020-01-01"])},
            "'colour' holds dates or times: the model was trained on words",
        ),
    ):
        with pytest.raises(InputError) as error:
            preparation.apply(table(**columns))
        assert str(error.value) == said


# ------------------------------------------------------------------ kept as a record


def test_a_preparation_is_the_same_to_the_bit_after_json() -> None:
    data = mixed(60)
    data.loc[3, ["age", "colour"]] = None
    data["odd"] = np.random.default_rng(2).normal(size=60) * 1e-200 + 0.1
    data["id"] = range(60)
    preparation = Preparation.learn(Table.from_frame(data))
    again = Preparation.from_record(json.loads(json.dumps(preparation.record())))
    assert again == preparation
    found = again.apply(Table.from_frame(data)).inputs
    assert found.tobytes() == preparation.apply(Table.from_frame(data)).inputs.tobytes()
    assert list(again.left_out) == ["id"]
