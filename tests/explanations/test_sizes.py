"""Pictures of a size that a model does not take: the error names the one that it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import InputError


def fixed(side: int, channels: int = 3) -> nn.Module:
    """A network that flattens its maps, and so takes one size only."""
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, 2, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * (side // 2) ** 2, 5),
    ).eval()


def vit() -> Any:
    import transformers

    return transformers.ViTForImageClassification(
        transformers.ViTConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            image_size=96,
            patch_size=16,
        )
    ).eval()


@pytest.mark.parametrize(
    ("model", "given", "needed"),
    [
        (lambda: "scenes-vgg", (32, 32), (64, 64)),
        (lambda: "scenes-vit", (64, 48), (64, 64)),
        (lambda: fixed(96), (50, 50), (96, 96)),
        (vit, (32, 64), (96, 96)),
        # Of no common size, but it says so itself.
        (lambda: bl.Model(fixed(50), bl.Preprocess(size=50)), (64, 64), (50, 50)),
        (lambda: bl.Model(fixed(34), input_shape=(None, 3, 34, 34)), (64, 64), (34, 34)),
    ],
)
@pytest.mark.parametrize("method", ["grad-cam", "gradient"])
def test_the_size_that_a_model_needs_is_named(
    model: Callable[[], Any], given: tuple[int, int], needed: tuple[int, int], method: str
) -> None:
    (height, width), (other, one) = needed, given
    said = f"takes images of {height}×{width} pixels (height × width), not {other}×{one}:"
    with pytest.raises(InputError) as caught:
        bl.explain(model(), torch.randn(2, 3, *given), 0, method=method)
    assert said in str(caught.value)
    assert f"interpolate(images, {needed}, mode='bilinear')" in str(caught.value)
    with pytest.raises(InputError, match="takes images of"):
        bl.layers(model(), torch.randn(2, 3, *given))


def test_the_number_of_channels_is_named() -> None:
    with pytest.raises(InputError, match=r"Sequential takes images of 1 channels, not 3"):
        bl.explain(fixed(32, channels=1), torch.randn(1, 3, 32, 32))


class Broken(nn.Module):
    """A model that fails whatever it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError(f"nothing but errors for {self.conv(x).shape[1]} channels")


def test_other_errors_of_a_model_are_its_own() -> None:
    with pytest.raises(RuntimeError, match="nothing but errors for 4 channels"):
        bl.explain(Broken(), torch.randn(1, 3, 32, 32))


def test_a_model_that_takes_any_size_is_not_held_to_its_usual_one() -> None:
    assert bl.explain("scenes-resnet", torch.randn(1, 3, 48, 80), 0).map.shape[0] == 1
