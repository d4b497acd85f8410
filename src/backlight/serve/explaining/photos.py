"""Photos that people have sent, in memory only, and those that are on offer."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from PIL import Image

from backlight.errors import ImageError
from backlight.explanations.inputs import Photo
from backlight.models.images import read_image
from backlight.serve.explaining.samples import read_sample
from backlight.serve.recent import NotThere, Recent
from backlight.serve.sent_files import safe_name
from backlight.show.encode import photo_bytes, thumbnail_bytes

_DIGITS = 32  # of the photo's SHA-256: its name
_AT_ONCE = 2  # photos that are unfolded
_MOST_SHOWN = 16 * 2**20  # bytes of photos as they are shown


@dataclass(frozen=True)
class _File:
    """A photo as it was sent: its bytes, and the name of the file they come from."""

    content: bytes
    name: str


class Photos:
    """Photos by name: `sample:NAME`, `scene:NUMBER`, or what `add` called them.

    Args:
        most_pixels: of one photo, by its header.
        most_bytes: for all of them in memory: half of it for the files, half for pixels.
    """

    def __init__(self, most_pixels: int, most_bytes: int) -> None:
        self._most_pixels = most_pixels
        self._unfolding = threading.Semaphore(_AT_ONCE)
        self._files: Recent[_File] = Recent(
            most_bytes // 2, lambda file: {id(file): len(file.content)}
        )
        self._read: Recent[Photo] = Recent(most_bytes // 2, _pixels)
        self._shown: Recent[tuple[bytes, str]] = Recent(
            _MOST_SHOWN, lambda shown: {id(shown): len(shown[0])}
        )

    def add(self, content: bytes, name: str = "") -> tuple[str, Image.Image]:
        """Keep a photo that was sent.

        Returns:
            What it is called from now on, by its content alone, and its upright picture.

        Raises:
            ImageError: it is no image, or one of too many pixels.
        """
        if not content:
            raise ImageError("an empty file was sent: expected a photo")
        picture = read_image(content, most_pixels=self._most_pixels)
        photo = hashlib.sha256(content).hexdigest()[:_DIGITS]
        file = _File(content, safe_name(name))
        self._files.put(photo, file)
        self._read.put(photo, _whole(picture, file.name, photo))
        return photo, picture

    def file(self, photo: str) -> tuple[bytes, str]:
        """A photo's bytes as they were sent, and its file's name.

        Raises:
            NotThere: it is not in memory, or there is no such sample.
        """
        if ":" in photo:
            return read_sample(photo)
        file = self._files.get(photo)
        if file is None:
            raise NotThere(
                f"no photo {photo[:40]!r} in memory: it was never sent, or long ago: send it again"
            )
        return file.content, file.name

    def is_read(self, photo: str) -> bool:
        """Whether the photo's pixels are in memory, so that it can be had at once."""
        return self._read.get(photo) is not None

    def check(self, photo: str) -> None:
        """Nothing where `get` will find the photo; what was sent is not unfolded for it.

        Raises:
            NotThere: as for `file`.
        """
        if ":" in photo:
            self.get(photo)
        else:
            self.file(photo)

    def get(self, photo: str) -> Photo:
        """A photo as `explain` takes it.

        Raises:
            NotThere: as for `file`.
        """
        found = self._read.get(photo)
        if found is None:
            content, name = self.file(photo)
            with self._unfolding:  # a large one takes 150 MB
                picture = read_image(content, most_pixels=self._most_pixels)
            found = _whole(picture, name, photo)
            self._read.put(photo, found)
        return found

    def shown(self, photo: str) -> tuple[bytes, str]:
        """A photo as it is shown, at most 1600 pixels a side: its bytes and its kind."""
        return self._made(photo, photo, photo_bytes)

    def thumbnail(self, photo: str, side: int) -> tuple[bytes, str]:
        """A photo of at most so many pixels a side: its bytes and its kind."""
        small = f"{photo} at {side}"
        return self._made(small, photo, lambda picture: (thumbnail_bytes(picture, side), "png"))

    def _made(
        self, name: str, photo: str, make: Callable[[Image.Image], tuple[bytes, str]]
    ) -> tuple[bytes, str]:
        """A picture of a photo, made when it is first asked for."""
        shown = self._shown.get(name)
        if shown is None:
            shown = make(self.get(photo).picture)
            self._shown.put(name, shown)
        return shown


def _whole(picture: Image.Image, name: str, photo: str) -> Photo:
    """A picture as `explain` takes it; it finds out by itself what of it the network sees."""
    region = (0.0, 0.0, float(picture.width), float(picture.height))
    return Photo(picture, region, name or photo, bool(name))


def _pixels(photo: Photo) -> dict[Hashable, int]:
    return {id(photo.picture): 3 * photo.picture.width * photo.picture.height}
