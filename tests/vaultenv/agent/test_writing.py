"""Files are written whole, even if the writer is killed or refused."""

import errno
import os
import posix
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vaultenv.agent.writing import Writer
from vaultenv.errors import FileNotWritten

OLD, NEW = b"old" * 10_000, b"new" * 70_000
CALLS = (
    "stat",
    "open",
    "fstat",
    "read",
    "write",
    "fchmod",
    "fchown",
    "fsync",
    "close",
    "rename",
    "mkdir",
    "unlink",
)


class System:
    """The kernel with an incident before one of its calls."""

    def __init__(self, happens: Callable[[int, str], None]) -> None:
        self._happens = happens
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        function = getattr(posix, name)
        return self._watched(name, function) if name in CALLS else function

    def _watched(self, name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: Any) -> object:
            self.calls.append(name)
            self._happens(len(self.calls) - 1, name)
            if name == "write":  # a kernel may write less than it is given
                arguments = (arguments[0], arguments[1][:65_536])
            return function(*arguments)

        return call


def calls_of_a_write(target: Path) -> list[str]:
    """Return the calls of a whole write over the old content."""
    target.write_bytes(OLD)
    system = System(lambda _at, _name: None)
    assert Writer(system).write(str(target), NEW, 0o640)
    return system.calls


def written_until(target: Path, at: int) -> None:
    """Write in another process, which is killed before its call number `at`."""
    child = os.fork()
    if child == 0:
        Writer(System(lambda now, _name: os.kill(os.getpid(), signal.SIGKILL) if now == at else None)).write(
            str(target), NEW, 0o640
        )
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def test_a_writer_that_is_killed_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    target = tmp_path / "secrets/config"
    target.parent.mkdir()
    calls = calls_of_a_write(target)
    renamed = calls.index("rename")
    assert calls.count("write") > 2
    for at in range(len(calls)):
        target.write_bytes(OLD)
        target.chmod(0o600)
        written_until(target, at)
        assert target.read_bytes() == (OLD if at <= renamed else NEW), calls[at]
        assert stat.S_IMODE(target.stat().st_mode) == (0o600 if at <= renamed else 0o640)
        Writer().sweep(str(target.parent))
        assert os.listdir(target.parent) == ["config"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES, errno.EDQUOT])
def test_a_writer_that_is_refused_at_any_step_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, number: int
) -> None:
    target = tmp_path / "secrets/config"
    target.parent.mkdir()
    calls = calls_of_a_write(target)
    renamed = calls.index("rename")
    for at in (
        at for at, name in enumerate(calls) if name in ("open", "write", "fsync", "rename") and at <= renamed
    ):

        def refuse(now: int, _name: str, at: int = at) -> None:
            if now == at:
                raise OSError(number, os.strerror(number))

        target.write_bytes(OLD)
        if calls[at] == "open" and calls[at + 1] == "read":
            continue  # the old content cannot be read: the file is written anew
        with pytest.raises(
            FileNotWritten, match=f"{target} cannot be written: {os.strerror(number).lower()}: "
        ):
            Writer(System(refuse)).write(str(target), NEW)
        assert target.read_bytes() == OLD
        assert os.listdir(target.parent) == ["config"]


def test_an_error_of_writing_has_its_remedy(tmp_path: Path) -> None:
    def full(_now: int, name: str) -> None:
        if name == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(FileNotWritten, match="the volume is full: give it a larger size limit"):
        Writer(System(full)).write(str(tmp_path / "a"), NEW)
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotWritten, match="is a directory: something else has that name"):
        Writer().write(str(tmp_path / "folder"), NEW)
    (tmp_path / "file").touch()
    with pytest.raises(FileNotWritten, match="not a directory: something else has that name"):
        Writer().write(str(tmp_path / "file/a"), NEW)


def test_the_same_content_is_not_written_and_gets_the_mode(tmp_path: Path) -> None:
    target = tmp_path / "a"
    assert Writer().write(str(target), b"x")
    before = target.stat()
    assert stat.S_IMODE(before.st_mode) == 0o644
    assert not Writer().write(str(target), b"x")
    assert not Writer().write(str(target), b"x", 0o600)
    after = target.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert stat.S_IMODE(after.st_mode) == 0o600


def test_mode_and_owner_of_the_old_file_stay(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(OLD)
    target.chmod(0o440)
    if os.getuid() == 0:
        os.chown(target, 1234, 2345)
    before = target.stat()
    assert Writer().write(str(target), NEW)
    after = target.stat()
    assert after.st_ino != before.st_ino
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_a_file_of_others_is_not_swept(tmp_path: Path) -> None:
    for name in (".vault-env-a.tmp", ".vault-env-status", "a.tmp", "config"):
        (tmp_path / name).touch()
    Writer().sweep(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == [".vault-env-status", "a.tmp", "config"]
    Writer().sweep(str(tmp_path / "none"))
