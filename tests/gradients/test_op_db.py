"""Every operator that PyTorch ships samples for: right as it is, wrong with an error planted in it.

A fixed, seeded sixth of the operators; `python -m benchmarks.operators` goes through all.
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys
from types import ModuleType

import pytest
import torch

pytest.importorskip("expecttest", reason="PyTorch's operator samples need it")


def operators() -> ModuleType:
    """The benchmark of that name, which lies outside of the package."""
    path = pathlib.Path(__file__).parents[2] / "benchmarks" / "operators.py"
    spec = importlib.util.spec_from_file_location("operators_of_op_db", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_operators_are_right_and_planted_errors_are_caught_and_named() -> None:
    module = operators()
    chosen = module.entries(share=6)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the samples are small
    try:
        tally = module.examine_all(chosen, progress=lambda name, seconds: None)
    finally:
        torch.set_num_threads(threads)
    assert tally.failures == []
    assert len(tally.right) > 60
    skipped = sum(len(v) for k, v in tally.skipped.items() if not k.startswith("derivative 0"))
    assert len(tally.right) + skipped == len(chosen)
    for factor in (1.01, 2.0, -1.0):
        assert tally.caught[factor] == tally.tried[factor] > 55
