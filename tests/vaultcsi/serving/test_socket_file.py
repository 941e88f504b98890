"""The path of the socket, used by one provider after the other: taken over, put back, left."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vaultcsi.serving.socket_file import SocketFile


@contextmanager
def listening(file: SocketFile, own_name: str) -> Iterator[socket.socket]:
    """Listen as a provider with a name of its own, as in another pod."""
    file.own_path += own_name
    file.prepare()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(file.own_path)
        server.listen()
        file.take_over()
        yield server


def reaches(path: Path, server: socket.socket) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        server.settimeout(1)
        server.accept()[0].close()
    return True


@pytest.fixture
def path(socket_folder: Path) -> Path:
    return socket_folder / "vault.sock"


def test_a_socket_that_another_program_removes_is_put_back_until_it_is_left(path: Path) -> None:
    file = SocketFile(str(path))
    with listening(file, "a") as server:
        assert not file.put_back()
        path.unlink()
        assert not file.is_ours()
        assert file.put_back()
        assert file.is_ours()
        assert reaches(path, server)
        file.leave()
        assert not file.put_back()
        assert list(path.parent.iterdir()) == []


def test_the_later_provider_owns_the_path_and_the_earlier_one_does_not_remove_it(path: Path) -> None:
    first, second = SocketFile(str(path)), SocketFile(str(path))
    with listening(first, "a"), listening(second, "b") as server:
        assert not first.put_back()
        first.leave()
        assert (first.is_ours(), second.is_ours()) == (False, True)
        assert reaches(path, server)


def test_without_a_folder_nothing_is_put_back(path: Path) -> None:
    file = SocketFile(str(path.parent / "below" / "vault.sock"))
    with listening(file, "a"):
        for entry in Path(file.path).parent.iterdir():
            entry.unlink()
        Path(file.path).parent.rmdir()
        assert not file.put_back()
