"""Arguments as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backlight.commands.given import as_floats, as_tensors, given_at, random_arrays, shapes
from backlight.errors import InputError

NUMBERS = arrays.arrays(
    float,
    arrays.array_shapes(min_dims=1, max_dims=3, max_side=4),
    elements=st.floats(allow_nan=False, allow_infinity=False),
)


@given(NUMBERS)
def test_equally_long_lists_are_the_array_that_they_came_from(array: np.ndarray) -> None:
    found = given_at(json.dumps(array.tolist()))
    np.testing.assert_array_equal(found.value, array)
    assert found.value.dtype == np.float64
    assert not found.typed


@given(st.dictionaries(st.text(max_size=5), NUMBERS, max_size=3))
@settings(max_examples=30)
def test_objects_stay_mappings_of_arrays(mapping: dict[str, np.ndarray]) -> None:
    text = json.dumps({key: array.tolist() for key, array in mapping.items()})
    found = given_at(text).value
    assert list(found) == list(mapping)
    for key, array in mapping.items():
        np.testing.assert_array_equal(found[key], array)


def test_lists_of_unequal_length_stay_lists() -> None:
    weights, bias = given_at("[[[1, 2], [3, 4]], [5, 6]]").value
    assert weights.shape == (2, 2)
    assert bias.shape == (2,)
    assert given_at("3").value == 3.0
    assert isinstance(given_at("3").value, float)


@given(st.lists(st.integers(1, 99), min_size=1, max_size=5))
def test_a_shape_is_its_sizes_between_crosses_or_commas(sizes: list[int]) -> None:
    for sign in ("x", ",", " x ", "×"):
        text = sign.join(map(str, sizes))
        assert shapes([text]) == [tuple(sizes)]
        assert shapes([f"({text})"]) == [tuple(sizes)]


def test_several_shapes_are_given_in_one_word_or_several() -> None:
    assert shapes(["1x3,10"]) == shapes(["1x3", "10"]) == [(1, 3), (10,)]
    first, second = random_arrays(["2x3,4"])
    assert (first.shape, second.shape) == ((2, 3), (4,))
    np.testing.assert_array_equal(random_arrays(["2x3"])[0], first)


@pytest.mark.parametrize("text", ["", "x", "0", "2x0", "2x-1", "2x3x", "a", "2.5"])
def test_what_is_no_shape_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a shape such as 1x3x32x32"):
        shapes([text])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2", r"--at \[1, 2: .*; expected JSON such as"),
        ("x", "--at x: Expecting value.*or file.py:name"),
        ("[1, true]", "--at .*: expected numbers, got true"),
        ('{"a": "b"}', '--at .*: expected numbers, got "b"'),
        ("null", "--at null: expected numbers, got null"),
        ("poimt.npy", "no file 'poimt.npy'; did you mean 'point.npy'"),
        ("broken.npy", "broken.npy cannot be read: "),
        ("broken.npz", "broken.npz cannot be read: "),
        ("objects.npy", "objects.npy cannot be read: Object arrays cannot be loaded"),
        ("broken.json", "broken.json: Expecting .*; expected JSON such as"),
        ("words.json", 'words.json: expected numbers, got "a"'),
        ("nowhere/x.npy", "no file 'nowhere/x.npy'"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(here: Path, text: str, words: str) -> None:
    np.save(here / "point.npy", np.ones(2))
    np.save(here / "objects.npy", np.array([None]), allow_pickle=True)
    (here / "broken.npy").write_bytes(b"\x93NUMPY nothing")
    (here / "broken.npz").write_bytes(b"PK nothing")
    (here / "broken.json").write_text("[1,")
    (here / "words.json").write_text('["a"]')
    with pytest.raises(InputError, match=words) as caught:
        given_at(text)
    assert "\n" not in str(caught.value)


def test_what_was_typed_is_shown_again_on_one_short_line() -> None:
    assert given_at("[1,\n 2]").origin == "[1, 2]"
    assert len(given_at(json.dumps([1.0] * 100)).origin) <= 50


def test_plain_whole_numbers_become_floats_and_arrays_stay() -> None:
    whole = np.arange(3)
    found = as_floats({"a": [1, (2, 3.5)], "b": whole, "c": True})
    assert found["a"] == [1.0, (2.0, 3.5)]
    assert isinstance(found["a"][0], float)
    assert found["b"] is whole
    assert found["c"] is True


def test_tensors_take_the_precision_that_is_asked_for_and_whole_numbers_stay_whole() -> None:
    nest = {"a": np.ones(2), "b": [0.5, np.arange(2)], "c": torch.ones(1, dtype=torch.float64)}
    kept, half = as_tensors(nest), as_tensors(nest, torch.float16)
    assert kept["a"].dtype == kept["c"].dtype == torch.float64
    assert kept["b"][0].dtype == torch.get_default_dtype()
    assert {half["a"].dtype, half["b"][0].dtype, half["c"].dtype} == {torch.float16}
    assert half["b"][1].dtype == torch.int64
