"""An estimator in a file, in a pickle, as a network."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import backlight as bl
from backlight.errors import FileError, InputError
from backlight.networks.initialisers import uniform
from backlight.networks.optimisers import Optimiser
from backlight.networks.saving import read_tensors, save_network, write_tensors
from backlight.networks.schedules import Cosine
from tests.networks.estimators.data import blobs, curve, indicators

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    "names",
    [["a", "bc", "d"], [3, 1, 2], [1.0, 7.0, 2.0], [False, True], ["ja", "nein"]],
    ids=str,
)
@pytest.mark.parametrize("kind", [None, object])
def test_what_is_read_predicts_the_same_to_the_bit(names: Any, kind: Any, tmp_path: Path) -> None:
    X, places = blobs(60, len(names))
    labels = np.array(names, dtype=kind if isinstance(names[0], str) else None)
    trained = bl.BackpropClassifier(max_iter=5, random_state=0).fit(X, labels[places])
    path = trained.save(tmp_path / "model.safetensors")
    read = bl.BackpropClassifier.load(path)
    np.testing.assert_array_equal(read.predict_proba(X), trained.predict_proba(X))
    np.testing.assert_array_equal(read.predict(X), trained.predict(X))
    assert read.classes_.dtype == trained.classes_.dtype
    assert read.predict(X).dtype == trained.predict(X).dtype
    assert read.get_params() == trained.get_params()
    fitted = {name for name in vars(trained) if name.endswith("_")}
    assert {name for name in vars(read) if name.endswith("_")} == fitted
    for name in fitted - {"coefs_", "intercepts_", "classes_"}:
        assert getattr(read, name) == getattr(trained, name), name


def test_names_of_columns_and_settings_of_every_kind_are_kept(tmp_path: Path) -> None:
    X, y = blobs()
    frame = pd.DataFrame(X, columns=["width", "height"])
    trained = bl.BackpropClassifier(
        [4, 3],
        ("tanh", "relu"),
        solver=Optimiser("adam", 0.8),
        learning_rate=Cosine(0.01, epochs=7),
        class_weight={0: 2.0, 1: 1.0},
        early_stopping=True,
        max_iter=4,
        random_state=3,
    ).fit(frame, y)
    read = bl.BackpropClassifier.load(trained.save(tmp_path / "model"))
    assert read.get_params() == trained.get_params()
    np.testing.assert_array_equal(read.predict(frame), trained.predict(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        read.predict(frame[["height", "width"]])
    assert read.validation_scores_ == trained.validation_scores_


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_and_several_labels_are_kept(dtype: Any, tmp_path: Path) -> None:
    X, Y = curve(outputs=2)
    numbers = bl.BackpropRegressor(max_iter=3).fit(X.astype(dtype), Y)
    read = bl.BackpropRegressor.load(numbers.save(tmp_path / "numbers"))
    np.testing.assert_array_equal(read.predict(X), numbers.predict(X))
    assert read.coefs_[0].dtype == dtype
    X, Y = indicators()
    labels = bl.BackpropClassifier(max_iter=3).fit(X.astype(dtype), Y)
    again = bl.BackpropClassifier.load(labels.save(tmp_path / "labels"))
    np.testing.assert_array_equal(again.predict(X), labels.predict(X))


def test_what_is_read_can_be_trained_on(tmp_path: Path) -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(max_iter=5, learning_rate_init=0.01).fit(X, y)
    read = bl.BackpropClassifier.load(trained.save(tmp_path / "model"))
    for _ in range(30):
        read.partial_fit(X, y)
    assert read.loss_ < 0.5 * trained.loss_
    assert read.score(X, y) == 1


def test_files_that_do_not_do_are_refused_in_words(tmp_path: Path) -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(max_iter=1)
    with pytest.raises(NotFittedError):
        trained.save(tmp_path / "model")
    path = trained.fit(X, y).save(tmp_path / "model")
    with pytest.raises(FileError):
        trained.save(path)
    trained.save(path, overwrite=True)
    with pytest.raises(
        InputError, match=r"BackpropClassifier; read it with BackpropClassifier\.load"
    ):
        bl.BackpropRegressor.load(path)
    with pytest.raises(InputError, match="no file"):
        bl.BackpropClassifier.load(tmp_path / "modle")
    network = save_network(tmp_path / "network", *trained.to_network())
    with pytest.raises(InputError, match="holds a 'network'; expected a 'estimator'"):
        bl.BackpropClassifier.load(network)


@pytest.mark.parametrize(
    ("name", "value"),
    [("random_state", np.random.RandomState(0)), ("initialiser", uniform(-0.1, 0.1))],
)
def test_a_setting_that_is_code_is_not_written(name: str, value: Any, tmp_path: Path) -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(max_iter=1, **{name: value}).fit(X, y)
    with pytest.raises(InputError, match=rf"{name} is .*set_params\({name}=...\)"):
        trained.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_labels_that_a_file_cannot_hold_are_refused_with_the_way_out(tmp_path: Path) -> None:
    X, y = blobs()
    days = np.array(["2020-01-01", "2021-01-01"], "datetime64[D]")[y]
    trained = bl.BackpropClassifier(max_iter=1).fit(X, days)
    with pytest.raises(InputError, match=r"classes_ is datetime.date\(2020, 1, 1\).*or pickle it"):
        trained.save(tmp_path / "model")


# ------------------------------------------------------------------ pickles


@pytest.mark.parametrize("learning_rate", ["invscaling", "adaptive", Cosine(0.02, epochs=9)])
def test_a_pickle_in_the_middle_changes_nothing(learning_rate: Any) -> None:
    X, y = blobs(60, 3)
    once = bl.BackpropClassifier(random_state=0, learning_rate=learning_rate, n_iter_no_change=1)
    broken = bl.BackpropClassifier(**once.get_params())
    for k in range(8):
        once.partial_fit(X[k::2], y[k::2], classes=[0, 1, 2])
        broken.partial_fit(X[k::2], y[k::2], classes=[0, 1, 2])
        broken = pickle.loads(pickle.dumps(broken))
    np.testing.assert_array_equal(broken.predict_proba(X), once.predict_proba(X))
    assert broken.loss_curve_ == once.loss_curve_


def test_a_pickle_does_not_grow_with_the_rows() -> None:
    X, y = blobs(4000)
    few = bl.BackpropClassifier((4,), max_iter=3).fit(X[:40], y[:40])
    many = bl.BackpropClassifier((4,), max_iter=3).fit(X, y)
    assert len(pickle.dumps(many)) < len(pickle.dumps(few)) + 500


# ------------------------------------------------------------------ networks


def test_the_network_computes_the_same_and_is_a_copy() -> None:
    X, y = blobs(60, 3)
    trained = bl.BackpropClassifier((6, 5), max_iter=5).fit(X, y)
    network, parameters = trained.to_network()
    np.testing.assert_allclose(network.outputs(parameters, X), trained.predict_proba(X), rtol=1e-14)
    before = trained.predict_proba(X)
    for array in parameters.values():
        array[:] = 0
    np.testing.assert_array_equal(trained.predict_proba(X), before)


def test_the_network_can_be_handed_to_torch() -> None:
    import torch

    X, y = curve()
    trained = bl.BackpropRegressor((6,), "tanh", max_iter=5, random_state=0).fit(X, y)
    network, parameters = trained.to_network()
    outputs = network.to_torch(parameters)(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(outputs[:, 0], trained.predict(X), rtol=1e-12, atol=1e-14)


def test_nothing_is_fitted_before_fit() -> None:
    X, _ = blobs()
    for call in ("predict", "predict_proba", "predict_log_proba"):
        with pytest.raises(NotFittedError):
            getattr(bl.BackpropClassifier(), call)(X)
    with pytest.raises(NotFittedError):
        bl.BackpropRegressor().to_network()


@pytest.mark.parametrize("changed", ["parameters", "network", "fitted", "classes_dtype"])
def test_a_file_that_lacks_something_is_called_damaged(changed: str, tmp_path: Path) -> None:
    X, y = blobs()
    path = bl.BackpropClassifier(max_iter=1).fit(X, y).save(tmp_path / "model")
    arrays, record = read_tensors(path)
    del record[changed]
    write_tensors(path, arrays, record, overwrite=True)
    with pytest.raises(InputError, match=f"is damaged: '{changed}'"):
        bl.BackpropClassifier.load(path)
