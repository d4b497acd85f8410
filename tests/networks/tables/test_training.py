"""From a table to a trained model: real data, and what must not leak or get lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas
import pytest

from backlight.errors import InputError
from backlight.networks.tables.columns import Preparation, Prepared
from backlight.networks.tables.evaluation import Classified, Regressed
from backlight.networks.tables.planning import Plan, Recipe, plan
from backlight.networks.tables.reading import Table
from backlight.networks.tables.training import TableTraining, Trained, train

from .real_tables import diabetes, iris, messy, wine

SHORT = Recipe(epochs=5, patience=0)


def planned(frame: pandas.DataFrame, target: str, **given: Any) -> Plan:
    return plan(Table.from_frame(frame), target, **given)


def same(one: Trained, other: Trained) -> bool:
    return all(
        np.array_equal(one.model.parameters[name], other.model.parameters[name])
        for name in one.model.parameters
    )


# ------------------------------------------------------------------ learning


@pytest.mark.parametrize(
    ("frame", "target", "least"),
    [(iris, "species", 0.9), (wine, "cultivar", 0.9), (messy, "Survived", 0.85)],
)
def test_classes_of_real_tables_are_learned(frame: Any, target: str, least: float) -> None:
    judged = train(planned(frame(), target)).judged
    assert isinstance(judged, Classified)
    assert judged.accuracy >= least > judged.baseline + 0.2


def test_numbers_of_a_real_table_are_learned_in_their_own_unit() -> None:
    trained = train(planned(diabetes(), "progression"))
    judged = trained.judged
    assert isinstance(judged, Regressed)
    assert judged.r2 is not None
    assert judged.r2 > 0.35
    assert judged.error < 0.8 * judged.baseline
    assert trained.predictions.outputs.mean() == pytest.approx(150, abs=30)


def test_a_line_is_learned_exactly_by_a_network_without_hidden_layers() -> None:
    x = np.random.default_rng(0).uniform(-5, 5, (200, 2))
    frame = pandas.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": 1e4 + 30 * x[:, 0] - 7 * x[:, 1]})
    recipe = Recipe(hidden=(), epochs=300, patience=0, weight_decay=0, learning_rate=0.01)
    judged = train(planned(frame, "y", recipe=recipe)).judged
    assert isinstance(judged, Regressed)
    assert judged.r2 == pytest.approx(1, abs=1e-6)


def test_the_whole_run_is_decided_by_the_seed() -> None:
    first, again, other = (
        train(planned(iris(), "species", recipe=replace(SHORT, seed=seed))) for seed in (3, 3, 4)
    )
    assert same(first, again)
    assert first.losses == again.losses
    assert not same(first, other)


def test_the_seed_also_decides_the_start_where_all_rows_are_trained_on() -> None:
    recipe = replace(SHORT, test_share=0.0, epochs=1, batch=1000)
    one, other = (
        train(planned(iris(), "species", recipe=replace(recipe, seed=seed))) for seed in (0, 1)
    )
    assert not same(one, other)


def test_a_batch_is_so_many_rows_or_all_where_there_are_fewer() -> None:
    whole, more, fewer = (
        train(planned(iris(), "species", recipe=replace(SHORT, batch=batch)))
        for batch in (120, 1000, 16)
    )
    assert same(whole, more)
    assert not same(whole, fewer)


# ------------------------------------------------------------------ what is decided


def test_rows_are_trained_on_watched_or_held_out_and_never_two_of_these() -> None:
    found = planned(iris(), "species")
    rows = [*found.training, *found.validation, *found.test]
    assert sorted(rows) == list(range(150))
    assert (len(found.training), len(found.validation), len(found.test)) == (102, 18, 30)
    species = found.table.column("species").values
    for part in (found.training, found.validation, found.test):
        assert len(set(np.bincount(species[part]))) == 1  # stratified
    assert found.network.sizes == (4, 32, 3)
    assert found.network.activations == ("tanh", "softmax")


def test_few_rows_are_all_trained_on() -> None:
    found = planned(iris().iloc[::5], "species")
    assert (len(found.training), len(found.validation)) == (24, 0)


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    found = planned(messy(), "Survived")
    assert (found.table.rows, found.without_target) == (392, 8)
    assert set(found.preparation.left_out) == {"Id", "Name", "Note"}
    assert found.preparation.constant == ("Ship",)
    assert found.preparation.inputs == (
        *("Age", "Age missing", "Sex=female", "Sex=male"),
        *("Berth=1st", "Berth=2nd", "Berth=3rd", "Berth missing", "Ship"),
    )


def test_what_is_held_out_changes_nothing_that_is_learned() -> None:
    frame = diabetes()
    recipe = replace(SHORT, epochs=3)
    found = planned(frame, "progression", recipe=recipe)
    changed = frame.copy()
    changed.iloc[found.test] = changed.iloc[found.test] * 10 + 5
    other = planned(changed, "progression", recipe=recipe)
    assert (other.preparation, other.target) == (found.preparation, found.target)
    one, two = train(found), train(other)
    assert same(one, two)
    assert one.judged != two.judged


def test_the_validation_rows_are_not_trained_on() -> None:
    recipe = Recipe(epochs=3, patience=50)
    found = planned(diabetes(), "progression", recipe=recipe)
    changed = diabetes()
    rows = found.validation
    # Reversed among themselves, so that mean and deviation of all stay what they are.
    changed.iloc[rows] = changed.iloc[rows[::-1]].to_numpy()
    other = train(planned(changed, "progression", recipe=recipe))
    assert other.losses == pytest.approx(train(found).losses, rel=1e-12)  # the mean is summed anew


def test_columns_to_ignore_are_ignored_and_must_be_there() -> None:
    found = planned(iris(), "species", ignore=["petal length"])
    assert "petal length" not in found.preparation.inputs
    assert found.preparation.left_out == {"petal length": "is ignored"}
    with pytest.raises(InputError, match=r"has no column to ignore 'petal lenth'; did you mean"):
        planned(iris(), "species", ignore=["petal lenth"])
    with pytest.raises(InputError, match=r"'species' is the target: it cannot be ignored"):
        planned(iris(), "species", ignore=["species"])


@pytest.mark.parametrize("row", [0, 70, 149])
def test_infinite_values_are_refused_wherever_they_stand(row: int) -> None:
    frame = iris()
    frame.loc[row, "petal width"] = np.inf
    with pytest.raises(InputError, match=rf"'petal width' is inf in row {row + 1}: expected"):
        planned(frame, "species")


# ------------------------------------------------------------------ how it ends


def test_it_stops_where_it_gets_no_better_and_keeps_the_best() -> None:
    trained = train(planned(diabetes(), "progression", recipe=Recipe(patience=5)), held_out=True)
    assert trained.stopped == "no better validation score for 5 epochs"
    assert len(trained.losses) - 5 <= trained.kept < len(trained.losses)
    assert len(trained.held_out) == len(trained.losses) < 500
    shorter = Recipe(patience=5, epochs=trained.kept)
    assert same(trained, train(planned(diabetes(), "progression", recipe=shorter)))


def test_all_epochs_are_run_where_there_is_no_patience() -> None:
    epochs: list[float] = []
    trained = train(planned(iris(), "species", recipe=SHORT), epochs.append)
    assert trained.stopped is None
    assert epochs == list(trained.losses)
    assert len(epochs) == 5
    assert trained.held_out == ()


def test_an_interrupt_keeps_what_was_best_until_then() -> None:
    epochs: list[float] = []

    def interrupted(loss: float) -> None:
        epochs.append(loss)
        if len(epochs) == 3:
            raise KeyboardInterrupt

    trained = train(planned(iris(), "species"), interrupted)
    assert trained.interrupted
    assert 1 <= trained.kept <= 3
    whole = train(planned(iris(), "species", recipe=Recipe(epochs=3)))
    assert same(trained, whole)


def test_training_that_diverges_says_so_and_its_model_still_answers() -> None:
    recipe = Recipe(hidden=(), optimiser="sgd", learning_rate=1e6, patience=0, epochs=200)
    trained = train(planned(diabetes(), "progression", recipe=recipe))
    assert trained.stopped is not None
    assert trained.stopped.startswith("diverged")
    assert len(trained.losses) < 200
    assert np.isfinite(trained.predictions.outputs).all()


def test_without_rows_held_out_it_is_judged_by_all() -> None:
    found = planned(iris(), "species", recipe=replace(SHORT, test_share=0.0))
    trained = train(found, held_out=True)
    assert trained.judged.rows == 150
    assert trained.held_out == ()


def test_a_class_with_one_row_is_trained_on() -> None:
    frame = iris()
    frame.loc[149, "species"] = "odd"
    found = planned(frame, "species", recipe=SHORT)
    assert 149 in found.training
    assert "odd" in found.target.classes


def test_where_every_epoch_makes_it_worse_the_first_weights_are_kept() -> None:
    x = np.linspace(-1, 1, 100)
    frame = pandas.DataFrame({"x": x, "y": 2.0 * x + 0.001})
    recipe = Recipe(optimiser="sgd", learning_rate=1e10, epochs=50)
    planned = plan(Table.from_frame(frame), "y", recipe=recipe)
    trained = train(planned)
    assert trained.stopped is not None
    assert trained.stopped.startswith("diverged")
    assert trained.kept == 0
    start = planned.network.start(recipe.seed)
    for name, array in trained.model.parameters.items():
        np.testing.assert_array_equal(array, start[name])


def test_columns_are_turned_into_inputs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of many columns takes longer over that than over its training."""
    taken: list[int] = []
    apply = Preparation.apply

    def counting(self: Preparation, table: Table) -> Prepared:
        taken.append(table.rows)
        return apply(self, table)

    monkeypatch.setattr(Preparation, "apply", counting)
    done = train(planned(iris(), "species", recipe=SHORT), held_out=True)
    assert taken == [150]
    monkeypatch.undo()
    assert isinstance(done.judged, Classified)
    assert done.judged.rows == 30


def test_words_not_seen_in_training_are_counted_in_the_rows_held_out() -> None:
    data = iris()
    rows = planned(data, "species", recipe=SHORT)
    data["word"] = "known"
    data.loc[rows.training[0], "word"] = "other"
    data.loc[rows.test[:4], "word"] = [f"new{k}" for k in range(4)]
    assert train(planned(data, "species", recipe=SHORT)).predictions.unseen == {"word": 4}


@pytest.mark.parametrize("pieces", [(12,), (1,) * 12, (5, 7)])
def test_a_training_in_pieces_is_the_one_in_a_single_go(pieces: tuple[int, ...]) -> None:
    what = planned(iris(), "species", recipe=Recipe(epochs=12, patience=4))
    whole = train(what, held_out=True)
    course = TableTraining(what, held_out=True)
    for epochs in pieces:
        course.go_on(epochs)
    assert same(course.trained(), whole)
    assert course.held_out == whole.held_out


def test_a_training_is_judged_while_it_goes_on() -> None:
    course = TableTraining(planned(iris(), "species", recipe=Recipe(epochs=60, patience=0)))
    course.go_on(1)
    first = course.trained()
    course.go_on(59)
    assert first.losses == course.trained().losses[:1]
    assert course.trained().losses[-1] < first.losses[0] / 2
