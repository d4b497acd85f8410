"""Sequences of words and of boxes are no grids of the picture, however many there are."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import LayerError
from backlight.explanations.layer import layers


class Patches(nn.Module):
    """A picture (N, 3, 16, 16) as 4×4 patches and a class token, (N, 17, 8), mixed by a block."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, stride=4)
        self.block = nn.Sequential(nn.Linear(8, 8), nn.Tanh())

    def forward(self, picture: Tensor) -> Tensor:
        patches = self.patch(picture).flatten(2).transpose(1, 2)
        return self.block(torch.cat((patches.mean(1, keepdim=True), patches), 1))


class Speech(nn.Module):
    """Words that look at the picture, (N, T, 8), and weights of attention, (N, 2, T, T)."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 8)
        self.attend = nn.Identity()
        self.speak = nn.Sequential(nn.Linear(8, 8), nn.Tanh())

    def forward(self, tokens: Tensor, seen: Tensor) -> Tensor:
        words = self.embed(tokens) + seen.mean(1, keepdim=True) + seen.square().mean(1, True)
        weights = self.attend(torch.stack([words @ words.transpose(1, 2)] * 2, 1))
        return self.speak(weights.mean(1) @ words)


class Captioner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.vision, self.text = Patches(), Speech()
        self.head = nn.Linear(8, 10)

    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        return self.head(self.text(tokens, self.vision(picture)))


class Recurrent(nn.Module):
    """A captioner whose words run through a recurrent network that stands beside the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(3, 8, 4, stride=4)
        self.embed, self.remember = nn.Embedding(10, 8), nn.LSTM(8, 8, batch_first=True)
        self.head = nn.Linear(8, 10)

    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        seen = self.look(picture).tanh().mean((2, 3))
        return self.head(self.remember(self.embed(tokens) + seen.unsqueeze(1))[0])


def batch(length: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(2, 3, 16, 16), torch.randint(10, (2, length))


# 4 and 5 are 2×2 and a token, as pooling would make of 4×4; 16 and 17 are 4×4 and a token.
@pytest.mark.parametrize("length", [3, 4, 5, 8, 16, 17])
@pytest.mark.parametrize("kind", [Captioner, Recurrent])
def test_words_are_no_layer_to_look_at(kind: Any, length: int) -> None:
    torch.manual_seed(1)
    found = layers(kind(), batch(length))
    best = "vision" if kind is Captioner else "look"
    assert found[0].name == best
    assert not any(c.name.startswith(("text", "head", "remember", "embed")) for c in found)
    if kind is Captioner:
        assert found[0].grid == "4×4×8 + 1 token"
        assert found[0].reason.endswith("before words or boxes are made with it")


def test_another_length_of_text_is_looked_at_anew() -> None:
    net = Captioner()
    for length in (4, 6, 17):
        why = bl.explain(net, batch(length), bl.Word(1))
        assert why.layer == "vision"
        assert why.map.shape == (2, 4, 4)


def test_a_layer_of_words_that_is_asked_for_is_refused() -> None:
    with pytest.raises(LayerError, match=r"'text.speak' returns \(2, 5, 8\).*try 'vision'"):
        bl.explain(Captioner(), batch(5), bl.Word(1), layer="text.speak")


class Mixed(nn.Module):
    """Words and patches in one sequence, the words first, as ViLT has it."""

    def __init__(self) -> None:
        super().__init__()
        self.vision, self.embed = Patches(), nn.Embedding(10, 8)
        self.block = nn.Sequential(nn.Linear(8, 8), nn.Tanh())
        self.head = nn.Linear(8, 5)

    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        both = torch.cat((self.embed(tokens), self.vision(picture)), 1)
        return self.head(self.block(both).mean(1))


@pytest.mark.parametrize("length", [4, 12, 40])
def test_words_may_stand_in_front_of_the_grid(length: int) -> None:
    torch.manual_seed(1)
    net, (picture, tokens) = Mixed(), batch(length)
    why = bl.explain(net, (picture, tokens), 3)
    assert why.layer == "block"
    assert why.layer_facts is not None
    assert why.layer_facts.grid == f"4×4×8 + {length + 1} tokens"
    # By hand: the head is linear on the mean, so every channel weighs what the head says.
    both = torch.cat((net.embed(tokens), net.vision(picture)), 1)
    maps = net.block(both)[:, length + 1 :].transpose(1, 2).reshape(2, 8, 4, 4)
    weights = net.head.weight[3] / both.shape[1]
    assert torch.allclose(why.map, torch.einsum("c,bchw->bhw", weights, maps), atol=1e-6)


class Queries(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.vision, self.wanted = Patches(), nn.Parameter(torch.randn(count, 8))
        self.decode = nn.Sequential(nn.Linear(8, 8), nn.Tanh())
        self.classify, self.place = nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        seen = self.vision(picture)
        weights = (self.wanted @ seen.transpose(1, 2)).softmax(-1)
        found = self.decode(weights @ seen)
        return {"logits": self.classify(found), "pred_boxes": self.place(found).sigmoid()}


@pytest.mark.parametrize("count", [4, 5, 9])
def test_boxes_looked_for_are_no_grid(count: int) -> None:
    torch.manual_seed(1)
    found = layers(Queries(count), batch(1)[0])
    assert found[0].name == "vision"
    assert not any(c.name.startswith(("decode", "classify", "place")) for c in found)
