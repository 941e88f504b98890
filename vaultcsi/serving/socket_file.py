"""The driver's socket in the file system: taken over from an earlier provider, and left to the next one.

The driver connects to a fixed path. During an upgrade two providers share it for a moment, and a killed provider leaves
its file behind. When gRPC stops, it removes the path that it was started with, even if another process listens there by
then. So the server listens at a path of its own, and a link to it is renamed to the fixed path: this is atomic, and the
inode shows whose socket it is. vault-csi-provider removes the fixed path at its end, even if it belongs to another
provider: then this one restores it.
"""

import os
import socket
import stat
import zlib
from contextlib import suppress


class SocketFile:
    """Manages the path that the driver connects to, and the path that the server listens on."""

    def __init__(self, path: str) -> None:
        self.path = path
        folder, name = os.path.split(path)
        host = zlib.crc32(socket.gethostname().encode())  # the pod's name, as every pod's process has id 1
        self.own_path = os.path.join(folder, f".{name}.{host:08x}.{os.getpid()}")
        self._inode = 0

    def prepare(self) -> None:
        """Create the folder, and remove a socket left by a process of the same id; raise OSError."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        for path in (self.own_path, self._link):
            with suppress(FileNotFoundError):
                os.unlink(path)

    def take_over(self) -> None:
        """Move the socket to the fixed path, with access only for its owner: a client may mount as any pod. Raises OSError."""
        os.chmod(self.own_path, stat.S_IRUSR | stat.S_IWUSR)
        os.link(self.own_path, self._link)
        self._inode = os.stat(self._link).st_ino
        os.rename(self._link, self.path)

    def put_back(self) -> bool:
        """Restore a removed socket at the fixed path, until `leave`; return whether that was needed."""
        try:
            if self._inode:
                os.link(self.own_path, self.path)
        except OSError:  # the path exists, or its folder does not
            return False
        return bool(self._inode)

    def is_ours(self) -> bool:
        """Return whether the driver's path leads to this process."""
        try:
            return bool(self._inode) and os.stat(self.path).st_ino == self._inode
        except OSError:
            return False

    def leave(self) -> None:
        """Remove the server's own path, and the fixed path unless another provider has taken it over."""
        for path in (self.path, self.own_path) if self.is_ours() else (self.own_path,):
            with suppress(FileNotFoundError):
                os.unlink(path)
        self._inode = 0

    @property
    def _link(self) -> str:
        return f"{self.own_path}.new"
