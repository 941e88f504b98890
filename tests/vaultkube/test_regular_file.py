"""Only regular files are read, and only within a bound."""

import os
import time
from pathlib import Path

import pytest

from vaultkube.regular_file import read_regular_file

BOUND = 1000


def test_a_file_of_the_bound_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * BOUND)
    assert read_regular_file(file, BOUND) == b"x" * BOUND
    file.write_bytes(b"x" * (BOUND + 1))
    with pytest.raises(ValueError, match="longer than 1000 bytes"):
        read_regular_file(file, BOUND)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "/proc/self", "/nowhere"])
def test_a_device_a_folder_and_nothing_are_errors(path: str) -> None:
    with pytest.raises(OSError, match=path):
        read_regular_file(path, BOUND)


@pytest.mark.timed
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    began = time.process_time()
    with pytest.raises(OSError, match="no regular file"):
        read_regular_file(tmp_path / "pipe", BOUND)
    assert time.process_time() - began < 1


def test_a_path_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="null"):
        read_regular_file("a\0b", BOUND)


def test_a_regular_file_of_the_kernel_that_is_longer_than_any_is_bounded() -> None:
    with pytest.raises(ValueError, match="longer than 1000 bytes"):
        read_regular_file("/proc/self/maps", BOUND)
