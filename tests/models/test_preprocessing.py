from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from backlight.errors import InputError
from backlight.models.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocess

sizes = st.integers(1, 40)


def photo_of(width: int, height: int) -> Image.Image:
    rng = np.random.default_rng(width * 1000 + height)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def torchvision_pipeline(p: Preprocess, resize: Any) -> Any:
    from torchvision import transforms as T

    mode = T.InterpolationMode(p.interpolation)
    return T.Compose(
        [
            T.Resize(resize, interpolation=mode),
            T.CenterCrop(p.shape),
            T.ToTensor(),
            T.Normalize(p.mean, p.std),
        ]
    )


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest", "lanczos"])
@pytest.mark.parametrize(("size", "resize"), [(224, 256), (224, 232), (240, 255), (299, 342)])
@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket"])
def test_resizing_and_cropping_is_that_of_torchvision(
    name: str, size: int, resize: int, interpolation: str
) -> None:
    photo = Image.fromarray(getattr(data, name)())
    p = Preprocess(size, crop=size / resize, interpolation=interpolation)
    expected = torchvision_pipeline(p, resize)(photo).unsqueeze(0)
    found = p(photo)
    assert found.shape == expected.shape == (1, 3, size, size)
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 20), st.integers(0, 12))
def test_small_and_odd_photos_are_cropped_as_by_torchvision(
    width: int, height: int, size: int, margin: int
) -> None:
    if width == height == 1:
        width = 2
    photo = photo_of(width, height)
    p = Preprocess(size, crop=size / (size + margin))
    expected = torchvision_pipeline(p, size + margin)(photo).unsqueeze(0)
    off = (p(photo) - expected).abs() * 255 * 0.229
    assert off.max() < 0.01


@pytest.mark.parametrize("shape", [(4, 1200), (1200, 4)])
def test_of_a_very_long_photo_the_middle_is_seen_to_within_one_level(
    shape: tuple[int, int],
) -> None:
    photo = photo_of(*shape)
    p = Preprocess(224, crop=0.875)
    expected = torchvision_pipeline(p, 256)(photo).unsqueeze(0)
    off = (p(photo) - expected).abs() * 255 * 0.229
    assert off.max() < 1.2


def test_squashing_stretches_the_whole_photo_to_the_size() -> None:
    from torchvision.transforms import functional as F

    photo = Image.fromarray(data.chelsea())
    p = Preprocess((96, 160), mode="squash")
    assert p.region(photo.size) == (0, 0, *photo.size)
    assert np.array_equal(p.shown(photo), F.resize(photo, [96, 160]))


def test_colours_are_scaled_exactly_on_the_scale_of_the_pixels() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    p = Preprocess(16, mean=127 / 255, std=128 / 255)
    expected = (ramp.astype(np.float32) - 127) / 128
    assert np.array_equal(p(ramp)[0, 1].numpy(), expected)


def test_each_colour_has_its_own_mean_and_deviation() -> None:
    grey = np.full((8, 8), 51, dtype=np.uint8)
    found = Preprocess(8)(grey)[0, :, 0, 0]
    expected = (0.2 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_STD)
    torch.testing.assert_close(found, expected)


def test_the_input_is_a_contiguous_single_precision_batch_of_one() -> None:
    found = Preprocess((20, 30))(data.astronaut())
    assert found.shape == (1, 3, 20, 30)
    assert found.dtype == torch.float32
    assert found.is_contiguous()
    assert not found.requires_grad


@given(
    st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    st.tuples(sizes, sizes),
    st.floats(0.1, 1),
    st.sampled_from(["crop", "squash"]),
)
def test_the_region_lies_within_the_photo(
    photo: tuple[int, int], size: tuple[int, int], crop: float, mode: Any
) -> None:
    x0, y0, x1, y1 = Preprocess(size, crop=crop, mode=mode).region(photo)
    assert 0 <= x0 < x1 <= photo[0]
    assert 0 <= y0 < y1 <= photo[1]


@given(st.integers(50, 5000), st.integers(50, 5000), st.floats(0.5, 1))
def test_a_crop_touches_the_shorter_side_and_is_square_and_central(
    width: int, height: int, crop: float
) -> None:
    x0, y0, x1, y1 = Preprocess(224, crop=crop).region((width, height))
    short, pixel = min(width, height), max(width, height) / 224
    assert x1 - x0 == pytest.approx(crop * short, abs=pixel)
    assert y1 - y0 == pytest.approx(crop * short, abs=pixel)
    assert (x0 + x1) / 2 == pytest.approx(width / 2, abs=pixel)
    assert (y0 + y1) / 2 == pytest.approx(height / 2, abs=pixel)


def test_what_is_shown_is_the_region_of_the_photo() -> None:
    photo = data.chelsea()
    p = Preprocess(150, interpolation="nearest")
    x0, y0, x1, y1 = p.region((451, 300))
    assert (y0, y1) == (0, 300)
    assert x1 - x0 == pytest.approx(300, abs=2)
    # At half size the nearest pixel of each pair is one of the two.
    shown = np.asarray(p.shown(photo))
    left = round(x0)
    pairs = photo[:300, left : left + 300].reshape(150, 2, 150, 2, 3)
    assert (pairs == shown[:, None, :, None]).all(-1).any((1, 3)).mean() > 0.98


def test_a_very_long_photo_costs_no_more_than_the_part_that_is_seen() -> None:
    line = Image.new("RGB", (60_000, 1), "red")
    assert Preprocess(224, crop=0.875)(line).shape == (1, 3, 224, 224)


def test_the_recipe_can_be_compared_and_hashed() -> None:
    assert Preprocess(224) == Preprocess((224, 224), crop=1.0)
    assert len({Preprocess(224), Preprocess([224, 224]), Preprocess(225)}) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 0}, "size must be"),
        ({"size": (1, 2, 3)}, "size must be"),
        ({"size": "224"}, "size must be"),
        ({"size": 2.5}, "size must be"),
        ({"size": 8, "mean": (0.1, 0.2)}, "mean must be one number or three"),
        ({"size": 8, "mean": float("nan")}, "mean must be one number or three"),
        ({"size": 8, "std": 0}, "std must be above 0"),
        ({"size": 8, "std": "ab"}, "std must be one number or three"),
        ({"size": 8, "crop": 0}, "crop must be above 0"),
        ({"size": 8, "crop": 1.5}, "crop must be above 0"),
        ({"size": 8, "mode": "pad"}, "mode must be 'crop' or 'squash'"),
        ({"size": 8, "interpolation": "bicubik"}, "did you mean 'bicubic'"),
    ],
)
def test_values_out_of_bounds_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Preprocess(**arguments)


def test_a_photo_without_pixels_has_no_region() -> None:
    with pytest.raises(InputError, match="at least one pixel"):
        Preprocess(8).region((0, 5))
