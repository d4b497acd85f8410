"""torchvision's detectors and segmenters, with random weights. Its compiled overlap filter is not
there next to a CPU build of torch, so a plain one takes its place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import backlight as bl


@pytest.fixture(autouse=True)
def _plain_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.ops import boxes

    def nms(places: Tensor, scores: Tensor, most: float) -> Tensor:
        order, kept = scores.argsort(descending=True), []
        while len(order):
            kept.append(order[0])
            overlap = boxes.box_iou(places[order[:1]], places[order])[0]
            order = order[overlap <= most]
        return torch.stack(kept) if kept else order

    monkeypatch.setattr(boxes, "nms", nms)


def detector(name: str) -> Any:
    from torchvision.models import detection

    torch.manual_seed(0)
    found = {"score_thresh": 0.0, "detections_per_img": 4, "topk_candidates": 20}
    size = {} if name.startswith("ssd") else {"min_size": 64, "max_size": 64}
    build = getattr(detection, name)
    return build(weights=None, weights_backbone=None, num_classes=4, **found, **size).eval()


def pictures() -> Tensor:
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("fcos_resnet50_fpn", "backbone.fpn.layer_blocks.0"),
        # Behind it are the scores of all places.
        ("ssdlite320_mobilenet_v3_large", "head.classification_head.module_list.0.0"),
    ],
)
def test_a_box_is_explained_in_one_line(name: str, layer: str) -> None:
    net = detector(name)
    why = bl.explain(net, pictures(), bl.Box(0))
    with torch.no_grad():
        output = net(pictures())
    assert why.scores.tolist() == pytest.approx([float(o["scores"][0]) for o in output], rel=1e-4)
    box = ", ".join(f"{entry:.0f}" for entry in output[0]["boxes"][0].tolist())
    assert why.names[0] == f"class {int(output[0]['labels'][0])} at ({box})"
    assert why.layer == layer


def test_dual_numbers_go_through_a_detector() -> None:
    net = detector("fcos_resnet50_fpn")
    swept, dual = (
        bl.explain(
            net, pictures()[:1], bl.Box(0), layer="backbone.fpn.layer_blocks.0", gradients=way
        )
        for way in ("backprop", "dual")
    )
    assert (swept.map - dual.map).abs().max() < 1e-4 * swept.map.abs().max()


def test_the_pixels_of_a_segmentation() -> None:
    from torchvision.models import segmentation

    torch.manual_seed(0)
    build = segmentation.lraspp_mobilenet_v3_large
    net = build(weights=None, weights_backbone=None, num_classes=4).double().eval()
    mask = torch.zeros(64, 64)
    mask[8:24, 8:40] = 1
    x = pictures().double()
    swept = bl.explain(net, x, bl.Pixels(1, mask))
    # The last maps before those that are the classes' own, enlarged to the picture.
    assert (swept.layer, swept.map.shape) == ("classifier.cbr", (2, 4, 4))
    with torch.no_grad():
        out = net(x)["out"]
    assert torch.allclose(swept.scores, out[:, 1, 8:24, 8:40].mean((1, 2)))
    for gradients, slack in (("dual", 1e-9), ("central", 1e-4)):
        other = bl.explain(net, x, bl.Pixels(1, mask), gradients=gradients)
        assert (other.map - swept.map).abs().max() < slack * swept.map.abs().max()
