"""The network that plays by where things are: what each part of it does."""

from __future__ import annotations

import torch

import backlight as bl
from backlight.models.reference.positions import Placed, PositionPolicy, Shrink

GREY = 0.25


def network() -> PositionPolicy:
    torch.manual_seed(0)
    return PositionPolicy(2, 3, background=GREY)


def test_every_pixel_is_told_with_where_it_is() -> None:
    pictures = torch.rand(3, 2, 3, 4)
    seen, places = network().pixels(pictures)
    torch.testing.assert_close(seen, pictures - GREY)
    # The middles of the pixels, the picture reaching from -1 to 1.
    torch.testing.assert_close(places[0, 0, 1], torch.tensor([-0.75, -0.25, 0.25, 0.75]))
    torch.testing.assert_close(places[0, 1, :, 2], torch.tensor([-2 / 3, 0, 2 / 3]))


def test_a_sum_of_placed_maps_is_a_mass_and_where_it_is() -> None:
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 1, 3] = 2.0
    _, places = network().pixels(torch.zeros(1, 2, 4, 4))
    mass, column, row = Placed()(maps, places).sum((2, 3))[0]
    assert mass == 2
    place = torch.stack((column, row)) / mass
    torch.testing.assert_close(place, torch.tensor([0.75, -0.25]))


def test_what_is_below_the_threshold_is_nothing_whatever_the_sign_it_was_learned_with() -> None:
    shrink = Shrink(2)
    with torch.no_grad():
        shrink.threshold.copy_(torch.tensor([0.5, -0.5])[:, None, None])
    maps = torch.tensor([-1.0, 0.0, 0.5, 2.0]).expand(1, 2, 1, 4)
    assert shrink(maps).tolist() == [[[[0, 0, 0, 1.5]]] * 2]


def test_where_nothing_is_nothing_is_read() -> None:
    pictures = torch.full((1, 2, 4, 4), GREY)
    pictures[0, 1, 1, 2] = 0.9
    net = network()
    evidence = net.read(*net.pixels(pictures))
    there = torch.zeros(4, 4, dtype=torch.bool)
    there[1, 2] = True
    assert bool(evidence[0, :, there].any())
    assert not bool(evidence[0, :, ~there].any())


def test_its_actions_and_its_value_are_found_by_name() -> None:
    pictures = torch.rand(2, 2, 8, 8)
    told = network()(pictures)
    assert {name: tuple(part.shape) for name, part in told.items()} == {
        "logits": (2, 3),
        "value": (2,),
    }
    why = bl.explain(network().eval(), pictures, bl.Value())
    torch.testing.assert_close(why.scores, told["value"].detach())
