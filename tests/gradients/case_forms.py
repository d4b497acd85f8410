"""What a case of a derivative rule is, and the shapes and helpers that the cases share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

ONE = (((),), ((4,),), ((2, 3),), ((0,),), ((2, 0, 3),))
TWO = (
    *(((), ()), ((4,), (4,)), ((2, 3), (3,)), ((3,), (2, 1)), ((), (2, 3)), ((1, 3), (2, 1))),
    *(((0,), (0,)), ((2, 0), (1, 1))),
)


@dataclass(frozen=True)
class Case:
    """What is differentiated: `function` of arrays of one of `shapes`, with elements in `span`."""

    covers: Any
    function: Callable[..., Any]
    shapes: tuple[tuple[tuple[int, ...], ...], ...]
    span: tuple[float, float] = (-2.0, 2.0)
    tolerance: float = 1e-6

    @property
    def name(self) -> str:
        return str(getattr(self.covers, "__name__", self.covers))


def each(shapes: Any, span: tuple[float, float], *functions: Any) -> list[Case]:
    return [Case(f, f, shapes, span) for f in functions]


def only(covers: Any, function: Any, *shapes: Any, span: Any = (-2.0, 2.0)) -> Case:
    return Case(
        covers, function, tuple(s if s and isinstance(s[0], tuple) else (s,) for s in shapes), span
    )


def well(a: Any) -> Any:
    """A matrix made regular."""
    return a + 4 * np.eye(a.shape[-1])


def spd(a: Any) -> Any:
    return np.matmul(a, np.swapaxes(a, -1, -2)) + np.eye(a.shape[-1])


def apart(a: Any) -> Any:
    return a + np.diag(3.0 * np.arange(a.shape[-1]))


M, V, B, S = (3, 4), (4,), (2, 3, 3), (3, 3)
LIST = [0, 2, 2, -1]
MASK = np.array([True, False, True, True])
ROWS = np.array([[0, 2], [1, 1]])
