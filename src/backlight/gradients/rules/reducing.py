"""Products, norms and functions of elements, written in terms of sums, products and choices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.gradients.arrays.operators import plain
from backlight.gradients.rules.decompositions import singular_values
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import Axis, axes_of
from backlight.gradients.rules.statistics import root


def _prod(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """By halves, which is right also where elements are zero."""
    axes = axes_of(axis, np.ndim(a))
    rest = [i for i in range(np.ndim(a)) if i not in axes]
    shape = np.shape(a)
    flat = np.reshape(np.transpose(a, (*axes, *rest)), (-1, *(shape[i] for i in rest)))
    while len(flat) > 1:
        half = len(flat) // 2
        product = flat[:half] * flat[half : 2 * half]
        flat = product if len(flat) % 2 == 0 else np.concatenate([product, flat[2 * half :]])
    value = flat[0] if len(flat) else np.sum(flat, axis=0) + 1.0
    return (
        np.reshape(value, [1 if i in axes else n for i, n in enumerate(shape)])
        if keepdims
        else value
    )


def _cumulative(function: Callable[..., Array], neutral: float) -> Callable[..., Array]:
    """`np.cumulative_sum` and its like, with the result of no element in front where asked for."""

    def cumulative(x: Array, axis: int | None = None, include_initial: bool = False) -> Array:
        axis = 0 if axis is None else axis
        found = function(x, axis=axis)
        if not include_initial:
            return found
        shape = [1 if i == axis % np.ndim(x) else n for i, n in enumerate(np.shape(x))]
        return np.concatenate([np.full(shape, neutral), found], axis)

    return cumulative


def _cumprod(a: Array, axis: int | None = None) -> Array:
    a = np.reshape(a, (-1,)) if axis is None else np.moveaxis(a, axis, 0)
    products = [a[0]]
    for i in range(1, len(a)):
        products.append(products[-1] * a[i])
    return np.moveaxis(np.stack(products), 0, 0 if axis is None else axis)


# ------------------------------------------------------------------ norms


def _norm(x: Array, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Array:
    if ord is None and axis is None:  # of all elements, whatever the shape
        value = root(np.sum(x * x))
        return np.reshape(value, (1,) * np.ndim(x)) if keepdims else value
    axes = axes_of(axis, np.ndim(x))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) != 2:
        raise ValueError("np.linalg.norm: a norm is of vectors or of matrices")
    value = _matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord)
    return np.expand_dims(value, axes) if keepdims else value


def _vector_norm(x: Array, ord: Any, axis: Axis, keepdims: bool) -> Array:
    options: Any = {"axis": axis, "keepdims": keepdims}
    if ord in (None, 2):
        return root(np.sum(x * x, **options))
    size = np.abs(x)
    if ord == math.inf:
        return np.max(size, **options)
    if ord == -math.inf:
        return np.min(size, **options)
    if ord == 1:
        return np.sum(size, **options)
    if ord == 0:
        return np.sum(plain(x) != 0, **options) * 1.0
    total = np.sum(size**ord, **options)
    # Like every length it has the slope 0 where it is 0.
    zero = np.equal(total, 0) & (ord > 0)
    return np.where(zero, 0.0, np.where(zero, 1.0, total) ** (1 / ord))


def _matrix_norm(x: Array, ord: Any) -> Array:
    """Of the matrices in the last two axes."""
    if ord in (None, "fro"):
        return root(np.sum(x * x, axis=(-2, -1)))
    if ord in (2, -2, "nuc"):
        values = singular_values(x)
        chosen: Any = {2: np.max, -2: np.min, "nuc": np.sum}[ord]
        return chosen(values, axis=-1)
    if ord in (1, -1, math.inf, -math.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
        return (np.max if ord > 0 else np.min)(sums, axis=-1)
    raise ValueError(f"np.linalg.norm: matrices have no norm of order {ord!r}")


def _norm_of_vectors(x: Array, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Array:
    axes = axes_of(axis, np.ndim(x))
    return _vector_norm(x, ord, axes, keepdims)


def _norm_of_matrices(x: Array, keepdims: bool = False, ord: Any = "fro") -> Array:
    value = _matrix_norm(x, ord)
    return value[..., None, None] if keepdims else value


def _cond(x: Array, p: Any = None) -> Array:
    if p in (None, 2, -2):
        values = singular_values(x)
        largest, least = values[..., 0], values[..., -1]
        return least / largest if p == -2 else largest / least
    return _norm(x, p, (-2, -1)) * _norm(np.linalg.inv(x), p, (-2, -1))


# ------------------------------------------------------------------ functions of elements


def _sinc(x: Array) -> Array:
    """Near 0 by its series, as the quotient's derivative is a difference of large numbers there."""
    near = np.less(np.abs(plain(x)), 0.1)
    z = np.pi * np.where(near, x, 0.0)
    s = z * z
    series = 1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110))))
    z = np.pi * np.where(near, 1.0, x)
    return np.where(near, series, np.sin(z) / z)


def _frexp(x: Array) -> tuple[Array, Any]:
    _, exponent = np.frexp(plain(x))
    return np.ldexp(x, -exponent), exponent


def _i0(x: Array) -> Array:
    from scipy import special

    return special.i0(x)


REDUCING: dict[Any, Callable[..., Any]] = {
    np.prod: _prod,
    np.cumprod: _cumprod,
    np.linalg.norm: _norm,
    np.linalg.cond: _cond,
    np.ptp: lambda a, axis=None, keepdims=False: (
        np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)
    ),
    np.nan_to_num: lambda x: np.where(np.isfinite(x), x, np.nan_to_num(plain(x))),
    np.sinc: _sinc,
    np.i0: _i0,
    np.divmod: lambda a, b: (np.floor_divide(a, b), np.remainder(a, b)),
    np.modf: lambda a: (a - np.trunc(a), np.trunc(a)),
    np.ldexp: lambda x1, x2: x1 * np.ldexp(np.ones((), np.result_type(x1)), plain(x2)),
    np.frexp: _frexp,
}
# Functions of NumPy 2.
_NEWER: dict[str, Callable[..., Any]] = {
    "cumulative_sum": _cumulative(np.cumsum, 0.0),
    "cumulative_prod": _cumulative(np.cumprod, 1.0),
}
REDUCING.update({getattr(np, n): f for n, f in _NEWER.items() if hasattr(np, n)})
if hasattr(np.linalg, "vector_norm"):
    REDUCING[np.linalg.vector_norm] = _norm_of_vectors
    REDUCING[np.linalg.matrix_norm] = _norm_of_matrices
