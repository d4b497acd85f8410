"""Models of tables: saved, loaded, and put to other tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest

from backlight.errors import FileError, InputError
from backlight.networks.network import Network
from backlight.networks.saving import read_tensors, save_network, write_tensors
from backlight.networks.tables.evaluation import Classified
from backlight.networks.tables.model import TableModel
from backlight.networks.tables.planning import Recipe, plan
from backlight.networks.tables.reading import Table, read_table
from backlight.networks.tables.training import train

from .real_tables import csv, diabetes, iris, messy

RECIPE = Recipe(epochs=30, patience=0)


def trained(frame: pandas.DataFrame, target: str) -> TableModel:
    return train(plan(Table.from_frame(frame), target, recipe=RECIPE)).model


@pytest.mark.parametrize(
    ("frame", "target"), [(messy, "Survived"), (diabetes, "progression"), (iris, "species")]
)
def test_a_model_predicts_the_same_to_the_bit_after_it_was_saved(
    tmp_path: Path, frame: object, target: str
) -> None:
    data = frame()  # type: ignore[operator]
    model = trained(data, target)
    model.save(tmp_path / "m.safetensors")
    loaded = TableModel.load(tmp_path / "m.safetensors")
    table = read_table(csv(data.drop(columns=target), tmp_path / "t.csv"))
    before, after = model.predict(table), loaded.predict(table)
    assert before.outputs.tobytes() == after.outputs.tobytes()
    assert before.values == after.values
    assert loaded.preparation == model.preparation
    assert loaded.target == model.target
    assert loaded.about["recipe"]["epochs"] == 30


def test_predictions_are_in_the_rows_order_whatever_that_is() -> None:
    model = trained(iris(), "species")
    order = np.random.default_rng(0).permutation(150)
    straight = model.predict(Table.from_frame(iris()))
    shuffled = model.predict(Table.from_frame(iris().iloc[order][reversed(iris().columns)]))
    assert shuffled.values == [straight.values[row] for row in order]
    assert straight.outputs.sum(axis=1) == pytest.approx(np.ones(150))
    right = sum(p == t for p, t in zip(straight.values, iris()["species"], strict=True))
    judged = straight.judge(Table.from_frame(iris()))
    assert isinstance(judged, Classified)
    assert (judged.right, judged.rows) == (right, 150)


def test_only_rows_whose_target_is_known_are_judged() -> None:
    model = trained(messy(), "Survived")
    data = messy()
    judged = model.predict(Table.from_frame(data)).judge(Table.from_frame(data))
    assert judged is not None
    assert judged.rows == data["Survived"].notna().sum()
    data["Survived"] = None
    assert model.predict(Table.from_frame(data)).judge(Table.from_frame(data)) is None


def test_words_and_classes_that_were_not_seen_are_counted() -> None:
    data = messy()
    model = trained(data, "Survived")
    data.loc[:4, "Berth"] = "crew"
    data.loc[:9, "Survived"] = "unknown"
    predictions = model.predict(Table.from_frame(data))
    assert predictions.unseen == {"Berth": 5}
    judged = predictions.judge(Table.from_frame(data))
    assert isinstance(judged, Classified)
    assert judged.unseen == 10


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    network = Network((2, 3, 1))
    save_network(tmp_path / "plain.safetensors", network, network.start(0))
    with pytest.raises(InputError, match="holds a 'network'; expected a 'table model'"):
        TableModel.load(tmp_path / "plain.safetensors")
    with pytest.raises(InputError, match=r"was not written by|is damaged, or no safetensors file"):
        TableModel.load(csv(iris(), tmp_path / "t.csv"))


def test_a_record_that_lacks_something_is_refused(tmp_path: Path) -> None:
    trained(iris(), "species").save(tmp_path / "m.safetensors")
    parameters, record = read_tensors(tmp_path / "m.safetensors")
    for damage in (
        lambda r: r.pop("target"),
        lambda r: r["preparation"]["columns"][0].pop("mean"),
        lambda r: r["network"].update(sizes=[3, 2]),
    ):
        _, broken = read_tensors(tmp_path / "m.safetensors")
        damage(broken)
        write_tensors(tmp_path / "b.safetensors", parameters, broken, overwrite=True)
        with pytest.raises(InputError, match="is damaged"):
            TableModel.load(tmp_path / "b.safetensors")
    assert record["kind"] == "table model"


def test_a_model_is_not_saved_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_text("mine")
    model = trained(iris(), "species")
    with pytest.raises(FileError, match="exists"):
        model.save(tmp_path / "m.safetensors")
    model.save(tmp_path / "m.safetensors", overwrite=True)
    assert TableModel.load(tmp_path / "m.safetensors").target == model.target
