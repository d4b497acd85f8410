"""A file is written whole or not at all, and never over another unless asked."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from backlight.errors import FileError
from backlight.show.files import check_writable, write_whole


def test_bytes_are_written_and_nothing_else_is_left(tmp_path):
    path = write_whole(tmp_path / "why.png", b"content")
    assert path.read_bytes() == b"content"
    assert os.listdir(tmp_path) == ["why.png"]


def test_a_writer_gets_a_binary_stream_it_may_seek_in_and_even_close(tmp_path):
    def write(stream):
        stream.write(b"aXc")
        stream.seek(1)
        stream.write(b"b")
        stream.close()

    assert write_whole(tmp_path / "why.bin", write).read_bytes() == b"abc"


def test_an_existing_file_is_kept_unless_asked(tmp_path):
    path = tmp_path / "why.png"
    path.write_bytes(b"old")
    with pytest.raises(FileError) as caught:
        write_whole(path, b"new")
    assert str(caught.value) == f"{path} exists; pass overwrite=True (--force on the command line)"
    assert path.read_bytes() == b"old"
    assert write_whole(path, b"new", overwrite=True).read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["why.png"]


def test_a_file_that_appears_while_writing_is_kept_too(tmp_path):
    path = tmp_path / "why.png"

    def write(stream):
        path.write_bytes(b"faster")
        stream.write(b"slower")

    with pytest.raises(FileError, match="exists"):
        write_whole(path, write)
    assert path.read_bytes() == b"faster"
    assert os.listdir(tmp_path) == ["why.png"]


def test_of_many_threads_writing_one_name_exactly_one_wins(tmp_path):
    path, won = tmp_path / "why.png", []
    start = threading.Barrier(8)

    def write(number):
        start.wait()
        try:
            write_whole(path, bytes([number]) * 100_000)
            won.append(number)
        except FileError:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert path.read_bytes() == bytes(won) * 100_000
    assert os.listdir(tmp_path) == ["why.png"]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("error", [RuntimeError("broke"), KeyboardInterrupt(), OSError("odd mode")])
def test_a_writer_that_fails_leaves_the_folder_as_it_was(tmp_path, error, overwrite):
    path = tmp_path / "why.png"
    if overwrite:
        path.write_bytes(b"old")

    def write(stream):
        stream.write(b"half")
        raise error

    with pytest.raises(type(error)) as caught:
        write_whole(path, write, overwrite=overwrite)
    assert caught.value is error
    assert os.listdir(tmp_path) == (["why.png"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


def test_a_full_disk_is_told_in_one_line(tmp_path):
    def write(stream):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(FileError, match=r"^cannot write .*why.png: No space left on device$"):
        write_whole(tmp_path / "why.png", write)
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileError, match=r"there is no folder .*nowhere$"):
        write_whole(tmp_path / "nowhere" / "why.png", b"")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FileError, match="is a folder; give the name of a file"):
        write_whole(tmp_path, b"", overwrite=True)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="file is not a folder"):
        write_whole(tmp_path / "file" / "why.png", b"")


def test_an_unwritable_folder_is_told_before_the_work_is_done(tmp_path, monkeypatch):
    # The tests may be run by the superuser, who may write anywhere: so the answer is set.
    monkeypatch.setattr(os, "access", lambda *_: False)
    done = []
    with pytest.raises(FileError, match="is not writable"):
        write_whole(tmp_path / "why.png", done.append)
    assert not done


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "why\0.png"])
def test_impossible_names_are_refused_in_one_line(tmp_path, name):
    with pytest.raises(FileError, match=r"^cannot write .*$"):
        write_whole(tmp_path / name, b"")
    assert os.listdir(tmp_path) == []


def test_the_longest_possible_name_works(tmp_path):
    assert write_whole(tmp_path / ("x" * 255), b"content").read_bytes() == b"content"


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_permissions_follow_the_umask_and_an_overwritten_file(tmp_path):
    previous = os.umask(0o027)
    try:
        path = write_whole(tmp_path / "why.png", b"")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o600)
        write_whole(path, b"", overwrite=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(previous)


@pytest.mark.skipif(os.name != "posix", reason="making links needs no rights on POSIX only")
def test_a_link_is_followed_when_overwriting_and_kept_otherwise(tmp_path):
    target, link = tmp_path / "target.png", tmp_path / "why.png"
    link.symlink_to(target)
    with pytest.raises(FileError, match="exists"):
        write_whole(link, b"new")
    write_whole(link, b"new", overwrite=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_file_systems_without_hard_links_are_served(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    path = write_whole(tmp_path / "why.png", b"content")
    assert path.read_bytes() == b"content"
    with pytest.raises(FileError, match="exists"):
        write_whole(path, b"other")
    assert os.listdir(tmp_path) == ["why.png"]


def test_a_path_relative_to_the_current_folder_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert write_whole("why.png", b"content") == Path("why.png")
    with pytest.raises(FileError, match=r"^why.png exists;"):
        check_writable("why.png")
