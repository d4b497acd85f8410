"""An array's operators on a stand-in for it, and the refusal of what derivatives cannot follow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from backlight.errors import TraceError


class Operators:
    """`+`, `@`, `<` …, each led to NumPy's function, and what has no such function refused."""

    __slots__ = ()
    primal: Any

    def __len__(self) -> int:
        return len(self.primal)

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        if not np.ndim(self.primal):
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __add__(self, other: Any) -> Any:
        return np.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return np.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return np.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return np.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return np.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return np.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return np.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return np.divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return np.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return np.floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return np.remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return np.remainder(other, self)

    def __divmod__(self, other: Any) -> Any:
        return np.floor_divide(self, other), np.remainder(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return np.floor_divide(other, self), np.remainder(other, self)

    def __pow__(self, other: Any) -> Any:
        return np.square(self) if type(other) is int and other == 2 else np.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return np.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return np.matmul(other, self)

    def __neg__(self) -> Any:
        return np.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return np.absolute(self)

    # Comparisons are of primals, without derivative.
    def __lt__(self, other: Any) -> Any:
        return np.less(self, other)

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return np.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self, other)

    def __eq__(self, other: object) -> Any:
        return np.equal(self, other)  # type: ignore[call-overload]

    def __ne__(self, other: object) -> Any:
        return np.not_equal(self, other)  # type: ignore[call-overload]

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.primal!r})"

    def __format__(self, spec: str) -> str:
        return format(self.primal, spec)

    # ------------------------------------------------------------------ what cannot be followed

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        caller = _converting_caller()
        if caller:
            raise TraceError(
                f"{caller} turns its argument into a plain array and loses the derivative: "
                "write it with NumPy's functions, or use method='central'"
            )
        raise TraceError(
            "a traced value cannot become a plain array: np.array([…]), np.asarray(x) and "
            "buffer[i] = … lose its derivative; write np.stack([…]) or np.concatenate([…]), "
            "and x itself for np.asarray(x)"
        )

    def __float__(self) -> NoReturn:
        raise TraceError(
            "float() loses the derivative: keep the value as it is, and write np.exp(x) for "
            "math.exp(x), np.stack([…]) for filling a buffer"
        )

    __int__ = __index__ = __complex__ = __round__ = item = tolist = __float__

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TraceError(
            "assigning to elements cannot be followed: write np.where(mask, new, old), "
            "np.concatenate or np.stack"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        instead = f"np.{name}(x)" if hasattr(np, name) else "NumPy's functions that return arrays"
        raise TraceError(f"x.{name} of a traced value cannot be followed: write {instead}")

    def __iadd__(self, other: Any) -> Any:
        return self._in_place(np.add, other, "+")

    def __isub__(self, other: Any) -> Any:
        return self._in_place(np.subtract, other, "-")

    def __imul__(self, other: Any) -> Any:
        return self._in_place(np.multiply, other, "*")

    def __itruediv__(self, other: Any) -> Any:
        return self._in_place(np.divide, other, "/")

    def __ipow__(self, other: Any) -> Any:
        return self._in_place(np.power, other, "**")

    def __imatmul__(self, other: Any) -> Any:
        return self._in_place(np.matmul, other, "@")

    def _in_place(self, ufunc: Any, other: Any, sign: str) -> Any:
        # A number is not changed but replaced by `x += y`; of an array other names would change.
        if np.ndim(self.primal) or isinstance(self.primal, np.ndarray):
            raise TraceError(
                f"changing an array in place cannot be followed: write x = x {sign} y for "
                f"x {sign}= y"
            )
        return ufunc(self, other)


def plain(value: Any) -> Any:
    """The value itself, free of every derivative under way."""
    while isinstance(value, Operators):
        value = value.primal
    return value


def _converting_caller() -> str | None:
    """Which function of SciPy, or np.vectorize, if any, is asking for a plain array."""
    frame: FrameType | None = sys._getframe(2)
    found = None
    while frame is not None:
        module, name = str(frame.f_globals.get("__name__")), frame.f_code.co_qualname
        if name.startswith("vectorize.") and module.startswith("numpy."):
            return "np.vectorize"
        if not module.startswith(("scipy.", "numpy.", "backlight.")):
            break
        if module.startswith("scipy.") and not name.startswith("_") and "<" not in name:
            parts = [part for part in module.split(".") if not part.startswith("_")]
            found = ".".join([*parts[:2], name])
        frame = frame.f_back
    return found


def numpy_method(name: str) -> Any:
    """A method that calls the NumPy function of the same name."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(np, name)(self, *args, **kwargs)

    call.__name__ = name
    return call
