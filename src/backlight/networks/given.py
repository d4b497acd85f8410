"""What callers give, and whether it can be used: sizes, names, seeds, rows and their weights."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.networks.activations import find_activation

Array = Any


def take_rows(name: str, value: Array, width: int, of: str, rows: int | None = None) -> Array:
    """`value` as an array (rows, width); one that is followed by a gradient is kept as it is.

    Args:
        name: what to call it in messages.
        value: array, or nested sequences of numbers.
        width: how many columns it must have.
        of: what the columns stand for.
        rows: how many rows it must have; at least one if None.

    Raises:
        InputError: it has another shape, or holds no real numbers.
    """
    array = take_numbers(name, value)
    shape = np.shape(array)
    expected = f"expected ({'rows' if rows is None else rows}, {width}), a column for each of {of}"
    if len(shape) != 2 or shape[1] != width or shape[0] != (shape[0] if rows is None else rows):
        hint = ""
        if len(shape) == 1 and shape[0] == width:
            hint = f"; one row is {name}[None, :]"
        elif len(shape) == 1 and width == 1:
            hint = f"; one column is {name}[:, None]"
        raise InputError(f"{name} has shape {shape}; {expected}{hint}")
    if not shape[0]:
        raise InputError(f"{name} has no row; {expected}")
    return array


def take_weights(value: Array, rows: int) -> Array:
    """How much each row counts, (rows,).

    Raises:
        InputError: it has another shape, a weight is negative or not finite, or all are 0; or
            their sum is infinite.
    """
    array = take_numbers("weights", value)
    if np.shape(array) != (rows,):
        raise InputError(f"weights has shape {np.shape(array)}; expected ({rows},), one for a row")
    if not hasattr(array, "primal"):
        if not (np.isfinite(array).all() and np.min(array) >= 0):
            raise InputError("weights of rows must be finite and not negative")
        if not np.any(array):
            raise InputError("all weights of rows are 0; at least one row must count")
        with np.errstate(over="ignore"):
            total = np.sum(array, dtype=np.float64)
        if not np.isfinite(total):
            raise InputError(
                f"weights of rows as large as {np.max(array):g} have no finite sum: divide them "
                "all by one number"
            )
    return array


def take_numbers(name: str, value: Array) -> Array:
    """An array of floats; whole numbers and truth values become float64.

    Raises:
        InputError: these are no real numbers, or rows of different lengths.
    """
    if hasattr(value, "primal"):
        return value
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise InputError(f"{name} must be an array of numbers, rows of one length") from None
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    raise InputError(f"{name} must hold real numbers, not {array.dtype}")


def take_sizes(sizes: Any) -> tuple[int, ...]:
    """Inputs, units of each hidden layer, outputs.

    Raises:
        InputError: these are not two or more whole numbers from 1.
    """
    expected = "sizes must be (inputs, units of each hidden layer, outputs), whole numbers from 1"
    try:
        given = tuple(sizes)
        whole = tuple(operator.index(n) for n in given)
    except TypeError:
        raise InputError(f"{expected}; not {sizes!r}") from None
    if any(isinstance(n, bool | np.bool_) for n in given) or isinstance(sizes, bytes):
        raise InputError(f"{expected}; not {sizes!r}")
    if len(whole) < 2 or min(whole) < 1:
        raise InputError(f"{expected}; not {whole}")
    return whole


def take_hidden(hidden: Any, layers: int) -> tuple[str, ...]:
    """The name of the activation of each hidden layer, from one for all or one for each.

    Raises:
        InputError: a name is unknown, or there are not as many as layers.
    """
    if isinstance(hidden, str):
        return (find_activation(hidden).name,) * layers
    try:
        names = tuple(find_activation(name).name for name in hidden)
    except TypeError:
        raise InputError(f"hidden must be a name, or one for each layer; not {hidden!r}") from None
    if len(names) != layers:
        raise InputError(
            f"{len(names)} activations for {layers} hidden layers: give one name for all, or one "
            "for each"
        )
    return names


def generator(seed: Any) -> np.random.Generator:
    """A generator from a seed, or the generator itself.

    Raises:
        InputError: the seed is not a whole number from 0.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or seed < 0:
        raise InputError(f"seed must be a whole number from 0 or a Generator, not {seed!r}")
    return np.random.default_rng(int(seed))


def precision(dtype: Any) -> np.dtype[Any]:
    """float64 or float32.

    Raises:
        InputError: another one is asked for.
    """
    for kind in (np.dtype(np.float64), np.dtype(np.float32)):
        try:
            if dtype is not None and np.dtype(dtype) == kind:
                return kind
        except TypeError:
            break
    raise InputError(f"dtype must be float64 or float32, not {dtype!r}")


def check_finite(name: str, array: Array) -> None:
    """Raise an InputError that names the first number (rows, columns) that is not finite."""
    # A sum is finite where all are, and needs no room; it can overflow only where one looks.
    with np.errstate(over="ignore", invalid="ignore"):
        if math.isfinite(float(np.sum(array, dtype=np.float64))):
            return
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"{name} holds {array[row, column]} in row {row}, column {column} "
            f"({len(wrong)} such in all); expected finite numbers"
        )


def check_fits(name: str, array: Array, dtype: np.dtype[Any]) -> None:
    """Raise an InputError where a finite number would be infinite in the working precision."""
    if array.dtype.itemsize <= dtype.itemsize:
        return
    most, limit = max(abs(np.min(array)), abs(np.max(array))), np.finfo(dtype).max
    if most > limit:
        raise InputError(
            f"{name} holds numbers as large as {most:g}; {dtype} ends at {limit:g}: scale {name}"
        )


def whole(name: str, value: Any, least: int) -> int:
    """A whole number, not below `least`; an InputError names it otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name} must be a whole number from {least}, not {value!r}")
    return int(value)


def from_zero(name: str, value: Any) -> float:
    """A finite number from 0; an InputError names it otherwise."""
    if not (isinstance(value, int | float | np.number) and math.isfinite(value) and value >= 0):
        raise InputError(f"{name} must be a number from 0, not {value!r}")
    return float(value)


def takes_diagonal(output_delta: Any, output: str, loss: str) -> bool:
    """Whether of softmax's Jacobian only the diagonal is asked for.

    Raises:
        InputError: it is neither "gradient" nor "diagonal", or the latter has no sense here.
    """
    if output_delta == "gradient":
        return False
    if output_delta != "diagonal":
        raise InputError(f"output_delta must be 'gradient' or 'diagonal', not {output_delta!r}")
    if output != "softmax" or loss == "cross-entropy":
        raise InputError(
            "output_delta 'diagonal' is for a softmax with squared-error or huber, not "
            f"{output} with {loss}"
        )
    return True
