"""Values and derivatives checked before they are handed out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backlight.errors import InputError, OutputError, TraceError
from backlight.gradients.arrays.operators import Operators, plain
from backlight.gradients.containers import (
    Nest,
    all_finite,
    check_finite,
    first_not_finite,
    is_transformed,
)


def checked_scalar(value: Any) -> Any:
    """A real, scalar, finite value.

    Raises:
        InputError: it is no real number, or has several elements: a gradient is of a scalar.
        OutputError: it is NaN or infinite.
    """
    if isinstance(value, float) and math.isfinite(value):  # np.float64 too: most values are one
        return value
    shape = np.shape(checked_array(value))
    if shape not in ((), (1,)):
        raise InputError(
            f"a gradient is of a scalar, but f returned shape {shape}: reduce it, for example "
            "with np.sum, or use derivatives(f, x, directions)"
        )
    if not np.isfinite(plain(value)).all():
        raise OutputError(f"f is {np.reshape(plain(value), ())} at this x: expected a finite value")
    return value


def checked_array(value: Any) -> Any:
    """What f returned: a real number or an array of them, or a traced stand-in for one.

    Raises:
        InputError: it is something else.
    """
    if isinstance(value, list | tuple):
        raise InputError(
            f"f returned a {type(value).__name__} of {len(value)}: expected one array, for example "
            "np.stack([…])"
        )
    if isinstance(value, Operators):  # a derivative around this one is under way
        return value
    kind = np.asarray(value).dtype.kind
    if kind == "c":
        raise InputError("f returned a complex number: expected a real one")
    if kind not in "biuf":
        raise InputError(f"f returned a {type(value).__name__}: expected a number or an array")
    return value


def refuse_followed(value: Any) -> None:
    """Differences are of plain numbers: what a derivative around them follows would be lost.

    Raises:
        TraceError: the value is a stand-in that such a derivative is taken by.
    """
    if isinstance(value, Operators):
        raise TraceError(
            "finite differences inside another derivative, of what that one is taken by, lose it: "
            "use method='dual' or 'backprop' for the inner one"
        )


def checked_same(
    first: Any, again: Any, tolerance: float | None = None, least: float = 1e-300
) -> None:
    """Two values of f at one x, which are the same but for the last bits.

    Args:
        tolerance: relative; by default some bits of their precision.
        least: absolute, for values that are all but zero.

    Raises:
        InputError: they differ: differences of such values say nothing about x.
    """
    a, b = np.asarray(first), np.asarray(again)
    if tolerance is None:
        tolerance = 64 * float(np.finfo(a.dtype if a.dtype.kind == "f" else float).eps)
    with np.errstate(invalid="ignore"):  # of infinities
        same = a.shape == b.shape and bool(
            np.all(np.abs(a - b) <= tolerance * np.maximum(np.abs(a), np.abs(b)) + least)
        )
    if not same and np.isfinite(a).all() and np.isfinite(b).all():
        shown = f"{a} and {b}" if a.ndim == b.ndim == 0 else "different arrays"
        raise InputError(
            f"two evaluations of f at one x gave {shown}: fix what is random in it (set the seed "
            "inside f, switch dropout off with .eval())"
        )


def checked_derivatives(found: Any) -> Any:
    """Finite derivatives along directions, (k, …): NumPy or torch.

    Raises:
        OutputError: an entry is NaN or infinite; it is named.
    """
    array = plain(found)
    if not isinstance(array, np.ndarray):
        if is_transformed(array):
            return found
        array = array.detach()
    finite = np.isfinite(array) if isinstance(array, np.ndarray) else array.isfinite()
    if not bool(finite.all()):
        where = tuple(int(i) for i in np.argwhere(~np.asarray(finite))[0])
        raise OutputError(f"the derivative along direction {where[0]} is {array[where]}")
    return found


def checked_gradient(found: list[Any], nest: Nest) -> list[Any]:
    """Finite gradients, shaped and typed like the leaves they are by, which are finite too.

    Raises:
        InputError: an entry of a NumPy leaf is NaN or infinite; it is named.
        OutputError: an entry of a gradient is.
    """
    if not nest.is_torch:
        found = [_typed(g, leaf) for g, leaf in zip(found, nest.leaves, strict=True)]
    if not all_finite(nest.leaves, found):
        check_finite(nest)
        for g, path in zip(found, nest.paths, strict=True):
            if (where := first_not_finite(g)) is not None:
                bad = float(plain(g)[where])
                at = f" at {where}" if where else ""
                raise OutputError(f"the derivative by {path} is {bad}{at}")
    return found


def _typed(g: Any, leaf: Any) -> Any:
    """A derivative in the precision of what it is by; a number's is a number."""
    if type(g) is np.ndarray and g.dtype is leaf.dtype and leaf.ndim:
        return g
    if isinstance(g, Operators):  # a derivative around this one is under way
        return g if g.dtype == leaf.dtype else g.astype(leaf.dtype)
    return np.asarray(g).astype(leaf.dtype, copy=False) if leaf.ndim else leaf.dtype.type(g)
