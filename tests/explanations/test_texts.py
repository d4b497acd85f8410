"""Text beside the image: where it comes from, and where the model takes it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import InputError, TargetError
from backlight.explanations.inputs import prepare
from backlight.explanations.texts import with_words
from backlight.explanations.tokens import text_lengths, tokens_of

WORDS = ("<start>", "<end>", "a", "red", "circle")
IMAGE = torch.zeros(2, 3, 8, 8)


class Positional(nn.Module):
    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        return picture


class Named(nn.Module):
    """As Hugging Face's models: what text comes first, and pictures have a name of their own."""

    def forward(
        self, input_ids: Any = None, attention_mask: Any = None, pixel_values: Any = None
    ) -> Any:
        return pixel_values


class Open(nn.Module):
    def forward(self, picture: Tensor, **more: Tensor) -> Tensor:
        return picture


class Speaking(Positional):
    said: Any = torch.tensor([[0, 2, 1], [0, 3, 1]])

    def generate(self, picture: Tensor) -> Any:
        return self.said


class SpeakingByName(Named):
    def generate(self, pixel_values: Tensor) -> Tensor:
        return torch.tensor([[0, 4, 1]] * 2)


def named(texts: Any) -> dict[str, Tensor]:
    """As a tokenizer: more than every model takes."""
    ids = bl.Vocabulary(WORDS)(texts)
    return dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), ids)


def fed(module: nn.Module, encode: Any = None, text: Any = None, target: Any = None) -> Any:
    model = bl.Model(module, encode=encode)
    targets = [] if target is None else [target]
    return with_words(model, prepare(model, IMAGE), targets, text)


def test_token_ids_go_behind_the_image() -> None:
    inputs = fed(Positional(), bl.Vocabulary(WORDS), "a circle")
    assert len(inputs.arguments) == 2
    assert inputs.arguments[1].tolist() == [[0, 2, 4, 1]] * 2
    assert inputs.texts == ("a circle", "a circle")
    assert inputs.first.texts == ("a circle",)
    assert tokens_of(inputs) is inputs.arguments[1]
    assert text_lengths(inputs) == {4}


def test_named_tensors_go_by_their_names_as_far_as_the_model_takes_them() -> None:
    inputs = fed(Named(), named, ["a", "red"])
    assert inputs.arguments == ()
    assert set(inputs.named) == {"input_ids", "attention_mask", "pixel_values"}
    assert inputs.named["input_ids"].tolist() == [[0, 2, 1], [0, 3, 1]]
    assert torch.equal(tokens_of(inputs), inputs.named["input_ids"])


def test_a_model_that_takes_any_name_gets_all() -> None:
    inputs = fed(Open(), named, "a")
    assert len(inputs.arguments) == 1
    assert set(inputs.named) == {"input_ids", "attention_mask", "token_type_ids"}


def test_what_is_to_be_spoken_goes_before_what_was_asked() -> None:
    asked, spoken = torch.zeros(2, 5, dtype=torch.long), torch.ones(2, 3, dtype=torch.long)
    model = bl.Model(nn.Identity())
    given = {"input_ids": asked, "pixel_values": IMAGE, "decoder_input_ids": spoken}
    inputs = prepare(model, given)
    assert torch.equal(tokens_of(inputs), spoken)
    assert text_lengths(inputs) == {5, 3}
    assert tokens_of(prepare(model, IMAGE)) is None


def test_the_text_may_come_with_the_target() -> None:
    for target in (
        bl.Caption("a red"),
        bl.Not(bl.Caption("a red")),
        bl.Difference(0, bl.Caption("a red")),
    ):
        assert fed(Positional(), bl.Vocabulary(WORDS), target=target).texts == ("a red",) * 2


def test_or_the_model_speaks_for_itself() -> None:
    inputs = fed(Speaking(), target=bl.Word(0))
    assert inputs.arguments[1].tolist() == [[0, 2, 1], [0, 3, 1]]
    inputs = fed(SpeakingByName(), target=bl.Not(bl.Word(0)))
    assert inputs.named["input_ids"].tolist() == [[0, 4, 1]] * 2
    assert "pixel_values" in inputs.named
    # Only where words are asked about.
    assert fed(Speaking(), target=bl.Value()).arguments == (inputs.named["pixel_values"],)


class SpeakingByChance(nn.Module):
    """It draws its words; its forward pass leaves nothing to chance."""

    def __init__(self) -> None:
        super().__init__()
        self.look, self.read = nn.Conv2d(3, 5, 3), nn.Embedding(5, 5)

    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        return self.read(tokens) * self.look(picture).mean((2, 3))[:, None]

    def generate(self, picture: Tensor) -> Tensor:
        drawn = torch.randint(2, 5, (len(picture), 2))
        return torch.cat([torch.zeros(len(picture), 1, dtype=torch.long), drawn], 1)


def test_what_is_drawn_while_speaking_is_put_back_every_time() -> None:
    model = bl.Model(SpeakingByChance(), encode=bl.Vocabulary(WORDS))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    for _ in range(3):
        bl.explain(model, torch.rand(2, 3, 8, 8, generator=torch.Generator()), bl.Word(0))
        assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (torch.zeros(2, 3), r"generate\(image\) must return token ids .*not float32 \(2, 3\)"),
        (torch.zeros(3, dtype=torch.long), r"not int64 \(3,\)"),
        (torch.zeros(2, 3, dtype=torch.bool), r"not bool \(2, 3\)"),
        (["a", "b"], r"not list"),
        (torch.zeros(5, 3, dtype=torch.long), r"one row for each of 2 texts, not int64 \(5, 3\)"),
    ],
)
def test_what_a_model_says_must_be_token_ids(said: Any, message: str) -> None:
    module = Speaking()
    module.said = said
    with pytest.raises(InputError, match=message):
        fed(module, target=bl.Word(0))


@pytest.mark.parametrize("beyond", [5, -1])
def test_what_a_model_says_must_be_words_that_there_are(beyond: int) -> None:
    module = Speaking()
    module.said = torch.tensor([[0, 2, 1], [0, beyond, 1]])
    with pytest.raises(InputError, match=f"token id {beyond}, but the vocabulary has 5 words"):
        fed(module, bl.Vocabulary(WORDS), target=bl.Word(0))


@pytest.mark.parametrize(("text", "kind"), [(3, "int"), ([3, 4], "int"), (b"a", "bytes")])
def test_a_text_is_a_string(text: Any, kind: str) -> None:
    with pytest.raises(InputError, match=f"text takes a string, or a list .* not {kind}"):
        fed(Positional(), bl.Vocabulary(WORDS), text)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("a", r"must return token ids \(batch, length\) or a mapping.*not str"),
        (torch.zeros(3, 4), r"one row for each of 2 texts, not float32 \(3, 4\)"),
        ({"tokens": [[0, 1]] * 2}, r"one row for each of 2 texts, not list"),
    ],
)
def test_what_encode_makes_must_fit(made: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fed(Positional(), lambda texts: made, "a")


def test_tokens_and_text_together_are_refused() -> None:
    model = bl.Model(Positional(), encode=bl.Vocabulary(WORDS))
    inputs = prepare(model, (IMAGE, torch.zeros(2, 4, dtype=torch.long)))
    with pytest.raises(InputError, match="hold token ids already"):
        with_words(model, inputs, [], "a")


def test_a_model_that_neither_speaks_nor_is_told_is_refused() -> None:
    with pytest.raises(TargetError, match=r"text='…': Positional has no generate\(image\)"):
        fed(Positional(), bl.Vocabulary(WORDS), target=bl.Caption())


def test_a_model_that_answers_questions_asks_for_one_whatever_is_explained() -> None:
    model = bl.Model(Positional(), encode=bl.Vocabulary(WORDS), task="vqa", name="answerer")
    with pytest.raises(InputError, match=r"answerer answers questions: give one as text='…\?'"):
        with_words(model, prepare(model, IMAGE), [])
