"""A spot of a map, shared out among the channels that light it."""

from __future__ import annotations

import pickle

import pytest
import torch
from PIL import Image

import backlight as bl
from backlight.errors import InputError, OutputError

from .architectures import READERS, drawn
from .networks import FAMILIES, gap_linear_net, photos, resnet_like

ARCHITECTURES = {name: row for rows, _ in READERS.values() for name, row in rows.items()}


def test_on_cam_the_contributions_are_those_of_the_linear_layer() -> None:
    """Of a network that ends in pooling and one linear layer α_k is w_k over the positions."""
    network, batch = gap_linear_net(channels=5), photos(1)
    why = bl.explain(network, batch, 2)
    height, width = why.map.shape[1:]

    found = why.channels(13, 7, count=5)

    maps = network.features(batch)[0].detach()
    row, column = 7 * height // 24, 13 * width // 24
    by_hand = network.classifier.weight[2].detach() / (height * width) * maps[:, row, column]
    assert (found.row, found.column) == (row, column)
    assert found.grid == (height, width)
    assert sorted(channel.index for channel in found.channels) == [0, 1, 2, 3, 4]
    for channel in found.channels:
        assert channel.contribution == pytest.approx(float(by_hand[channel.index]), abs=1e-12)
        assert channel.activation == pytest.approx(float(maps[channel.index, row, column]))
        torch.testing.assert_close(channel.map, maps[channel.index])
    sizes = [abs(channel.contribution) for channel in found.channels]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("gradients", ["backprop", "dual", "central"])
@pytest.mark.parametrize("name", FAMILIES)
def test_they_add_up_to_the_raw_map_everywhere(name: str, gradients: str) -> None:
    build, layers = FAMILIES[name]
    why = bl.explain(build(), photos(2), 1, layer=layers[-1], gradients=gradients)
    _, height, width = why.map.shape
    for index in range(2):
        for row in range(height):
            for column in range(width):
                x, y = (column + 0.5) * 24 / width, (row + 0.5) * 24 / height
                found = why.channels(x, y, 3, index=index)
                assert (found.row, found.column) == (row, column)
                expected = float(why.map[index, row, column])
                assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-12)
                told = sum(channel.contribution for channel in found.channels)
                assert told + found.rest == pytest.approx(found.value)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_also_in_architectures_people_use(name: str) -> None:
    build, size, layer = ARCHITECTURES[name][:3]
    generator = torch.Generator().manual_seed(0)
    picture = torch.randn(1, 3, *size, generator=generator, dtype=torch.float64)
    why = bl.explain(drawn(build).double(), picture, 1, layer=layer)
    height = why.map.shape[1]
    found = why.channels(0, size[0] - 1, 4)
    assert (found.row, found.column) == (height - 1, 0)
    assert found.value == pytest.approx(float(why.map[0, -1, 0]), rel=1e-9, abs=1e-12)


def test_guided_grad_cam_is_lit_by_the_channels_of_its_grad_cam() -> None:
    network, batch = resnet_like(), photos()
    coarse = bl.explain(network, batch, 1, layer="layer3")
    guided = bl.explain(network, batch, 1, layer="layer3", method="guided-grad-cam")
    one, other = coarse.channels(5, 5), guided.channels(5, 5)
    assert [c.index for c in one.channels] == [c.index for c in other.channels]
    assert other.value == pytest.approx(float(coarse.map[0, one.row, one.column]))


def test_nothing_is_run_until_it_is_asked_for_and_then_once() -> None:
    network, batch = resnet_like(), photos()
    runs: list[None] = []
    network.layer3.register_forward_hook(lambda *_: runs.append(None))
    why = bl.explain(network, batch, 1)
    before = len(runs)

    why.channels(1, 1)
    why.channels(20, 20)

    assert len(runs) == before + 1
    assert why.weights is not None
    assert why.weights.shape == (2, 10)


def test_the_spot_may_be_given_on_the_photo() -> None:
    model = bl.Model(gap_linear_net(), preprocess=bl.Preprocess(size=(24, 24)))
    wide = Image.effect_noise((96, 48), 60).convert("RGB")
    why = bl.explain(model, wide, 1)
    on_input, on_photo = why.channels(23, 0), why.channels(71, 0, of="photo")
    assert (on_photo.row, on_photo.column) == (on_input.row, on_input.column)
    assert on_photo.value == on_input.value
    with pytest.raises(InputError, match=r"\(23, 0\) lies outside .* x from 24 to 72"):
        why.channels(23, 0, of="photo")


def test_what_cannot_be_told_is_refused_in_words() -> None:
    network, batch = resnet_like(), photos()
    why = bl.explain(network, batch, 1)
    for x, y in ((-1, 0), (0, 24), (24, 0), (float("nan"), 0)):
        with pytest.raises(InputError, match="lies outside of what the model saw"):
            why.channels(x, y)
    with pytest.raises(InputError, match="count=0"):
        why.channels(0, 0, 0)
    with pytest.raises(InputError, match="images 0 to 1"):
        why.channels(0, 0, index=2)
    with pytest.raises(InputError, match="'input' or the 'photo'"):
        why.channels(0, 0, of="screen")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="gradient looks at no layer"):
        bl.explain(network, batch, 1, method="gradient").channels(0, 0)
    with pytest.raises(InputError, match="without its model"):
        pickle.loads(pickle.dumps(why)).channels(0, 0)


def test_weights_that_have_changed_since_are_noticed() -> None:
    network = resnet_like()
    why = bl.explain(network, photos(), 1)
    with torch.no_grad():
        network.layer1[0].conv1.weight.mul_(-1)
    with pytest.raises(OutputError, match="its weights have changed since"):
        why.channels(0, 0)


def test_black_boxes_are_looked_into_as_well() -> None:
    network = gap_linear_net()

    def features(image: object) -> object:
        with torch.no_grad():
            return network.features(torch.as_tensor(image)).numpy()

    def tail(maps: object) -> object:
        with torch.no_grad():
            return network.classifier(torch.as_tensor(maps).mean((2, 3))).numpy()

    why = bl.explain((features, tail), photos(1), 1)
    found = why.channels(12, 12)
    expected = float(why.map[0, found.row, found.column])
    assert found.value == pytest.approx(expected, rel=1e-9)
