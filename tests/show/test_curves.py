"""Figures of curves: what is drawn, and into which files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from backlight.errors import FileError, MissingExtraError
from backlight.show.curves import (
    check_figure,
    cost_figure,
    gradient_figure,
    loss_figure,
    save,
    step_figure,
)

STEPS = np.logspace(-8, 0, 9)
ERRORS = {"central": np.abs(STEPS - 1e-4) + 1e-9, "forward": np.full(9, np.nan)}
COSTS = ({"dual": np.array([1, 10])}, {"dual": np.array([1e-4, 2e-4])})


def test_both_curves_stand_side_by_side_as_they_are_drawn_alone() -> None:
    both = gradient_figure((STEPS, ERRORS), COSTS, 1e-5)
    left, right = both.axes
    for beside, alone in ((left, step_figure(STEPS, ERRORS)), (right, cost_figure(*COSTS, 1e-5))):
        (axes,) = alone.axes
        assert beside.get_title() == axes.get_title()
        assert [line.get_label() for line in beside.lines] == [
            line.get_label() for line in axes.lines
        ]
        for one, other in zip(beside.lines, axes.lines, strict=True):
            np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())
        assert both.get_figwidth() == 2 * alone.get_figwidth()


def test_the_best_step_is_marked_and_a_curve_without_numbers_is_left_out() -> None:
    (axes,) = step_figure(STEPS, ERRORS).axes
    curve, mark = axes.lines
    assert str(curve.get_label()).startswith("central (best step 1.0e-04)")
    assert mark.get_xdata()[0] == pytest.approx(1e-4)


def test_losses_are_drawn_from_epoch_1_and_the_kept_epoch_is_marked() -> None:
    (axes,) = loss_figure({"training": [4.0, 0.0, 1.0], "held out": [5.0, np.inf]}, kept=3).axes
    training, held_out, kept = axes.lines
    assert training.get_xdata().tolist() == [1, 2, 3]
    np.testing.assert_array_equal(training.get_ydata(), [4, np.nan, 1])
    np.testing.assert_array_equal(held_out.get_ydata(), [5, np.nan])
    assert set(kept.get_xdata()) == {3}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        *("training", "held out", "kept: epoch 3"),
    ]
    assert len(loss_figure({"training": [1.0]}).axes[0].lines) == 1


@pytest.mark.parametrize(
    ("low", "shown"),
    [(0.5, {"0.6", "0.8"}), (0.05, {"0.05", "0.1", "0.2", "0.5"}), (1e-4, {"0.001", "0.01"})],
)
def test_losses_have_numbers_beside_them(low: float, shown: set[str]) -> None:
    figure = loss_figure({"training": np.geomspace(1, low, 50)})
    figure.draw_without_rendering()
    (axes,) = figure.axes
    ticks = [*axes.yaxis.get_ticklabels(), *axes.yaxis.get_ticklabels(minor=True)]
    bottom, top = axes.get_ylim()
    labels = {tick.get_text() for tick in ticks if bottom <= tick.get_position()[1] <= top}
    assert shown <= labels
    assert not any("10^" in label for label in labels)
    assert ("0.2" in labels) == (low == 0.05)


@pytest.mark.parametrize("name", ["curves.jpg", "curves", "curves.pngg"])
def test_an_ending_that_cannot_be_drawn_is_refused_beforehand(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="cannot draw a figure as"):
        check_figure(tmp_path / name)
    with pytest.raises(FileError, match="cannot draw a figure as"):
        save(step_figure(STEPS, ERRORS), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_it_is_said_before_there_is_a_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[plot\]'"):
        check_figure(tmp_path / "curves.png")


def test_a_file_that_exists_is_kept_unless_it_may_go(tmp_path: Path) -> None:
    path = tmp_path / "curves.SVG"
    path.write_text("mine")
    with pytest.raises(FileError, match="exists"):
        check_figure(path)
    assert check_figure(path, overwrite=True) == "svg"
    save(step_figure(STEPS, ERRORS), path, overwrite=True)
    assert path.read_text().startswith("<?xml")
