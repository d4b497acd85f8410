"""Every operator that PyTorch ships samples for: right as it is, wrong with an error planted in it;
its second derivatives right or refused.

A fixed, seeded sixth of the operators; `python -m benchmarks.operators` and
`python -m benchmarks.second_derivatives` go through all.
"""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from backlight.gradients.tensors import nesting
from backlight.gradients.tensors.batches import WrittenOut

pytest.importorskip("expecttest", reason="PyTorch's operator samples need it")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A benchmark by its name; they lie outside of the package."""
    monkeypatch.syspath_prepend(str(pathlib.Path(__file__).parents[2]))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The samples are small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def ignored(name: str, seconds: float) -> None:
    """No progress is shown."""


def test_operators_are_right_and_planted_errors_are_caught_and_named(benchmark: Any) -> None:
    module = benchmark("operators")
    chosen = module.entries(share=6)
    tally = module.examine_all(chosen, ignored)
    assert tally.failures == []
    assert len(tally.right) > 60
    skipped = sum(len(v) for k, v in tally.skipped.items() if not k.startswith("derivative 0"))
    assert len(tally.right) + skipped == len(chosen)
    for factor in (1.01, 2.0, -1.0):
        assert tally.caught[factor] == tally.tried[factor] > 55


def test_second_derivatives_of_operators_are_right_or_refused(benchmark: Any) -> None:
    chosen = benchmark("operators").entries(share=6)
    module = benchmark("second_derivatives")
    tally = module.examine_all(chosen, ignored, samples=1)
    assert tally.wrong == []
    assert len(tally.compared) > 60
    assert len(tally.compared) + sum(map(len, tally.skipped.values())) == len(chosen)
    for way in module.WAYS:
        assert tally.right[way] + len(tally.refused[way]) == tally.samples
        assert tally.right[way] > 0.8 * tally.samples


def test_a_second_derivative_that_is_wrong_is_seen(
    benchmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch's own forward derivatives, unguarded: those of two operators are known to be wrong
    inside another derivative, that of the third is right."""
    monkeypatch.setattr(nesting, "PushedTwice", WrittenOut)
    names = ("nn.functional.layer_norm", "cholesky_inverse", "nn.functional.group_norm")
    chosen = [entry for entry in benchmark("operators").entries() if entry.name in names]
    tally = benchmark("second_derivatives").examine_all(chosen, ignored, samples=1)
    assert {wrong.split(":")[0] for wrong in tally.wrong} == {
        f"{name}, {outer} over dual" for name in names[:2] for outer in ("backprop", "dual")
    }
