"""The socket's place in the file system: taken over from whoever had it, and left to whoever has it next.

The driver connects to a fixed path. Two providers share it for a moment during an upgrade, and one that was killed leaves
its file behind. gRPC removes the path that it was given when it stops, whoever listens there by then. So the server gets
a path of its own, which is then renamed over the fixed one: that is atomic, and the inode says whose it is.
"""

import os
import stat
from contextlib import suppress


class SocketFile:
    """The path that the driver connects to, and the one that the server listens on before it is in place."""

    def __init__(self, path: str) -> None:
        self.path = path
        folder, name = os.path.split(path)
        self.own_path = os.path.join(folder, f".{name}.{os.getpid()}")
        self._inode = 0

    def prepare(self) -> None:
        """Make the folder, and room for the socket: a process of the same id may have left one; raise OSError."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with suppress(FileNotFoundError):
            os.unlink(self.own_path)

    def take_over(self) -> None:
        """Put the socket at the fixed path, for its owner alone: whoever connects may mount as any pod. Raises OSError."""
        os.chmod(self.own_path, stat.S_IRUSR | stat.S_IWUSR)
        self._inode = os.stat(self.own_path).st_ino
        os.rename(self.own_path, self.path)

    def is_ours(self) -> bool:
        """Return whether the driver reaches this process by the path."""
        try:
            return bool(self._inode) and os.stat(self.path).st_ino == self._inode
        except OSError:
            return False

    def leave(self) -> None:
        """Remove the socket, unless another provider has it by now."""
        if self.is_ours():
            with suppress(FileNotFoundError):
                os.unlink(self.path)
