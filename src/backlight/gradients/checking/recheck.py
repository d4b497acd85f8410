"""The operations inside a function, each checked again at the values it really saw."""

from __future__ import annotations

import contextvars
import functools
import inspect
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from backlight.errors import BacklightError
from backlight.gradients.arrays.reverse import LEVELS
from backlight.gradients.arrays.traced import Traced
from backlight.gradients.checking.problem import Leaves, quiet
from backlight.gradients.checking.subject import Subject, source_of
from backlight.gradients.checking.verdict import Verdict
from backlight.gradients.containers import take_apart

if TYPE_CHECKING:
    from torch import Tensor

_SEED = 1986
# An operation in a loop is looked at so many times.
_MOST_CALLS = 5
# Weights of outputs up to this size are kept.
_KEPT = 100_000
_OWN = os.path.dirname(os.path.dirname(__file__))


def failing_operations(f: Callable[[Any], Any], x: Any) -> list[Verdict]:
    """The operations of f whose derivative is wrong; for torch also where the graph is cut."""
    nest = take_apart(x)
    if not nest.is_torch:
        return _failing_rules(lambda leaves: f(nest.rebuild(leaves)), nest.leaves)
    import torch

    def run() -> None:
        with torch.inference_mode(False), torch.enable_grad():
            f(nest.rebuild([leaf.detach().clone().requires_grad_() for leaf in nest.leaves]))

    from backlight.gradients.checking.cuts import cuts_of

    return failing_functions(run) or cuts_of(run)


def projected(output: Any, name: str) -> Tensor:
    """All floating-point tensors of an output, times fixed normal numbers, as one number."""
    import torch
    from torch.utils import _pytree

    from backlight.errors import InputError

    parts = [t for t in _pytree.tree_leaves(output) if torch.is_tensor(t)]
    parts = [t for t in parts if t.is_floating_point() and t.numel()]
    if not parts:
        raise InputError(f"{name} returned no floating-point tensor: there is nothing to score")
    total = parts[0].new_zeros(())
    for i, t in enumerate(parts):
        known = _weights if t.numel() <= _KEPT else _weights.__wrapped__
        total = total + (t * known(tuple(t.shape), i).to(t)).sum()
    return torch.as_tensor(total)


@functools.lru_cache(maxsize=64)
def _weights(shape: tuple[int, ...], i: int) -> Tensor:
    """Normal numbers, the same whenever asked for."""
    import torch

    with torch.inference_mode(False):
        generator = torch.Generator().manual_seed(_SEED + i)
        weights = torch.randn(shape, generator=generator, dtype=torch.float64)
        scaled: Tensor = weights / weights.numel() ** 0.5
        return scaled


# ------------------------------------------------------------------ rules of NumPy functions


@dataclass
class _Step:
    function: Any
    rule: Any
    values: list[Any]
    options: dict[str, Any]
    followed: list[int]
    source: tuple[str | None, int | None]


class _Seen(Traced):
    """A value that notes down every operation on it."""

    __slots__ = ("steps",)

    def __init__(self, primal: Any, steps: list[_Step], level: int) -> None:
        self.primal, self.steps, self.level = primal, steps, level

    def apply(self, function: Any, rule: Any, args: Any, options: dict[str, Any]) -> Any:
        mine = [isinstance(a, _Seen) and a.level == self.level for a in args]
        values = [a.primal if own else a for a, own in zip(args, mine, strict=True)]
        followed = [i for i, own in enumerate(mine) if own]
        self.steps.append(_Step(function, rule, values, options, followed, _caller()))
        return _Seen(function(*values, **options), self.steps, self.level)


def _failing_rules(function: Callable[[Leaves], Any], leaves: Leaves) -> list[Verdict]:
    steps: list[_Step] = []
    level = next(LEVELS)
    function([_Seen(leaf, steps, level) for leaf in leaves])
    count: dict[Any, int] = {}
    found: dict[Any, Verdict] = {}
    for step in steps:
        key = (step.function, step.source)
        count[key] = count.get(key, 0) + 1
        if key in found or count[key] > _MOST_CALLS:
            continue
        verdict = _judged(_rule_subject(step))
        if verdict is not None:
            found[key] = verdict
    return list(found.values())


def _rule_subject(step: _Step) -> Subject:
    shape = np.shape(step.function(*step.values, **step.options))
    weights = np.random.default_rng(_SEED).standard_normal(shape)[()]

    def filled(leaves: Leaves) -> list[Any]:
        values = list(step.values)
        for i, leaf in zip(step.followed, leaves, strict=True):
            values[i] = leaf
        return values

    def function(leaves: Leaves) -> Any:
        return np.sum(weights * step.function(*filled(leaves), **step.options))

    def claim(leaves: Leaves) -> Leaves:
        values = filled(leaves)
        y = step.function(*values, **step.options)
        g = np.asarray(weights).astype(np.asarray(y).dtype)[()]
        pulled = [step.rule.pull(i, g, y, values, step.options) for i in step.followed]
        return [
            np.broadcast_to(np.asarray(p, float), np.shape(leaf))
            for p, leaf in zip(pulled, leaves, strict=True)
        ]

    leaves = [np.asarray(step.values[i], float)[()] for i in step.followed]
    name = getattr(step.function, "__name__", str(step.function))
    paths = [f"argument {i}" for i in step.followed]
    return Subject(function, claim, leaves, paths, False, name, step.source)


# ------------------------------------------------------------------ functions of torch.autograd


@dataclass
class _Applied:
    function: Any
    args: tuple[Any, ...]
    followed: list[int]


def failing_functions(run: Callable[[], Any]) -> list[Verdict]:
    """The `torch.autograd.Function`s whose backward is wrong at the values they were applied to.

    Args:
        run: evaluates what is checked, recording for autograd.
    """
    applied = _applied_by(run)
    count: dict[Any, int] = {}
    found: dict[Any, Verdict] = {}
    for call in applied:
        cls = call.function
        count[cls] = count.get(cls, 0) + 1
        if cls in found or count[cls] > _MOST_CALLS:
            continue
        verdict = _judged(_applied_subject(call))
        if verdict is not None:
            found[cls] = verdict
    return list(found.values())


def _applied_by(run: Callable[[], Any]) -> list[_Applied]:
    """What is applied in a run, seen by the profiling hook of a thread: nothing of torch is
    exchanged, and other threads do not notice."""
    if not (sys.getprofile() is None or inspect.isroutine(sys.getprofile())):
        # A profiler written in C cannot be called on and put back; another thread is free of it.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(contextvars.copy_context().run, _applied_by, run).result()
    import torch

    code = torch.autograd.Function.apply.__func__.__code__  # type: ignore[attr-defined]
    seen: list[_Applied] = []
    before = sys.getprofile()

    def watch(frame: FrameType, event: Any, argument: Any) -> None:
        if event == "call" and frame.f_code is code:
            here = frame.f_locals
            args = here.get("args", ())
            followed = [
                i
                for i, a in enumerate(args)
                if isinstance(a, torch.Tensor) and a.requires_grad and a.is_floating_point()
            ]
            kept = tuple(a.detach().clone() if torch.is_tensor(a) else a for a in args)
            if followed:
                seen.append(_Applied(here["cls"], kept, followed))
        if before is not None:
            before(frame, event, argument)

    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(before)
    return seen


def _applied_subject(call: _Applied) -> Subject:
    import torch

    def function(leaves: Leaves) -> Any:
        args = [a.clone() if torch.is_tensor(a) else a for a in call.args]
        for i, leaf in zip(call.followed, leaves, strict=True):
            args[i] = leaf.clone()  # not a leaf of autograd: it may be changed in place
        return projected(call.function.apply(*args), call.function.__name__)

    def claim(leaves: Leaves) -> Leaves:
        with torch.inference_mode(False), torch.enable_grad():
            own = [leaf.detach().clone().requires_grad_() for leaf in leaves]
            score = function(own)
            if not score.requires_grad:
                return [torch.zeros_like(leaf) for leaf in leaves]
            found = torch.autograd.grad(score, own, allow_unused=True)
        return [
            torch.zeros_like(leaf) if g is None else g
            for g, leaf in zip(found, leaves, strict=True)
        ]

    cls = call.function
    backward = cls.backward if "backward" in vars(cls) else getattr(cls, "vjp", cls)
    return Subject(
        function,
        claim,
        [call.args[i] for i in call.followed],
        [_argument(cls, i) for i in call.followed],
        True,
        cls.__name__,
        source_of(backward),
    )


def _argument(cls: Any, i: int) -> str:
    """`input 0 (x)`, by the name that forward gives it."""
    import torch

    try:
        names = list(inspect.signature(cls.forward).parameters.values())
    except (TypeError, ValueError):
        return f"input {i}"
    if cls.setup_context is torch.autograd.Function.setup_context:
        names = names[1:]  # the context
    if i < len(names) and names[i].kind is not inspect.Parameter.VAR_POSITIONAL:
        return f"input {i} ({names[i].name})"
    return f"input {i}"


def _judged(subject: Subject) -> Verdict | None:
    """The verdict where it is wrong; None where it is right, or cannot be had."""
    from backlight.gradients.check import judged

    try:
        with quiet(False):
            verdict = judged(subject)
    except (BacklightError, ArithmeticError, ValueError, RuntimeError):
        return None  # not fit to be checked by itself
    return None if verdict.ok else verdict


def _caller() -> tuple[str | None, int | None]:
    """The file and line of the code that called, outside of this package, NumPy and torch."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        parts = name.replace(os.sep, "/")
        inside = name.startswith(_OWN) or "/numpy/" in parts or "/torch/" in parts
        if not inside and not name.startswith("<"):
            return name, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None, None
