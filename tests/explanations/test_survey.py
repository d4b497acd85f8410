"""What a watched run tells about layers: on networks made to mislead it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import backlight as bl
from backlight.errors import LayerError

from .networks import photos, resnet_like, seeded
from .watched import conv, network, read, surveyed

# Dependence on the image, and of the output.


def test_what_does_not_come_from_the_image_is_no_map() -> None:
    class Biased(nn.Module):
        """Adds a table of positions, made by a layer and shaped like maps."""

        def __init__(self) -> None:
            super().__init__()
            self.conv, self.table = conv(3, 4), conv(2, 4)

        def forward(self, x: Tensor) -> Tensor:
            grid = torch.linspace(0, 1, 2 * x[0, 0].numel(), dtype=x.dtype).view(1, 2, *x.shape[2:])
            return self.conv(x) + self.table(grid)

    net = network(lambda n, x: read(n, n.biased(x)), biased=Biased(), fc=nn.Linear(4, 2))
    assert {c.name for c in bl.layers(net, photos())} == {"biased", "biased.conv"}


def test_of_several_inputs_only_the_images_layers_are_candidates() -> None:
    class Asks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.pixels, self.fc = nn.Linear(6, 8), conv(3, 8), nn.Linear(16, 2)

        def forward(self, image: Tensor, question: Tensor) -> Tensor:
            words = self.words(question)  # (B, 64, 8), as an 8×8 grid of tokens would be
            return self.fc(torch.cat([self.pixels(image).mean((2, 3)), words.mean(1)], 1))

    given = (photos(2, 8, 8), torch.ones(2, 64, 6, dtype=torch.float64))
    assert [c.name for c in bl.layers(seeded(Asks), given)] == ["pixels"]


def test_branches_that_lead_nowhere_come_last_and_say_so() -> None:
    class Auxiliary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk, self.last, self.side = conv(3, 4), conv(4, 4), conv(4, 4)
            self.fc = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            maps = self.trunk(x)
            scores = self.fc(self.last(maps).mean((2, 3)))
            self.side(maps)  # for training only
            return scores

    found = bl.layers(seeded(Auxiliary), photos(1, 8, 8))
    assert [c.name for c in found] == ["last", "trunk", "side"]
    assert found[-1].reason == "8×8×4, but its positions do not reach the output"


def test_scores_that_cancel_in_a_sum_still_depend_on_their_maps() -> None:
    def run(n: Any, x: Tensor) -> Tensor:
        score = read(n, n.conv(x)).squeeze(1)
        return torch.stack([score, -score], 1)

    net = network(run, conv=conv(3, 4), fc=nn.Linear(4, 1))
    assert "before its positions are merged" in bl.layers(net, photos())[0].reason


def test_windows_of_attention_are_no_maps_of_the_image() -> None:
    def run(n: Any, x: Tensor) -> Tensor:
        maps = n.conv(x)  # 8×8 positions, as four windows of 4×4
        windows = F.unfold(maps, 4, stride=4).view(len(x), 6, 16, 4)
        windows = windows.permute(0, 3, 2, 1).flatten(0, 1)  # (4 windows of each image, 16, 6)
        mixed = n.keep(n.mix(windows))
        return n.fc(mixed.view(len(x), 64, 6).mean(1))

    net = network(run, conv=conv(3, 6), mix=nn.Linear(6, 6), keep=nn.Identity(), fc=nn.Linear(6, 2))
    assert [c.name for c in bl.layers(net, photos(2, 8, 8))] == ["conv"]
    for layer in ("mix", "keep"):
        with pytest.raises(LayerError, match=r"returns \(8, 16, 6\), which cannot be read as maps"):
            bl.explain(net, photos(2, 8, 8), 0, layer=layer)


def test_hidden_states_beside_the_scores_do_not_count_as_output() -> None:
    """Else the tokens that the class token leaves behind would seem to matter."""
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=16,
        image_size=32, patch_size=8, num_labels=3, output_hidden_states=True,
    )  # fmt: skip
    net = seeded(lambda: transformers.ViTForImageClassification(config))
    assert bl.layers(net, photos(1, 32, 32))[0].name == "vit.layers.2.layernorm_before"


def test_of_a_network_without_scores_the_embedding_is_what_tokens_must_reach() -> None:
    """Not its last hidden state, which all tokens are in, too."""
    transformers = pytest.importorskip("transformers")
    config = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=3, num_attention_heads=2, mlp_ratio=1,
        image_size=32, patch_size=8,
    )  # fmt: skip
    net = seeded(lambda: transformers.Dinov2Model(config))
    best = bl.layers(net, photos(1, 32, 32))[0]
    assert (best.name, best.grid) == ("encoder.layer.2.norm1", "4×4×16 + 1 token")
    other = torch.linspace(-1, 1, 16)
    why = bl.explain(net, photos(2, 32, 32), bl.Embedding(other))
    seen = net(photos(2, 32, 32)).pooler_output
    expected = torch.cosine_similarity(seen, other.double()[None])
    assert torch.allclose(why.scores, expected)


def test_the_output_itself_is_no_layer_to_look_at() -> None:
    net = network(lambda n, x: n.head(n.conv(x).relu()), conv=conv(3, 4), head=conv(4, 5, 1))
    assert [c.name for c in bl.layers(net, photos())] == ["conv"]
    why = bl.explain(net, photos(), lambda maps: maps[:, 2].mean((1, 2)))
    assert why.layer == "conv"


class Attention(nn.Module):
    """One head, its weights passed through a Dropout as is usual, so that they are seen."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv, self.drop, self.out = (
            nn.Linear(width, 3 * width),
            nn.Dropout(),
            nn.Linear(width, width),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = self.qkv(tokens).chunk(3, -1)
        weights = self.drop((q @ k.transpose(1, 2)).softmax(-1).unsqueeze(1))
        return tokens + self.out(weights.squeeze(1) @ v)


@pytest.mark.parametrize("patches_by", ["convolution", "linear layer"])
def test_attention_weights_are_no_maps(patches_by: str) -> None:
    class Tiny(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 8, 8) if patches_by == "convolution" else None
            self.embed = nn.Linear(192, 8)
            self.attention, self.fc = Attention(8), nn.Linear(8, 2)

        def forward(self, image: Tensor) -> Tensor:
            if self.conv is not None:
                tokens = self.conv(image).flatten(2).transpose(1, 2)
            else:
                tokens = self.embed(F.unfold(image, 8, stride=8).transpose(1, 2))
            return self.fc(self.attention(tokens).mean(1))

    found = bl.layers(seeded(Tiny), photos(2, 32, 40))  # 4×5 patches, 20 by 20 weights
    assert (found[0].name, found[0].grid) == ("attention", "4×5×8")
    assert "attention.drop" not in {candidate.name for candidate in found}


# Networks that have no gradient somewhere.


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_a_backbone_run_without_gradients_still_has_layers(context: Callable[[], Any]) -> None:
    class Frozen(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = nn.Sequential(conv(3, 4), nn.ReLU(), conv(4, 4))
            self.head, self.fc = conv(4, 5), nn.Linear(5, 2)

        def forward(self, image: Tensor) -> Tensor:
            with context():
                maps = self.backbone(image)
            return self.fc(self.head(maps.clone()).mean((2, 3)))

    found = bl.layers(seeded(Frozen), photos())
    assert [c.name for c in found] == ["head", "backbone", "backbone.1", "backbone.0"]
    assert bl.explain(seeded(Frozen), photos(), 0).layer == "head"


class Rounded(torch.autograd.Function):
    """Something without a derivative, as quantised layers are."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return (x * 8).round() / 8

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        raise NotImplementedError("no derivative")


def test_a_prefix_without_derivatives_does_not_matter_to_the_layers_after_it() -> None:
    net = network(
        lambda n, x: read(n, n.second(Rounded.apply(n.first(x)))),
        first=conv(3, 4), second=conv(4, 4), fc=nn.Linear(4, 2),
    )  # fmt: skip
    assert bl.layers(net, photos())[0].name == "second"
    assert bool(bl.explain(net, photos(), 0).map.any())


def test_checkpointed_blocks_are_seen_once() -> None:
    for reentrant in (False, True):
        net = network(
            lambda n, x, reentrant=reentrant: read(
                n, checkpoint(n.block, n.conv(x), use_reentrant=reentrant)
            ),
            conv=conv(3, 4), block=nn.Sequential(conv(4, 4), nn.ReLU()), fc=nn.Linear(4, 2),
        )  # fmt: skip
        assert set(surveyed(net, photos()).runs) == {"conv", "block", "block.0", "block.1", "fc"}
        assert len(surveyed(net, photos()).seen) == 4


# How often, on what, and at what cost.


class Counted(nn.Module):
    """Counts its runs where a replica cannot follow, and may insist on a batch size."""

    runs: list[int] = []  # noqa: RUF012  (shared on purpose)

    def __init__(self, batch: int | None = None) -> None:
        super().__init__()
        self.conv, self.fc, self.batch = conv(3, 4), nn.Linear(4, 2), batch

    def forward(self, image: Tensor) -> Tensor:
        type(self).runs.append(len(image))
        if self.batch is not None and len(image) != self.batch:
            raise ValueError(f"this model takes {self.batch} images at once")
        return self.fc(self.conv(image).mean((2, 3)))


def test_a_model_is_surveyed_once_for_every_size_and_again_when_it_changes() -> None:
    net = seeded(Counted)
    Counted.runs.clear()
    first = surveyed(net, photos(5))
    assert surveyed(net, photos(2)) is first
    assert Counted.runs == [1]
    assert surveyed(net, photos(2, 24, 40)) is not first
    assert Counted.runs == [1, 1]
    again = surveyed(net, photos(2, 24, 40))
    net.conv = conv(3, 4).double()
    assert surveyed(net, photos(2, 24, 40)) is not again


def test_a_model_of_fixed_batch_size_is_surveyed_on_the_whole_batch() -> None:
    net = seeded(lambda: Counted(batch=3))
    assert bl.layers(net, photos(3))[0].shape == (3, 4, 24, 24)
    assert bl.explain(net, photos(3), 0).map.shape == (3, 24, 24)


def test_a_model_that_fails_fails_with_its_own_error() -> None:
    net = seeded(lambda: Counted(batch=3))
    with pytest.raises(ValueError, match="this model takes 3 images at once"):
        bl.layers(net, photos(2))


def test_the_work_of_convolutions_is_counted_for_one_image() -> None:
    net = network(
        lambda n, x: read(n, n.deep(n.point(n.wide(x)))),
        wide=nn.Conv2d(3, 6, 3, 2, 1), point=conv(6, 4, 1),
        deep=nn.Conv2d(4, 4, 3, padding=1, groups=4), fc=nn.Linear(4, 2),
    )  # fmt: skip
    work = surveyed(net, photos(2, 16, 24)).work
    positions = 8 * 12
    assert work.products == positions * (6 * 27 + 4 * 6 + 4 * 9)
    assert work.weights == 6 * 27  # neither 1×1 kernels nor those of single channels


def test_nothing_of_the_run_is_kept_alive() -> None:
    net = resnet_like()
    for entry in surveyed(net, photos()).seen:
        kept = [value for value in vars(entry).values() if isinstance(value, Tensor)]
        assert not kept
        assert entry._tensor is None
        assert entry._edge is None


def test_a_segmentation_before_it_is_enlarged_is_no_layer_to_look_at() -> None:
    class Segmenter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.look, self.classify = nn.Conv2d(3, 6, 4, stride=4), nn.Conv2d(6, 5, 1)
            self.aside = nn.Conv2d(6, 7, 1)

        def forward(self, picture: Tensor) -> dict[str, Tensor]:
            seen = self.look(picture).relu()
            small = {"out": self.classify(seen), "aux": self.aside(seen)}
            return {name: F.interpolate(maps, scale_factor=4) for name, maps in small.items()}

    found = bl.layers(Segmenter(), torch.randn(1, 3, 32, 32))
    assert [candidate.name for candidate in found] == ["look", "aside"]
    assert found[1].reason.endswith("do not reach the output")
