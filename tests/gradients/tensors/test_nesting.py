"""A gradient of a torch function inside another is the second derivative, by any of the ways."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backlight.errors import TraceError
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import find_way, gradient
from backlight.gradients.second_order import hessian_vector_product

EXACT = ("backprop", "dual")
DIFFERENCES = ("central", "forward", "backward", "richardson")
pairs = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(EXACT, EXACT)))

torch.manual_seed(4)
W = torch.randn(3, 4, dtype=torch.float64)
V = torch.randn(4, dtype=torch.float64)
X = torch.randn(4, dtype=torch.float64)
NET = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1)).double()


def sines(x: Tensor) -> Tensor:
    return ((W @ x).sin() ** 3).sum() + x[0] * x[1]


def network(x: Tensor) -> Tensor:
    return NET(x).sum() + x.norm() + torch.logsumexp(x * V, 0)


def by_cases(x: Tensor) -> Tensor:
    """vmap cannot follow it."""
    return (x**3).sum() * (2.0 if float(x.detach()[0]) > 100 else 1.0)


def times(f: Any, x: Tensor, v: Tensor) -> Tensor:
    """The Hessian times a vector, by torch itself."""
    return torch.func.hessian(f)(x) @ v


@pairs
@pytest.mark.parametrize("f", [sines, network])
def test_the_slope_of_the_gradient_is_the_hessian_times_a_vector(
    f: Any, outer: str, inner: str
) -> None:
    found = gradient(lambda x: gradient(f, x, inner) @ V, X, outer)
    torch.testing.assert_close(found, times(f, X, V).detach(), rtol=1e-12, atol=1e-12)
    assert not found.requires_grad


@pairs
def test_where_vmap_cannot_go_it_is_right_all_the_same(outer: str, inner: str) -> None:
    found = gradient(lambda x: gradient(by_cases, x, inner) @ V, X, outer)
    torch.testing.assert_close(found, 6 * X * V, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("ways", list(itertools.product(EXACT, repeat=3)))
def test_three_deep(ways: tuple[str, str, str]) -> None:
    one, two, three = ways

    def second(x: Tensor) -> Tensor:
        return gradient(lambda y: gradient(lambda z: z**4 * z.exp(), y, one), x, two)

    x = torch.tensor(0.7, dtype=torch.float64)
    expected = (x**4 + 12 * x**3 + 36 * x**2 + 24 * x) * x.exp()
    torch.testing.assert_close(gradient(second, x, three), expected, rtol=1e-13, atol=0)


@pairs
def test_what_stands_beside_the_inner_gradient_is_not_all_that_is_followed(
    outer: str, inner: str
) -> None:
    """Cut from the outer one, the inner gradient would be a constant without a sign of it."""
    found = gradient(lambda x: (x * gradient(sines, x, inner)).sum(), X, outer)
    expected = times(sines, X, X) + torch.func.grad(sines)(X)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pairs
def test_what_the_inner_function_holds_of_the_outer_is_followed(outer: str, inner: str) -> None:
    y = torch.arange(1.0, 5.0, dtype=torch.float64)

    def f(x: Tensor) -> Tensor:
        return gradient(lambda y: (x * y**2).sum(), y, inner).square().sum()

    torch.testing.assert_close(gradient(f, X, outer), 8 * X * y**2)
    found = gradient(lambda x: x * gradient(lambda y: x + y, y[0], inner), y[1], outer)
    assert float(found) == 1.0


@pairs
def test_parameters_in_a_nesting(outer: str, inner: str) -> None:
    parameters = {n: p.detach() for n, p in NET.named_parameters()}

    def penalty(p: Any) -> Tensor:
        g = gradient(lambda x: torch.func.functional_call(NET, p, (x,)).sum(), X, inner)
        return g.square().sum()

    found = gradient(penalty, parameters, outer)
    own = {n: p.clone().requires_grad_() for n, p in parameters.items()}
    x = X.clone().requires_grad_()
    score = torch.func.functional_call(NET, own, (x,)).sum()
    (g,) = torch.autograd.grad(score, x, create_graph=True)
    expected = torch.autograd.grad(g.square().sum(), list(own.values()), allow_unused=True)
    for name, e in zip(found, expected, strict=True):
        zero = torch.zeros_like(parameters[name])
        torch.testing.assert_close(found[name], zero if e is None else e, rtol=1e-11, atol=1e-12)


@pairs
def test_derivatives_along_directions_nest_also_in_the_directions(outer: str, inner: str) -> None:
    def f(x: Tensor) -> Tensor:
        return find_way(inner).derivatives(sines, x, torch.stack([x, V]))[0]

    expected = times(sines, X, X) + torch.func.grad(sines)(X)
    torch.testing.assert_close(gradient(f, X, outer), expected, rtol=1e-12, atol=1e-12)
    eye = torch.eye(4, dtype=torch.float64)
    found = find_way(outer).derivatives(lambda x: gradient(sines, x, inner), X, eye)
    torch.testing.assert_close(found, torch.func.hessian(sines)(X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("inner", EXACT)
@pytest.mark.parametrize("outer", DIFFERENCES)
def test_differences_outside_are_of_plain_gradients(outer: str, inner: str) -> None:
    found = gradient(lambda x: gradient(sines, x, inner) @ V, X, outer)
    tolerance = {"richardson": 1e-8, "central": 1e-6}.get(outer, 1e-4)
    torch.testing.assert_close(found, times(sines, X, V), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("scheme", DIFFERENCES)
@pytest.mark.parametrize("outer", EXACT)
def test_differences_inside_of_what_the_outer_is_taken_by_are_refused(
    outer: str, scheme: str
) -> None:
    refused = pytest.raises(TraceError, match="use method='dual' or 'backprop' for the inner one")
    way = FiniteDifferences(scheme)
    with refused:
        gradient(lambda x: way.gradient(sines, x).sum() + x.sum(), X, outer)
    with refused:
        gradient(lambda x: way.gradient(lambda y: (x * y).sum(), V).sum() + x.sum(), X, outer)
    with refused:
        gradient(lambda x: way.derivatives(sines, V, x[None]).sum() + x.sum(), X, outer)


@pytest.mark.parametrize("scheme", DIFFERENCES)
@pytest.mark.parametrize("outer", [*EXACT, "central"])
def test_differences_inside_of_something_else_are_constants(outer: str, scheme: str) -> None:
    found = gradient(lambda x: x.sum() * gradient(lambda y: y**2, V[0], scheme), X, outer)
    torch.testing.assert_close(found, (2 * V[0]).expand(4), rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------ inside torch's own transforms


@pytest.mark.parametrize("way", EXACT)
def test_torch_func_around_it_is_followed(way: str) -> None:
    def slope(x: Tensor) -> Tensor:
        return gradient(sines, x, way) @ V

    torch.testing.assert_close(torch.func.grad(slope)(X), times(sines, X, V))
    batch = torch.stack([X, V])
    found = torch.func.vmap(lambda x: gradient(sines, x, way))(batch)
    torch.testing.assert_close(found, torch.stack([gradient(sines, x) for x in batch]))


@pytest.mark.parametrize("way", EXACT)
def test_a_gradient_by_itself_has_no_history(way: str) -> None:
    x = X.clone().requires_grad_()
    assert not gradient(sines, x, way).requires_grad
    assert not gradient(lambda y: (x * y).sum(), V, way).requires_grad


def test_numpy_inside_torch_is_refused() -> None:
    with pytest.raises(RuntimeError):  # by torch itself: a tensor that is recorded has no array
        gradient(lambda x: x.sum() * float(gradient(np.sum, x.numpy()).sum()), X)


def distances(x: Tensor) -> Tensor:
    """PyTorch has one derivative of it, by a sweep."""
    points = x.reshape(2, 2)
    return torch.cdist(points, points.cos()).sum()


@pytest.mark.parametrize("outer", EXACT)
def test_what_has_no_forward_derivative_is_said_to_have_none(outer: str) -> None:
    with pytest.raises(TraceError, match=r"no forward derivative \(.*cdist.*'backprop' for the in"):
        gradient(lambda x: gradient(distances, x, "dual") @ V, X, outer)


def test_what_autograd_cannot_sweep_twice_is_left_to_differences() -> None:
    def slope(x: Tensor) -> Tensor:
        return gradient(distances, x) @ V

    for twice in (lambda: gradient(slope, X), lambda: hessian_vector_product(distances, X, V)):
        with pytest.raises(TraceError, match=r"no derivative of .*cdist.*'central'.* the outer"):
            twice()
    by_another_way = gradient(
        lambda x: (
            gradient(
                lambda y: torch.linalg.vector_norm(
                    y.view(2, 1, 2) - y.view(2, 2).cos(), dim=-1
                ).sum(),
                x,
            )
            @ V
        ),
        X,
    )
    torch.testing.assert_close(gradient(slope, X, "central"), by_another_way, rtol=1e-6, atol=1e-8)
