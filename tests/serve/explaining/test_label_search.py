"""A class among a thousand, by what a person types."""

from __future__ import annotations

import pytest

from backlight.models.labels import imagenet_labels
from backlight.serve.explaining.label_search import found_labels

LABELS = imagenet_labels()


def names(typed: str, limit: int = 5) -> list[str]:
    return [LABELS[index].partition(",")[0] for index in found_labels(typed, LABELS, limit)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("tiger cat", "tiger cat"),
        ("TIGER  CAT", "tiger cat"),
        ("tabby", "tabby"),
        ("tabby cat", "tabby"),  # a synonym
        ("egypt", "Egyptian cat"),  # the beginning
        ("cat egy", "Egyptian cat"),  # words in any order
        ("retriever lab", "Labrador retriever"),
        ("281", "tabby"),  # an index
        ("chihuaua", "Chihuahua"),  # looks alike
        ("ladybird", "ladybug"),  # another synonym
    ],
)
def test_what_is_meant_comes_first(typed: str, first: str) -> None:
    assert names(typed)[0] == first


def test_a_whole_word_is_before_a_part_of_one() -> None:
    found = found_labels("cat", LABELS, 1000)
    words = ["cat" in LABELS[index].casefold().replace(",", " ").split() for index in found]
    assert words == sorted(words, reverse=True)
    assert words[0]
    assert not words[-1]
    assert all("cat" in LABELS[index].casefold() for index in found)


def test_nothing_typed_lists_them_in_order() -> None:
    assert found_labels("  ", LABELS, 7) == list(range(7))


def test_no_more_than_are_wanted_and_none_twice() -> None:
    found = found_labels("a", LABELS, 50)
    assert len(found) == len(set(found)) == 50


def test_what_means_nothing_finds_nothing() -> None:
    assert found_labels("qqqqzzzz", LABELS, 5) == []
    assert found_labels("99999999999999999999", LABELS, 5) == []
    assert found_labels("cat", [], 5) == []
