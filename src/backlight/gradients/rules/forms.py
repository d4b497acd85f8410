"""The forms that a derivative rule can take.

A rule tells the local derivatives of one function y = f(a, b, …) in both directions:

- `pull(i, g, y, args, options)`: the cotangent of argument i, given the cotangent g of y. The
  reverse sweep reads this.
- `push(i, t, y, args, options)`: the tangent of y, given the tangents t of argument i: many
  directions at once, on a last axis of their own. Dual numbers read this.

What a rule computes it computes with NumPy functions that have rules themselves, so a pull can
be evaluated on dual numbers: that is how second derivatives come about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from backlight.errors import TraceError

Array = Any  # an ndarray, a NumPy or Python number, or a traced stand-in for one
Options = dict[str, Any]


class Rule(Protocol):
    """Local derivatives of one function, in both directions."""

    def pull(self, i: int, g: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        """The cotangent of argument i, shaped like it."""

    def push(self, i: int, t: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        """The tangents of y, shaped like y with a last axis for the directions."""


class Elementwise:
    """y depends on each argument element by element; arguments broadcast.

    Args:
        partials: for each argument ∂y/∂argument, a function of (y, *args) or a constant.
    """

    __slots__ = ("partials",)

    def __init__(self, *partials: Callable[..., Array] | float) -> None:
        self.partials = tuple(p if callable(p) else _constantly(p) for p in partials)

    def pull(self, i: int, g: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        slope, count = self.partials[i], len(args)
        # Written out, this takes half the time of slope(y, *args).
        if count == 1:
            c = g * slope(y, args[0])
        elif count == 2:
            c = g * slope(y, args[0], args[1])
        else:
            c = g * slope(y, *args)
        shape = args[i].shape
        return c if c.shape == shape else unbroadcast(c, shape)

    def push(self, i: int, t: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        return spread(t * expand(self.partials[i](y, *args)), y.shape)


class Additive:
    """y is a sum of its arguments, each with a sign of its own; arguments broadcast."""

    __slots__ = ("signs",)

    def __init__(self, *signs: int) -> None:
        self.signs = signs

    def pull(self, i: int, g: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        c = g if self.signs[i] > 0 else -g
        shape = args[i].shape
        return c if c.shape == shape else unbroadcast(c, shape)

    def push(self, i: int, t: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        return spread(t if self.signs[i] > 0 else -t, y.shape)


class Linear:
    """y is linear in its first argument, which alone is differentiated.

    Args:
        transpose: (g, a, *rest, **options) -> the cotangent of a: the transposed map.
        forward: (t, a, *rest, **options) -> the tangents of y, directions last.
    """

    __slots__ = ("forward", "transpose")

    def __init__(self, transpose: Callable[..., Array], forward: Callable[..., Array]) -> None:
        self.transpose = transpose
        self.forward = forward

    def pull(self, i: int, g: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        if i:
            only_first(i)
        return self.transpose(g, *args, **options)

    def push(self, i: int, t: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        only_first(i)
        return self.forward(t, *args, **options)


class General:
    """Any function: for each argument a pull (g, y, *args) and a push (t, y, *args)."""

    __slots__ = ("pulls", "pushes")

    def __init__(
        self, pulls: Sequence[Callable[..., Array]], pushes: Sequence[Callable[..., Array]]
    ) -> None:
        self.pulls = tuple(pulls)
        self.pushes = tuple(pushes)

    def pull(self, i: int, g: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        return self.pulls[i](g, y, *args, **options)

    def push(self, i: int, t: Array, y: Array, args: Sequence[Array], options: Options) -> Array:
        return self.pushes[i](t, y, *args, **options)


class Each:
    """A function of any number of arrays, all treated alike.

    Args:
        pull: (i, g, y, args, options) and push: (i, t, y, args, options).
    """

    __slots__ = ("pull", "push")

    def __init__(self, pull: Callable[..., Array], push: Callable[..., Array]) -> None:
        self.pull = pull
        self.push = push


def _constantly(slope: float) -> Callable[..., float]:
    return lambda *_: slope


def only_first(i: int) -> None:
    if i:
        raise TraceError(
            "only the array of this function can be differentiated by, not its options"
        )


def expand(p: Array) -> Array:
    """A partial derivative with a last axis, to be multiplied with tangents."""
    return p[..., None] if getattr(p, "ndim", 0) else p


def spread(t: Array, shape: tuple[int, ...]) -> Array:
    """Tangents broadcast to those of a result of `shape`."""
    wanted = (*shape, t.shape[-1])
    return t if t.shape == wanted else np.broadcast_to(t, wanted)


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of broadcasting from `shape` to the shape of g: a sum over what was copied."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if extra > 0:
        g = np.add.reduce(g, tuple(range(extra)))
    copied = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return np.add.reduce(g, copied, keepdims=True) if copied else g
