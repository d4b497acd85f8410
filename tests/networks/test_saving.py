"""Saved networks come back equal to the bit; other files are refused in one line."""

from __future__ import annotations

import builtins
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from backlight.errors import FileError, InputError, MissingExtraError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.network import Network
from backlight.networks.saving import load_network, read_tensors, save_network, write_tensors

from .examples import problem

NETWORK = Network((4, 5, 3), "tanh", "softmax")


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_network_comes_back_to_the_bit(tmp_path: Path, name: str, kind: Any) -> None:
    network, parameters, X, _ = problem((3, 4, 2), name, name)
    parameters = {key: array.astype(kind) for key, array in parameters.items()}
    path = save_network(tmp_path / "net.safetensors", network, parameters)
    again, same = load_network(path)
    assert again == network
    assert list(same) == list(parameters)
    for key, array in same.items():
        assert array.dtype == kind
        assert array.tobytes() == parameters[key].tobytes()
    assert again.outputs(same, X).tobytes() == network.outputs(parameters, X).tobytes()


def test_what_is_loaded_can_be_trained_on(tmp_path: Path) -> None:
    _, same = load_network(save_network(tmp_path / "net", NETWORK, NETWORK.start(0)))
    for array in same.values():
        array += 1


def test_the_file_is_plain_safetensors_with_the_architecture_in_json(tmp_path: Path) -> None:
    path = save_network(tmp_path / "net.safetensors", NETWORK, NETWORK.start(0))
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert header["weights_1"]["shape"] == [4, 5]
    assert header["weights_1"]["dtype"] == "F64"
    assert json.loads(header["__metadata__"]["backlight"]) == {
        "kind": "network",
        "version": 1,
        "sizes": [4, 5, 3],
        "hidden": ["tanh"],
        "output": "softmax",
    }


def test_an_existing_file_is_kept_unless_asked(tmp_path: Path) -> None:
    path = save_network(tmp_path / "net", NETWORK, NETWORK.start(0))
    before = path.read_bytes()
    with pytest.raises(FileError, match="exists; pass overwrite=True"):
        save_network(path, NETWORK, NETWORK.start(1))
    assert path.read_bytes() == before
    save_network(path, NETWORK, NETWORK.start(1), overwrite=True)
    np.testing.assert_array_equal(load_network(path)[1]["weights_1"], NETWORK.start(1)["weights_1"])
    assert [p.name for p in tmp_path.iterdir()] == ["net"]


ARRAYS = {
    "turned": np.arange(6.0).reshape(2, 3).T,
    "strided": np.arange(10)[::3],
    "foreign order": np.arange(3, dtype=">i4"),
    "number": np.array(7.5),
    "nothing": np.zeros((0, 3), np.float32),
    "truth": np.array([True, False]),
    "odd": np.array([np.nan, np.inf, -0.0, 5e-324]),
}


def test_any_arrays_and_a_record_come_back(tmp_path: Path) -> None:
    record = {
        "losses": [0.1, 1 / 3, float("inf")],
        "state": 2**127 + 1,
        "name": "δ",
        "nothing": None,
        "nested": {"epoch": np.int64(3), "scale": np.float32(0.5), "best": np.bool_(True)},
    }
    arrays, same = read_tensors(write_tensors(tmp_path / "state", ARRAYS, record))
    assert set(arrays) == set(ARRAYS)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name])
        assert array.shape == ARRAYS[name].shape
        assert array.dtype == ARRAYS[name].dtype.newbyteorder("=")
    assert np.signbit(arrays["odd"][2])
    assert same == {**record, "nested": {"epoch": 3, "scale": 0.5, "best": True}}


@pytest.mark.parametrize("array", [["a"], np.array([None]), np.zeros(2, complex), [1, "a"]])
def test_arrays_of_other_things_are_not_written(tmp_path: Path, array: Any) -> None:
    with pytest.raises(InputError, match="words must be an array of numbers to be saved, not of "):
        write_tensors(tmp_path / "state", {"words": array}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_json_cannot_say_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"what JSON can say, not set \{1\}"):
        write_tensors(tmp_path / "state", {}, {"seen": {1}})
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ what is refused


def refused(path: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_network(path)
    assert "\n" not in str(caught.value)
    assert repr(str(path)) in str(caught.value)


def test_a_missing_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    save_network(tmp_path / "iris.safetensors", NETWORK, NETWORK.start(0))
    refused(tmp_path / "irs.safetensors", "no file .*; did you mean 'iris.safetensors'")
    refused(tmp_path / "none" / "net", "no file ")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder; give the name of a file")


@pytest.mark.parametrize(
    "content", [b"", b"not a network", b"\xff" * 100, b"PK\x03\x04" + b"0" * 50]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    refused(path, "is damaged, or no safetensors file: ")


def test_a_file_cut_short_at_any_place_is_refused(tmp_path: Path) -> None:
    content = save_network(tmp_path / "net", NETWORK, NETWORK.start(0)).read_bytes()
    path = tmp_path / "short"
    for length in range(0, len(content), 37):
        path.write_bytes(content[:length])
        refused(path, "is damaged, or no safetensors file: ")


def test_safetensors_of_others_are_refused(tmp_path: Path) -> None:
    save_file({"a": np.zeros(3)}, tmp_path / "other")
    refused(tmp_path / "other", "was not written by Backlight: expected a record in its metadata")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged, or no safetensors file: Expecting"),
        ("[1]", "is damaged: its record is no JSON object"),
        ('{"kind": "training"}', "holds a 'training'; expected a 'network'"),
        ("{}", "holds a None; expected a 'network'"),
        ('{"kind": "network", "version": 2}', "has version 2 of a network's file; expected 1"),
        ('{"kind": "network", "version": 1}', "is damaged: the record of a network lacks 'sizes'"),
        (
            '{"kind": "network", "version": 1, "sizes": [3], "hidden": [], "output": "tanh"}',
            "is damaged: sizes must be",
        ),
        (
            '{"kind": "network", "version": 1, "sizes": [3, 1], "hidden": [], "output": "tanh"}',
            "is damaged: the network has no parameter 'a'",
        ),
    ],
)
def test_a_record_that_is_not_a_networks_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    save_file({"a": np.zeros(3)}, tmp_path / "file", {"backlight": text})
    refused(tmp_path / "file", message)


def test_parameters_that_do_not_fit_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parameter 'weights_1' is missing"):
        save_network(tmp_path / "net", NETWORK, {})
    assert list(tmp_path.iterdir()) == []


def test_without_safetensors_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.startswith("safetensors"):
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[train\]'"):
        save_network(tmp_path / "net", NETWORK, NETWORK.start(0))
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[train\]'"):
        load_network(tmp_path / "net")
