"""Files that are written whole or not at all, and never over an existing one unless asked.

The bytes go to a hidden temporary file in the same folder, reach the disk, and only then take the
name in one atomic step. Whatever goes wrong before that step leaves the folder as it was.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from backlight.errors import FileError

Writer = Callable[[BinaryIO], object]


def write_whole(
    path: str | os.PathLike[str], write: Writer | bytes, *, overwrite: bool = False
) -> Path:
    """Write a file in one atomic step; returns its path.

    `write` is the content, or a function that writes it to the binary stream it is given. An
    existing file is kept unless `overwrite`; a symbolic link is then followed, not replaced.
    Permissions are those of a freshly created file, or of the file that is overwritten.

    Raises FileError: the file exists, the path is a folder, its folder is missing or not writable,
    the disk is full. Other errors of `write` pass through. No temporary file ever stays behind.
    """
    path = Path(path)
    check_writable(path, overwrite=overwrite)
    final = Path(os.path.realpath(path)) if overwrite else path
    part = final.parent / f".backlight-{secrets.token_hex(8)}.part"
    with _one_line_errors(path):
        try:
            _fill(part, write)
            _put(part, final, overwrite=overwrite)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
        _sync_folder(final.parent)
    return path


def check_writable(path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Raise the FileError that writing to `path` would raise, as far as it can be seen beforehand.

    Worth calling before a long computation whose result is to be written.
    """
    path = Path(path)
    if "\0" in str(path):
        raise FileError(f"cannot write {str(path)!r}: a file name cannot hold a null character")
    with _one_line_errors(path):
        if not path.name or path.is_dir():
            raise FileError(f"{path} is a folder; give the name of a file to write")
        if os.path.lexists(path) and not overwrite:
            raise _exists(path)
        folder = path.parent
        if not folder.exists():
            raise FileError(f"cannot write {path}: there is no folder {folder}")
        if not folder.is_dir():
            raise FileError(f"cannot write {path}: {folder} is not a folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise FileError(f"cannot write {path}: folder {folder} is not writable")


def _fill(part: Path, write: Writer | bytes) -> None:
    # Mode 0o666 lets the umask decide, as for any file a program creates.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(part, flags, 0o666)
    try:
        # The handle is kept open beside the stream: a writer that closes its stream does no harm.
        with os.fdopen(handle, "w+b", closefd=False) as stream:
            if isinstance(write, bytes):
                stream.write(write)
            else:
                write(stream)
        os.fsync(handle)
    finally:
        os.close(handle)


def _put(part: Path, final: Path, *, overwrite: bool) -> None:
    """Give the finished file its name: the one step that others can see."""
    if overwrite:
        with contextlib.suppress(FileNotFoundError):
            os.chmod(part, final.stat().st_mode & 0o7777)
        os.replace(part, final)
        return
    try:
        os.link(part, final)  # unlike a rename, this fails when the name has been taken meanwhile
    except FileExistsError:
        raise _exists(final) from None
    except OSError as problem:
        if problem.errno not in (
            errno.EPERM,
            errno.ENOTSUP,
            errno.EOPNOTSUPP,
            errno.ENOSYS,
            errno.EMLINK,
        ):
            raise
        _put_without_links(part, final)


def _put_without_links(part: Path, final: Path) -> None:
    """For file systems without hard links: reserve the name, then replace the reservation."""
    try:
        os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        raise _exists(final) from None
    try:
        os.replace(part, final)
    except BaseException:
        final.unlink()
        raise


def _exists(path: Path) -> FileError:
    return FileError(f"{path} exists; pass overwrite=True (--force on the command line)")


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut, where the system allows to ask for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _one_line_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusals into FileErrors; a writer's own errors pass through."""
    try:
        yield
    except FileError:
        raise
    except OSError as problem:
        if problem.errno is None:  # raised by a library (Pillow does so), not by the system
            raise
        raise FileError(f"cannot write {path}: {problem.strerror or problem}") from problem
