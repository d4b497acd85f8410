from __future__ import annotations

import subprocess
import sys

from backlight.models.known import known_models


def test_the_default_model_comes_first_and_needs_no_extra() -> None:
    first, *others = known_models()
    assert (first.name, first.size, first.extra) == ("efficientnet-lite0", (224, 224), None)
    assert [(model.name, model.size, model.extra) for model in others] == [
        ("efficientnet-lite1", (240, 240), "models"),
        ("efficientnet-lite2", (260, 260), "models"),
        ("scenes-resnet", (64, 64), None),
        ("scenes-vgg", (64, 64), None),
        ("scenes-vit", (64, 64), None),
        ("scenes-captioner", (64, 64), None),
        ("scenes-answerer", (64, 64), None),
        ("easy-vqa-answerer", (64, 64), None),
        ("catch-dqn", (48, 48), None),
        ("pong-imitator", (160, 160), None),
    ]


def test_listing_the_models_loads_no_torch() -> None:
    code = "import sys, backlight.models.known; print({'torch', 'numpy', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
