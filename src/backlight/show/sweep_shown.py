"""A sweep of back-propagation to be seen: in a notebook, as a page, as a picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from backlight.show.framed import framed
from backlight.show.page_or_figure import save_page_or_figure
from backlight.show.sweep_figure import sweep_figure
from backlight.show.sweep_page import network_words, sweep_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What `check_ending` calls it.
WHAT: Final = "a sweep"


class Plain(Protocol):
    """What can tell all of itself in plain values."""

    def plain(self) -> dict[str, Any]:
        """The values, as for JSON."""


class Sweepable(Protocol):
    """A network that can be swept, as `backlight.Network` is."""

    def sweeps(
        self,
        parameters: Any,
        x: Any,
        t: Any,
        *,
        loss: str,
        learning_rate: float,
        updates: int | None,
    ) -> Plain:
        """Sweep one row, update, sweep again."""


class SweepShown:
    """A recorded sweep: it shows itself in a notebook, and saves itself as a page or a picture.

    Attributes:
        plain: everything that is shown, as plain values.
        title: the page's heading.
        note: what its reader must know besides; may be empty.
    """

    def __init__(
        self, plain: dict[str, Any], title: str = "Back-propagation", note: str = ""
    ) -> None:
        self.plain = plain
        self.title = title
        self.note = note

    def __repr__(self) -> str:
        updates = len(self.plain["sweeps"]) - 1
        return f"<sweep: {network_words(self.plain)}, {updates} updates>"

    def _repr_html_(self) -> str:
        return framed(self.html(), self.title, height="60rem")

    def html(self) -> str:
        """The interactive page: one file, offline."""
        return sweep_page(self.plain, self.title, self.note)

    def figure(
        self, step: int | None = None, *, by: str = "layer", update: int = 0, dark: bool = False
    ) -> Figure:
        """The network drawn at a step, as a matplotlib figure; see `sweep_figure`.

        Raises:
            InputError: there is no such step or update.
            MissingExtraError: matplotlib is not installed.
        """
        return sweep_figure(self.plain, step, by=by, update=update, dark=dark)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        step: int | None = None,
        by: str = "layer",
        update: int = 0,
        dark: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write the page (.html) or a picture of one step (.png, .svg, .pdf).

        Args:
            path: where; the ending decides.
            step, by, update, dark: of a picture, as for `figure`.
            overwrite: whether an existing file may be replaced.

        Raises:
            FileError: the ending is another one, or the file cannot be written.
            InputError, MissingExtraError: as for `figure`.
        """
        return save_page_or_figure(
            path,
            WHAT,
            self.html,
            lambda: self.figure(step, by=by, update=update, dark=dark),
            overwrite=overwrite,
        )


def sweep(
    network: Sweepable,
    parameters: Any,
    x: Any,
    t: Any,
    *,
    loss: str = "squared-error",
    learning_rate: float = 0.5,
    updates: int | None = None,
    title: str = "Back-propagation",
) -> SweepShown:
    """Back-propagation through a network with its own numbers, to be stepped through.

    Args:
        network: a `backlight.Network`.
        parameters: its weights and biases by name.
        x: one row of inputs, (inputs,).
        t: its targets, (outputs,).
        loss: a name of the library's losses.
        learning_rate: η of the updates.
        updates: how many are recorded; by default 50, or fewer of a large network.
        title: the page's heading.

    Returns:
        What shows itself in a notebook; `.save("sweep.html")`, `.save("sweep.png")`.

    Raises:
        InputError: something given does not fit the network.
        OutputError: the cost or a derivative is not finite.
    """
    course = network.sweeps(
        parameters, x, t, loss=loss, learning_rate=learning_rate, updates=updates
    )
    return SweepShown(course.plain(), title)
