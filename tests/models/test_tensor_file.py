"""Safetensors files are read as their own package reads them, and refused when damaged."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load, save

from backlight.errors import ModelError
from backlight.models.tensor_file import read_tensors


def tensors() -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return {
        "weight": torch.randn(3, 2, 5, generator=random),
        "half": torch.randn(7, generator=random).half(),
        "count": torch.tensor(2**40 + 1),
        "empty": torch.zeros(0, 3),
    }


def test_every_tensor_is_as_the_package_reads_it() -> None:
    content = save(tensors(), metadata={"by": "hand"})
    ours, theirs = read_tensors(content, "it"), load(content)
    assert ours.keys() == theirs.keys() == tensors().keys()
    for key, tensor in theirs.items():
        assert ours[key].dtype == tensor.dtype
        assert torch.equal(ours[key], tensor)


def test_a_tensor_changed_in_place_leaves_the_others_alone() -> None:
    read = read_tensors(save(tensors()), "it")
    read["half"].zero_()
    assert torch.equal(read["weight"], tensors()["weight"])


@pytest.mark.parametrize("kept", [0, 4, 8, 60, -1])
def test_a_file_that_is_cut_short_is_refused_by_its_name(kept: int) -> None:
    with pytest.raises(ModelError, match="the weights is damaged or not a safetensors file"):
        read_tensors(save(tensors())[:kept], "the weights")


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
        {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]},
        {"dtype": "F32", "shape": [1]},
        "F32",
    ],
)
def test_a_header_that_does_not_fit_the_numbers_is_refused(entry: object) -> None:
    header = json.dumps({"x": entry}).encode()
    content = len(header).to_bytes(8, "little") + header + b"\0" * 4
    with pytest.raises(ModelError, match="damaged"):
        read_tensors(content, "it")


@pytest.mark.parametrize("header", [b"[]", b"7", b"{", b"\xff\xfe"])
def test_a_header_that_is_no_table_is_refused(header: bytes) -> None:
    with pytest.raises(ModelError, match="damaged"):
        read_tensors(len(header).to_bytes(8, "little") + header, "it")
