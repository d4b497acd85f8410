"""Agreement with autograd, JAX and torch, to the last digits of double precision."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import autograd
import autograd.numpy
import autograd.scipy.special
import jax
import numpy as np
import pytest
import scipy.special
import torch
from cases_agreement import CASES, Case, Function, Input

from backlight.gradients.method import gradient
from backlight.gradients.second_order import hessian_vector_product

# Older JAX has it in another place.
double_precision = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64
each = pytest.mark.parametrize("case", CASES, ids=[case.function.__name__ for case in CASES])


class Found(NamedTuple):
    """The gradient, and the Hessian times a vector."""

    gradient: Input
    product: Input


def module(whole: Any, **more: Any) -> Any:
    """A library's module, and under NumPy's names what it has elsewhere."""
    return SimpleNamespace(**{**vars(whole), **more})


NUMPY = module(np, logsumexp=scipy.special.logsumexp)
AUTOGRAD = module(autograd.numpy, logsumexp=autograd.scipy.special.logsumexp)
JAX = module(jax.numpy, logsumexp=jax.scipy.special.logsumexp)
TORCH = module(torch, sort=lambda x: torch.sort(x).values)


def by_autograd(f: Function, x: Input, v: Input) -> Found:
    times, slopes = autograd.make_hvp(lambda p: f(AUTOGRAD, p))(x)
    return Found(slopes, times(v))


def by_jax(f: Function, x: Input, v: Input) -> Found:
    with double_precision(True):
        x, v = jax.tree.map(jax.numpy.asarray, (x, v))
        found = jax.jvp(jax.grad(lambda p: f(JAX, p)), (x,), (v,))
        return Found(*jax.tree.map(np.asarray, found))


def by_torch(f: Function, x: Input, v: Input) -> Found:
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in x.items()}
    slopes = torch.autograd.grad(f(TORCH, leaves), [*leaves.values()], create_graph=True)
    along = sum((s * torch.as_tensor(d)).sum() for s, d in zip(slopes, v.values(), strict=True))
    products = torch.autograd.grad(along, [*leaves.values()], materialize_grads=True)
    return Found(
        {name: s.detach().numpy() for name, s in zip(x, slopes, strict=True)},
        {name: p.numpy() for name, p in zip(x, products, strict=True)},
    )


libraries = pytest.mark.parametrize("library", [by_autograd, by_jax, by_torch])


def along(x: Input) -> Input:
    rng = np.random.default_rng(8)
    return {name: np.asarray(rng.normal(size=np.shape(a))) for name, a in x.items()}


def assert_same(found: Input, expected: Input) -> None:
    """To 1e-12 of the largest entry of each array."""
    assert found.keys() == expected.keys()
    for name, a in found.items():
        assert np.shape(a) == np.shape(expected[name])
        assert a.dtype == expected[name].dtype == np.float64
        largest = np.abs(expected[name]).max()
        np.testing.assert_allclose(a, expected[name], rtol=1e-12, atol=1e-12 * max(1.0, largest))


@libraries
@each
@pytest.mark.parametrize("way", ["backprop", "dual"])
def test_the_gradient_of_a_numpy_function_is_theirs(
    way: str, case: Case, library: Callable[[Function, Input, Input], Found]
) -> None:
    expected = library(case.function, case.x, along(case.x)).gradient
    assert any(np.any(a) for a in expected.values())
    assert_same(gradient(lambda p: case.function(NUMPY, p), case.x, way), expected)


@libraries
@each
def test_the_hessian_of_a_numpy_function_times_a_vector_is_theirs(
    case: Case, library: Callable[[Function, Input, Input], Found]
) -> None:
    v = along(case.x)
    expected = library(case.function, case.x, v).product
    found = hessian_vector_product(lambda p: case.function(NUMPY, p), case.x, v)
    assert any(np.any(a) for a in expected.values())
    assert_same(found, expected)


@each
@pytest.mark.parametrize("way", ["backprop", "dual"])
def test_the_gradient_of_a_torch_function_is_that_of_jax(way: str, case: Case) -> None:
    expected = by_jax(case.function, case.x, along(case.x))
    x = {name: torch.tensor(a) for name, a in case.x.items()}
    v = {name: torch.tensor(a) for name, a in along(case.x).items()}
    found = gradient(lambda p: case.function(TORCH, p), x, way)
    assert_same({k: a.numpy() for k, a in found.items()}, expected.gradient)
    product = hessian_vector_product(lambda p: case.function(TORCH, p), x, v)
    assert_same({k: a.numpy() for k, a in product.items()}, expected.product)


def test_the_precision_of_jax_elsewhere_is_left_as_it_was() -> None:
    by_jax(CASES[0].function, CASES[0].x, along(CASES[0].x))
    assert jax.numpy.ones(2).dtype == np.float32
