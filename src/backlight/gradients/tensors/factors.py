"""Torch's solve and determinants, so that their forward derivatives can be differentiated.

PyTorch's forward derivatives of `linalg.solve` and `slogdet` use the factorisation of the matrix as
a constant, which gives wrong second derivatives without a sign of it. Those of `lu_factor` and
`lu_solve` do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from backlight.errors import TraceError


class Factored(TorchFunctionMode):
    """Within it, this thread solves and takes determinants by an LU factorisation of its own."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in (torch.linalg.solve_ex, torch.linalg.tensorsolve):
            raise TraceError(
                f"the forward derivative of {func.__name__} cannot be differentiated again: use "
                "torch.linalg.solve, or method='backprop' for the inner derivative"
            )
        return _BY_FACTORS.get(func, func)(*args, **(kwargs or {}))


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


_BY_FACTORS: dict[Any, Callable[..., Any]] = {
    torch.linalg.solve: _solve,
    **dict.fromkeys((torch.linalg.det, torch.det, Tensor.det), _det),
    **dict.fromkeys((torch.linalg.slogdet, torch.slogdet, Tensor.slogdet), _slogdet),
    **dict.fromkeys((torch.logdet, Tensor.logdet), _logdet),
}
