"""Solving and determinants in torch functions differentiate twice, by any pair of ways."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from backlight.errors import TraceError
from backlight.gradients.method import derivatives, gradient
from backlight.gradients.second_order import hessian_vector_product
from backlight.gradients.tensors.factors import Factored

EXACT = ("backprop", "dual")
pairs = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(EXACT, EXACT)))

torch.manual_seed(5)
A = torch.randn(4, 4, dtype=torch.float64)
V = torch.randn(4, 4, dtype=torch.float64)
B = torch.randn(4, dtype=torch.float64)
BATCH = torch.randn(3, 4, 4, dtype=torch.float64)

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "solve": lambda a: (B * torch.linalg.solve(a, B)).sum(),
    "solve from the right": lambda a: (torch.linalg.solve(a, V, left=False) ** 2).sum(),
    "det": lambda a: torch.linalg.det(a),
    "Tensor.det": lambda a: a.det() ** 2,
    "slogdet": lambda a: torch.linalg.slogdet(a)[1],
    "slogdet by name": lambda a: torch.slogdet(a).logabsdet,
    "logdet": lambda a: (a @ a.T).logdet(),
}
each = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)


def hessian_times_v(f: Callable[[Tensor], Tensor]) -> Tensor:
    """By torch's backward of its backward."""
    product: Tensor = torch.autograd.functional.hvp(f, A, V)[1]
    return product


@each
@pairs
def test_a_gradient_inside_a_derivative_is_the_second_derivative(
    f: Callable[[Tensor], Tensor], outer: str, inner: str
) -> None:
    found = derivatives(lambda a: gradient(f, a, inner), A, V[None], outer)[0]
    torch.testing.assert_close(found, hessian_times_v(f), rtol=1e-11, atol=1e-11)


@each
def test_the_hessian_times_a_vector_is_right(f: Callable[[Tensor], Tensor]) -> None:
    expected = hessian_times_v(f)
    for mode in (torch.enable_grad, torch.no_grad):
        with mode():
            found = hessian_vector_product(f, A, V)
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
        assert not found.requires_grad


@pytest.mark.parametrize("function", [torch.linalg.solve_ex, torch.linalg.tensorsolve])
@pytest.mark.parametrize("outer", EXACT)
def test_what_has_no_derivative_of_its_forward_derivative_is_refused(
    function: Any, outer: str
) -> None:
    def f(a: Tensor) -> Tensor:
        solved = function(a, B)
        return (solved if isinstance(solved, Tensor) else solved.result).sum()

    with pytest.raises(TraceError, match=r"use torch\.linalg\.solve"):
        derivatives(lambda a: gradient(f, a, "dual"), A, V[None], outer)


@pytest.mark.parametrize("a", [A, BATCH, A[:0, :0]], ids=["one", "batch", "empty"])
def test_written_out_they_have_the_values_of_torch(a: Tensor) -> None:
    b, columns = torch.ones(a.shape[:-1], dtype=a.dtype), a @ a
    plain = [
        *(torch.linalg.det(a), *torch.linalg.slogdet(a), torch.logdet(a)),
        *(torch.linalg.solve(a, b), torch.linalg.solve(a, columns)),
    ]
    with Factored():
        found = [
            *(torch.linalg.det(a), *torch.linalg.slogdet(a), torch.logdet(a)),
            *(torch.linalg.solve(a, b), torch.linalg.solve(a, columns)),
        ]
    for one, other in zip(found, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12, equal_nan=True)
