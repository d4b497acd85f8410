"""The models that people use, tiny and random: captions, questions, similarity, boxes, pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

import backlight as bl
from backlight.errors import TargetError
from backlight.explanations.inputs import as_model
from tests.explanations.targets import huggingface as hf

LABELS = ("red", "blue", "square")
SAID = "a red circles"
# [DEC] a red circle ##s [SEP]
TOKENS = torch.tensor([[hf.START, *(hf.PIECES.index(p) for p in SAID[:-1].split()), 10, 3]])
ASKED = "what colour is the circle?"


@pytest.fixture(scope="module")
def encode(tmp_path_factory: pytest.TempPathFactory) -> bl.Tokens:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    return bl.Tokens(hf.tokenizer(folder), start=hf.START)


@pytest.fixture(scope="module")
def question(encode: bl.Tokens) -> bl.Tokens:
    return bl.Tokens(encode.tokenizer)


def agree(model: bl.Model, inputs: Any, target: Any, **more: Any) -> None:
    """By backpropagation, dual numbers and differences."""
    swept = bl.explain(model, inputs, target, **more)
    top = swept.map.abs().max()
    for gradients, slack in (("dual", 1e-9), ("central", 1e-4)):
        other = bl.explain(model, inputs, target, gradients=gradients, **more)
        assert other.layer == swept.layer
        assert (other.map - swept.map).abs().max() < slack * top, gradients


def test_each_word_of_blips_caption(encode: bl.Tokens) -> None:
    blip = hf.built("BlipForConditionalGeneration")
    model = bl.Model(blip, encode=encode)
    asked = [bl.Word(0), bl.Word("red"), bl.Word("circles"), bl.Caption()]
    whys = bl.explain(model, hf.pictures(), text=SAID, targets=asked)

    assert encode([SAID])["input_ids"].tolist() == TOKENS.tolist()
    with torch.no_grad():
        logits = blip(hf.pictures(), TOKENS.expand(2, -1)).logits
    terms = logits[:, :-1].log_softmax(-1).gather(2, TOKENS[:, 1:].expand(2, -1)[..., None])[..., 0]
    expected = [terms[:, 0], terms[:, 1], terms[:, 2] + terms[:, 3], terms.sum(1)]
    for why, score in zip(whys, expected, strict=True):
        assert torch.allclose(why.scores, score)
        assert why.layer == "vision_model.encoder"
        assert why.map.shape == (2, 4, 4)
    assert [why.names[0] for why in whys][1:] == [
        "the word 'red'",
        "the word 'circles'",
        f"“{SAID}”",
    ]


def test_blip_is_explained_alike_by_every_way(encode: bl.Tokens) -> None:
    model = bl.Model(hf.built("BlipForConditionalGeneration"), encode=encode)
    agree(model, hf.pictures()[:1], bl.Word("circles"), text=SAID)


def test_blip_is_asked_about_its_own_caption(encode: bl.Tokens) -> None:
    blip = hf.built("BlipForConditionalGeneration")
    blip.text_decoder.generation_config.max_length = 10
    said = blip.generate(hf.pictures()[:1])
    before = {name: value.clone() for name, value in blip.state_dict().items()}
    why = bl.explain(bl.Model(blip, encode=encode), hf.pictures()[:1], bl.Caption())
    assert why.names[0] == f"“{' '.join(s.word for s in encode.spoken(said[0].tolist()))}”"
    # The likeliest word each time: no word is likelier than the first one that it says.
    first = bl.explain(bl.Model(blip, encode=encode), hf.pictures()[:1], bl.Word(0))
    with torch.no_grad():
        logits = blip(hf.pictures()[:1], said).logits[0, 0]
    assert float(first.scores) == pytest.approx(float(logits.log_softmax(0).max()))
    assert all(torch.equal(value, before[name]) for name, value in blip.state_dict().items())


def test_a_blip_that_captions_is_asked_about_its_own_caption_when_nothing_is_asked(
    encode: bl.Tokens,
) -> None:
    blip = hf.built("BlipForConditionalGeneration")
    blip.text_decoder.generation_config.max_length = 10
    model = bl.Model(blip, encode=encode, task="caption")
    why, asked = (bl.explain(model, hf.pictures()[:1], target) for target in (None, bl.Caption()))
    assert why.names == asked.names
    assert torch.equal(why.map, asked.map)
    assert bl.layers(model, hf.pictures()[:1])[0].name == why.layer


def test_each_word_of_an_encoder_and_decoder() -> None:
    """Its tokenizer sets no marks: the decoder's start and end are put round the words."""
    captioner = hf.built("VisionEncoderDecoderModel")
    model = bl.Model(captioner, encode=bl.Tokens(hf.bare_tokenizer(), start=0))
    red, whole = bl.explain(
        model, hf.pictures(), text="a red circle", targets=[bl.Word("red"), bl.Caption()]
    )
    fed = torch.tensor([[0, 1, 2, 4, 0]] * 2)
    with torch.no_grad():
        logits = captioner(hf.pictures(), decoder_input_ids=fed).logits
    terms = logits[:, :-1].log_softmax(-1).gather(2, fed[:, 1:, None])[..., 0]
    assert torch.allclose(red.scores, terms[:, 1])
    assert torch.allclose(whole.scores, terms.sum(1))
    assert (red.layer, red.map.shape) == ("encoder.layernorm", (2, 4, 4))
    agree(model, hf.pictures()[:1], bl.Word("red"), text="a red circle")
    by_itself = bl.explain(model, hf.pictures()[:1], bl.Caption())
    said = captioner.generate(hf.pictures()[:1])
    assert by_itself.texts == (" ".join(s.word for s in model.encode.spoken(said[0].tolist())),)  # type: ignore[union-attr]


def test_blips_answer_to_a_question(question: bl.Tokens) -> None:
    blip = hf.built("BlipForQuestionAnswering")
    model = bl.Model(blip, encode=question)
    answers = [bl.explain(model, hf.pictures(), bl.Answer(a), text=ASKED) for a in LABELS[:2]]
    assert answers[0].layer == "vision_model.encoder"
    assert answers[0].model == "BlipForQuestionAnswering"
    assert answers[0].texts == (ASKED, ASKED)
    assert not torch.allclose(answers[0].map, answers[1].map)
    agree(model, hf.pictures()[:1], bl.Answer("red"), text=ASKED)


def test_blips_answers_are_scored_as_its_own_loss_scores_them(question: bl.Tokens) -> None:
    blip = hf.built("BlipForQuestionAnswering")
    fed = question([ASKED] * 2)
    labels = question(["red circle"] * 2)["input_ids"].clone()
    labels[:, 0] = hf.START
    given = {"input_ids": fed["input_ids"], "attention_mask": fed["attention_mask"]}
    with torch.no_grad():
        loss = blip(pixel_values=hf.pictures(), **given, labels=labels).loss
        spelt = as_model(blip).module
        logits = spelt(hf.pictures(), **given, decoder_input_ids=labels).logits[:, :-1]
    ours = F.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten())
    assert blip.text_decoder.label_smoothing == 0
    assert float(ours) == pytest.approx(float(loss), rel=1e-6)
    why = bl.explain(
        bl.Model(blip, encode=question), hf.pictures(), bl.Answer("red circle"), text=ASKED
    )
    likely = logits.log_softmax(-1).gather(2, labels[:, 1:, None]).sum((1, 2))
    assert torch.allclose(why.scores, likely)


def test_every_answer_is_spelt_in_a_run_of_its_own(question: bl.Tokens) -> None:
    model = bl.Model(hf.built("BlipForQuestionAnswering"), encode=question)
    answers = [bl.Answer("red"), bl.Answer("blue"), bl.Not(bl.Answer("red"))]
    found = bl.explain(model, hf.pictures(), text=ASKED, targets=answers)
    for answer, why in zip(answers, found, strict=True):
        alone = bl.explain(model, hf.pictures(), answer, text=ASKED)
        assert torch.allclose(why.scores, alone.scores)
        assert torch.allclose(why.map, alone.map)
    assert torch.equal(found[2].map, -found[0].map)


def test_blips_own_answer_is_the_one_that_it_generates(question: bl.Tokens) -> None:
    blip = hf.built("BlipForQuestionAnswering")
    model = bl.Model(blip, encode=question)
    texts = [ASKED, "is the red circle above the blue square?"]
    fed = question(texts)
    generated = blip.generate(
        fed["input_ids"], hf.pictures(), fed["attention_mask"], max_new_tokens=20
    )
    said = [" ".join(w.word for w in question.spoken(row)) for row in generated.tolist()]
    why, red, against = bl.explain(
        model,
        hf.pictures(),
        text=texts,
        targets=[bl.Answer(), bl.Answer("red"), bl.Not(bl.Answer())],
    )
    assert why.names == tuple(f"“{words}”" for words in said)
    assert red.names == ("“red”", "“red”")
    assert torch.equal(against.map, -why.map)
    with pytest.raises(TargetError, match="not with its own and 'red'"):
        bl.explain(model, hf.pictures(), bl.Difference(bl.Answer(), bl.Answer("red")), text=ASKED)


def test_one_score_cannot_be_of_two_answers_that_are_spelt(question: bl.Tokens) -> None:
    model = bl.Model(hf.built("BlipForQuestionAnswering"), encode=question)
    rather = bl.Difference(bl.Answer("red"), bl.Answer("blue"))
    with pytest.raises(TargetError, match=r"fed with one, not with 'red' and 'blue'"):
        bl.explain(model, hf.pictures(), rather, text=ASKED)


def test_vilts_answer_to_a_question(question: bl.Tokens) -> None:
    vilt = hf.built("ViltForQuestionAnswering")
    model = bl.Model(vilt, labels=LABELS, encode=question)
    long = "is the red circle above the blue square? what colour is the square?"
    for text in (ASKED, long):
        why = bl.explain(model, hf.pictures(), bl.Answer("blue"), text=text)
        fed = question([text] * 2)
        with torch.no_grad():
            logits = vilt(**fed, pixel_values=hf.pictures()).logits
        assert torch.allclose(why.scores, logits[:, 1])
        assert why.map.shape == (2, 4, 4)
        count = fed["input_ids"].shape[1] + 1
        assert why.layer_facts is not None
        assert why.layer_facts.grid == f"4×4×32 + {count} tokens"


def test_vilts_patches_are_read_in_the_order_of_the_picture(question: bl.Tokens) -> None:
    """ViLT shuffles them; what changes with one patch of the picture is to be that patch's."""
    vilt = hf.built("ViltForQuestionAnswering")
    model = bl.Model(vilt, labels=LABELS, encode=question)
    changed = hf.pictures()
    changed[:, :, 8:16, 24:] += 1  # second row, fourth column
    torch.manual_seed(0)
    maps = [
        bl.explain(model, x, bl.Answer("blue"), text=ASKED, layer="vilt.embeddings").map
        for x in (hf.pictures(), changed)
    ]
    moved = (maps[0] - maps[1]).abs()
    # The weights of the channels change a little, too, and with them the whole map.
    assert moved.flatten(1).argmax(1).tolist() == [1 * 4 + 3] * 2
    agree(model, hf.pictures(), bl.Answer("blue"), text=ASKED)


def test_clips_likeness_of_image_and_text(question: bl.Tokens) -> None:
    clip = hf.built("CLIPModel")
    model = bl.Model(clip, encode=question)
    texts = ["a red circle", "a blue square"]
    why = bl.explain(model, hf.pictures(), bl.Embedding(), text=texts)
    fed = question(texts)
    with torch.no_grad():
        likeness = clip(**fed, pixel_values=hf.pictures()).logits_per_image
    assert torch.allclose(why.scores * clip.logit_scale.exp(), likeness.diagonal())
    assert why.map.shape == (2, 4, 4)
    assert why.layer is not None
    assert why.layer.startswith("vision_model")
    assert why.logits is None  # a likeness to other texts is no ranking of classes
    agree(model, hf.pictures(), bl.Embedding(), text=texts)
    other = bl.explain(model, hf.pictures(), bl.Embedding(hf.pictures()[0]), text="a")
    assert float(other.scores[0]) == pytest.approx(1)
    assert float(other.scores[1]) < 1


def test_detrs_boxes() -> None:
    detr = hf.built("DetrForObjectDetection")
    model = bl.Model(detr, labels=(*LABELS, "nothing"))
    pictures = hf.pictures(64)
    why = bl.explain(model, pictures, bl.Box(0))
    with torch.no_grad():
        output = detr(pictures)
    for image in range(2):
        sure = output.logits[image].softmax(-1)[:, :-1]
        query, index = divmod(int(sure.argmax()), 3)
        assert float(why.scores[image]) == pytest.approx(float(output.logits[image, query, index]))
        assert why.names[image].startswith(f"{LABELS[index]} at (")
    assert (why.layer, why.map.shape) == ("model.encoder", (2, 8, 8))
    agree(model, pictures, bl.Box(1))


def test_segformers_pixels() -> None:
    segformer = hf.built("SegformerForSemanticSegmentation")
    model = bl.Model(segformer, labels=LABELS)
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[:32, 32:] = True
    why = bl.explain(model, hf.pictures(64), bl.Pixels("blue", mask))
    with torch.no_grad():
        logits = segformer(hf.pictures(64)).logits
    assert torch.allclose(why.scores, logits[:, 1, :8, 8:].mean((1, 2)))
    agree(model, hf.pictures(64), bl.Pixels("blue", mask))
