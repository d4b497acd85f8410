"""Torch functions and modules, by all ways: the same gradients, and no trace left."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backlight.errors import BacklightError, InputError, MethodError, OutputError, TraceError
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import find_way, gradient

WAYS = ("backprop", "dual", "central", "forward", "backward", "richardson")
DIFFERENCES = WAYS[2:]
TOLERANCE = {"central": 1e-8, "forward": 1e-5, "backward": 1e-5, "richardson": 1e-9}
ways = pytest.mark.parametrize("way", WAYS)
differences = pytest.mark.parametrize("way", DIFFERENCES)


def close(found: Tensor, expected: Tensor, way: str, slack: float = 1.0) -> None:
    tolerance = slack * TOLERANCE.get(way, 1e-12)
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)).double()


@ways
def test_a_function_of_a_nesting(way: str) -> None:
    x = {"a": torch.tensor([0.5, 1.5]).double(), "b": (torch.tensor(2.0).double(),)}
    found = gradient(lambda x: (x["a"].sin() * x["b"][0]).sum(), x, way)
    close(found["a"], 2 * x["a"].cos(), way, 10)
    close(found["b"][0], x["a"].sin().sum(), way, 10)
    assert found["b"][0].shape == ()


@ways
def test_the_parameters_of_a_module(net: nn.Module, way: str) -> None:
    inputs = torch.randn(3, 4, dtype=torch.float64)

    def f(p: Any) -> Tensor:
        return torch.func.functional_call(net, p, (inputs,)).square().sum()

    parameters = dict(net.named_parameters())
    found = gradient(f, parameters, way)
    expected = torch.autograd.grad(f(parameters), list(parameters.values()))
    assert list(found) == list(parameters)
    for g, e in zip(found.values(), expected, strict=True):
        close(g, e, way, 100)
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert not any(g.requires_grad for g in found.values())


@ways
def test_grad_mode_around_it_does_not_matter(net: nn.Module, way: str) -> None:
    x = torch.ones(4, dtype=torch.float64)
    expected = gradient(lambda x: net(x).sum(), x, way)
    with torch.no_grad():
        torch.testing.assert_close(gradient(lambda x: net(x).sum(), x, way), expected)
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        inside = torch.ones(4, dtype=torch.float64)
        torch.testing.assert_close(gradient(lambda x: net(x).sum(), inside, way), expected)
        assert torch.is_inference_mode_enabled()


@ways
def test_the_leaves_are_left_as_they_were(way: str) -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    gradient(lambda x: x.square().sum(), x, way)
    assert x.grad is None
    assert x.requires_grad
    assert x.tolist() == [1.0, 2.0]
    plain = torch.tensor([1.0, 2.0])
    gradient(lambda x: x.square().sum(), plain, way)
    assert not plain.requires_grad


@ways
@pytest.mark.parametrize(
    ("kind", "bound"), [(torch.float32, 3e-3), (torch.bfloat16, 0.2), (torch.float64, 1e-5)]
)
def test_gradients_have_the_type_of_x(way: str, kind: torch.dtype, bound: float) -> None:
    x = torch.tensor([0.5, -1.0, 1.5], dtype=kind)
    found = gradient(lambda x: (x * x * x).sum(), x, way)
    assert found.dtype == kind
    torch.testing.assert_close(found, (3 * x * x), rtol=bound, atol=bound)


@ways
def test_also_where_the_value_is_of_another_type(way: str) -> None:
    x = torch.tensor([0.5, -1.0, 1.5], dtype=torch.float64)
    assert gradient(lambda x: (x**2).sum().float(), x, way).dtype == torch.float64


@ways
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.sin().sum() if x[0] > 0 else x.sum(),
        lambda x: x.sin().sum() * (1 if x.detach().sum().item() > 0 else 2),
        lambda x: sum(v.sin() for v in x.unbind() if float(v.detach()) > -5),
    ],
)
def test_where_vmap_cannot_go_one_direction_at_a_time_does(way: str, f: Any) -> None:
    x = torch.tensor([0.5, 1.5, -0.3], dtype=torch.float64)
    close(gradient(f, x, way), x.cos(), way, 10)


class Cube(torch.autograd.Function):
    """Backward only, in the old style."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, *g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * x * g[0]


@pytest.mark.parametrize("way", [w for w in WAYS if w != "dual"])
def test_an_operation_without_forward_derivative_has_the_other_ways(way: str) -> None:
    x = torch.tensor([0.5, 1.5], dtype=torch.float64)
    close(gradient(lambda x: Cube.apply(x).sum(), x, way), 3 * x * x, way, 10)


def test_an_operation_without_forward_derivative_is_refused_by_duals() -> None:
    x = torch.tensor([0.5, 1.5], dtype=torch.float64)
    with pytest.raises(TraceError, match="use method='backprop' or 'central'") as problem:
        gradient(lambda x: Cube.apply(x).sum(), x, "dual")
    assert "\n" not in str(problem.value)


@ways
def test_a_constant_has_the_gradient_zero(way: str) -> None:
    assert gradient(lambda x: torch.tensor(3.0), torch.ones(2), way).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("hide", [lambda x: x.detach().sum(), torch.no_grad()(lambda x: x.sum())])
def test_what_autograd_cannot_see_is_not_taken_for_a_constant(hide: Any) -> None:
    with pytest.raises(TraceError, match="autograd saw nothing of it"):
        gradient(hide, torch.ones(2))


@ways
@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: x, InputError, r"f returned shape \(2,\): reduce it"),
        (lambda x: float(x.detach().sum()), InputError, "f returned a float: expected a tensor"),
        (lambda x: None, InputError, "NoneType"),
        (lambda x: x.sum().to(torch.complex64), InputError, "complex64"),
        (lambda x: x.sum() / 0, OutputError, "f is inf"),
        (lambda x: (-x).sqrt().sum(), OutputError, "f is nan"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(
    way: str, f: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        gradient(f, torch.ones(2), way)


def test_a_derivative_that_is_not_finite_is_named() -> None:
    with pytest.raises(OutputError, match=r"by x\['a'\] is inf at \(1,\)"):
        gradient(lambda x: x["a"].sqrt().sum(), {"a": torch.tensor([1.0, 0.0])})


@pytest.mark.parametrize("way", [*DIFFERENCES, "dual"])
def test_dropout_in_training_mode_is_noticed(way: str) -> None:
    net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))
    with pytest.raises(InputError, match=r"random.*\.eval\(\)"):
        gradient(lambda x: net(x).sum(), torch.ones(8), way)
    assert net.training
    net.eval()
    assert gradient(lambda x: net(x).sum(), torch.ones(8), way).shape == (8,)


@differences
@pytest.mark.parametrize("loop", [False, True])
def test_other_random_numbers_are_noticed_too(way: str, loop: bool) -> None:
    rng = np.random.default_rng(0)

    def f(x: Tensor) -> Tensor:
        if loop:
            float(x[0])
        return (x * rng.normal()).sum()

    with pytest.raises(InputError, match="two evaluations of f at one x gave"):
        gradient(f, torch.ones(3), way)


@ways
def test_a_function_that_writes_into_its_input_is_noticed_or_right(way: str) -> None:
    x = torch.ones(3, dtype=torch.float64)

    def f(x: Tensor) -> Tensor:
        x.mul_(2)
        return x.square().sum()

    noticed = "it was right, or it writes into its input"
    try:
        close(gradient(f, x, way), torch.full((3,), 8.0).double(), way, 10)
    except InputError as problem:
        noticed = str(problem)
    assert "writes into its input" in noticed
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_the_complex_step_is_for_numpy() -> None:
    with pytest.raises(MethodError, match="use method='dual'"):
        gradient(lambda x: x.sum(), torch.ones(2), "complex-step")


@ways
def test_the_global_random_state_is_left_alone(way: str) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    gradient(lambda x: x.square().sum(), torch.ones(3), way)
    assert torch.equal(before, torch.get_rng_state())


@ways
@pytest.mark.parametrize("loop", [False, True])
def test_derivatives_along_directions_agree(net: nn.Module, way: str, loop: bool) -> None:
    torch.manual_seed(1)
    x = {"x": torch.randn(4).double(), "scale": torch.tensor(1.5).double()}
    directions = {"x": torch.randn(3, 4).double(), "scale": torch.randn(3).double()}

    def f(x: Any) -> Tensor:
        if loop and x["x"][0] > 100:
            return x["x"]
        return net(x["x"]) * x["scale"]

    found = find_way(way).derivatives(f, x, directions)
    one = [
        torch.func.jvp(f, (x,), ({k: d[i] for k, d in directions.items()},))[1] for i in range(3)
    ]
    assert found.shape == (3, 2)
    close(found, torch.stack(one).detach(), way, 10)


@ways
def test_directions_of_the_wrong_shape_are_refused(way: str) -> None:
    with pytest.raises(InputError, match=r"expected \(k, 3\)"):
        find_way(way).derivatives(lambda x: x.sum(), torch.ones(3), torch.ones(2, 4))


@differences
def test_an_error_estimate_bounds_the_error(way: str) -> None:
    x = torch.tensor([0.3, 1.2], dtype=torch.float64)
    found, error = FiniteDifferences(way).with_error(lambda x: x.exp().sum(), x)
    assert bool(((found - x.exp()).abs() <= 3 * error).all())
    assert float(error.max()) < 1e-4


@ways
def test_an_error_of_the_function_itself_comes_through(way: str) -> None:
    with pytest.raises(RuntimeError, match="shape") as problem:
        gradient(lambda x: (x @ torch.ones(5, 5)).sum(), torch.ones(3), way)
    assert not isinstance(problem.value, BacklightError)


def test_threads_that_carry_duals_at_once_do_not_disturb_each_other() -> None:
    """PyTorch counts nested forward derivatives for the whole process."""
    x = torch.linspace(-1, 1, 40, dtype=torch.float64)
    barrier = threading.Barrier(4)

    def work(index: int) -> list[Tensor]:
        def f(at: Tensor) -> Tensor:
            time.sleep(0)  # lets another thread in
            return (at**3).sum() * (index + 1)

        barrier.wait(timeout=60)
        ways = ("dual", "backprop") if index % 2 else ("dual", "central")
        return [gradient(f, x, way) for way in ways * 20]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))
    for index, found in enumerate(results):
        for slope in found:
            assert not slope.requires_grad
            torch.testing.assert_close(slope, 3 * x**2 * (index + 1), rtol=1e-6, atol=1e-6)
