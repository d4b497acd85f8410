from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from backlight.errors import ModelError
from backlight.models.exported import load_exported

from .exporting import Small, export, rewritten, small


@pytest.fixture(scope="module")
def original() -> Small:
    return small()


@pytest.fixture(scope="module")
def content(original: Small, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return export(original, tmp_path_factory.mktemp("pt2") / "small.pt2").read_bytes()


PATH = Path("folder/small.pt2")
X = torch.randn(3, 3, 12, 16, generator=torch.Generator().manual_seed(1))


def test_the_loaded_network_computes_the_same(original: Small, content: bytes) -> None:
    model = load_exported(content, PATH)
    assert torch.equal(model.module(X), original(X))
    assert model.name == "small"
    assert model.source == str(PATH)
    assert model.preprocess is None
    assert model.labels is None
    assert model.version is not None
    assert model.version.startswith("sha256:")


def test_free_sizes_of_the_input_are_none(original: Small, content: bytes, tmp_path: Path) -> None:
    assert load_exported(content, PATH).input_shape == (None, 3, None, 16)
    fixed = export(original, tmp_path / "fixed.pt2", free=False)
    assert load_exported(fixed.read_bytes(), fixed).input_shape == (2, 3, 16, 16)


def test_layers_keep_their_names_and_gradients_reach_them(original: Small, content: bytes) -> None:
    def gradient(module: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
        seen: list[torch.Tensor] = []
        hook = module.get_submodule("layer2").register_forward_hook(
            lambda _module, _inputs, output: seen.append(output)
        )
        score = module(X)[:, 3].sum()
        hook.remove()
        return seen[0], torch.autograd.grad(score, seen[0])[0]

    loaded = load_exported(content, PATH).module
    assert {name for name, _ in original.named_modules()} <= {
        name for name, _ in loaded.named_modules()
    }
    for ours, theirs in zip(gradient(loaded), gradient(original), strict=True):
        assert ours.shape == (3, 8, 12, 16)
        torch.testing.assert_close(ours, theirs)
        assert ours.abs().sum() > 0


def test_loading_says_nothing(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    load_exported(content, PATH)
    assert capfd.readouterr() == ("", "")


def test_a_file_cut_short_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"small\.pt2' is damaged or cut short"):
        load_exported(content[: len(content) // 2], PATH)


def test_a_file_of_another_version_is_refused_in_one_line(
    content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    def newer(name: str, member: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return member
        graph = json.loads(member)
        graph["schema_version"]["major"] = 999
        return json.dumps(graph).encode()

    with pytest.raises(ModelError, match=r"cannot be loaded by torch ") as caught:
        load_exported(rewritten(content, newer), PATH)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_networks_with_arithmetic_on_sizes_pass(tmp_path: Path) -> None:
    class Odd(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                scale = x.abs().amax(dim=(1, 2, 3), keepdim=True)
            n, c, h, w = x.shape
            tokens = x.reshape(n, c, h * w).transpose(1, 2)[:, : h * w // 2 + 1]
            half = torch.nn.functional.interpolate(x, scale_factor=0.5)
            return tokens.sum((1, 2)) / scale.flatten() + half.mean((1, 2, 3)) * min(h, w)

    path = export(Odd().eval(), tmp_path / "odd.pt2")
    model = load_exported(path.read_bytes(), path)
    torch.testing.assert_close(model.module(X), Odd()(X))
