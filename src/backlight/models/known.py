"""The models that are known by a name of their own; loads nothing but this list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownModel:
    """One line of `backlight models`.

    Attributes:
        name: what `load_model` takes.
        description: what it is, in a few words.
        size: (height, width) of its input in pixels.
        extra: the extra that installs its weights; None when they come with Backlight.
    """

    name: str
    description: str
    size: tuple[int, int]
    extra: str | None


KNOWN_MODELS = {
    model.name: model
    for model in (
        KnownModel(
            "efficientnet-lite0", "EfficientNet-Lite0, 1000 ImageNet classes", (224, 224), None
        ),
        KnownModel(
            "efficientnet-lite1", "EfficientNet-Lite1, 1000 ImageNet classes", (240, 240), "models"
        ),
        KnownModel(
            "efficientnet-lite2", "EfficientNet-Lite2, 1000 ImageNet classes", (260, 260), "models"
        ),
        KnownModel("scenes-resnet", "small ResNet, 10 shapes in made scenes", (64, 64), None),
        KnownModel("scenes-vgg", "small VGG, 10 shapes in made scenes", (64, 64), None),
        KnownModel("scenes-vit", "small ViT, 10 shapes in made scenes", (64, 64), None),
        KnownModel("scenes-captioner", "CNN + LSTM, captions of made scenes", (64, 64), None),
        KnownModel("scenes-answerer", "answers questions about made scenes", (64, 64), None),
        KnownModel("easy-vqa-answerer", "answers the questions of easy-VQA", (64, 64), None),
        KnownModel("catch-dqn", "deep Q-network, plays Catch", (48, 48), None),
        KnownModel("pong-imitator", "CNN that imitates a script, plays Pong", (160, 160), None),
    )
}


def known_models() -> list[KnownModel]:
    """The models that `load_model` knows by name, the default first."""
    return list(KNOWN_MODELS.values())
