"""Operations that NumPy has no function for, or none that can be traced: indexing and its
transpose, a change of precision, concatenation with its arrays as arguments. They dispatch like
NumPy's own functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from backlight.errors import TraceError


def primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one array and of constants, made to be handed over by stand-ins for one."""

    @wraps(function)
    def call(a: Any, *constants: Any) -> Any:
        dispatch = getattr(a, "apply_primitive", None)
        if dispatch is not None:
            return dispatch(call, (a, *constants))
        return function(a, *constants)

    return call


def getitem(a: Any, index: Any) -> Any:
    """a[index], as a function."""
    return a[index]


def scatter(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of `shape` to which g is added at `index`, repeatedly where an element is named
    repeatedly: the transpose of indexing."""
    dispatch = getattr(g, "apply_primitive", None)
    if dispatch is not None:
        return dispatch(scatter, (g, shape, index))
    out = np.zeros(shape, np.result_type(g))
    if _names_none_twice(index):
        out[index] = g
    else:
        np.add.at(out, index, g)
    return out


def _names_none_twice(index: Any) -> bool:
    """True of slices, single positions and masks."""
    entries = index if isinstance(index, tuple) else (index,)
    if all(
        entry is None or entry is Ellipsis or isinstance(entry, slice | int | np.integer)
        for entry in entries
    ):
        return True
    return len(entries) == 1 and getattr(entries[0], "dtype", None) is np.dtype(bool)


def cast(a: Any, dtype: np.dtype[Any]) -> Any:
    """a.astype(dtype) between floating-point types."""
    dispatch = getattr(a, "apply_primitive", None)
    if dispatch is None:
        return a.astype(dtype) if hasattr(a, "astype") else dtype.type(a)
    if dtype.kind != "f":
        raise TraceError(
            f"astype({dtype}) has no derivative: keep the value a float, or look it up with "
            "np.floor(x), np.rint(x), x > 0 or np.argmax(x)"
        )
    return dispatch(cast, (a, dtype))


def join(*arrays: Any, axis: int) -> Any:
    """`np.concatenate`, its arrays as arguments."""
    dispatch = _dispatch(arrays)
    if dispatch is not None:
        return dispatch(join, arrays, {"axis": axis})
    return np.concatenate(arrays, axis)


def choose(condition: Any, a: Any, b: Any) -> Any:
    """`np.where` with three arguments."""
    dispatch = _dispatch((a, b))
    if dispatch is not None:
        return dispatch(choose, (condition, a, b))
    return np.where(condition, a, b)


def contract(*operands: Any, inputs: Sequence[str], output: str) -> Any:
    """`np.einsum`, its subscripts taken apart as its rule reads them."""
    dispatch = _dispatch(operands)
    if dispatch is not None:
        return dispatch(contract, operands, {"inputs": inputs, "output": output})
    return np.einsum(",".join(inputs) + "->" + output, *operands)


def _dispatch(values: Sequence[Any]) -> Any:
    found = (getattr(value, "apply_primitive", None) for value in values)
    return next((dispatch for dispatch in found if dispatch is not None), None)
