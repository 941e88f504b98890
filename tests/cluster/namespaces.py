"""Private namespaces of the kernel, held by a process 1 whose end removes all their processes.

https://man7.org/linux/man-pages/man7/namespaces.7.html
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.cgroups import remove, remove_abandoned
from tests.servers.process import Process

_ROOT = Path(__file__).parents[2]
_CLONE_NEWNET = 0x40000000
_KINDS = ("--mount", "--pid", "--cgroup", "--uts", "--ipc")
_libc = ctypes.CDLL(None, use_errno=True)

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Namespaces:
    """Mount, network, process, cgroup, host name and IPC namespaces with mounts, network and cgroups ready for a node.

    `folder` is for what the node writes, `group` the name of the cgroup above all its cgroups.
    """

    def __init__(self, folder: Path, group: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned()
        self.group = group
        init = [sys.executable, "-m", "tests.cluster.init", str(folder), group]
        private = ["--net", *_KINDS, "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
        environment = {"PATH": PATH, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = Process(["unshare", *private, "--", *init], folder / "init.log", environment)
        try:
            self._process.wait_until((folder / "prepared").exists)
        except BaseException:
            self._process.stop()
            raise
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        self.pid = int(children[0])
        """Of process 1, as seen from outside."""
        self.process_namespace = os.readlink(f"/proc/{self.pid}/ns/pid")
        self._network = _network_of(self.pid)

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command line that runs `command` inside, for callers in `network()`."""
        return ["nsenter", f"--target={self.pid}", *_KINDS, "--", *command]

    @contextmanager
    def network(self) -> Iterator[None]:
        """Move this thread, and its later children, into the private network; the rest of the process stays outside."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _enter(self._network)
        try:
            yield
        finally:
            _enter(home)
            os.close(home)

    def stop(self) -> None:
        """End everything inside, and remove its cgroups."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # unshare itself does not end by SIGTERM
        self._process.stop()
        os.close(self._network)
        remove(self.group)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


def enter_network(pid: int) -> None:
    """Move this thread into the network of that process, for good."""
    _enter(_network_of(pid))


def _network_of(pid: int) -> int:
    return os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
