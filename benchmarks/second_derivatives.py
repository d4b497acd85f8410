"""Second derivatives of every operator that PyTorch ships samples for: right, or refused.

python -m benchmarks.second_derivatives            # all of them, with counts
python -m benchmarks.second_derivatives --share 3  # a fixed third

Each is taken by the Hessian times a vector and by all nestings of the exact ways, beside central
differences of autograd's gradient, which `python -m benchmarks.operators` checks.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from backlight.errors import BacklightError, OutputError
from backlight.gradients.checking.recheck import projected
from backlight.gradients.method import derivatives, gradient
from backlight.gradients.second_order import hessian_vector_product
from benchmarks.operators import Operator, entries, prepared

Function = Callable[[tuple[Tensor, ...]], Tensor]

_SEED = 11
# Of the first samples of an operator so many are tried.
_SAMPLES = 3
_STEP = 1e-4
# What is wrong is wrong by far more than differences of a gradient leave open.
_SETTLED, _CLOSE = 1e-4, 1e-5
_EXCLUDED = {
    **dict.fromkeys(
        ("bfloat16", "cfloat", "chalf", "float", "half"),
        "casts to lower precision, whose rounding is all that differences see",
    ),
    "linalg.norm.subgradients_at_zero": "at a kink",
    "nn.functional.cosine_embedding_loss": "its target is a label, at which it jumps",
}


def _over(outer: str, inner: str) -> Callable[[Function, Any, Any], Tensor]:
    def product(f: Function, x: Any, v: Any) -> Tensor:
        def slopes(x: Any) -> Tensor:
            return _flat(gradient(f, x, inner))

        if outer == "dual":
            found: Tensor = derivatives(slopes, x, tuple(part[None] for part in v), outer)[0]
            return found
        return _flat(gradient(lambda x: slopes(x) @ _flat(v), x, outer))

    return product


WAYS: dict[str, Callable[[Function, Any, Any], Tensor]] = {
    "hessian_vector_product": lambda f, x, v: _flat(hessian_vector_product(f, x, v)),
    **{
        f"{outer} over {inner}": _over(outer, inner)
        for outer, inner in itertools.product(("backprop", "dual"), repeat=2)
    },
}


@dataclass
class Tally:
    """What came of the operators: samples that were right, for each way, and names."""

    compared: set[str] = field(default_factory=set)
    samples: int = 0
    right: collections.Counter[str] = field(default_factory=collections.Counter)
    refused: dict[str, dict[str, str]] = field(
        default_factory=lambda: collections.defaultdict(dict)
    )
    skipped: dict[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))
    wrong: list[str] = field(default_factory=list)


def examine(operator: Operator, tally: Tally) -> None:
    """Take its second derivatives by every way, and note what came of it."""
    x = operator.leaves
    generator = torch.Generator().manual_seed(_SEED)
    v = tuple(torch.randn(a.shape, dtype=a.dtype, generator=generator) for a in x)

    def f(x: tuple[Tensor, ...]) -> Tensor:
        # Not linear in the outputs, so that the cotangents that they are swept by change as well.
        outs = operator.run(*x)
        return projected([(out, out.tanh()) for out in outs], operator.name)

    expected = _differences(f, x, v)
    if isinstance(expected, str):
        tally.skipped[expected].append(operator.name)
        return
    tally.compared.add(operator.name)
    tally.samples += 1
    largest = float(expected.abs().max())
    for way, product in WAYS.items():
        try:
            found = product(f, x, v)
        except (BacklightError, RuntimeError) as error:
            tally.refused[way][operator.name] = f"{type(error).__name__}: {error}"
            continue
        off = float((found - expected).abs().max())
        if off <= _CLOSE * (1 + largest):
            tally.right[way] += 1
        else:
            tally.wrong.append(f"{operator.name}, {way}: off by {off:.1e}, largest {largest:.1e}")


def _differences(f: Function, x: Sequence[Tensor], v: Sequence[Tensor]) -> Tensor | str:
    """How autograd's gradient changes along v, extrapolated, or why that does not tell."""
    if any(leaf.dtype != torch.float64 for leaf in x):
        return "in single precision"

    def slopes(step: float) -> Tensor:
        return _flat(gradient(f, tuple(a + step * d for a, d in zip(x, v, strict=True))))

    try:
        if not torch.equal(slopes(0), slopes(0)):
            return "random"
        long, short = ((slopes(h) - slopes(-h)) / (2 * h) for h in (_STEP, _STEP / 2))
    except OutputError:
        return "value or derivative not finite"
    except (BacklightError, RuntimeError) as error:
        return f"no gradient: {type(error).__name__}"
    found = short + (short - long) / 3
    if float((short - long).abs().max()) > _SETTLED * (1 + float(found.abs().max())):
        return "beside a kink or a pole: differences of the gradient do not settle"
    return found


def _flat(parts: Iterable[Tensor]) -> Tensor:
    return torch.cat([part.reshape(-1) for part in parts])


def examine_all(
    chosen: Iterable[Any], progress: Callable[[str, float], None], samples: int = _SAMPLES
) -> Tally:
    """All of these, one after the other."""
    tally = Tally()
    for entry in chosen:
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = prepared(entry)
            if isinstance(found, str):
                tally.skipped[found].append(entry.name)
            elif found[0].name in _EXCLUDED:
                tally.skipped[_EXCLUDED[found[0].name]].append(entry.name)
            else:
                for operator in found[:samples]:
                    examine(operator, tally)
        progress(entry.name, time.perf_counter() - start)
    return tally


def summary(tally: Tally) -> Iterator[str]:
    """The counts, line by line."""
    yield f"compared: {len(tally.compared)} operators, {tally.samples} samples"
    for way in WAYS:
        refused = sorted(tally.refused[way].items())
        yield f"{way}: {tally.right[way]} samples right, {len(refused)} operators refused"
        yield from (f"  {name}: {said[:160]}" for name, said in refused)
    for reason, names in sorted(tally.skipped.items()):
        yield f"skipped, {reason}: {len(names)} ({', '.join(sorted(set(names))[:6])} …)"
    yield f"wrong: {len(tally.wrong)}"
    yield from (f"  {wrong}" for wrong in tally.wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=int, default=1, help="1/SHARE of the operators")
    parser.add_argument("--samples", type=int, default=_SAMPLES, help="samples of each operator")
    parser.add_argument("--slow", type=float, default=5.0, help="print operators slower than this")
    options = parser.parse_args()

    def progress(name: str, seconds: float) -> None:
        if seconds > options.slow:
            print(f"{name}: {seconds:.1f} s", flush=True)

    start = time.perf_counter()
    tally = examine_all(entries(options.share), progress, options.samples)
    print("\n".join(summary(tally)))
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
