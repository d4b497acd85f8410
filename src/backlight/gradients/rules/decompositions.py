"""Rules of decompositions: eigenvectors, singular vectors, QR, and the pseudo-inverse.

Each is packed into one array of matrices in rows, so that it has one cotangent (Giles 2008, "An
extended collection of matrix derivative results"; Townsend 2016, "Differentiating the singular
value decomposition"; Walter and Lehmann 2010 for QR; Golub and Pereyra 1973 for the
pseudo-inverse). Leading axes are a batch. Vectors are differentiable where values differ; where
they are equal, the slopes of vectors are infinite, those of the values alone are not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Array, General, Rule
from backlight.gradients.rules.primitives import primitive
from backlight.gradients.rules.products import first, last, turned


@primitive
def eigen(a: Array) -> Array:
    """Eigenvalues and, below them, eigenvectors of symmetric matrices: (…, n + 1, n)."""
    values, vectors = np.linalg.eigh(a)
    return np.concatenate([values[..., None, :], vectors], axis=-2)


@primitive
def singular(a: Array) -> Array:
    """Of a = U·diag(s)·Vᵀ, (…, m, n), with k = min(m, n): the rows U, s, V, (…, m + 1 + n, k)."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([u, s[..., None, :], turned(vh)], axis=-2)


@primitive
def triangular(a: Array) -> Array:
    """Of a = Q·R, (…, m, n) with m ≥ n: the rows Q, R, (…, m + n, n)."""
    return np.concatenate(np.linalg.qr(a), axis=-2)


@primitive
def pseudo_inverse(a: Array, rcond: Any) -> Array:
    """`np.linalg.pinv`."""
    return np.linalg.pinv(a, rcond)


def singular_values(a: Array) -> Array:
    """(…, k), the largest first."""
    return singular(a)[..., np.shape(a)[-2], :]


# ------------------------------------------------------------------ eigenvectors


def _differences(values: Array) -> Array:
    """1 / (w_j - w_i), 0 on the diagonal; infinite between equal values."""
    size = values.shape[-1]
    gap = values[..., None, :] - values[..., :, None]
    with np.errstate(divide="ignore"):
        return (1 - np.eye(size)) / (gap + np.eye(size))


def _where_moved(turning: Array, gaps: Array) -> Array:
    # Where nothing asks for the vectors, equal values do no harm.
    still = np.equal(turning, 0)
    return np.where(still, 0.0, turning * np.where(still, 0.0, gaps))


def _eigen_pull(g: Array, y: Array, a: Array) -> Array:
    values, vectors = y[..., 0, :], y[..., 1:, :]
    size = values.shape[-1]
    turning = np.matmul(turned(vectors), g[..., 1:, :])
    middle = _where_moved(turning, _differences(values)) + g[..., 0, None, :] * np.eye(size)
    return np.matmul(np.matmul(vectors, middle), turned(vectors))


def _eigen_push(t: Array, y: Array, a: Array) -> Array:
    values, vectors = y[..., 0, :], y[..., 1:, :]
    moved = np.matmul(np.matmul(turned(vectors), first(t)), vectors)
    rise = np.diagonal(moved, 0, -2, -1)[..., None, :]
    turning = np.matmul(vectors, _where_moved(moved, _differences(values)))
    return last(np.concatenate([rise, turning], -2))


# ------------------------------------------------------------------ singular vectors


def _parts(y: Array, a: Array) -> tuple[Array, Array, Array]:
    m = a.shape[-2]
    return y[..., :m, :], y[..., m, :], y[..., m + 1 :, :]


def _beside(vectors: Array, moved: Array) -> Array:
    """What of `moved` is not in the space of the vectors; nothing where they span all."""
    return moved - np.matmul(vectors, np.matmul(turned(vectors), moved))


def _singular_pull(g: Array, y: Array, a: Array) -> Array:
    u, s, v = _parts(y, a)
    gu, gs, gv = _parts(g, a)
    gaps = _differences(s * s)
    of_u, of_v = np.matmul(turned(u), gu), np.matmul(turned(v), gv)
    left = _where_moved(of_u - turned(of_u), gaps)
    right = _where_moved(of_v - turned(of_v), gaps)
    # A value that is 0 is a length: its slope is 0.
    middle = left * s[..., None, :] + s[..., :, None] * right
    middle = middle + (gs * np.sign(s))[..., None, :] * np.eye(s.shape[-1])
    found = np.matmul(np.matmul(u, middle), turned(v))
    m, n = a.shape[-2:]
    if m > n:
        found = found + np.matmul(_over(_beside(u, gu), s), turned(v))
    if m < n:
        found = found + np.matmul(u, turned(_over(_beside(v, gv), s)))
    return found


def _singular_push(t: Array, y: Array, a: Array) -> Array:
    u, s, v = _parts(y, a)
    moved = first(t)
    inner = np.matmul(np.matmul(turned(u), moved), v)
    gaps = _differences(s * s)
    column, row = s[..., :, None], s[..., None, :]
    of_u = _where_moved(inner * row + column * turned(inner), gaps)
    of_v = _where_moved(column * inner + turned(inner) * row, gaps)
    du, dv = np.matmul(u, of_u), np.matmul(v, of_v)
    m, n = a.shape[-2:]
    if m > n:
        du = du + _over(_beside(u, np.matmul(moved, v)), s)
    if m < n:
        dv = dv + _over(_beside(v, np.matmul(turned(moved), u)), s)
    rise = (np.diagonal(inner, 0, -2, -1) * np.sign(s))[..., None, :]
    return last(np.concatenate([du, rise, dv], -2))


def _over(moved: Array, s: Array) -> Array:
    """Columns divided by the singular values; what does not move stays 0."""
    still = np.equal(moved, 0)
    with np.errstate(divide="ignore"):
        return np.where(still, 0.0, np.where(still, 1.0, moved) / s[..., None, :])


# ------------------------------------------------------------------ QR


def _qr_pull(g: Array, y: Array, a: Array) -> Array:
    m = a.shape[-2]
    q, r, gq, gr = y[..., :m, :], y[..., m:, :], g[..., :m, :], g[..., m:, :]
    inner = np.matmul(r, turned(gr)) - np.matmul(turned(gq), q)
    mirrored = np.tril(inner) + turned(np.tril(inner, -1))
    full = gq + np.matmul(q, mirrored)
    return turned(np.linalg.solve(r, turned(full)))


def _qr_push(t: Array, y: Array, a: Array) -> Array:
    m = a.shape[-2]
    q, r = y[..., :m, :], y[..., m:, :]
    scaled = turned(np.linalg.solve(turned(r), turned(first(t))))
    inner = np.matmul(turned(q), scaled)
    turning = np.tril(inner, -1) - turned(np.tril(inner, -1))
    dq = scaled - np.matmul(q, inner) + np.matmul(q, turning)
    return last(np.concatenate([dq, np.matmul(inner - turning, r)], -2))


# ------------------------------------------------------------------ the pseudo-inverse


def _pinv_pull(g: Array, y: Array, a: Array, rcond: Any) -> Array:
    back, m, n = turned(g), a.shape[-2], a.shape[-1]
    out = np.eye(m) - np.matmul(a, y)
    inside = np.eye(n) - np.matmul(y, a)
    yt = turned(y)
    return (
        np.matmul(np.matmul(out, back), np.matmul(y, yt))
        + np.matmul(np.matmul(yt, y), np.matmul(back, inside))
        - np.matmul(np.matmul(yt, g), yt)
    )


def _pinv_push(t: Array, y: Array, a: Array, rcond: Any) -> Array:
    moved, yt, m, n = first(t), turned(y), a.shape[-2], a.shape[-1]
    out = np.eye(m) - np.matmul(a, y)
    inside = np.eye(n) - np.matmul(y, a)
    back = turned(moved)
    return last(
        np.matmul(np.matmul(np.matmul(y, yt), back), out)
        + np.matmul(np.matmul(inside, back), np.matmul(yt, y))
        - np.matmul(np.matmul(y, moved), y)
    )


DECOMPOSITIONS: dict[Any, Rule] = {
    eigen: General((_eigen_pull,), (_eigen_push,)),
    singular: General((_singular_pull,), (_singular_push,)),
    triangular: General((_qr_pull,), (_qr_push,)),
    pseudo_inverse: General((_pinv_pull,), (_pinv_push,)),
}
