"""The network of a sweep as a picture: what is written where, at which step."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from PIL import Image
from sweep_examples import example_4, large

from backlight.errors import FileError, InputError
from backlight.show.sweep_figure import brief
from backlight.show.sweep_places import Edge, share_of


def texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def test_at_the_beginning_only_what_is_given_is_known() -> None:
    found = texts(example_4().figure(0))
    assert "The inputs are given" in found
    assert {"0.05", "0.1", "t 0.01", "t 0.99"} <= set(found)
    assert not any(text.startswith(("z ", "δ ")) for text in found)
    assert "0.298" not in found


def test_values_appear_as_they_flow_forward() -> None:
    found = texts(example_4().figure(1))
    assert {"0.593", "0.597", "z 0.378", "z 0.392"} <= set(found)
    assert {"0.05 × 0.15", "0.1 × 0.2"} <= set(found)
    assert "0.751" not in found


def test_the_factors_stand_on_the_edges_on_the_way_back() -> None:
    found = texts(example_4().figure(5))  # the slopes of the weights into the outputs
    assert {"δ 0.138", "δ −0.0381"} <= set(found)
    assert {"0.593 × 0.138\n= 0.0822", "0.597 × −0.0381\n= −0.0227", "1 × 0.138\n= 0.138"} <= set(
        found
    )


def test_an_error_goes_back_along_the_weights() -> None:
    found = texts(example_4().figure(6))
    assert {"0.4 × 0.138", "0.5 × −0.0381", "δ 0.00877", "δ 0.00995"} <= set(found)


def test_the_last_step_is_the_update() -> None:
    shown = example_4()
    found = texts(shown.figure())
    # 0.4 - 0.5 · 0.0821670 = 0.358916
    assert "0.4\n→ 0.359" in found
    after = texts(shown.figure(0, update=1))
    assert "0.359" in after


def test_unit_by_unit_one_node_is_drawn_at_a_time() -> None:
    found = texts(example_4().figure(1, by="unit"))
    assert "0.593" in found
    assert "0.597" not in found


def test_a_large_layer_is_abridged_and_says_so() -> None:
    found = texts(large().figure())
    assert {"⋮\n13 more", "⋮\n5 more", "⋮\n3 more"} <= set(found)
    assert "$x_{20}$" in found
    assert "$x_{10}$" not in found


def test_labels_of_one_layer_do_not_lie_on_each_other() -> None:
    figure = example_4().figure(5)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if "×" in text.get_text()]
    assert len(boxes) == 6
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])


def test_labels_are_put_where_they_are_farthest_apart() -> None:
    # Two sources, two targets, one apart: after a third of the way all four are a third apart.
    edges = [Edge(1, i, j, (0.0, j), (3.0, i)) for i in (0, 1) for j in (0, 1)]
    share, apart = share_of(edges, 0.5)
    assert min(share, 1 - share) == pytest.approx(1 / 3, abs=0.02)
    assert apart == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_saved_as_png_and_svg(tmp_path: Path, dark: bool) -> None:
    shown = example_4()
    with Image.open(shown.save(tmp_path / "sweep.png", step=5, dark=dark)) as picture:
        assert picture.width > 1000
        corner = picture.convert("L").getpixel((3, 3))
        assert corner < 64 if dark else corner > 192
    svg = shown.save(tmp_path / "sweep.svg", step=5).read_text()
    assert svg.lstrip().startswith("<?xml")
    assert len(re.findall(r"<path", svg)) > 20


def test_what_there_is_not_is_refused(tmp_path: Path) -> None:
    shown = example_4()
    with pytest.raises(InputError, match="no step 9; there are 0 to 8"):
        shown.figure(9)
    with pytest.raises(InputError, match="no update 4; there are 0 to 3"):
        shown.figure(update=4)
    with pytest.raises(InputError, match="no steps by 'layers'; did you mean 'layer'"):
        shown.figure(by="layers")
    with pytest.raises(FileError, match=r"cannot draw a sweep as 'sweep.gif'; "):
        shown.save(tmp_path / "sweep.gif")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0381, "−0.0381"),
        (1234.6, "1230"),
        (5.56e-5, "5.6·10⁻⁵"),
        (-1.5e9, "−1.5·10⁹"),
        (1, "1"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert brief(value) == text
