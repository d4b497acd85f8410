"""Torch's solving, determinants and normalisations differentiate twice, by any pair of ways; what
would be wrong without a sign of it is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.errors import TraceError
from backlight.gradients.method import derivatives, gradient
from backlight.gradients.second_order import hessian_vector_product
from backlight.gradients.tensors.twice import PushedTwice

EXACT = ("backprop", "dual")
pairs = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(EXACT, EXACT)))

torch.manual_seed(5)
A = torch.randn(4, 4, dtype=torch.float64)
V = torch.randn(4, 4, dtype=torch.float64)
B = torch.randn(4, dtype=torch.float64)
C = torch.rand(4, dtype=torch.float64)
BATCH = torch.randn(3, 4, 4, dtype=torch.float64)
aten = torch.ops.aten


def images(a: Tensor) -> Tensor:
    """Two images of two channels, of 2×2."""
    return a.reshape(2, 2, 2, 2)


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "solve": lambda a: (B * torch.linalg.solve(a, B)).sum(),
    "solve from the right": lambda a: (torch.linalg.solve(a, V, left=False) ** 2).sum(),
    "solve in an exported program": lambda a: (B * aten.linalg_solve.default(a, B)).sum(),
    "det": lambda a: torch.linalg.det(a),
    "Tensor.det": lambda a: a.det() ** 2,
    "slogdet": lambda a: torch.linalg.slogdet(a)[1],
    "slogdet by name": lambda a: torch.slogdet(a).logabsdet,
    "logdet": lambda a: (a @ a.T).logdet(),
    "layer_norm": lambda a: (F.layer_norm(a, (4,), B, C) ** 3).sum(),
    "layer_norm over two axes": lambda a: (F.layer_norm(a, (4, 4), eps=0.1) ** 3).sum(),
    "layer_norm in an exported program": lambda a: (
        aten.layer_norm.default(a, [4], B, C) ** 3
    ).sum(),
    "batch_norm in training": lambda a: (
        F.batch_norm(a, None, None, B, C, training=True) ** 3
    ).sum(),
    "batch_norm of images": lambda a: (
        F.batch_norm(images(a), None, None, training=True, eps=0.1) ** 3
    ).sum(),
    "batch_norm in use": lambda a: (F.batch_norm(a, B, C, C, B) ** 3).sum(),
    "instance_norm": lambda a: (F.instance_norm(images(a), weight=B[:2], bias=C[:2]) ** 3).sum(),
    "group_norm": lambda a: (F.group_norm(images(a), 2) ** 3).sum(),
    "silu": lambda a: (F.silu(a) ** 3).sum(),
    "mish": lambda a: (F.mish(a) ** 3).sum(),
    "glu": lambda a: (F.glu(a, 0) ** 3).sum(),
}
each = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)


def expected(f: Callable[[Tensor], Tensor], a: Tensor = A, v: Tensor = V) -> Tensor:
    """The Hessian times v, by extrapolated differences of autograd's gradient alone."""

    def slopes(step: float) -> Tensor:
        x = (a + step * v).requires_grad_()
        return torch.autograd.grad(f(x), x)[0]

    long, short = ((slopes(h) - slopes(-h)) / (2 * h) for h in (2e-4, 1e-4))
    return short + (short - long) / 3


def close(found: Tensor, right: Tensor) -> None:
    torch.testing.assert_close(found, right, rtol=0, atol=1e-8 * (1 + float(right.abs().max())))


@each
@pairs
def test_a_gradient_inside_a_derivative_is_the_second_derivative(
    f: Callable[[Tensor], Tensor], outer: str, inner: str
) -> None:
    close(derivatives(lambda a: gradient(f, a, inner), A, V[None], outer)[0], expected(f))


@each
def test_the_hessian_times_a_vector_is_right(f: Callable[[Tensor], Tensor]) -> None:
    for mode in (torch.enable_grad, torch.no_grad):
        with mode():
            found = hessian_vector_product(f, A, V)
        close(found, expected(f))
        assert not found.requires_grad


@pairs
@pytest.mark.skipif(not hasattr(F, "linear_cross_entropy"), reason="PyTorch has none")
def test_cross_entropy_in_chunks_of_rows_is_right_too(outer: str, inner: str) -> None:
    options = nn.LinearCrossEntropyOptions(batch_chunk_size=2)

    def f(a: Tensor) -> Tensor:
        return F.linear_cross_entropy(a, V.cos(), torch.tensor([0, 3, 1, 1]), options=options)

    close(derivatives(lambda a: gradient(f, a, inner), A, V[None], outer)[0], expected(f))


REFUSED_FORWARD: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "linalg.solve_ex": (lambda a: torch.linalg.solve_ex(a, B)[0], r"use torch\.linalg\.solve, or"),
    "linalg.tensorsolve": (lambda a: torch.linalg.tensorsolve(a, B), r"use torch\.linalg\.solve"),
    "cholesky_inverse": (torch.cholesky_inverse, ""),
    "Tensor.cholesky_inverse": (lambda a: a.cholesky_inverse(), ""),
    "linalg.householder_product": (lambda a: torch.linalg.householder_product(a, C), ""),
    "orgqr": (lambda a: torch.orgqr(a, C), ""),
    "cumprod": (lambda a: torch.cumprod(a, 0), ""),
    "Tensor.cumprod": (lambda a: a.cumprod(0), ""),
    "Tensor.orgqr": (lambda a: a.orgqr(C), ""),
    "batch_norm": (
        lambda a: torch.batch_norm(a, B, C, None, None, True, 0.1, 1e-5, False),
        r"the one in torch\.nn\.functional",
    ),
    "instance_norm": (
        lambda a: torch.instance_norm(images(a), None, None, None, None, True, 0.1, 1e-5, False),
        r"the one in torch\.nn\.functional",
    ),
    "native_layer_norm": (
        lambda a: torch.native_layer_norm(a, (4,), None, None, 1e-5)[0],
        r"the one in torch\.nn\.functional",
    ),
    "native_batch_norm": (
        lambda a: torch.native_batch_norm(a, C, B, None, None, True, 0.1, 1e-5)[0],
        r"the one in torch\.nn\.functional",
    ),
    "_native_batch_norm_legit": (
        lambda a: torch._native_batch_norm_legit(a, C, B, True, 0.1, 1e-5)[0],  # type: ignore[attr-defined]
        r"the one in torch\.nn\.functional",
    ),
    "ops.aten._batch_norm_with_update": (
        lambda a: aten._batch_norm_with_update(a, C, B, B.clone(), C.clone(), 0.1, 1e-5)[0],
        r"the one in torch\.nn\.functional",
    ),
    "ops.aten.linalg_solve_ex": (
        lambda a: aten.linalg_solve_ex.default(a, B)[0],
        r"use torch\.linalg\.solve",
    ),
}
INDEX = torch.tensor([[0, 1, 0, 1]])
REFUSED: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "triangular_solve": (
        lambda a: torch.triangular_solve(V, a)[0],
        r"use torch\.linalg\.solve_triangular",
    ),
    "Tensor.triangular_solve": (
        lambda a: V.triangular_solve(a)[0],
        r"use torch\.linalg\.solve_triangular",
    ),
    "scatter_reduce": (
        lambda a: torch.scatter_reduce(a, 0, INDEX, a[:1], "prod"),
        r"differences of the gradient",
    ),
    "Tensor.scatter_reduce": (
        lambda a: a.scatter_reduce(0, INDEX, a[:1], reduce="prod"),
        r"differences of the gradient",
    ),
    "Tensor.scatter_reduce_": (
        lambda a: a.clone().scatter_reduce_(0, INDEX, a[:1], "prod"),
        r"differences of the gradient",
    ),
}


@pytest.mark.filterwarnings("ignore:torch.triangular_solve is deprecated")
@pytest.mark.parametrize("outer", EXACT)
@pytest.mark.parametrize("name", [*REFUSED_FORWARD, *REFUSED])
def test_what_is_wrong_inside_another_derivative_is_refused_by_name(name: str, outer: str) -> None:
    function, instead = {**REFUSED_FORWARD, **REFUSED}[name]

    def f(a: Tensor) -> Tensor:
        return (function(a) ** 2).sum()

    if name in REFUSED_FORWARD:
        instead += ".*method='backprop' for the inner derivative"
    with pytest.raises(TraceError, match=rf"derivative of torch\.{name} gives wrong .*{instead}"):
        derivatives(lambda a: gradient(f, a, "dual"), A, V[None], outer)


@pytest.mark.filterwarnings("ignore:torch.triangular_solve is deprecated")
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_sweep_gets_right_is_refused_there_too(name: str) -> None:
    function, instead = REFUSED[name]
    with pytest.raises(TraceError, match=rf"derivative of torch\.{name} gives wrong .*{instead}"):
        hessian_vector_product(lambda a: (function(a) ** 2).sum(), A, V)


@pytest.mark.parametrize("outer", EXACT)
@pytest.mark.parametrize("name", ["linalg.solve_ex", "linalg.tensorsolve", "native_batch_norm"])
def test_what_the_message_advises_is_right(name: str, outer: str) -> None:
    function, _ = REFUSED_FORWARD[name]

    def f(a: Tensor) -> Tensor:
        return (function(a) ** 3).sum()

    found = derivatives(lambda a: gradient(f, a, "backprop"), A, V[None], outer)[0]
    close(found, expected(f))


def test_products_are_all_that_is_refused_of_scattering() -> None:
    def f(a: Tensor) -> Tensor:
        return (a.scatter_reduce(0, INDEX, a[:1].exp(), "sum") ** 2).sum()

    close(hessian_vector_product(f, A, V), expected(f))


@pytest.mark.parametrize("outer", EXACT)
@pytest.mark.parametrize("tracked", [None, 0.1], ids=["counting", "by hand"])
def test_running_statistics_are_not_written_by_a_forward_derivative_inside_another(
    outer: str, tracked: float | None
) -> None:
    layer = nn.BatchNorm1d(4).double()

    def f(a: Tensor) -> Tensor:
        if tracked is None:
            return (layer(a) ** 3).sum()
        return (F.batch_norm(a, B, C, training=True, momentum=tracked) ** 3).sum()

    with pytest.raises(TraceError, match=r"switch the module to \.eval\(\), or use method='backp"):
        derivatives(lambda a: gradient(f, a, "dual"), A, V[None], outer)
    close(derivatives(lambda a: gradient(f, a), A, V[None], outer)[0], expected(f))


@pytest.mark.parametrize("a", [A, BATCH, A[:0, :0]], ids=["one", "batch", "empty"])
def test_written_out_they_have_the_values_of_torch(a: Tensor) -> None:
    def values() -> list[Tensor]:
        b, columns = torch.ones(a.shape[:-1], dtype=a.dtype), a @ a
        return [
            *(torch.linalg.det(a), *torch.linalg.slogdet(a), torch.logdet(a)),
            *(torch.linalg.solve(a, b), torch.linalg.solve(a, columns)),
            *(F.silu(a), F.mish(a), F.glu(a) if a.numel() else a),
        ]

    plain = values()
    with PushedTwice():
        found = values()
    for one, other in zip(found, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize("module", [nn.SiLU, nn.Mish])
def test_in_place_they_still_write(module: Any) -> None:
    a, plain = A.clone(), A.clone()
    module(inplace=True)(plain)
    with PushedTwice():
        module(inplace=True)(a)
    torch.testing.assert_close(a, plain, rtol=1e-12, atol=1e-12)
    assert not torch.equal(a, A)
