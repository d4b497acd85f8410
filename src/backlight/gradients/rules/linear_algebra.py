"""Rules of `numpy.linalg` (Giles 2008, "An extended collection of matrix derivative results for
forward and reverse mode algorithmic differentiation"). Leading axes are a batch of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Array, General, Rule, unbroadcast
from backlight.gradients.rules.primitives import primitive
from backlight.gradients.rules.products import directions_first, first, last, turned


@primitive
def log_abs_det(a: Array) -> Array:
    """log |det a|, which neither overflows nor vanishes as the determinant does."""
    return np.linalg.slogdet(a)[1]


@primitive
def lower_factor(a: Array) -> Array:
    """`np.linalg.cholesky`."""
    return np.linalg.cholesky(a)


def _inv_pull(g: Array, y: Array, a: Array) -> Array:
    return -np.matmul(np.matmul(turned(y), g), turned(y))


def _inv_push(t: Array, y: Array, a: Array) -> Array:
    return last(-np.matmul(np.matmul(y, first(t)), y))


def _det_pull(g: Array, y: Array, a: Array) -> Array:
    return (g * y)[..., None, None] * turned(np.linalg.inv(a))


def _det_push(t: Array, y: Array, a: Array) -> Array:
    inverse = np.linalg.inv(a)
    return np.einsum("...,...ij,...jik->...k", y, inverse, t)


def _log_det_pull(g: Array, y: Array, a: Array) -> Array:
    return g[..., None, None] * turned(np.linalg.inv(a))


def _log_det_push(t: Array, y: Array, a: Array) -> Array:
    return np.einsum("...ij,...jik->...k", np.linalg.inv(a), t)


def _is_vector(b: Array) -> bool:
    return bool(b.ndim == 1)


def _solve_pull_matrix(g: Array, y: Array, a: Array, b: Array) -> Array:
    back = _solve_pull_right(g, y, a, b, broadcast=False)
    if _is_vector(b):
        return unbroadcast(-back[..., :, None] * y[..., None, :], a.shape)
    return unbroadcast(-np.matmul(back, turned(y)), a.shape)


def _solve_pull_right(g: Array, y: Array, a: Array, b: Array, broadcast: bool = True) -> Array:
    back = (
        np.linalg.solve(turned(a), g[..., None])[..., 0]
        if _is_vector(b)
        else np.linalg.solve(turned(a), g)
    )
    return unbroadcast(back, b.shape) if broadcast else back


def _solve_push_matrix(t: Array, y: Array, a: Array, b: Array) -> Array:
    column = y[..., None] if _is_vector(b) else y
    moved = -np.linalg.solve(a, np.matmul(directions_first(t, column.ndim), column))
    return last(moved[..., 0] if _is_vector(b) else moved)


def _solve_push_right(t: Array, y: Array, a: Array, b: Array) -> Array:
    if _is_vector(b):
        return np.linalg.solve(a, t)
    return last(np.linalg.solve(a, directions_first(t, a.ndim)))


def _cholesky_pull(g: Array, y: Array, a: Array) -> Array:
    # The factor is made from the lower triangle alone; the upper is taken to mirror it.
    inner = np.tril(np.matmul(turned(y), g))
    inner = inner - 0.5 * inner * np.eye(y.shape[-1])
    inverse = np.linalg.inv(y)
    full = np.matmul(np.matmul(turned(inverse), inner), inverse)
    return np.tril(full + turned(full)) * (1 - 0.5 * np.eye(y.shape[-1]))


def _cholesky_push(t: Array, y: Array, a: Array) -> Array:
    inverse = np.linalg.inv(y)
    moved = first(t)
    symmetric = np.tril(moved) + turned(np.tril(moved, -1))
    inner = np.matmul(np.matmul(inverse, symmetric), turned(inverse))
    half = np.tril(inner) - 0.5 * inner * np.eye(y.shape[-1])
    return last(np.matmul(y, half))


LINEAR_ALGEBRA: dict[Any, Rule] = {
    np.linalg.inv: General((_inv_pull,), (_inv_push,)),
    np.linalg.det: General((_det_pull,), (_det_push,)),
    np.linalg.solve: General(
        (_solve_pull_matrix, _solve_pull_right), (_solve_push_matrix, _solve_push_right)
    ),
    log_abs_det: General((_log_det_pull,), (_log_det_push,)),
    lower_factor: General((_cholesky_pull,), (_cholesky_push,)),
}
