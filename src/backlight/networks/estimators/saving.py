"""Estimators in files: arrays, and what JSON can say. Reading one runs nothing that is in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from backlight.errors import InputError
from backlight.networks.optimisers import Optimiser
from backlight.networks.saving import (
    check_kind,
    describe_network,
    network_described,
    read_tensors,
    write_tensors,
)
from backlight.networks.schedules import Schedule, schedule_of

Array = Any
_KIND: Final = "estimator"
_VERSION: Final = 1
_NUMBERS: Final = ("n_iter_", "t_", "loss_", "best_loss_", "best_validation_score_", "stopped_")
_LISTS: Final = ("loss_curve_", "validation_scores_")


def save_estimator(path: str | os.PathLike[str], estimator: Any, overwrite: bool) -> Path:
    """Write a fitted estimator to one safetensors file; returns the path.

    Raises:
        InputError: a parameter or a label is of a kind that JSON cannot say.
        FileError: the file exists and may not be overwritten, or cannot be written.
        MissingExtraError: safetensors is not installed.
    """
    record: dict[str, Any] = {
        "kind": _KIND,
        "version": _VERSION,
        "estimator": type(estimator).__name__,
        "parameters": [
            [name, _said(name, value)] for name, value in estimator.get_params(deep=False).items()
        ],
        "network": describe_network(estimator.network_),
        "fitted": {name: getattr(estimator, name) for name in (*_NUMBERS, *_LISTS)},
        "features": estimator.n_features_in_,
    }
    if hasattr(estimator, "feature_names_in_"):
        record["feature_names"] = estimator.feature_names_in_.tolist()
    if hasattr(estimator, "classes_"):
        kind = estimator.classes_.dtype
        record["classes"] = [_said("classes_", label) for label in estimator.classes_.tolist()]
        record["classes_dtype"] = kind.str
        record["several"] = estimator._several
    return write_tensors(path, estimator.to_network()[1], record, overwrite)


def load_estimator(path: str | os.PathLike[str], kind: type) -> Any:
    """The estimator of this class that `save_estimator` wrote.

    Raises:
        InputError: the file is missing, damaged, or holds something else.
        MissingExtraError: safetensors is not installed.
    """
    arrays, record = read_tensors(path)
    check_kind(path, record, _KIND, _VERSION)
    name = record.get("estimator")
    if name != kind.__name__:
        raise InputError(f"{str(path)!r} holds a {name}; read it with {name}.load")
    try:
        return _restored(kind, arrays, record)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InputError(f"{str(path)!r} is damaged: {problem}") from problem


def _restored(kind: type, arrays: dict[str, Array], record: dict[str, Any]) -> Any:
    estimator = kind(**{name: _meant(value) for name, value in record["parameters"]})
    network = network_described(record["network"])
    estimator.take_network(network, network.check(arrays))
    for name in (*_NUMBERS, *_LISTS):
        setattr(estimator, name, record["fitted"][name])
    estimator.n_features_in_ = record["features"]
    if "feature_names" in record:
        estimator.feature_names_in_ = np.array(record["feature_names"], dtype=object)
    if "classes" in record:
        labels = [_meant(label) for label in record["classes"]]
        estimator.classes_ = np.array(labels, dtype=np.dtype(record["classes_dtype"]))
        estimator._several = record["several"]
    return estimator


def _said(name: str, value: Any) -> Any:
    """As JSON knows it; what it does not know is said by a dict with the name of its kind."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Optimiser):
        return {"optimiser": value.record()}
    if isinstance(value, Schedule):
        return {"schedule": value.record()}
    if isinstance(value, tuple):
        return {"tuple": [_said(name, part) for part in value]}
    if isinstance(value, list):
        return [_said(name, part) for part in value]
    if isinstance(value, dict):
        return {"pairs": [[_said(name, k), _said(name, v)] for k, v in value.items()]}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    hint = f"set_params({name}=...) to a name, a number or None first"
    if name == "classes_":
        hint = "train with labels that are text, numbers or truth values, or pickle it"
    raise InputError(f"{name} is {value!r}, which a file without code cannot hold; {hint}")


def _meant(said: Any) -> Any:
    if isinstance(said, list):
        return [_meant(part) for part in said]
    if not isinstance(said, dict):
        return said
    ((kind, value),) = said.items()
    if kind == "optimiser":
        return Optimiser(**value)
    if kind == "schedule":
        return schedule_of(value)
    if kind == "tuple":
        return tuple(_meant(part) for part in value)
    return {_meant(key): _meant(number) for key, number in value}
