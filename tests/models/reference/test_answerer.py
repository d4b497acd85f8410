"""The architecture that answers questions: what it computes, and what it does not depend on."""

from __future__ import annotations

import pytest
import torch

from backlight.models.reference.answerer import Answerer

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
        for beside, told in ((net.told, torch.arange(ANSWERS)), (net.counted, torch.zeros(1))):
            beside[2].weight.zero_()
            beside[2].bias.copy_(told)
    torch.testing.assert_close(
        net(images(), TOKENS).detach(), smooth + torch.arange(ANSWERS), rtol=0, atol=1e-9
    )
