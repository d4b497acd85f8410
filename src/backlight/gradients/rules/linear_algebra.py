"""Rules of `numpy.linalg` (Giles 2008, "An extended collection of matrix derivative results for
forward and reverse mode algorithmic differentiation"). Leading axes are a batch of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Array, General, Rule, unbroadcast
from backlight.gradients.rules.primitives import eigen
from backlight.gradients.rules.products import directions_first


def _turned(a: Array) -> Array:
    return np.swapaxes(a, -1, -2)


def _first(t: Array) -> Array:
    """Tangents with the directions in front, as a batch of matrices."""
    return np.moveaxis(t, -1, 0)


def _last(t: Array) -> Array:
    return np.moveaxis(t, 0, -1)


def _inv_pull(g: Array, y: Array, a: Array) -> Array:
    return -np.matmul(np.matmul(_turned(y), g), _turned(y))


def _inv_push(t: Array, y: Array, a: Array) -> Array:
    return _last(-np.matmul(np.matmul(y, _first(t)), y))


def _det_pull(g: Array, y: Array, a: Array) -> Array:
    return (g * y)[..., None, None] * _turned(np.linalg.inv(a))


def _det_push(t: Array, y: Array, a: Array) -> Array:
    inverse = np.linalg.inv(a)
    return np.einsum("...,...ij,...jik->...k", y, inverse, t)


def _is_vector(b: Array) -> bool:
    return bool(b.ndim == 1)


def _solve_pull_matrix(g: Array, y: Array, a: Array, b: Array) -> Array:
    back = _solve_pull_right(g, y, a, b, broadcast=False)
    if _is_vector(b):
        return unbroadcast(-back[..., :, None] * y[..., None, :], a.shape)
    return unbroadcast(-np.matmul(back, _turned(y)), a.shape)


def _solve_pull_right(g: Array, y: Array, a: Array, b: Array, broadcast: bool = True) -> Array:
    back = (
        np.linalg.solve(_turned(a), g[..., None])[..., 0]
        if _is_vector(b)
        else np.linalg.solve(_turned(a), g)
    )
    return unbroadcast(back, b.shape) if broadcast else back


def _solve_push_matrix(t: Array, y: Array, a: Array, b: Array) -> Array:
    column = y[..., None] if _is_vector(b) else y
    moved = -np.linalg.solve(a, np.matmul(directions_first(t, column.ndim), column))
    return _last(moved[..., 0] if _is_vector(b) else moved)


def _solve_push_right(t: Array, y: Array, a: Array, b: Array) -> Array:
    if _is_vector(b):
        return np.linalg.solve(a, t)
    return _last(np.linalg.solve(a, directions_first(t, a.ndim)))


def _cholesky_pull(g: Array, y: Array, a: Array) -> Array:
    # The factor is made from the lower triangle alone; the upper is taken to mirror it.
    inner = np.tril(np.matmul(_turned(y), g))
    inner = inner - 0.5 * inner * np.eye(y.shape[-1])
    inverse = np.linalg.inv(y)
    full = np.matmul(np.matmul(_turned(inverse), inner), inverse)
    return np.tril(full + _turned(full)) * (1 - 0.5 * np.eye(y.shape[-1]))


def _cholesky_push(t: Array, y: Array, a: Array) -> Array:
    inverse = np.linalg.inv(y)
    moved = _first(t)
    symmetric = np.tril(moved) + _turned(np.tril(moved, -1))
    inner = np.matmul(np.matmul(inverse, symmetric), _turned(inverse))
    half = np.tril(inner) - 0.5 * inner * np.eye(y.shape[-1])
    return _last(np.matmul(y, half))


def _gaps(values: Array) -> Array:
    """1 / (w_j - w_i), 0 on the diagonal; infinite between equal eigenvalues, whose vectors are
    not differentiable."""
    size = values.shape[-1]
    gap = values[..., None, :] - values[..., :, None]
    with np.errstate(divide="ignore"):
        return (1 - np.eye(size)) / (gap + np.eye(size))


def _eigen_pull(g: Array, y: Array, a: Array) -> Array:
    values, vectors = y[..., 0, :], y[..., 1:, :]
    size = values.shape[-1]
    turning = np.matmul(_turned(vectors), g[..., 1:, :])
    middle = _where_moved(turning, _gaps(values)) + g[..., 0, None, :] * np.eye(size)
    return np.matmul(np.matmul(vectors, middle), _turned(vectors))


def _eigen_push(t: Array, y: Array, a: Array) -> Array:
    values, vectors = y[..., 0, :], y[..., 1:, :]
    moved = np.matmul(np.matmul(_turned(vectors), _first(t)), vectors)
    rise = np.diagonal(moved, 0, -2, -1)[..., None, :]
    return _last(np.concatenate([rise, np.matmul(vectors, _where_moved(moved, _gaps(values)))], -2))


def _where_moved(turning: Array, gaps: Array) -> Array:
    # Where nothing asks for the vectors, equal eigenvalues do no harm.
    still = np.equal(turning, 0)
    return np.where(still, 0.0, turning * np.where(still, 0.0, gaps))


LINEAR_ALGEBRA: dict[Any, Rule] = {
    np.linalg.inv: General((_inv_pull,), (_inv_push,)),
    np.linalg.det: General((_det_pull,), (_det_push,)),
    np.linalg.solve: General(
        (_solve_pull_matrix, _solve_pull_right), (_solve_push_matrix, _solve_push_right)
    ),
    eigen: General((_eigen_pull,), (_eigen_push,)),
    np.linalg.cholesky: General((_cholesky_pull,), (_cholesky_push,)),
}
