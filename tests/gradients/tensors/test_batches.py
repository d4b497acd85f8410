"""Torch functions at many inputs at once: attention, and no complaints of vmap's."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import backlight as bl
from backlight.gradients.tensors.batches import WrittenOut, batched


def qkv(heads: int = 4, groups: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(heads + groups)
    shapes = [(2, heads, 5, 8), (2, groups, 6, 8), (2, groups, 6, 8)]
    return tuple(torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes)  # type: ignore[return-value]


MASK = torch.rand(5, 6, generator=torch.Generator().manual_seed(3)) > 0.3
MASK[:, 0] = True


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"is_causal": True},
        {"scale": 0.3},
        {"attn_mask": MASK},
        {"attn_mask": MASK.double() * -2},
    ],
    ids=["plain", "causal", "scale", "mask", "bias"],
)
def test_attention_written_out_is_pytorchs(options: dict[str, Any]) -> None:
    q, k, v = qkv()
    expected = F.scaled_dot_product_attention(q, k, v, **options)
    with WrittenOut():
        torch.testing.assert_close(F.scaled_dot_product_attention(q, k, v, **options), expected)


def test_grouped_queries_too() -> None:
    q, k, v = qkv(4, 2)
    expected = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    with WrittenOut():
        found = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("training", [True, False])
def test_a_transformer_layer_has_its_gradient_by_every_way(training: bool) -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True).double()
    layer.train(training).requires_grad_(False)
    x = torch.randn(1, 3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def f(x: Tensor) -> Tensor:
        return layer(x).pow(3).sum()

    expected = bl.gradient(f, x)
    torch.testing.assert_close(bl.gradient(f, x, "dual"), expected)
    torch.testing.assert_close(bl.gradient(f, x, "central"), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("outer", ["backprop", "dual"])
@pytest.mark.parametrize("inner", ["backprop", "dual"])
def test_a_transformer_layer_has_second_derivatives_too(outer: str, inner: str) -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True).double()
    layer.eval().requires_grad_(False)
    x, v = torch.randn(2, 1, 3, 8, dtype=torch.float64, generator=torch.manual_seed(1))

    def f(x: Tensor) -> Tensor:
        return layer(x).pow(3).sum()

    step = 1e-5
    expected = (bl.gradient(f, x + step * v) - bl.gradient(f, x - step * v)) / (2 * step)
    close = {"rtol": 1e-6, "atol": 1e-6 * float(expected.abs().max())}
    torch.testing.assert_close(bl.hessian_vector_product(f, x, v), expected, **close)
    nested = bl.gradient(lambda x: (bl.gradient(f, x, inner) * v).sum(), x, outer)
    torch.testing.assert_close(nested, expected, **close)


def test_what_vmap_does_one_at_a_time_is_no_concern_of_the_callers() -> None:
    before = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = batched(lambda a: torch.bucketize(a, torch.arange(3.0)), torch.ones(4, 2))
    assert found.tolist() == [[1, 1]] * 4
    assert list(warnings.filters) == before
