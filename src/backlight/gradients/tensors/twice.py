"""Torch's operations written so that their derivatives can be differentiated again, or refused.

Some of PyTorch's forward derivatives use what the forward pass has kept (the factorisation of a
matrix, the mean and spread of a layer) as constants, and the backward passes of a few operations
have no right derivative either. Second derivatives are then wrong without a sign of it. Within
these modes the common ones are computed from operations that are right, the others raise. Common
activations whose forward derivative has none of its own are computed so as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.nn import functional as F

from backlight.errors import TraceError
from backlight.gradients.tensors.batches import WrittenOut


class SweptTwice(WrittenOut):
    """For a backward sweep that is differentiated again."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        called = _packet(func)
        if called in _WRONG:
            _refuse(*_WRONG[called])
        if called in _SCATTERING and "prod" in (*args, *kwargs.values()):
            _refuse(*_SCATTERING[called])
        if called is _CROSS_ENTROPY:
            # In chunks of rows it keeps its own gradient instead of what that is computed from.
            kwargs = {**kwargs, "options": None}
        return super().__torch_function__(func, types, args, kwargs)


class PushedTwice(SweptTwice):
    """For a forward derivative that is differentiated again."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        called = _packet(func)
        written = _WRITTEN.get(called)
        if written is not None:
            return written(*args, **(kwargs or {}))
        if called in _WRONG_FORWARD:
            _refuse(*_WRONG_FORWARD[called])
        return super().__torch_function__(func, types, args, kwargs)


def _packet(func: Any) -> Any:
    """Of the overloads that exported programs call, the operation."""
    return getattr(func, "overloadpacket", func)


def _refuse(name: str, instead: str) -> NoReturn:
    raise TraceError(
        f"PyTorch's derivative of {name} gives wrong numbers when it is differentiated again: "
        f"{instead}"
    )


# ------------------------------------------------------------------ solving and determinants


def _solve(A: Tensor, B: Tensor, *, left: bool = True, out: None = None) -> Tensor:
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    columns = B[..., None] if vector else B
    solved: Tensor = torch.linalg.lu_solve(*torch.linalg.lu_factor(A), columns, left=left)
    return solved[..., 0] if vector else solved


def _sign_and_diagonal(A: Tensor) -> tuple[Tensor, Tensor]:
    """Whether rows changed places an odd number of times, as a sign, and the diagonal of U."""
    factors, pivots = torch.linalg.lu_factor(A)
    stayed = torch.arange(1, A.shape[-1] + 1, dtype=pivots.dtype, device=A.device)
    sign = 1 - 2 * ((pivots != stayed).sum(-1) % 2)
    return sign.to(A.dtype), factors.diagonal(dim1=-2, dim2=-1)


def _det(A: Tensor, *, out: None = None) -> Tensor:
    sign, diagonal = _sign_and_diagonal(A)
    return sign * diagonal.prod(-1)


def _slogdet(A: Tensor, *, out: None = None) -> Any:
    sign, diagonal = _sign_and_diagonal(A)
    pair = (sign * diagonal.sign().prod(-1), diagonal.abs().log().sum(-1))
    return torch.return_types.slogdet(pair)


def _logdet(A: Tensor) -> Tensor:
    sign, logarithm = _slogdet(A)
    return torch.where(sign < 0, torch.nan, logarithm)


# ------------------------------------------------------------------ normalisation


def _normalised(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    centred = x - x.mean(axes, keepdim=True)
    return centred * (centred.square().mean(axes, keepdim=True) + eps).rsqrt()


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Each channel of (n, C, …) by its own weight and bias."""
    shape = (-1, *[1] * (x.ndim - 2))
    x = x if weight is None else x * weight.view(shape)
    return x if bias is None else x + bias.view(shape)


def _layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    found = _normalised(input, tuple(range(-len(normalized_shape), 0)), eps)
    found = found if weight is None else found * weight
    return found if bias is None else found + bias


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    if not training:
        return F.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    _refuse_running(running_mean)
    return _scaled(_normalised(input, (0, *range(2, input.ndim)), eps), weight, bias)


def _instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    if not use_input_stats:
        return F.instance_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    _refuse_running(running_mean)
    return _scaled(_normalised(input, tuple(range(2, input.ndim)), eps), weight, bias)


def _refuse_running(mean: Tensor | None) -> None:
    if mean is not None:
        raise TraceError(
            "a normalisation in training mode writes running statistics, which a forward "
            "derivative inside another one cannot follow: switch the module to .eval(), or use "
            f"{_BACKPROP}"
        )


# ------------------------------------------------------------------ activations


def _silu(input: Tensor, inplace: bool = False) -> Tensor:
    found = input * input.sigmoid()
    return input.copy_(found) if inplace else found


def _mish(input: Tensor, inplace: bool = False) -> Tensor:
    found = input * F.softplus(input).tanh()
    return input.copy_(found) if inplace else found


def _glu(input: Tensor, dim: int = -1) -> Tensor:
    half, gate = input.chunk(2, dim)
    return half * gate.sigmoid()


# ------------------------------------------------------------------ which they are


def _named(names: str, instead: str) -> dict[Any, tuple[str, str]]:
    """These functions of torch, as far as this version has them: name, and what to do instead."""
    found: dict[Any, tuple[str, str]] = {}
    for name in names.split():
        place: Any = torch
        for part in name.split("."):
            place = getattr(place, part, None)
        if place is not None:
            found[place] = f"torch.{name}", instead
    return found


_aten = torch.ops.aten
_CROSS_ENTROPY = getattr(F, "linear_cross_entropy", "not in this version")
_WRITTEN: dict[Any, Callable[..., Any]] = {
    **dict.fromkeys((torch.linalg.solve, _aten.linalg_solve), _solve),
    **dict.fromkeys((torch.linalg.det, torch.det, Tensor.det), _det),
    **dict.fromkeys((_aten.linalg_det, _aten.det), _det),
    **dict.fromkeys((torch.linalg.slogdet, torch.slogdet, Tensor.slogdet), _slogdet),
    **dict.fromkeys((_aten.linalg_slogdet, _aten.slogdet), _slogdet),
    **dict.fromkeys((torch.logdet, Tensor.logdet, _aten.logdet), _logdet),
    **dict.fromkeys((F.layer_norm, torch.layer_norm, _aten.layer_norm), _layer_norm),
    **{F.silu: _silu, F.mish: _mish, F.glu: _glu},
    F.batch_norm: _batch_norm,
    F.instance_norm: _instance_norm,
}

# Found by trying all of PyTorch's operators by every pair of ways
# (`python -m benchmarks.second_derivatives`).
_DIFFERENCES = "take differences of the gradient, derivatives(…, method='central')"
_BACKPROP = "method='backprop' for the inner derivative"
_WRONG = _named(
    "triangular_solve Tensor.triangular_solve ops.aten.triangular_solve",
    "use torch.linalg.solve_triangular",
)
_SCATTERING = _named(
    "scatter_reduce Tensor.scatter_reduce Tensor.scatter_reduce_ ops.aten.scatter_reduce",
    f"write it with other operations, or {_DIFFERENCES}",
)
_WRONG_FORWARD = {
    **_named(
        "linalg.solve_ex linalg.tensorsolve ops.aten.linalg_solve_ex ops.aten.linalg_tensorsolve",
        f"use torch.linalg.solve, or {_BACKPROP}",
    ),
    **_named(
        "cholesky_inverse Tensor.cholesky_inverse ops.aten.cholesky_inverse "
        "linalg.householder_product orgqr Tensor.orgqr ops.aten.linalg_householder_product",
        f"use {_BACKPROP}",
    ),
    **_named(  # beside a zero
        "cumprod Tensor.cumprod Tensor.cumprod_ ops.aten.cumprod",
        f"use {_BACKPROP}",
    ),
    **_named(
        "batch_norm instance_norm native_layer_norm native_batch_norm _native_batch_norm_legit "
        "ops.aten.batch_norm ops.aten.instance_norm ops.aten.native_layer_norm "
        "ops.aten.native_batch_norm ops.aten._native_batch_norm_legit "
        "ops.aten._batch_norm_with_update",
        f"use the one in torch.nn.functional, or {_BACKPROP}",
    ),
}
