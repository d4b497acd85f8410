"""One argument in any nesting of tuples, lists and mappings: taken apart into its arrays, and put
together again."""

from __future__ import annotations

import cmath
import itertools
import math
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from operator import itemgetter
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.gradients.arrays.operators import Operators, plain

Rebuild = Callable[[list[Any]], Any]

_MAPPINGS = (dict, Mapping)
_SEQUENCES = (tuple, list)
_ARRAYS = (np.ndarray, np.generic, float)
_NUMERIC = (*_ARRAYS, int, complex)


@dataclass(eq=False)
class Nest:
    """A nesting taken apart.

    Attributes:
        leaves: its arrays, in order: NumPy arrays and numbers, or torch tensors.
        rebuild: puts other leaves in their places.
        is_torch: whether the leaves are tensors.
        x: the nesting itself.
    """

    leaves: list[Any]
    rebuild: Rebuild
    is_torch: bool
    x: Any

    @cached_property
    def paths(self) -> list[str]:
        """Where each leaf stands, for messages: `x['w'][0]`."""
        return list(_paths(self.x, "x"))


def is_tensor(value: Any) -> bool:
    """Whether this is a torch tensor, without importing torch for those who do not use it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_nested() -> bool:
    """Whether a derivative of torch functions is under way around this one."""
    from backlight.gradients.tensors.nesting import nested

    return nested()


def is_transformed(tensor: Any) -> bool:
    """Whether a transform of `torch.func` (vmap, jvp, …) is evaluating this tensor."""
    functorch = sys.modules["torch"]._C._functorch
    return bool(functorch.is_functorch_wrapped_tensor(tensor))


def all_finite(leaves: list[Any], others: list[Any]) -> bool:
    """Whether leaves and others, mostly shaped alike, hold neither NaN nor infinity.

    Of tensors only the others are looked at. Both spread to a sum, and to a product whatever the
    other factor is, so the sum of all products tells in a fraction of the time that looking at
    every element takes. (BLAS does `vdot`, and without a warning where it overflows.) Under
    `torch.func`'s transforms there is no single value to look at; they count as finite.
    """
    if is_tensor(leaves[0]):
        if others and is_transformed(others[0]):
            return True
        total = sum(float(t) for t in [t.detach().sum() for t in others])
        return math.isfinite(total) or all(bool(t.isfinite().all()) for t in others)
    leaves, others = [plain(a) for a in leaves], [plain(a) for a in others]
    try:
        total = sum(map(np.vdot, leaves, others))
    except ValueError:  # not shaped alike: blocks of a Hessian
        total = np.nan
    if cmath.isfinite(total):
        return True
    return all(np.isfinite(a).all() for a in (*leaves, *others))


def check_finite(nest: Nest) -> None:
    """Check that NumPy leaves are finite.

    Raises:
        InputError: an entry is NaN or infinite; it is named.
    """
    if nest.is_torch or all_finite(nest.leaves, nest.leaves):
        return
    for leaf, path in zip(nest.leaves, nest.paths, strict=True):
        if (where := first_not_finite(leaf)) is not None:
            found = np.asarray(plain(leaf))[where]
            raise InputError(f"{path} is {found} at {where}: expected finite numbers")


def first_not_finite(array: Any) -> tuple[int, ...] | None:
    """Where the first NaN or infinity of an array or tensor stands; None where there is none."""
    bad = ~array.isfinite() if is_tensor(array) else ~np.isfinite(plain(array))
    if not bool(bad.any()):
        return None
    return tuple(int(i) for i in (bad.nonzero()[0] if is_tensor(array) else np.argwhere(bad)[0]))


def take_apart(x: Any, finite: bool = True) -> Nest:
    """Find the arrays in a nesting and check that they can be differentiated by.

    Whether tensors are finite is not looked at, which would take as long as a small network: what
    is not shows in the value and the derivatives.

    Args:
        finite: check NumPy arrays by `check_finite`; otherwise the caller does.

    Raises:
        InputError: an entry is an integer, not finite (NumPy), or no array; NumPy and torch are
            mixed.
    """
    leaves: list[Any] = []
    rebuild = _walk(x, leaves)
    if not leaves:
        raise InputError("x holds no array: there is nothing to differentiate by")
    kinds = set(map(is_tensor, leaves))
    if len(kinds) > 1:
        raise InputError("x mixes NumPy arrays and torch tensors: give one kind")
    is_torch = kinds.pop()
    check = (_kept if is_nested() else _detached) if is_torch else _array
    checked = [
        leaf if _is_plain(leaf) else check(leaf, partial(_path, x, i))
        for i, leaf in enumerate(leaves)
    ]
    nest = Nest(checked, rebuild, is_torch, x)
    if finite:
        check_finite(nest)
    return nest


def take_directions(directions: Any, nest: Nest) -> list[Any]:
    """The arrays of k directions, one for each leaf of x: (k, *shape of the leaf), typed like it.

    Raises:
        InputError: they are not nested like x, a shape does not fit, or the counts differ.
    """
    found: list[Any] = []
    _walk(directions, found)
    paths = list(_paths(directions, "directions"))
    places = [path.removeprefix("directions") for path in paths]
    expected = [path.removeprefix("x") for path in nest.paths]
    if places != expected:
        raise InputError(
            f"directions has arrays at {_listed(places)}, x at {_listed(expected)}: nest them alike"
        )
    arrays = [
        _direction(d, leaf, path) for d, leaf, path in zip(found, nest.leaves, paths, strict=True)
    ]
    counts = sorted({len(d) for d in arrays})
    if len(counts) > 1:
        raise InputError(f"directions holds {counts[0]} and {counts[1]} directions: give as many")
    if not counts[0]:
        raise InputError("directions holds no direction: give at least one")
    return arrays


def same_leaves(x: Any, leaves: list[Any]) -> bool:
    """Whether a nesting still holds these very arrays."""
    found: list[Any] = []
    _walk(x, found)
    return len(found) == len(leaves) and all(a is b for a, b in zip(found, leaves, strict=True))


def _direction(d: Any, leaf: Any, path: str) -> Any:
    shape = tuple(leaf.shape)
    if is_tensor(leaf) != is_tensor(d):
        kind = "torch tensors" if is_tensor(leaf) else "NumPy arrays"
        raise InputError(f"{path} is a {type(d).__name__}, but x holds {kind}: give one kind")
    array: Any
    if is_tensor(d):
        array = (d if is_nested() else d.detach()).to(leaf)
    else:
        array = d if isinstance(d, Operators) else np.asarray(d)
    if tuple(array.shape[1:]) != shape or not array.ndim:
        wanted = ", ".join(["k", *map(str, shape)]) + ("," if not shape else "")
        hint = f": for one direction give it as {path}[None]" if tuple(array.shape) == shape else ""
        raise InputError(f"{path} has shape {tuple(array.shape)}, expected ({wanted}){hint}")
    if is_tensor(array):
        finite = all_finite([array], [array])
    else:
        if array.dtype.kind not in "iubf":
            raise InputError(f"{path} has type {array.dtype}: expected real numbers")
        if array.dtype != leaf.dtype:
            array = array.astype(leaf.dtype)
        finite = bool(np.isfinite(plain(array)).all())
    if not finite:
        raise InputError(f"{path} holds NaN or infinity: expected finite numbers")
    return array


def _listed(places: list[str]) -> str:
    return ", ".join(place or "the top" for place in places) or "no place"


def _walk(x: Any, leaves: list[Any]) -> Rebuild:
    if not isinstance(x, _ARRAYS) and not is_tensor(x):
        if isinstance(x, _MAPPINGS):
            keys = list(x)
            parts = [_walk(x[k], leaves) for k in keys]
            mapping: Any = OrderedDict if isinstance(x, OrderedDict) else dict
            return lambda taken: mapping(zip(keys, [part(taken) for part in parts], strict=True))
        if isinstance(x, _SEQUENCES):
            parts = [_walk(v, leaves) for v in x]
            kind: Any = type(x)
            make = kind._make if hasattr(kind, "_make") else kind
            return lambda taken: make([part(taken) for part in parts])
    place = len(leaves)
    leaves.append(x)
    return itemgetter(place)


def _paths(x: Any, path: str) -> Iterator[str]:
    """Where the leaves stand, in the order of `_walk`."""
    if not isinstance(x, _ARRAYS) and not is_tensor(x):
        if isinstance(x, _MAPPINGS):
            for k in x:
                yield from _paths(x[k], f"{path}[{k!r}]")
            return
        if isinstance(x, _SEQUENCES):
            for i, v in enumerate(x):
                yield from _paths(v, f"{path}[{i}]")
            return
    yield path


def _path(x: Any, i: int) -> str:
    return next(itertools.islice(_paths(x, "x"), i, None))


def _is_plain(leaf: Any) -> bool:
    return type(leaf) is np.ndarray and leaf.dtype.kind == "f"


def _array(leaf: Any, place: Callable[[], str]) -> Any:
    if isinstance(leaf, Operators):  # a derivative around this one is under way
        return leaf
    if isinstance(leaf, float | np.floating):
        return np.asarray(leaf)[()]
    path = place()
    if not isinstance(leaf, _NUMERIC) or isinstance(leaf, bool):
        raise InputError(f"{path} is a {type(leaf).__name__}: expected an array or a number")
    if isinstance(leaf, np.ma.MaskedArray):
        raise InputError(f"{path} is a masked array: fill it first, with {path}.filled(…)")
    array = np.asarray(leaf)
    if array.dtype.kind in "iub":
        raise InputError(
            f"{path} has integer type {array.dtype}, which has no derivative: give {path} as float"
        )
    if array.dtype.kind != "f":
        raise InputError(f"{path} has type {array.dtype}: expected real floating-point numbers")
    return array if isinstance(leaf, np.ndarray) else array[()]


def _detached(leaf: Any, place: Callable[[], str]) -> Any:
    return _kept(leaf, place).detach()


def _kept(leaf: Any, place: Callable[[], str]) -> Any:
    if leaf.is_complex():
        raise InputError(f"{place()} has type {leaf.dtype}: expected real floating-point numbers")
    if not leaf.is_floating_point():
        raise InputError(
            f"{place()} has type {leaf.dtype}, which has no derivative: give it as float"
        )
    return leaf
