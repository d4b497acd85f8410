"""What people see: overlays with their captions, sheets of a batch, notebook cells."""

from __future__ import annotations

import base64
import dataclasses
import html
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch import nn

import backlight as bl
from backlight.errors import InputError
from backlight.explanations.explanation import Explanation
from backlight.explanations.methods import METHODS
from backlight.explanations.pages import page_data
from backlight.explanations.pictures import caption_of, one_image, photo_of, sheet

from .networks import photos, resnet_like, seeded
from .pictured import CHELSEA, CROP, SQUASH, colours, model


def test_the_photo_keeps_its_size_and_the_caption_stands_below() -> None:
    picture = bl.explain(model(), CHELSEA).overlay()
    assert picture.width == 451
    assert picture.height > 300
    assert (colours(picture)[-3:] > 240).all()


def test_what_the_model_did_not_see_is_grey() -> None:
    why = bl.explain(model(), CHELSEA)
    x0, _, x1, _ = why.photos[0].region
    drawn = colours(why.overlay())[:300]
    outside = np.concatenate([drawn[:, : int(x0) - 1], drawn[:, int(x1) + 2 :]], axis=1)
    assert np.ptp(outside, axis=2).max() == 0
    assert np.ptp(drawn[:, int(x0) + 5 : int(x1) - 5], axis=2).max() > 40


def test_boxes_are_drawn_when_asked() -> None:
    why = bl.explain(model(), CHELSEA)
    with_box, without = colours(why.overlay(boxes=True)), colours(why.overlay())
    box = why.boxes(of="photo")[0]
    assert box is not None
    changed = np.argwhere((with_box != without).any(2))
    (top, left), (bottom, right) = changed.min(0), changed.max(0)
    assert np.abs(np.array([left, top, right + 1, bottom + 1]) - box).max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_counterfactuals_and_gradients_have_a_diverging_legend_around_zero(method: str) -> None:
    against = bl.explain(model(), CHELSEA, bl.Not(), method=method)
    assert "against" in legend_words(against)
    assert ("against" in legend_words(bl.explain(model(), CHELSEA, method=method))) == (
        method == "gradient"
    )


def legend_words(why: Explanation) -> tuple[str, str, str]:
    """The words below the colour bar of the overlay, seen where they are handed over."""
    from backlight.explanations import pictures
    from backlight.show import overlay as show_overlay
    from backlight.show.panel import LEGEND_LABELS, captioned

    seen: list[Any] = []

    def noted(*arguments: Any, legend: Any = None, **named: Any) -> Image.Image:
        seen.append(legend)
        return captioned(*arguments, legend=legend, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "captioned", noted)
        patch.setattr(show_overlay, "captioned", noted)
        why.overlay()
    (legend,) = seen
    return LEGEND_LABELS[legend]


@pytest.mark.parametrize("method", ["guided-grad-cam", "guided-backprop", "deconvnet", "gradient"])
@pytest.mark.parametrize(
    ("preprocess", "size"), [(CROP, (448, 448)), (SQUASH, (448, round(448 * 300 / 451)))]
)
def test_pixel_maps_have_the_proportions_of_what_the_model_saw(
    method: str, preprocess: Any, size: tuple[int, int]
) -> None:
    why = bl.explain(model(preprocess), CHELSEA, method=method)
    picture = why.overlay()
    assert picture.width == size[0]
    caption = np.argmax((colours(picture) == 255).all((1, 2)))
    assert abs(int(caption) - size[1]) <= 1


@pytest.mark.parametrize("method", ["guided-backprop", "gradient"])
def test_a_few_extreme_pixels_do_not_hide_the_rest(method: str) -> None:
    why = bl.explain(model(), CHELSEA, method=method)
    spiked = why.map.clone()
    spiked[0, 0, 3, 4] = 1e6 * why.map.abs().max()
    plain = colours(why.overlay())[:448]
    found = colours(dataclasses.replace(why, map=spiked).overlay())[:448]
    assert np.median(np.abs(found - plain)) <= 3
    assert np.ptp(found, axis=(0, 1)).min() > 60


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("method", METHODS)
def test_tensors_of_any_channels_have_pictures(channels: int, method: str) -> None:
    net = nn.Sequential(nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3))
    torch.manual_seed(0)
    image = torch.randn(2, channels, 12, 20)
    net(image)
    why = bl.explain(net, image, 1, method=method, layer="0")
    picture = why.overlay(1)
    assert picture.width == 448
    assert picture.mode == "RGB"


def test_a_tensor_is_shown_stretched_from_black_to_white() -> None:
    why = bl.explain(resnet_like(), photos(), 1)
    shown = colours(photo_of(one_image(why, 1)))
    raw = photos()[1].permute(1, 2, 0).numpy()
    expected = (raw - raw.min()) / np.ptp(raw) * 255
    assert np.abs(shown - expected).max() <= 0.51
    even = dataclasses.replace(why, image=torch.ones_like(why.image))
    assert np.array_equal(np.unique(colours(photo_of(one_image(even, 0)))), [128])


@pytest.mark.parametrize("index", [2, -3, 100])
def test_an_image_that_is_not_there_is_refused(index: int) -> None:
    with pytest.raises(InputError, match=rf"no image {index}: .* has images 0 to 1"):
        bl.explain(resnet_like(), photos()).overlay(index)


def test_counted_from_the_end_the_last_image_is_minus_one() -> None:
    why = bl.explain(model(), [CHELSEA, data.coffee()])
    assert why.overlay(-1).tobytes() == why.overlay(1).tobytes()
    assert why.overlay(-1).size != why.overlay(0).size


def test_a_picture_of_a_batch_is_that_of_each_image_alone() -> None:
    for method in METHODS:
        batch = bl.explain(model(), [CHELSEA, data.coffee()], [1, 2], method=method)
        alone = bl.explain(model(), data.coffee(), 2, method=method)
        difference = np.abs(colours(batch.overlay(1)) - colours(alone.overlay()))
        assert difference.max() <= 1


def test_the_caption_says_what_of_which_file_how_and_where(tmp_path: Path) -> None:
    path = tmp_path / "my cat.png"
    Image.fromarray(CHELSEA).save(path)
    why = bl.explain(model(), path, "c")
    assert why.layer_facts is not None
    assert caption_of(why) == [
        "c",
        f"my cat.png · score {float(why.scores[0]):.4g} · "
        f"Grad-CAM at layer3 ({why.layer_facts.grid}) · tiny".replace("-0.", "\u22120."),
    ]
    gradient = bl.explain(model(), CHELSEA, bl.Not("c"), method="gradient")
    score = f"{abs(float(gradient.scores[0])):.4g}"
    assert caption_of(gradient)[0] == "not c"
    assert re.fullmatch(rf"score \u2212?{score} · Gradient · tiny", caption_of(gradient)[1])


def test_a_map_without_anything_positive_is_said_to_be_empty(tmp_path: Path) -> None:
    net = seeded(
        lambda: nn.Sequential(
            *(nn.Conv2d(3, 4, 3), nn.ReLU()),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)),
        )
    )
    with torch.no_grad():
        net[4].weight[1] = -net[4].weight[1].abs()  # whatever is seen speaks against class 1
    empty = bl.explain(net, photos(1), 1, layer="1")
    assert "nothing speaks for it in Grad-CAM at 1 (22×22×4)" in caption_of(empty)[1]
    assert not empty.heatmap().any()
    (photo,) = page_data(empty).photos
    assert photo.maps[0].note.startswith(f"Nothing at this layer speaks for {empty.names[0]}.")
    for ending in (".png", ".html", ".npz"):
        assert empty.save(tmp_path / f"why{ending}").exists()
    assert "nothing" not in caption_of(bl.explain(net, photos(1), bl.Not(1), layer="1"))[1]


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (5, 3, 2)])
def test_a_batch_is_shown_on_one_sheet(count: int, columns: int, rows: int) -> None:
    why = bl.explain(model(), [CHELSEA] * count, "c")
    one, paper = why.overlay(), sheet(why)
    assert paper.size == (one.width * columns, one.height * rows)
    assert np.array_equal(colours(paper)[: one.height, : one.width], colours(one))


def test_a_sheet_of_several_sizes_leaves_white_between() -> None:
    why = bl.explain(model(), [CHELSEA, CHELSEA[:, :60]], "c")
    small, tall = why.overlay(0), why.overlay(1)
    paper = sheet(why)
    assert paper.size == (2 * max(small.width, tall.width), max(small.height, tall.height))
    assert (colours(paper)[small.height :, : small.width] == 255).all()


def test_a_notebook_shows_the_pictures_and_escapes_every_text() -> None:
    evil = '"><script>alert(1)</script>'
    why = bl.explain(model(labels=[evil] * 6), [CHELSEA, CHELSEA])
    cell = why._repr_html_()

    assert "<script" not in cell
    alts = re.findall(r'<img alt="([^"]*)"', cell)
    assert [html.unescape(alt).startswith(evil) for alt in alts] == [True, True]
    for index, encoded in enumerate(re.findall(r"base64,([A-Za-z0-9+/=]+)", cell)):
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as shown:
            assert np.array_equal(colours(shown), colours(why.overlay(index)))


def test_a_notebook_shows_eight_images_and_counts_the_others() -> None:
    cell = bl.explain(resnet_like(), photos(11), 1)._repr_html_()
    assert cell.count("<img") == 8
    assert "… and 3 more images" in cell
    assert "more images" not in bl.explain(resnet_like(), photos(8), 1)._repr_html_()
