"""The complex step: f(x + ih) = f(x) + ih·f′(x) + …, so the imaginary part holds the derivative.

There is no difference of nearby numbers and so no rounding to balance: a step of 1e-30 gives the
derivative to working precision (Squire and Trapp 1998; Martins, Sturdza and Alonso 2003). Single
precision is evaluated in double.
"""

from __future__ import annotations

import functools
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
# A slope above this may be one that is infinite.
_STEEP: Final = 1e6
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
            at = functools.partial(_moved_along_one, f, nest, j, i)
            value, slope = _derivative(at, h)
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
        at = functools.partial(_moved_along_all, f, nest, [d[k] for d in along])
        value, slope = _derivative(at, h)
        if expected is not None:
            checked_same(expected, value, _LOOSE, _NOTHING)
            expected = None
        found.append(slope)
    return np.stack(found)


def _moved_along_one(f: Callable[[Any], Any], nest: Nest, j: int, i: int, h: float) -> Any:
    """f where entry i of leaf j is moved by ih."""
    moved = np.array(nest.leaves[j], dtype=complex, order="C")
    moved.reshape(-1)[i] += 1j * h
    here = [Analytic(moved[()]) if k == j else np.copy(a)[()] for k, a in _each(nest)]
    return followed(lambda leaves: f(nest.rebuild(leaves)), here)


def _moved_along_all(f: Callable[[Any], Any], nest: Nest, along: Sequence[Any], h: float) -> Any:
    """f where x is moved by ih along one direction."""
    here = [
        Analytic(np.asarray(a + 1j * h * d)[()]) for a, d in zip(nest.leaves, along, strict=True)
    ]
    return followed(lambda leaves: f(nest.rebuild(leaves)), here)


def _derivative(at: Callable[[float], Any], h: float) -> tuple[Any, Any]:
    """The value and the derivative, by f moved by ih."""
    value, slope = _parts(at(h), h)
    if h <= _SHORT and np.any(np.abs(slope) > _STEEP):
        # Where a root begins, the slope is infinite, and what is found goes with the step.
        again = _parts(at(4 * h), 4 * h)[1]
        if not np.allclose(slope, again, rtol=1e-3, atol=0):
            raise OutputError("the derivative is infinite at this x: expected a finite one")
    return value, slope


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
