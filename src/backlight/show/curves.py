"""Curves: arrays in, matplotlib figures out.

The colours are Okabe and Ito's, told apart with every kind of colour blindness; markers and lines
tell the curves apart as well, for print without colour.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from backlight.errors import FileError, MissingExtraError, did_you_mean
from backlight.show.files import check_writable, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

_STYLES: Final = (
    ("#0072B2", "o", "-"),
    ("#D55E00", "s", "--"),
    ("#009E73", "^", "-."),
    ("#CC79A7", "D", ":"),
    ("#E69F00", "v", "-"),
    ("#56B4E9", "P", "--"),
    ("#000000", "X", "-."),
)
_FORMATS: Final = ("png", "svg", "pdf")
_WIDTH, _HEIGHT = 7.0, 4.5  # inches


def step_figure(steps: Any, errors: Mapping[str, Any], *, relative: bool = True) -> Figure:
    """Error against step size, both logarithmic, the best step of each curve marked.

    Args:
        steps: (n,), the step sizes.
        errors: for each scheme (n,) errors; NaN where there is none.
        relative: whether they are relative to the largest derivative.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure()
    _draw_steps(figure, steps, errors, relative)
    return figure


def cost_figure(
    counts: Mapping[str, Any], seconds: Mapping[str, Any], evaluation: float | None = None
) -> Figure:
    """Time of a gradient against the number of inputs, both logarithmic.

    Args:
        counts: for each way (n,) numbers of inputs.
        seconds: for each way (n,) seconds.
        evaluation: the seconds of one evaluation of the function, drawn as a line.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure()
    _draw_costs(figure, counts, seconds, evaluation)
    return figure


def gradient_figure(
    steps: tuple[Any, Mapping[str, Any]],
    costs: tuple[Mapping[str, Any], Mapping[str, Any]],
    evaluation: float | None = None,
    *,
    relative: bool = True,
) -> Figure:
    """Both figures side by side.

    Args:
        steps, costs, relative: what `step_figure` and `cost_figure` take.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(width=2 * _WIDTH)
    left, right = cast(Any, figure.subfigures(1, 2))
    _draw_steps(left, *steps, relative)
    _draw_costs(right, *costs, evaluation)
    return figure


def loss_figure(
    losses: Mapping[str, Any], kept: int | None = None, name: str = "mean loss of a row"
) -> Figure:
    """Loss against epochs, logarithmic upwards.

    Args:
        losses: for each set of rows (epochs,) its loss after each epoch.
        kept: the epoch, from 1, whose weights are kept; drawn as a line.
        name: what the loss is.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure()  # raises where there is no matplotlib
    from matplotlib.ticker import LogLocator

    axes = _axes(figure)
    for (label, found), (colour, _, line) in zip(losses.items(), _STYLES, strict=False):
        shown = np.asarray(found, dtype=float)
        # What is infinite or zero has no place on a logarithmic axis.
        shown = np.where(np.isfinite(shown) & (shown > 0), shown, np.nan)
        epochs = np.arange(1, len(shown) + 1)
        axes.semilogy(epochs, shown, line, color=colour, linewidth=1.6, label=label)
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}" if high < 5 * low else "")
    if 5 * low <= high < 1000 * low:  # few powers of ten are on the axis: name what lies between
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    if kept is not None:
        axes.axvline(kept, color="0.45", linewidth=1, label=f"kept: epoch {kept:,}")
    axes.set_xlabel("epoch")
    axes.set_ylabel(name)
    axes.set_title("Training")
    axes.legend(frameon=False)
    return figure


def save(figure: Figure, path: str | os.PathLike[str], *, overwrite: bool = False) -> Figure:
    """Write a figure whole or not at all, as its name's ending says; returns the figure.

    Raises:
        FileError: the ending is not png, svg or pdf, or the file cannot be written.
    """
    ending = check_figure(path, overwrite=overwrite)
    write_whole(
        path, lambda stream: figure.savefig(stream, format=ending, dpi=150), overwrite=overwrite
    )
    return figure


def check_figure(path: str | os.PathLike[str], *, overwrite: bool = False) -> str:
    """The format that `save` would write, known before there is a figure.

    Raises:
        FileError: the ending is not png, svg or pdf, or the file cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    ending = Path(path).suffix.lower().lstrip(".")
    if ending not in _FORMATS:
        hint = did_you_mean(ending, _FORMATS) or f"; there are {', '.join(_FORMATS)}"
        raise FileError(f"cannot draw a figure as {Path(path).name!r}{hint}")
    check_writable(path, overwrite=overwrite)
    figure_class()
    return ending


def _draw_steps(
    figure: Figure | SubFigure, steps: Any, errors: Mapping[str, Any], relative: bool
) -> None:
    axes = _axes(figure)
    for (name, found), (colour, marker, line) in zip(errors.items(), _STYLES, strict=False):
        # Zero has no place on a logarithmic axis: no error is drawn as the smallest there can be.
        shown = np.maximum(np.asarray(found, dtype=float), np.finfo(float).eps / 8)
        if np.isnan(shown).all():
            continue
        best = int(np.nanargmin(shown))
        label = f"{name} (best step {steps[best]:.1e})"
        axes.loglog(steps, shown, line, color=colour, linewidth=1.6, label=label)
        axes.loglog(
            steps[best], shown[best], marker, color=colour, markersize=9, markeredgecolor="black"
        )
    axes.set_xlabel("step size")
    axes.set_ylabel("error, relative to the largest derivative" if relative else "absolute error")
    axes.set_title("Finite differences: rounding to the left, truncation to the right")
    axes.legend(frameon=False)


def _draw_costs(
    figure: Figure | SubFigure,
    counts: Mapping[str, Any],
    seconds: Mapping[str, Any],
    evaluation: float | None,
) -> None:
    axes = _axes(figure)
    for name, (colour, marker, line) in zip(counts, _STYLES, strict=False):
        axes.loglog(
            counts[name], seconds[name], line, color=colour, marker=marker, markersize=5,
            linewidth=1.6, label=name,
        )  # fmt: skip
    if evaluation is not None:
        axes.axhline(evaluation, color="0.45", linewidth=1, label="one evaluation")
    axes.set_xlabel("number of inputs differentiated by")
    axes.set_ylabel("time of one gradient (s)")
    axes.set_title("Cost of a gradient")
    figure.legend(loc="outside right upper", frameon=False)


def _figure(width: float = _WIDTH) -> Figure:
    """A figure of its own: pyplot's global state is left alone."""
    return figure_class()(figsize=(width, _HEIGHT), layout="constrained")


def figure_class() -> type[Figure]:
    """matplotlib's figure, free of pyplot's global state.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise MissingExtraError("matplotlib", "plot") from problem
    return Figure


def _axes(figure: Figure | SubFigure) -> Any:
    axes = figure.subplots()
    axes.grid(visible=True, which="major", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
