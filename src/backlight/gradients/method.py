"""What every way to a gradient offers, and the ways by name.

Whatever consumes a gradient takes a way as `method=` or `gradients=`: a name or an instance.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from backlight.errors import MethodError, did_you_mean


@runtime_checkable
class Method(Protocol):
    """A way to derivatives of functions of one argument, an array or a nesting of arrays."""

    def gradient(self, f: Callable[[Any], Any], x: Any) -> Any:
        """d f / d x of a scalar f, in the nesting and shapes of x."""

    def derivatives(self, f: Callable[[Any], Any], x: Any, directions: Any) -> Any:
        """The derivatives of f along k directions, shape (k, *shape of f's value).

        Args:
            directions: nested like x, each array with a leading axis for the directions.
        """


def _backprop() -> Method:
    from backlight.gradients.backprop import Backprop

    return Backprop()


def _dual() -> Method:
    from backlight.gradients.dual import DualNumbers

    return DualNumbers()


def _differences(scheme: str) -> Callable[[], Method]:
    def make() -> Method:
        from backlight.gradients.finite import FiniteDifferences

        return FiniteDifferences(scheme)

    return make


_WAYS: dict[str, Callable[[], Method]] = {
    "backprop": _backprop,
    "dual": _dual,
    "central": _differences("central"),
    "forward": _differences("forward"),
    "backward": _differences("backward"),
    "complex-step": _differences("complex-step"),
    "richardson": _differences("richardson"),
}

NAMES = tuple(_WAYS)


@functools.cache
def _made(name: str) -> Method:
    return _WAYS[name]()


def find_way(method: str | Method) -> Method:
    """The way of this name, or the instance itself.

    Raises:
        MethodError: there is no such way (the nearest is named).
    """
    if isinstance(method, str):
        if method in _WAYS:
            return _made(method)
        hint = did_you_mean(method, _WAYS) or f"; there are {', '.join(_WAYS)}"
        raise MethodError(f"no way {method!r} to a gradient{hint}")
    if isinstance(method, Method):
        return method
    raise MethodError(
        f"method must be a name or have gradient and derivatives, not {type(method).__name__}"
    )


_TITLES = {
    "backprop": "backpropagation",
    "dual": "dual numbers",
    "richardson": "Richardson differences",
    "complex-step": "the complex step",
}


def way_title(name: str) -> str:
    """A way's name in words: `dual numbers`, `central differences`."""
    scheme, comma, step = name.partition(",")
    usual = f"{scheme} differences" if scheme in _WAYS else scheme
    return _TITLES.get(scheme, usual) + comma + step


def way_name(way: str | Method) -> str:
    """What a way is called: the name it is found by, of an instance also its step."""
    return way if isinstance(way, str) else str(getattr(way, "name", type(way).__name__))


def gradient(f: Callable[[Any], Any], x: Any, method: str | Method = "backprop") -> Any:
    """d f / d x, by any of the three ways.

    Args:
        f: a function of one argument with a scalar value: plain NumPy, or torch.
        x: an array or number, or a nesting of tuples, lists and mappings of them.
        method: "backprop", "dual", "central", "forward", "backward", "complex-step",
            "richardson", or an instance.

    Returns:
        The gradient in the nesting and the shapes of x.

    Raises:
        InputError: x cannot be differentiated by, or f is not scalar.
        OutputError: a value or derivative is not finite.
        TraceError: f does something that this way cannot follow.
    """
    return find_way(method).gradient(f, x)


def derivatives(
    f: Callable[[Any], Any], x: Any, directions: Any, method: str | Method = "dual"
) -> Any:
    """The derivatives of f along k directions, by any of the three ways.

    Args:
        f: a function of one argument: plain NumPy, or torch. Its value may be an array.
        x: an array or number, or a nesting of tuples, lists and mappings of them.
        directions: nested like x, each array with a leading axis for the directions.
        method: as for `gradient`. Dual numbers take one pass for all directions; backpropagation
            one for each element of the value; differences two evaluations for each direction.

    Returns:
        An array or tensor, (k, *shape of f's value).

    Raises:
        InputError: x cannot be differentiated by, or the directions do not fit it.
        OutputError: a value or derivative is not finite.
        TraceError: f does something that this way cannot follow.
    """
    return find_way(method).derivatives(f, x, directions)
