"""Labels of classes and what a network is trained towards: from one to the other and back.

Two classes share one output, more have one each; of several labels for a row each has its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import column_or_1d

from backlight.errors import InputError, did_you_mean
from backlight.networks.given import from_zero

Array = Any


def take_labels(y: Array) -> tuple[Array, bool]:
    """Labels as an array, (rows,), or an indicator matrix (rows, labels); whether it is the latter.

    Raises:
        ValueError: these are numbers to predict rather than classes.
        InputError: each row has several labels of several classes.
    """
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        return (y.toarray() if hasattr(y, "toarray") else np.asarray(y)), True
    if kind == "multiclass-multioutput":
        raise InputError(
            "y has several columns of several classes each; give one column, or a column of 0 and "
            "1 for each label"
        )
    return column_or_1d(y, warn=True), False


def classes_of(labels: Array, several: bool, given: Array = None) -> Array:
    """The classes in order, where they are not given; of an indicator matrix its columns' numbers.

    Raises:
        InputError: there is a single class.
    """
    classes = given
    if classes is None:
        classes = np.arange(labels.shape[1]) if several else unique_labels(labels)
    if len(classes) < 2:
        raise InputError(
            f"{'y holds' if given is None else 'classes has'} one class only, "
            f"{classes.tolist()[0]!r}; a classifier needs two or more"
        )
    return classes


def targets_of(labels: Array, classes: Array, several: bool, dtype: Any) -> Array:
    """What the outputs should be: 0 or 1, (rows, outputs).

    Raises:
        InputError: a label is none of the classes, or the matrix has another width.
    """
    if several or labels.ndim > 1:
        if labels.ndim != 2 or labels.shape[1] != len(classes) or not several:
            raise InputError(
                f"y has shape {labels.shape}; expected (rows, {len(classes)}) of 0 and 1, as before"
            )
        return labels.astype(dtype)
    places = _places(labels, classes)
    if len(classes) == 2:
        return places.astype(dtype)[:, None]
    targets = np.zeros((len(labels), len(classes)), dtype)
    targets[np.arange(len(labels)), places] = 1
    return targets


def labels_of(nets: Array, classes: Array, several: bool) -> Array:
    """The labels that nets (rows, outputs) of the output layer stand for."""
    if several:
        return (nets > 0).astype(int)
    if nets.shape[1] == 1:
        return classes[(nets[:, 0] > 0).astype(int)]
    return classes[np.argmax(nets, axis=1)]


def class_weights(given: Any, targets: Array, classes: Array, several: bool, rows: Array) -> Array:
    """How much each row counts, (rows,), once its class is taken into account.

    Args:
        given: "balanced", where all classes count the same in sum; or a weight for each label (1
            for those that are not there).
        targets: (rows, outputs).
        classes: (classes,).
        several: whether a row may have several labels.
        rows: how much the rows count by themselves, (rows,).

    Raises:
        InputError: it is none of these, names no class, or a row may have several labels.
    """
    if several:
        raise InputError("class_weight is for one label a row; give sample_weight instead")
    places = targets[:, 0].astype(int) if targets.shape[1] == 1 else np.argmax(targets, axis=1)
    if isinstance(given, str) and given == "balanced":
        sums = np.bincount(places, weights=rows, minlength=len(classes))
        each = np.divide(rows.sum() / np.count_nonzero(sums), sums, where=sums > 0, out=sums * 0)
    elif isinstance(given, dict):
        known = classes.tolist()
        if unknown := [label for label in given if label not in known]:
            hint = did_you_mean(str(unknown[0]), map(str, known)) or f"; there are {known}"
            raise InputError(f"class_weight names {unknown[0]!r}, no class of y{hint}")
        each = np.array([from_zero(f"class_weight of {k!r}", given.get(k, 1)) for k in known])
    else:
        raise InputError(
            f"class_weight must be None, 'balanced' or a weight for each label, not {given!r}"
        )
    weights = rows * each[places]
    if not weights.any():
        raise InputError("class_weight and sample_weight are zero for all rows; one must count")
    return weights


def _places(labels: Array, classes: Array) -> Array:
    try:
        places = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
        known = classes[places] == labels
    except TypeError:
        raise InputError(
            f"y holds {labels.tolist()[0]!r}, which cannot be one of {classes.tolist()}"
        ) from None
    if not np.all(known):
        unknown = labels[~np.asarray(known, bool)].tolist()[0]
        raise InputError(
            f"y holds {unknown!r}, which is none of the classes {classes.tolist()} of the first fit"
        )
    return places
