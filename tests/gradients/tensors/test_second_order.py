"""Second derivatives of torch functions: closed forms, torch's own, and the NumPy version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import InputError, OutputError
from backlight.gradients.tensors import second_order as torch_second_order

X = torch.tensor([0.3, -1.2, 0.8], dtype=torch.float64)
A = torch.tensor([[1.0, 2.0, 0.0], [0.5, -1.0, 3.0]], dtype=torch.float64)


class Cube(torch.autograd.Function):
    """In the old style, and without forward derivative."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, *g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * x * g[0]


def smooth(x: Tensor) -> Tensor:
    return ((A @ x).sin() ** 2).sum() + x.prod() + torch.logsumexp(x, 0)


def by_cases(x: Tensor) -> Tensor:
    return smooth(x) if float(x.detach().sum()) < 100 else x.sum()


@pytest.mark.parametrize("f", [smooth, by_cases], ids=["vmap", "one at a time"])
def test_the_hessian_is_torchs_own(f: Any) -> None:
    expected = torch.func.hessian(smooth)(X)
    found = bl.hessian(f, X)
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-14)
    assert not found.requires_grad
    v = torch.tensor([0.5, 2.0, -1.0], dtype=torch.float64)
    torch.testing.assert_close(bl.hessian_vector_product(f, X, v), expected @ v)


def test_it_agrees_with_the_numpy_version() -> None:
    a = A.numpy()

    def f(x: Any) -> Any:
        return np.sum(np.sin(a @ x) ** 2) + np.prod(x) + np.logaddexp.reduce(x)

    np.testing.assert_allclose(bl.hessian(smooth, X), bl.hessian(f, X.numpy()), rtol=1e-12)


def test_a_quadratic_form_has_its_matrix() -> None:
    m = A.T @ A
    found = bl.hessian(lambda x: 0.5 * x @ m @ x, X)
    torch.testing.assert_close(found, m)


def test_a_function_for_autograd_alone_is_swept_twice() -> None:
    found = bl.hessian(lambda x: Cube.apply(x).sum() + x.prod(), X)
    a, b, c = X.tolist()
    expected = torch.diag(6 * X) + torch.tensor([[0, c, b], [c, 0, a], [b, a, 0]]).to(X)
    torch.testing.assert_close(found, expected)
    product = bl.hessian_vector_product(lambda x: Cube.apply(x).sum(), X, X)
    torch.testing.assert_close(product, 6 * X * X)


def test_the_parameters_of_a_module_in_a_nesting() -> None:
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    p = dict(net.named_parameters())

    def f(p: Any) -> Tensor:
        return torch.func.functional_call(net, p, (X,)).square().sum()

    found = bl.hessian(f, p)
    expected = torch.func.hessian(f)(p)
    for a in p:
        for b in p:
            assert found[a][b].shape == (*p[a].shape, *p[b].shape)
            torch.testing.assert_close(found[a][b], expected[a][b].detach(), rtol=1e-11, atol=1e-13)
    v = {n: torch.randn_like(q) for n, q in p.items()}
    product = bl.hessian_vector_product(f, p, v)
    summed = sum(found["0.weight"][b].flatten(2) @ v[b].detach().flatten() for b in p)
    torch.testing.assert_close(product["0.weight"], summed, rtol=1e-11, atol=1e-13)
    assert all(q.grad is None and q.requires_grad for q in p.values())


def test_directions_are_carried_in_chunks_that_fit_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch_second_order, "BATCH_BYTES", 2 * 8 * 3)
    widths = []
    pushed = torch_second_order.pushed

    def watched(f: Any, leaves: Any, along: Any, chunk: int) -> Tensor:
        widths.append(len(along[0]))
        return pushed(f, leaves, along, chunk)

    monkeypatch.setattr(torch_second_order, "pushed", watched)
    torch.testing.assert_close(bl.hessian(smooth, X), torch.func.hessian(smooth)(X))
    assert widths == [2, 1]


def test_numbers_empty_tensors_and_single_precision() -> None:
    found = bl.hessian(lambda x: x**3, torch.tensor(2.0))
    assert found.shape == ()
    assert found.dtype == torch.float32
    assert float(found) == 12.0
    found = bl.hessian(lambda x: x["a"].sum() ** 2, {"a": torch.ones(2), "b": torch.ones(0, 2)})
    assert found["a"]["b"].shape == (2, 0, 2)
    torch.testing.assert_close(found["a"]["a"], torch.full((2, 2), 2.0))
    mixed = {"a": torch.ones(1), "b": torch.ones(1, dtype=torch.float64)}
    found = bl.hessian(lambda x: (x["a"] * x["b"]).sum(), mixed)
    assert found["a"]["b"].dtype == torch.float32
    assert float(found["b"]["a"]) == 1.0


def test_a_linear_function_has_the_hessian_zero() -> None:
    torch.testing.assert_close(bl.hessian(lambda x: x.sum(), X), torch.zeros(3, 3).to(X))
    torch.testing.assert_close(bl.hessian(lambda x: X.sum(), X), torch.zeros(3, 3).to(X))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_grad_mode_around_it_does_not_matter(mode: Any) -> None:
    expected = bl.hessian(smooth, X)
    with mode():
        found = bl.hessian(lambda x: smooth(x), X.clone())
    torch.testing.assert_close(found, expected)


def test_a_hessian_inside_a_gradient_is_a_third_derivative() -> None:
    for way in ("backprop", "dual"):
        found = bl.gradient(lambda x: bl.hessian(lambda y: (y**4).sum(), x).trace(), X, way)
        torch.testing.assert_close(found, 24 * X)
        found = bl.gradient(
            lambda x: bl.hessian_vector_product(lambda y: (y**4).sum(), x, x).sum(), X, way
        )
        torch.testing.assert_close(found, 36 * X**2)


def test_what_is_not_finite_is_named_the_value_first() -> None:
    x = torch.tensor([1.0, 0.0])
    with pytest.raises(OutputError, match="f is -inf"):
        bl.hessian(lambda x: x.log().sum(), x)
    with pytest.raises(OutputError, match=r"by x is inf at \(1,\)"):
        bl.hessian(lambda x: x.sqrt().sum(), x)
    with pytest.raises(OutputError, match=r"by x is (inf|nan) at "):
        bl.hessian(lambda x: (x**1.5).sum(), x)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="reduce it"):
        bl.hessian(lambda x: x * 2, X)
    with pytest.raises(InputError, match="expected those of x"):
        bl.hessian_vector_product(smooth, X, torch.ones(2))
    with pytest.raises(InputError, match="give one kind"):
        bl.hessian_vector_product(smooth, X, np.ones(3))
    with pytest.raises(InputError, match=r"\.eval\(\)"):
        bl.hessian(lambda x: nn.functional.dropout(x, 0.5).square().sum(), X)
