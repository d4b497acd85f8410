"""Rules of `scipy.special`, filled when SciPy's module is there to be traced."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Elementwise, Rule

_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def special_rules() -> dict[Any, Rule]:
    """The rules; imports SciPy, so it is called when a function of it is first met."""
    from scipy import special as sp

    return {
        sp.expit: Elementwise(lambda y, a: y * (1 - y)),
        sp.log_expit: Elementwise(lambda y, a: sp.expit(-a)),
        sp.logit: Elementwise(lambda y, a: 1 / (a * (1 - a))),
        sp.erf: Elementwise(lambda y, a: _TWO_OVER_ROOT_PI * np.exp(-a * a)),
        sp.erfc: Elementwise(lambda y, a: -_TWO_OVER_ROOT_PI * np.exp(-a * a)),
        sp.ndtr: Elementwise(lambda y, a: np.exp(-0.5 * a * a) / math.sqrt(2 * math.pi)),
        sp.gammaln: Elementwise(lambda y, a: sp.digamma(a)),
        sp.digamma: Elementwise(lambda y, a: sp.polygamma(1, a)),
        sp.xlogy: Elementwise(
            # x·log y is 0 at x = 0 whatever y is, and so is its slope in y; at (0, 0) both are.
            lambda y, a, b: np.log(np.where(np.equal(a, 0) & np.equal(b, 0), 1.0, b)),
            lambda y, a, b: np.where(
                np.equal(a, 0), 0.0, a / np.where(np.equal(a, 0) & np.equal(b, 0), 1.0, b)
            ),
        ),
        sp.xlog1py: Elementwise(lambda y, a, b: np.log1p(b), lambda y, a, b: a / (1 + b)),
        sp.entr: Elementwise(lambda y, a: -np.log(a) - 1),
    }
