"""What tests of states compare with: the small residual network, explained in its plain state."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import backlight as bl
from backlight.explanations.explanation import Explanation
from backlight.explanations.methods import METHODS

from .networks import photos, resnet_like

LAYER = "layer3"


def expected(method: str = "grad-cam", **options: Any) -> Explanation:
    return bl.explain(resnet_like(), photos(), 2, method=method, **options)


def assert_same(why: Explanation, other: Explanation, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(why.map.double(), other.map.double(), rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(
        why.scores.double(), other.scores.double(), rtol=tolerance, atol=tolerance
    )


def every_method() -> Any:
    return pytest.mark.parametrize("method", METHODS)
