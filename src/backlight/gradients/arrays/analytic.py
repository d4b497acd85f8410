"""Complex stand-ins on which only analytic functions work.

The complex step takes the derivative from the imaginary part (Squire and Trapp 1998), which is
right for analytic functions only. `abs`, comparisons, norms and their kin look at the whole complex
number and would give a wrong derivative without a sign of it. So the number is hidden in an object
that is no array: what is known to be analytic is let through, everything else is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NoReturn

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.arrays.operators import Operators, numpy_method
from backlight.gradients.rules.primitives import cast, choose, contract, join, scatter

_UFUNCS: Final = frozenset(
    (
        *(np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.matmul),
        *(np.power, np.float_power, np.square, np.reciprocal, np.sqrt),
        *(np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p),
        *(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan),
        *(np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh),
    )
)
_SPECIAL: Final = frozenset(
    (
        *("erf", "erfc", "erfcx", "gamma", "loggamma", "psi", "xlogy", "rgamma"),
        *("expit", "log_expit"),
    )
)


def _expit(z: Any) -> Any:
    """The logistic function, by an exponential that cannot overflow."""
    right = np.real(z) >= 0
    e = np.exp(np.where(right, -z, z))
    return np.where(right, 1.0, e) / (1 + e)


def _log_expit(z: Any) -> Any:
    from scipy import special

    right = np.real(z) >= 0
    # Of complex numbers NumPy's log1p loses the digits of a small real part, SciPy's does not.
    return np.where(right, 0.0, z) - special.log1p(np.exp(np.where(right, -z, z)))


# Analytic functions that SciPy has of real numbers only.
_CONTINUED: Final[dict[str, Any]] = {"expit": _expit, "log_expit": _log_expit}
_FACTORS: Final[dict[Any, float]] = {
    np.deg2rad: np.pi / 180,
    np.radians: np.pi / 180,
    np.rad2deg: 180 / np.pi,
    np.degrees: 180 / np.pi,
}
_REDUCTIONS: Final = frozenset({np.add, np.multiply})

# Linear, multilinear or rational in each entry; none conjugates, compares or takes a magnitude.
_FUNCTIONS: Final = frozenset(
    (
        *(np.sum, np.prod, np.mean, np.average, np.cumsum, np.cumprod, np.diff),
        *(np.dot, np.inner, np.outer, np.tensordot, np.einsum, np.kron, np.cross, np.convolve),
        *(np.trace, np.diag, np.diagonal, np.tril, np.triu, np.reshape, np.ravel, np.transpose),
        *(np.squeeze, np.expand_dims, np.swapaxes, np.moveaxis, np.rollaxis, np.broadcast_to),
        *(np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.block),
        *(np.split, np.array_split, np.hsplit, np.vsplit, np.append, np.delete, np.insert),
        *(np.repeat, np.tile, np.roll, np.flip, np.flipud, np.fliplr, np.rot90),
        *(np.atleast_1d, np.atleast_2d, np.atleast_3d, np.take, np.take_along_axis, np.where),
        *(np.polyval, np.vander, np.linalg.solve, np.linalg.inv, np.linalg.det),
        *(np.linalg.matrix_power, np.linalg.multi_dot),
        getattr(np, "trapezoid" if hasattr(np, "trapezoid") else "trapz"),  # renamed in NumPy 2.0
    )
)
_PADDINGS: Final = frozenset({"constant", "edge", "reflect", "symmetric", "wrap", "mean"})
_PRIMITIVES: Final = frozenset((scatter, join, choose, contract))
# Answered from the real part, without derivative: they ask about form, or cannot change near x.
_OF_FORM: Final = frozenset(
    (np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like)
)
_TESTS: Final = frozenset((np.isnan, np.isfinite, np.isinf))


class Analytic(Operators):
    """A complex array whose imaginary part carries the derivative."""

    __slots__ = ("primal",)

    def __init__(self, primal: Any) -> None:
        self.primal = primal

    shape = property(lambda self: np.shape(self.primal))
    ndim = property(lambda self: np.ndim(self.primal))
    size = property(lambda self: np.size(self.primal))
    dtype = property(lambda self: np.dtype(float))
    T = property(lambda self: Analytic(np.transpose(self.primal)))

    def reshape(self, *shape: Any, **options: Any) -> Any:
        return Analytic(np.reshape(self.primal, shape[0] if len(shape) == 1 else shape, **options))

    def transpose(self, *axes: Any) -> Any:
        return Analytic(np.asarray(self.primal).transpose(*axes))

    def flatten(self) -> Any:
        return Analytic(np.ravel(self.primal))

    def copy(self) -> Any:
        return Analytic(np.copy(self.primal)[()])

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(a, Operators) and type(a) is not Analytic for a in inputs):
            return NotImplemented  # a derivative inside this one is under way, and takes it up
        name = ufunc.__name__
        if ufunc in _FACTORS and method == "__call__":
            return self * _FACTORS[ufunc]
        if ufunc in _TESTS and method == "__call__":
            return ufunc(self.primal)
        special = name in _SPECIAL and getattr(ufunc, "__module__", "") != "numpy"
        reduced = method in ("reduce", "accumulate") and ufunc in _REDUCTIONS
        outer = method == "outer" and ufunc in _UFUNCS
        if not (reduced or outer or (method == "__call__" and (ufunc in _UFUNCS or special))):
            _refuse(name if method == "__call__" else f"{name}.{method}")
        _check_options(name, kwargs)
        plain = [_plain(a) for a in inputs]
        if special and name in _CONTINUED:
            return Analytic(_CONTINUED[name](*plain))
        try:
            return Analytic(getattr(ufunc, method)(*plain, **kwargs))
        except TypeError as problem:
            raise TraceError(
                f"{name} knows no complex numbers, so no complex step: use method='central' or "
                "'dual'"
            ) from problem

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(t, Operators) and t is not Analytic for t in types):
            return NotImplemented
        name = function.__name__
        if function in _OF_FORM:
            return function(np.real(self.primal), *args[1:], **kwargs)
        if function is np.pad:
            mode = kwargs.get("mode", args[2] if len(args) > 2 else "constant")
            if mode not in _PADDINGS:
                _refuse(f"pad with mode={mode!r}")
        elif function not in _FUNCTIONS:
            _refuse(name)
        if function is np.where and len(args) != 3:
            _refuse("where of a condition alone")
        if function is np.where and isinstance(args[0], Analytic):
            _refuse("a number taken as true or false")
        _check_options(name, kwargs)
        return _wrapped(function(*_plain(args), **_plain(kwargs)))

    def apply_primitive(
        self, function: Any, args: Sequence[Any], options: dict[str, Any] | None = None
    ) -> Any:
        """Backlight's own primitives, which a gradient inside the complex step is made of."""
        for a in args:
            if isinstance(a, Operators) and type(a) is not Analytic:
                return a.apply_primitive(function, args, options)
        if function is cast:
            return self.astype(args[1])
        if function not in _PRIMITIVES:
            _refuse(function.__name__)
        return Analytic(function(*map(_plain, args), **(options or {})))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, Analytic):
            _refuse("an index")
        return Analytic(self.primal[index])

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        if np.dtype(dtype) not in (np.dtype(float), np.dtype(complex)):
            _refuse(f"astype({np.dtype(dtype).name})")
        return self

    def __getattr__(self, name: str) -> Any:
        # `.real`, `.imag`, `.sort`, `.view`: an array has them, here they are not analytic.
        if not name.startswith("_") and hasattr(np.ndarray, name):
            _refuse(f".{name}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __bool__(self) -> bool:
        _refuse("a number taken as true or false")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TraceError(
            "the complex step cannot follow a value into a plain array: write np.stack([…]) for "
            "np.array([…]) and for filling a buffer, or use method='central'"
        )

    def __float__(self, *_: Any) -> NoReturn:
        _refuse("float()")

    __int__ = __index__ = __complex__ = item = tolist = __float__

    def __round__(self, _: int = 0) -> NoReturn:
        _refuse("round")

    __floor__ = __ceil__ = __trunc__ = __round__

    def __divmod__(self, other: Any) -> NoReturn:
        _refuse("divmod")

    def __rdivmod__(self, other: Any) -> NoReturn:
        _refuse("divmod")


# Methods that NumPy has as functions too.
for _name in (
    *("sum", "prod", "mean", "cumsum", "cumprod", "ravel", "squeeze", "swapaxes", "diagonal"),
    *("trace", "dot", "repeat", "take"),
):
    setattr(Analytic, _name, numpy_method(_name))


def _plain(value: Any) -> Any:
    if isinstance(value, Analytic):
        return value.primal
    if isinstance(value, list | tuple):
        return type(value)(_plain(v) for v in value)
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_wrapped(v) for v in value]
    return Analytic(value)


def _check_options(name: str, kwargs: dict[str, Any]) -> None:
    if any(given is not None for given in (kwargs.get("out"), kwargs.get("dtype"))):
        _refuse(f"{name} with out= or dtype=")
    if isinstance(kwargs.get("where"), Analytic):
        _refuse("a number taken as true or false")


def _refuse(what: str) -> NoReturn:
    raise TraceError(
        f"{what} is not analytic, so the complex step would be wrong: use method='central' or "
        "'dual'"
    )
