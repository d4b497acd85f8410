"""Photos at a size of their own."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from backlight.errors import InputError
from backlight.models.whole_photo import WholePhoto


@pytest.mark.parametrize(
    ("settings", "photo", "size"),
    [
        ({"shortest": 50}, (200, 100), (100, 50)),
        ({"shortest": 50}, (100, 200), (50, 100)),
        ({"shortest": 50}, (20, 20), (50, 50)),
        ({"shortest": 50, "longest": 80}, (200, 100), (80, 40)),
        ({"shortest": 50, "longest": 80}, (120, 100), (60, 50)),
        ({"shortest": 50, "multiple": 16}, (120, 100), (48, 48)),
        ({"shortest": 8, "multiple": 16}, (10, 10), (16, 16)),
    ],
)
def test_the_shorter_side_or_the_longer_one_decides(
    settings: dict[str, Any], photo: tuple[int, int], size: tuple[int, int]
) -> None:
    prepare = WholePhoto(**settings)
    picture = Image.new("RGB", photo, (255, 0, 128))
    assert prepare.size(photo) == size
    assert prepare(picture).shape == (1, 3, size[1], size[0])
    assert prepare.shown(picture).size == size
    assert prepare.region(photo) == (0, 0, *photo)


def test_colours_are_scaled() -> None:
    made = WholePhoto(4, mean=(0.5, 0.0, 0.0), std=(0.5, 1.0, 2.0))(
        Image.new("RGB", (4, 4), (255, 0, 51))
    )
    assert made[0, :, 0, 0].tolist() == pytest.approx([1, 0, 0.1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shortest": 0}, "shortest must be at least 1, got 0"),
        ({"shortest": 9, "longest": 8}, "longest=8 is less than shortest=9"),
        ({"shortest": 9, "interpolation": "bicubical"}, "did you mean 'bicubic'"),
    ],
)
def test_what_makes_no_picture_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        WholePhoto(**settings)
