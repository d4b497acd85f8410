"""Which files are written for each photo, and whether they can be, before any work is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backlight.errors import FileError
from backlight.show.files import check_writable

ENDINGS = (".png", ".html", ".npz")


@dataclass(frozen=True)
class Outputs:
    """Where results go.

    Attributes:
        out: what was given for `--out`: a folder, a file, or None for the current folder.
        photos: all photos to be explained; none of them is ever written over.
        overwrite: whether other files may be.
    """

    out: str | None
    photos: Sequence[str]
    overwrite: bool

    def of(self, photo: str, taken: dict[Path, str]) -> list[Path]:
        """The files to write for a photo, checked; they are noted in `taken`.

        Raises:
            FileError: they cannot be written, exist, or are written for another photo.
        """
        paths = self._paths(photo)
        for path in paths:
            if path in taken:
                other = taken[path]
                raise FileError(
                    f"{photo} is given twice"
                    if other == photo
                    else f"{other} takes the same name, {path}: explain each with its own --out"
                )
            if os.path.realpath(path) in {os.path.realpath(photo) for photo in self.photos}:
                raise FileError(f"{path} is one of the photos: give another --out")
            self._check(path)
        taken.update(dict.fromkeys(paths, photo))
        return paths

    def make_folder(self) -> None:
        """Make the folder to write to, if it is not there yet.

        Raises:
            FileError: it cannot be made.
        """
        if self.out is None or self._is_file():
            return
        try:
            Path(self.out).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"--out {self.out}: {error.strerror}") from error

    def _paths(self, photo: str) -> list[Path]:
        out = Path(self.out or "")
        if self._is_file():
            if len(self.photos) > 1:
                count = len(self.photos)
                raise FileError(f"--out {out}: {count} photos need a folder, not a file")
            return [out]
        if out.suffix and not (out.is_dir() or (self.out or "").endswith(("/", os.sep))):
            raise FileError(f"--out {out}: expected a folder or a {_listed(ENDINGS)} file")
        stem = Path(photo).stem
        return [out / f"{stem}.why.png", out / f"{stem}.why.html"]

    def _is_file(self) -> bool:
        return Path(self.out or "").suffix.lower() in ENDINGS

    def _check(self, path: Path) -> None:
        folder = path.parent
        if self._is_file() or os.path.lexists(folder):
            check_writable(path, overwrite=self.overwrite)
            return
        # The folder is made only when there is something to put into it.
        there = next(parent for parent in folder.absolute().parents if os.path.lexists(parent))
        if not there.is_dir():
            raise FileError(f"--out {folder}: {there} is not a folder")
        if not os.access(there, os.W_OK | os.X_OK):
            raise FileError(f"--out {folder}: folder {there} is not writable")


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
