"""Feature maps raised one by one, many steps in one batch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from backlight.explanations.grid import Layout
from backlight.explanations.raised import Raised

LAYOUTS = {
    "channels first": (Layout("channels first", 2, 3, 4), (2, 4, 2, 3)),
    "channels last": (Layout("channels last", 2, 3, 4), (2, 2, 3, 4)),
    "tokens": (Layout("tokens", 2, 3, 4), (2, 6, 4)),
    "tokens beside the grid": (Layout("tokens", 2, 3, 4, 2), (2, 8, 4)),
}


def case(name: str) -> tuple[Layout, Tensor, Tensor]:
    layout, shape = LAYOUTS[name]
    cut = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return layout, cut, torch.tensor([0.5, 3.0], dtype=torch.float64)


def raised_by_hand(layout: Layout, cut: Tensor, scale: Tensor, t: Tensor) -> Tensor:
    """One position after the other."""
    new = cut.clone()
    maps = layout.maps(new)
    for b in range(len(cut)):
        for c in range(layout.channels):
            for i in range(layout.height):
                for j in range(layout.width):
                    maps[b, c, i, j] += scale[b] * t[c]
    if maps.data_ptr() == new.data_ptr() or layout.kind != "tokens":
        return new
    tokens = maps.flatten(2).transpose(1, 2)
    return torch.cat([new[:, : layout.extra], tokens], 1)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_map_is_raised_by_its_own_step_at_every_position(name: str) -> None:
    layout, cut, scale = case(name)
    t = torch.tensor([1.0, -2.0, 0.0, 0.25], dtype=torch.float64)
    raised = Raised(cut, layout, scale)
    torch.testing.assert_close(raised(t), raised_by_hand(layout, cut, scale, t))


@pytest.mark.parametrize("name", LAYOUTS)
def test_batches_of_single_steps_are_right_one_after_the_other(name: str) -> None:
    layout, cut, scale = case(name)
    raised = Raised(cut, layout, scale)
    for steps in ([[0, 1.0], [3, -2.0]], [[2, 0.5]], [[1, 4.0], [1, -4.0], [0, 0.0], [3, 1.0]]):
        t = torch.zeros(len(steps), 4, dtype=torch.float64)
        for row, (channel, by) in enumerate(steps):
            t[row, int(channel)] = by
        found = torch.func.vmap(lambda one, raised=raised: raised(one) * 1)(t)
        expected = torch.stack([raised_by_hand(layout, cut, scale, one) for one in t])
        torch.testing.assert_close(found, expected)
    torch.testing.assert_close(raised.cut, case(name)[1])


def test_steps_of_several_maps_at_once_go_in_batches_too() -> None:
    layout, cut, scale = case("channels first")
    t = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    found = torch.func.vmap(Raised(cut, layout, scale))(t)
    torch.testing.assert_close(
        found, torch.stack([raised_by_hand(layout, cut, scale, one) for one in t])
    )


def test_a_model_that_writes_into_the_batch_does_not_spoil_the_next() -> None:
    layout, cut, scale = case("channels first")
    raised = Raised(cut, layout, scale)
    t = torch.eye(4, dtype=torch.float64)
    for _ in range(3):
        found = torch.func.vmap(lambda one: raised(one).relu_().sum())(t)
        by_hand = [raised_by_hand(layout, cut, scale, one).relu().sum() for one in t]
        torch.testing.assert_close(found, torch.stack(by_hand))
