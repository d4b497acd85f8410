"""Reading a photo, whatever it comes as: always upright, always 8 bits of red, green and blue."""

from __future__ import annotations

import io
import itertools
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from backlight.errors import ImageError, did_you_mean
from backlight.models.pixels import from_array, to_rgb

# Large enough for any camera; it is where Pillow itself gives up, at its default settings.
MAX_PIXELS = 178_956_970

# Pillow hands EPS to Ghostscript, an interpreter of programs: not for a file of unknown origin.
_REFUSED_FORMATS = {"EPS"}

# Formats whose first bytes leave no doubt; one that then fails to open is damaged, not foreign.
_CERTAIN_FORMATS = {"BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP"}


def read_image(source: Any, *, most_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read a photo as a new RGB image, turned upright as its EXIF orientation says.

    Transparent parts (an alpha channel or a transparent palette colour) are composited over
    white. Of an animation or a file of several pages the first is read. Greyscale of 16 bits and
    floating-point pixels from 0 to 1 are scaled, not clipped; colours of 16 bits keep their upper
    8. CMYK is converted without its colour profile.

    Args:
        source: a path, the bytes of a file, a binary file object (read from where it stands), a
            Pillow image (left as it is), or a NumPy array of shape (h, w), (h, w, 1), (h, w, 3)
            or (h, w, 4) that is uint8, uint16, bool, or floating-point from 0 to 1.
        most_pixels: a file of more is refused by its header, before it is unfolded.

    Raises:
        ImageError: there is no such file, it is not an image, it is damaged or cut short, it
            would unfold to more than `most_pixels`, it has no or only one pixel, or it holds what
            has no colour (NaN, out of range). The message is one line and names the source.
    """
    name = image_name(source)
    if isinstance(source, np.ndarray):
        photo = from_array(source, name)
    elif isinstance(source, Image.Image):
        photo = _decoded(source, name, most_pixels)
    else:
        with _opened(_content(source, name), name) as picture:
            photo = _decoded(picture, name, most_pixels)
    if photo.size == (1, 1):
        raise ImageError(f"{name} is 1×1 pixel: there is nothing in it to explain")
    return photo


def image_name(source: Any) -> str:
    """What to call an image in a message: its path in quotes, or what it is."""
    if isinstance(source, str | os.PathLike):
        return repr(os.fsdecode(source))
    if isinstance(source, bytes | bytearray | memoryview):
        return f"the image of {memoryview(source).nbytes} bytes"
    if isinstance(source, np.ndarray):
        return "the array"
    filename = getattr(source, "filename", None) or getattr(source, "name", None)
    if isinstance(filename, str) and filename:
        return repr(filename)
    return "the image"


def _content(source: Any, name: str) -> bytes:
    """The bytes of the file that `source` is, names or reads from; never none at all."""
    if isinstance(source, str | os.PathLike):
        content = _file_content(Path(os.fsdecode(source)), name)
    elif isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
    elif hasattr(source, "read"):
        try:
            content = source.read()
        except Exception as error:  # Closed, opened for writing, or whatever a stream runs into.
            raise ImageError(f"{name} cannot be read: {_one_line(error)}") from error
        if not isinstance(content, bytes):
            raise ImageError(f"{name} is open as text: open it with mode 'rb'")
    else:
        raise ImageError(
            f"expected an image as a path, bytes, file, Pillow image or NumPy array, "
            f"got {type(source).__name__}"
        )
    if not content:
        raise ImageError(f"{name} is empty")
    return content


def _file_content(path: Path, name: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ImageError(f"{name} is a directory, not an image")
        if not stat.S_ISREG(mode):
            # A device may never end.
            raise ImageError(f"{name} is not a regular file")
        return path.read_bytes()
    except ImageError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImageError(_not_found(path, name)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{name} cannot be read: {_one_line(reason)}") from error


def _not_found(path: Path, name: str) -> str:
    if str(path).startswith(("http:/", "https:/")):
        return f"{name} is a web address, not a file: download it first"
    if not path.parent.is_dir():
        return f"no image {name}: there is no folder {str(path.parent)!r}"
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in itertools.islice(entries, 10_000)]
    except OSError:
        names = []
    return f"no image {name}{did_you_mean(path.name, names)}"


def _opened(content: bytes, name: str) -> Image.Image:
    """The image in a file's bytes, its header read and its pixels not yet.

    Image.open is not used: above a number of pixels it warns, and a warning can be kept off the
    screen only by changing the filters of the whole process. So the size is checked here.
    """
    prefix = content[:16]
    damaged: Exception | None = None
    for format_name in _formats():
        factory, accept = Image.OPEN[format_name]
        try:
            accepted = not accept or accept(prefix)
        except Exception:  # A file of a few bytes: too short to be looked at.
            continue
        if isinstance(accepted, str):
            raise ImageError(f"{name} cannot be read: {_one_line(accepted)}")
        if not accepted:
            continue
        try:
            return factory(io.BytesIO(content), "")
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ImageError(f"{name} {_too_large(None)}") from error
        except Exception as error:  # Pillow's readers raise whatever their parsing runs into.
            damaged = error if format_name in _CERTAIN_FORMATS else damaged
    if damaged is not None:
        raise ImageError(f"{name} is damaged or cut short: {_one_line(damaged)}") from damaged
    raise ImageError(f"{name} is not an image, or not of a format that can be read")


def _formats() -> list[str]:
    """Every format that Pillow reads, those that certainly recognise their files first."""
    Image.init()
    names = [name for name in Image.ID if name not in _REFUSED_FORMATS]
    return sorted(names, key=lambda name: name not in _CERTAIN_FORMATS)


def _decoded(picture: Image.Image, name: str, most: int) -> Image.Image:
    width, height = picture.size
    if width < 1 or height < 1:
        raise ImageError(f"{name} is {width}×{height} pixels: there is nothing in it")
    if width * height > most:
        raise ImageError(f"{name} {_too_large(picture.size, most)}")
    try:
        picture.load()
        return to_rgb(_upright(picture), name)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name} {_too_large(None)}") from error
    except Exception as error:  # Pillow's decoders raise whatever their parsing runs into.
        raise ImageError(f"{name} is damaged or cut short: {_one_line(error)}") from error


def _upright(picture: Image.Image) -> Image.Image:
    try:
        turned = ImageOps.exif_transpose(picture)
    except Exception:  # Metadata that cannot be parsed says nothing about the orientation.
        return picture
    turned.format = picture.format
    return turned


def _too_large(size: tuple[int, int] | None, most: int = MAX_PIXELS) -> str:
    found = f"{size[0]}×{size[1]} pixels" if size else "more pixels than Pillow accepts"
    return f"would unfold to {found}: at most {most:,} are read (a decompression bomb?)"


def _one_line(reason: object) -> str:
    text = " ".join(str(reason).split())
    return text or type(reason).__name__
