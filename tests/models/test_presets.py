"""Preprocessing by name."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backlight.errors import InputError
from backlight.models.presets import named_preprocess


def solid(value: int) -> np.ndarray:
    return np.full((20, 30, 3), value, dtype=np.uint8)


@given(st.integers(0, 255))
def test_unit_is_zero_to_one_and_symmetric_minus_one_to_one(value: int) -> None:
    unit = named_preprocess("unit", (4, 6))(solid(value))
    symmetric = named_preprocess("symmetric", (4, 6))(solid(value))
    assert unit.shape == symmetric.shape == (1, 3, 4, 6)
    assert torch.allclose(unit, torch.full_like(unit, value / 255), atol=1e-6)
    assert torch.allclose(symmetric, 2 * unit - 1, atol=1e-6)


def test_imagenet_standardises_each_colour_by_the_published_constants() -> None:
    white = named_preprocess("imagenet", (2, 2))(solid(255))[0, :, 0, 0]
    expected = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    assert white.tolist() == pytest.approx(expected, abs=1e-5)


def test_the_middle_of_the_photo_is_taken() -> None:
    photo = np.zeros((10, 30, 3), dtype=np.uint8)
    photo[:, 10:20] = 255
    assert named_preprocess("unit", (10, 10)).region((30, 10)) == (10, 0, 20, 10)
    assert float(named_preprocess("unit", (10, 10))(photo).min()) == 1.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("imagenett", "no preprocessing 'imagenett'; did you mean 'imagenet'?"),
        ("Unit", "no preprocessing 'Unit'; did you mean 'unit'?"),
        ("xyz", "no preprocessing 'xyz': expected imagenet, unit, symmetric"),
        ("", "no preprocessing '': expected imagenet, unit, symmetric"),
    ],
)
def test_another_name_is_answered_with_the_nearest(name: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        named_preprocess(name, (8, 8))
    assert str(caught.value) == expected
