"""Finite differences: derivatives of anything that can be evaluated, from its values alone.

The step balances two errors: too long, and the function bends (truncation); too short, and the
difference drowns in rounding. The best lengths go with the roots of the machine precision ε: √ε
one-sided, ∛ε central (Nocedal and Wright 2006, section 8.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backlight.errors import InputError, MethodError, did_you_mean
from backlight.gradients.arrays.walk import Walk
from backlight.gradients.containers import Nest, take_apart, take_directions
from backlight.gradients.outcome import (
    checked_array,
    checked_derivatives,
    checked_gradient,
    checked_same,
    refuse_followed,
)


@dataclass(frozen=True)
class _Scheme:
    """Where f is evaluated, in steps, with what weight; the power of ε for the step; the order
    of the error in the step."""

    stencil: tuple[tuple[float, float], ...]
    power: float
    order: int


# Richardson: (4·D(h/2) - D(h)) / 3 of two central differences removes the error of order h².
SCHEMES: Final = {
    "central": _Scheme(((1, 0.5), (-1, -0.5)), 1 / 3, 2),
    "forward": _Scheme(((1, 1.0), (0, -1.0)), 1 / 2, 1),
    "backward": _Scheme(((0, 1.0), (-1, -1.0)), 1 / 2, 1),
    "richardson": _Scheme(((0.5, 4 / 3), (-0.5, -4 / 3), (1, -1 / 6), (-1, 1 / 6)), 1 / 5, 4),
    "complex-step": _Scheme((), 0, 0),
}


@dataclass(frozen=True)
class FiniteDifferences:
    """Derivatives from differences of values.

    Attributes:
        scheme: "central", "forward", "backward", "richardson" or "complex-step".
        step: the step's length, the same for all coordinates. By default it follows the precision
            and the scale of x: ε to the scheme's power, times max(|x_i|, min(1, max |x|)) in the
            array that holds x_i, as the power of two below it (x ± h then loses no digits of h).
            A number in single precision gets a longer step. The complex step takes 1e-30: it has
            no rounding to fear, and a longer one only adds truncation.
        verify: evaluate f once more, to notice that it draws random numbers or writes into its
            input: either would make every difference wrong without a sign of it.
    """

    scheme: str = "central"
    step: float | None = None
    verify: bool = True

    @property
    def name(self) -> str:
        """The scheme's name, with the step where one was given."""
        return self.scheme if self.step is None else f"{self.scheme}, step {self.step:g}"

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            hint = did_you_mean(self.scheme, SCHEMES) or f"; there are {', '.join(SCHEMES)}"
            raise MethodError(f"no difference scheme {self.scheme!r}{hint}")
        if self.step is not None and not 0 < self.step < float("inf"):
            raise InputError(f"step={self.step}: expected a length above 0")

    def gradient(self, f: Callable[[Any], Any], x: Any) -> Any:
        """d f / d x of a scalar f, in the nesting and shapes of x.

        Raises:
            InputError: f is not scalar, draws random numbers, or writes into its input.
            OutputError: f is NaN or infinite at x or at a step from it.
            TraceError: f is not analytic (complex step).
        """
        nest = _taken_apart(x)
        return nest.rebuild(checked_gradient(self._gradients(f, nest, 1.0), nest))

    def with_error(self, f: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
        """The gradient and an estimate of its absolute error, both in the nesting of x.

        The same differences with half the step tell the truncation: of order p, the error is
        2^p / (2^p - 1) times what halving changes. Rounding adds ε / h times the larger of |f|
        and |x_i · ∂f/∂x_i|. An estimate, not a bound. Costs twice the
        evaluations of `gradient`, and one.

        Raises:
            MethodError: the scheme is the complex step, which has no such error.
        """
        if self.scheme == "complex-step":
            raise MethodError(
                "the complex step has no step error to estimate: use scheme='richardson'"
            )
        nest = _taken_apart(x)
        whole, half = self._gradients(f, nest, 1.0), self._gradients(f, nest, 0.5)
        value = f(
            nest.rebuild([leaf.clone() if nest.is_torch else leaf.copy() for leaf in nest.leaves])
        )
        weights = sum(abs(weight) for _, weight in SCHEMES[self.scheme].stencil)
        # Where f is a small sum of large terms, its rounding goes with the terms.
        terms = [
            abs(a * leaf).max()
            for a, leaf in zip(whole, nest.leaves, strict=True)
            if len(a.reshape(-1))
        ]
        noise = weights * _epsilon(value) * max(abs(float(value)), *map(float, terms), 0.0)
        factor = 2 ** SCHEMES[self.scheme].order / (2 ** SCHEMES[self.scheme].order - 1)
        errors = [
            abs(a - b) * factor + noise / self.steps(leaf)
            for a, b, leaf in zip(whole, half, nest.leaves, strict=True)
        ]
        found = nest.rebuild(checked_gradient(whole, nest))
        return found, nest.rebuild(checked_gradient(errors, nest))

    def derivatives(self, f: Callable[[Any], Any], x: Any, directions: Any) -> Any:
        """The derivatives of f along k directions, (k, *shape of f's value).

        Args:
            directions: nested like x, each array with a leading axis for the directions. A step
                moves no coordinate by more than its own step.
        """
        nest = _taken_apart(x)
        along = take_directions(directions, nest)
        for d in along:
            refuse_followed(d)
        if nest.is_torch:
            from backlight.gradients.tensors.differences import difference_derivatives

            return difference_derivatives(f, nest, along, self)
        if self.scheme == "complex-step":
            from backlight.gradients.arrays.complex_step import complex_derivatives

            return checked_derivatives(complex_derivatives(f, nest, along, self.verify, self.step))
        found = [self._along(f, nest, [d[k] for d in along], not k) for k in range(len(along[0]))]
        return checked_derivatives(np.stack(found))

    def steps(self, leaf: Any, factor: float = 1.0) -> Any:
        """The step of every coordinate of an array, as the difference that x + h really makes."""
        if not isinstance(leaf, np.ndarray | np.generic | float):
            from backlight.gradients.tensors.differences import steps

            return steps(leaf, self, factor)
        values = np.asarray(leaf)
        if self.step is not None:
            wanted = np.full(values.shape, factor * self.step, values.dtype)
            exact = (values + wanted) - values
            return np.where(exact > 0, exact, wanted)
        size = np.abs(values)
        largest = float(size.max(initial=0.0))
        # What is all but zero has no scale: a step from it would vanish.
        scale = min(1.0, largest) if largest > _vanishing(values) else 1.0
        wanted = self.relative_step(_epsilon(values)) * np.maximum(size, scale).astype(float)
        return (factor * np.exp2(np.floor(np.log2(wanted)))).astype(values.dtype)

    def relative_step(self, epsilon: float) -> float:
        """The step of a coordinate of size one, in a precision of ε."""
        return float(epsilon ** SCHEMES[self.scheme].power)

    def _gradients(self, f: Callable[[Any], Any], nest: Nest, factor: float) -> list[Any]:
        if nest.is_torch:
            from backlight.gradients.tensors.differences import difference_gradients

            return difference_gradients(f, nest, self, factor)
        if self.scheme == "complex-step":
            from backlight.gradients.arrays.complex_step import complex_gradients

            return complex_gradients(f, nest, self.verify, self.step)
        stencil = SCHEMES[self.scheme].stencil
        walk = Walk(f, nest, self.verify)
        moves, weights = [s for s, _ in stencil if s], [w for s, w in stencil if s]
        if len(moves) < len(stencil):
            centre, weights = walk.centre(), [*weights, dict(stencil)[0]]
        found = []
        for j, leaf in enumerate(nest.leaves):
            h = self.steps(leaf, factor)
            values = walk.values(j, [leaf + s * h for s in moves])
            if len(moves) < len(stencil):
                values.append(np.full(np.shape(leaf), centre))
            total = sum(w * v for w, v in zip(weights, values, strict=True))
            found.append(total / np.asarray(h, dtype=float))
        walk.finish()
        return found

    def _along(self, f: Callable[[Any], Any], nest: Nest, d: list[Any], check: bool) -> Any:
        h = self.step or min(
            float(
                np.min(
                    np.divide(
                        self.steps(a), abs(b), where=b != 0, out=np.full(np.shape(b), np.inf)
                    ),
                    initial=np.inf,
                )
            )
            for a, b in zip(nest.leaves, d, strict=True)
        )
        h = h if np.isfinite(h) else 1.0

        def at(s: float) -> Any:
            moved = [
                (a + np.asarray(s * h * b, a.dtype)).astype(a.dtype)
                for a, b in zip(nest.leaves, d, strict=True)
            ]
            value = f(nest.rebuild(moved))
            refuse_followed(value)
            return np.asarray(checked_array(value))

        stencil = SCHEMES[self.scheme].stencil
        values = [at(s) for s, _ in stencil]
        if check and self.verify:
            checked_same(values[0], at(stencil[0][0]))
        wide = np.result_type(values[0], np.float64)
        total = sum(w * v.astype(wide) for v, (_, w) in zip(values, stencil, strict=True))
        kind = values[0].dtype if values[0].dtype.kind == "f" else wide
        return (total / h).astype(kind)


def _taken_apart(x: Any) -> Nest:
    """x, of plain arrays."""
    nest = take_apart(x)
    for leaf in nest.leaves:
        refuse_followed(leaf)
    return nest


def _vanishing(values: Any) -> float:
    return float(np.sqrt(np.finfo(values.dtype).tiny))


def _epsilon(value: Any) -> float:
    dtype = getattr(value, "dtype", np.dtype(float))
    if isinstance(dtype, np.dtype):
        return float(np.finfo(dtype).eps) if dtype.kind == "f" else float(np.finfo(float).eps)
    import torch

    return float(torch.finfo(dtype).eps)
