"""The scripts in `training/` make files that the package reads, from scenes alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from backlight.models.checkpoints import fingerprint
from backlight.models.reference import captioner, shelf
from backlight.scenes import CAPTION_WORDS, CLASSES, Vocabulary, batch, make_scene, scenes

# The scripts are no part of the package: they lie at the repository's root.
sys.path.insert(0, str(Path(__file__).parents[1]))
from training import captions_data, precision, scenes_captioner, scenes_classifiers, scenes_data
from training.feeding import as_input
from training.optimising import rise_and_fall
from training.recording import write
from training.scenes_classifiers import Recipe, flipped, make

TINY = Recipe(scenes=128, held_out=60, epochs=2)
SMALL = scenes_captioner.Recipe(
    scenes=64, held_out=20, epochs=2, batch=32, one_place=1, again_scenes=96
)


@pytest.fixture(autouse=True)
def _scenes_kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes_data.tempfile, "gettempdir", lambda: str(tmp_path))


def test_average_precision_is_that_of_scikit_learn_also_with_equal_scores() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (200, 3))
    for scores in (random.normal(size=(200, 3)), random.integers(0, 5, (200, 3))):
        ours = precision.precisions(scores, labels)
        assert ours == pytest.approx(average_precision_score(labels, scores, average=None))


@pytest.mark.parametrize("processes", [1, 2])
def test_pictures_are_those_of_the_scenes_and_are_kept(
    processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes_data, "_CHUNK", 20)
    made = scenes_data.pictures(30, start=7, level="easy", processes=processes)
    expected = batch(scenes(30, level="easy", start=7))
    np.testing.assert_array_equal(made.images.astype(np.float32) / 255, expected.images)
    np.testing.assert_array_equal(made.labels, expected.labels)
    assert len(list(tmp_path.rglob("*.npz"))) == 1
    again = scenes_data.pictures(30, start=7, level="easy")
    np.testing.assert_array_equal(again.images, made.images)


@pytest.mark.parametrize("network", ["resnet", "vgg", "vit"])
def test_what_a_training_writes_is_what_the_package_loads(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, facts = make(network, TINY)
    path = write(module, name, facts, tmp_path / "out")
    monkeypatch.setattr(shelf, "weights_of", lambda name: path.read_bytes())
    loaded = shelf.reference_model(name)
    assert loaded.version == f"{path.name} {fingerprint(path.read_bytes())}"
    unseen = scenes_data.pictures(TINY.held_out, start=scenes_data.HELD_OUT)
    x = as_input(torch.from_numpy(unseen.images))
    with torch.inference_mode():
        torch.testing.assert_close(loaded.module(x), module(x))
    written = json.loads(path.with_suffix(".json").read_text())
    mean = np.mean(list(written["average_precision"].values()))
    assert written["mean_average_precision"] == pytest.approx(mean, abs=1e-4)


def test_the_captions_of_a_scene_are_kept_with_its_picture() -> None:
    made = captions_data.captioned(3, start=5)
    vocabulary = Vocabulary(CAPTION_WORDS)
    for row, image, tokens in zip(range(5, 8), made.images, made.tokens, strict=True):
        scene = make_scene(row)
        np.testing.assert_array_equal(image.transpose(1, 2, 0), scene.image)
        kept = captions_data.sentences(tokens)
        assert [vocabulary.decode(ids) for ids in kept] == list(map(str, scene.captions))
        assert {(ids[0], ids[-1]) for ids in kept} == {(1, 2)}
    assert captions_data.LENGTH == captioner.LENGTH


def test_what_may_come_next_is_what_some_caption_goes_on_with() -> None:
    follows = captions_data.continued([(1, 3, 4, 2), (1, 3, 5, 2), (1, 6, 2)])
    assert follows[(1,)] == {3, 6}
    assert follows[(1, 3)] == {4, 5}
    assert follows[(1, 6)] == {2}
    assert (1, 3, 4, 2) not in follows


def test_three_captions_are_drawn_of_each_scene() -> None:
    """The first two always; then that of numbers, or one of those of places if there are some."""
    tokens = torch.arange(1, 10)[None, :, None] * torch.ones(2000, 1, 24, dtype=torch.int64)
    tokens[:1000, 5:] = 0  # two captions of places
    tokens[1000:, 3:] = 0  # none
    drawn = scenes_captioner.drawn(tokens, torch.Generator().manual_seed(0))[:, :, 0]
    assert drawn[:, :2].tolist() == [[1, 2]] * 2000
    assert set(drawn[1000:, 2].tolist()) == {3}
    shares = [float((drawn[:1000, 2] == caption).float().mean()) for caption in (3, 4, 5)]
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.05)


def test_smoothed_labels_give_a_share_of_the_target_to_all_words_alike() -> None:
    """The loss worked out from the probabilities; places behind a caption's end count nothing."""
    known = captions_data.captioned(4)
    module = captioner.Captioner().eval()
    images = torch.from_numpy(known.images)
    tokens = torch.from_numpy(known.tokens[:, :2]).long()
    with torch.no_grad():
        module.said[-1].bias[tokens.unique()] += 3  # the words that are there, rather than others
        losses = [float(scenes_captioner.loss_of(module, images, tokens, e)) for e in (0, 0.1)]
        likely = module.decode(module.encoded(as_input(images)), tokens.flatten(0, 1)).log_softmax(
            2
        )
    said = [
        (float(row[place, word]), float(row[place].mean()))
        for row, ids in zip(likely, tokens.flatten(0, 1).tolist(), strict=True)
        for place, word in enumerate(ids[1:])
        if word
    ]
    true, alike = (-sum(values) / len(said) for values in zip(*said, strict=True))
    assert alike > true + 1
    # The encoder computes in half as many bits there.
    assert losses == pytest.approx([true, 0.9 * true + 0.1 * alike], rel=1e-3)
    assert scenes_captioner.Recipe().again().smoothing == scenes_captioner.Recipe().again_smoothing


def test_what_the_captioners_training_writes_is_what_the_package_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, facts = scenes_captioner.make(SMALL)
    path = write(module, name, facts, tmp_path / "out")
    monkeypatch.setattr(shelf, "weights_of", lambda name: path.read_bytes())
    loaded = shelf.reference_model(name)
    assert loaded.version == f"{path.name} {fingerprint(path.read_bytes())}"
    unseen = captions_data.captioned(20, start=scenes_data.HELD_OUT)
    x, tokens = as_input(torch.from_numpy(unseen.images)), torch.from_numpy(unseen.tokens[:, 0])
    with torch.inference_mode():
        torch.testing.assert_close(loaded.module(x, tokens.long()), module(x, tokens.long()))
    written = json.loads(path.with_suffix(".json").read_text())
    said = scenes_captioner.true_captions(loaded.module, unseen)  # type: ignore[arg-type]
    assert written["greedy_true"] == pytest.approx(said, abs=1e-4)
    led_on = scenes_captioner.next_words(loaded.module, unseen)  # type: ignore[arg-type]
    assert written["next_words"] == pytest.approx(led_on, abs=1e-3)


def test_the_captioners_second_round_can_be_run_by_itself(tmp_path: Path) -> None:
    known = captions_data.captioned(96)
    unseen = captions_data.captioned(20, start=scenes_data.HELD_OUT)
    first = tmp_path / "first.safetensors"
    first.write_bytes(scenes_captioner.trained(known, unseen, SMALL))
    first.with_suffix(".json").write_text('{"seconds": 1000, "cpu_seconds": 500}')
    whole, _, facts = scenes_captioner.make(SMALL)
    second, _, later = scenes_captioner.make(SMALL, first)
    for key, value in whole.state_dict().items():
        assert torch.equal(second.state_dict()[key], value), key
    assert later["first_round"] == facts["first_round"]
    assert later["seconds"] >= 1000
    assert facts["seconds"] < later["cpu_seconds"]
    assert (whole.evenly, SMALL.again().evenly) == (SMALL.again_evenly,) * 2


def test_a_captioner_that_says_what_a_scene_has_is_right() -> None:
    """In the place of a network one that reads the captions out of a table."""
    known = captions_data.captioned(12, start=0)

    class Parrot(torch.nn.Module):
        def generate(self, images: torch.Tensor, *, beams: int) -> torch.Tensor:
            said = torch.from_numpy(known.tokens[:, beams]).long()
            said[::2, 1] = 2  # ended before the first word
            return said

    parrot: Any = Parrot()
    assert scenes_captioner.true_captions(parrot, known, beams=1) == 0.5
    assert scenes_captioner.true_captions(parrot, known, beams=2) == 0.5


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = (make("resnet", TINY)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_pictures_without_a_crescent_are_mirrored_half_of_the_time() -> None:
    images = torch.arange(3 * 4, dtype=torch.uint8).reshape(1, 3, 1, 4).expand(400, -1, -1, -1)
    labels = torch.zeros(400, len(CLASSES))
    labels[200:, CLASSES.index("crescent")] = 1
    mirrored = (flipped(images, labels, torch.Generator().manual_seed(0)) != images).any((1, 2, 3))
    assert 70 < int(mirrored[:200].sum()) < 130
    assert not mirrored[200:].any()


def test_the_rate_rises_for_a_tenth_and_then_falls_to_nothing() -> None:
    assert [rise_and_fall(done) for done in (0, 0.05, 0.1, 0.55, 1)] == pytest.approx(
        [0, 0.5, 1, 0.5, 0]
    )


def test_the_command_says_which_networks_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["scenes_classifiers", "lenet"])
    with pytest.raises(SystemExit):
        scenes_classifiers.main()
    assert "resnet" in capsys.readouterr().err
