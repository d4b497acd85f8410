"""Cases of the rules of `scipy.special`, its Python functions among them."""

from __future__ import annotations

import numpy as np
from case_forms import ONE, TWO, B, Case, M, V, each, only
from scipy import special as sp

from backlight.gradients.rules.special import polygamma

WEIGHTS = np.array([[0.5, 1.0, 0.0, 2.0], [1.0, -0.2, 0.7, 0.4], [0.3, 0.3, 0.1, 1.5]])
HOLES = np.where(np.arange(12).reshape(3, 4) % 5 == 1, -np.inf, 0.0)

SPECIAL_CASES: list[Case] = [
    *each(TWO, (0.3, 2), sp.xlogy, sp.xlog1py, sp.rel_entr, sp.kl_div, sp.beta, sp.betaln),
    *each(TWO, (0.3, 2), sp.poch, sp.pseudo_huber),
    *each(ONE, (-2, 2), sp.expit, sp.log_expit, sp.erf, sp.erfc, sp.ndtr, sp.erfcx, sp.erfi),
    *each(ONE, (-2, 2), sp.dawsn, sp.log_ndtr, sp.exp2, sp.expm1, sp.exp10, sp.cosm1),
    *each(ONE, (0.1, 0.9), sp.logit, sp.entr, sp.gammaln, sp.erfinv, sp.erfcinv, sp.ndtri),
    *each(ONE, (0.5, 2), sp.digamma, sp.gamma, sp.rgamma, sp.loggamma, sp.cbrt, sp.log1p),
    *each(ONE, (0.5, 2), sp.exp1, sp.expi, sp.y0, sp.y1, sp.k0, sp.k1),
    *each(ONE, (0.1, 3), sp.j0, sp.j1, sp.i0, sp.i1, sp.i0e, sp.i1e),
    only(sp.binom, lambda n, k: sp.binom(n + 3, k), *TWO[:4], span=(0.3, 2)),
    only(sp.huber, lambda d, r: sp.huber(np.abs(d) + 0.1, r), *TWO),
    only(sp.gammainc, lambda a: sp.gammainc(1.5, a), M, (), span=(0.3, 2)),
    only(sp.gammaincc, lambda a: sp.gammaincc([0.7, 1, 2, 3], a), M, span=(0.3, 2)),
    only(sp.betainc, lambda a: sp.betainc(1.5, 0.7, a), M, (), span=(0.1, 0.9)),
    only(sp.jv, lambda a: sp.jv([0, 1, 2.5, 3], a), M, span=(0.3, 2)),
    only(sp.yv, lambda a: sp.yv([0, 1, 2.5, 3], a), M, span=(0.8, 2)),
    only(sp.iv, lambda a: sp.iv([0, 1, 2.5, 3], a), M, span=(0.3, 2)),
    only(sp.kv, lambda a: sp.kv([0, 1, 2.5, 3], a), M, span=(0.8, 2)),
    only(sp.ive, lambda a: sp.ive([0, 1, 2.5, 3], a), M, span=(0.3, 2)),
    only(np.i0, lambda a: np.i0(a), M, V),
    only(polygamma, lambda a: sp.polygamma(1, a) + sp.polygamma([0, 1, 2, 3], a), M, span=(1, 2)),
    only(sp.softplus if hasattr(sp, "softplus") else np.logaddexp, lambda a: np.logaddexp(0, a), M),
    # SciPy's Python functions
    only("logsumexp", sp.logsumexp, M, V, (), B),
    only("logsumexp", lambda a: sp.logsumexp(a, 0) + sp.logsumexp(a, axis=-2, keepdims=True), M),
    only("logsumexp", lambda a: sp.logsumexp(a, (0, 2)) + sp.logsumexp(a, axis=(-1, 0)), B),
    only(
        "logsumexp", lambda a, b: sp.logsumexp(a, 1, b), (M, M), (M, (4,)), ((4,), M), span=(1, 2)
    ),
    only(
        "logsumexp", lambda a: sp.logsumexp(a, axis=1, b=WEIGHTS, keepdims=True), M, span=(-0.5, 1)
    ),
    only("logsumexp", lambda b: sp.logsumexp(np.arange(4.0), b=[0.3, *b[1:]]), V, span=(0, 1)),
    only("logsumexp", lambda a, b: sp.logsumexp(a, b=b, return_sign=True)[0], (V, V), (M, M)),
    only("logsumexp", lambda a: sp.logsumexp(a + HOLES, 0) + sp.logsumexp([a[0, 0], 0.5]), M),
    only("softmax", sp.softmax, M, V, (), B),
    only("softmax", lambda a: sp.softmax(a, 1) + sp.softmax(a + HOLES, axis=0), M),
    only("softmax", lambda a: sp.softmax(a, (0, -1)), B),
    only("log_softmax", sp.log_softmax, M, V, (), B),
    only("log_softmax", lambda a: sp.log_softmax(a, -1) + sp.log_softmax(a, axis=0), M),
    only("log_softmax", lambda a: np.exp(sp.log_softmax(a + HOLES, (0, 1))), M),
]
