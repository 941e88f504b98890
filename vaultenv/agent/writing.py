"""Atomic writes of files: at every moment, also after a crash, a reader finds the old or the new content.

The content is written to a temporary file in the target's folder, and to the disk, with its mode and owner; then the file
is renamed to the target in one step (rename(2), POSIX).
"""

from __future__ import annotations

from vaultenv.basics.files import reason
from vaultenv.basics.record import Record
from vaultenv.basics.system import posix
from vaultenv.errors import FileNotWritten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PREFIX, _SUFFIX = ".vault-env-", ".tmp"
_FOLDER_MODE = 0o755
_PRIVATE, _USUAL = 0o600, 0o644
_MODE = 0o7777
_DIRECTORY, _REGULAR, _KIND = 0o040000, 0o100000, 0o170000
_CHUNK = 1 << 16
_NO_SPACE = (28, 122)  # ENOSPC, EDQUOT
_DENIED = (1, 13)  # EPERM, EACCES
_READ_ONLY = 30
_NO_FOLDER = (20, 40)  # ENOTDIR, ELOOP


class Existing(Record):
    """An existing target: its mode, and its owner."""

    __slots__ = ("group", "mode", "user")

    def __init__(self, mode: int, user: int, group: int) -> None:
        self.mode = mode
        self.user = user
        self.group = group


class Writer:
    """Writes files by the system calls of `system`, which is `posix` or, in tests, a double that fails."""

    __slots__ = ("_system",)

    def __init__(self, system: Any = posix) -> None:
        self._system = system

    def write(self, target: str, data: bytes, mode: int | None = None) -> bool:
        """Write the file unless it has this content, and return whether it was written; create missing folders.

        `mode` None means the mode of the existing file, else 0644. Raises FileNotWritten; then the old file is unchanged.
        """
        path = target.encode("utf-8", "surrogateescape")
        try:
            existing = self._existing(path)
            if existing and self._holds(path, data):
                if mode is not None and mode != existing.mode:
                    self._system.chmod(path, mode)
                return False
            folder = path.rpartition(b"/")[0] or b"/"
            self._make_folders(folder)
            self._replace(folder, path, data, mode, existing)
        except OSError as error:
            raise FileNotWritten(f"{target} cannot be written: {reason(error)}: {_remedy(error)}") from None
        return True

    def exists(self, target: str) -> bool:
        """Return whether the target exists."""
        try:
            self._system.stat(target.encode("utf-8", "surrogateescape"))
        except OSError:
            return False
        return True

    def remove(self, target: str) -> None:
        """Remove the file, if it exists."""
        self._remove(target.encode("utf-8", "surrogateescape"))

    def sweep(self, folder: str) -> None:
        """Remove temporary files that a killed agent has left in the folder."""
        try:
            names = self._system.listdir(folder)
        except OSError:
            return
        for name in names:
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                self._remove(f"{folder}/{name}".encode("utf-8", "surrogateescape"))

    def _existing(self, path: bytes) -> Existing | None:
        try:
            found = self._system.stat(path)
        except FileNotFoundError:
            return None
        if found.st_mode & _KIND == _DIRECTORY:
            raise IsADirectoryError(21, "is a directory")
        return Existing(found.st_mode & _MODE, found.st_uid, found.st_gid)

    def _holds(self, path: bytes, data: bytes) -> bool:
        try:
            return self.read(path, len(data)) == data
        except OSError:
            return False

    def read(self, path: bytes, most: int) -> bytes:
        """Return the content of a regular file, at most one byte more than `most`; raise OSError."""
        system = self._system
        if system.stat(path).st_mode & _KIND != _REGULAR:  # opening a pipe would wait
            raise OSError(22, "is no regular file")
        descriptor = system.open(path, system.O_RDONLY | system.O_CLOEXEC)
        try:
            chunks, left = [], most + 1
            while left > 0 and (chunk := system.read(descriptor, min(left, _CHUNK))):
                chunks.append(chunk)
                left -= len(chunk)
            return b"".join(chunks)
        finally:
            system.close(descriptor)

    def _make_folders(self, folder: bytes) -> None:
        try:
            self._system.mkdir(folder, _FOLDER_MODE)
        except FileExistsError:
            return
        except FileNotFoundError:
            self._make_folders(folder.rpartition(b"/")[0] or b"/")
            self._make_folders(folder)
        except OSError:
            if (
                self._system.stat(folder).st_mode & _KIND != _DIRECTORY
            ):  # a read-only file system has folders too
                raise

    def _replace(
        self, folder: bytes, path: bytes, data: bytes, mode: int | None, existing: Existing | None
    ) -> None:
        system = self._system
        partial = folder + b"/" + _PREFIX.encode() + system.urandom(8).hex().encode() + _SUFFIX.encode()
        try:
            descriptor = system.open(
                partial, system.O_WRONLY | system.O_CREAT | system.O_EXCL | system.O_CLOEXEC, _PRIVATE
            )
            try:
                while data:
                    data = data[system.write(descriptor, data) :]
                if existing:
                    self._keep_owner(descriptor, existing)
                usual = existing.mode if existing else _USUAL
                system.fchmod(descriptor, usual if mode is None else mode)
                system.fsync(descriptor)
            finally:
                system.close(descriptor)
            system.rename(partial, path)
        except OSError:
            self._remove(partial)
            raise
        self._sync(folder)

    def _keep_owner(self, descriptor: int, existing: Existing) -> None:
        """Set the owner of the old file for the new one, if this process may."""
        made = self._system.fstat(descriptor)
        if (made.st_uid, made.st_gid) == (existing.user, existing.group):
            return
        try:
            self._system.fchown(descriptor, existing.user, existing.group)
        except OSError:
            return

    def _sync(self, folder: bytes) -> None:
        """Write the folder's entry to the disk; a file system that cannot do that loses the entry in a crash anyway."""
        system = self._system
        try:
            descriptor = system.open(folder, system.O_RDONLY | system.O_CLOEXEC)
        except OSError:
            return
        try:
            system.fsync(descriptor)
        except OSError:
            return
        finally:
            system.close(descriptor)

    def _remove(self, path: bytes) -> None:
        try:
            self._system.unlink(path)
        except OSError:
            return


def _remedy(error: OSError) -> str:
    if error.errno in _NO_SPACE:
        return "the volume is full: give it a larger size limit"
    if error.errno == _READ_ONLY:
        return "the volume must be mounted writable in the agent's container"
    if error.errno in _DENIED:
        return "the folder must be writable for the agent's user (agent-run-as-user, fsGroup)"
    if isinstance(error, IsADirectoryError) or error.errno in _NO_FOLDER:
        return "something else has that name: choose another file name"
    return "check the volume and the file's name"
