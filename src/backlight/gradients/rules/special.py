"""Rules of `scipy.special`'s ufuncs, filled when SciPy's module is there to be traced.

Parameters that no derivative by is known of (orders, shapes) are refused in words.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.rules.elementwise import ELEMENTWISE
from backlight.gradients.rules.forms import Array, Elementwise, Rule

_ROOT_PI = math.sqrt(math.pi)
_ROOT_TWO_PI = math.sqrt(2 * math.pi)


def polygamma(n: Any, x: Array) -> Array:
    """`scipy.special.polygamma`, the n-th derivative of digamma; n is a constant."""
    dispatch = getattr(x, "apply_primitive", None)
    if dispatch is not None:
        return dispatch(polygamma, (n, x))
    if hasattr(n, "primal"):
        _not_by("polygamma", "n")()
    from scipy import special

    return special.polygamma(n, x)


def _not_by(name: str, parameter: str) -> Callable[..., Array]:
    def refuse(*_: Any) -> Array:
        raise TraceError(
            f"scipy.special.{name} has no rule for the derivative by {parameter}: hold it fixed, "
            "or use method='central'"
        )

    return refuse


SPECIAL: dict[Any, Rule] = {
    polygamma: Elementwise(
        _not_by("polygamma", "n"), lambda y, n, a: polygamma(np.asarray(n) + 1, a)
    ),
}


def special_rules() -> dict[Any, Rule]:
    """The rules; imports SciPy, so it is called when a function of it is first met."""
    from scipy import special as sp

    return {**_of_statistics(sp), **_of_gamma(sp), **_of_bessel(sp), **_of_losses(sp)}


def _of_statistics(sp: Any) -> dict[Any, Rule]:
    """The logistic function, the normal distribution and its error functions."""
    return {
        sp.expit: Elementwise(lambda y, a: y * (1 - y)),
        sp.log_expit: Elementwise(lambda y, a: sp.expit(-a)),
        sp.logit: Elementwise(lambda y, a: 1 / (a * (1 - a))),
        sp.erf: Elementwise(lambda y, a: 2 / _ROOT_PI * np.exp(-a * a)),
        sp.erfc: Elementwise(lambda y, a: -2 / _ROOT_PI * np.exp(-a * a)),
        sp.erfcx: Elementwise(lambda y, a: 2 * a * y - 2 / _ROOT_PI),
        sp.erfi: Elementwise(lambda y, a: 2 / _ROOT_PI * np.exp(a * a)),
        sp.dawsn: Elementwise(lambda y, a: 1 - 2 * a * y),
        sp.erfinv: Elementwise(lambda y, a: 0.5 * _ROOT_PI * np.exp(y * y)),
        sp.erfcinv: Elementwise(lambda y, a: -0.5 * _ROOT_PI * np.exp(y * y)),
        sp.ndtr: Elementwise(lambda y, a: np.exp(-0.5 * a * a) / _ROOT_TWO_PI),
        sp.log_ndtr: Elementwise(lambda y, a: np.exp(-0.5 * a * a - y) / _ROOT_TWO_PI),
        sp.ndtri: Elementwise(lambda y, a: _ROOT_TWO_PI * np.exp(0.5 * y * y)),
        sp.cbrt: ELEMENTWISE[np.cbrt],
        sp.exp2: ELEMENTWISE[np.exp2],
        sp.expm1: ELEMENTWISE[np.expm1],
        sp.log1p: ELEMENTWISE[np.log1p],
        sp.exp10: Elementwise(lambda y, a: math.log(10) * y),
        sp.cosm1: Elementwise(lambda y, a: -np.sin(a)),
        sp.exp1: Elementwise(lambda y, a: -np.exp(-a) / a),
        sp.expi: Elementwise(lambda y, a: np.exp(a) / a),
    }


def _of_gamma(sp: Any) -> dict[Any, Rule]:
    """The gamma function and its kin."""
    psi = sp.digamma
    return {
        sp.gamma: Elementwise(lambda y, a: y * psi(a)),
        sp.rgamma: Elementwise(lambda y, a: -y * psi(a)),
        sp.gammaln: Elementwise(lambda y, a: psi(a)),
        sp.loggamma: Elementwise(lambda y, a: psi(a)),
        sp.digamma: Elementwise(lambda y, a: polygamma(1, a)),
        sp.beta: Elementwise(
            lambda y, a, b: y * (psi(a) - psi(a + b)), lambda y, a, b: y * (psi(b) - psi(a + b))
        ),
        sp.betaln: Elementwise(
            lambda y, a, b: psi(a) - psi(a + b), lambda y, a, b: psi(b) - psi(a + b)
        ),
        sp.binom: Elementwise(
            lambda y, n, k: y * (psi(n + 1) - psi(n - k + 1)),
            lambda y, n, k: y * (psi(n - k + 1) - psi(k + 1)),
        ),
        sp.poch: Elementwise(
            lambda y, a, m: y * (psi(a + m) - psi(a)), lambda y, a, m: y * psi(a + m)
        ),
        sp.gammainc: Elementwise(
            _not_by("gammainc", "a"),
            lambda y, a, x: np.exp((a - 1) * np.log(x) - x - sp.gammaln(a)),
        ),
        sp.gammaincc: Elementwise(
            _not_by("gammaincc", "a"),
            lambda y, a, x: -np.exp((a - 1) * np.log(x) - x - sp.gammaln(a)),
        ),
        sp.betainc: Elementwise(
            _not_by("betainc", "a"),
            _not_by("betainc", "b"),
            lambda y, a, b, x: np.exp(
                (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - sp.betaln(a, b)
            ),
        ),
    }


def _of_bessel(sp: Any) -> dict[Any, Rule]:
    """Bessel functions, by their argument (Abramowitz and Stegun 1964, 9.1.27, 9.6.26)."""

    def by_argument(name: str, sign: float, factor: float = 0.5) -> Elementwise:
        f = getattr(sp, name)
        return Elementwise(
            _not_by(name, "the order"), lambda y, v, a: factor * (f(v - 1, a) + sign * f(v + 1, a))
        )

    return {
        sp.jv: by_argument("jv", -1),
        sp.yv: by_argument("yv", -1),
        sp.iv: by_argument("iv", 1),
        sp.kv: by_argument("kv", 1, -0.5),
        sp.j0: Elementwise(lambda y, a: -sp.j1(a)),
        sp.j1: Elementwise(lambda y, a: 0.5 * (sp.j0(a) - sp.jv(2, a))),
        sp.y0: Elementwise(lambda y, a: -sp.y1(a)),
        sp.y1: Elementwise(lambda y, a: 0.5 * (sp.y0(a) - sp.yv(2, a))),
        sp.i0: Elementwise(lambda y, a: sp.i1(a)),
        sp.i1: Elementwise(lambda y, a: 0.5 * (sp.i0(a) + sp.iv(2, a))),
        sp.k0: Elementwise(lambda y, a: -sp.k1(a)),
        sp.k1: Elementwise(lambda y, a: -0.5 * (sp.k0(a) + sp.kv(2, a))),
        sp.i0e: Elementwise(lambda y, a: sp.i1e(a) - np.sign(a) * y),
        sp.i1e: Elementwise(lambda y, a: 0.5 * (sp.i0e(a) + sp.ive(2, a)) - np.sign(a) * y),
        sp.ive: Elementwise(
            _not_by("ive", "the order"),
            lambda y, v, a: 0.5 * (sp.ive(v - 1, a) + sp.ive(v + 1, a)) - np.sign(a) * y,
        ),
    }


def _of_losses(sp: Any) -> dict[Any, Rule]:
    """Entropies and losses."""

    def none(a: Array, b: Array) -> Any:
        return np.equal(a, 0) & np.equal(b, 0)

    return {
        sp.xlogy: Elementwise(
            # x·log y is 0 at x = 0 whatever y is, and so is its slope in y; at (0, 0) both are.
            lambda y, a, b: np.log(np.where(none(a, b), 1.0, b)),
            lambda y, a, b: np.where(np.equal(a, 0), 0.0, a / np.where(none(a, b), 1.0, b)),
        ),
        sp.xlog1py: Elementwise(lambda y, a, b: np.log1p(b), lambda y, a, b: a / (1 + b)),
        sp.entr: Elementwise(lambda y, a: -np.log(a) - 1),
        sp.rel_entr: Elementwise(lambda y, a, b: np.log(a / b) + 1, lambda y, a, b: -a / b),
        sp.kl_div: Elementwise(lambda y, a, b: np.log(a / b), lambda y, a, b: 1 - a / b),
        sp.huber: Elementwise(
            lambda y, d, r: np.maximum(np.abs(r) - d, 0.0),
            lambda y, d, r: np.minimum(np.maximum(r, -d), d),
        ),
        sp.pseudo_huber: Elementwise(
            lambda y, d, r: 2 * y / d - r * r / (d * np.sqrt(1 + (r / d) ** 2)),
            lambda y, d, r: r / np.sqrt(1 + (r / d) ** 2),
        ),
    }
