"""An episode as moving pictures: the frame, the map over it, and what each action was worth."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from backlight.errors import FileError, InputError, MissingExtraError
from backlight.show.colour import Floats
from backlight.show.files import check_writable, write_whole
from backlight.show.geometry import SMALLEST_WIDTH
from backlight.show.overlay import overlay
from backlight.show.text import Font, Typeface, clean

ENDINGS = (".gif", ".mp4")

_SIDE = 320  # pixels of a panel's longer side
_GAP = 14
_BARS = 230  # width of the panel with the bars
_TEXT = 15  # size of text in pixels
_PAPER, _INK, _MUTED = (255, 255, 255), (28, 30, 34), (92, 97, 105)
_CHOSEN, _OTHER = (190, 84, 20), (160, 170, 184)
_COLOURS = 128  # of a GIF


@dataclass(frozen=True)
class Moment:
    """One step, as it is drawn.

    Attributes:
        frame: uint8 (H, W, 3).
        heat: the map, (h, w), scaled to [0, 1], or [-1, 1] where signed; None for no map.
        bars: each action's name and number.
        chosen: which of them was done.
        lines: what else is told, a line each.
    """

    frame: NDArray[np.uint8]
    heat: Floats | None
    bars: Sequence[tuple[str, float]]
    chosen: int
    lines: Sequence[str]


@dataclass(frozen=True)
class Look:
    """What is the same in every picture.

    Attributes:
        title: of the map: what it speaks for.
        bars: what the numbers of the actions are.
        signed: whether the map shows both signs.
        low, high: what the bars reach from and to.
    """

    title: str
    bars: str
    signed: bool
    low: float
    high: float


def write_animation(
    path: Path, pictures: Sequence[Image.Image], *, fps: float, overwrite: bool = False
) -> Path:
    """Write pictures of one size as an animation, .gif or .mp4, whole or not at all.

    Raises:
        FileError: another ending, or the file exists or cannot be written.
        MissingExtraError: .mp4, and the packages that write it are not installed.
        InputError: no picture, or `fps` is not above 0.
    """
    check_animation(path, overwrite=overwrite)
    if not pictures or not fps > 0:
        raise InputError(f"{len(pictures)} pictures at fps={fps}: expected at least 1, above 0")
    content = _mp4(pictures, fps) if path.suffix.lower() == ".mp4" else _gif(pictures, fps)
    return write_whole(path, content, overwrite=overwrite)


def check_animation(path: Path, *, overwrite: bool = False) -> None:
    """Raise what `write_animation` would raise, as far as it is known before there are pictures."""
    if path.suffix.lower() not in ENDINGS:
        raise FileError(
            f"cannot write {path}: an animation is a {' or '.join(ENDINGS)} file"
            + (f", such as {path.with_suffix(ENDINGS[0])}" if path.name else "")
        )
    check_writable(path, overwrite=overwrite)
    if path.suffix.lower() == ".mp4":
        _video_package()


def drawn(moment: Moment, look: Look) -> Image.Image:
    """One step as a picture: RGB, of a size that depends on the frame's proportions alone."""
    enlarged = _enlarged(moment.frame)
    width, height = _panel(enlarged)
    panels = [enlarged]
    if moment.heat is not None:
        panels.append(overlay(enlarged, moment.heat, signed=look.signed, legend=False))
    top = _GAP + 2 * _TEXT
    below = max(len(moment.lines), 1) * round(1.5 * _TEXT)
    sheet = Image.new(
        "RGB",
        (_GAP + len(panels) * (width + _GAP) + _BARS + _GAP, top + height + _GAP + below + _GAP),
        _PAPER,
    )
    titles = ("frame", look.title)
    for place, panel in enumerate(panels):
        left = _GAP + place * (width + _GAP)
        sheet.paste(panel.resize((width, height), Image.Resampling.LANCZOS), (left, top))
        _write(sheet, (left, _GAP), titles[place], _MUTED, width)
    left = _GAP + len(panels) * (width + _GAP)
    _write(sheet, (left, _GAP), look.bars, _MUTED, _BARS)
    _draw_bars(sheet, (left, top), moment, look)
    for number, line in enumerate(moment.lines):
        _write(
            sheet,
            (_GAP, top + height + _GAP + number * round(1.5 * _TEXT)),
            line,
            _MUTED if number else _INK,
            sheet.width - 2 * _GAP,
        )
    # Videos want even sides.
    return sheet.crop((0, 0, sheet.width // 2 * 2, sheet.height // 2 * 2))


def _draw_bars(sheet: Image.Image, corner: tuple[int, int], moment: Moment, look: Look) -> None:
    """A row for each action: its name, its number, and a bar from zero."""
    draw, (left, y) = ImageDraw.Draw(sheet), corner
    low, high = min(look.low, 0.0), max(look.high, 0.0)
    scale = _BARS / (high - low) if high > low else 0.0
    zero = left - low * scale
    for index, (name, value) in enumerate(moment.bars):
        done = index == moment.chosen
        _write(sheet, (left, y), name, _INK if done else _MUTED, _BARS - 70)
        _write(sheet, (left + _BARS, y), f"{value:+.2f}", _INK if done else _MUTED, 70, "ra")
        end = zero + value * scale
        box = (min(zero, end), y + 1.5 * _TEXT, max(zero, end), y + 2.3 * _TEXT)
        draw.rectangle(box, fill=_CHOSEN if done else _OTHER)
        draw.line((zero, box[1] - 2, zero, box[3] + 2), fill=_MUTED)
        y += round(3.1 * _TEXT)


def _write(
    sheet: Image.Image,
    corner: tuple[float, float],
    text: str,
    colour: tuple[int, int, int],
    width: float,
    anchor: str = "la",
) -> None:
    """A line of text, cut with … where it is longer than `width`."""
    font, shown = _set(clean(text))
    if font.getlength(shown) > width:
        while shown and font.getlength(shown + "...") > width:
            shown = shown[:-1]
        shown += "..."
    ImageDraw.Draw(sheet).text(corner, shown, colour, font, anchor=anchor)


@cache
def _set(text: str) -> tuple[Font, str]:
    """The font for a text, and the text made fit for it; most are the same in every picture."""
    face = Typeface(text)
    return face.at(_TEXT), face.fit(text)


def _enlarged(frame: NDArray[np.uint8]) -> Image.Image:
    """A small frame with its pixels kept square and sharp, large enough for a map to be read."""
    picture = Image.fromarray(np.ascontiguousarray(frame))
    times = max(1, -(-SMALLEST_WIDTH // max(picture.size)))
    size = (picture.width * times, picture.height * times)
    return picture.resize(size, Image.Resampling.NEAREST)


def _panel(picture: Image.Image) -> tuple[int, int]:
    shrink = _SIDE / max(picture.size)
    return max(1, round(picture.width * shrink)), max(1, round(picture.height * shrink))


def _gif(pictures: Sequence[Image.Image], fps: float) -> bytes:
    """All pictures in one set of colours, so that nothing flickers that does not move."""
    few = [pictures[i] for i in np.linspace(0, len(pictures) - 1, 8).round().astype(int)]
    sample = Image.new("RGB", (few[0].width, sum(p.height for p in few)))
    for number, picture in enumerate(few):
        sample.paste(picture, (0, number * few[0].height))
    palette = sample.quantize(_COLOURS, dither=Image.Dither.NONE)
    first, *rest = (p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures)
    stream = io.BytesIO()
    duration = round(1000 / fps)
    first.save(
        stream, "GIF", save_all=True, append_images=rest, duration=duration, loop=0, optimize=False
    )
    return stream.getvalue()


def _mp4(pictures: Sequence[Image.Image], fps: float) -> bytes:
    imageio = _video_package()
    # The encoder writes to a file of its own only.
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "animation.mp4"
        with imageio.get_writer(draft, fps=fps, codec="libx264", macro_block_size=2) as writer:
            for picture in pictures:
                writer.append_data(np.asarray(picture))
        return draft.read_bytes()


def _video_package() -> Any:
    try:
        import imageio
        import imageio_ffmpeg  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "imageio with imageio-ffmpeg, which writes .mp4,", "video"
        ) from error
    return imageio
