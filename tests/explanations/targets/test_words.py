"""Words and captions: log-probabilities of what the model was fed with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import backlight as bl
from backlight.errors import InputError, TargetError
from backlight.explanations.targets.base import Context
from tests.explanations.targets import huggingface
from tests.explanations.targets.networks import WORDS, Captioner, Speaker, built, pictures

SAID = "a red circle above a square"
VOCABULARY = bl.Vocabulary(WORDS)


def captioner(kind: Any = Captioner) -> bl.Model:
    return bl.Model(built(kind), encode=VOCABULARY)


def likely(net: bl.Model, words: list[str], image: int = 0) -> list[float]:
    """log p of each word given those before it, by feeding only those, one run for each."""
    found = []
    for place, word in enumerate(words):
        before = torch.tensor([[0, *(WORDS.index(w) for w in words[:place])]])
        logits = net.module(pictures()[image : image + 1], before)[0, -1]
        found.append(float((logits[WORDS.index(word)] - logits.exp().sum().log()).detach()))
    return found


def score(net: bl.Model, target: Any, text: Any = SAID) -> list[float]:
    return bl.explain(net, pictures(), target, text=text, layer="look").scores.tolist()


def test_a_words_score_is_its_log_probability_after_the_words_before_it() -> None:
    net = captioner()
    expected = likely(net, SAID.split())
    for position, word in enumerate(["a", "red", "circle", "above"]):
        assert score(net, bl.Word(position))[0] == pytest.approx(expected[position], rel=1e-12)
        assert score(net, bl.Word(word))[0] == pytest.approx(expected[position], rel=1e-12)
    assert score(net, bl.Word(4))[1] == pytest.approx(likely(net, SAID.split(), 1)[4], rel=1e-12)


def test_words_that_follow_each_other_are_scored_together() -> None:
    net = captioner()
    expected = likely(net, SAID.split())
    assert score(net, bl.Word("Red circle"))[0] == pytest.approx(sum(expected[1:3]), rel=1e-12)


def test_a_captions_score_is_the_sum_over_its_words_and_the_end() -> None:
    net = captioner()
    expected = sum(likely(net, [*SAID.split(), "<end>"]))
    assert score(net, bl.Caption(), SAID)[0] == pytest.approx(expected, rel=1e-12)
    assert score(net, bl.Caption(SAID), None)[0] == pytest.approx(expected, rel=1e-12)


def test_padding_has_no_part_in_a_caption() -> None:
    net = captioner()
    both = score(net, bl.Caption(), ["a circle", SAID])
    assert both[0] == pytest.approx(sum(likely(net, ["a", "circle", "<end>"])), rel=1e-12)
    assert both[1] == pytest.approx(sum(likely(net, [*SAID.split(), "<end>"], 1)), rel=1e-12)


def test_another_word_can_be_asked_for_at_a_position() -> None:
    net = captioner()
    expected = likely(net, ["a", "blue"])[1]
    assert score(net, bl.Word("blue", at=1))[0] == pytest.approx(expected, rel=1e-12)


def test_the_words_of_each_image_are_found_in_its_own_caption() -> None:
    net = captioner()
    why = bl.explain(net, pictures(), bl.Word("square"), text=["a square", SAID], layer="look")
    assert why.scores[0] == pytest.approx(likely(net, ["a", "square"])[1], rel=1e-12)
    assert why.scores[1] == pytest.approx(likely(net, SAID.split(), 1)[5], rel=1e-12)
    assert why.texts == ("a square", SAID)


def test_without_a_text_a_model_that_speaks_is_asked_about_its_own_words() -> None:
    net = captioner(Speaker)
    tokens = net.module.generate(pictures()).tolist()
    why = bl.explain(net, pictures(), bl.Caption(), layer="look")
    for image in range(2):
        words = [WORDS[token] for token in tokens[image][1:-1]]
        assert why.texts[image] == " ".join(words)
        assert why.names[image] == f"“{' '.join(words)}”"
        expected = sum(likely(net, [*words, "<end>"], image))
        assert why.scores[image] == pytest.approx(expected, rel=1e-12)


def test_token_ids_among_the_inputs_need_no_vocabulary() -> None:
    net = built(Captioner)
    tokens = torch.tensor([[0, 2, 3, 5, 1]] * 2)
    why = bl.explain(net, (pictures(), tokens), targets=[bl.Word(1), bl.Caption()], layer="look")
    expected = likely(bl.Model(net), ["a", "red", "circle", "<end>"])
    assert why[0].scores[0] == pytest.approx(expected[1], rel=1e-12)
    assert why[1].scores[0] == pytest.approx(sum(expected), rel=1e-12)


def test_targets_say_what_they_are() -> None:
    said = {
        bl.Word("circle"): "the word 'circle'",
        bl.Word(2): "word 2",
        bl.Word("blue", at=1): "the word 'blue' at 1",
        bl.Caption("a red circle"): "“a red circle”",
        bl.Caption(): "the caption",
    }
    assert [str(target) for target in said] == list(said.values())
    named = bl.explain(captioner(), pictures(), bl.Word(2), text=SAID, layer="look")
    assert named.names == ("the word 'circle'",) * 2
    assert repr(bl.Word("blue", at=1)) == "Word('blue', at=1)"
    assert repr(bl.Caption("a")) == "Caption('a')"


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "a word that is not in the caption": (
        bl.Word("blue"),
        SAID,
        r"the caption 'a red circle above a square' has no word 'blue'.*Word\('blue', at=0\)",
    ),
    "a word that is not in the vocabulary": (
        bl.Word("cirkle"),
        SAID,
        r"no word 'cirkle' in the vocabulary; did you mean 'circle'\?",
    ),
    "another word that is not in the vocabulary": (
        bl.Word("blu", at=1),
        SAID,
        r"no word 'blu' in the vocabulary; did you mean 'blue'\?",
    ),
    "a position beyond the caption": (
        bl.Word(6),
        SAID,
        r"no word at position 6: the caption 'a red circle above a square' has 6, 0 to 5",
    ),
    "a negative position": (bl.Word(-1), SAID, r"no word at position -1"),
    "two words at one position": (bl.Word("red circle", at=1), SAID, r"is 2 tokens.*text="),
    "no text at all": (bl.Word(0), None, r"needs the words that the model is fed with, text='…'"),
    "another text than the caption's": (
        bl.Caption("a circle"),
        SAID,
        r"the target is about 'a circle', but text='a red circle above a square' was given",
    ),
    "two captions in one run": (
        bl.Difference(bl.Caption("a circle"), bl.Caption("a square")),
        None,
        r"one run is fed with one text, not with 'a circle' and 'a square'",
    ),
    "a class": (0, SAID, r"no \(batch, classes\) scores: .*give bl.Word\(0\), or a callable"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_caption_has_not_is_refused_with_what_works(what: str) -> None:
    target, text, message = REFUSED[what]
    with pytest.raises(TargetError, match=message) as caught:
        score(captioner(), target, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_word_is_refused(empty: str) -> None:
    with pytest.raises(TargetError, match="is empty: expected a word of the caption"):
        bl.Word(empty)


def test_a_mark_of_a_tokenizer_is_no_word(tmp_path: Path) -> None:
    encode = bl.Tokens(huggingface.tokenizer(tmp_path), start=huggingface.START)
    made = encode(["a red circle"])
    context = Context(encode=encode, tokens=made["input_ids"])  # type: ignore[index]
    logits = torch.zeros(1, 5, len(huggingface.PIECES))
    assert bl.Word("circle")(logits, context).shape == (1,)
    with pytest.raises(TargetError, match=r"'\[SEP\]' is no word but a mark"):
        bl.Word("[SEP]")(logits, context)


@pytest.mark.parametrize("ids", [[], [0]])
def test_a_caption_of_no_scored_tokens_is_refused(ids: list[int]) -> None:
    tokens = torch.tensor([ids], dtype=torch.long)
    logits = torch.zeros(1, len(ids), len(WORDS))
    with pytest.raises(TargetError, match="has no words that have a score"):
        bl.Caption()(logits, Context(encode=bl.Vocabulary(WORDS), tokens=tokens))


def test_captions_that_differ_are_each_fed_in_a_run_of_its_own() -> None:
    """Targets without a text of their own are about the first."""
    targets = [bl.Word(1), bl.Caption("a circle"), bl.Caption("a square"), bl.Caption("a circle")]
    layers = ["look", "look"]
    found = bl.explain(captioner(), pictures(), targets=targets, layer=layers)
    assert [why.texts[0] for why in found[::2]] == ["a circle", "a circle", "a square", "a circle"]
    assert [why.names[0] for why in found[::2]] == [
        "the word 'circle'",
        "“a circle”",
        "“a square”",
        "“a circle”",
    ]
    for place, text in enumerate(("a circle", "a circle", "a square", "a circle")):
        alone = bl.explain(captioner(), pictures(), targets[place], text=text, layer="look")
        for why in found[2 * place : 2 * place + 2]:
            assert torch.allclose(why.map, alone.map)


def test_what_a_word_and_a_caption_are_made_from_is_checked() -> None:
    for which in (1.5, True, None, ["a"]):
        with pytest.raises(TargetError, match=r"Word takes a word or its position"):
            bl.Word(which)  # type: ignore[arg-type]
    with pytest.raises(TargetError, match=r"at= goes with a word"):
        bl.Word(1, at=2)
    with pytest.raises(TargetError, match=r"Caption takes a text, not int"):
        bl.Caption(3)  # type: ignore[arg-type]


def test_a_word_by_its_text_needs_a_vocabulary() -> None:
    tokens = torch.tensor([[0, 2, 3, 1]] * 2)
    with pytest.raises(TargetError, match=r"encode=bl.Vocabulary\(words\).*goes without"):
        bl.explain(built(Captioner), (pictures(), tokens), bl.Word("red"), layer="look")


def test_tokens_without_a_start_mark_have_no_first_score() -> None:
    net = bl.Model(built(Captioner), encode=bl.Vocabulary(WORDS, start=None))
    with pytest.raises(TargetError, match=r"'a', is what the model starts from.*start mark"):
        bl.explain(net, pictures(), bl.Word(0), text="a circle", layer="look")


def test_scores_of_words_must_be_as_many_as_the_tokens() -> None:
    context = Context(tokens=torch.zeros(2, 4, dtype=torch.long))
    with pytest.raises(TargetError, match=r"of shape \(2, 4\).* \(2, 3, 8\): expected \(2, 4, 8\)"):
        bl.Word(0)(torch.zeros(2, 3, 8), context)
    with pytest.raises(TargetError, match=r"no \(batch, length, vocabulary\) scores"):
        bl.Word(0)(torch.zeros(2, 3), context)
    with pytest.raises(TargetError, match=r"needs the words that the model was fed with"):
        bl.Word(0)(torch.zeros(2, 3, 8))


def test_scores_in_half_precision_are_summed_in_single() -> None:
    logits = torch.randn(1, 3, 8, generator=torch.Generator().manual_seed(0)).bfloat16()
    context = Context(tokens=torch.tensor([[0, 2, 1]]))
    expected: Tensor = logits.double().log_softmax(-1)
    found = bl.Caption().scored(logits, context)
    assert found.scores.dtype == torch.float32
    total = float(expected[0, 0, 2] + expected[0, 1, 1])
    assert float(found.scores) == pytest.approx(total, rel=1e-6)
    assert found.cotangent.dtype == torch.bfloat16


def test_a_model_without_vocabulary_takes_no_text() -> None:
    with pytest.raises(InputError, match=r"Captioner has no vocabulary for text='a'.*encode="):
        bl.explain(built(Captioner), pictures(), bl.Word(0), text="a")
