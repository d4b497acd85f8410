"""In the company of scikit-learn's other tools, and of packages that are missing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import backlight as bl
from tests.networks.estimators.data import blobs, iris

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
GRID: dict[str, Any] = {"hidden_layer_sizes": [(2,), (8,)], "activation": ["tanh", "relu"]}


@pytest.mark.parametrize("workers", [2, "threads"])
def test_a_search_by_several_workers_finds_what_one_finds(workers: Any) -> None:
    from joblib import parallel_config

    X, y = iris()
    base = bl.BackpropClassifier(max_iter=40, learning_rate_init=0.02, random_state=0)
    alone = GridSearchCV(base, GRID, cv=3).fit(X, y)
    if workers == "threads":
        with parallel_config("threading"):
            together = GridSearchCV(base, GRID, cv=3, n_jobs=2).fit(X, y)
    else:
        together = GridSearchCV(base, GRID, cv=3, n_jobs=workers).fit(X, y)
    np.testing.assert_array_equal(
        together.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )
    assert len(set(alone.cv_results_["mean_test_score"])) > 1
    np.testing.assert_array_equal(together.predict_proba(X), alone.predict_proba(X))


def test_it_ends_a_pipeline() -> None:
    X, y = iris()
    pipeline = make_pipeline(
        StandardScaler(), bl.BackpropClassifier(learning_rate_init=0.02, random_state=0)
    )
    weights = np.ones(len(y))
    pipeline.fit(100 * X + 7, y, backpropclassifier__sample_weight=weights)
    assert pipeline.score(100 * X + 7, y) > 0.95
    assert cross_val_predict(pipeline, X, y, cv=3, method="predict_proba").shape == (150, 3)


def test_a_clone_has_the_settings_and_nothing_else() -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier((4,), max_iter=1, class_weight="balanced").fit(X, y)
    twin = clone(trained)
    assert twin.get_params() == trained.get_params()
    assert not hasattr(twin, "coefs_")
    assert set(vars(twin)) == set(twin.get_params())


def test_ensembles_are_made_of_it() -> None:
    X, y = blobs(60, 3)
    base = bl.BackpropClassifier((8,), learning_rate_init=0.05, max_iter=60)
    assert BaggingClassifier(base, 3, random_state=0).fit(X, y).score(X, y) == 1
    pair = np.stack([y, 2 - y], axis=1)
    assert MultiOutputClassifier(base).fit(X, pair).predict(X).shape == pair.shape


# ------------------------------------------------------------------ packages


def run(code: str) -> str:
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return finished.stdout + finished.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("name", ["BackpropClassifier", "BackpropRegressor"])
def test_without_scikit_learn_the_command_that_installs_it_is_named(name: str) -> None:
    said = run(f"import sys; sys.modules['sklearn'] = None; import backlight as bl; bl.{name}")
    assert "MissingExtraError: scikit-learn is not installed" in said
    assert "pip install 'backlight[train]'" in said


def test_without_numba_it_predicts_but_training_names_the_command_that_installs_it() -> None:
    said = run(
        "import sys; sys.modules['numba'] = None; import backlight as bl; "
        "bl.BackpropRegressor().fit([[1], [2]], [1, 2])"
    )
    assert "MissingExtraError: numba is not installed: pip install 'backlight[train]'" in said


def test_a_model_that_was_saved_predicts_without_numba(tmp_path: Any) -> None:
    X, y = blobs()
    trained = bl.BackpropClassifier(max_iter=2, random_state=0).fit(X, y)
    path = trained.save(tmp_path / "model")
    said = run(
        "import sys; sys.modules['numba'] = None; import backlight as bl; "
        f"print(bl.BackpropClassifier.load({str(path)!r}).predict({X[:5].tolist()}).tolist())"
    )
    assert said == f"{trained.predict(X[:5]).tolist()}\n"
