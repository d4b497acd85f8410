"""Photos are prepared as the processor that comes with the weights prepares them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from backlight.models.huggingface.photos import ByProcessor, preprocess_of
from backlight.models.preprocessing import FILTERS, Preprocess
from backlight.models.whole_photo import WholePhoto

from .folders import processor

SQUARE = {"height": 40, "width": 40}
CASES: list[tuple[str, dict[str, Any], type]] = [
    ("ViT", {"size": {"height": 40, "width": 56}}, Preprocess),
    ("ViT", {"size": SQUARE, "do_normalize": False, "resample": 0}, Preprocess),
    ("ViT", {"size": SQUARE, "rescale_factor": 1 / 127.5}, Preprocess),
    ("Blip", {"size": SQUARE}, Preprocess),
    ("Segformer", {"size": SQUARE}, Preprocess),
    ("CLIP", {"size": {"shortest_edge": 51}, "crop_size": SQUARE}, Preprocess),
    ("Bit", {"size": {"shortest_edge": 40}, "crop_size": SQUARE}, Preprocess),
    ("DeiT", {"size": {"height": 50, "width": 50}, "crop_size": SQUARE}, Preprocess),
    ("ConvNext", {"size": {"shortest_edge": 64}}, Preprocess),
    ("ConvNext", {"size": {"shortest_edge": 384}}, Preprocess),
    ("Siglip", {"size": SQUARE}, Preprocess),
    ("Detr", {"size": {"shortest_edge": 48, "longest_edge": 80}}, WholePhoto),
    ("Vilt", {"size": {"shortest_edge": 48}, "size_divisor": 16}, WholePhoto),
    ("EfficientNet", {"size": SQUARE}, ByProcessor),  # its scales are of its own kind
]
PHOTOS = {
    "wide": data.chelsea(),
    "tall": data.astronaut()[:, 100:333],
    "long": data.coffee()[100:300],
    "tiny": data.chelsea()[100:120, 100:117],
}


@pytest.mark.parametrize(("kind", "settings", "form"), CASES)
@pytest.mark.parametrize("photo", PHOTOS)
def test_it_is_what_the_processor_makes(
    kind: str, settings: dict[str, Any], form: type, photo: str
) -> None:
    own = processor(kind, **settings)
    ours = preprocess_of(own)
    assert isinstance(ours, form)
    picture = Image.fromarray(PHOTOS[photo])
    expected = own(images=picture, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(ours(picture), expected.float(), rtol=0, atol=1e-5)


def test_it_is_near_what_the_processor_makes_with_torchvision() -> None:
    """Which rounds in between, to one step of 255."""
    import transformers

    settings = {"size": {"shortest_edge": 51}, "crop_size": SQUARE}
    own = transformers.CLIPImageProcessor(**settings)
    ours = preprocess_of(processor("CLIP", **settings))
    assert ours is not None
    picture = Image.fromarray(data.chelsea())
    expected = own(images=picture, return_tensors="pt")["pixel_values"]
    step = 1 / 255 / min(own.image_std)
    assert float((ours(picture) - expected).abs().median()) < step


@pytest.mark.parametrize(("kind", "settings", "form"), CASES)
def test_the_region_that_is_seen_is_known(kind: str, settings: dict[str, Any], form: type) -> None:
    """Cut out of the photo by its region, a picture is prepared to nearly the same."""
    ours = preprocess_of(processor(kind, **settings))
    if isinstance(ours, ByProcessor):  # It sees everything.
        assert not hasattr(ours, "region")
        return
    assert ours is not None
    photo = Image.fromarray(data.chelsea())
    region = ours.region(photo.size)
    shown = ours.shown(photo)
    part = photo.resize(shown.size, FILTERS[ours.interpolation], box=region)
    off = np.abs(np.asarray(part, float) - np.asarray(shown, float))
    assert off.mean() < 2


def test_what_turns_colours_round_or_cuts_in_its_own_way_is_left_alone() -> None:
    assert preprocess_of(processor("MobileViT")) is None
