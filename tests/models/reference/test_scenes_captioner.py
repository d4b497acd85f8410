"""The captioner says what is true of unseen scenes."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from importlib import resources
from typing import Any

import pytest
import torch
from torch import Tensor

import backlight as bl
from backlight.errors import InputError, TargetError
from backlight.models.reference.captioner import Captioner
from backlight.models.reference.shelf import reference_model, weights_of
from backlight.scenes import CAPTION_WORDS, Scene, make_scene, scenes
from backlight.scenes import Vocabulary as SceneVocabulary

NAME = "scenes-captioner"
HELD_OUT = 1_000_000  # No training reaches scenes from this number on.
COUNT = 300
MARGIN = 0.05  # What a share of so few scenes may be beside that of the record's many.
START, END = 1, 2


@pytest.fixture(scope="module")
def model() -> bl.Model:
    return bl.load_model(NAME)


@pytest.fixture(scope="module")
def captioner(model: bl.Model) -> Captioner:
    assert isinstance(model.module, Captioner)
    return model.module


@pytest.fixture(scope="module")
def unseen() -> list[Scene]:
    return list(scenes(COUNT, seed=0, level="medium", start=HELD_OUT))


@pytest.fixture(scope="module")
def images(unseen: list[Scene]) -> Tensor:
    return (
        torch.stack([torch.from_numpy(scene.image).permute(2, 0, 1) for scene in unseen]) / (127.5)
        - 1
    )


@pytest.fixture(scope="module")
def greedy(captioner: Captioner, images: Tensor) -> Tensor:
    return captioner.generate(images)


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """What was written down when the weights were made."""
    file = resources.files("backlight.models.reference") / "weights" / f"{NAME}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def sentence(ids: list[int]) -> str:
    """The words of token ids, by the scenes' own vocabulary."""
    return SceneVocabulary(CAPTION_WORDS).decode(ids)


def scores(captioner: Captioner, images: Tensor, tokens: Tensor) -> Tensor:
    """The mean log-probability of the words up to the end mark, by feeding them."""
    with torch.inference_mode():
        likely = captioner(images, tokens).log_softmax(2)
    said = likely[:, :-1].gather(2, tokens[:, 1:, None])[:, :, 0]
    counts = (tokens[:, :-1] != END) & (tokens[:, :-1] != 0)
    return (said * counts).sum(1) / counts.sum(1)


def test_greedy_captions_of_unseen_scenes_are_as_often_true_as_the_record_says(
    greedy: Tensor, unseen: list[Scene], record: dict[str, Any]
) -> None:
    assert (record["level"], record["seed"]) == ("medium", 0)
    assert record["scenes"] <= record["held_out_from"] == HELD_OUT
    true = [
        sentence(ids) in map(str, scene.captions)
        for ids, scene in zip(greedy.tolist(), unseen, strict=True)
    ]
    assert sum(true) / COUNT == pytest.approx(record["greedy_true"], abs=MARGIN)


def test_captions_found_by_a_beam_are_as_often_true_as_the_record_says(
    captioner: Captioner, images: Tensor, unseen: list[Scene], record: dict[str, Any]
) -> None:
    found = captioner.generate(images, beams=record["beams"])
    true = [
        sentence(ids) in map(str, scene.captions)
        for ids, scene in zip(found.tolist(), unseen, strict=True)
    ]
    assert sum(true) / COUNT == pytest.approx(record["beam_true"], abs=MARGIN)


def test_next_words_lead_on_to_true_captions_as_often_as_the_record_says(
    captioner: Captioner, images: Tensor, unseen: list[Scene], record: dict[str, Any]
) -> None:
    right = places = 0
    for image, scene in zip(images[:100], unseen, strict=False):
        rows = [
            [START, *SceneVocabulary(CAPTION_WORDS).encode(caption.words).tolist(), END]
            for caption in scene.captions
        ]
        follows = defaultdict(set)
        for row in rows:
            for place in range(1, len(row)):
                follows[tuple(row[:place])].add(row[place])
        fed = torch.tensor([row + [END] * (24 - len(row)) for row in rows])
        with torch.inference_mode():
            guessed = captioner(image.expand(len(rows), -1, -1, -1), fed).argmax(2).tolist()
        for row, guesses in zip(rows, guessed, strict=True):
            for place in range(1, len(row)):
                right += guesses[place - 1] in follows[tuple(row[:place])]
                places += 1
    assert right / places == pytest.approx(record["next_words"], abs=0.02)


def test_the_record_is_about_these_weights(record: dict[str, Any], model: bl.Model) -> None:
    content = weights_of(NAME)
    assert record["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) <= 3e6
    assert record["parameters"] == sum(p.numel() for p in model.module.parameters())
    assert model.version == f"{NAME}.safetensors sha256:{record['sha256'][:16]}"


def test_it_is_a_captioner_that_takes_photos_and_the_words_of_scenes(
    model: bl.Model, images: Tensor
) -> None:
    assert model.task == "caption"
    assert isinstance(model.encode, bl.Vocabulary)
    assert model.encode.words[3:] == CAPTION_WORDS
    assert model.preprocess is not None
    torch.testing.assert_close(model.preprocess(make_scene(HELD_OUT).image), images[:1])
    caption = make_scene(HELD_OUT).caption
    numbers = SceneVocabulary(CAPTION_WORDS).encode(str(caption)).tolist()
    assert model.encode([str(caption)])[0].tolist() == [
        *(START, *numbers, END),
        *[0] * (22 - len(numbers)),
    ]


def test_captions_go_from_the_start_mark_to_the_end_mark(greedy: Tensor) -> None:
    assert greedy.shape == (COUNT, 24)
    for ids in greedy.tolist():
        end = ids.index(END)
        assert ids[0] == START
        assert set(ids[end:]) == {END}
        assert min(ids[1:end]) > END


def test_greedy_decoding_takes_the_likeliest_word_each_time(
    captioner: Captioner, images: Tensor, greedy: Tensor
) -> None:
    """Fed with what it said itself, in one pass."""
    with torch.inference_mode():
        likeliest = captioner(images[:100], greedy[:100]).argmax(2)
    going_on = greedy[:100, :-1] != END
    assert torch.equal(likeliest[:, :-1][going_on], greedy[:100, 1:][going_on])


def test_a_beam_never_finds_a_less_likely_caption_than_greedy_decoding(
    captioner: Captioner, images: Tensor, greedy: Tensor
) -> None:
    alone = scores(captioner, images[:100], greedy[:100])
    found = scores(captioner, images[:100], captioner.generate(images[:100], beams=5))
    assert bool((found >= alone - 1e-5).all())
    assert bool((found > alone + 1e-3).any())


def test_a_caption_does_not_depend_on_those_beside_it(captioner: Captioner, images: Tensor) -> None:
    together = captioner.generate(images[:6], beams=3)
    alone = torch.cat([captioner.generate(image[None], beams=3) for image in images[:6]])
    assert torch.equal(together, alone)


def test_what_follows_a_word_does_not_change_its_score(
    captioner: Captioner, images: Tensor, greedy: Tensor
) -> None:
    other = greedy[:8].clone()
    other[:, 5:] = 7
    with torch.inference_mode():
        said, changed = (captioner(images[:8], tokens) for tokens in (greedy[:8], other))
    torch.testing.assert_close(said[:, :5], changed[:, :5])
    assert not torch.allclose(said[:, 5:], changed[:, 5:])


def test_pooled_glimpses_are_the_means_weighed_by_attention(
    captioner: Captioner, images: Tensor, greedy: Tensor
) -> None:
    """Several captions of one picture are decoded without glimpses, one caption with them."""
    maps = captioner.encoded(images[:4])
    twice = torch.stack([greedy[:4], greedy[4:8]], 1).flatten(0, 1)
    with torch.inference_mode():
        together = captioner.decode(maps, twice)
        one_by_one = torch.cat([captioner.decode(maps, greedy[i : i + 4]) for i in (0, 4)])
    torch.testing.assert_close(together.view(4, 2, 24, -1)[:, 0], one_by_one[:4])
    torch.testing.assert_close(together.view(4, 2, 24, -1)[:, 1], one_by_one[4:])


def test_words_are_explained_at_their_own_glimpses(model: bl.Model) -> None:
    scene = make_scene(HELD_OUT)
    why = bl.explain(model, scene.image, bl.Word(2))
    assert why.layer == "glimpses"
    assert why.map.shape == (1, 16, 16)
    assert why.texts == (
        sentence(model.module.generate(model.preprocess(scene.image))[0].tolist()),
    )  # type: ignore[operator, misc]


@pytest.mark.parametrize("layer", ["glimpses", "encoder.both"])
def test_the_gradient_of_a_word_is_the_same_by_every_way(layer: str) -> None:
    model = reference_model(NAME)
    model.module.double()
    assert model.preprocess is not None
    assert isinstance(model.encode, bl.Vocabulary)
    image = model.preprocess(make_scene(HELD_OUT).image).double()
    tokens = model.encode([str(make_scene(HELD_OUT).caption)])[:, :5]
    maps = [
        bl.explain(model, (image, tokens), bl.Word(2), layer=layer, gradients=way).map
        for way in ("backprop", "dual", "central")
    ]
    size = float(maps[0].abs().max())
    assert size > 0
    torch.testing.assert_close(maps[1], maps[0], rtol=0, atol=1e-10 * size)
    torch.testing.assert_close(maps[2], maps[0], rtol=0, atol=1e-5 * size)


def test_a_word_it_does_not_know_is_answered_with_the_nearest(model: bl.Model) -> None:
    image = make_scene(HELD_OUT).image
    with pytest.raises(
        InputError, match="no word 'circel' in the vocabulary; did you mean 'circle'"
    ):
        bl.explain(model, image, bl.Word(2), text="a red circel")
    with pytest.raises(
        TargetError, match="no word 'sqare' in the vocabulary; did you mean 'square'"
    ):
        bl.explain(model, image, bl.Word("sqare", at=2), text="a red circle")
    with pytest.raises(InputError, match="has 32 tokens: expected at most 24"):
        bl.explain(model, image, bl.Word(2), text="a red circle " * 10)


def test_a_tensor_of_another_size_is_refused_with_what_to_give(model: bl.Model) -> None:
    with pytest.raises(InputError, match=r"images of shape \(N, 3, 64, 64\), not \(1, 3, 96, 96\)"):
        bl.explain(model, torch.zeros(1, 3, 96, 96), bl.Word(0))
    with pytest.raises(InputError, match=r"not \(1, 1, 64, 64\): give the photo itself"):
        bl.explain(model, torch.zeros(1, 1, 64, 64), bl.Word(2), text="a red circle")


@pytest.mark.parametrize(("beams", "length"), [(0, 24), (1, 1)])
def test_too_few_beams_or_tokens_are_refused(
    captioner: Captioner, images: Tensor, beams: int, length: int
) -> None:
    with pytest.raises(InputError, match=f"not beams={beams}, length={length}"):
        captioner.generate(images[:1], beams=beams, length=length)
