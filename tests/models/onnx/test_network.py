"""ONNX files as networks: the values of PyTorch, the names of the file, cuts, refusals."""

from __future__ import annotations

import copy
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

import backlight as bl
from backlight.errors import InputError, LayerError, MethodError, MissingExtraError, ModelError
from backlight.models.onnx.network import OnnxNetwork

from ..onnx_files import (
    quantise,
    residual,
    residual_nodes,
    residual_weights,
    write,
    write_residual,
)

X = torch.randn(5, 3, 16, 24, generator=torch.Generator().manual_seed(1))
NET = residual()


def close(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def load(path: Path) -> OnnxNetwork:
    network = bl.load_model(str(path)).module
    assert isinstance(network, OnnxNetwork)
    return network


def plain(path: Path, images: torch.Tensor) -> torch.Tensor:
    """What onnxruntime makes of the whole file."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return torch.cat(
        [torch.from_numpy(session.run(None, {name: x[None].numpy()})[0]) for x in images]
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_residual(tmp_path_factory.mktemp("onnx") / "net.onnx")


def test_a_file_computes_what_the_network_does(path: Path) -> None:
    model = bl.load_model(str(path))
    close(model.module(X), NET(X))
    assert (model.name, model.source) == ("net", str(path))
    assert model.input_shape == (None, 3, 16, 24)
    assert model.version is not None
    assert model.version.startswith("sha256:")


def test_its_parts_are_called_as_the_file_calls_them(path: Path) -> None:
    """The shortcut hides the second convolution's own result: not everything passes there."""
    found = {entry.name: entry.grid for entry in bl.layers(str(path), X)}
    assert found == {"top": "8×12×6", "stem.relu": "8×12×6"}
    assert bl.layers(str(path), X)[0].name == "top"


def test_each_part_returns_the_feature_maps_of_pytorch(path: Path) -> None:
    network, seen = load(path), {}
    for name in ("stem.relu", "top"):
        part = network.get_submodule(name)
        part.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    network(X)
    close(seen["top"], NET.maps(X))
    close(seen["stem.relu"], NET.stem(X).relu())


@pytest.mark.parametrize("asked", ["body", "c2", "join", "r1"])
def test_any_tensor_can_be_cut_at_and_the_shortcut_is_passed_along(path: Path, asked: str) -> None:
    network, (name,) = load(path).cut_at(asked)
    close(network(X), NET(X))
    first = NET.stem(X).relu()
    expected = {"join": first + NET.body(first), "r1": first}.get(asked, NET.body(first))
    part, seen = network.get_submodule(name), []
    part.register_forward_hook(lambda _, __, out: seen.append(out))
    network(X)
    made = seen[0] if isinstance(seen[0], torch.Tensor) else seen[0][0]
    close(made, expected)


def test_a_network_cut_twice_alike_is_the_same_network(path: Path) -> None:
    network = load(path)
    assert network.cut_at("body")[0] is network.cut_at("c2")[0]
    both, names = network.cut_at("top", "body")
    assert names == ("top", "body")
    assert [name for name, _ in both.named_children()][:2] == ["body", "top"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("bodi", "no layer 'bodi' in this file.*'body'"),
        ("head", "is the output itself"),
        ("w1", "no layer 'w1'"),
    ],
)
def test_what_cannot_be_cut_at_is_refused(path: Path, asked: str, words: str) -> None:
    with pytest.raises(LayerError, match=words):
        load(path).cut_at(asked)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_file_for_a_fixed_number_of_images_takes_any(tmp_path: Path, batch: int) -> None:
    network = load(write_residual(tmp_path / "fixed.onnx", batch=batch))
    for count in (1, 2, 5):
        close(network(X[:count]), NET(X[:count]))


def test_a_batch_that_is_mixed_is_run_image_by_image(tmp_path: Path) -> None:
    """Here the maximum is taken over the batch too: written down for one image, it is right for
    one only."""
    nodes = residual_nodes()
    nodes[5] = helper.make_node("ReduceMax", ["maps"], ["pooled"], "max", axes=[0, 2, 3])
    file = write(tmp_path / "max.onnx", nodes, residual_weights(NET), [1, 3, 16, 24])
    close(load(file)(X), NET.head(NET.maps(X).amax((2, 3))))


def test_images_are_given_channels_first_whatever_the_file_takes(tmp_path: Path) -> None:
    nodes = residual_nodes()
    nodes[0].input[0] = "first"
    nodes.insert(0, helper.make_node("Transpose", ["image"], ["first"], "turn", perm=[0, 3, 1, 2]))
    file = write(tmp_path / "last.onnx", nodes, residual_weights(NET), ["n", 16, 24, 3])
    assert bl.load_model(str(file)).input_shape == (None, 3, 16, 24)
    close(load(file)(X), NET(X))


def test_scores_are_those_before_a_softmax(tmp_path: Path) -> None:
    close(load(write_residual(tmp_path / "soft.onnx", softmax=True))(X), NET(X))


@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_a_quantised_file_computes_what_onnxruntime_computes(
    path: Path, tmp_path: Path, form: str
) -> None:
    """But for its last rounding, which is left out: within half a quantum of the scores."""
    file = quantise(path, tmp_path / "q.onnx", X, form)
    network, whole = load(file), plain(file, X)
    quanta = whole.flatten().unique().diff()
    assert (network(X) - whole).abs().max() <= 1.01 * quanta.min() / 2 + 1e-6
    assert network.relative_step is not None
    (best, *_) = bl.layers(network, X)
    assert best.grid == "8×12×6"


def test_a_file_in_full_precision_leaves_the_step_to_be_found(path: Path) -> None:
    assert load(path).black
    assert load(path).relative_step is None


def test_several_inputs_and_outputs_go_by_their_names(tmp_path: Path) -> None:
    nodes = residual_nodes()
    nodes[-1].output[0] = "logits"
    nodes.append(helper.make_node("Mul", ["logits", "scale"], ["scores"], "scaled"))
    scale = (TensorProto.FLOAT, ["n", 1])
    file = write(tmp_path / "two.onnx", nodes, residual_weights(NET), ["n", 3, 16, 24], scale=scale)
    by = torch.rand(5, 1, generator=torch.Generator().manual_seed(2))
    network = load(file)
    close(network(X, by), NET(X) * by)
    close(network(scale=by, image=X), NET(X) * by)
    with pytest.raises(InputError, match="needs the input 'scale' too"):
        network(X)
    with pytest.raises(InputError, match=r"has no input 'scales'.*'scale'"):
        network(X, scales=by)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (X[:, :1], r"of shape \(any, 3, 16, 24\), got \(5, 1, 16, 24\)"),
        (X[0], r"of shape \(any, 3, 16, 24\), got \(3, 16, 24\)"),
        (X.long(), "takes floating-point numbers as 'image', got int64"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(path: Path, given: torch.Tensor, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load(path)(given)


def test_pixels_as_integers_are_rounded_and_kept_in_range(tmp_path: Path) -> None:
    nodes = residual_nodes()
    nodes[0].input[0] = "numbers"
    nodes.insert(0, helper.make_node("Cast", ["image"], ["numbers"], "cast", to=TensorProto.FLOAT))
    file = write(tmp_path / "u8.onnx", nodes, residual_weights(NET), ["n", 3, 16, 24])
    proto = onnx.load(file)
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    onnx.save(proto, file)
    pixels = (X - X.min()) * 30
    close(load(file)(pixels), NET(pixels.round()))
    with pytest.raises(InputError, match=r"whole numbers from 0 to 255 .*Preprocess"):
        load(file)(X)


def test_derivative_rules_do_not_lead_through(path: Path) -> None:
    image = X.clone().requires_grad_()
    with pytest.raises(MethodError, match=r"'net\.onnx', which is a black box"):
        load(path)(image).sum().backward()


def test_under_vmap_the_mapped_dimension_goes_with_the_batch(path: Path) -> None:
    many = torch.stack([X, X.flip(3), 2 * X])
    network = load(path)
    expected = torch.stack([NET(x) for x in many])
    close(torch.func.vmap(network)(many), expected)


def test_copies_and_threads_share_a_file(path: Path) -> None:
    network, expected = load(path), NET(X)
    for again in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        close(again(X), expected)
    with ThreadPoolExecutor(4) as pool:
        for made in pool.map(lambda _: network(X), range(8)):
            close(made, expected)


def test_it_stays_in_its_precision_and_on_its_processor(path: Path) -> None:
    network = load(path)
    assert network.float().cpu() is network
    with pytest.raises(ModelError, match="cannot be made float64"):
        network.double()


def test_weights_beside_the_file_are_found_and_missed(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "big.onnx"
    external = {"save_as_external_data": True, "location": "big.bin", "size_threshold": 0}
    onnx.save(onnx.load(path), file, **external)
    close(load(file)(X), NET(X))
    before = bl.load_model(str(file)).version
    content = bytearray((tmp_path / "big.bin").read_bytes())
    content[-1] ^= 1
    (tmp_path / "big.bin").write_bytes(content)
    assert bl.load_model(str(file)).version != before
    (tmp_path / "big.bin").unlink()
    with pytest.raises(ModelError, match=r"weights in 'big\.bin', which is not beside it"):
        load(file)


def test_files_that_cannot_be_used_are_refused_in_one_line(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(path.read_bytes()[:-40])
    unknown = residual_nodes()
    unknown[1] = helper.make_node("Relv", ["c1"], ["r1"], "stem.relu")
    write(tmp_path / "unknown.onnx", unknown, residual_weights(NET), [1, 3, 16, 24])
    constant = helper.make_node("Constant", [], ["scores"], value_floats=[1.0, 2.0])
    write(tmp_path / "constant.onnx", [constant], {}, [1, 3, 16, 24])
    for name, words in {
        "cut.onnx": "damaged or not an ONNX file",
        "unknown.onnx": "onnxruntime cannot run .*Relv",
        "constant.onnx": "computes nothing from its inputs",
    }.items():
        with pytest.raises(ModelError, match=words) as caught:
            load(tmp_path / name)
        assert "\n" not in str(caught.value)
    torch.save(NET.state_dict(), tmp_path / "other.pth")
    with pytest.raises(ModelError, match="brings its own weights"):
        bl.load_model(str(path), weights=tmp_path / "other.pth")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_package_that_is_missing_is_named(
    path: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"{package}, which .*\[onnx\]"):
        bl.load_model(str(path))


def test_numpy_as_witness_of_the_pooled_maps(path: Path) -> None:
    """The head by hand, from the maps the file's part returns."""
    network, (name,) = load(path).cut_at("maps")
    seen: list[torch.Tensor] = []
    network.get_submodule(name).register_forward_hook(lambda _, __, out: seen.append(out))
    scores = network(X)
    weights = residual_weights(NET)
    by_hand = seen[0].numpy().mean((2, 3)) @ weights["w3"].T + weights["b3"]
    np.testing.assert_allclose(scores.numpy(), by_hand, rtol=1e-4, atol=1e-5)
