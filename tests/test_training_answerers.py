"""The scripts that train answerers make files that the package reads, and read their data right."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import easy_vqa
import numpy as np
import pytest
import torch
from safetensors.torch import save

from backlight.models.reference import answerer, shelf
from backlight.models.reference.answerer import Answerer
from backlight.models.reference.easy_vqa import ANSWERS as EASY_ANSWERS
from backlight.scenes import ANSWERS, COLOURS, TEXTURES, make_scene

# The scripts are no part of the package: they lie at the repository's root.
sys.path.insert(0, str(Path(__file__).parents[1]))
from training import easy_vqa_answerer, scenes_answerer, scenes_data, scenes_questions
from training.answering import (
    Recipe,
    accuracies,
    first_pictures,
    looked_at,
)
from training.easy_vqa_data import easy_vqa_part, shape_masks
from training.feeding import as_input
from training.grain import learn_grain
from training.recording import write
from training.textures_data import textures

TINY = Recipe(pictures=24, held_out=12, epochs=1, batch=8, questions=3, textures=1)


@pytest.fixture(autouse=True)
def _scenes_kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes_data.tempfile, "gettempdir", lambda: str(tmp_path))


def trunk() -> bytes:
    torch.manual_seed(5)
    return save(Answerer(3, 2).state_dict())


def test_what_a_training_writes_is_what_the_package_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(*scenes_answerer.make(TINY, trunk()), tmp_path / "out")
    monkeypatch.setattr(shelf, "weights_of", lambda name: path.read_bytes())
    loaded = shelf.reference_model("scenes-answerer").module
    assert isinstance(loaded, Answerer)
    unseen = scenes_questions.questions(TINY.held_out, start=scenes_data.HELD_OUT)
    found = accuracies(loaded, unseen, scenes_questions.KINDS)
    written = json.loads(path.with_suffix(".json").read_text())
    assert written["accuracy"] == {kind: round(share, 4) for kind, share in found.items()}


def test_the_convolutions_stay_as_they_began_and_the_rest_learns() -> None:
    torch.manual_seed(5)
    began = Answerer(3, 2)
    module, _, _ = scenes_answerer.make(TINY, trunk())
    for name in ("stem", "stage1", "stage2", "evidence"):
        for key, value in began.get_submodule(name).state_dict().items():
            learned = module.get_submodule(name).state_dict()[key]
            torch.testing.assert_close(learned, value, rtol=1e-3, atol=1e-4)
    assert float(module.fit.weight.grad.abs().max()) > 0  # type: ignore[union-attr]


def test_what_is_learned_depends_on_the_bound_while_learning_and_not_on_that_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def learned() -> dict[str, torch.Tensor]:
        return scenes_answerer.make(TINY, trunk())[0].state_dict()

    def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
        return all(torch.equal(one[key], value) for key, value in other.items())

    as_it_is = learned()
    monkeypatch.setattr(answerer, "_FLOOR", 0.5)
    assert equal(learned(), as_it_is)
    monkeypatch.setattr(answerer, "_FLOOR_LEARNING", 0.5)
    assert not equal(learned(), as_it_is)


def test_what_is_there_in_which_texture_is_the_scenes_own() -> None:
    made = textures(3, start=7, processes=1).reshape(3, len(COLOURS), len(TEXTURES))
    scene = make_scene(8, level="medium")
    there = {(list(COLOURS)[c], list(TEXTURES)[t]) for c, t in np.argwhere(made[1] == 1)}
    assert there == {(thing.colour, thing.texture) for thing in scene.objects}
    assert made[1].sum() == len(there)


def striped_or_plain(count: int, chance: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Grey pictures with one square, striped or of the stripes' mean grey, and which it is."""
    pictures, labels = np.full((count, 3, 64, 64), 128, np.uint8), np.zeros((count, 2), np.float32)
    square = np.full((2, 16, 16), 200, np.uint8)
    square[1, :, ::4] = square[1, :, 1::4] = 160
    square[1, :, 2::4] = square[1, :, 3::4] = 240
    for picture, label, kind in zip(pictures, labels, chance.integers(2, size=count), strict=True):
        y, x = chance.integers(48, size=2)
        picture[:, y : y + 16, x : x + 16] = square[kind]
        label[kind] = 1
    return torch.from_numpy(pictures), torch.from_numpy(labels)


def test_the_grain_learns_to_tell_a_texture_wherever_it_lies() -> None:
    torch.manual_seed(5)
    grain, chance = Answerer(3, 2).grain, np.random.default_rng(0)
    known, unseen = striped_or_plain(256, chance), striped_or_plain(64, chance)
    learn_grain(grain, *known, epochs=8, rate=4e-3, decay=0.02, seed=0)
    with torch.inference_mode():
        seen, tried = (grain.eval()(as_input(images)).amax((2, 3)) for images, _ in (known, unseen))
    means = torch.stack([seen[known[1][:, kind] == 1].mean(0) for kind in (0, 1)])
    nearest = torch.cdist(tried, means).argmin(1)
    assert float((nearest == unseen[1].argmax(1)).float().mean()) >= 0.95


def test_what_the_training_on_easy_vqa_writes_is_what_the_package_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = easy_vqa_answerer.Recipe(pictures=40, held_out=20, epochs=2, batch=8)
    module, name, facts = easy_vqa_answerer.make(few)
    path = write(module, name, facts, tmp_path / "out")
    monkeypatch.setattr(shelf, "weights_of", lambda name: path.read_bytes())
    loaded = shelf.reference_model(name).module
    unseen = first_pictures(easy_vqa_part("test"), few.held_out)
    found = easy_vqa_answerer.accuracies(loaded, unseen)  # type: ignore[arg-type]
    written = json.loads(path.with_suffix(".json").read_text())
    assert written["accuracy"] == {kind: round(share, 4) for kind, share in found.items()}
    again = easy_vqa_answerer.make(few)[0].state_dict()
    assert all(torch.equal(again[key], value) for key, value in module.state_dict().items())


def test_scenes_questions_are_the_scenes_own() -> None:
    made = scenes_questions.questions(3, start=7, processes=1)
    again = scenes_questions.questions(3, start=7)
    assert all(np.array_equal(a, b) for a, b in zip(made, again, strict=True))
    scene = make_scene(8, level="medium")
    np.testing.assert_array_equal(made.images[1], scene.image.transpose(2, 0, 1))
    rows = np.flatnonzero(made.of == 1)
    encode = shelf.REFERENCES["scenes-answerer"].encode
    assert encode is not None
    for row, question in zip(rows, scene.questions, strict=True):
        said = encode()([question.text])
        assert isinstance(said, torch.Tensor)
        assert [n for n in made.tokens[row].tolist() if n] == said[0].tolist()
        assert ANSWERS[made.answers[row]] == question.answer
        assert scenes_questions.KINDS[made.kinds[row]] == question.kind


def test_easy_vqas_questions_are_the_packages_own() -> None:
    asked = easy_vqa_part("test")
    texts, answers, of = easy_vqa.get_test_questions()
    assert len(asked.tokens) == len(texts) == 9673
    assert sorted(EASY_ANSWERS) == sorted(easy_vqa.get_answers())
    place = int(np.flatnonzero(asked.of == 17)[2])
    theirs = [index for index, image in enumerate(of) if image == 17][2]
    encode = shelf.REFERENCES["easy-vqa-answerer"].encode
    assert encode is not None
    said = encode()([texts[theirs]])
    assert isinstance(said, torch.Tensor)
    assert [n for n in asked.tokens[place].tolist() if n] == said[0].tolist()
    assert EASY_ANSWERS[asked.answers[place]] == answers[theirs]


def test_a_shapes_mask_is_its_pixels() -> None:
    picture = np.full((1, 3, 64, 64), 240, np.uint8)
    picture[0, :, 10:20, 30:50] = np.array([200, 40, 30], np.uint8)[:, None, None]
    picture[0, :, 9, 30:50] = np.array([233, 206, 206], np.uint8)[:, None]  # its soft edge
    expected = np.zeros((1, 64, 64), bool)
    expected[0, 10:20, 30:50] = True
    np.testing.assert_array_equal(shape_masks(picture), expected)


def test_places_are_looked_at_in_the_order_of_the_picture() -> None:
    module = Answerer(3, 2)
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64), dtype=np.uint8)
    seen = looked_at(module, images)
    assert seen.features.shape == (2, 1024, 160)
    assert seen.where[:33].tolist()[0] == [-1, -1]
    assert seen.where[31].tolist() == [1, -1]
    assert seen.where[32].tolist() == [-1, pytest.approx(-1 + 2 / 31)]


def test_what_is_in_a_picture_is_told_by_two_answers_about_it() -> None:
    asked = easy_vqa_part("test")
    things = easy_vqa_answerer.things_of(asked)
    _, answers, of = easy_vqa.get_test_questions()
    told = [{answers[i] for i, picture in enumerate(of) if picture == number} for number in (17, 4)]
    for number, said in zip((17, 4), told, strict=True):
        shape = said & set(easy_vqa_answerer.SHAPES)
        colour = said - shape - {"yes", "no"}
        if shape and colour:
            place = easy_vqa_answerer.SHAPES.index(shape.pop()) * 8
            place += list(EASY_ANSWERS).index(colour.pop()) - 5
            assert things[number] == place
        else:
            assert things[number] == easy_vqa_answerer.UNKNOWN
    assert 0.3 < float((things >= 0).mean()) < 0.9
