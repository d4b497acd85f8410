"""Rules of functions that act element by element.

Where a function has a kink, its derivative is the mean of the slopes on either side, which is also
what central differences converge to: abs'(0) = 0, and of two equal arguments of `maximum` each
has half. A length (`hypot`, `norm`, `std`) has the slope 0 where it is 0, for the same reason.
Where a slope is infinite (`sqrt` and `cbrt` at 0, `log` at 0, 0 to a power below 1) it is reported
as such, never replaced by a number. `xlogy(0, y)` and `0 ** b` do not change with y and b.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Additive, Elementwise, Rule

_LN2, _LN10 = float(np.log(2)), float(np.log(10))


def _greater(a: Any, b: Any) -> Any:
    """1 where a > b, ½ where they are equal, 0 elsewhere."""
    return np.heaviside(np.subtract(a, b), 0.5)


def _power_base(y: Any, a: Any, b: Any) -> Any:
    if type(b) is int or type(b) is float:
        return b * np.power(a, float(b - 1)) if b else 0.0
    # At b = 0 the factor b is zero whatever a ** -1 is, also infinite.
    return np.where(np.equal(b, 0), 0.0, b * np.power(a, np.where(np.equal(b, 0), 1.0, b - 1.0)))


def _power_exponent(y: Any, a: Any, b: Any) -> Any:
    # a ** b does not change with b at a = 0 (for b > 0), where the logarithm is infinite.
    return y * np.log(np.where(np.equal(a, 0), 1.0, a))


def _share_of_hypot(y: Any, a: Any, b: Any) -> Any:
    return a / np.where(np.equal(y, 0), 1.0, y)


ELEMENTWISE: dict[Any, Rule] = {
    # arithmetic
    np.add: Additive(1, 1),
    np.subtract: Additive(1, -1),
    np.negative: Additive(-1),
    np.conjugate: Additive(1),
    np.positive: Additive(1),
    np.multiply: Elementwise(lambda y, a, b: b, lambda y, a, b: a),
    np.divide: Elementwise(lambda y, a, b: np.divide(1, b), lambda y, a, b: -y / b),
    np.power: Elementwise(_power_base, _power_exponent),
    np.float_power: Elementwise(_power_base, _power_exponent),
    np.remainder: Elementwise(1.0, lambda y, a, b: -np.floor_divide(a, b)),
    np.fmod: Elementwise(1.0, lambda y, a, b: -np.trunc(a / b)),
    np.square: Elementwise(lambda y, a: a + a),
    np.reciprocal: Elementwise(lambda y, a: -y * y),
    np.sqrt: Elementwise(lambda y, a: 0.5 / y),
    np.cbrt: Elementwise(lambda y, a: 1 / (3 * y * y)),
    np.hypot: Elementwise(_share_of_hypot, lambda y, a, b: _share_of_hypot(y, b, a)),
    # exponentials and logarithms
    np.exp: Elementwise(lambda y, a: y),
    np.exp2: Elementwise(lambda y, a: _LN2 * y),
    np.expm1: Elementwise(lambda y, a: np.exp(a)),
    np.log: Elementwise(lambda y, a: 1 / a),
    np.log2: Elementwise(lambda y, a: 1 / (_LN2 * a)),
    np.log10: Elementwise(lambda y, a: 1 / (_LN10 * a)),
    np.log1p: Elementwise(lambda y, a: 1 / (1 + a)),
    np.logaddexp: Elementwise(lambda y, a, b: np.exp(a - y), lambda y, a, b: np.exp(b - y)),
    np.logaddexp2: Elementwise(lambda y, a, b: np.exp2(a - y), lambda y, a, b: np.exp2(b - y)),
    # trigonometry
    np.sin: Elementwise(lambda y, a: np.cos(a)),
    np.cos: Elementwise(lambda y, a: -np.sin(a)),
    np.tan: Elementwise(lambda y, a: 1 + y * y),
    np.arcsin: Elementwise(lambda y, a: 1 / np.sqrt(1 - a * a)),
    np.arccos: Elementwise(lambda y, a: -1 / np.sqrt(1 - a * a)),
    np.arctan: Elementwise(lambda y, a: 1 / (1 + a * a)),
    np.arctan2: Elementwise(
        lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b)
    ),
    np.sinh: Elementwise(lambda y, a: np.cosh(a)),
    np.cosh: Elementwise(lambda y, a: np.sinh(a)),
    np.tanh: Elementwise(lambda y, a: 1 - y * y),
    np.arcsinh: Elementwise(lambda y, a: 1 / np.sqrt(a * a + 1)),
    np.arccosh: Elementwise(lambda y, a: 1 / (np.sqrt(a - 1) * np.sqrt(a + 1))),
    np.arctanh: Elementwise(lambda y, a: 1 / (1 - a * a)),
    np.radians: Elementwise(float(np.pi / 180)),
    np.deg2rad: Elementwise(float(np.pi / 180)),
    np.degrees: Elementwise(float(180 / np.pi)),
    np.rad2deg: Elementwise(float(180 / np.pi)),
    # kinks
    np.absolute: Elementwise(lambda y, a: np.sign(a)),
    np.fabs: Elementwise(lambda y, a: np.sign(a)),
    np.heaviside: Elementwise(0.0, lambda y, a, b: np.equal(a, 0) * 1.0),
    np.copysign: Elementwise(lambda y, a, b: np.sign(a) * np.copysign(1.0, b), 0.0),
    np.maximum: Elementwise(lambda y, a, b: _greater(a, b), lambda y, a, b: _greater(b, a)),
    np.minimum: Elementwise(lambda y, a, b: _greater(b, a), lambda y, a, b: _greater(a, b)),
    np.fmax: Elementwise(lambda y, a, b: _greater(a, b), lambda y, a, b: _greater(b, a)),
    np.fmin: Elementwise(lambda y, a, b: _greater(b, a), lambda y, a, b: _greater(a, b)),
}

# Steps and tests: constant wherever they are continuous, so their results carry no derivative.
STEPS: frozenset[Any] = frozenset(
    (
        *(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.floor_divide),
        *(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal),
        *(np.isnan, np.isinf, np.isfinite, np.signbit, np.spacing),
        *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
    )
)
