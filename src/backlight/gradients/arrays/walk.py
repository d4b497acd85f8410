"""A function's values at steps from x, one coordinate moved at a time in one working copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from backlight.errors import InputError, OutputError
from backlight.gradients.containers import Nest, same_leaves
from backlight.gradients.outcome import checked_same, checked_scalar, refuse_followed


class Walk:
    """Evaluates f around x; the caller's arrays are never handed to f.

    Args:
        verify: evaluate f once more at the first point, to notice that it draws random numbers or
            writes into its input.
    """

    def __init__(self, f: Callable[[Any], Any], nest: Nest, verify: bool) -> None:
        self.nest = nest
        # In the order of C, so that a flat view moves the copy itself, not a copy of it.
        self.work = [np.array(leaf, order="C") for leaf in nest.leaves]
        if any(w.ndim == 0 for w in self.work):  # numbers cannot be moved in place
            self.x: Any = None
            self.evaluate: Callable[[], Any] = lambda: f(
                nest.rebuild([w if w.ndim else w[()] for w in self.work])
            )
        else:
            self.x = nest.rebuild(self.work)
            self.evaluate = partial(f, self.x)
        self.verify = verify

    def centre(self) -> float:
        """The value at x itself."""
        value = number(self.evaluate())
        if self.verify:
            self._check_untouched(self.nest.leaves)
            checked_same(value, number(self.evaluate()))
            self.verify = False
        return value

    def values(self, j: int, points: Sequence[Any]) -> list[Any]:
        """The values where one coordinate of leaf j is moved: for each array of points, shaped
        like the leaf, an array of values."""
        shape, starts = self.work[j].shape, self.work[j].reshape(-1).tolist()
        first = self._first(j, points[0]) if self.verify and starts else None
        found: list[list[float]] = [[] for _ in points]
        lanes = [
            (np.reshape(p, -1).tolist(), kept.append) for p, kept in zip(points, found, strict=True)
        ]
        flat, evaluate = self.work[j].reshape(-1), self.evaluate
        for i, start in enumerate(starts):
            for moved, keep in lanes:
                flat[i] = moved[i]
                value = evaluate()
                keep(value if type(value) is np.float64 else number(value))
            flat[i] = start
        if first is not None:
            checked_same(first, found[0][0])
        values = [np.array(kept, dtype=float).reshape(shape) for kept in found]
        for p, v in zip(points, values, strict=True):
            self._check_finite(j, p, v)
        return values

    def finish(self) -> None:
        """Check that f has left its input as it was.

        Raises:
            InputError: it has not.
        """
        self._check_untouched(self.nest.leaves)

    def _first(self, j: int, points: Any) -> float:
        flat = self.work[j].reshape(-1)
        start, flat[0] = flat[0], np.reshape(points, -1)[0]
        before = [w.copy() for w in self.work]
        value = number(self.evaluate())
        self._check_untouched(before)
        flat[0] = start
        self.verify = False
        return value

    def _check_untouched(self, before: Sequence[Any]) -> None:
        if self.x is not None and not same_leaves(self.x, self.work):
            raise InputError("f takes its input apart, or puts arrays in it: let it work on a copy")
        for now, was, path in zip(self.work, before, self.nest.paths, strict=True):
            if not np.array_equal(now, was):
                raise InputError(
                    f"f writes into its input ({path} has changed): let it work on a copy"
                )

    def _check_finite(self, j: int, points: Any, values: Any) -> None:
        if np.isfinite(values).all():
            return
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        place = f" at {where}" if where else ""
        moved = np.asarray(points)[where]
        raise OutputError(
            f"f is {values[where]} where {self.nest.paths[j]}{place} is moved from "
            f"{np.asarray(self.nest.leaves[j])[where]} to {moved}: expected a finite value"
        )


def number(value: Any) -> float:
    """A scalar value as a float; finiteness of the common kinds is checked by the caller."""
    if isinstance(value, float | np.floating):
        return float(value)
    refuse_followed(value)
    return float(np.reshape(checked_scalar(value), ()))
