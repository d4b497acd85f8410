"""Where an ONNX file is cut by itself: maps and tokens that everything passes through and all of
which is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

import backlight as bl

from ..onnx_files import write

DRAW = np.random.default_rng(0)


def weight(*sizes: int) -> np.ndarray:
    return DRAW.normal(size=sizes).astype(np.float32)


def tokens(path: Path, *end: Any, norm: bool = True) -> list[str]:
    """The parts of a file that makes 24 tokens of 16x24 pixels, mixes them, and then works on each
    by itself, up to what `end` makes of `tokens`."""
    node = helper.make_node
    last = (
        [node("LayerNormalization", ["more", "gain"], ["tokens"], "norm")]
        if norm
        else [
            node("ReduceMean", ["more"], ["mean"], "mean", axes=[-1]),
            node("Sub", ["more", "mean"], ["tokens"], "norm"),
        ]
    )
    nodes = [
        node("Conv", ["image", "patch"], ["maps"], "patch", kernel_shape=[4, 4], strides=[4, 4]),
        node("Reshape", ["maps", "sizes"], ["rows"], "rows"),
        node("Transpose", ["rows"], ["embedded"], "embed", perm=[0, 2, 1]),
        node("MatMul", ["mixing", "embedded"], ["mixed"], "mix"),
        node("Add", ["embedded", "mixed"], ["attended"], "attend"),
        node("MatMul", ["attended", "inner"], ["linear"], "linear"),
        node("Relu", ["linear"], ["rectified"], "relu"),
        node("Add", ["attended", "rectified"], ["more"], "more"),
        *last,
        *end,
    ]
    weights = {
        "patch": weight(6, 3, 4, 4),
        "sizes": np.array([0, 6, 24]),
        "mixing": weight(24, 24),
        "inner": weight(6, 6),
        "gain": np.ones(6, np.float32),
        "head": weight(6, 4),
        "first": np.array(0),
        "zero": np.array([0]),
        "one": np.array([1]),
    }
    network = bl.load_model(str(write(path, nodes, weights, ["n", 3, 16, 24]))).module
    return [name for name, part in network.named_modules() if hasattr(part, "runs")]


NODE = helper.make_node
HEAD = NODE("MatMul", ["picked", "head"], ["scores"], "head")
FLAT = NODE("Flatten", ["slice"], ["picked"], "flat")


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize(
    "pick",
    [
        [NODE("Gather", ["tokens", "first"], ["picked"], "pick", axis=1)],
        [NODE("Slice", ["tokens", "zero", "one", "one"], ["slice"], "pick"), FLAT],
    ],
    ids=["gather", "slice"],
)
def test_tokens_of_which_one_is_read_are_no_place_to_look(
    tmp_path: Path, pick: list[Any], norm: bool
) -> None:
    """The last place is before they are mixed."""
    found = tokens(tmp_path / "net.onnx", *pick, HEAD, norm=norm)
    assert "embed" in found
    assert not {"attend", "more", "norm"} & set(found)


def test_tokens_that_are_all_read_are(tmp_path: Path) -> None:
    pool = NODE("ReduceMean", ["tokens"], ["picked"], "pool", axes=[1], keepdims=0)
    found = tokens(tmp_path / "net.onnx", pool, HEAD)
    assert found[-4:] == ["attend", "more", "norm", "head"]
