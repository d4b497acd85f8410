"""Cases of linear algebra: solving, decompositions, norms."""

from __future__ import annotations

from typing import Any

import numpy as np
from case_forms import B, Case, M, S, V, apart, only, spd, well

from backlight.gradients.rules.decompositions import eigen, pseudo_inverse, singular, triangular
from backlight.gradients.rules.linear_algebra import log_abs_det, lower_factor

WIDE, TALL, TALLS = (2, 4), (4, 2), (2, 4, 2)


def long(a: Any) -> Any:
    """A matrix with singular values that are apart from each other and from 0."""
    m, n = np.shape(a)[-2:]
    return 0.3 * a + np.eye(m, n) * (1.0 + np.arange(n))


def square(a: Any) -> Any:
    """A tensor that is a regular matrix when its axes are joined in twos."""
    return np.reshape(well(np.reshape(a, (6, 6))) + 4 * np.eye(6), np.shape(a))


LINEAR_ALGEBRA_CASES: list[Case] = [
    only(np.linalg.inv, lambda a: np.linalg.inv(well(a)), S, B),
    only(np.linalg.det, np.linalg.det, S, B, (1, 1)),
    only(np.linalg.slogdet, lambda a: np.linalg.slogdet(well(a)).logabsdet, S, B),
    only(np.linalg.slogdet, lambda a: np.linalg.slogdet(a - 9 * np.eye(3))[1], S),
    only(log_abs_det, lambda a: log_abs_det(well(a)), S),
    only(
        np.linalg.solve,
        lambda a, b: np.linalg.solve(well(a), b),
        (S, (3,)),
        (S, (3, 2)),
        (B, (2, 3, 2)),
        (B, (3, 2)),
        (B, (3,)),
        (S, (2, 3, 2)),
    ),
    only(np.linalg.cholesky, lambda a: np.linalg.cholesky(spd(a)), S, B),
    only(np.linalg.cholesky, lambda a: np.linalg.cholesky(a + 9 * np.eye(3)), S, B),
    only(np.linalg.cholesky, lambda a: np.linalg.cholesky(a + 9 * np.eye(3), upper=True), S, B),
    only(lower_factor, lambda a: lower_factor(spd(a)), S),
    only(
        eigen,
        lambda a: eigen(apart(a + np.swapaxes(a, -1, -2)))[..., 0, :],
        S,
        B,
        span=(-0.5, 0.5),
    ),
    only(
        np.linalg.eigh, lambda a: np.linalg.eigh(apart(a)).eigenvectors ** 2, S, B, span=(-0.5, 0.5)
    ),
    only(np.linalg.eigh, lambda a: np.linalg.eigh(apart(a), "U")[0], S, span=(-0.5, 0.5)),
    only(np.linalg.eigvalsh, lambda a: np.linalg.eigvalsh(apart(a)), S, span=(-0.5, 0.5)),
    only(np.linalg.svd, lambda a: np.linalg.svd(long(a), full_matrices=False).U ** 2, TALL, TALLS),
    only(np.linalg.svd, lambda a: np.linalg.svd(long(a), False)[2] ** 2, WIDE, TALL, (2, 2, 4)),
    only(
        np.linalg.svd,
        lambda a: np.linalg.svd(apart(a)).S[..., None] * np.linalg.svd(apart(a))[0] ** 2,
        S,
        B,
    ),
    only(np.linalg.svd, lambda a: np.linalg.svd(long(a), compute_uv=False), WIDE, TALL, TALLS),
    only(singular, lambda a: singular(long(a)) ** 2, TALL, WIDE),
    only(np.linalg.svdvals, lambda a: np.linalg.svdvals(long(a)), TALL, WIDE),
    only(np.linalg.qr, lambda a: np.linalg.qr(long(a))[0] ** 2, TALL, TALLS, WIDE),
    only(np.linalg.qr, lambda a: np.linalg.qr(long(a), "r") ** 2, TALL, TALLS, WIDE, (2, 2, 4)),
    only(np.linalg.qr, lambda a: np.linalg.qr(well(a), mode="complete").R ** 2, S),
    only(triangular, lambda a: triangular(long(a)) ** 2, TALL, S),
    only(np.linalg.pinv, lambda a: np.linalg.pinv(long(a)), TALL, WIDE, TALLS, S),
    only(np.linalg.pinv, lambda a: np.linalg.pinv(long(a), rtol=None), TALL),
    only(pseudo_inverse, lambda a: pseudo_inverse(long(a), 1e-15), WIDE),
    only(
        np.linalg.lstsq,
        lambda a, b: np.linalg.lstsq(long(a), b)[0],
        (TALL, V),
        (TALL, (4, 3)),
        (WIDE, (2,)),
    ),
    only(
        np.linalg.lstsq,
        lambda a, b: np.linalg.lstsq(long(a), b)[1] + np.sum(np.linalg.lstsq(long(a), b)[3]),
        (TALL, V),
        (TALL, (4, 3)),
    ),
    only(np.polyfit, lambda x, y: np.polyfit(x + np.arange(4), y, 2), (V, V), (V, (4, 2))),
    only(np.polyfit, lambda y, w: np.polyfit(np.arange(4.0), y, 1, w=2 + w), (V, V)),
    only(
        np.linalg.matrix_power,
        lambda a: np.linalg.matrix_power(a, 3) + np.linalg.matrix_power(well(a), -2),
        S,
    ),
    only(np.linalg.tensorinv, lambda a: np.linalg.tensorinv(square(a)), (2, 3, 3, 2)),
    only(
        np.linalg.tensorsolve,
        lambda a, b: np.linalg.tensorsolve(square(a), b),
        ((2, 3, 3, 2), (2, 3)),
    ),
    # norms
    only(np.linalg.norm, np.linalg.norm, V, M, B),
    only(
        np.linalg.norm,
        lambda a: np.linalg.norm(a, 1) + np.linalg.norm(a, 3) + np.linalg.norm(a, np.inf),
        V,
    ),
    only(
        np.linalg.norm,
        lambda a: np.linalg.norm(a, axis=-1, keepdims=True) + np.linalg.norm(a, -np.inf, axis=0),
        M,
    ),
    only(
        np.linalg.norm,
        lambda a: (
            np.linalg.norm(long(a), 2)
            + np.linalg.norm(long(a), "nuc") * np.linalg.norm(long(a), -2)
        ),
        TALL,
        WIDE,
    ),
    only(
        np.linalg.norm,
        lambda a: (
            np.linalg.norm(a, 1)
            + np.linalg.norm(a, -1) * np.linalg.norm(a, np.inf)
            + np.linalg.norm(a, "fro", (0, 1), keepdims=True)
        ),
        M,
    ),
    only(
        np.linalg.norm,
        lambda a: np.linalg.norm(a, 1, (2, 0)) + np.linalg.norm(a, 0.5, axis=0)[0],
        B,
        span=(0.2, 2),
    ),
    only(
        np.linalg.vector_norm, lambda a: np.linalg.vector_norm(a, axis=(0, 1), keepdims=True), M, B
    ),
    only(
        np.linalg.vector_norm,
        lambda a: np.linalg.vector_norm(a, ord=3) + np.linalg.vector_norm(a, ord=0),
        M,
    ),
    only(
        np.linalg.matrix_norm,
        lambda a: np.linalg.matrix_norm(a) + np.linalg.matrix_norm(a, keepdims=True, ord=1)[..., 0],
        M,
        B,
    ),
    only(np.linalg.cond, lambda a: np.linalg.cond(long(a)) + 1 / np.linalg.cond(long(a), -2), TALL),
    only(np.linalg.cond, lambda a: np.linalg.cond(well(a), 1), S),
    only(
        np.linalg.diagonal,
        lambda a: np.linalg.diagonal(a) + np.linalg.diagonal(a, offset=1)[..., :1],
        B,
    ),
    only(np.linalg.trace, lambda a: np.linalg.trace(a) + np.linalg.trace(a, offset=-1), B, M),
]
