"""What is saved as a page to play with or as a figure to print: the file's ending decides."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from backlight.errors import FileError, did_you_mean
from backlight.show.curves import check_figure, save
from backlight.show.files import check_writable, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ENDINGS: Final = ("html", "png", "svg", "pdf")


def check_ending(path: str | os.PathLike[str], what: str, *, overwrite: bool = False) -> str:
    """The format that `save_page_or_figure` would write, known before there is anything to draw.

    Args:
        path: where.
        what: is to be drawn, for the message: "a sweep".
        overwrite: whether a file that exists may go.

    Raises:
        FileError: the ending is another one, or the file cannot be written.
        MissingExtraError: a figure needs matplotlib, which is not installed.
    """
    ending = Path(path).suffix.lower().lstrip(".")
    if ending not in _ENDINGS:
        hint = did_you_mean(ending, _ENDINGS) or f"; there are {', '.join(_ENDINGS)}"
        raise FileError(f"cannot draw {what} as {Path(path).name!r}{hint}")
    if ending != "html":
        return check_figure(path, overwrite=overwrite)
    check_writable(path, overwrite=overwrite)
    return ending


def save_page_or_figure(
    path: str | os.PathLike[str],
    what: str,
    page: Callable[[], str],
    figure: Callable[[], Figure],
    *,
    overwrite: bool = False,
) -> Path:
    """Write one of both, whole or not at all; the other is not made. Returns the file's path.

    Args:
        path: where; `.html` for the page, `.png`, `.svg` or `.pdf` for the figure.
        what: is drawn, for messages.
        page, figure: make the HTML, and the figure.
        overwrite: whether a file that exists may go.

    Raises:
        FileError, MissingExtraError: as `check_ending`.
    """
    if check_ending(path, what, overwrite=overwrite) == "html":
        return write_whole(path, page().encode(), overwrite=overwrite)
    save(figure(), path, overwrite=overwrite)
    return Path(path)
