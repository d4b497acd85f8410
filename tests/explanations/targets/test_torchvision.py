"""torchvision's detectors and segmenters, with random weights. Its compiled overlap filter is not
there next to a CPU build of torch, so a plain one takes its place."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch
from torch import Tensor, nn

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
    # Without its operators torchvision pools boxes by a plain function, which it would compile.
    pooling = importlib.import_module("torchvision.ops.roi_align")  # the module, not its function
    plain = pooling._roi_align
    monkeypatch.setattr(pooling, "_roi_align", getattr(plain, "__wrapped__", plain))


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


def body(channels: int) -> nn.Module:
    """A backbone with cells of eight pixels."""
    net = nn.Sequential(
        *(nn.Conv2d(3, 8, 4, 4), nn.ReLU(), nn.Conv2d(8, channels, 4, 2, 1), nn.ReLU())
    )
    net.out_channels = channels  # type: ignore[assignment]
    return net


class Named(nn.Module):
    """A backbone that names its maps, as SSD's and segmenters' do."""

    out_channels = (8,)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.look = name, body(8)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {self.name: self.look(x)}


FOUND = {"score_thresh": 0.0, "detections_per_img": 4, "topk_candidates": 20}
SIZE = {"min_size": 64, "max_size": 64}


def small(kind: str) -> Any:
    """A detector of torchvision's own class with a tiny backbone, in double precision."""
    from torchvision.models import detection
    from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
    from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
    from torchvision.models.detection.ssd import SSD
    from torchvision.ops import MultiScaleRoIAlign

    def anchors(*shapes: float) -> AnchorGenerator:
        return AnchorGenerator(((16,),), (shapes,))

    builds: dict[str, Any] = {
        "Faster R-CNN": lambda: detection.FasterRCNN(
            body(8),
            rpn_anchor_generator=anchors(0.5, 1.0),
            box_roi_pool=MultiScaleRoIAlign(["0"], 3, 2),
            box_head=TwoMLPHead(8 * 9, 16),
            box_predictor=FastRCNNPredictor(16, 4),
            rpn_pre_nms_top_n_test=20,
            rpn_post_nms_top_n_test=10,
            box_score_thresh=0.0,
            box_detections_per_img=4,
            **SIZE,
        ),
        "RetinaNet": lambda: detection.RetinaNet(
            body(8), 4, anchor_generator=anchors(0.5, 1.0, 2.0, 4.0), **FOUND, **SIZE
        ),
        "FCOS": lambda: detection.FCOS(body(32), 4, anchor_generator=anchors(1.0), **FOUND, **SIZE),
        "SSD": lambda: SSD(Named("0"), DefaultBoxGenerator([[2]]), (64, 64), 4, **FOUND),
    }
    torch.manual_seed(0)
    net = builds[kind]()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return net.double().eval()


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("Faster R-CNN", "backbone"),
        # The scores of all places, 256 in a row, are no 16 × 16 grid of anything.
        ("RetinaNet", "head.classification_head.conv"),
        ("FCOS", "head.regression_head.conv"),
        ("SSD", "backbone"),
    ],
)
def test_dual_numbers_agree_with_backpropagation_through_a_detector(kind: str, layer: str) -> None:
    """Central differences do not everywhere: where boxes compete, scores jump; and Faster R-CNN's
    boxes move with the maps, which its own backward pass leaves out."""
    net, seen = small(kind), pictures().double()[:1]
    swept, dual = (bl.explain(net, seen, bl.Box(0), gradients=way) for way in ("backprop", "dual"))
    with torch.no_grad():
        output = net(seen)
    assert float(swept.scores) == pytest.approx(float(output[0]["scores"][0]))
    assert swept.layer == dual.layer == layer
    assert (swept.map - dual.map).abs().max() < 1e-9 * swept.map.abs().max()


@pytest.mark.parametrize(
    ("kind", "layer"), [("FCN", "classifier.2"), ("DeepLabV3", "classifier.3")]
)
def test_segmenters_are_looked_at_before_their_last_convolution(kind: str, layer: str) -> None:
    from torchvision.models import segmentation
    from torchvision.models.segmentation.deeplabv3 import DeepLabHead
    from torchvision.models.segmentation.fcn import FCNHead

    torch.manual_seed(0)
    heads: dict[str, Any] = {"FCN": FCNHead, "DeepLabV3": DeepLabHead}
    net = getattr(segmentation, kind)(Named("out"), heads[kind](8, 4)).double().eval()
    mask = torch.zeros(64, 64)
    mask[8:24, 8:40] = 1
    seen = pictures().double()
    swept = bl.explain(net, seen, bl.Pixels(1, mask))
    assert (swept.layer, swept.map.shape) == (layer, (2, 8, 8))
    with torch.no_grad():
        out = net(seen)["out"]
    assert torch.allclose(swept.scores, out[:, 1, 8:24, 8:40].mean((1, 2)))
    for gradients, slack in (("dual", 1e-9), ("central", 1e-4)):
        if kind == "FCN":  # DeepLab's 256 channels take long
            other = bl.explain(net, seen, bl.Pixels(1, mask), gradients=gradients)
            assert (other.map - swept.map).abs().max() < slack * swept.map.abs().max()


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
