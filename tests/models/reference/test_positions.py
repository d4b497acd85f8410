"""The network that plays by where things are: what each part of it does."""

from __future__ import annotations

import torch

import backlight as bl
from backlight.models.reference.positions import Placed, PositionPolicy, Shrink

GREY = 0.25


def network() -> PositionPolicy:
    torch.manual_seed(0)
    return PositionPolicy(2, 3, background=GREY)


def test_the_cells_are_squares_of_four_pixels_of_each_picture() -> None:
    pictures = torch.rand(3, 2, 6, 8)
    seen, places = network().cells(pictures)
    assert seen.shape == (3, 8, 3, 4)
    square = pictures[1, :, 2:4, 4:6] - GREY
    torch.testing.assert_close(seen[1, :, 1, 2], square.flatten())
    # The middles of the cells, the picture reaching from -1 to 1.
    torch.testing.assert_close(places[0, 0, 1], torch.tensor([-0.75, -0.25, 0.25, 0.75]))
    torch.testing.assert_close(places[0, 1, :, 2], torch.tensor([-2 / 3, 0, 2 / 3]))


def test_a_sum_of_placed_maps_is_a_mass_and_where_it_is() -> None:
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 1, 3] = 2.0
    _, places = network().cells(torch.zeros(1, 2, 8, 8))
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
    pictures = torch.full((1, 2, 8, 8), GREY)
    pictures[0, 1, 2:4, 4:6] = 0.9
    net = network()
    seen, places = net.cells(pictures)
    evidence = net.evidence(net.placed(net.features(seen), places))
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
