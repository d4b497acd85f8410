"""Models that are exchanged for others of the same parts."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import backlight as bl
from backlight.models.adapters.choose import adapted
from tests.explanations.targets import huggingface as hf

KINDS = ["BlipForQuestionAnswering", "ViltForQuestionAnswering"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_keep_their_names_and_weights(kind: str) -> None:
    model = bl.Model(hf.built(kind), labels=("red", "blue", "square"))
    own, its = dict(model.module.named_parameters()), adapted(model).module.named_parameters()
    pointers = {name: parameter.data_ptr() for name, parameter in its}
    assert pointers == {name: parameter.data_ptr() for name, parameter in own.items()}
    assert adapted(model).name == kind
    assert adapted(model).labels == model.labels


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_adapted_once_and_left_as_it_is(kind: str) -> None:
    model = bl.Model(hf.built(kind))
    classes = [type(module) for module in model.module.modules()]
    assert adapted(model).module is adapted(model).module
    assert adapted(model).module is not model.module
    assert [type(module) for module in model.module.modules()] == classes


def test_every_other_model_is_taken_as_it_is() -> None:
    model = bl.Model(nn.Linear(2, 3))
    assert adapted(model) is model


def test_shuffled_patches_are_the_same_answer_in_order() -> None:
    """To the transformer the order of its patches is nothing."""
    vilt = hf.built("ViltForQuestionAnswering")
    words = torch.tensor([[2, 6, 7, 3]] * 2)
    with torch.no_grad():
        own = vilt(input_ids=words, pixel_values=hf.pictures()).logits
        ordered = adapted(bl.Model(vilt)).module(input_ids=words, pixel_values=hf.pictures())
    assert torch.allclose(own, ordered.logits)
    assert own.std() > 0.01


def test_without_an_answer_the_first_word_is_scored() -> None:
    spelt = adapted(bl.Model(hf.built("BlipForQuestionAnswering"))).module.eval()
    words = torch.tensor([[2, 6, 7, 3]] * 2)
    with torch.no_grad():
        first = spelt(hf.pictures(), words).logits
        longer = spelt(hf.pictures(), words, decoder_input_ids=torch.tensor([[hf.START, 7]] * 2))
    assert first.shape == (2, 1, len(hf.PIECES))
    assert torch.allclose(first[:, 0], longer.logits[:, 0])
