"""Real photos from installed packages, and the ways in which a photo can be bad."""

from __future__ import annotations

import importlib.util
import struct
import zlib
from pathlib import Path

from PIL import Image


def sample(name: str) -> Path:
    """A photo that comes with scikit-image."""
    return _folder("skimage") / "data" / name


def labelled() -> list[Path]:
    """foolbox's ImageNet photos; the class is the last part of the name."""
    return sorted((_folder("foolbox") / "data").glob("imagenet_*.jpg"))


def chelsea() -> Image.Image:
    with Image.open(sample("chelsea.png")) as picture:
        return picture.convert("RGB")


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims any size, with next to no pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
