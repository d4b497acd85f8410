"""Agreement with autograd and torch on functions that they have too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from rule_cases import CASES, Case
from test_rules import inputs

from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.rules.elementwise import ELEMENTWISE

autograd = pytest.importorskip("autograd")

# autograd splits ties and folds differently, or has no rule, for these.
_NOT_SHARED = {
    *(np.remainder, np.fmod, np.heaviside, np.copysign, np.cbrt, np.float_power, np.positive),
    *(np.conjugate, np.hypot),
}
SHARED = [
    case
    for case in CASES
    if case.covers in ELEMENTWISE
    and case.function is case.covers
    and case.covers not in _NOT_SHARED
]
_TORCH_NAMES = {
    **{"divide": "divide", "power": "pow", "absolute": "abs", "fabs": "abs", "deg2rad": "deg2rad"},
    **{"rad2deg": "rad2deg", "radians": "deg2rad", "degrees": "rad2deg", "conjugate": "conj"},
}


@pytest.mark.parametrize("case", SHARED, ids=lambda case: case.name)
def test_elementwise_rules_agree_with_autograd(case: Case) -> None:
    import autograd.numpy as anp

    theirs = getattr(anp, case.name)
    for shapes in case.shapes[:4]:
        arrays = inputs(case, shapes, 11)
        _, found = value_and_adjoints(lambda xs: np.sum(case.function(*xs)), arrays)
        for place in range(len(arrays)):
            expected = autograd.grad(lambda *xs: anp.sum(theirs(*xs)), place)(*arrays)
            np.testing.assert_allclose(found[place], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "case",
    [c for c in SHARED if hasattr(torch, _TORCH_NAMES.get(c.name, c.name))],
    ids=lambda case: case.name,
)
def test_elementwise_rules_agree_with_torch(case: Case) -> None:
    theirs = getattr(torch, _TORCH_NAMES.get(case.name, case.name))
    for shapes in case.shapes[:4]:
        arrays = inputs(case, shapes, 12)
        _, found = value_and_adjoints(lambda xs: np.sum(case.function(*xs)), arrays)
        tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
        expected = torch.autograd.grad(theirs(*tensors).sum(), tensors)
        for g, e in zip(found, expected, strict=True):
            np.testing.assert_allclose(g, e.numpy(), rtol=1e-10, atol=1e-12)


def _network(np_: Any) -> Any:
    def f(p: Any) -> Any:
        w, b, x = p
        z = np_.tanh(np_.dot(x, w) + b)
        shifted = z - np_.max(z, axis=1, keepdims=True)
        p = np_.exp(shifted) / np_.sum(np_.exp(shifted), axis=1, keepdims=True)
        return -np_.mean(np_.log(p[np.arange(5), [0, 1, 2, 0, 1]]))

    return f


def test_a_classifier_agrees_with_autograd() -> None:
    import autograd.numpy as anp

    rng = np.random.default_rng(0)
    p = [rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(5, 4))]
    _, found = value_and_adjoints(_network(np), p)
    for g, e in zip(found, autograd.grad(_network(anp))(p), strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda a: np.linalg.slogdet(a)[1], lambda a: torch.linalg.slogdet(a)[1]),
        (lambda a: np.linalg.inv(a), torch.linalg.inv),
        (lambda a: np.linalg.eigvalsh(a + a.T), lambda a: torch.linalg.eigvalsh(a + a.T)),
        (lambda a: np.linalg.cholesky(a @ a.T), lambda a: torch.linalg.cholesky(a @ a.T)),
        (lambda a: np.logaddexp.reduce(a, 1), lambda a: torch.logsumexp(a, 1)),
        (lambda a: np.prod(a, 0), lambda a: torch.prod(a, 0)),
        (lambda a: np.cumprod(a, 1), lambda a: torch.cumprod(a, 1)),
        (lambda a: np.sort(a, 0) * a, lambda a: torch.sort(a, 0)[0] * a),
        (lambda a: np.einsum("ij,kj->ik", a, a), lambda a: torch.einsum("ij,kj->ik", a, a)),
        (
            lambda a: np.pad(a, 1, "reflect"),
            lambda a: torch.nn.functional.pad(a[None], (1,) * 4, "reflect")[0],
        ),
    ],
)
def test_structured_functions_agree_with_torch(ours: Any, theirs: Any) -> None:
    a = np.random.default_rng(3).normal(size=(4, 4)) + 3 * np.eye(4)
    c = np.random.default_rng(4).normal(size=np.shape(ours(a)))
    _, (g,) = value_and_adjoints(lambda xs: np.sum(c * ours(xs[0])), [a])
    x = torch.tensor(a, requires_grad=True)
    (e,) = torch.autograd.grad((torch.tensor(c) * theirs(x)).sum(), x)
    np.testing.assert_allclose(g, e.numpy(), rtol=1e-9, atol=1e-11)
