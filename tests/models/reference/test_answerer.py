"""The architecture that answers questions: what it computes, and what it does not depend on."""

from __future__ import annotations

import math

import pytest
import torch

from backlight.models.reference.answerer import Answerer, PlaceScores

WORDS, ANSWERS = 9, 5


@pytest.fixture
def net() -> Answerer:
    torch.manual_seed(0)
    return Answerer(WORDS, ANSWERS).double().eval()


def images(count: int = 2, size: int = 64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, size, size, generator=generator, dtype=torch.float64)


TOKENS = torch.tensor([[1, 4, 6, 0], [2, 4, 0, 0]])


def test_each_picture_gets_a_score_for_each_answer(net: Answerer) -> None:
    assert net(images(), TOKENS).shape == (2, ANSWERS)
    assert net(images(size=48), TOKENS).shape == (2, ANSWERS)


def test_several_questions_at_once_are_answered_as_one_by_one(net: Answerer) -> None:
    several = net.several(net.features(images()), TOKENS.expand(2, 2, -1))
    for question, tokens in enumerate(TOKENS):
        one = net(images(), tokens.expand(2, -1))
        torch.testing.assert_close(several[:, question], one, rtol=0, atol=1e-5)


def test_all_places_in_another_order_are_all_places(net: Answerer) -> None:
    features = net.features(images())
    shuffled = torch.randperm(32 * 32, generator=torch.Generator().manual_seed(2))
    some = net.several(features, TOKENS[:, None], shuffled)
    torch.testing.assert_close(some, net.several(features, TOKENS[:, None]), rtol=0, atol=1e-5)


def test_padding_and_the_order_of_the_words_change_nothing(net: Answerer) -> None:
    short, longer = torch.tensor([[1, 4, 6]]), torch.tensor([[6, 0, 1, 4, 0, 0]])
    torch.testing.assert_close(net(images(1), short), net(images(1), longer))


def test_words_and_picture_both_count(net: Answerer) -> None:
    said = net(images(), TOKENS)
    assert not torch.allclose(said, net(images(), TOKENS.flip(0)))
    assert not torch.allclose(said, net(images().flip(0), TOKENS))


def test_an_answers_score_is_the_smooth_maximum_of_its_map_and_what_is_told_beside(
    net: Answerer,
) -> None:
    maps: list[torch.Tensor] = []
    handle = net.places.register_forward_hook(lambda module, given, made: maps.append(made))
    net(images(), TOKENS)
    handle.remove()
    scores = maps[0].detach().flatten(2)[:, :ANSWERS]
    assert maps[0].shape == (2, ANSWERS + 80, 32, 32)
    smooth = scores.exp().mean(2).log()
    with torch.no_grad():
        net.told.weight.zero_()
        net.told.bias.zero_()
        net.likely.weight.zero_()
        net.likely.bias.copy_(torch.arange(ANSWERS))
    torch.testing.assert_close(
        net(images(), TOKENS).detach(), smooth + torch.arange(ANSWERS), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize(("learning", "most"), [(True, 4.0), (False, 8.0)])
def test_a_place_speaks_for_an_answer_without_bound_and_against_it_by_so_much_at_most(
    learning: bool, most: float
) -> None:
    maps = torch.tensor([[[[-1e3, -4.0, 0.0, 7.0]]]], dtype=torch.float64)
    one, none = torch.ones(1, 1).double(), torch.zeros(1, 0, 1, 4).double()
    fit = torch.zeros_like(maps)
    places = PlaceScores().train(learning)
    said = places(maps, one, fit, one, none)[0, 0, 0]
    expected = torch.tensor([-most, most * (math.exp(-4 / most) - 1), 0, 7], dtype=torch.float64)
    torch.testing.assert_close(said, expected)
    torch.testing.assert_close(places(fit, one, maps, one, none)[0, 0, 0], expected)


def test_whether_and_how_many_of_what_is_asked_for_are_there_is_told_by_the_evidence(
    net: Answerer,
) -> None:
    asked = [3, 40, 79]
    maps: list[torch.Tensor] = []
    net.places.register_forward_hook(lambda module, inputs, made: maps.append(made))
    with torch.no_grad():
        net.wanted.weight.zero_()
        net.wanted.bias.fill_(-60)
        net.wanted.bias[asked] = 60
        net.told.weight.zero_()
        net.told.bias.zero_()
        without = net(images(), TOKENS)
        net.told.bias[0] = 1  # What of it is there, for the first answer,
        net.told.bias[ANSWERS + 1] = 1  # and how many, for the second.
        told = net(images(), TOKENS) - without
    there = maps[0][:, ANSWERS:].flatten(2).exp().mean(2)[:, asked]
    torch.testing.assert_close(told[:, 0], there.sum(1).log())
    torch.testing.assert_close(told[:, 1], (there / (1 + there)).sum(1))
