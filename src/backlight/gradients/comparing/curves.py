"""What the curves of a comparison show: errors against the step, times against the size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from backlight.errors import BacklightError
from backlight.gradients.comparing.measure import median_seconds
from backlight.gradients.containers import Nest, take_apart
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import find_way

if TYPE_CHECKING:
    from backlight.gradients.compare import Comparison

_SCHEMES: Final = ("forward", "central", "richardson", "complex-step")
# Of a large x the errors are looked at along this many random directions.
_DIRECTIONS: Final = 8
# A way whose gradient takes longer than this (seconds) is not tried on more inputs.
_PATIENCE: Final = 0.5


def step_errors(comparison: Comparison) -> tuple[Any, dict[str, Any]]:
    """The steps, and for each scheme the largest error of its derivatives, relative to the largest
    derivative; as they are where all derivatives are zero (`has_slope`). A scheme that refuses f is
    left out."""
    nest = take_apart(comparison.x)
    directions, truth = _directions(comparison, nest)
    size = max(float(abs(leaf).max()) for leaf in nest.leaves if np.prod(np.shape(leaf)))
    scale = min(1.0, size) or 1.0
    steps = scale * np.logspace(-13, 0, 53)
    errors = {}
    largest = float(np.abs(truth).max()) or 1.0
    for scheme in _SCHEMES:
        found = [
            _error(FiniteDifferences(scheme, float(h), verify=False), comparison, directions, truth)
            for h in steps
        ]
        if not np.isnan(found).all():
            errors[scheme] = np.array(found) / largest
    return steps, errors


def has_slope(comparison: Comparison) -> bool:
    """Whether there is a derivative that is not zero, which errors can be relative to."""
    _, truth = _directions(comparison, take_apart(comparison.x))
    return bool(np.any(truth))


def best_step(errors: Any) -> int:
    """Which of a scheme's errors is the least; of those that are as good as none the first."""
    return int(np.nanargmin(np.maximum(errors, np.finfo(float).eps / 8)))


def costs(comparison: Comparison) -> tuple[dict[str, Any], dict[str, Any]]:
    """For each way the numbers of inputs it was tried on, and the seconds it took."""
    nest = take_apart(comparison.x)
    total = comparison.inputs
    sizes = sorted({round(float(n)) for n in np.geomspace(1, total, min(9, total))})
    counts: dict[str, Any] = {}
    times: dict[str, Any] = {}
    for row in comparison.rows:
        if row.gradient is None or row.way.split(",")[0] in ("backward", "richardson"):
            continue  # they cost what forward does, and twice what central does
        taken: list[float] = []
        for size in sizes:
            try:
                taken.append(_seconds(comparison, nest, row.way, size))
            except BacklightError:
                break
            if taken[-1] > _PATIENCE:
                break
        if taken:
            counts[row.way], times[row.way] = np.array(sizes[: len(taken)]), np.array(taken)
    return counts, times


def _seconds(comparison: Comparison, nest: Nest, way: str, size: int) -> float:
    f, x = _of_first(comparison.f, nest, size)
    method = find_way(way.split(",")[0])
    return median_seconds(lambda: method.gradient(f, x), _PATIENCE)


def _of_first(f: Callable[[Any], Any], nest: Nest, size: int) -> tuple[Callable[[Any], Any], Any]:
    """f as a function of the first numbers in x alone, and these: whole leaves stay whole."""
    whole, left = 0, size
    while whole < len(nest.leaves) and left >= _count(nest.leaves[whole]):
        left -= _count(nest.leaves[whole])
        whole += 1
    moving = list(nest.leaves[:whole])
    split = nest.leaves[whole] if left else None
    if split is not None:
        flat = split.reshape(-1)
        moving.append(flat[:left])
        rest = flat[left:]

    def of_first(x: Any) -> Any:
        leaves = [*x, *nest.leaves[len(x) :]]
        if split is not None:
            joined = _join(x[-1], rest, nest.is_torch)
            leaves[whole] = joined.reshape(tuple(split.shape))
        return f(nest.rebuild(leaves))

    return of_first, moving


def _join(a: Any, b: Any, is_torch: bool) -> Any:
    if is_torch:
        import torch

        return torch.cat([a, b])
    return np.concatenate([a, b])


def _count(leaf: Any) -> int:
    return int(np.prod(tuple(leaf.shape)))


def _error(way: FiniteDifferences, comparison: Comparison, directions: Any, truth: Any) -> float:
    try:
        with np.errstate(all="ignore"):
            found = way.derivatives(comparison.f, comparison.x, directions)
    except BacklightError:  # the step left the domain of f
        return float("nan")
    return float(np.abs(np.asarray(found, float).reshape(-1) - truth).max())


def _directions(comparison: Comparison, nest: Nest) -> tuple[Any, Any]:
    """Directions nested like x, and the true derivatives along them."""
    total = comparison.inputs
    if total <= _DIRECTIONS:
        flat = np.eye(total)
    else:
        flat = np.random.default_rng(0).choice([-1.0, 1.0], (_DIRECTIONS, total))
    gradients = take_apart(comparison.row(comparison.truth).gradient).leaves
    truth = flat @ np.concatenate([np.asarray(g, float).reshape(-1) for g in gradients])
    parts: list[Any] = []
    start = 0
    for leaf in nest.leaves:
        size = _count(leaf)
        part = flat[:, start : start + size].reshape(-1, *tuple(leaf.shape))
        start += size
        if nest.is_torch:
            import torch

            parts.append(torch.as_tensor(part).to(leaf))
        else:
            parts.append(part.astype(leaf.dtype))
    return nest.rebuild(parts), truth
