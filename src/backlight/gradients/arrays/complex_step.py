"""The complex step: f(x + ih) = f(x) + ih·f′(x) + …, so the imaginary part holds the derivative.

There is no difference of nearby numbers and so no rounding to balance: a step of 1e-30 gives the
derivative to working precision (Squire and Trapp 1998; Martins, Sturdza and Alonso 2003). Single
precision is evaluated in double.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from backlight.errors import OutputError, TraceError
from backlight.gradients.arrays.analytic import Analytic
from backlight.gradients.arrays.traced import followed
from backlight.gradients.containers import Nest
from backlight.gradients.outcome import checked_array, checked_same, checked_scalar, refuse_followed

STEP: Final = 1e-30
# Up to this step, what leaves the real numbers is known by it.
_SHORT: Final = 1e-25
# Real and complex arithmetic round differently; another value than this is another function.
_LOOSE: Final = 1e-6
# Where terms cancel to nothing, each arithmetic leaves last bits of its own.
_NOTHING: Final = 1e-12


def complex_gradients(
    f: Callable[[Any], Any], nest: Nest, verify: bool, step: float | None = None
) -> list[Any]:
    """The derivative of a scalar f by each leaf, from one evaluation a coordinate."""
    h = step or STEP
    expected = checked_scalar(_at_x(f, nest)) if verify else None
    found = []
    for j, leaf in enumerate(nest.leaves):
        slopes = np.empty(np.size(leaf))
        for i in range(slopes.size):
            moved = np.array(leaf, dtype=complex, order="C")
            moved.reshape(-1)[i] += 1j * h
            here = [Analytic(moved[()]) if k == j else np.copy(a)[()] for k, a in _each(nest)]
            value, slope = _parts(followed(lambda leaves: f(nest.rebuild(leaves)), here), h)
            checked_scalar(value)
            if expected is not None:
                checked_same(expected, value, _LOOSE, _NOTHING)
                expected = None
            slopes[i] = np.reshape(slope, ())
        found.append(slopes.reshape(np.shape(leaf)))
    return found


def complex_derivatives(
    f: Callable[[Any], Any],
    nest: Nest,
    along: Sequence[Any],
    verify: bool,
    step: float | None = None,
) -> Any:
    """The derivatives of f along the directions (leading axis)."""
    h = step or STEP
    expected = _at_x(f, nest) if verify else None
    found = []
    for k in range(len(along[0])):
        here = [
            Analytic(np.asarray(a + 1j * h * d[k])[()])
            for a, d in zip(nest.leaves, along, strict=True)
        ]
        value, slope = _parts(followed(lambda leaves: f(nest.rebuild(leaves)), here), h)
        if expected is not None:
            checked_same(expected, value, _LOOSE, _NOTHING)
            expected = None
        found.append(slope)
    return np.stack(found)


def _each(nest: Nest) -> Any:
    return enumerate(np.asarray(leaf, dtype=float) for leaf in nest.leaves)


def _at_x(f: Callable[[Any], Any], nest: Nest) -> Any:
    """The real value, in double precision like the complex ones."""
    return checked_array(f(nest.rebuild([np.array(a)[()] for _, a in _each(nest)])))


def _parts(value: Any, step: float) -> tuple[Any, Any]:
    """A value and its derivative. Plain numbers are constants: nothing plain can come of x."""
    if not isinstance(value, Analytic):
        refuse_followed(value)
        checked_array(value)
        return value, np.zeros(np.shape(value))
    real, imaginary = np.real(value.primal), np.imag(value.primal)
    # A short step makes small imaginary parts only; of a long one nothing can be said.
    if step <= _SHORT and np.any(np.abs(imaginary) > 1e-10):
        raise TraceError(
            "f leaves the real numbers at this x (a root, logarithm or power of a negative "
            "number?), so the complex step would be wrong: use method='central'"
        )
    if not np.isfinite(imaginary).all() and np.isfinite(real).all():
        raise OutputError("the derivative is NaN or infinite at this x: expected a finite one")
    return real, imaginary / step
