"""Linear algebra written in terms of a few decompositions and of solving."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.arrays.operators import plain
from backlight.gradients.rules.decompositions import (
    eigen,
    pseudo_inverse,
    singular,
    singular_values,
    triangular,
)
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear_algebra import log_abs_det, lower_factor
from backlight.gradients.rules.products import turned


@lru_cache(maxsize=16)
def _form_of(function: Callable[..., Any]) -> Any:
    found = type(function(np.eye(1)))
    return found._make if hasattr(found, "_make") else tuple


def _named(function: Callable[..., Any], *values: Any) -> Any:
    """The values in the named tuple that NumPy's function returns, where it returns one."""
    return _form_of(function)(values)


def _slogdet(a: Array) -> Any:
    return _named(np.linalg.slogdet, np.linalg.slogdet(plain(a))[0], log_abs_det(a))


def _cholesky(a: Array, upper: bool = False) -> Array:
    return turned(lower_factor(turned(a))) if upper else lower_factor(a)


def _mirrored(a: Array, UPLO: str) -> Array:
    """The symmetric matrix of one triangle, which is all that NumPy reads."""
    lower = a if UPLO.upper() == "L" else turned(a)
    return np.tril(lower) + turned(np.tril(lower, -1))


def _eigh(a: Array, UPLO: str = "L") -> Any:
    both = eigen(_mirrored(a, UPLO))
    return _named(np.linalg.eigh, both[..., 0, :], both[..., 1:, :])


def _svd(a: Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    m, n = np.shape(a)[-2:]
    if not compute_uv:
        return singular_values(a)
    if full_matrices and m != n:
        raise TraceError(
            "np.linalg.svd with full_matrices=True: the vectors beyond the matrix's own are not "
            "determined by it; write full_matrices=False"
        )
    both = singular(a)
    u, s, v = both[..., :m, :], both[..., m, :], both[..., m + 1 :, :]
    return _named(np.linalg.svd, u, s, turned(v))


def _qr(a: Array, mode: str = "reduced") -> Any:
    m, n = np.shape(a)[-2:]
    if mode not in ("reduced", "r") and (mode != "complete" or m > n):
        raise TraceError(
            f"np.linalg.qr with mode={mode!r} cannot be followed: write mode='reduced'"
        )
    size = min(m, n)
    both = triangular(a[..., :size])
    q, r = both[..., :m, :], both[..., m:, :]
    if m < n:
        r = np.concatenate([r, np.matmul(turned(q), a[..., size:])], -1)
    return r if mode == "r" else _named(np.linalg.qr, q, r)


def _pinv(a: Array, rcond: Any = None, rtol: Any = np._NoValue) -> Array:
    if rcond is None:
        own = max(np.shape(a)[-2:]) * np.finfo(a.dtype).eps
        rcond = 1e-15 if rtol is np._NoValue else own if rtol is None else rtol
    return pseudo_inverse(a, rcond)


def _lstsq(a: Array, b: Array, rcond: Any = None) -> Any:
    m, n = np.shape(a)
    if rcond is None:
        rcond = max(m, n) * np.finfo(np.result_type(a)).eps
    x = np.matmul(pseudo_inverse(a, rcond), b)
    rank = np.linalg.lstsq(plain(a), plain(b), rcond)[2]
    over = b - np.matmul(a, x)
    residuals = np.sum(over * over, axis=0) if rank == n < m else np.zeros(0)
    if np.ndim(b) == 1 and rank == n < m:
        residuals = np.reshape(residuals, (1,))
    return x, residuals, rank, singular_values(a)


def _matrix_power(a: Array, n: int) -> Array:
    if n < 0:
        return _matrix_power(np.linalg.inv(a), -n)
    if n == 0:
        return 0.0 * a + np.eye(np.shape(a)[-1])
    half = _matrix_power(a, n // 2) if n > 1 else None
    if half is None:
        return np.positive(a)
    whole = np.matmul(half, half)
    return np.matmul(whole, a) if n % 2 else whole


def _tensorinv(a: Array, ind: int = 2) -> Array:
    shape = np.shape(a)
    rows = math.prod(shape[:ind])
    inverse = np.linalg.inv(np.reshape(a, (rows, -1)))
    return np.reshape(inverse, (*shape[ind:], *shape[:ind]))


def _tensorsolve(a: Array, b: Array) -> Array:
    free = np.shape(a)[np.ndim(b) :]
    flat = np.reshape(a, (-1, math.prod(free)))
    return np.reshape(np.linalg.solve(flat, np.ravel(b)), free)


SOLVING: dict[Any, Callable[..., Any]] = {
    np.linalg.slogdet: _slogdet,
    np.linalg.cholesky: _cholesky,
    np.linalg.eigh: _eigh,
    np.linalg.eigvalsh: lambda a, UPLO="L": eigen(_mirrored(a, UPLO))[..., 0, :],
    np.linalg.svd: _svd,
    np.linalg.qr: _qr,
    np.linalg.pinv: _pinv,
    np.linalg.lstsq: _lstsq,
    np.linalg.matrix_power: _matrix_power,
    np.linalg.tensorinv: _tensorinv,
    np.linalg.tensorsolve: _tensorsolve,
}
if hasattr(np.linalg, "svdvals"):  # since NumPy 2.0
    SOLVING[np.linalg.svdvals] = lambda x: singular_values(x)
