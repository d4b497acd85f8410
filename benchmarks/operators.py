"""Every operator that PyTorch ships samples for: right as it is, wrong with an error planted.

python -m benchmarks.operators            # all of them, with counts
python -m benchmarks.operators --share 3  # a fixed third
"""

from __future__ import annotations

import argparse
import collections
import itertools
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree

from backlight.errors import BacklightError
from backlight.gradients.check import check
from backlight.gradients.checking.recheck import projected

FACTORS = (1.01, 2.0, -1.0)
_SEED = 7
# Of the first samples the one is taken that is nearest to the welcome size.
_WELCOME = 8
_LARGEST = 2_000
_SAMPLES_TRIED = 8
# Derivatives below this are rounding.
_ROUNDING = 1e-12
_COARSE = "planted, but too small to be seen through the operator's own rounding"
_UNDEFINED = {
    "normal": "random by a seed of its own, with a derivative that is 0 by definition",
    "normal.number_mean": "random by a seed of its own, with a derivative that is 0 by definition",
    "nn.functional.hinge_embedding_loss": "its target is a label, at which it jumps",
    # check finds it: in double precision too, its backward multiplies by 1/6 in single precision.
    "nn.functional.hardsigmoid": "its derivative in PyTorch is off by 3e-8 of itself",
    "as_strided_scatter": "writes elements twice: no derivative there",
    "nn.functional.max_unpool1d": "writes elements twice: no derivative there",
    "nn.functional.max_unpool2d": "writes elements twice: no derivative there",
    "nn.functional.max_unpool3d": "writes elements twice: no derivative there",
}


@dataclass
class Operator:
    """An operator with one sample input: a function of the tensors it is differentiable by."""

    name: str
    run: Callable[..., tuple[torch.Tensor, ...]]
    leaves: tuple[torch.Tensor, ...]

    def score(self, leaves: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Its outputs on a random direction."""
        return projected(self.run(*leaves), self.name)

    def planted(self, factor: float) -> Callable[[tuple[torch.Tensor, ...]], torch.Tensor]:
        """The same score by an autograd function whose backward is multiplied by a factor."""
        run = self.run

        def forward(ctx: Any, *leaves: torch.Tensor) -> tuple[torch.Tensor, ...]:
            ctx.save_for_backward(*leaves)
            with torch.no_grad():
                return tuple(out.clone() for out in run(*leaves))

        def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
            with torch.enable_grad():
                own = [leaf.detach().requires_grad_() for leaf in ctx.saved_tensors]
                outs = run(*own)
            found = torch.autograd.grad(outs, own, grads, allow_unused=True)
            return tuple(None if g is None else factor * g for g in found)

        body = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
        planted = type(self.name, (torch.autograd.Function,), body)
        return lambda leaves: projected(planted.apply(*leaves), self.name)


@dataclass
class Tally:
    """What came of the operators."""

    right: list[str] = field(default_factory=list)
    caught: collections.Counter[float] = field(default_factory=collections.Counter)
    tried: collections.Counter[float] = field(default_factory=collections.Counter)
    skipped: dict[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))
    failures: list[str] = field(default_factory=list)


def entries(share: int = 1) -> list[Any]:
    """The operators' descriptions: all, or a fixed, seeded part of them."""
    from torch.testing._internal.common_methods_invocations import op_db

    if share == 1:
        return list(op_db)
    chosen = np.random.default_rng(_SEED).permutation(len(op_db))[: len(op_db) // share]
    return [op_db[i] for i in sorted(chosen)]


def prepare(entry: Any) -> Operator | str:
    """The operator with the sample that is nearest to the welcome size, or why it cannot be
    checked."""
    found = prepared(entry)
    return found if isinstance(found, str) else found[0]


def prepared(entry: Any) -> list[Operator] | str:
    """The operator with each of its first samples, the nearest to the welcome size first, or why
    it cannot be checked."""
    if not entry.supports_dtype(torch.float64, "cpu"):
        return "takes no float64"
    if not entry.supports_autograd:
        return "not differentiable"
    name = entry.name + (f".{entry.variant_test_name}" if entry.variant_test_name else "")
    if name in _UNDEFINED:
        return _UNDEFINED[name]
    torch.manual_seed(_SEED)
    samples = entry.sample_inputs("cpu", torch.float64, requires_grad=True)
    reason, found = "no sample that is neither empty nor large", []
    for sample in itertools.islice(samples, _SAMPLES_TRIED):
        operator = _operator(name, entry, sample)
        if isinstance(operator, Operator):
            found.append(operator)
        else:
            reason = operator
    found.sort(key=lambda o: abs(math.log(sum(leaf.numel() for leaf in o.leaves) / _WELCOME)))
    return found or reason


def _operator(name: str, entry: Any, sample: Any) -> Operator | str:
    flat, form = _pytree.tree_flatten((sample.input, sample.args, sample.kwargs))
    places = [i for i, v in enumerate(flat) if isinstance(v, torch.Tensor) and v.requires_grad]
    flat = [v.detach().clone() if isinstance(v, torch.Tensor) else v for v in flat]
    leaves = tuple(flat[i] for i in places)
    if any(leaf.layout != torch.strided for leaf in leaves):
        return "sparse"
    if not all(leaf.is_floating_point() for leaf in leaves):
        return "complex"
    if not 0 < sum(leaf.numel() for leaf in leaves) <= _LARGEST:
        return "no sample that is neither empty nor large"

    def run(*own: torch.Tensor) -> tuple[torch.Tensor, ...]:
        values = [v.clone() if isinstance(v, torch.Tensor) else v for v in flat]
        for i, leaf in zip(places, own, strict=True):
            values[i] = leaf.clone()
        given, args, kwargs = _pytree.tree_unflatten(values, form)
        out = entry.gradcheck_wrapper(entry.op, given, *args, **kwargs)
        out = sample.output_process_fn_grad(out)
        outs = [t for t in _pytree.tree_leaves(out) if isinstance(t, torch.Tensor)]
        outs = [torch.view_as_real(t.resolve_conj()) if t.is_complex() else t for t in outs]
        return tuple(outs[i] for i in chosen) if chosen is not None else tuple(outs)

    chosen: list[int] | None = None
    try:
        outs = run(*(leaf.clone().requires_grad_() for leaf in leaves))
    except RuntimeError:
        return "reads the memory beyond its input, which a copy does not have"
    if any(t.layout != torch.strided for t in outs):
        return "sparse"
    chosen = [i for i, t in enumerate(outs) if t.is_floating_point() and t.requires_grad]
    if not any(outs[i].numel() for i in chosen):
        return "no output that is differentiable"
    return Operator(name, run, leaves)


def examine(operator: Operator, tally: Tally) -> None:
    """Check the operator as it is and with planted errors, and note what came of it."""
    try:
        verdict = check(operator.score, operator.leaves)
    except BacklightError as error:
        known = {"random": "random", "finite": "value or derivative not finite"}
        reason = next((r for word, r in known.items() if word in str(error)), None)
        if reason is None:
            tally.failures.append(f"{operator.name}: {error}")
        else:
            tally.skipped[reason].append(operator.name)
        return
    if not verdict.ok:
        tally.failures.append(f"{operator.name}: right, but: {verdict.reason}")
        return
    tally.right.append(operator.name)
    if _is_flat(operator):
        tally.skipped["derivative 0: nothing to plant an error in"].append(operator.name)
        return
    for factor in FACTORS:
        if verdict.resolution > abs(factor - 1):
            tally.skipped[_COARSE].append(f"{operator.name} × {factor}")
            continue
        tally.tried[factor] += 1
        wrong = check(operator.planted(factor), operator.leaves)
        if wrong.ok or wrong.culprit is None or wrong.culprit.operation != operator.name:
            said = f"{wrong.reason} ({wrong.culprit})"
            tally.failures.append(f"{operator.name} × {factor}: {said}")
        else:
            tally.caught[factor] += 1


def _is_flat(operator: Operator) -> bool:
    own = [leaf.clone().requires_grad_() for leaf in operator.leaves]
    found = torch.autograd.grad(operator.score(tuple(own)), own, allow_unused=True)
    return all(g is None or bool((g.abs() < _ROUNDING).all()) for g in found)


def examine_all(chosen: Iterable[Any], progress: Callable[[str, float], None]) -> Tally:
    """All of these, one after the other."""
    tally = Tally()
    for entry in chosen:
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            operator = prepare(entry)
            if isinstance(operator, str):
                tally.skipped[operator].append(entry.name)
            else:
                examine(operator, tally)
        progress(entry.name, time.perf_counter() - start)
    return tally


def summary(tally: Tally) -> Iterator[str]:
    """The counts, line by line."""
    yield f"right: {len(tally.right)}"
    for factor in FACTORS:
        yield f"planted × {factor}: {tally.caught[factor]} of {tally.tried[factor]} named"
    for reason, names in sorted(tally.skipped.items()):
        yield f"skipped, {reason}: {len(names)} ({', '.join(sorted(set(names))[:4])} …)"
    yield f"failures: {len(tally.failures)}"
    yield from (f"  {failure}" for failure in tally.failures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=int, default=1, help="1/SHARE of the operators")
    parser.add_argument("--slow", type=float, default=2.0, help="print operators slower than this")
    options = parser.parse_args()

    def progress(name: str, seconds: float) -> None:
        if seconds > options.slow:
            print(f"{name}: {seconds:.1f} s", flush=True)

    start = time.perf_counter()
    tally = examine_all(entries(options.share), progress)
    print("\n".join(summary(tally)))
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
