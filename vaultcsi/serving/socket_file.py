"""The socket's place in the file system: taken over from whoever had it, and left to whoever has it next.

The driver connects to a fixed path. Two providers share it for a moment during an upgrade, and one that was killed leaves
its file behind. gRPC removes the path that it was given when it stops, whoever listens there by then. So the server gets
a path of its own, whose link is then renamed over the fixed one: that is atomic, and the inode says whose it is.
vault-csi-provider removes the fixed path at its end, also when another one is there: then it is put back.
"""

import os
import socket
import stat
import zlib
from contextlib import suppress


class SocketFile:
    """The path that the driver connects to, and the one that the server listens on."""

    def __init__(self, path: str) -> None:
        self.path = path
        folder, name = os.path.split(path)
        host = zlib.crc32(socket.gethostname().encode())  # a pod's name: all of them have process 1
        self.own_path = os.path.join(folder, f".{name}.{host:08x}.{os.getpid()}")
        self._inode = 0

    def prepare(self) -> None:
        """Make the folder, and room for the socket: a process of the same id may have left one; raise OSError."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        for path in (self.own_path, self._link):
            with suppress(FileNotFoundError):
                os.unlink(path)

    def take_over(self) -> None:
        """Put the socket at the fixed path, for its owner alone: whoever connects may mount as any pod. Raises OSError."""
        os.chmod(self.own_path, stat.S_IRUSR | stat.S_IWUSR)
        os.link(self.own_path, self._link)
        self._inode = os.stat(self._link).st_ino
        os.rename(self._link, self.path)

    def put_back(self) -> bool:
        """Put the socket at the fixed path again if nothing is there, until `leave`; return whether that was needed."""
        try:
            if self._inode:
                os.link(self.own_path, self.path)
        except OSError:  # it is there, or its folder is not
            return False
        return bool(self._inode)

    def is_ours(self) -> bool:
        """Return whether the driver reaches this process by the path."""
        try:
            return bool(self._inode) and os.stat(self.path).st_ino == self._inode
        except OSError:
            return False

    def leave(self) -> None:
        """Remove the socket and its own path, the fixed one unless another provider has it by now."""
        for path in (self.path, self.own_path) if self.is_ours() else (self.own_path,):
            with suppress(FileNotFoundError):
                os.unlink(path)
        self._inode = 0

    @property
    def _link(self) -> str:
        return f"{self.own_path}.new"
