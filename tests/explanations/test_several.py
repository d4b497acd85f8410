"""Explanations of the same images as one picture, one page, one file of numbers."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import backlight as bl
from backlight.errors import FileError, InputError
from backlight.explanations.pages import page_data
from backlight.show.geometry import resized
from backlight.show.overlay import overlay

from .pictured import CHELSEA, colours, model
from .targets.networks import WORDS, Answerer, Captioner, Speaker, built

TEXT = "a red circle above a blue square"


def captioner(kind: type = Captioner) -> bl.Model:
    prepare = bl.Preprocess(size=16)
    return bl.Model(built(kind).float(), prepare, encode=bl.Vocabulary(WORDS), name="tiny")


@pytest.fixture(scope="module")
def words() -> bl.Explanations:
    return bl.explain(captioner(), CHELSEA, bl.Words(), text=TEXT)


def test_a_part_of_the_list_is_saved_like_all_of_it(words: bl.Explanations, tmp_path: Path) -> None:
    part = words[1:3]
    assert isinstance(part, bl.Explanations)
    assert list(part) == [words[1], words[2]]
    assert isinstance(words[1], bl.Explanation)
    saved = np.load(part.save(tmp_path / "part.npz"))
    assert np.array_equal(saved["scores"], [one.scores.numpy() for one in words[1:3]])


@pytest.fixture(scope="module")
def classes() -> bl.Explanations:
    return bl.explain(model(), CHELSEA, targets=["c", bl.Not("c"), "e"])


def test_the_page_of_words_has_a_map_for_each(words: bl.Explanations) -> None:
    (photo,) = page_data(words).photos
    assert [word.text for word in photo.caption] == TEXT.split()
    assert [word.map for word in photo.caption] == list(range(7))
    assert photo.heading == "Why these words?"
    for item, one, said, ranked in zip(photo.maps, words, TEXT.split(), photo.classes, strict=True):
        assert item.name == ranked.label == said
        assert item.target == f"the word '{said}'"
        np.testing.assert_allclose(item.heat, one.heatmap()[0])
        assert ranked.probability == pytest.approx(float(one.scores.exp()))


def test_words_that_were_not_explained_have_no_map() -> None:
    asked = [bl.Word("blue square"), bl.Word(0), bl.Not(bl.Word("red")), bl.Caption()]
    found = bl.explain(captioner(), CHELSEA, targets=asked, text=TEXT)
    (photo,) = page_data(found).photos
    lit = {word.text: word.map for word in photo.caption if word.map is not None}
    assert lit == {"a": 1, "blue square": 0}
    assert [word.text for word in photo.caption] == [
        *("a", "red", "circle", "above", "a", "blue square")
    ]
    assert [item.name for item in photo.maps] == ["blue square", "a", "not red", f"“{TEXT}”"]


def test_one_word_alone_is_marked_in_its_caption() -> None:
    why = bl.explain(captioner(), CHELSEA, bl.Word("circle"), text=TEXT)
    (photo,) = page_data(why).photos
    assert [word.text for word in photo.caption if word.marked] == ["circle"]
    assert all(word.map is None for word in photo.caption)


def test_the_page_of_classes_has_a_button_for_each(classes: bl.Explanations) -> None:
    (photo,) = page_data(classes).photos
    assert [item.name for item in photo.maps] == ["c", "not c", "e"]
    assert [item.signed for item in photo.maps] == [False, True, False]
    assert {entry.label for entry in photo.classes if entry.chosen} <= {"c", "e"}
    assert photo.caption == ()


def test_layers_are_told_apart_by_their_names() -> None:
    found = bl.explain(model(), CHELSEA, "c", layer=["layer1", "layer2"])
    (photo,) = page_data(found).photos
    assert [item.name for item in photo.maps] == ["c · layer1", "c · layer2"]


def test_a_question_is_told_with_its_answer() -> None:
    reader = bl.Vocabulary(WORDS, start=None, end=None)
    labels = ["yes", "no", "both"]
    answerer = bl.Model(
        built(Answerer).float(), bl.Preprocess(size=16), labels=labels, encode=reader
    )
    why = bl.explain(answerer, CHELSEA, text="a red circle?")
    (photo,) = page_data(why).photos
    assert photo.asked is not None
    best = why.top(1)[0][0]
    assert (photo.asked.text, photo.asked.answer) == ("a red circle?", best.label)
    assert photo.asked.probability == pytest.approx(best.probability)
    assert photo.ranking == "Top answers"
    assert photo.caption == ()
    both = bl.explain(answerer, CHELSEA, targets=["yes", "no"], text="a red circle?")
    (photo,) = page_data(both).photos
    assert photo.asked is not None
    assert (photo.asked.text, photo.asked.answer) == ("a red circle?", "")
    assert [item.name for item in photo.maps] == ["yes", "no"]


def test_the_sheet_holds_every_overlay_in_reading_order(
    words: bl.Explanations, tmp_path: Path
) -> None:
    with Image.open(words.save(tmp_path / "words.png")) as picture:
        sheet = colours(picture)
    region = words[0].photos[0].region
    for place, one in enumerate(words):
        drawn = overlay(
            Image.fromarray(CHELSEA),
            one.heatmap()[0].numpy(),
            signed=False,
            region=region,
            legend=False,
        )
        small = colours(resized(drawn, (300, round(drawn.height * 300 / drawn.width))))
        row, column = divmod(place, 4)  # seven words: four and three
        left = 14 + column * 314
        tops = [
            top
            for top in range(14, sheet.shape[0] - len(small))
            if np.array_equal(sheet[top : top + len(small), left : left + 300], small)
        ]
        assert len(tops) == 1
        assert (tops[0] > len(small)) == bool(row)


def test_numbers_of_several_are_stacked(words: bl.Explanations, tmp_path: Path) -> None:
    with np.load(words.save(tmp_path / "words.npz"), allow_pickle=False) as found:
        numbers = dict(found)
    assert numbers["map"].shape == (7, 1, 8, 8)
    np.testing.assert_array_equal(numbers["map"], torch.stack([one.map for one in words]))
    np.testing.assert_array_equal(numbers["scores"], torch.stack([one.scores for one in words]))
    assert numbers["heatmap"].shape == (7, 1, 16, 16)
    about = json.loads(str(numbers["about"]))
    assert [entry["names"] for entry in about] == [list(one.names) for one in words]
    assert [entry["positions"] for entry in about] == [[[place]] for place in range(7)]


def test_numbers_hold_the_texts(tmp_path: Path) -> None:
    why = bl.explain(captioner(Speaker), [CHELSEA, CHELSEA[:, ::-1]], bl.Word(1))
    with np.load(why.save(tmp_path / "why.npz")) as found:
        about = json.loads(str(found["about"]))
    assert tuple(about["texts"]) == why.texts
    assert [" ".join(row) for row in about["words"]] == about["texts"]
    assert about["positions"] == [[1], [1]]
    assert about["task"] == "classify"


def test_maps_of_different_sizes_do_not_go_into_one_file(tmp_path: Path) -> None:
    found = bl.explain(model(), CHELSEA, "c", layer=["layer1", "layer2"])
    if found[0].map.shape == found[1].map.shape:
        pytest.skip("the layers have maps of one size")
    with pytest.raises(InputError, match="do not go into one array: save each by itself"):
        found.save(tmp_path / "layers.npz")
    assert not list(tmp_path.iterdir())
    found.save(tmp_path / "layers.png")


def test_several_images_each_have_their_section_and_their_row(tmp_path: Path) -> None:
    found = bl.explain(model(), [CHELSEA, CHELSEA[::-1]], targets=["c", "d"])
    page = page_data(found)
    assert [photo.name for photo in page.photos] == ["image 1", "image 2"]
    for index, photo in enumerate(page.photos):
        for item, one in zip(photo.maps, found, strict=True):
            np.testing.assert_allclose(item.heat, one.heatmap()[index])
    with Image.open(found.save(tmp_path / "both.png")) as both:
        assert both.height == sum(found.overlay(index).height for index in (0, 1))


def test_what_does_not_belong_together_is_not_saved(tmp_path: Path) -> None:
    one, other = (bl.explain(model(), photo, "c") for photo in (CHELSEA, CHELSEA[::-1]))
    with pytest.raises(InputError, match="explanations 0 and 1 are of different images"):
        bl.Explanations([one, other]).save(tmp_path / "both.html")
    with pytest.raises(InputError, match="there is no explanation in the list"):
        bl.Explanations().save(tmp_path / "none.png")
    with pytest.raises(FileError, match="expected one of"):
        bl.Explanations([one]).save(tmp_path / "one.gif")
    assert not list(tmp_path.iterdir())


def test_it_is_a_list_shows_itself_in_a_notebook_and_can_be_pickled(
    classes: bl.Explanations,
) -> None:
    assert classes == list(classes)
    assert classes._repr_html_().count("<img") == 1
    assert bl.Explanations()._repr_html_() == "<p>no explanations</p>"
    again = pickle.loads(pickle.dumps(classes))
    assert isinstance(again, bl.Explanations)
    assert torch.equal(again[0].map, classes[0].map)
