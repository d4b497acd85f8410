from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from backlight.errors import ModelError
from backlight.models.checkpoints import (
    fingerprint,
    kind_of,
    put_weights,
    read_file,
    read_state,
    refuse_checkpoint,
)

from .exporting import Small, export, small

PATH = Path("dir/w.pth")


def saved(value: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": state},
        lambda state: {f"module.{key}": tensor for key, tensor in state.items()},
        lambda state: {"state_dict": {f"module.{k}": t for k, t in state.items()}},
    ],
    ids=["bare", "state_dict", "model", "parallel", "both"],
)
@pytest.mark.parametrize("legacy", [False, True])
def test_weights_are_found_however_they_are_wrapped(wrap: Any, legacy: bool) -> None:
    source, target = small(), Small().eval()
    options = {"_use_new_zipfile_serialization": not legacy}
    state = read_state(saved(wrap(source.state_dict()), **options), PATH)
    put_weights(target, state, PATH)
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(target(x), source(x))


def test_weights_are_read_from_safetensors() -> None:
    save = pytest.importorskip("safetensors.torch").save
    state = read_state(save(small().state_dict()), Path("w.safetensors"))
    assert state.keys() == small().state_dict().keys()
    with pytest.raises(ModelError, match="damaged or not a safetensors file"):
        read_state(b"x" * 50, Path("w.safetensors"))


def test_names_that_do_not_fit_are_counted_and_the_first_is_named() -> None:
    state = small().state_dict()
    state["extra"] = state.pop("head.weight")
    del state["head.bias"]
    with pytest.raises(ModelError) as caught:
        put_weights(Small(), state, PATH)
    message = str(caught.value)
    assert "'dir/w.pth' does not fit Small" in message
    assert "2 missing (first 'head.weight')" in message
    assert "1 unexpected (first 'extra')" in message


def test_a_tensor_of_another_shape_is_named() -> None:
    state = small().state_dict() | {"head.bias": torch.zeros(7)}
    with pytest.raises(ModelError, match=r"'head\.bias' has shape \(7,\), expected \(5,\)"):
        put_weights(Small(), state, PATH)


@pytest.mark.parametrize("value", [{}, [1, 2], {"a": 1}, {3: torch.zeros(1)}, torch.zeros(3)])
def test_what_holds_no_named_tensors_is_refused_as_weights(value: Any) -> None:
    with pytest.raises(ModelError, match="does not hold named tensors"):
        read_state(saved(value), PATH)


def test_a_whole_exported_model_is_refused_as_weights(tmp_path: Path) -> None:
    path = export(small(), tmp_path / "m.pt2")
    with pytest.raises(ModelError, match="is a whole model, not weights"):
        read_state(path.read_bytes(), path)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickled_module_is_refused_with_the_reason_and_the_way_out(legacy: bool) -> None:
    content = saved(nn.Linear(1, 1), _use_new_zipfile_serialization=not legacy)
    with pytest.raises(ModelError) as caught:
        raise refuse_checkpoint(content, PATH)
    message = str(caught.value)
    assert "torch.nn.modules.linear.Linear" in message
    assert "could run any code" in message
    assert "torch.export.save(" in message
    assert "\n" not in message


def test_weights_alone_are_no_model_and_the_error_says_how_to_use_them() -> None:
    error = refuse_checkpoint(saved(small().state_dict()), PATH)
    assert "weights without an architecture" in str(error)
    assert "weights='dir/w.pth'" in str(error)


def test_other_pickled_data_are_no_model() -> None:
    assert "holds a list, not a model" in str(refuse_checkpoint(saved([1]), PATH))


@pytest.mark.parametrize("content", [b"\x80garbage", b"\x80\x02."])
def test_a_damaged_pickle_is_refused(content: bytes) -> None:
    assert kind_of(content, PATH) == "checkpoint"
    with pytest.raises(ModelError, match="damaged or not a model"):
        read_state(content, PATH)


def test_the_kind_of_a_file_is_told_by_its_content(tmp_path: Path) -> None:
    assert kind_of(saved({}), PATH) == "checkpoint"
    exported = export(small(), tmp_path / "m.pt2")
    assert kind_of(exported.read_bytes(), PATH) == "exported"
    scripted = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.ReLU(), torch.zeros(1)), scripted)
    with pytest.raises(ModelError, match="is TorchScript"):
        kind_of(scripted.getvalue(), PATH)
    with pytest.raises(ModelError, match="is not a model"):
        kind_of(b"\x89PNG", PATH)
    with pytest.raises(ModelError, match="damaged or cut short"):
        kind_of(saved({"a": torch.zeros(99)})[:300], PATH)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "weights.pth").write_bytes(b"")
    with pytest.raises(ModelError, match=r"no file .*did you mean 'weights\.pth'"):
        read_file(tmp_path / "weight.pth")
    with pytest.raises(ModelError, match=r"weights\.pth' is empty"):
        read_file(tmp_path / "weights.pth")
    with pytest.raises(ModelError, match="is a directory"):
        read_file(tmp_path)
    with pytest.raises(ModelError, match="no file"):
        read_file(tmp_path / "nowhere" / "w.pth")


def test_two_files_have_two_fingerprints() -> None:
    assert fingerprint(b"a") == fingerprint(b"a") != fingerprint(b"b")
