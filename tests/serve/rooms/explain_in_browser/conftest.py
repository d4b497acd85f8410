"""A photo, the model that the room opens with, and the room with that photo explained."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import backlight as bl

MODEL = "efficientnet-lite0"
Visit = Callable[..., Any]


@pytest.fixture(scope="package")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cat, as a file that loses nothing: scikit-image's photo."""
    skimage = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    path = tmp_path_factory.mktemp("photos") / "chelsea.png"
    Image.fromarray(skimage.chelsea()).save(path)
    return path


@pytest.fixture(scope="package")
def model() -> bl.Model:
    return bl.load_model(MODEL)


@pytest.fixture
def room(visit: Visit, photo: Path) -> Any:
    """The room with that photo, explained."""
    # Not above: without playwright importing it skips, and a conftest may not be skipped.
    from .reading import expect, explained

    page = visit("/explain")
    page.set_input_files("#photo-file", photo)
    expect(page).to_have_url(re.compile("photo="))
    explained(page)
    return page
