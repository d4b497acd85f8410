"""Every way to one gradient, side by side: how right each is, and what it costs."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from backlight.errors import BacklightError, TraceError
from backlight.gradients.comparing.measure import measured
from backlight.gradients.comparing.table import as_frame, as_html, as_text
from backlight.gradients.containers import Nest, take_apart
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import NAMES, Method, find_way, way_name
from backlight.gradients.outcome import checked_same, checked_scalar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# From the most exact to the least: the first that ran is taken as the truth.
_EXACT: Final[tuple[str, ...]] = (
    "backprop",
    "dual",
    "complex-step",
    "richardson",
    "central",
    "forward",
    "backward",
)


@dataclass(frozen=True)
class Row:
    """One way on one function.

    Attributes:
        way: its name.
        gradient: in the nesting of x; None where the way refuses.
        norm: the gradient's Euclidean length; for a single number the derivative itself.
        absolute_error, relative_error: the largest over all entries, against the truth. Nothing
            is relative to zero: the relative one is NaN where an entry is zero by the truth and
            not by this way.
        evaluations: calls of f for one gradient; a batch under vmap counts once.
        seconds: the median of repeats.
        memory: peak bytes above the start; None where it was not measured.
        reason: why the way refuses.
    """

    way: str
    gradient: Any = None
    norm: float | None = None
    absolute_error: float | None = None
    relative_error: float | None = None
    evaluations: int | None = None
    seconds: float | None = None
    memory: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Comparison:
    """All ways on one function at one x; prints as a table, shows itself in a notebook.

    Attributes:
        rows: one for each way.
        value: f(x).
        inputs: how many numbers x holds.
        truth: the way that the errors are measured against.
        agreement: the largest relative difference between backpropagation and dual numbers, which
            share no step of the computation but their rules; None if one of them refuses, NaN if
            an entry is zero by backpropagation alone.
        forward_seconds: the time of one evaluation of f, median.
        torch: whether f is a torch function.
    """

    f: Callable[[Any], Any]
    x: Any
    rows: list[Row]
    value: float
    inputs: int
    truth: str
    agreement: float | None
    forward_seconds: float
    torch: bool

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self)

    def to_frame(self) -> Any:
        """The table as a pandas data frame, a row for each way.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return as_frame(self)

    def row(self, way: str) -> Row:
        """The row of a way."""
        return next(row for row in self.rows if row.way == way)

    def plot_steps(
        self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False
    ) -> Figure:
        """The error against the step size: falling with truncation, rising with rounding.

        Args:
            path: also save the figure there; its ending tells the format (png, svg, pdf).

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from backlight.gradients.comparing.curves import has_slope, step_errors
        from backlight.show.curves import save, step_figure

        figure = step_figure(*step_errors(self), relative=has_slope(self))
        return figure if path is None else save(figure, path, overwrite=overwrite)

    def plot_cost(
        self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False
    ) -> Figure:
        """The time of a gradient against the number of inputs it is by: the first 1, 2, 4 … n
        numbers in x, the others held fixed."""
        from backlight.gradients.comparing.curves import costs
        from backlight.show.curves import cost_figure, save

        figure = cost_figure(*costs(self), self.forward_seconds)
        return figure if path is None else save(figure, path, overwrite=overwrite)


def compare(
    f: Callable[[Any], Any],
    x: Any,
    ways: Sequence[str | Method] = NAMES,
    *,
    budget: float = 0.2,
) -> Comparison:
    """Compute the gradient of f at x in every way.

    Args:
        f: a function of one argument with a scalar value: plain NumPy, or torch.
        x: an array or number, or a nesting of tuples, lists and mappings of them.
        ways: names or instances.
        budget: seconds spent on repeats of each way, for the median; it runs at least once.

    Returns:
        The table. A way that cannot follow f is listed with its reason.

    Raises:
        InputError: x cannot be differentiated by, f is not scalar, or draws random numbers.
        TraceError: no way ran.
    """
    nest = take_apart(x)
    value, forward_seconds = _evaluated(f, nest, budget)
    chosen = [(way_name(w), _unguarded(find_way(w))) for w in ways]
    rows = [_row(name, way, f, nest, budget) for name, way in chosen]
    ran = {row.way: row for row in rows if row.gradient is not None}
    if not ran:
        raise TraceError(f"no way could follow f; {rows[0].way}: {rows[0].reason}" if rows else "")
    flats = {name: flattened(row.gradient) for name, row in ran.items()}
    agreement = None
    if "backprop" in flats and "dual" in flats:
        agreement = _errors(flats["dual"], flats["backprop"])[1]
    truth = _truth(flats, agreement, _precision(nest))
    judged = [_judged(row, flats, truth) for row in rows]
    return Comparison(
        f, x, judged, value, int(sum(np.prod(np.shape(leaf)) for leaf in nest.leaves)), truth,
        agreement, forward_seconds, nest.is_torch,
    )  # fmt: skip


def flattened(x: Any) -> Any:
    """All numbers of a nesting in one float64 array."""
    parts = [
        leaf.detach().cpu().double().numpy() if hasattr(leaf, "detach") else np.asarray(leaf, float)
        for leaf in take_apart(x).leaves
    ]
    return np.concatenate([np.reshape(part, -1) for part in parts])


def copied(nest: Nest) -> Any:
    """x once more, in arrays of its own."""
    return nest.rebuild(
        [leaf.clone() if nest.is_torch else np.copy(leaf)[()] for leaf in nest.leaves]
    )


def _evaluated(f: Callable[[Any], Any], nest: Nest, budget: float) -> tuple[float, float]:
    """The value, evaluated twice to be sure of it, and the time of one evaluation."""
    values: list[float] = []
    times: list[float] = []
    end = time.perf_counter() + budget / 4
    while len(values) < 3 or (time.perf_counter() < end and len(values) < 200):
        here = copied(nest)
        start = time.perf_counter()
        value = f(here)
        times.append(time.perf_counter() - start)
        if nest.is_torch:
            from backlight.gradients.tensors.ways import scalar

            value = scalar(value).detach().cpu().double().numpy()
        values.append(float(np.reshape(checked_scalar(value), ())))
    checked_same(values[0], values[1], 1e-6)
    return values[0], float(np.median(times))


def _row(name: str, way: Method, f: Callable[[Any], Any], nest: Nest, budget: float) -> Row:
    try:
        found = measured(way, f, nest, budget)
    except (BacklightError, ArithmeticError, RuntimeError, TypeError, ValueError) as problem:
        return Row(name, reason=" ".join(str(problem).split()))
    flat = flattened(found.gradient)
    norm = float(flat[0]) if flat.size == 1 else float(np.linalg.norm(flat))
    return Row(
        name,
        found.gradient,
        norm,
        evaluations=found.evaluations,
        seconds=found.seconds,
        memory=found.memory,
    )


def _judged(row: Row, flats: dict[str, Any], truth: str) -> Row:
    if row.gradient is None:
        return row
    absolute, relative = _errors(flats[row.way], flats[truth])
    return Row(
        row.way, row.gradient, row.norm, absolute, relative, row.evaluations, row.seconds,
        row.memory,
    )  # fmt: skip


def _truth(flats: dict[str, Any], agreement: float | None, precision: float) -> str:
    order = [name for name in _EXACT if name in flats] or list(flats)
    if agreement is None or agreement < 1e4 * precision or len(order) < 3:
        return order[0]
    # The two exact ways disagree: the next best witness decides which of them is right.
    witness = flats[order[2]]
    return min(("backprop", "dual"), key=lambda name: _errors(flats[name], witness)[0])


def _errors(found: Any, truth: Any) -> tuple[float, float]:
    """The largest absolute error and the largest relative one: NaN where a zero is missed."""
    difference = np.abs(found - truth)
    largest = float(difference.max(initial=0.0))
    missed = difference != 0
    if (truth[missed] == 0).any():
        return largest, math.nan
    return largest, float((difference[missed] / np.abs(truth[missed])).max(initial=0.0))


def _precision(nest: Nest) -> float:
    if nest.is_torch:
        import torch

        return max(float(torch.finfo(leaf.dtype).eps) for leaf in nest.leaves)
    return max(float(np.finfo(leaf.dtype).eps) for leaf in nest.leaves)


def _unguarded(way: Method) -> Method:
    """f is known to be steady here, so differences need not evaluate it once more to see that."""
    if isinstance(way, FiniteDifferences):
        return FiniteDifferences(way.scheme, way.step, verify=False)
    return way
