"""What a network says everywhere, against the network asked place by place."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.networks.classics import find_classic
from backlight.networks.tables.planning import Recipe, plan
from backlight.serve.training.of_classics import ClassicTrainee
from backlight.serve.training.of_tables import TableTrainee
from backlight.serve.training.regions import regions
from backlight.serve.training.tables import SAMPLES


def on_sample(name: str, **recipe: object) -> TableTrainee:
    make, target = SAMPLES[name]
    return TableTrainee(plan(make(), target, recipe=Recipe(**recipe)))  # type: ignore[arg-type]


def test_classes_over_two_columns_are_those_of_the_model_itself() -> None:
    trainee = on_sample("sample:moons", epochs=30, patience=0)
    trainee.go_on(30)
    found = regions(trainee)
    assert found is not None
    assert found.names == ("x", "y")
    assert found.held == 0
    xs = np.linspace(*found.x, found.values.shape[1])
    ys = np.linspace(*found.y, found.values.shape[0])
    table = trainee.plan.table
    columns = trainee.plan.preparation.columns
    for row, column in [(0, 0), (10, 40), (47, 5), (30, 30)]:
        standard = [
            (value - c.mean) / c.deviation  # type: ignore[union-attr]
            for value, c in zip((xs[column], ys[row]), columns, strict=True)
        ]
        said = trainee.plan.network.outputs(trainee.training.parameters, np.array([standard]))
        assert found.values[row, column] == said.argmax()
        assert found.sure is not None
        assert found.sure[row, column] == pytest.approx(said.max(), abs=1e-12)
    assert table.columns["x"].values[trainee.plan.training].min() > found.x[0]


def test_rows_lie_where_they_are_with_their_true_class() -> None:
    trainee = on_sample("sample:moons")
    found = regions(trainee)
    assert found is not None
    x = trainee.plan.table.columns["x"].values[trainee.plan.training]
    np.testing.assert_allclose(found.points[:, 0], x, atol=1e-12)
    words = trainee.plan.table.columns["moon"]
    true = [words.words[k] for k in words.values[trainee.plan.training]]
    assert [trainee.outputs[int(k)] for k in found.truths] == true


def test_inputs_that_are_not_shown_are_held_at_their_mean() -> None:
    trainee = on_sample("sample:iris", epochs=5, patience=0)
    trainee.go_on(5)
    found = regions(trainee, x=2, y=0)
    assert found is not None
    assert found.names == ("petal length (cm)", "sepal length (cm)")
    assert found.held == 2
    inputs = trainee.rows()[0]
    place = inputs.mean(axis=0)
    axes = trainee.axes
    place[2] = axes[2].taken(np.array(found.x[1]))
    place[0] = axes[0].taken(np.array(found.y[0]))
    said = trainee.plan.network.outputs(trainee.training.parameters, place[None])
    assert found.values[0, -1] == said.argmax()


def test_numbers_are_in_the_target_s_own_unit() -> None:
    trainee = on_sample("sample:diabetes", epochs=40, patience=0)
    trainee.go_on(40)
    found = regions(trainee, x=2, y=3)
    assert found is not None
    assert found.sure is None
    assert 25 < found.values.mean() < 346  # the range of the column
    progression = trainee.plan.table.columns["progression"].values
    assert set(np.round(found.truths, 6)) <= set(np.round(progression, 6))


def test_every_output_of_a_network_without_classes_can_be_shown() -> None:
    trainee = ClassicTrainee(find_classic("example-3"))
    outputs = [regions(trainee, output=k) for k in (0, 1)]
    assert outputs[0] is not None
    assert outputs[1] is not None
    weights = trainee.classic.start
    for k, found in enumerate(outputs):
        assert found is not None
        corner = np.array([found.x[0], found.y[0]])
        net = corner @ weights["weights_1"][:, k] + weights["biases_1"][k]
        assert found.values[0, 0] == pytest.approx(1 / (1 + np.exp(-net)), abs=1e-6)
        assert found.truths.tolist() == trainee.classic.T[:, k].tolist()


def test_one_input_alone_has_no_regions() -> None:
    assert regions(ClassicTrainee(find_classic("example-1"))) is None
