"""`bl.show.sweep`: what a notebook and a file get."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backlight as bl
from backlight.errors import FileError, InputError

sys.path.insert(0, str(Path(__file__).parent))

from sweep_examples import example_4, large


def data_of(page: str) -> dict[str, Any]:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    found: dict[str, Any] = json.loads(block[1])
    return found


def test_it_is_asked_of_the_package() -> None:
    assert bl.show.sweep.__module__ == "backlight.show.sweep_shown"
    with pytest.raises(AttributeError, match=r"backlight.show has no 'swep'; did you mean 'sweep'"):
        bl.show.swep  # noqa: B018


def test_a_page_can_be_shown_before_anything_else_is_imported() -> None:
    code = (
        "import backlight as bl, sys; bl.show; assert 'numpy' not in sys.modules; "
        "bl.show.sweep; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_page_holds_the_library_s_own_numbers() -> None:
    network = bl.Network((2, 3, 2), "tanh", "softmax")
    parameters, x, t = network.start(4), np.array([0.3, -0.7]), np.array([0.0, 1.0])
    shown = bl.show.sweep(
        network, parameters, x, t, loss="cross-entropy", learning_rate=0.1, updates=2
    )
    data = data_of(shown.html())
    assert len(data["sweeps"]) == 3
    slopes = bl.gradient(lambda p: network.cost(p, x[None], t[None], "cross-entropy"), parameters)
    first, second = data["sweeps"][:2]
    for number, layer in enumerate(first["layers"], 1):
        np.testing.assert_allclose(layer["weight_slopes"], slopes[f"weights_{number}"], rtol=1e-12)
        after = parameters[f"weights_{number}"] - 0.1 * slopes[f"weights_{number}"]
        np.testing.assert_allclose(second["layers"][number - 1]["weights"], after, rtol=1e-13)


def test_a_notebook_shows_it_in_a_frame_of_its_own() -> None:
    shown = example_4()
    frame = shown._repr_html_()
    assert frame.startswith('<iframe title="Back-propagation" srcdoc="')
    assert 'sandbox="allow-scripts"' in frame
    (page,) = re.findall(r'srcdoc="([^"]*)"', frame)
    assert html.unescape(page) == shown.html()


def test_it_tells_of_itself_in_a_line() -> None:
    assert repr(example_4()) == (
        "<sweep: 2-2-2 sigmoid · squared-error · learning rate 0.5, 3 updates>"
    )


def test_the_page_is_saved_whole(tmp_path: Path) -> None:
    shown = example_4()
    path = shown.save(tmp_path / "sweep.html")
    assert path.read_text(encoding="utf-8") == shown.html()
    with pytest.raises(FileError, match="exists"):
        shown.save(path)
    shown.save(path, overwrite=True)


def test_a_page_of_large_layers_says_what_is_left_out() -> None:
    data = data_of(large().html())
    assert data["drawn"][0] == [0, 1, 2, 3, 17, 18, 19]
    assert len(data["sweeps"][0]["layers"][0]["weights"]) == 20  # the numbers are all there


def test_what_the_network_refuses_is_refused() -> None:
    network = bl.Network((2, 2))
    with pytest.raises(InputError, match=r"x has shape \(3,\); expected \(2,\)"):
        bl.show.sweep(network, network.start(0), [1, 2, 3], [0, 0])


def test_a_title_is_text_not_html() -> None:
    found = example_4()
    found.title = "<b>δ & co</b>"
    assert "<b>δ" not in found.html()
    assert "&lt;b&gt;δ &amp; co&lt;/b&gt;" in found.html()
