"""The operation or submodule that is wrong, named with its source line."""

from __future__ import annotations

import inspect
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backlight.gradients.check import check
from backlight.gradients.rules import RULES
from backlight.gradients.rules.forms import Elementwise


class HalfSquare(torch.autograd.Function):
    """x², with half of its derivative."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * x


class Product(torch.autograd.Function):
    """a · b, with the derivative by b negated in one row."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        by_b = g * a
        by_b[1] = -by_b[1]
        return g * b, by_b


class GoodCube(torch.autograd.Function):
    """x³, right."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x**3

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g


class Squaring(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return HalfSquare.apply(self.linear(x))  # type: ignore[no-any-return, no-untyped-call]


class ForgetsItsWeight(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight.detach(), self.bias)


def data(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(5))


def line_of(function: Any) -> int:
    return inspect.getsourcelines(function)[1]


def test_the_wrong_autograd_function_is_named_with_the_line_of_its_backward() -> None:
    verdict = check(lambda x: (GoodCube.apply(HalfSquare.apply(x.sin())) + x).sum(), data(3, 4))
    assert not verdict.ok
    assert verdict.culprit is not None
    assert verdict.culprit.operation == "HalfSquare"
    assert verdict.culprit.input == "input 0 (x)"
    assert verdict.culprit.factor == "is 1/2 × the right one"
    assert verdict.culprit.file == __file__
    assert verdict.culprit.line == line_of(HalfSquare.backward)
    assert "HalfSquare" in str(verdict)


def test_the_input_and_the_element_of_an_autograd_function_are_named() -> None:
    verdict = check(lambda x: Product.apply(x[0], x[1]).sum(), (data(3, 4), data(3, 4) + 3))
    assert verdict.culprit is not None
    assert verdict.culprit.operation == "Product"
    assert verdict.culprit.input == "input 1 (b)"
    assert verdict.culprit.element is not None
    assert verdict.culprit.element[0] == 1


def test_a_right_autograd_function_is_right() -> None:
    assert check(lambda x: GoodCube.apply(x.sin()).sum(), data(3, 4)).ok


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_deepest_wrong_submodule_is_named(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), ForgetsItsWeight(4, 3))
    network = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), body, nn.Linear(3, 2))
    verdict = check(network.to(dtype), data(3, 4, dtype=dtype))
    assert not verdict.ok
    assert verdict.culprit is not None
    assert verdict.culprit.operation == "2.2 (ForgetsItsWeight)"
    assert verdict.culprit.input == "weight"
    assert verdict.culprit.factor == "is 0: it is missing"
    assert verdict.culprit.file == __file__
    assert verdict.culprit.line == line_of(ForgetsItsWeight)


def test_the_function_inside_the_submodule_is_named_and_the_others_are_found() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(Squaring(), nn.Tanh(), Squaring()).double()
    verdict = check(network, data(3, 4))
    assert verdict.culprit is not None
    assert verdict.culprit.operation == "HalfSquare in 0 (Squaring)"
    assert verdict.culprit.line == line_of(HalfSquare.backward)
    assert any("HalfSquare in 2 (Squaring)" in finding for finding in verdict.findings)


def test_a_detached_value_is_named_with_the_line_that_detaches_it() -> None:
    def f(x: Tensor) -> Tensor:
        return (x * x.detach()).sum()

    verdict = check(f, data(5))
    assert verdict.culprit is not None
    assert verdict.culprit.operation == "detach"
    assert (verdict.culprit.file, verdict.culprit.line) == (__file__, line_of(f) + 1)


def test_a_hook_that_changes_the_gradient_is_named() -> None:
    def f(x: Tensor) -> Tensor:
        y = x.tanh()
        if y.requires_grad:
            y.register_hook(lambda g: 2 * g)
        return y.sum()

    verdict = check(f, data(5))
    assert verdict.culprit is not None
    assert verdict.culprit.operation == "register_hook"
    assert verdict.culprit.line == line_of(f) + 3


def test_a_wrong_rule_of_a_numpy_function_is_named_with_the_line_that_calls_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RULES, np.arctan, Elementwise(lambda y, a: 2 / (1 + a * a)))

    def f(x: Any) -> Any:
        w = np.sin(x)
        return np.sum(np.arctan(w) * x)

    verdict = check(f, np.array([0.3, 0.5, 0.7]))
    assert verdict.culprit is not None
    assert verdict.culprit.operation == "arctan"
    assert verdict.culprit.factor == "is 2 × the right one"
    assert (verdict.culprit.file, verdict.culprit.line) == (__file__, line_of(f) + 2)


def test_modules_of_many_kinds_are_right_in_single_precision() -> None:
    torch.manual_seed(0)
    convolutions = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten()
    )
    cases: list[tuple[nn.Module, Any]] = [
        (nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.LayerNorm(8)), data(3, 4, dtype=torch.float)),
        (nn.LSTM(4, 5, batch_first=True), data(2, 3, 4, dtype=torch.float)),
        (convolutions, data(2, 3, 8, 8, dtype=torch.float)),
        (nn.Embedding(5, 3), torch.tensor([1, 2, 1])),
        (nn.MultiheadAttention(8, 2), (data(3, 1, 8, dtype=torch.float),) * 3),
    ]
    for module, x in cases:
        verdict = check(module, x)
        assert verdict.ok, f"{type(module).__name__}: {verdict}"


def test_checking_leaves_no_trace_on_a_module() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(Squaring(), nn.BatchNorm1d(4), nn.ReLU(inplace=True))
    network[0].requires_grad_(False)
    x = data(6, 4, dtype=torch.float)
    given = x.clone()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    assert not check(network, x).ok
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(x, given)
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert [p.requires_grad for p in network.parameters()] == [False, False, True, True]
    assert all(p.grad is None for p in network.parameters())
    assert network.training
    assert not any(m._forward_pre_hooks or m._forward_hooks for m in network.modules())


def test_a_profiler_that_was_there_is_put_back_also_after_an_error() -> None:
    def fails(x: Tensor) -> Tensor:
        if x.requires_grad and sys.getprofile() is not mine:
            raise KeyError("inside")
        return HalfSquare.apply(x).sum()  # type: ignore[no-any-return, no-untyped-call]

    def mine(*_: Any) -> None:
        return None

    sys.setprofile(mine)
    try:
        with pytest.raises(KeyError):
            check(fails, data(3))
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)


def test_threads_check_with_one_module_at_once() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 3), ForgetsItsWeight(3, 2)).double()
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: check(network, data(3, 4)), range(3)))
    assert [str(v) for v in found] == [str(found[0])] * 3
    assert found[0].culprit is not None
    assert found[0].culprit.operation == "1 (ForgetsItsWeight)"
